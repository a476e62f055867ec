"""What a certificate is about: a network as quantities and stages, and its adjoint equations as parts, from a derivation.

The adjoint equations are the records `adjoints`, `gradients` and `initial`, from which documents and code are made; nothing is
derived again here. Each of their terms becomes a part: which stage gives it, when the quantity was read there, and the term at
step t of that stage. The equation of an initial state is that of its state at its step, and `unprinted` says where it is not.
How this is written in Coq is in `gallina` and `writing`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sympy import Expr, Integer, Symbol

from symrnn.algebra.nodes import Bar, Leaf, Node, t
from symrnn.algebra.walk import leaves, parts
from symrnn.calculus.derive import shifted
from symrnn.calculus.records import Adjoint, Derivation, InitialGradient
from symrnn.certificates.gallina import NotCovered
from symrnn.model.equations import Equation
from symrnn.model.network import Network, Once, Single, Stage, Steps, When


@dataclass(frozen=True, slots=True)
class Quantity:
    """Something with a gradient, and its first and last step."""

    leaf: Leaf
    first: Expr
    last: Expr


@dataclass(frozen=True, slots=True)
class Part:
    """What the equations of one stage that read `of`, at its time, give to its adjoint; `term` is of step t of that stage."""

    stage: int
    of: Leaf
    term: Node


@dataclass(frozen=True, slots=True)
class Block:
    """Equations that are evaluated together at the steps first … last, upwards or downwards."""

    first: Expr
    last: Expr
    upwards: bool
    equations: tuple[Equation, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """The data of a certificate.

    Fields:
        lengths: the sizes that are numbers of steps; sizes: the others.
        stages: as in the network, without `left_out`: equations on whose values the loss does not depend.
        parts: those of every quantity, in the order of their equations.
        loss: the quantity whose sum over the steps is differentiated; None for any function of the values.
        complaints: equations that are printed and say something else than `parts`.
    """

    name: str
    lengths: tuple[Symbol, ...]
    sizes: tuple[Symbol, ...]
    quantities: tuple[Quantity, ...]
    constants: tuple[Leaf, ...]
    stages: tuple[Block, ...]
    sums_to_one: tuple[Leaf, ...]
    parts: tuple[Part, ...]
    loss: Leaf | None
    left_out: tuple[Equation, ...]
    complaints: tuple[str, ...]


def state(derivation: Derivation) -> Statement:
    """Return what is to be certified of a derivation whose gradient is not truncated."""
    network = derivation.network
    kept = _reaching(network)
    stages = tuple(_block(stage, kept) for stage in network.stages)
    constants = dict.fromkeys((*network.constants, *network.targets, *network.masks))
    return Statement(
        network.name,
        network.lengths,
        tuple(size for size in network.sizes if size not in network.lengths),
        tuple(_quantities(network, kept)),
        tuple(constants),
        stages,
        network.assumptions,
        tuple(_in_its_stage(network, part) for part in parts_of(derivation)),
        network.loss,
        tuple(line for line in network.equations if line not in kept),
        (*_seeds_unprinted(derivation), *unprinted(derivation)),
    )


# -- forward ---------------------------------------------------------------------------------------------------------------


def _reaching(network: Network) -> set[Equation]:
    """Return the equations on whose values the loss, or the caller's function of the outputs, may depend."""
    names = {network.loss.name} if network.loss is not None else {output.name for output, _ in network.seeds}
    while True:
        found = {line for line in network.equations if line.target.name in names}
        more = names.union(*({leaf.name for leaf in leaves(line.expr)} for line in found))
        if more == names:
            return found
        names = more


def _block(stage: Stage, kept: set[Equation]) -> Block:
    first, last = _span(stage.when)
    lines = tuple(
        replace(line, target=_now(line.target, stage.when), expr=_now(line.expr, stage.when))
        for line in stage.equations
        if line in kept
    )
    return Block(first, last, not isinstance(stage.when, Steps) or stage.when.direction > 0, lines)


def _now(expr: Any, when: When) -> Any:
    """Return an expression with step t for the one step of a stage: what is of that step is read now."""
    if not isinstance(when, Single):
        return expr
    return expr.xreplace({leaf: leaf.at(t) for leaf in expr.atoms(Leaf) if leaf.time == when.step})


def _in_its_stage(network: Network, part: Part) -> Part:
    when = network.stages[part.stage].when
    return replace(part, of=_now(part.of, when), term=_now(part.term, when))


def _span(when: When) -> tuple[Expr, Expr]:
    if isinstance(when, Once):
        return Integer(0), Integer(0)
    return (Integer(1), when.length) if isinstance(when, Steps) else (when.step, when.step)


