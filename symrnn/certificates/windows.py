"""What a certificate of a truncated gradient is about: one window, with the state before it held constant.

The steps of a window are those of a block, whose losses count, after any number of older ones, whose losses do not; in these the
printed equations are those of `carries_only`. A certificate of a window is one of a network of two stages, for any numbers of
steps of both. What it means for the whole sequence is `truncated_exact` in coq/Unrolling.v: the sum over the windows is the
gradient of the loss in which the state before each window is an input that does not change.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sympy import Expr, Integer, Symbol

from symrnn.algebra.walk import leaves
from symrnn.calculus.records import Derivation
from symrnn.calculus.truncated import Truncated, carries_only
from symrnn.certificates.gallina import NotCovered
from symrnn.certificates.statement import Block, Part, Quantity, Statement, parts_of, state
from symrnn.model.equations import Equation

OLDER, COUNTED = Symbol("older", integer=True, nonnegative=True), Symbol("counted", integer=True, nonnegative=True)


def stated(derivation: Derivation) -> Statement:
    """Return what is to be certified of a derivation: of one window, if its gradient is truncated."""
    found = state(derivation)
    return _window(derivation, found) if isinstance(derivation.network, Truncated) else found


def _window(derivation: Derivation, of: Statement) -> Statement:
    *once, steps = of.stages
    place = len(once)
    if any(stage.last != Integer(0) for stage in once) or not steps.upwards:
        raise NotCovered("a truncated gradient of more than one recurrence: truncated_exact is about windows of one")
    older = Block(Integer(1), OLDER, True, tuple(_leading(derivation, steps.equations)))
    block = Block(OLDER + 1, OLDER + COUNTED, True, steps.equations)
    early = {line.target.name for line in older.equations}
    given = [replace(part, stage=place + 1) if part.stage == place else part for part in of.parts]
    carried = [part for part in parts_of(carries_only(derivation)) if part.stage == place]
    return replace(
        of,
        lengths=(OLDER, COUNTED),
        quantities=tuple(_lasting(one, early, steps) for one in of.quantities),
        stages=(*once, older, block),
        parts=tuple(_sorted(given, carried)),
    )


def _leading(derivation: Derivation, lines: tuple[Equation, ...]) -> Iterator[Equation]:
    """Yield the equations that lead to a new state: those of an older step, whose loss does not count."""
    names = {held.leaf.name for held in derivation.network.states}
    while True:
        found = [line for line in lines if line.target.name in names]
        more = names.union(*({leaf.name for leaf in leaves(line.expr)} for line in found))
        if more == names:
            yield from found
            return
        names = more


def _lasting(one: Quantity, early: set[str], steps: Block) -> Quantity:
    """Return a quantity with its steps in a window: of the older ones too, or of those whose losses count."""
    if one.leaf.time is None:
        return one
    first: Expr = one.first
    if any(line.target == one.leaf for line in steps.equations) and one.leaf.name not in early:
        first = OLDER + 1
    return replace(one, first=first, last=OLDER + COUNTED)


def _sorted(given: list[Part], carried: list[Part]) -> Iterator[Part]:
    """Yield the parts of each quantity together: those of the block, then those of older steps."""
    names = dict.fromkeys(part.of.name for part in (*given, *carried))
    for name in names:
        yield from (part for part in (*given, *carried) if part.of.name == name)
