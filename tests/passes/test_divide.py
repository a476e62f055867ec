"""What threads may share, in any order, and what one of them does alone; and the sum that is put off so that they may share it."""

from __future__ import annotations

import numpy as np
import pytest
from examples import BACK, END, LOSS, TANH, ZERO, backward, forward, lines, same_values, values
from programs import assign, at, scalar

from symrnn.errors import IRError
from symrnn.ir.nodes import Share
from symrnn.ir.rename import with_bodies
from symrnn.ir.shapes import with_arguments
from symrnn.ir.validate import validate
from symrnn.passes.chunk import chunk
from symrnn.passes.defer import defer
from symrnn.passes.divide import divide
from symrnn.passes.sink import sink
from symrnn.passes.widen import widen

WHOLE = widen(sink(chunk(backward(*BACK, before=ZERO, after=END), height=4)))


def test_they_divide_sequences_and_then_rows_of_the_gradient() -> None:
    assert lines(validate(divide(WHOLE)), "backward") == [
        "every thread, its own rows:",
        "  carry = 0",
        "  dW = 0",
        "  db = 0",
        "for chunks of about 4 rows of B, the last first:",
        "  every thread, its own rows:",
        "    for t down through the chunk:",
        "      z[t] = dh[t] ∘ (carry + h[t])",
        "      carry = z[t] @ U",
        "  every thread, its own rows:",
        "    dW += z[chunk]ᵀ @ x[chunk]",
        "    db += sumᵢⱼ of z[chunk]",
        "every thread, its own rows:",
        "  dh0 = carry",
    ]


def test_a_sum_over_sequences_is_put_off() -> None:
    before = forward(TANH, LOSS, before=(assign("J", 0), assign("z", "h0")))
    after = validate(with_arguments(defer(before)))
    assert lines(after) == [
        "J_of_each = 0",
        "z = h0",
        "for t = 0 … T−1:",
        "  h[t + 1] = tanh(z)",
        "  J_of_each += sum over columns of h[t + 1]",
        "J = sum over all of J_of_each",
    ]
    assert same_values(before, after)


@pytest.mark.parametrize("order", [(1, 0), (2, 0, 1), (3, 6, 0, 5, 1, 4, 2)])
def test_threads_may_share_in_any_order(order) -> None:
    """The rows of one thread after those of another, in any order; with more threads than there are sequences too."""
    mine, other = values(WHOLE), values(divide(WHOLE), order)
    assert all(np.allclose(mine[name], other[name], rtol=1e-13, atol=1e-13) for name in mine)


def test_the_order_shows_where_threads_meet() -> None:
    """The sequences of dz that another thread has not written yet are NaN in a sum over all of them."""
    wrong = with_bodies(WHOLE, lambda one: (Share(one.body),) if one.name == "backward" else one.body)
    assert all(np.isfinite(array).all() for array in values(wrong).values())
    assert np.isnan(values(wrong, (1, 0))["dW"]).any()
    with pytest.raises(IRError, match="threads meet in"):
        validate(wrong)


def test_one_thread_carries_out_what_has_no_rows() -> None:
    """And a loop that holds it, and nothing that needs it comes before."""
    program = divide(
        forward(assign(at("h", 1), at("h")), LOSS, before=(assign("J", 0),), after=(assign("m", scalar("J")),))
    )
    assert lines(program) == [
        "every thread, its own rows:",
        "J = 0",
        "for t = 0 … T−1:",
        "  h[t + 1] = h[t]",
        "  J += sum over all of h[t + 1]",
        "every thread, its own rows:",
        "  m = J",
    ]