def _quantities(network: Network, kept: set[Equation]) -> Iterator[Quantity]:
    """Yield parameters, inputs, and what the equations define with the initial values of states."""
    for leaf in network.params:
        yield Quantity(leaf, Integer(0), Integer(0))
    for leaf in network.inputs:
        yield Quantity(leaf, *_input_span(network, leaf))
    found: dict[str, Quantity] = {}
    for stage in network.stages:
        first, last = _span(stage.when)
        for line in stage.equations:
            if line in kept and (line.target.moves or line.target.name not in found):
                held = network.state(line.target.name)
                lags = held.lags if held is not None and isinstance(stage.when, Steps) else 0
                down = isinstance(stage.when, Steps) and stage.when.direction < 0
                begin, end = (first, last + lags) if down else (first - lags, last)
                found[line.target.name] = Quantity(line.target, begin, end)
    yield from found.values()


def _input_span(network: Network, leaf: Leaf) -> tuple[Expr, Expr]:
    if leaf.time is None:
        return Integer(0), Integer(0)
    if not leaf.moves:
        return leaf.time, leaf.time
    for stage in network.stages:
        if isinstance(stage.when, Steps) and any(leaf in leaves(line.expr) for line in stage.equations):
            return _span(stage.when)
    return Integer(1), network.lengths[0]


# -- backward --------------------------------------------------------------------------------------------------------------


def parts_of(derivation: Derivation) -> Iterator[Part]:
    """Yield every term that is printed as a part; those of initial states are those of their states, see `unprinted`."""
    network = derivation.network
    for one in derivation.adjoints:
        own = _stage_of(network, one.of, network.stage_of(one.of))
        for term in one.terms:
            yield Part(_giver(network, term, own), one.of, term)
        if one.of.moves:
            for lag, at_t in _carries(network, one):
                yield Part(_giver(network, at_t, own), one.of.at(t - _steps(network, one).direction * lag), at_t)
        for step, term in one.ends:
            yield Part(_giver(network, term, own), one.of.at(step), term)
        for stage, term in one.sums:
            yield Part(stage, one.of, term)
    for gradient in derivation.gradients:
        for stage, term in zip(gradient.stages, gradient.terms, strict=True):
            yield Part(stage, gradient.of, term)
    for end in derivation.initial:
        for step, term in end.ends:
            yield Part(_giver(network, term, network.stage_of(end.of)), end.of.at(step), term)


def _stage_of(network: Network, leaf: Leaf, otherwise: int) -> int:
    """Return the number of the stage that computes a quantity at that step, or at every step."""
    for stage, line in network.numbered():
        if line.target.name == leaf.name and (line.target == leaf or (line.target.moves and leaf.moves)):
            return stage
    return otherwise


def _giver(network: Network, term: Node, own: int) -> int:
    """Return the number of the stage whose equation gives a term: it has the adjoint of what the equation defines.

    A term of no adjoint is given by the loss.
    """
    for bar in parts(term, Bar):
        return _stage_of(network, bar.leaf, own)
    return own if network.loss is None else _stage_of(network, network.loss, own)


def _steps(network: Network, one: Adjoint) -> Steps:
    when = network.stages[_stage_of(network, one.of, network.stage_of(one.of))].when
    if not isinstance(when, Steps):
        raise NotCovered(f"{one.of!r} has carries and no steps")
    return when


def _carries(network: Network, one: Adjoint) -> Iterator[tuple[int, Node]]:
    """Yield the carries of a quantity of every step, each written at the step t that gives it."""
    for lag, term in one.carries:
        yield lag, shifted(term, -lag, _steps(network, one))


def _seeds_unprinted(derivation: Derivation) -> Iterator[str]:
    """Yield which equations lack what the caller's loss gives, or have it where it gives nothing."""
    given = dict(derivation.network.seeds)
    told = {one.of: one.seed for one in derivation.adjoints}
    for of in (*told, *given):
        if told.get(of) != given.get(of):
            yield f"the adjoint of {of!r} is not printed with what the loss gives to it"


# -- initial states --------------------------------------------------------------------------------------------------------


def unprinted(derivation: Derivation) -> Iterator[str]:
    """Yield what is wrong with the equations of initial states: each is the equation of its state at the initial step.

    There, the parts that are left are the carries of the steps after it; they are compared as expressions.
    """
    told: dict[Leaf, Adjoint | InitialGradient] = {one.of: one for one in derivation.adjoints if one.carries}
    told |= {one.of: one for one in derivation.initial}
    for stage in derivation.network.stages:
        if not isinstance(stage.when, Steps):
            continue
        for held in stage.states:
            for back in range(held.lags):
                start = held.leaf.at(stage.when.initial(back))
                wanted, said = _leaving(derivation, held.leaf, stage.when, back), told.get(start)
                if said is None and (held.initial == "given" or (wanted and held.initial == "computed")):
                    yield f"no equation is printed for the adjoint of {start!r}"
                if said is not None and list(said.carries) != wanted:
                    yield f"({said.label}), the adjoint of {said.of!r}, is not that of {held.leaf!r} at its step"


def _leaving(derivation: Derivation, of: Leaf, steps: Steps, back: int) -> list[tuple[int, Node]]:
    """Return the carries of a state at an initial step: those of every step, written at the steps after it that give them."""
    start = steps.initial(back)
    return [
        (lag, term.xreplace({t: start + steps.direction * lag}))
        for one in derivation.adjoints
        if one.of == of
        for lag, term in _carries(derivation.network, one)
        if lag > back
    ]
