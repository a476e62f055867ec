"""The beginning of a document: what is differentiated, in which notation."""

from __future__ import annotations

from symrnn.algebra.nodes import Concat, Leaf, Node, Slice, t
from symrnn.calculus.records import Derivation
from symrnn.documents.document import Block, Display, Items, Line, Paragraph, Section, Statement, Table, plain
from symrnn.documents.notation import breakable, leaf, math, size
from symrnn.documents.telling.words import enumerated, inline, label, reference
from symrnn.model.network import Network


def forward(derivation: Derivation, figures: tuple[Block, ...]) -> Section:
    """Return the section with the numbered forward equations."""
    network = derivation.network
    source = f" Source: {plain(network.source)}." if network.source else ""
    states = enumerated(
        [inline(state.leaf.at(t - back)) for state in network.states for back in range(1, state.lags + 1)]
    )
    blocks: list[Block] = [
        Paragraph(f"Given {states} from the steps before, step $t$ computes"),
        Display(tuple(_equation(line.target, line.expr, line.label) for line in network.equations)),
        Paragraph(_objective(network) + source),
        *_stable(derivation),
        *figures,
    ]
    return Section("Forward propagation", tuple(blocks), "forward")


def _stable(derivation: Derivation) -> list[Block]:
    """Return how the emitted code evaluates an equation, where it has another form of it."""
    found = zip(derivation.network.equations, derivation.forward, strict=True)
    lines = [
        f"{reference(line.label)} as ${leaf(line.target)} = {math(form.expr)}$" for line, form in found if line != form
    ]
    text = f"The emitted code evaluates {enumerated(lines)}: the same number, without a logarithm of what may round to zero."
    return [Paragraph(text)] if lines else []


def _equation(target: Leaf, expr: object, number: str) -> Line:
    return Line(leaf(target), "=", breakable(expr), label=label(number), number=number)  # type: ignore[arg-type]


def _objective(network: Network) -> str:
    if network.loss is not None:
        return (
            r"The loss of the whole sequence is the sum over its $T$ steps, "
            rf"$J = \sum_{{t=1}}^{{T}} {leaf(network.loss)}$."
        )
    outputs = enumerated([inline(output) for output, _ in network.seeds])
    given = enumerated(
        [rf"${leaf(seed)} = (\partial^+ J / \partial {leaf(output)})^\top$" for output, seed in network.seeds]
    )
    return (
        f"The loss $J$ is any differentiable function of {outputs}, $t = 1, \\dots, T$. What has to be known of it is its "
        rf"direct derivative in gradient layout, {given}, which the caller gives; $\partial^+$ is the derivative of $J$ as a "
        rf"function of these outputs, all others held fixed."
    )


def notation(network: Network) -> Section:
    """Return the table of names with their shapes, and the conventions."""
    rows = tuple(
        (f"${leaf(of)}$", f"${size(of.shape[0])} \\times {size(of.shape[1])}$", what) for of, what in _roles(network)
    )
    conventions: tuple[str, ...] = (
        r"Vectors are columns; $\circ$ is the product and $\oslash$ the quotient entry by entry, $\mathbf{1}$ a column of ones.",
        r"$\frac{\partial J}{\partial X}$ is in *numerator layout*: its shape is that of $X^\top$, and "
        r"$\mathrm{d}J = \operatorname{tr}\left(\frac{\partial J}{\partial X}\,\mathrm{d}X\right)$. "
        r"Its transpose, the *adjoint* $\bar{X} = \left(\frac{\partial J}{\partial X}\right)^\top$, has the shape of $X$ "
        r"(*gradient layout*).",
        r"A superscript $(t)$ is the step, $t = 1, \dots, T$; quantities without one are the same at every step.",
    )
    if any(_has_rows(line.expr) for line in network.equations):
        conventions += (r"$A_{[a:b]}$ are the rows of $A$ with the indices $a, \dots, b-1$, counted from 0.",)
    blocks: list[Block] = [Table(("name", "shape", "what it is"), rows), Items(conventions)]
    blocks += [_assumption(of) for of in network.assumptions]
    return Section("Notation", tuple(blocks), "notation")


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
    for state in network.states:
        before = enumerated([f"${leaf(state.leaf.at(-back))}$" for back in range(state.lags)])
        found.append((state.leaf, f"state; {before} {'is' if state.lags == 1 else 'are'} given"))
    found += [(of, "target") for of in network.targets]
    found += [(of, "parameter") for of in network.params]
    found += [(of, "constant") for of in network.constants]
    found += [(seed, f"given: what the loss gives directly to {inline(output)}") for output, seed in network.seeds]
    known = {of for of, _ in found}
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
