"""The two procedures of a network: forward, step by step, and backward, from the last step to the first.

forward:   h[0] = h0;  for t: every equation in order
backward:  gradients and carries = 0
           for t, last to first:  every adjoint in order, then the gradients of this step, then the carries
           dh0 = carry
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from symrnn.algebra.nodes import Add, Bar, Leaf, Node, t
from symrnn.algebra.text import text
from symrnn.algebra.walk import leaves
from symrnn.calculus.derive import later
from symrnn.calculus.records import Adjoint, Derivation, Gradient, InitialGradient
from symrnn.errors import IRError, RuleError
from symrnn.ir.nodes import (
    At,
    Block,
    Call,
    Load,
    Loop,
    Map,
    Number,
    Procedure,
    Program,
    Ref,
    Role,
    Scalar,
    Statement,
)
from symrnn.ir.shapes import arguments, fixings
from symrnn.ir.walk import arguments_read
from symrnn.lower.memory import BATCH, Memory, as_size, declare
from symrnn.lower.statements import Writer
from symrnn.model.equations import State


def lower(derivation: Derivation) -> Program:
    """Return the program that computes a network forward and its gradients backward.

    Raises:
        RuleError: if an equation has a form that cannot be stored or computed yet, or a size cannot be told; the message says
            which.
    """
    needed = _needed(derivation)
    memory = Memory(derivation.network, _kept(derivation, needed))
    declare(memory)
    forward = _forward(derivation, memory)
    backward = _backward(derivation, needed, memory)
    network = derivation.network
    order = sorted(memory.buffers.values(), key=lambda buffer: list(Role).index(buffer.role))
    program = Program(
        name=network.name,
        title=network.title,
        source=network.source,
        sizes=(
            ("T", "steps"),
            ("B", "sequences in the batch"),
            *((size.name, f"entries of {_owner(derivation, size)}") for size in network.sizes),
        ),
        buffers=tuple(order),
        forward=Procedure("forward", (), forward, "Compute every step."),
        backward=Procedure("backward", (), backward, "Compute every gradient from what the forward pass left."),
        equations=tuple((line.label, f"{text(line.target)} = {text(line.expr)}") for line in network.equations),
    )
    _check_sizes(program := _with_arguments(program))
    return program


def _with_arguments(program: Program) -> Program:
    forward = replace(program.forward, arguments=arguments(program, program.forward))
    return replace(
        program, forward=forward, backward=replace(program.backward, arguments=arguments(program, program.backward))
    )


def _check_sizes(program: Program) -> None:
    """Refuse a network one of whose passes reads no array from whose shape some size that it needs can be told."""
    for procedure in (program.forward, program.backward):
        try:
            fixings(program, procedure, arguments_read(program, procedure))
        except IRError as error:
            raise RuleError(
                f"the {procedure.name} pass of {program.name} cannot tell every size from the arrays that it reads, so it cannot "
                f"be emitted yet: give the cell an input ({error})"
            ) from error


def _owner(derivation: Derivation, size: object) -> str:
    network = derivation.network
    for leaf in (*network.inputs, *(state.leaf for state in network.states), *network.targets, *network.params):
        if leaf.shape[0] == size:
            return leaf.name
    return "a column"


# -- what has to be computed, and kept -----------------------------------------------------------------------------------


def _adjoints_read(expr: Node) -> set[Leaf]:
    if isinstance(expr, Bar):
        return {expr.leaf}
    return {found for arg in expr.args if isinstance(arg, Node) for found in _adjoints_read(arg)}


def _now(adjoint: Adjoint) -> list[tuple[int, Node]]:
    """Return the carries of a state's adjoint as they are written at step t: what step t hands to step t − lag."""
    return [(lag, later(term, -lag)) for lag, term in adjoint.carries]


def _needed(derivation: Derivation) -> tuple[Adjoint, ...]:
    """Return the adjoints that some gradient or carry reads, directly or through others."""
    wanted: set[Leaf] = set()
    for gradient in derivation.gradients:
        wanted |= {leaf for term in gradient.terms for leaf in _adjoints_read(term)}
    for adjoint in derivation.adjoints:
        wanted |= {leaf for _, term in _now(adjoint) for leaf in _adjoints_read(term)}
    for adjoint in reversed(derivation.adjoints):  # an adjoint reads only those before it
        if adjoint.of in wanted:
            wanted |= {leaf for term in adjoint.terms for leaf in _adjoints_read(term)}
    return tuple(adjoint for adjoint in derivation.adjoints if adjoint.of in wanted)


def _kept(derivation: Derivation, needed: Iterable[Adjoint]) -> frozenset[Leaf]:
    """Return the quantities of step t that the backward pass reads."""
    exprs = [term for adjoint in needed for term in adjoint.terms]
    exprs += [term for adjoint in derivation.adjoints for _, term in _now(adjoint)]
    exprs += [term for gradient in derivation.gradients for term in gradient.terms]
    return frozenset(leaf for expr in exprs for leaf in leaves(expr))


# -- forward -------------------------------------------------------------------------------------------------------------


def _forward(derivation: Derivation, memory: Memory) -> tuple[Statement, ...]:
    network = derivation.network
    before: list[Statement] = []
    for state in network.states:
        name, lags = state.leaf.name, state.lags
        for step in range(lags):
            initial = Ref(f"{name}0", At("", step)) if lags > 1 else Ref(f"{name}0")
            before.append(Map(Ref(name, At("", step)), Load(initial)))
    if network.loss is not None:
        before.append(Map(Ref(network.loss.name), Number(0)))
    writer = Writer(memory)
    body: list[Statement] = []
    for line in derivation.forward:
        if line.target == network.loss:
            writer.accumulate_loss(Ref(line.target.name), line.expr)
        else:
            writer.assign(memory.at(line.target), line.expr)
        sign = "+=" if line.target == network.loss else "="
        left = line.target.name if line.target == network.loss else text(line.target)
        body.append(Block(line.label, f"{left} {sign} {text(line.expr)}", writer.take()))
    return (*before, Loop(tuple(body)))


