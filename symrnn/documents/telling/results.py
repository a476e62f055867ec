"""The end of a document: gradients in both layouts, in one box; the update rule; the derivatives and rules that were used."""

from __future__ import annotations

from symrnn.algebra.functions import ALL
from symrnn.algebra.nodes import Add, Apply, Jac, Leaf, Node, Transpose
from symrnn.calculus.lemmas import lemma
from symrnn.calculus.records import Contribution, Derivation, Gradient
from symrnn.documents.document import (
    Block,
    Box,
    Display,
    Items,
    Line,
    Paragraph,
    Section,
    Statement,
    Table,
    plain,
)
from symrnn.documents.measure import width
from symrnn.documents.notation import leaf, math
from symrnn.documents.telling.alike import first_told
from symrnn.documents.telling.stages import is_one_loop
from symrnn.documents.telling.stages import label as stage_label
from symrnn.documents.telling.sums import gradient_line, initial_line
from symrnn.documents.telling.words import gradient, in_jacobians, step_gradient
from symrnn.model.network import Steps

WORKS = {
    "MN": "Magnus and Neudecker, *Matrix Differential Calculus with Applications in Statistics and Econometrics*, 3rd ed., "
    "Wiley 2019",
    "Bridle 1990": "Bridle, “Probabilistic interpretation of feedforward classification network outputs”, in "
    "*Neurocomputing*, Springer",
}

_WIDE_STATEMENT = 20.0  # ems


def layouts(derivation: Derivation) -> Section:
    """Return the section that turns the derivatives in numerator layout into gradients."""
    plain_loop = is_one_loop(derivation.network)
    told = frozenset(line.label for line in derivation.network.equations) if plain_loop else first_told(derivation)
    wanted = [one for one in _weights_first(derivation) if one.terms]
    lines = [line for one in wanted for line in _both(derivation, one, told)]
    if not lines:
        return Section(
            "Gradient or Jacobian?", (Paragraph("No parameter is used; there is nothing to transpose."),), "layouts"
        )
    left_out = any(of not in {one.of for one in _read_by(derivation, told)} for of in (one.of for one in wanted))
    text = (
        "The derivatives above are in numerator layout: they are Jacobians. A gradient is the transpose of a Jacobian, and has "
        "the shape of what it belongs to. What step $t$ contributes to the gradient of each parameter is therefore"
    )
    blocks: list[Block] = [Paragraph(text), Display(tuple(lines))]
    if left_out:
        blocks.append(Paragraph("and likewise for the parts of the same form; all gradients are in @(gradients)."))
    return Section("Gradient or Jacobian?", tuple(blocks), "layouts")


def _weights_first(derivation: Derivation) -> list[Gradient]:
    """Return the gradients of the parameters, matrices before columns, as source 002 lists them."""
    return sorted((one for one in derivation.gradients if one.summed), key=lambda one: one.of.is_column)


def _read_by(derivation: Derivation, told: frozenset[str]) -> list[Contribution]:
    return [one for passage in derivation.passages if passage.equation.label in told for one in passage.contributions]


def _both(derivation: Derivation, one: Gradient, told: frozenset[str]) -> list[Line]:
    """Return what a step gives to a gradient in both layouts, for the equations that were told: one line for each stage."""
    network = derivation.network
    terms = {given.gradient for given in _read_by(derivation, told) if given.of == one.of}
    lines = []
    for stage in dict.fromkeys(one.stages):
        mine = [term for term in one.of_stage(stage) if term in terms]
        if mine:
            moves = isinstance(network.stages[stage].when, Steps)
            several = len(set(one.stages)) > 1
            reason = f"in @({stage_label(stage)})" if several else "" if moves else "evaluated once"
            transposed = math(Transpose(Jac(one.of)))
            left = step_gradient(one.of) if moves else gradient(one.of)
            if several and not moves:
                left = rf"\left.{left}\right|_{{{stage + 1}}}"
            lines.append(Line(left, "=", f"{transposed} = {math(in_jacobians(Add(*mine)))}", reason))
    return lines


