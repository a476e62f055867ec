"""A function that does not come back is left after a while, wherever its loop is, and the clock of others goes on."""

import contextlib
import signal
import threading
import time

import pytest

from symrnn import driver
from symrnn.verify.functions import calls, patience
from symrnn.verify.functions.calls import FunctionError, load_function
from symrnn.verify.functions.patience import TookTooLong
from symrnn.verify.functions.session import verify_function
from symrnn.verify.functions.verdict import NOT_UNDERSTOOD

SHORT = 0.2


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    real = patience.patience
    monkeypatch.setattr(calls, "patience", lambda: real(SHORT))


def endless(x, h0, W_xh, W_hh, b_h, dh):
    while True:
        with contextlib.suppress(Exception):
            sum(range(100))
    return x, h0, W_xh, W_hh, b_h


def test_a_function_that_does_not_return_is_not_understood():
    verdict = verify_function(
        endless, driver.network("rnn", head="none"), results=("dx", "dh0", "dW_xh", "dW_hh", "db_h")
    )
    assert verdict.answer == NOT_UNDERSTOOD and "did not return" in verdict.message and "endless" in verdict.message


def test_a_file_that_does_not_end_is_not_loaded(tmp_path):
    (tmp_path / "waits.py").write_text("while True:\n    pass\n", "utf-8")
    with pytest.raises(FunctionError, match="not done in"):
        load_function(tmp_path / "waits.py", "f")


def test_what_ends_in_time_is_left_alone():
    with patience.patience(SHORT):
        found = sum(range(10))
    time.sleep(SHORT * 1.5)
    assert found == 45


def test_the_clock_and_the_handler_of_somebody_else_come_back():
    rung = []
    before = signal.signal(signal.SIGALRM, lambda number, frame: rung.append(number))
    signal.setitimer(signal.ITIMER_REAL, SHORT)
    try:
        with pytest.raises(TookTooLong), patience.patience(SHORT / 4):
            while True:
                pass
        time.sleep(SHORT * 2)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert rung == [signal.SIGALRM]


def test_another_thread_has_no_clock():
    found = []

    def work():
        with patience.patience(SHORT / 10):
            time.sleep(SHORT)
            found.append("done")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == ["done"]
