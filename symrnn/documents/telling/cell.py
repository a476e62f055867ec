"""The beginning of a document: what is differentiated, in which notation."""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Expr

from symrnn.algebra.nodes import Concat, Leaf, Node, Ones, Scale, Slice, t
from symrnn.algebra.walk import leaves
from symrnn.calculus.records import Derivation
from symrnn.documents.document import Block, Items, Paragraph, Section, Statement, Table, plain
from symrnn.documents.notation import leaf, math, size, symbol, time
from symrnn.documents.telling.forward import equations, is_weight, overview, remarks, stages
from symrnn.documents.telling.stages import is_one_loop, starts
from symrnn.documents.telling.words import enumerated, inline, reference
from symrnn.model.equations import State
from symrnn.model.network import Network, Single, Stage, Steps


def forward(derivation: Derivation, figures: tuple[Block, ...]) -> Section:
    """Return the section with the numbered forward equations."""
    network = derivation.network
    if not is_one_loop(network):
        closing = (Paragraph(objective(network)), *stable(derivation), *remarks(network))
        end = Section("The loss, and what to note", closing, "loss")
        return Section("Forward propagation", (overview(network), *figures), "forward", (*stages(network), end))
    source = f" Source: {plain(network.source)}." if network.source else ""
    states = enumerated(
        [inline(state.leaf.at(t - back)) for state in network.states for back in range(1, state.lags + 1)]
    )
    return Section(
        "Forward propagation",
        (
            Paragraph(f"Given {states} from the steps before, step $t$ computes" if states else "Step $t$ computes"),
            *equations(network),
            Paragraph(objective(network) + source),
            *remarks(network),
            *stable(derivation),
            *figures,
        ),
        "forward",
    )


def stable(derivation: Derivation) -> list[Block]:
    """Return how the emitted code evaluates an equation, where it has another form of it."""
    found = zip(derivation.network.equations, derivation.forward, strict=True)
    lines = [
        f"{reference(line.label)} as ${leaf(line.target)} = {math(form.expr)}$" for line, form in found if line != form
    ]
    text = f"The emitted code evaluates {enumerated(lines)}: the same number, without a logarithm of what may round to zero."
    return [Paragraph(text)] if lines else []


def objective(network: Network) -> str:
    """Return what J is."""
    loss = network.loss
    if loss is not None and loss.time == t:
        steps = next(stage.when for stage in network.stages if any(line.target == loss for line in stage.equations))
        assert isinstance(steps, Steps)
        length = time(steps.length)
        return (
            rf"The loss of the whole sequence is the sum over its ${length}$ steps, "
            rf"$J = \sum_{{t=1}}^{{{length}}} {leaf(loss)}$."
        )
    if loss is not None:
        return f"The loss of the whole sequence is $J = {leaf(loss)}$."
    outputs = enumerated([inline(output) for output, _ in network.seeds])
    given = enumerated(
        [rf"${leaf(seed)} = (\partial^+ J / \partial {leaf(output)})^\top$" for output, seed in network.seeds]
    )
    moving = any(output.time == t for output, _ in network.seeds)
    steps_of = ", $t = 1, \\dots, T$" if moving else ""
    return (
        f"The loss $J$ is any differentiable function of {outputs}{steps_of}. What has to be known of it is its "
        rf"direct derivative in gradient layout, {given}, which the caller gives; $\partial^+$ is the derivative of $J$ as a "
        rf"function of these outputs, all others held fixed."
    )


def notation(network: Network, in_code: Mapping[str, str]) -> Section:
    """Return the table of names with their shapes, and the conventions; `in_code` are names that have another form here."""
    rows = tuple(
        (f"${leaf(of)}$", f"${_rows(of.shape[0])} \\times {_rows(of.shape[1])}$", what) for of, what in _roles(network)
    )
    blocks: list[Block] = [Table(("name", "shape", "what it is"), rows), Items(_conventions(network))]
    blocks += [_assumption(of) for of in network.assumptions]
    if in_code:
        names = enumerated([f"`{name}` is written ${symbol(told)}$" for name, told in in_code.items()])
        blocks.append(Paragraph(f"A bar is kept for adjoints: what the code calls {names}."))
    return Section("Notation", tuple(blocks), "notation")