# -- backward ------------------------------------------------------------------------------------------------------------


def _backward(derivation: Derivation, needed: tuple[Adjoint, ...], memory: Memory) -> tuple[Statement, ...]:
    gradients = derivation.gradients
    for gradient in gradients:
        _declare_gradient(memory, gradient)
    for state in derivation.network.states:
        _declare_initial(memory, state)
    before = [Map(Ref(f"d{gradient.of.name}"), Number(0)) for gradient in gradients if gradient.summed]
    before += [Map(carry, Number(0)) for carries in memory.carries.values() for carry in carries]
    writer = Writer(memory)
    body = [block for adjoint in needed for block in _adjoint_block(writer, adjoint)]
    body += [block for gradient in gradients for block in _gradient_block(writer, gradient)]
    # an adjoint that nothing reads has carries all the same: they are the gradient of its initial state
    body += [block for one in derivation.adjoints if one.carries for block in _carry_blocks(writer, one)]
    after = [_initial_block(memory, initial) for initial in derivation.initial]
    return (*before, Loop(tuple(body), reverse=True), *after)


def _declare_gradient(memory: Memory, gradient: Gradient) -> None:
    like = memory.buffers[gradient.of.name]
    memory.add(f"d{like.name}", like.dims, Role.GRADIENT, like.steps, f"with respect to {gradient.of!r}")


def _declare_initial(memory: Memory, state: State) -> None:
    name, like = state.leaf.name, memory.buffers[f"{state.leaf.name}0"]
    memory.add(f"d{like.name}", like.dims, Role.GRADIENT, like.steps, f"with respect to {like.name}")
    names = (f"carry_{name}" + (str(lag) if lag > 1 else "") for lag in range(1, state.lags + 1))
    dims, about = (BATCH, as_size(state.leaf.shape[0])), f"what later steps give to the adjoint of {name}"
    memory.carries[state.leaf] = tuple(memory.work(one, *dims, about=about) for one in names)


def _adjoint_block(writer: Writer, adjoint: Adjoint) -> list[Block]:
    memory, of = writer.memory, adjoint.of
    if adjoint.seed is not None and not adjoint.terms and not adjoint.carries:
        memory.adjoints[of] = memory.at(adjoint.seed)  # the caller's array is the adjoint
        return []
    name = f"d{of.name}" if adjoint.seed is None else f"d{of.name}_total"
    out = memory.work(name, BATCH, as_size(of.shape[0]), about=f"adjoint of {of!r}")
    if adjoint.terms:
        writer.assign(out, Add(*adjoint.terms))
    others = [] if adjoint.seed is None else [Load(memory.at(adjoint.seed))]
    others += [Load(memory.carries[of][0])] if adjoint.carries else []
    if others:
        value: Scalar = others[0] if len(others) == 1 else Call("add", tuple(others))
        writer.statements.append(Map(out, value, accumulate=bool(adjoint.terms)))
    memory.adjoints[of] = out
    parts = [
        *adjoint.terms,
        *([adjoint.seed] if adjoint.seed is not None else []),
        *(term for _, term in adjoint.carries),
    ]
    formula = " + ".join(text(part, 1) for part in parts).replace("+ −", "− ")
    return [Block(adjoint.label, f"{text(Bar(of))} = {formula}", writer.take())]


def _gradient_block(writer: Writer, gradient: Gradient) -> list[Block]:
    of = gradient.of
    if gradient.summed:
        for term in gradient.terms:
            writer.accumulate_gradient(Ref(f"d{of.name}"), term)
    elif gradient.terms:
        writer.assign(Ref(f"d{of.name}", At("t")), Add(*gradient.terms))
    else:
        writer.statements.append(Map(Ref(f"d{of.name}", At("t")), Number(0)))
    if not gradient.terms:
        return [Block(gradient.label, f"{text(Bar(of))} = 0", writer.take())] if not gradient.summed else []
    sign = "+=" if gradient.summed else "="
    return [Block(gradient.label, f"{text(Bar(of))} {sign} {text(Add(*gradient.terms))}", writer.take())]


def _carry_blocks(writer: Writer, adjoint: Adjoint) -> list[Block]:
    """Write what step t gives to earlier steps; the carry for two steps back becomes the one for one step back."""
    carries = writer.memory.carries[adjoint.of]
    for place, carry in enumerate(carries):
        terms = [term for lag, term in _now(adjoint) if lag == place + 1]
        last = place + 1 == len(carries)
        if terms:
            writer.assign(carry, Add(*terms))
        if not last:
            writer.statements.append(Map(carry, Load(carries[place + 1]), accumulate=bool(terms)))
        elif not terms:
            writer.statements.append(Map(carry, Number(0)))
    given = " + ".join(text(term, 1) for _, term in _now(adjoint))
    return [Block(adjoint.label, f"what step t gives to {adjoint.of.name} of earlier steps: {given}", writer.take())]


def _initial_block(memory: Memory, initial: InitialGradient) -> Block:
    name, lags = initial.of.name, memory.lags[initial.of.name]
    back = -int(initial.of.time or 0)
    out = Ref(f"d{name}0", At("", lags - 1 - back)) if lags > 1 else Ref(f"d{name}0")
    given = " + ".join(text(term, 1) for _, term in initial.carries) or "0"
    return Block(
        initial.label, f"{text(Bar(initial.of))} = {given}", (Map(out, Load(memory.carries[initial.of.at(t)][back])),)
    )
