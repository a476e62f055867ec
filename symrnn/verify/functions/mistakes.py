"""The truth, broken: every backward pass that has one mistake, from the catalogue of mistakes that people make.

A mistake is in one equation, or the same in all of them; or it is one of the sweep: a carry that is cut, a step that is skipped,
a sum of which one step is left.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from sympy import Expr, Integer

from symrnn.algebra.nodes import Add, Bar, Leaf, Node, t
from symrnn.algebra.text import text
from symrnn.calculus.records import Adjoint, Gradient
from symrnn.verify import kinds
from symrnn.verify.functions.backward import Backward, reads
from symrnn.verify.functions.edits import BOUNDARY, GATE, TERM, Context, Edit, edits, scaled, wrong_side
from symrnn.verify.functions.values import CARRY

EXTRA = "term too many"
PATH = "carry through one path missing"
INITIAL = "gradient of the initial state"


@dataclass(frozen=True, slots=True)
class Mistake:
    """A backward pass with a mistake in it.

    Fields:
        kind: the class of mistake; words: what is done instead of what.
        where: the equations that have it, as they are derived; labels: their numbers.
        backward: all of it, with the mistake.
    """

    kind: str
    words: str
    where: tuple[str, ...]
    labels: frozenset[str]
    backward: Backward


@dataclass(frozen=True, slots=True)
class _Slot:
    """One expression of a backward pass: its equation, and how another one is put in its place."""

    label: str
    equation: str
    part: str
    expr: Node
    put: Callable[[Backward, Node], Backward]


def mistakes(backward: Backward, names: bool = True) -> Iterator[Mistake]:
    """Yield every backward pass with one mistake, likely ones first; `names`: also those with one name for another."""
    context = Context.of(backward.network)
    slots = tuple(_slots(backward))
    yield from _sweeps(backward)
    yield from _missing(backward)
    found: defaultdict[tuple[str, ...], list[tuple[_Slot, Edit]]] = defaultdict(list)
    for slot in slots:
        seen: set[tuple[str, ...]] = set()
        for edit in (*edits(slot.expr, context), *wrong_side(slot.expr, context)):
            if edit.key not in seen:
                seen.add(edit.key)
                found[edit.key].append((slot, edit))
    rare = [
        places for places in found.values() if places[0][1].kind == GATE
    ]  # a wrong name: there are very many of them
    for places in (one for one in found.values() if one[0][1].kind != GATE):
        yield from _everywhere(backward, places)
    for slot in slots:
        for edit in scaled(slot.expr, slot.part == "gradient"):
            yield _mistake(backward, edit, [(slot, edit)])
    for places in rare if names else ():
        yield from _everywhere(backward, places)


def _everywhere(backward: Backward, places: list[tuple[_Slot, Edit]]) -> Iterator[Mistake]:
    """Yield a mistake at each of its places, and at all of them."""
    for slot, edit in places:
        yield _mistake(backward, edit, [(slot, edit)])
    if len(places) > 1:
        yield _mistake(backward, places[0][1], places)


def _mistake(backward: Backward, edit: Edit, places: list[tuple[_Slot, Edit]]) -> Mistake:
    changed = backward
    for slot, one in places:
        changed = slot.put(changed, one.after)
    where = tuple(dict.fromkeys(slot.equation for slot, _ in places))
    return Mistake(edit.kind, edit.words, where, frozenset(slot.label for slot, _ in places), changed)


# -- equations, and their parts --------------------------------------------------------------------------------------------


def equation(one: Adjoint | Gradient) -> str:
    """Return an equation of the derivation as a line of text."""
    left = text(Bar(one.of))
    if isinstance(one, Gradient):
        right = text(Add(*one.terms)) if one.terms else "0"
        return f"{left} = {'Σ_t ' if one.summed else ''}{f'({right})' if one.summed and len(one.terms) > 1 else right}"
    parts = [*one.terms, *([one.seed] if one.seed is not None else []), *(term for _, term in one.carries)]
    written = [text(part, 1) for part in parts]
    written += [f"[t = {step}] {text(term, 1)}" for step, term in one.ends]
    written += [f"Σ_t {text(term, 1)}" for _, term in one.sums]
    return f"{left} = {' + '.join(written) or '0'}".replace("+ −", "− ")


def _slots(backward: Backward) -> Iterator[_Slot]:
    live = _live(backward)
    for number, one in enumerate(backward.adjoints):
        if one not in live:
            continue
        said = equation(one)
        for place, term in enumerate(one.terms):
            yield _Slot(one.label, said, "terms", term, _put_term(number, place))
        for place, (_, term) in enumerate(one.carries):
            yield _Slot(one.label, said, "carries", term, _put_carry(number, place))
    for number, gradient in enumerate(backward.gradients):
        for place, term in enumerate(gradient.terms):
            yield _Slot(gradient.label, equation(gradient), "gradient", term, _put_gradient(number, place))


def _live(backward: Backward) -> tuple[Adjoint, ...]:
    """Return the adjoints that some result reads: that of a prediction may be in closed form in the one before it."""
    read = reads(backward)
    own = {one.label for one in backward.adjoints if backward.network.state(one.of.name) is not None}
    found = own.union(*(read[one.label] for one in backward.gradients), *(read[label] for label in own))
    return tuple(one for one in backward.adjoints if one.label in found)


def _put_term(number: int, place: int) -> Callable[[Backward, Node], Backward]:
    def put(backward: Backward, expr: Node) -> Backward:
        one = backward.adjoints[number]
        terms = (*one.terms[:place], expr, *one.terms[place + 1 :])
        return with_adjoint(backward, replace(one, terms=terms))

    return put


def _put_carry(number: int, place: int) -> Callable[[Backward, Node], Backward]:
    def put(backward: Backward, expr: Node) -> Backward:
        one = backward.adjoints[number]
        carries = (*one.carries[:place], (one.carries[place][0], expr), *one.carries[place + 1 :])
        return with_adjoint(backward, replace(one, carries=carries))

    return put


def _put_gradient(number: int, place: int) -> Callable[[Backward, Node], Backward]:
    def put(backward: Backward, expr: Node) -> Backward:
        one = backward.gradients[number]
        terms = (*one.terms[:place], expr, *one.terms[place + 1 :])
        return with_gradient(backward, replace(one, terms=terms))

    return put


def with_adjoint(backward: Backward, one: Adjoint) -> Backward:
    """Return a backward pass with another equation for an adjoint."""
    return replace(backward, adjoints=tuple(one if old.of == one.of else old for old in backward.adjoints))


def with_gradient(backward: Backward, one: Gradient) -> Backward:
    """Return a backward pass with another equation for a gradient."""
    return replace(backward, gradients=tuple(one if old.of == one.of else old for old in backward.gradients))


# -- parts that are missing ------------------------------------------------------------------------------------------------


def _missing(backward: Backward) -> Iterator[Mistake]:
    for one in _live(backward):
        if one.carries:
            yield _adjoint(backward, one, kinds.CARRY, replace(one, carries=()), _carries_words(one))
            yield _only(backward, one, "carries", "initial", _carries_words(one), kinds.CARRY)
        if len(one.carries) > 1:
            for place, (_, term) in enumerate(one.carries):
                rest = (*one.carries[:place], *one.carries[place + 1 :])
                words = f"{text(term)}, a part of what the step after gives to {text(Bar(one.of))}, is missing"
                yield _adjoint(backward, one, PATH, replace(one, carries=rest), words)
        if one.carries and one.of.moves:
            lag, after = one.carries[0][0], Bar(one.of.at(_later(one)))
            words = f"{text(after)} itself is added to {text(Bar(one.of))}, without the way through the step"
            more = replace(one, carries=(*one.carries, (lag, after)))
            yield _adjoint(backward, one, EXTRA, more, words)
        if one.seed is not None:
            words = f"{text(one.seed)}, what the loss gives to {text(Bar(one.of))} directly, is missing"
            yield _adjoint(backward, one, kinds.DIRECT, replace(one, seed=None), words)
        for place, term in enumerate(one.terms):
            rest_terms = (*one.terms[:place], *one.terms[place + 1 :])
            kind = kinds.DIRECT if one.carries else TERM
            words = f"{text(term)} is missing in {text(Bar(one.of))}"
            yield _adjoint(backward, one, kind, replace(one, terms=rest_terms), words)
    for gradient in backward.gradients:
        if len(gradient.terms) > 1:
            for place, term in enumerate(gradient.terms):
                changed = replace(
                    gradient,
                    terms=(*gradient.terms[:place], *gradient.terms[place + 1 :]),
                    stages=(*gradient.stages[:place], *gradient.stages[place + 1 :]),
                )
                words = f"{text(term)} is missing in {text(Bar(gradient.of))}"
                yield Mistake(
                    TERM, words, (equation(gradient),), frozenset([gradient.label]), with_gradient(backward, changed)
                )


def _later(one: Adjoint) -> Expr:
    """Return the step at which the first carry is written."""
    steps = {leaf.time for leaf in one.carries[0][1].atoms(Leaf) if leaf.moves}
    return max(steps, key=lambda step: abs(int(step - t)))


def _carries_words(one: Adjoint) -> str:
    gives = " + ".join(text(term, 1) for _, term in one.carries)
    return f"the carry from step t+1 into {text(Bar(one.of))} is missing: {gives} has to be added"


def _adjoint(backward: Backward, one: Adjoint, kind: str, changed: Adjoint, words: str) -> Mistake:
    return Mistake(kind, words, (equation(one),), frozenset([one.label]), with_adjoint(backward, changed))


# -- the sweep: which steps take part ------------------------------------------------------------------------------------------

STEPS = {
    "first": "of step 1 only",
    "last": "of step T only",
    "not first": "without step 1",
    "not last": "without step T",
}


def _sweeps(backward: Backward) -> Iterator[Mistake]:
    for one in _live(backward):
        for part, what in (("seed", one.seed), ("terms", one.terms and one.carries)):
            if what:
                for steps in ("last", "not last"):
                    said = STEPS[steps]
                    words = f"what the loss gives to {text(Bar(one.of))} is taken {said}; every step has its own"
                    yield _only(backward, one, part, steps, words, kinds.DIRECT if steps == "last" else BOUNDARY)
    summed = [one for one in backward.gradients if one.summed]
    for gradient in backward.gradients:
        for steps in STEPS:
            yield _gradient_only(backward, (gradient,), steps)
    for steps in STEPS:
        if len(summed) > 1:
            yield _gradient_only(backward, tuple(summed), steps)
        yield _gradient_only(backward, backward.gradients, steps)
    yield from _skipped(backward)
    yield from _initial(backward)


def _only(backward: Backward, one: Adjoint | Gradient, part: str, steps: str, words: str, kind: str) -> Mistake:
    changed = replace(backward, only=(*backward.only, (one.label, part, steps)))
    return Mistake(kind, words, (equation(one),), frozenset([one.label]), changed)


def _gradient_only(backward: Backward, several: tuple[Gradient, ...], steps: str) -> Mistake:
    changed = replace(backward, only=(*backward.only, *((one.label, "gradient", steps) for one in several)))
    names = ", ".join(text(Bar(one.of)) for one in several)
    overwritten = steps in ("first", "last")
    why = ": overwritten at every step instead of added to" if overwritten and several[0].summed else ""
    words = f"{names}: {STEPS[steps]}{why}"
    kind = kinds.SUMMED if overwritten and several[0].summed else BOUNDARY
    return Mistake(kind, words, tuple(map(equation, several)), frozenset(one.label for one in several), changed)


def _skipped(backward: Backward) -> Iterator[Mistake]:
    """Yield sweeps that begin one step late, or end one step early."""
    labels = (*(one.label for one in backward.adjoints), *(one.label for one in backward.gradients))
    everything = frozenset(labels)
    parts = [(one.label, part, "not last") for one in backward.adjoints for part in ("terms", "seed")]
    late = replace(backward, only=(*backward.only, *parts))
    yield Mistake(BOUNDARY, "the sweep begins at step T−1: step T is skipped", (), everything, late)
    initial = []
    for one in backward.initial:
        leaf = one.of
        later = Leaf(leaf.name + CARRY, *leaf.shape, Integer(1))
        initial.append((f"{leaf.name}0", (Bar(later),)))
    parts = [(one.label, "gradient", "not first") for one in backward.gradients]
    early = replace(backward, only=(*backward.only, *parts), instead=(*backward.instead, *initial))
    yield Mistake(BOUNDARY, "the sweep ends at step 2: step 1 is skipped", (), everything, early)


def _initial(backward: Backward) -> Iterator[Mistake]:
    for one in backward.initial:
        adjoint = next((a for a in backward.adjoints if a.of.name == one.of.name), None)
        if adjoint is None or one.of.time != Integer(0):
            continue
        leaf, right = one.of, " + ".join(text(term, 1) for _, term in one.carries)
        where = (f"{text(Bar(leaf))} = {right or '0'}",)
        for name, said in (("", "the adjoint of step 1"), (CARRY, "the carry of step 2")):
            first = Bar(Leaf(leaf.name + name, *leaf.shape, 1))
            words = f"{text(Bar(leaf))} is {said}; one step more is needed, to the initial state"
            changed = replace(backward, instead=(*backward.instead, (f"{leaf.name}0", (first,))))
            yield Mistake(INITIAL, words, where, frozenset([f"{leaf.name}0"]), changed)
        if len(adjoint.carries) > 1:
            for _, term in adjoint.carries:
                rest = tuple(expr.xreplace({t: Integer(0)}) for _, expr in adjoint.carries if expr != term)
                words = f"{text(term.xreplace({t: Integer(0)}))} is missing in {text(Bar(leaf))}"
                changed = replace(backward, instead=(*backward.instead, (f"{leaf.name}0", rest)))
                yield Mistake(INITIAL, words, where, frozenset([f"{leaf.name}0"]), changed)
