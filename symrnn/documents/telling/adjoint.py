"""The statement and the proof that the reverse pass is the adjoint of the derivative: one step, two steps, any number."""

from __future__ import annotations

from symrnn.algebra.nodes import Add, Bar, D, Leaf, Zeros, t
from symrnn.calculus.adjointness import WRITTEN_OUT, AdjointTheorem, Condition, one_step, written_out
from symrnn.calculus.records import Derivation
from symrnn.documents.document import BREAK, Block, Display, Items, Line, Paragraph, Section, Statement
from symrnn.documents.notation import leaf, math
from symrnn.documents.telling.words import enumerated, inline, reference


def adjoint(derivation: Derivation) -> Section:
    """Return the section on the adjoint identity."""
    theorem = one_step(derivation)
    short = len(derivation.network.stages[0].cell.equations) <= WRITTEN_OUT  # type: ignore[union-attr]
    if short:
        written_out(derivation, 2)  # proves it, or raises
    opening = Paragraph(
        r"A derivation can be checked as a whole: the reverse pass, as a linear map of cotangents, must be the adjoint of the "
        r"derivative, as a linear map of tangents. With $\langle A, B\rangle = \operatorname{tr}(A^\top B)$ this is one equation "
        r"between numbers, for every cotangent and every tangent."
    )
    blocks: list[Block] = [
        opening,
        *_conditions(theorem.conditions),
        _statement(derivation, theorem),
        _proof(derivation, theorem),
    ]
    blocks += [_composed(short), _induction()]
    return Section("The reverse pass is the adjoint of the derivative", tuple(blocks), "adjoint")


def _conditions(found: tuple[Condition, ...]) -> list[Block]:
    if not found:
        text = "Every function of the step is differentiable everywhere, so there is no side condition."
        return [Statement("Remark", "conditions", (Paragraph(text),), "conditions")]
    words = {"nonzero": "no entry of {} is zero", "positive": "every entry of {} is positive"}
    items = tuple(f"equation {reference(one.equation)}: {words[one.kind].format(inline(one.expr))}" for one in found)
    text = Paragraph("At the point at which the derivative is taken, and at every step:")
    return [Statement("Assumption", "local conditions", (text, Items(items)), "conditions")]


def _pair(cotangent: str, tangent: str) -> str:
    return rf"\left\langle {cotangent},\, {tangent} \right\rangle"


def _enters(derivation: Derivation) -> list[Leaf]:
    states = [state.leaf.at(t - back) for state in derivation.network.states for back in range(1, state.lags + 1)]
    return [*(one.of for one in derivation.gradients if one.terms), *states]


def _statement(derivation: Derivation, theorem: AdjointTheorem) -> Statement:
    network = derivation.network
    ends = [state.leaf for state in network.states]
    left = " + ".join(_pair(math(Bar(of)), math(D(of))) for of in ends)
    right = f" {BREAK} + ".join(_pair(_given(derivation, of), math(D(of))) for of in _enters(derivation))
    loss = r"\mathrm{d}J^{(t)} + " if network.loss is not None else ""
    text = (
        f"Let $\\mathrm{{d}}$ of {enumerated([inline(of) for of in _enters(derivation)])} be arbitrary tangents, carried "
        "forward by the differentials of the equations, and let the adjoints be carried backward by the equations of the "
        f"previous section. For every cotangent {enumerated([inline(Bar(of)) for of in ends])} of what the step hands on,"
    )
    return Statement(
        "Theorem", "one step", (Paragraph(text), Display((Line(f"{loss}{left}", "=", right),))), "one-step"
    )


def _given(derivation: Derivation, of: Leaf) -> str:
    """Return what the step gives to the adjoint of something that enters it."""
    parts = [one.gradient for passage in derivation.passages for one in passage.contributions if one.of == of]
    return math(Add(*parts))


def _proof(derivation: Derivation, theorem: AdjointTheorem) -> Statement:
    lines = []
    for one in theorem.identities:
        if isinstance(one.right, Zeros):
            continue
        left, right = _as_pairs(derivation, one.equation)
        lines.append(Line(left, "=", right, f"equation {reference(one.equation)}"))
    text = Paragraph(
        "For each equation, what it takes from the cotangent of its result it gives, in equal amount, to what it reads. Each of these "
        "lines is an identity of matrices, decided in index notation independently of the derivation above:"
    )
    end = Paragraph(
        "Add the lines. The adjoint of an intermediate quantity is the sum of what the equations give to it, so its pairing stands once "
        "on the left and, in parts, once on the right, and cancels. What remains is the statement."
    )
    return Statement("Proof", "", (text, Display(tuple(lines)), end))


def _as_pairs(derivation: Derivation, number: str) -> tuple[str, str]:
    passage = next(one for one in derivation.passages if one.equation.label == number)
    target = passage.equation.target
    left = (
        r"\mathrm{d}" + leaf(target) if target == derivation.network.loss else _pair(math(Bar(target)), math(D(target)))
    )
    right = f" {BREAK} + ".join(_pair(math(one.gradient), math(D(one.of))) for one in passage.contributions)
    return left, right


def _composed(short: bool) -> Statement:
    text = (
        r"Let $F_t$ be the derivative of step $t$ as a linear map from the tangents of the state before and of everything that enters "
        r"(parameters, input) to the tangent of the state after, and $F_t^*$ the reverse pass of the step. If the conditions hold at "
        r"both steps, then for tangents $u$ of what enters at step $t$ and $v$ of what enters at step $t+1$"
    )
    lines = (
        Line(
            r"\left\langle \bar{w},\, F_{t+1}(F_t\,u,\, v) \right\rangle",
            "=",
            r"\left\langle F_{t+1}^*\,\bar{w},\, (F_t\,u,\, v) \right\rangle",
            "@(one-step) at $t+1$",
        ),
        Line(
            "",
            "=",
            r"\left\langle F_t^*\,(F_{t+1}^*\,\bar{w})_{\text{state}},\, u \right\rangle + \left\langle (F_{t+1}^*\,\bar{w})_{\text{entering}},\, v \right\rangle",
            "@(one-step) at $t$",
        ),
    )
    both = " The identity for two steps was also decided with every tangent and every adjoint of both steps written out."
    tail = Paragraph("A parameter enters at both steps with the same tangent, so its two parts add." + (both if short else ""))
    return Statement("Theorem", "two composed steps", (Paragraph(text), Display(lines), tail), "two-steps")


def _induction() -> Statement:
    text = (
        r"If the local conditions hold at every step $1, \dots, T$ along the forward pass, the identity holds for the composition of all "
        r"$T$ steps. For $T = 1$ it is @(one-step). If it holds for steps $2, \dots, T$ as one map, then with step $1$ before them it holds "
        r"for $1, \dots, T$ by the argument of @(two-steps), which uses nothing of the second map but the identity itself. "
        r"The head only adds, at each step, the pairing of its own equations to both sides."
    )
    return Statement("Theorem", "any number of steps", (Paragraph(text),), "all-steps")