def _rows(number: Expr) -> str:
    return rf"({size(number)})" if number.is_Add else size(number)


def _conventions(network: Network) -> tuple[str, ...]:
    lengths = [time(length) for length in network.lengths]
    if len(lengths) > 1:
        steps = (
            rf"A superscript $(t)$ is the step. The encoder has the steps $t = 1, \dots, {lengths[0]}$, the decoder has "
            rf"$t = 1, \dots, {lengths[1]}$: each counts its own. Quantities without a superscript are the same at every step."
        )
    else:
        steps = (
            r"A superscript $(t)$ is the step, $t = 1, \dots, T$; quantities without one are the same at every step."
        )
    found = [
        r"Vectors are columns; $\circ$ is the product and $\oslash$ the quotient entry by entry, $\mathbf{1}$ a column of ones.",
        r"$\frac{\partial J}{\partial X}$ is in *numerator layout*: its shape is that of $X^\top$, and "
        r"$\mathrm{d}J = \operatorname{tr}\left(\frac{\partial J}{\partial X}\,\mathrm{d}X\right)$. "
        r"Its transpose, the *adjoint* $\bar{X} = \left(\frac{\partial J}{\partial X}\right)^\top$, has the shape of $X$ "
        r"(*gradient layout*).",
        steps,
    ]
    if any(_has_rows(line.expr) for line in network.equations):
        found.append(r"$A_{[a:b]}$ are the rows of $A$ with the indices $a, \dots, b-1$, counted from 0.")
    if any(_read_at_one_step(network, stage) for stage in network.stages):
        found.append(r"$[t = T]$ is 1 if $t = T$ and 0 otherwise, and likewise for other conditions.")
    return tuple(found)


def _read_at_one_step(network: Network, stage: Stage) -> bool:
    """Return whether a stage of one step reads what another one computes at every step."""
    steps = {number for number, one in enumerate(network.stages) if isinstance(one.when, Steps)}
    owners = network.owners()
    read = {leaf.name for line in stage.equations for leaf in leaves(line.expr)}
    return isinstance(stage.when, Single) and any(owners.get(name) in steps for name in read)


def _has_rows(expr: Node) -> bool:
    """Return whether an expression takes rows of a column, or its derivative does."""
    return isinstance(expr, Slice | Concat) or any(_has_rows(arg) for arg in expr.args if isinstance(arg, Node))


def _assumption(of: Leaf) -> Block:
    return Statement(
        "Assumption",
        "targets sum to one",
        (Paragraph(rf"$\mathbf{{1}}^\top {leaf(of)} = 1$ at every step (a one-hot vector, or any distribution)."),),
        f"assume-{of.name.replace('_', '-')}",
    )


def _roles(network: Network) -> list[tuple[Leaf, str]]:
    found = [(of, "input") for of in network.inputs]
    for stage in network.stages:
        found += [(state.leaf, f"state; {starts(network, stage, (state,))}") for state in stage.states]
    found += [(of, "mask" if of in network.masks else _given(network, of)) for of in network.targets]
    found += [(of, "parameter") for of in network.params]
    values = {of: f"constant, usually ${math(Scale(value, Ones(1, 1)))}$" for of, value in network.values}
    found += [(of, values.get(of, "constant")) for of in network.constants]
    found += [(seed, f"given: what the loss gives directly to {inline(output)}") for output, seed in network.seeds]
    known = {of for of, _ in found} | {state.leaf.at(of) for state in network.states for of in _fixed(network, state)}
    for line in network.equations:
        if line.target not in known:
            what = (
                "loss of one step"
                if line.target == network.loss
                else "output"
                if line.target in network.outputs
                else "intermediate"
            )
            found.append((line.target, f"{what}, {reference(line.label)}"))
    return found


def _given(network: Network, of: Leaf) -> str:
    return "weight of the loss" if is_weight(network, of) else "target"


def _fixed(network: Network, state: State) -> set[Expr]:
    """Return the steps at which an equation of its own gives a state."""
    return {line.target.time for line in network.equations if line.target.name == state.leaf.name}
