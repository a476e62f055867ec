"""The end of a document: gradients in both layouts, in one box; the update rule; the derivatives and rules that were used."""

from __future__ import annotations

from symrnn.algebra.functions import ALL
from symrnn.algebra.nodes import Add, Apply, Jac, Leaf, Node, Transpose
from symrnn.calculus.lemmas import lemma
from symrnn.calculus.records import Derivation, Gradient, InitialGradient
from symrnn.documents.document import (
    BREAK,
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
from symrnn.documents.notation import breakable, leaf, math
from symrnn.documents.telling.words import gradient, in_jacobians, label, step_gradient

WORKS = {
    "MN": "Magnus and Neudecker, *Matrix Differential Calculus with Applications in Statistics and Econometrics*, 3rd ed., "
    "Wiley 2019",
    "Bridle 1990": "Bridle, “Probabilistic interpretation of feedforward classification network outputs”, in "
    "*Neurocomputing*, Springer",
}


def layouts(derivation: Derivation) -> Section:
    """Return the section that turns the derivatives in numerator layout into gradients."""
    lines = [_both(one) for one in _weights_first(derivation) if one.terms]
    if not lines:
        return Section(
            "Gradient or Jacobian?", (Paragraph("No parameter is used; there is nothing to transpose."),), "layouts"
        )
    text = (
        "The derivatives above are in numerator layout: they are Jacobians. A gradient is the transpose of a Jacobian, and has "
        "the shape of what it belongs to. What step $t$ contributes to the gradient of each parameter is therefore"
    )
    return Section("Gradient or Jacobian?", (Paragraph(text), Display(tuple(lines))), "layouts")


def _weights_first(derivation: Derivation) -> list[Gradient]:
    """Return the gradients of the parameters, matrices before columns, as source 002 lists them."""
    return sorted((one for one in derivation.gradients if one.summed), key=lambda one: one.of.is_column)


def _both(one: Gradient) -> Line:
    transposed = math(Transpose(Jac(one.of)))
    return Line(step_gradient(one.of), "=", f"{transposed} = {math(in_jacobians(Add(*one.terms)))}")


def result(derivation: Derivation) -> Section:
    """Return the section with every gradient in one box, numbered."""
    text = (
        "Every parameter is the same at every step, so its gradient is the sum over the steps; an input has a gradient of its "
        "own at each step; an initial state receives what the first step gives back. The comments of the emitted code "
        r"write $\bar{W}$ for $\nabla_W J$."
    )
    return Section(
        "The gradients", (Paragraph(text), Box("All gradients of the loss", gradient_lines(derivation))), "gradients"
    )


def gradient_lines(derivation: Derivation) -> tuple[Line, ...]:
    """Return the numbered gradients of the parameters, inputs and initial states."""
    return (*map(_total, derivation.gradients), *map(_initial, derivation.initial))


def _total(one: Gradient) -> Line:
    if not one.terms:
        right = "0"
    elif one.summed:
        inner = breakable(Add(*one.terms))
        right = rf"\sum_{{t=1}}^{{T}} {inner if len(one.terms) == 1 else _grouped(inner)}"
    else:
        right = breakable(Add(*one.terms))
    return Line(gradient(one.of), "=", right, label=label(one.label), number=one.label)


def _grouped(inner: str) -> str:
    return rf"\left({inner.replace(f' {BREAK} ', ' ')}\right)"


def _initial(one: InitialGradient) -> Line:
    right = breakable(Add(*(term for _, term in one.carries))) if one.carries else "0"
    lags = max((lag for lag, _ in one.carries), default=1)
    reason = "" if lags == 1 else "parts of steps beyond $T$ are absent"
    return Line(gradient(one.of), "=", right, reason, label(one.label), one.label)


def update(derivation: Derivation) -> Section:
    """Return the update rule of gradient descent."""
    lines = [
        Line(leaf(one.of), r"\mathrel{:=}", rf"{leaf(one.of)} - \alpha \sum_{{t=1}}^{{T}} {step_gradient(one.of)}")
        for one in _weights_first(derivation)
    ]
    if not lines:
        return Section("The update rule", (Paragraph("There is no parameter to update."),), "update")
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
    rows = tuple((rule.name, f"${rule.statement}$", plain(rule.source)) for rule in cited)
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
