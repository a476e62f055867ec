"""Assertions for the tests of people who write backward passes by hand.

    from symrnn.testing import assert_gradient

    def test_backward():
        assert_gradient(my_backward, cell="lstm")

Nothing is loaded before the first call.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class GradientError(AssertionError):
    """A function does not compute the gradient; `verdict` says what it computes instead."""

    def __init__(self, verdict: Any) -> None:
        super().__init__(f"\n{verdict}")
        self.verdict = verdict


def assert_gradient(
    function: Callable[..., Any],
    cell: Any,
    head: str | None = "none",
    *,
    forward: Callable[..., Any] | None = None,
    arguments: Mapping[str, Any] | None = None,
    results: tuple[str, ...] | Mapping[str, Any] | None = None,
    layout: str | None = None,
    weights: str | None = None,
    tensors: bool | None = None,
    seconds: float = 10.0,
    **composition: Any,
) -> Any:
    """Assert that a function computes the gradients of a cell, and return the verdict.

    Args:
        function: what is verified; see `symrnn.verify.functions.verify_function` for it and for the mapping of names.
        cell: the name of a cell, a path, what `symrnn.cell(text)` returned, or a network of `symrnn.Network`.
        head: the head with its loss; "none": the function is given the adjoints of the outputs.
        composition: more arguments of `symrnn.Network`.

    Raises:
        GradientError: an AssertionError, with the report: it is wrong, or was not understood.
        SymrnnError: there is no such cell or head.
    """
    from symrnn import driver
    from symrnn.verify.functions import verify_function

    verdict = verify_function(
        function,
        driver.network(cell, head, **composition),
        forward=forward,
        arguments=arguments,
        results=results,
        layout=layout,
        weights=weights,
        tensors=tensors,
        seconds=seconds,
    )
    if not verdict.agrees:
        raise GradientError(verdict)
    return verdict
