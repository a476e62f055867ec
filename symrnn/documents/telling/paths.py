"""The gradients for every number of steps, and one of them written out path by path for a few steps."""

from __future__ import annotations

import re

from sympy import Expr, Integer

from symrnn.algebra.nodes import Leaf, Mul, Node, Slice, Zeros, t
from symrnn.calculus.jacobians import Stacked
from symrnn.calculus.records import Derivation
from symrnn.calculus.unrolled import direct, source, use
from symrnn.documents.document import BREAK, Block, Box, Display, Line, Paragraph, Section, Statement
from symrnn.documents.mathematics import relaxed
from symrnn.documents.measure import width
from symrnn.documents.notation import FACTOR, leaf, math
from symrnn.documents.telling.letters import Letters
from symrnn.documents.telling.words import block_of, enumerated, gradient, letter, reference, state

SHOWN = 3  # steps that are written out
_SHORT = 21.0  # ems that what a step gives to a parameter, or does to an adjoint, may take


# -- what a step gives to a parameter --------------------------------------------------------------------------------------


def given(derivation: Derivation, stacked: Stacked, named: Letters) -> dict[Leaf, Node]:
    """Return P(δ) for every parameter of the recurrence: what a step gives to it when the adjoint of its new state is δ."""
    delta = Leaf(named.adjoint, stacked.rows, 1)
    blocks: dict[Node, Node] = {}
    first: Expr = Integer(0)
    for of, back in stacked.parts:
        blocks[Slice(delta, first, of.shape[0])] = block_of(of, named, back)
        first = first + of.shape[0]
    found = {of: use(derivation, stacked, of.name, delta) for of in derivation.network.params}
    return {of: expr.xreplace(blocks) for of, expr in found.items() if expr is not None}


def _operator(of: str, at: str = "t") -> str:
    return rf"\mathcal{{P}}_{{{of}}}^{{({at})}}"


def _is_short(uses: dict[Leaf, Node]) -> bool:
    return all(width(math(expr)) <= _SHORT for expr in uses.values())


def gradients(derivation: Derivation, stacked: Stacked, named: Letters) -> list[Block]:
    """Return how the closed form gives the gradient with respect to every parameter, for every T."""
    uses = given(derivation, stacked, named)
    if not uses:
        return []
    delta = leaf(Leaf(named.adjoint, 2))
    text = (
        rf"A parameter $W$ of the recurrence is used at every step. Let ${_operator('W')}({delta})$ be what its use at step "
        rf"$t$ receives when the adjoint of ${state(stacked, named)}$ is ${delta}$; "
    )
    return [*_operators(derivation, stacked, named, uses, text), *_summed(derivation, stacked, named, uses)]


def _operators(
    derivation: Derivation, stacked: Stacked, named: Letters, uses: dict[Leaf, Node], text: str
) -> list[Block]:
    delta = leaf(Leaf(named.adjoint, 2))
    if _is_short(uses):
        lines = (Line(f"{_operator(leaf(of))}({delta})", "=", math(expr)) for of, expr in uses.items())
        return [Paragraph(f"{text}by the equations of the sweep"), Display(tuple(lines))]
    starts = [f"${math(block_of(of, named))}$" for of, back in stacked.parts if not back]
    numbers = [reference(one.label) for one in derivation.gradients if one.of in uses]
    numbers += [reference(one.label) for one in derivation.adjoints if one.of in uses]
    text += (
        f"it is the summand of {numbers[0]} to {numbers[-1]} that the sweep through the equations of the recurrence gives when "
        f"it starts from {enumerated(starts)} in the place of what the loss and later steps give."
    )
    return [Paragraph(text)]


