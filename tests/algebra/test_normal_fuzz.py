"""Random expressions: sound rewritings are proved, numerically different expressions never are.

`campaign(seconds, seed)` runs the same checks for as long as one likes: `python tests/algebra/test_normal_fuzz.py 300 7`.
"""

import sys
import time
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from random_expressions import Generator, M, N, P, mutated, part_at, places, soundly_rewritten, with_part

from symrnn.algebra.decide import Question, World
from symrnn.algebra.nodes import Leaf, T, t
from symrnn.algebra.normal import GaveUp, normal_forms
from symrnn.algebra.time import Binder

QUESTION = Question({}, frozenset({"y"}), frozenset({"q"}), None, 0)


def worlds(seed, definitions):
    question = replace(QUESTION, definitions=definitions or {})
    for attempt, (n, m, p) in enumerate(((2, 3, 4), (3, 2, 5), (4, 3, 2))):
        numbers = {N: n, M: m, P: p, t: 2 + attempt % 2, T: 4}
        yield World(numbers, (0.5, 0.8, 0.2)[attempt], question, seed + attempt)


def verdict(left, right, seed, definitions=None):
    """Return "same", "different" or "unknown" by numbers alone."""
    seen = 0
    for world in worlds(seed, definitions):
        with np.errstate(all="ignore"):
            a, b = world.value(left), world.value(right)
        if not (np.all(np.isfinite(a)) and np.all(np.isfinite(b))) or np.max(np.abs(a)) > 1e8:
            continue
        seen += 1
        gap = np.max(np.abs(a - b) / np.maximum(1.0, np.maximum(np.abs(a), np.abs(b))))
        if gap > 1e-6:
            return "different"
    return "same" if seen else "unknown"


def proved(left, right, definitions=None):
    try:
        one, other = normal_forms(left, right, definitions=definitions, sum_to_one=["y"], positive=["q"])
    except GaveUp:
        return None
    return one == other


def one_round(seed, counts, failures):
    generator = Generator(seed)
    random = generator.random
    shape = random.choice(((N, 1), (1, 1), (N, M), (N, N), (1, M), (N + M, 1), (P, N + M)))
    expr = generator.expr(shape, random.choice((2, 3, 4, 5)))
    if len(list(places(expr))) > 45:
        return
    other = soundly_rewritten(random, expr, random.choice((1, 1, 2, 3)))
    record(expr, other, seed, "rewritten", counts, failures)
    for _ in range(3):
        record(expr, mutated(random, expr), seed, "mutant", counts, failures)
    record(expr, generator.expr(shape, 3), seed, "pair", counts, failures)
    record_named(random, expr, seed, counts, failures)


def record_named(random, expr, seed, counts, failures):
    """Give a part that is not inside a sum over time a name, with the part as its definition."""
    place = random.choice(list(places(expr)))
    if any(isinstance(part_at(expr, place[:depth]), Binder) for depth in range(len(place))):
        return
    part = part_at(expr, place)
    name = Leaf("Z", *part.shape, random.choice((None, t)))
    named = with_part(expr, place, name)
    record(expr, named, seed, "named", counts, failures, {name: part})
    record(mutated(random, expr), named, seed, "named mutant", counts, failures, {name: part})


def record(left, right, seed, kind, counts, failures, definitions=None):
    by_proof = proved(left, right, definitions)
    by_numbers = verdict(left, right, seed, definitions)
    outcome = {True: "proved", False: "not proved", None: "gave up"}[by_proof]
    counts[kind, outcome, by_numbers] += 1
    if by_proof and by_numbers == "different":
        failures.append(("false proof", kind, seed, left, right))
    if kind in ("rewritten", "named") and not by_proof and by_numbers == "same":
        failures.append(("missed", kind, seed, left, right))
    if kind == "mutant" and by_proof is False and by_numbers == "same":
        failures.append(("same?", kind, seed, left, right))


def campaign(seconds, seed=0):
    """Run rounds for some time and print what was found."""
    counts, failures = Counter(), []
    start, round_number, slowest = time.time(), 0, (0.0, 0)
    while time.time() - start < seconds:
        before = time.time()
        one_round(seed * 10_000_000 + round_number, counts, failures)
        slowest = max(slowest, (time.time() - before, round_number))
        round_number += 1
    for key, count in sorted(counts.items()):
        print(*key, count)
    kinds = Counter(failure[0] for failure in failures)
    print(round_number, "rounds; slowest", slowest, dict(kinds))
    for kind in ("false proof", "missed", "same?"):
        for failure in [failure for failure in failures if failure[0] == kind][:10]:
            print(*failure, sep=" | ")
    return counts, failures


@pytest.mark.parametrize("seed", range(4))
def test_random_expressions(seed):
    counts, failures = Counter(), []
    for round_number in range(60):
        one_round(1_000_000 * (seed + 1) + round_number, counts, failures)
    assert not [failure for failure in failures if failure[0] == "false proof"]
    missed = [failure for failure in failures if failure[0] == "missed"]
    assert len(missed) <= 0.05 * counts.total(), missed[:3]
    assert counts["mutant", "not proved", "different"] > 50


if __name__ == "__main__":
    campaign(float(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
