r"""A derivation in a notebook: its adjoint equations and gradients as one formula, which the notebook typesets."""

from __future__ import annotations

from symrnn.calculus.records import Derivation
from symrnn.documents.document import BREAK, Line
from symrnn.documents.telling.letters import with_told_seeds
from symrnn.documents.telling.results import gradient_lines
from symrnn.documents.telling.sums import adjoint_line


def repr_latex(derivation: Derivation) -> str:
    r"""Return `$\displaystyle \begin{aligned} … \end{aligned}$`: every adjoint, then the gradients in a box, with their numbers."""
    told = with_told_seeds(derivation)
    adjoints = _aligned(tuple(adjoint_line(told.network, one) for one in told.adjoints))
    gradients = rf"\boxed{{{_aligned(gradient_lines(told))}}}"
    return rf"$\displaystyle \begin{{aligned}} & {adjoints} \\[1ex] & {gradients} \end{{aligned}}$"


def _aligned(lines: tuple[Line, ...]) -> str:
    rows = r" \\ ".join(f"{one.left} &{one.relation} {_unbroken(one.right)} && ({one.number})" for one in lines)
    return rf"\begin{{aligned}} {rows} \end{{aligned}}"


def _unbroken(right: str) -> str:
    return right.replace(f" {BREAK} ", " ")