def _summed(derivation: Derivation, stacked: Stacked, named: Letters, uses: dict[Leaf, Node]) -> list[Block]:
    delta, g = letter(named.adjoint), letter(named.source, "k")
    product = rf"{letter(named.transition, 't+1')} \cdots {letter(named.transition, 'k')}\, {g}"
    from_start = rf"{letter(named.transition, '1')} \cdots {letter(named.transition, 'k')}\, {g}"
    lines = (
        Line(r"\nabla_W J", "=", rf"\sum_{{t=1}}^{{T}} {_operator('W')}({delta})"),
        Line("", "=", rf"\sum_{{t=1}}^{{T}} \sum_{{k=t}}^{{T}} {_operator('W')}({product})", "@(closed-form)"),
        Line(
            rf"\nabla_{{{state(stacked, named, '0')}}} J",
            "=",
            rf"{letter(named.transition, '1')}\, {letter(named.adjoint, '1')} = \sum_{{k=1}}^{{T}} {from_start}",
            "@(closed-form)",
        ),
    )
    names = enumerated([f"${leaf(of)}$" for of in uses])
    opening = Paragraph(rf"For every $T \ge 1$, every parameter $W$ among {names}, and the state before the first step")
    proof = Paragraph(
        rf"$J$ depends on the use of $W$ at step $t$ by way of ${state(stacked, named)}$ alone, whose adjoint is ${delta}$; "
        rf"the uses are added, because $W$ is the same at every step. ${_operator('W')}$ is linear, so it may be taken of each "
        rf"term of the closed form. The state before the first step is read by step 1 alone."
    )
    return [
        Statement("Theorem", "gradients", (opening, Display(lines)), "gradients-for-every-T"),
        Statement("Proof", "", (proof,)),
        *_outside(derivation, uses),
    ]


def _outside(derivation: Derivation, uses: dict[Leaf, Node]) -> list[Block]:
    """Return the remark on parameters that are not part of the recurrence."""
    found = [one for one in derivation.gradients if one.summed and direct(derivation, one.of.name) is not None]
    if not found:
        return []
    names = enumerated([f"${leaf(one.of)}$" for one in found])
    numbers = enumerated([reference(one.label) for one in found])
    also = " besides" if any(one.of in uses for one in found) else ""
    text = (
        f"{names} {'is' if len(found) == 1 else 'are'}{also} read outside the recurrence: that use reaches the loss of its own "
        f"step only, and its part of {numbers} holds no product of Jacobians."
    )
    return [Paragraph(text)]


# -- for a given number of steps -------------------------------------------------------------------------------------------


def written_out(derivation: Derivation, stacked: Stacked, named: Letters) -> tuple[Section, ...]:
    """Return the section that writes one gradient out for a few steps."""
    uses = given(derivation, stacked, named)
    of = _chosen(derivation, uses)
    if of is None:
        return ()
    paths = [(last, step) for last in range(1, SHOWN + 1) for step in range(1, last + 1)]
    chains = tuple(_chain(derivation, stacked, named, of, path) for path in paths)
    text = (
        rf"For $T = {SHOWN}$ the gradient with respect to ${leaf(of)}$ is a sum over {len(paths)} paths, each from the loss at "
        rf"one step back to a use of ${leaf(of)}$. With $\partial^+$ for a derivative within one step, the "
        rf"state before it held fixed:"
    )
    after = "The last factor of a path is a linear map, from changes of the matrix to changes of the state. "
    blocks: list[Block] = [Paragraph(text), Display(chains)]
    blocks += _values(derivation, stacked, named, (of, uses[of]), paths, "" if of.is_column else after)
    return (Section(rf"Written out for $T = {SHOWN}$", tuple(blocks), "unrolled-gradient"),)


def _chosen(derivation: Derivation, uses: dict[Leaf, Node]) -> Leaf | None:
    """Return the matrix that multiplies a state of an earlier step, else the first parameter of the recurrence."""
    matrices = {
        one.of.name
        for passage in derivation.passages
        for one in passage.contributions
        if one.of.time is None and not one.of.is_column and _reads_past(one.jacobian)
    }
    return next((of for of in uses if of.name in matrices), next(iter(uses), None))


