"""How long somebody's code may run: what does not come back is left, and that is said.

The clock is the interval timer of the process, so that a loop without an end is interrupted between two of its steps. There is none
in other threads than the main one, and on systems without such a timer; what one call into a library does is not interrupted.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SECONDS = 10.0  # for one call, or for loading one file


class TookTooLong(BaseException):
    """Raised inside of code that did not come back; no `except Exception` of that code catches it."""


@contextmanager
def patience(seconds: float = SECONDS) -> Iterator[None]:
    """Interrupt what is inside after some seconds.

    Raises:
        TookTooLong: it was interrupted.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise TookTooLong

    before = signal.signal(signal.SIGALRM, interrupt)
    left, again = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, left, again)  # that of somebody around this one goes on, a little late
        signal.signal(signal.SIGALRM, before)


__all__ = ["SECONDS", "TookTooLong", "patience"]