def result(derivation: Derivation) -> Section:
    """Return the section with every gradient in one box, numbered."""
    if is_one_loop(derivation.network):
        text = (
            "Every parameter is the same at every step, so its gradient is the sum over the steps; an input has a gradient of "
            "its own at each step; an initial state receives what the first step gives back. "
        )
    else:
        text = (
            "A parameter is the same wherever it is used, so its gradient is the sum of what every use gives: over the steps of "
            "the stages in which it is used at every step, and once for an equation that is evaluated once. An input has a "
            "gradient of its own at each step. "
        )
    if not is_one_loop(derivation.network) and derivation.initial:
        text += "An initial state receives what the first step that is carried out gives back. "
    text += r"The comments of the emitted code write $\bar{W}$ for $\nabla_W J$."
    return Section(
        "The gradients", (Paragraph(text), Box("All gradients of the loss", gradient_lines(derivation))), "gradients"
    )


def gradient_lines(derivation: Derivation) -> tuple[Line, ...]:
    """Return the numbered gradients of the parameters, inputs and initial states."""
    network = derivation.network
    lines = (gradient_line(network, one) for one in derivation.gradients)
    return (*lines, *(initial_line(network, one) for one in derivation.initial))


def update(derivation: Derivation) -> Section:
    """Return the update rule of gradient descent."""
    wanted = _weights_first(derivation)
    if not wanted:
        return Section("The update rule", (Paragraph("There is no parameter to update."),), "update")
    if not is_one_loop(derivation.network):
        text = (
            r"Gradient descent with the learning rate $\alpha > 0$ changes every parameter $W$ against its gradient of "
            r"@(gradients), after the parts of all steps and stages have been added:"
        )
        rule = Line("W", r"\mathrel{:=}", r"W - \alpha \, \nabla_W J")
        return Section("The update rule", (Paragraph(text), Display((rule,))), "update")
    lines = [
        Line(leaf(one.of), r"\mathrel{:=}", rf"{leaf(one.of)} - \alpha \sum_{{t=1}}^{{T}} {step_gradient(one.of)}")
        for one in wanted
    ]
    text = (
        r"Gradient descent with the learning rate $\alpha > 0$ changes every parameter against its gradient, after the parts "
        r"of all steps have been added:"
    )
    return Section("The update rule", (Paragraph(text), Display(tuple(lines))), "update")


# -- what was used ---------------------------------------------------------------------------------------------------------


def functions_used(derivation: Derivation) -> tuple[str, ...]:
    """Return the functions of the network's equations, in the order of the sweep."""
    found: dict[str, None] = {}

    def collect(expr: Node) -> None:
        if isinstance(expr, Apply):
            found.setdefault(expr.function)
        for arg in expr.args:
            if isinstance(arg, Node) and not isinstance(arg, Leaf):
                collect(arg)

    for passage in derivation.passages:
        collect(passage.equation.expr)
    return tuple(found)


def lemmas(derivation: Derivation) -> Section:
    """Return the derivatives of the functions that were used, derived from their definitions."""
    blocks = tuple(_lemma(name) for name in functions_used(derivation))
    return Section("Derivatives of the functions", blocks, "functions")


def _lemma(name: str) -> Block:
    found = lemma(name)
    left, right = found.definition
    lines = [Line(left, "=", right, "definition")]
    lines += [Line(one.left, "=", one.right, one.reason) for one in found.lines]
    blocks: list[Block] = [Display(tuple(lines))]
    if found.remark:
        blocks.append(Paragraph(found.remark))
    return Statement(
        "Lemma", plain(found.title[:1].lower() + found.title[1:]), tuple(blocks), f"lemma-{name.replace('_', '-')}"
    )


def rules_used(derivation: Derivation) -> Section:
    """Return the rules that were applied, each with its statement, where it is found, and the works that are cited."""
    cited = tuple(rule for rule in derivation.rules if rule.statement)
    rows = tuple((rule.name, _stated(rule.statement), plain(rule.source)) for rule in cited)
    works = [f"{short}: {full}" for short, full in WORKS.items() if any(short in rule.source for rule in cited)]
    used = [f"`{name}`: {plain(ALL[name].about)}" for name in functions_used(derivation)]
    blocks: list[Block] = [Table(("rule", "statement", "found in"), rows)]
    blocks += [Paragraph("Works cited. " + "; ".join(works) + ".")] if works else []
    blocks += (
        [Paragraph("Functions of the equations, entry by entry unless said otherwise:"), Items(tuple(used))]
        if used
        else []
    )
    return Section("Rules that were used", tuple(blocks), "rules", folded=True)


def _stated(statement: str) -> str:
    """Return a statement as inline mathematics, with a place for a break before its condition if it is long."""
    parts = statement.split(r" \quad") if width(statement) > _WIDE_STATEMENT else [statement]
    return " ".join(f"${part}$" for part in parts)
