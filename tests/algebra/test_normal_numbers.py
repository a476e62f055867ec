"""Numbers in front of matrices, and sizes below the line: identities that are proved, and lookalikes that are refuted."""

import pytest

from symrnn.algebra.decide import decide
from symrnn.algebra.nodes import Concat, Had, Leaf, Mul, Multiple, Ones, Power, Quotient, Scale, Slice, Trace, Zeros, t
from symrnn.algebra.sizes import size

N, M = size("n"), size("m")
A, B, C = Leaf("A", N, M), Leaf("B", M, N), Leaf("C", N, N)
u, v, below = Leaf("u", N), Leaf("v", N), Leaf("a", M, 1, t)
s, r = Leaf("s", 1, 1), Leaf("r", 1, 1, t)
one = Ones(N)


def total_of(column):
    return Ones(1, column.shape[0]) @ column


def mean(count, column):
    return Scale(1 / count, total_of(column))


IDENTITIES = {
    "a number in front of either factor": (Multiple(s, C) @ u, C @ Multiple(s, u)),
    "a number in front of both": (Multiple(s, A) @ Multiple(r, B), Multiple(Had(r, s), A @ B)),
    "a number in front and entry by entry": (Multiple(s, A), Had(Mul(one, s, Ones(1, M)), A)),
    "a number behind a column": (Multiple(s, u), u @ s),
    "the trace of a multiple": (Trace(Multiple(s, C)), Multiple(s, Trace(C))),
    "a multiple of a row and of its column": (Multiple(s, u.T), Multiple(s, u).T),
    "division by a number": (Quotient(A, Multiple(s, Ones(N, M))), Multiple(Power(s, -1), A)),
    "a number divided by itself": (Multiple(Quotient(s, s), A), A),
    "the mean of equal numbers": (mean(N, Multiple(s, one)), s),
    "the mean over a sum of sizes": (mean(N + M, Multiple(s, Ones(N + M))), s),
    "the mean of a stack": (
        mean(N + M, Concat(u, below)),
        Scale(1 / (N + M), total_of(u) + total_of(below)),
    ),
    "the reciprocal of a sum of sizes": (Scale(1 / (N + M), Scale(N, u) + Scale(M, u)), u),
    "the square of a reciprocal": (Scale((N + M) / (N + M) ** 2, u), Scale(1 / (N + M), u)),
    "deviations from the mean add up to zero": (total_of(u - Multiple(mean(N, u), one)), Zeros(1, 1)),
    "variance in two ways": (
        mean(N, Power(u - Multiple(mean(N, u), one), 2)),
        mean(N, Power(u, 2)) - Power(mean(N, u), 2),
    ),
}
LOOKALIKES = {
    "a multiple is not a product": (Multiple(s, C @ C), C @ Multiple(s, Power(C, 2))),
    "a number in front only once": (Multiple(s, Multiple(s, C)), Multiple(s, C)),
    "a number is not one": (Multiple(s, one) * u, u),
    "the mean of another size": (mean(N, u), mean(M, Slice(Concat(u, v), 0, N))),
    "a trace without its number": (Trace(Multiple(s, C)), Trace(C)),
    "the reciprocal of a sum": (Scale(1 / (N + M), u), Scale(1 / N, u) + Scale(1 / M, u)),
    "the mean of the square": (mean(N, Power(u, 2)), Power(mean(N, u), 2)),
}


@pytest.mark.parametrize("name", IDENTITIES)
def test_identities_are_proved(name):
    found = decide(*IDENTITIES[name])
    assert found.is_proved, str(found)


@pytest.mark.parametrize("name", IDENTITIES)
def test_one_more_at_every_entry_is_refuted(name):
    left, right = IDENTITIES[name]
    found = decide(left + Ones(*left.shape), right)
    assert found.is_refuted, str(found)


@pytest.mark.parametrize("name", LOOKALIKES)
def test_lookalikes_are_refuted(name):
    found = decide(*LOOKALIKES[name])
    assert found.is_refuted, str(found)


def test_reciprocals_of_a_size_and_of_a_sum_with_it_are_not_related():
    """1/n · 1/(n + m) · (n + m) with n multiplied in first: true, and left undecided, since only n is looked for."""
    left, right = Scale(1 / N, u), Scale(1 / (N * (N + M)), Multiple(total_of(Ones(N + M)), u))
    assert not decide(left, right).is_proved
    assert not decide(left, right).is_refuted
