"""The reverse pass is the adjoint of the derivative: ⟨cotangent, JVP(tangent)⟩ = ⟨VJP(cotangent), tangent⟩, proved.

For each equation v = f(u, w, …) the local identity

    tr(v̄ᵀ df) = Σ_u tr(K_uᵀ du),      K_u the contribution of the equation to ū,

is decided by the index normal form, independently of the trace identities by which K_u was found. Summed over the equations of a
step everything but the ends cancels, because ū is the sum of its contributions: that is the identity for one step of a stage,
between what enters it and what leaves it. Summed over the steps of a stage, and over the stages, it is the identity of the whole
network. That ū is the sum of its contributions, each at the step at which it arises, is `assembled`.
For two steps of a cell of few equations the identity is proved once more with everything written out.
Source: the statement for one Elman cell in "Elman RNN Cell VJP" (source 000); here also for parameters, and for every cell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from symrnn.algebra.decide import decide
from symrnn.algebra.functions import ALL
from symrnn.algebra.nodes import Add, Apply, Bar, D, Leaf, Node, Power, Quotient, Trace, Zeros, t
from symrnn.algebra.normal import normal_forms
from symrnn.calculus.derive import later
from symrnn.calculus.records import Adjoint, Contribution, Derivation, Passage
from symrnn.calculus.trace import gradient_layout
from symrnn.errors import ProofError, RuleError
from symrnn.model.equations import State
from symrnn.model.network import Stage, Steps

ALWAYS_POSITIVE = ("softmax", "exp", "sigmoid", "softplus")
WRITTEN_OUT = 4  # equations of a cell up to which two steps are proved with everything written out: the terms multiply


@dataclass(frozen=True, slots=True)
class LocalIdentity:
    """tr(v̄ᵀ dv) = Σ_u tr(K_uᵀ du) for one equation, with dv and K_u written out; proved, unless `doubt` says why not."""

    equation: str
    left: Node
    right: Node
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """What an equation needs to be differentiable: `kind` is "nonzero" or "positive", for every entry of `expr`."""

    equation: str
    kind: str
    expr: Node


@dataclass(frozen=True, slots=True)
class AdjointTheorem:
    """The adjoint identity of a step of one stage: left = right, by summing the local identities, under the conditions.

    Fields:
        stage: the number of the stage.
        leaving: what the step computes for others: its states, and what other stages, the loss or the caller read.
        entering: what it reads of others, with what it gives to the adjoint of each.
    """

    left: Node
    right: Node
    identities: tuple[LocalIdentity, ...]
    conditions: tuple[Condition, ...]
    stage: int = 0
    leaving: tuple[Leaf, ...] = ()
    entering: tuple[tuple[Leaf, Node], ...] = ()

    @property
    def unproved(self) -> tuple[str, ...]:
        """The equations whose identity was not decided symbolically; the theorem presupposes it for them."""
        return tuple(one.equation for one in self.identities if one.doubt)


def one_step(derivation: Derivation) -> AdjointTheorem:
    """Prove the adjoint identity of one step of the (first) stage that moves.

    Raises:
        ProofError: if a local identity does not hold.
    """
    stages = derivation.network.stages
    moving = (number for number, stage in enumerate(stages) if isinstance(stage.when, Steps))
    return of_stage(derivation, next(moving, 0))


def every_stage(derivation: Derivation) -> tuple[AdjointTheorem, ...]:
    """Prove the adjoint identity of a step of every stage, and that the adjoints join them: the whole gradient is exact.

    Raises:
        ProofError: if a local identity does not hold, or an adjoint is not the sum of what was given to it.
    """
    assembled(derivation)
    return tuple(of_stage(derivation, number) for number in range(len(derivation.network.stages)))


def of_stage(derivation: Derivation, number: int) -> AdjointTheorem:
    """Prove the adjoint identity of one step of a stage, or of its only evaluation.

    Raises:
        ProofError: if a local identity does not hold.
    """
    network = derivation.network
    stage = network.stages[number]
    mine = {line.label for line in stage.equations}
    passages = tuple(one for one in derivation.passages if one.equation.label in mine)
    leaving, entering = _leaving(derivation, stage), _entering(derivation, stage)
    return AdjointTheorem(
        left=_total([pairing(Bar(leaf), D(leaf)) for leaf in leaving]),
        right=_total([pairing(gradient, D(leaf)) for leaf, gradient in entering]),
        identities=tuple(local_identity(one, network.loss) for one in passages),
        conditions=tuple(one for one in conditions(derivation) if one.equation in mine),
        stage=number,
        leaving=leaving,
        entering=entering,
    )


def _total(parts: list[Node]) -> Node:
    return Add(*parts) if parts else Zeros(1, 1)


def _leaving(derivation: Derivation, stage: Stage) -> tuple[Leaf, ...]:
    """Return the states of a stage, and what others read of it; the loss stands by itself."""
    network = derivation.network
    mine, states = {line.label for line in stage.equations}, {state.leaf for state in stage.states}
    read = {one.of.name for passage in derivation.reaching for one in passage.contributions if one.equation not in mine}
    read |= {output.name for output, _ in network.seeds}
    targets = (line.target for line in stage.equations if line.target != network.loss)
    return tuple(leaf for leaf in targets if leaf in states or leaf.name in read)


def _entering(derivation: Derivation, stage: Stage) -> tuple[tuple[Leaf, Node], ...]:
    """Return every leaf that enters a step, with what the step gives to its adjoint."""
    mine, computed = {line.label for line in stage.equations}, {line.target for line in stage.equations}
    found: dict[Leaf, list[Node]] = {}
    for passage in derivation.reaching:
        for one in passage.contributions if passage.equation.label in mine else ():
            if one.of not in computed and not isinstance(one.gradient, Zeros):
                found.setdefault(one.of, []).append(one.gradient)
    return tuple((leaf, Add(*parts)) for leaf, parts in found.items())


def pairing(cotangent: Node, tangent: Node) -> Node:
    """Return ⟨A, B⟩ = tr(Aᵀ B)."""
    return Trace(cotangent.T @ tangent)


def local_identity(passage: Passage, loss: Leaf | None) -> LocalIdentity:
    """Prove the identity of one equation; what cannot be decided is returned with the doubt.

    Raises:
        ProofError: if numbers show that it does not hold.
    """
    target = passage.equation.target
    left = Trace(passage.expanded) if target == loss else pairing(Bar(target), passage.expanded)
    parts = [pairing(one.gradient, D(one.of)) for one in passage.contributions]
    right = _total(parts)
    definition = {target: passage.equation.expr}  # the differential may be written in the output
    try:
        found = decide(left, right, definitions=definition)
    except RuleError as problem:
        return LocalIdentity(passage.equation.label, left, right, str(problem))
    if found.is_refuted:
        raise ProofError(
            f"equation ({passage.equation.label}): {left!r} and {right!r} were expected to be the same and are not; "
            f"this is a defect of symrnn, please report it with the cell"
        )
    return LocalIdentity(passage.equation.label, left, right, "" if found.is_proved else found.reason)


def conditions(derivation: Derivation) -> tuple[Condition, ...]:
    """Return where the equations of a step must not be evaluated, because they are not differentiable there."""
    equations = derivation.network.equations
    positive = {line.target for line in equations if _is_positive(line.expr)}
    found = [one for line in equations for one in _needed(line.label, line.expr) if one.expr not in positive]
    return tuple(dict.fromkeys(one for one in found if not _is_positive(one.expr)))


def _needed(label: str, expr: Node) -> Iterator[Condition]:
    if isinstance(expr, Apply) and ALL[expr.function].kinks:
        yield Condition(label, "nonzero", expr.body)
    if isinstance(expr, Apply) and ALL[expr.function].domain == "positive":
        yield Condition(label, "positive", expr.body)
    if isinstance(expr, Quotient):
        yield Condition(label, "nonzero", expr.args[1])
    if isinstance(expr, Power) and expr.args[1] < 0:
        yield Condition(label, "nonzero", expr.args[0])
    for arg in expr.args:
        if isinstance(arg, Node):
            yield from _needed(label, arg)


def _is_positive(expr: Node) -> bool:
    return isinstance(expr, Apply) and expr.function in ALWAYS_POSITIVE


# -- every adjoint is the sum of what was given to it ----------------------------------------------------------------------

Place = tuple[str, object, Node]  # where a part is evaluated, and the part


def assembled(derivation: Derivation) -> None:
    """Check that every contribution stands in exactly one place of the adjoint or gradient that it belongs to.

    A place is "now"; at one "step" only; "later", by so many steps; at the "start" of a sequence; or summed over a "stage".

    Raises:
        ProofError: if a part is missing, is there twice, or belongs elsewhere.
    """
    given: dict[Leaf, Counter[Place]] = {}
    for leaf, place in _placed(derivation):
        given.setdefault(leaf, Counter())[place] += 1
    for of, found in _collected(derivation):
        wanted = given.pop(of, Counter())
        if wanted != Counter(found):
            missing, extra = list(wanted - Counter(found)), list(Counter(found) - wanted)
            raise ProofError(
                f"the adjoint of {of!r} is not the sum of what the equations give to it: {missing} are missing, {extra} are "
                f"too many; this is a defect of symrnn, please report it with the network"
            )
    if given:
        raise ProofError(f"nothing takes up what the equations give to {', '.join(map(repr, given))}")


def _placed(derivation: Derivation) -> Iterator[tuple[Leaf, Place]]:
    """Yield every contribution with the quantity that it belongs to, as its adjoint names it."""
    network = derivation.network
    owner = {line.label: number for number, line in network.numbered()}
    computed = {line.target.name: line.target for line in network.equations}
    home = {state.leaf.name: (stage.when, state) for stage in network.stages for state in stage.states}
    for passage in derivation.reaching:
        number = owner[passage.equation.label]
        moves = isinstance(network.stages[number].when, Steps)
        for one in passage.contributions:
            of = one.of
            if isinstance(one.gradient, Zeros):
                continue
            if of.name in home:
                yield from _of_state(*home[of.name], one, number if moves else None)
            elif of.name not in computed:
                yield of, ("stage", number, one.gradient)
            elif of != computed[of.name]:  # a quantity of every step, read at one
                yield computed[of.name], ("stage" if moves else "step", of.time, one.gradient)
            else:
                yield of, _at_once(one, number if moves and not _moves(of) else None)


def _at_once(one: Contribution, over: int | None) -> Place:
    return ("now", None, one.gradient) if over is None else ("stage", over, one.gradient)


def _moves(of: Leaf) -> bool:
    return of.time is not None and of.time.has(t)


def _of_state(when: object, state: State, one: Contribution, over: int | None) -> Iterator[tuple[Leaf, Place]]:
    """Yield the places of what is given to a state at whatever step it is read; `over` is the stage that reads it, if it moves."""
    assert isinstance(when, Steps)
    of, lag = one.of, when.lag(one.of) if _moves(one.of) else 0
    starts = {when.initial(back): back for back in range(state.lags)}
    if of.time in starts:
        yield of, _at_once(one, over)
    elif not _moves(of):
        yield state.leaf, ("step" if over is None else "stage", of.time, one.gradient)
    elif not lag:
        yield state.leaf, _at_once(one, None)
    else:
        yield state.leaf, ("later", lag, one.gradient.xreplace({t: 2 * t - of.time}))
        for start, back in starts.items():
            if back < lag and state.initial != "zero":
                yield state.leaf.at(start), ("start", lag, one.gradient.xreplace({t: start + t - of.time}))


def _collected(derivation: Derivation) -> Iterator[tuple[Leaf, list[Place]]]:
    """Yield the parts that every adjoint and gradient has."""
    for found in derivation.adjoints:
        of = found.of
        places: list[Place] = [("now", None, term) for term in _before_closing(found)]
        places += [("later" if _moves(of) else "start", lag, term) for lag, term in found.carries]
        places += [("step", step, term) for step, term in found.ends]
        yield of, places + [("stage", number, term) for number, term in found.sums]
    for gradient in derivation.gradients:
        yield gradient.of, [("stage", *one) for one in zip(gradient.stages, gradient.terms, strict=True)]
    for start in derivation.initial:
        carries: list[Place] = [("start", lag, term) for lag, term in start.carries]
        yield start.of, carries + [("now", None, term) for _, term in start.ends]


def _before_closing(found: Adjoint) -> tuple[Node, ...]:
    """Return the parts of an adjoint before their sum was brought into closed form."""
    if not found.steps:
        return found.terms
    chained = all(one.after == after.before for one, after in pairwise(found.steps))
    if not chained or found.terms != (gradient_layout(found.steps[-1].after),):
        raise ProofError(f"the closed form of the adjoint of {found.of!r} is not what its steps lead to")
    return (gradient_layout(found.steps[0].before),)


# -- everything written out: one step, and two steps ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WrittenOut:
    """The identity for a number of composed steps with every tangent and adjoint replaced by what defines it."""

    steps: int
    left: Node
    right: Node


def written_out(derivation: Derivation, steps: int) -> WrittenOut:
    """Prove the identity for `steps` composed steps t, …, t + steps − 1 by the normal form, nothing telescoped.

    The cotangents are those of the states that leave the last step; the tangents those of everything that enters.

    Raises:
        ProofError: if the two sides differ.
    """
    last = t + steps - 1
    ends = [state.leaf.at(last - back) for state in derivation.network.states for back in range(state.lags)]
    cotangents: dict[Leaf, Node] = {leaf: Bar(leaf) for leaf in ends}
    tangents: dict[Node, Node] = {}
    entering: dict[Leaf, Node] = {}
    cell = {line.target for line in derivation.network.cell.equations}
    passages = [one for one in derivation.passages if one.equation.target in cell]
    for shift in range(steps):
        for one in reversed(passages):
            expanded = later(one.expanded, shift)
            tangents[D(later(one.equation.target, shift))] = expanded.xreplace(tangents)
    for shift in reversed(range(steps)):
        for one in passages:
            bar = cotangents.get(later(one.equation.target, shift))
            if bar is None:
                continue
            for given in one.contributions:
                part = later(given.gradient, shift).xreplace({Bar(later(one.equation.target, shift)): bar})
                of = later(given.of, shift)
                cotangents[of] = cotangents[of] + part if of in cotangents else part
    defined = {key.leaf for key in tangents}
    entering = {leaf: bar for leaf, bar in cotangents.items() if leaf not in defined}
    left = Add(*(pairing(Bar(leaf), tangents.get(D(leaf), D(leaf))) for leaf in ends))
    right = Add(*(pairing(bar, D(leaf)) for leaf, bar in entering.items()))
    here, there = normal_forms(left, right)
    if here != there:
        raise ProofError(
            f"{steps} composed steps: the two sides of the adjoint identity differ; this is a defect of symrnn"
        )
    return WrittenOut(steps, left, right)
