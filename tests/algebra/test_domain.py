"""Domains of time: what follows is found, what does not follow is refused."""

import itertools
from random import Random

import pytest
from sympy import Integer, Symbol, symbols

from symrnn.algebra.domain import Domain, at_most, closure
from symrnn.algebra.nodes import T, t
from symrnn.errors import ProofError

j, k, s = symbols("j k s", integer=True)
usual = Domain.of(at_most(1, t), at_most(t, k), at_most(k, T))


def test_bounds_follow_along_a_path():
    assert usual.implies(at_most(1, T))
    assert usual.implies(at_most(t, T + 2))
    assert usual.implies(at_most(t - 3, k))
    assert Domain().implies(at_most(t, t)) and Domain().implies(at_most(0, 3))


@pytest.mark.parametrize(
    "claim", [at_most(k, t), at_most(t + 1, k), at_most(2, t), at_most(t, s), at_most(t, T - 1), at_most(0, -1)]
)
def test_what_does_not_follow_is_refused(claim):
    assert not usual.implies(claim)
    with pytest.raises(ProofError, match="does not follow"):
        usual.discharge(claim)


def test_inequalities_that_are_not_difference_bounds_never_follow():
    assert not usual.implies(at_most(t + k, 2 * T))
    assert not usual.implies(at_most(2 * t, 2 * T))
    with pytest.raises(ProofError, match="difference bound"):
        usual.with_(at_most(t + k, T))


def test_strict_bounds_over_whole_numbers():
    assert Domain.of(at_most(t, T - 1)).implies(at_most(t + 1, T))


def test_contradictions_are_seen():
    empty = usual.with_(at_most(T, t - 1))
    assert empty.is_empty and not usual.is_empty
    assert empty.implies(at_most(5, 3))
    assert str(empty) == "no steps"


def test_equal_domains_are_equal_values():
    other = Domain.of(at_most(k, T), at_most(1, T), at_most(t, k)).with_(at_most(Integer(1), t))
    assert other == usual and hash(other) == hash(usual)


def test_a_domain_is_readable():
    assert str(Domain.of(at_most(1, t), at_most(t, T - 1))) == "1 ≤ t, t ≤ T−1"
    assert str(Domain.of(at_most(t, 4))) == "t ≤ 4"
    assert str(Domain()) == "all steps"
    assert str(at_most(t + 1, k)) == "t+1 ≤ k"


def test_closure_against_enumeration():
    random = Random(3)
    names = [Symbol(name) for name in "abc"]
    for _ in range(150):
        bounds = {(random.choice([*names, ""]), random.choice(names)): random.randint(-2, 2) for _ in range(4)}
        bounds |= {(name, ""): 3 for name in names} | {("", name): 3 for name in names}
        points = []
        for values in itertools.product(range(-3, 4), repeat=3):
            value = dict(zip(names, values, strict=True)) | {"": 0}
            if all(value[a] - value[b] <= c for (a, b), c in bounds.items()):
                points.append(value)
        tight = closure(bounds)
        if not points:
            assert tight is None
            continue
        for (a, b), c in tight.items():
            assert c == max(point[a] - point[b] for point in points)
