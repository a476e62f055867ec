"""The adjoint identity in exact arithmetic: it holds for everything that is derived, and for nothing that is changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache

import pytest

from symrnn import cells, driver, report
from symrnn.algebra.nodes import Apply, Leaf, Node, Power, Scale, T
from symrnn.calculus.records import Derivation
from symrnn.certificates.gallina import NotCovered
from symrnn.certificates.statement import Statement, state
from symrnn.language.read import read_cell
from symrnn.verify import check
from symrnn.verify.exact import Exact, exact, exact_of
from symrnn.verify.gradients import Report
from symrnn.verify.modular import PRIME, Field, VanishedError, draw, pair

SMALL = 1e-9
NETWORKS = {
    "two layers, both directions": {"cell": "gru", "layers": 2, "bidirectional": True},
    "read out at the end": {"cell": "lstm", "head": "squared-error", "mode": "many-to-one"},
    "masked": {"cell": "rnn", "masked": True},
    "weighted": {"cell": "rnn", "weighted": True},
    "fed back": {"cell": "rnn", "feedback": True, "mode": "one-to-many", "head": "squared-error"},
    "a decoder": {"cell": "gru", "decoder": ["gru"], "mode": "encoder-decoder"},
}


@cache
def derived(cell: str, head: str | None = "none") -> Derivation:
    return driver.derive(cell, head)


def seeded(cell: str) -> frozenset[str]:
    """Return the outputs on which the loss may depend."""
    return frozenset(output.name for output, _ in derived(cell).network.seeds)


@pytest.mark.parametrize("head", [None, "none"], ids=["usual head", "no head"])
@pytest.mark.parametrize("name", cells.names())
def test_it_holds_for_every_cell(name, head) -> None:
    found = exact(driver.derive(name, head))
    assert found.holds and found.risk <= SMALL


@pytest.mark.parametrize("name", NETWORKS)
def test_it_holds_for_networks(name) -> None:
    found = exact(driver.derive(driver.network(**NETWORKS[name])))
    assert found.holds and found.risk <= SMALL


def test_what_no_output_depends_on_needs_no_adjoint() -> None:
    """The derivative of step is 0: its argument gets nothing, and nothing is printed of what the argument would give."""
    text = "cell a\n  state h: H\n  input x: H\n  z = W @ x + h[t-1]\n  h = tanh(x + h[t-1]) + step(z)\n"
    assert exact(driver.derive(read_cell(text), "none")).holds


def test_another_seed_is_another_point() -> None:
    assert exact(derived("rnn"), 1) == exact(derived("rnn"), 1)
    assert exact(derived("rnn"), 1).holds


CONSTANT = {"mlstm": ("a_k", "z_k")}  # the root of a size: whatever is handed to it, no gradient changes


def mistakes(right: Statement) -> Iterator[Statement]:
    """Yield a statement with every part left out, with the other sign, and twice as large."""
    for place, part in enumerate(right.parts):
        if part.of.name in CONSTANT.get(right.name, ()):
            continue
        before, after = right.parts[:place], right.parts[place + 1 :]
        yield replace(right, parts=(*before, *after))
        for factor in (-1, 2):
            yield replace(right, parts=(*before, replace(part, term=Scale(factor, part.term)), *after))


@pytest.mark.parametrize("name", ("lstm", "gru", "mlstm", "narx"))
def test_every_change_of_a_part_is_noticed(name) -> None:
    right = state(derived(name))
    wrong = list(mistakes(right))
    assert len(wrong) > 30
    assert not any(exact_of(one, seeded(name)).holds for one in wrong)


def test_a_printed_equation_that_differs_from_what_is_exported_is_noticed() -> None:
    right = state(derived("rnn"))
    assert not exact_of(replace(right, complaints=("(8) says something else",)), seeded("rnn")).holds


def test_a_part_of_another_step_is_noticed() -> None:
    right = state(derived("rnn"))
    shifted = replace(right, parts=tuple(_earlier(part) for part in right.parts))
    assert shifted != right and not exact_of(shifted, seeded("rnn")).holds


def _earlier(part):
    leaf = part.of
    if not leaf.moves or leaf.name != "h":
        return part
    return replace(part, of=leaf.at(leaf.time - 1))


FORWARD: dict[str, Callable[[Node], Node]] = {
    "another function": lambda of: of.xreplace({one: Apply("sigmoid", one.body) for one in of.atoms(Apply)}),
    "a square": lambda of: Power(of, 2),
    "twice": lambda of: Scale(2, of),
}


@pytest.mark.parametrize("change", FORWARD)
def test_another_forward_equation_is_noticed(change) -> None:
    right = state(derived("rnn"))
    (block,) = right.stages
    line = block.equations[-1]
    changed = replace(line, expr=FORWARD[change](line.expr))
    assert changed.expr != line.expr
    wrong = replace(right, stages=(replace(block, equations=(*block.equations[:-1], changed)),))
    assert not exact_of(wrong, seeded("rnn")).holds


def test_a_check_says_so_in_words(capsys) -> None:
    right = driver.check(derived("rnn"), "numpy")
    assert right.identity is not None and right.passed
    report.table(right)
    assert "whole numbers modulo 2^61 - 1: exact" in " ".join(capsys.readouterr().out.split())
    wrong = replace(right, identity=replace(right.identity, holds=False))
    assert not wrong.passed
    report.table(wrong)
    assert "VIOLATED, so an adjoint equation is wrong" in " ".join(capsys.readouterr().out.split())


def test_what_has_no_meaning_there_is_not_checked(monkeypatch) -> None:
    def refuse(derivation: Derivation, seed: int) -> Exact:
        raise NotCovered("no meaning")

    monkeypatch.setattr(check, "exact", refuse)
    found = driver.check(derived("rnn"), "numpy")
    assert isinstance(found, Report) and found.passed
    assert (found.identity, found.not_checked) == (None, (("adjoint identity", "no meaning"),))


def test_numbers_of_the_mathematics_are_those_of_the_field() -> None:
    import random

    import sympy

    within = Field(random.Random(0), {T: 4})
    assert within.scalar(T + 1) == 5 and within.scalar(sympy.Rational(1, 2)) * 2 % PRIME == 1
    assert within.scalar(1 / sympy.sqrt(T)) * 2 % PRIME in (1, PRIME - 1)
    with pytest.raises(NotCovered, match="the number pi has no meaning"):
        within.scalar(sympy.pi)
    with pytest.raises(VanishedError, match="has no square root"):
        within.scalar(sympy.sqrt(3 if pow(3, (PRIME - 1) // 2, PRIME) != 1 else 37))
    zero = draw(within, (1, 1), tangent=True).times(within.filled((1, 1), 0))
    with pytest.raises(VanishedError, match="a denominator is zero"):
        zero.inverted()


def test_an_unknown_node_is_not_covered() -> None:
    import random

    class Strange(Node):
        shape = property(lambda self: (1, 1))

    leaf = Leaf("x", 1, 1)
    within = Field(random.Random(0), {})
    with pytest.raises(NotCovered, match="Strange has no meaning"):
        pair(Strange(leaf), within, lambda *_: draw(within, (1, 1), True), 1)
