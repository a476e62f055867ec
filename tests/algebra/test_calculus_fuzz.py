"""Random expressions through the calculus: their differential against complex steps, what is read off against the trace.

`campaign(seconds, seed)` does the same for as long as one likes: `python tests/algebra/test_calculus_fuzz.py 300 7`.
"""

import sys
import time
import zlib
from collections import Counter

import numpy as np
import pytest
from random_expressions import Generator, M, N, P, places

from symrnn.algebra.evaluate import evaluate
from symrnn.algebra.nodes import Add, Bar, D, Jac, Leaf, Mul, Multiple, Node, Scale, T, Trace, t
from symrnn.algebra.walk import contains, leaves
from symrnn.calculus.differential import expand
from symrnn.calculus.trace import gradient_layout, isolate
from symrnn.errors import RuleError

STEP = 1e-200  # the square vanishes: the complex step has no truncation error
SIZES = {N: 2, M: 3, P: 4, t: 2, T: 4}
SHAPES = ((N, 1), (1, 1), (N, M), (N, N), (1, M), (N + M, 1), (P, N + M))
# Hundreds of roundings, and denominators of any size: relative to the largest of the terms that are added up.
TOLERANCE = 1e-10
LARGEST = 1e6
ROUNDS = 300


def array(leaf, seed, what=""):
    """Return numbers that depend on the leaf and the seed alone; those of q are positive."""
    shape = tuple(int(extent.subs(SIZES)) for extent in leaf.shape)
    draw = np.random.default_rng([seed, zlib.crc32((what + repr(leaf)).encode())])
    found = draw.uniform(0.4, 1.2, size=shape)
    return found if leaf.name == "q" and not what else found * draw.choice([-1.0, 1.0], size=shape)


def numbers(read, seed):
    values = {leaf: array(leaf, seed) for leaf in read}
    return values | {D(leaf): array(leaf, seed, "d") for leaf in read}


def along(expr, read, values):
    moved = {leaf: values[leaf] + 1j * STEP * values[D(leaf)] for leaf in read}
    return np.imag(evaluate(expr, moved, SIZES)) / STEP


def differential_of(term: Node) -> D:
    (found,) = {part for part in parts(term) if isinstance(part, D)}
    return found


def parts(expr):
    yield expr
    for arg in expr.args:
        if isinstance(arg, Node):
            yield from parts(arg)


def expression(seed):
    generator = Generator(seed, plain=True)
    expr = generator.expr(generator.random.choice(SHAPES), generator.random.choice((2, 3, 4)))
    return None if len(list(places(expr))) > 30 else expr


def agree(found, truth, size, about):
    assert found.shape == truth.shape, about
    assert np.abs(found - truth).max() <= TOLERANCE * max(1.0, size), about


def one_round(seed, counts):
    expr = expression(seed)
    if expr is None:
        return
    read = leaves(expr)
    terms = expand(expr, read, [])
    values = numbers(read, seed)
    with np.errstate(all="ignore"):
        found = [evaluate(term, values, SIZES) for term in terms]
        size = float(np.max([0.0, *(np.abs(one).max() for one in found)]))
        if not size < LARGEST:  # a denominator is nearly zero; also when this is not a number
            counts["left aside"] += 1
            return
        truth = np.broadcast_to(along(expr, read, values), tuple(int(n.subs(SIZES)) for n in expr.shape))
        agree(sum(found, np.zeros(truth.shape)), truth, size, (seed, expr))
        for term in terms:
            read_off(expr, term, values, seed, size)
    counts["terms"] += len(terms)
    counts.update({type(part).__name__ for part in parts(expr)})


def read_off(expr, term, values, seed, size):
    """tr(∂J/∂Y · term) = tr(K dX), and K turned into gradient layout is Kᵀ with Ȳ for the transpose of ∂J/∂Y."""
    target = Leaf("Y", *expr.shape, t)
    bar = array(target, seed)
    given = {**values, Bar(target): bar, Jac(target): bar.T}
    of = differential_of(term).leaf
    record = []
    jacobian = isolate(Jac(target), term, record)
    gradient = gradient_layout(jacobian)
    assert jacobian.shape == tuple(reversed(of.shape))
    assert gradient.shape == of.shape
    assert not contains(gradient, Jac(target)), (seed, gradient)
    truth = evaluate(Trace(Jac(target) @ term), given, SIZES)
    value = evaluate(jacobian, given, SIZES)
    size = max(size, float(np.abs(value).max()))
    agree(evaluate(Trace(jacobian @ D(of)), given, SIZES), truth, size, (seed, term))
    agree(evaluate(gradient, given, SIZES), value.T, size, (seed, term))
    for step in record:
        for side in (step.before, step.after):
            agree(evaluate(side, given, SIZES), truth, size, (seed, step.rule.name, side))


@pytest.mark.parametrize("seed", range(3))
def test_random_expressions(seed):
    counts = Counter()
    for round_number in range(ROUNDS):
        one_round(1_000_000 * (seed + 1) + round_number, counts)
    assert counts["left aside"] < ROUNDS / 5
    assert counts["terms"] > ROUNDS
    assert min(counts[kind] for kind in ("Multiple", "Trace", "Diag", "Slice", "Had", "Scale")) >= 4


A, s = Leaf("A", N, M), Leaf("s", 1, 1)


@pytest.mark.parametrize(
    "wrong",
    [
        (Multiple(s, D(A)),),  # the half with ds forgotten
        (Multiple(s, D(A)), Scale(2, Multiple(D(s), A))),
        (Multiple(s, D(A)), Scale(-1, Multiple(D(s), A))),
    ],
    ids=str,
)
def test_a_wrong_differential_would_be_noticed(wrong):
    values = numbers((A, s), 1)
    truth = along(Multiple(s, A), (A, s), values)
    with pytest.raises(AssertionError):
        agree(evaluate(Add(*wrong), values, SIZES), truth, 1.0, wrong)
    right = expand(Multiple(s, A), (A, s), [])
    agree(evaluate(Add(*right), values, SIZES), truth, 1.0, right)


def test_what_no_rule_covers_is_refused():
    with pytest.raises(RuleError, match="no trace identity"):
        isolate(Leaf("L", N, N), Mul(A, -D(Leaf("B", M, N))) ** 2, [])


def campaign(seconds, seed=0):
    counts, start, round_number = Counter(), time.time(), 0
    while time.time() - start < seconds:
        one_round(seed * 10_000_000 + round_number, counts)
        round_number += 1
    print(round_number, "rounds", dict(counts))


if __name__ == "__main__":
    campaign(float(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
