"""What the adjoint identity of every network is made of: the conditions, and the line of one equation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from symrnn.algebra.nodes import Bar, D
from symrnn.calculus.adjointness import Condition, LocalIdentity
from symrnn.calculus.records import Derivation
from symrnn.documents.document import BREAK, Block, Items, Line, Paragraph, Statement, plain
from symrnn.documents.notation import math
from symrnn.documents.telling.words import enumerated, inline, reference

OPENING = (
    r"A derivation can be checked as a whole: the reverse pass, as a linear map of cotangents, must be the adjoint of the "
    r"derivative, as a linear map of tangents. With $\langle A, B\rangle = \operatorname{tr}(A^\top B)$ this is one "
    r"equation between numbers, for every cotangent and every tangent."
)


def condition_statement(found: tuple[Condition, ...]) -> Statement:
    """Return where the equations must not be evaluated, because they are not differentiable there."""
    if not found:
        text = "Every equation of the step is differentiable at every point, so there is no local condition: it is met everywhere."
        return Statement("Remark", "local conditions", (Paragraph(text),), "conditions")
    words = {"nonzero": "no entry of {} is zero", "positive": "every entry of {} is positive"}
    items = tuple(f"equation {reference(one.equation)}: {words[one.kind].format(inline(one.expr))}" for one in found)
    text = "A step is differentiable at the point at which it is evaluated, if there"
    after = (
        "On a kink the code computes with the value that is declared for the derivative. The identity then still holds between "
        "the two linear maps, but they are not derivatives."
    )
    blocks: tuple[Block, ...] = (Paragraph(text), Items(items))
    blocks += (Paragraph(after),) if all(one.kind == "nonzero" for one in found) else ()
    return Statement("Assumption", "local conditions", blocks, "conditions")


def pair(cotangent: str, tangent: str) -> str:
    """Return ⟨A, B⟩ in LaTeX."""
    return rf"\left\langle {cotangent},\, {tangent} \right\rangle"


def joined(pairs: list[str]) -> str:
    """Return a sum that may be broken before each term."""
    return f" {BREAK} + ".join(pairs)


def local_line(derivation: Derivation, number: str) -> Iterator[Line]:
    """Yield what one equation takes and gives, if it gives anything."""
    passage = next(one for one in derivation.passages if one.equation.label == number)
    target = passage.equation.target
    if passage.contributions:
        left = math(D(target)) if target == derivation.network.loss else pair(math(Bar(target)), math(D(target)))
        right = joined([pair(math(one.gradient), math(D(one.of))) for one in passage.contributions])
        yield Line(left, "=", right, f"equation {reference(number)}")


def undecided(identities: Iterable[LocalIdentity]) -> list[Block]:
    """Return what has to be said of lines that were not proved."""
    found = [one for one in identities if one.doubt]
    if not found:
        return []
    names = enumerated([reference(one.equation) for one in found])
    reasons = "; ".join(dict.fromkeys(plain(one.doubt) for one in found))
    text = (
        f"The line of equation {names} was *not proved symbolically* ({reasons}). The theorem presupposes it; what speaks for it "
        f"is its derivation above, and the numerical check of the gradients."
    )
    return [Paragraph(text)]