def _reads_past(expr: Node) -> bool:
    if isinstance(expr, Leaf):
        return expr.time is not None and bool((expr.time - t).is_negative)
    return any(_reads_past(arg) for arg in expr.args if isinstance(arg, Node))


def _loss(derivation: Derivation, step: int) -> str:
    return rf"\partial J^{{({step})}}" if derivation.network.loss is not None else r"\partial^+ J"


def _chain(derivation: Derivation, stacked: Stacked, named: Letters, of: Leaf, path: tuple[int, int]) -> Line:
    last, first = path
    here = [state(stacked, named, str(k)) for k in range(SHOWN + 1)]
    factors = [rf"\frac{{{_loss(derivation, last)}}}{{\partial {here[last]}}}"]
    factors += [rf"\frac{{\partial {here[k]}}}{{\partial {here[k - 1]}}}" for k in range(last, first, -1)]
    factors.append(rf"\frac{{\partial^+ {here[first]}}}{{\partial {leaf(of)}}}")
    is_first = path == (1, 1)
    left = rf"\frac{{\partial J}}{{\partial {leaf(of)}}}" if is_first else ""
    return Line(left, "=" if is_first else "+", r" \, ".join(factors), f"loss at step {last}, use at step {first}")


def _values(
    derivation: Derivation,
    stacked: Stacked,
    named: Letters,
    used: tuple[Leaf, Node],
    paths: list[tuple[int, int]],
    text: str,
) -> list[Block]:
    of, expr = used
    write = _explicit(derivation, stacked, named, expr) if stacked.is_single else None
    if write is None:
        text += "In gradient layout, term by term in the same order:"
    else:
        text += "In gradient layout, term by term in the same order, with every derivative written out:"
    terms = [write(path) if write else _by_letters(named, of, path) for path in paths]
    lines = tuple(Line("" if place else gradient(of), "+" if place else "=", term) for place, term in enumerate(terms))
    return [Paragraph(text), Box(rf"The gradient with respect to ${leaf(of)}$ for $T = {SHOWN}$", lines)]


def _by_letters(named: Letters, of: Leaf, path: tuple[int, int]) -> str:
    last, first = path
    factors = [letter(named.transition, str(j)) for j in range(first + 1, last + 1)]
    return rf"{_operator(leaf(of), str(first))}({' '.join([*factors, letter(named.source, str(last))])})"


def _explicit(derivation: Derivation, stacked: Stacked, named: Letters, expr: Node):  # type: ignore[no-untyped-def]
    """Return what writes a path with every derivative inserted, or None if that is too long to be read."""
    (part,) = source(derivation, stacked)
    source_part = Zeros(stacked.rows, 1) if part is None else part
    transition, delta = stacked.transition, leaf(Leaf(named.adjoint, 2))
    if max(width(math(one)) for one in (expr, source_part, transition)) > _SHORT:
        return None

    def at(one: Node, step: int) -> str:
        return relaxed(math(one.xreplace({t: Integer(step)}), 0 if isinstance(one, Mul) else FACTOR))

    def write(path: tuple[int, int]) -> str:
        last, first = path
        factors = [*(at(transition, j) for j in range(first + 1, last + 1)), at(source_part, last)]
        inside = f" {BREAK} ".join(factors)
        written = inside if len(factors) == 1 and isinstance(source_part, Leaf) else f"({inside})"
        return _unfenced(
            at(expr, first).replace(rf"{delta} \circ", rf"{written} {BREAK} \circ").replace(delta, written)
        )

    return write


def _unfenced(latex: str) -> str:
    """Return a formula without the places for a break that lie inside braces, fences or a matrix."""
    depth, kept = 0, []
    for part in re.split(r"(\\linebreakhere|\\left|\\right|\\begin|\\end|[{}])", latex):
        depth += (part in (r"\left", r"\begin", "{")) - (part in (r"\right", r"\end", "}"))
        if part != BREAK or depth == 0:
            kept.append(part)
    return "".join(kept)
