"""The two procedures of a network: forward, stage by stage, and backward, from the last stage to the first.

forward    once: its equations;  steps: h[0] = h0, then for t: every equation in order;  single: its equations
backward   gradients and sums = 0
           steps: carries = 0;  for t, against the direction:  every adjoint in order, then the gradients of this step, then
           what is summed for other stages, then the carries;  at last dh0 = carry
           truncated: the same for every window of steps, see `truncated`
"""

from __future__ import annotations

from dataclasses import replace

from symrnn.algebra.nodes import Leaf, Node
from symrnn.algebra.text import text
from symrnn.calculus.records import Derivation
from symrnn.calculus.truncated import Truncated, carries_only
from symrnn.errors import IRError, RuleError
from symrnn.ir.buffers import Role
from symrnn.ir.nodes import At, Block, Load, Loop, Map, Number, Procedure, Program, Ref, Statement, full
from symrnn.ir.shapes import arguments, fixings
from symrnn.ir.walk import arguments_read
from symrnn.lower.backward import backward
from symrnn.lower.memory import Memory, declare
from symrnn.lower.needs import crossing, kept, needed
from symrnn.lower.statements import Writer
from symrnn.lower.truncated import counted, truncated
from symrnn.model.equations import State
from symrnn.model.network import Steps


def lower(derivation: Derivation) -> Program:
    """Return the program that computes a network forward and its gradients backward.

    Raises:
        RuleError: if an equation has a form that cannot be stored or computed yet, or a size cannot be told; the message says
            which.
    """
    network, wanted = derivation.network, needed(derivation)
    older = carries_only(derivation) if isinstance(network, Truncated) else derivation
    memory = Memory(network, kept(derivation, wanted) | kept(older, needed(older)), crossing(derivation))
    declare(memory)
    forward = _forward(derivation, memory)
    cut = counted(network) if isinstance(network, Truncated) else None
    back = backward(derivation, wanted, memory) if cut is None else truncated(derivation, older, cut, memory)
    about = "Compute every gradient from what the forward pass left." if cut is None else cut.about
    order = sorted(memory.buffers.values(), key=lambda buffer: list(Role).index(buffer.role))
    program = Program(
        name=network.name,
        title=network.title,
        source=network.source,
        sizes=(
            *(
                (length.name, "steps" if place == 0 else "steps of the decoder")
                for place, length in enumerate(network.lengths)
            ),
            ("B", "sequences in the batch"),
            *((size.name, f"entries of {_owner(derivation, size)}") for size in network.sizes),
            *(() if cut is None else cut.sizes),
        ),
        buffers=tuple(order),
        forward=Procedure("forward", (), forward, "Compute every step."),
        backward=Procedure("backward", (), back, about),
        equations=tuple((line.label, f"{text(line.target)} = {text(line.expr)}") for line in network.equations),
        given_sizes=() if cut is None else tuple(name for name, _ in cut.sizes),
    )
    return _with_sizes(program, tuple(length.name for length in network.lengths))


def _with_arguments(program: Program) -> Program:
    forward = replace(program.forward, arguments=arguments(program, program.forward))
    return replace(
        program, forward=forward, backward=replace(program.backward, arguments=arguments(program, program.backward))
    )


def _with_sizes(program: Program, lengths: tuple[str, ...]) -> Program:
    """Return a program both of whose passes can tell every size from the arrays that they read.

    A number of steps that no array has, as where outputs are fed back and nothing is held against them, is a given size.

    Raises:
        RuleError: if it is another size.
    """
    choices = ((), *((one,) for one in lengths), lengths)
    found = [_with_arguments(replace(program, given_sizes=(*program.given_sizes, *names))) for names in choices]
    told = [one for one in found if not _untold(one)]
    if not told:
        raise RuleError(
            f"a pass of {program.name} cannot tell every size from the arrays that it reads, so it cannot be emitted yet: give "
            f"the cell an input ({_untold(found[-1])})"
        )
    return told[0]


def _untold(program: Program) -> str:
    """Return what is missing of the sizes of a program, or ""."""
    try:
        for procedure in (program.forward, program.backward):
            fixings(program, procedure, arguments_read(program, procedure))
    except IRError as error:
        return str(error)
    return ""


def _owner(derivation: Derivation, size: object) -> str:
    network = derivation.network
    known = (*network.inputs, *(state.leaf for state in network.states), *network.targets, *network.params)
    for place in (0, 1):
        for leaf in known:
            if leaf.shape[place] == size:
                return leaf.name if place == 0 else f"the rows of {leaf.name}"
    return "a column"


# -- forward -------------------------------------------------------------------------------------------------------------


def _forward(derivation: Derivation, memory: Memory) -> tuple[Statement, ...]:
    network = derivation.network
    stable = {line.label: line.expr for line in derivation.forward}
    writer = Writer(memory)
    statements: list[Statement] = []
    if network.loss is not None:
        statements.append(Map(Ref(network.loss.name), Number(0)))
    for stage in network.stages:
        blocks = tuple(
            _line(writer, line.label, line.target, stable[line.label], network.loss) for line in stage.equations
        )
        if isinstance(stage.when, Steps):
            statements += [start for state in stage.states for start in _starts(memory, state, stage.when)]
            statements.append(Loop(blocks, stage.when.direction < 0, stage.when.length.name))
        else:
            statements += blocks
    return tuple(statements)


def _line(writer: Writer, label: str, target: Leaf, expr: Node, loss: Leaf | None) -> Block:
    if target == loss:
        writer.accumulate_loss(Ref(target.name), expr)
        return Block(label, f"{target.name} += {text(expr)}", writer.take())
    writer.assign(writer.memory.at(target), expr, batch=target.time is not None)
    return Block(label, f"{text(target)} = {text(expr)}", writer.take())


def _starts(memory: Memory, state: State, steps: Steps) -> list[Statement]:
    """Return the statements that put the initial values of a state where its steps look for them."""
    found: list[Statement] = []
    name, rank = state.leaf.name, len(memory.dims(state.leaf))
    for place in range(state.lags if state.initial in ("given", "zero") else 0):
        at = At("", place) if steps.direction > 0 else At(steps.length.name, place)
        given = Ref(f"{name}0", At("", place)) if state.lags > 1 else Ref(f"{name}0")
        found.append(Map(Ref(name, at), Number(0) if state.initial == "zero" else Load(given, full(rank))))
    return found
