r"""Derivatives of the activations, derived: the chains that source 002 delegates to notebooks (tanh, softmax), for every function.

A lemma is a chain of equal lines. Each line carries its LaTeX and, beside it, the same thing as a SymPy expression; that
neighbouring lines are equal is checked by the tests, so the text cannot drift from the mathematics.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import sympy
from sympy import Expr

from symrnn.algebra.functions import FUNCTIONS, Function, Y, Z

Entry = Callable[[list[Expr], int, int], Expr]  # (z, i, j) → a derivative ∂yᵢ/∂zⱼ


@dataclass(frozen=True)
class LemmaLine:
    """One line: `left` = `right` in LaTeX, the reason, and the value for the tests."""

    left: str
    right: str
    reason: str
    value: Expr | Entry


@dataclass(frozen=True)
class Lemma:
    """The derivative of one function of the table, from its definition to the form in which derivations use it.

    Fields:
        function: its name; title: for documents.
        definition: (left, right) in LaTeX.
        lines: the chain for the derivative; all values are equal where the function is differentiable.
        remark: what holds at the points where it is not differentiable, or "".
    """

    function: str
    title: str
    definition: tuple[str, str]
    lines: tuple[LemmaLine, ...]
    remark: str = ""


@cache
def lemma(name: str) -> Lemma:
    """Return the derivation of a function's derivative.

    Raises:
        KeyError: if the function is not in the table.
    """
    if name in _COLUMN:
        return _COLUMN[name]()
    row = FUNCTIONS[name]
    return _with_kink(row) if row.kinks else _smooth(row)


def _written(expr: Expr) -> str:
    written = str(sympy.latex(expr, order="none", fold_short_frac=False)).replace(r"\left(z \right)", "(z)")
    return written.replace("- e^{- z} + e^{z}", "e^{z} - e^{- z}").replace("e^{- z}", "e^{-z}")


def _smooth(row: Function) -> Lemma:
    if row.name in _AS_QUOTIENT:
        lines = _by_quotient_rule(row, *_AS_QUOTIENT[row.name])
    else:
        slope = sympy.diff(row.definition, Z)
        lines = [LemmaLine(_PRIME, _written(slope), "", slope)]
    if row.from_output is not None and _written(row.from_output).replace("y", "z") != lines[-1].right:
        value = row.from_output.subs(Y, row.definition)
        lines.append(LemmaLine("", _in_output(row), "$y = f(z)$", value))
    return Lemma(row.name, _title(row.name), ("y = f(z)", _written(row.definition)), tuple(lines))


_PRIME = r"\frac{\mathrm{d}y}{\mathrm{d}z}"


def _title(name: str) -> str:
    return f"The derivative of {name}"


def _in_output(row: Function) -> str:
    forms = {"tanh": "1 - y^2", "sigmoid": r"y\,(1 - y)", "softplus": r"1 - e^{-y}", "sqrt": r"\frac{1}{2 y}"}
    return forms.get(row.name) or _written(row.from_output)


def _by_quotient_rule(row: Function, above: Expr, below: Expr) -> list[LemmaLine]:
    """(N/D)' = (N' D − N D')/D²; then in terms of N/D."""
    da, db = sympy.diff(above, Z), sympy.diff(below, Z)
    first = rf"\left({_written(da)}\right)\left({_written(below)}\right)" if da != 0 else ""
    second = rf"\left({_written(above)}\right)\left({_written(db)}\right)"
    quotient = rf"\frac{{{first} - {second}}}{{\left({_written(below)}\right)^2}}"
    lines = [LemmaLine(_PRIME, quotient, "quotient rule", (da * below - above * db) / below**2)]
    if row.name == "tanh":
        fraction = rf"\left(\frac{{{_written(above)}}}{{{_written(below)}}}\right)^2"
        lines.append(
            LemmaLine(
                "",
                f"1 - {fraction}",
                r"$\mathrm{d}(e^z \pm e^{-z})/\mathrm{d}z = e^z \mp e^{-z}$",
                1 - (above / below) ** 2,
            )
        )
    else:
        split = rf"\frac{{1}}{{{_written(below)}}} \left(1 - \frac{{1}}{{{_written(below)}}}\right)"
        lines.append(LemmaLine("", split, "$e^{-z} = (1 + e^{-z}) - 1$", (1 / below) * (1 - 1 / below)))
    return lines


_E = sympy.exp
_AS_QUOTIENT: dict[str, tuple[Expr, Expr]] = {
    "tanh": (_E(Z) - _E(-Z), _E(Z) + _E(-Z)),
    "sigmoid": (sympy.Integer(1), 1 + _E(-Z)),
}


def _with_kink(row: Function) -> Lemma:
    pieces = sympy.diff(row.definition, Z)
    form = "" if row.from_output is None else {"relu": r"\operatorname{step}(y)"}.get(row.name, "")
    lines = [LemmaLine(_PRIME, _cases(row), r"for $z \neq 0$", pieces)]
    if form:
        lines.append(LemmaLine("", form, r"$\operatorname{step}(y) = 1$ for $y > 0$, else $0$", pieces))
    remark = (
        f"At $z = 0$ {row.name} has no derivative. The value used there, "
        f"$0$, is a declared choice; every statement about derivatives assumes that no entry is "
        f"exactly at this point."
    )
    return Lemma(row.name, _title(row.name), ("y = f(z)", _DEFINITIONS[row.name]), tuple(lines), remark)


_DEFINITIONS = {
    "relu": r"\max(z, 0)",
    "step": r"\begin{cases} 1 & z > 0 \\ 0 & z \le 0 \end{cases}",
    "abs": r"\lvert z \rvert",
    "sign": r"\begin{cases} 1 & z > 0 \\ 0 & z = 0 \\ -1 & z < 0 \end{cases}",
}
_CASES = {
    "relu": r"\begin{cases} 1 & z > 0 \\ 0 & z < 0 \end{cases}",
    "step": "0",
    "abs": r"\begin{cases} 1 & z > 0 \\ -1 & z < 0 \end{cases}",
    "sign": "0",
}


def _cases(row: Function) -> str:
    return _CASES[row.name]


# -- functions of a column -----------------------------------------------------------------------------------------------


def _total(z: list[Expr]) -> Expr:
    return sympy.Add(*(_E(entry) for entry in z))


def _p(z: list[Expr], i: int) -> Expr:
    return _E(z[i]) / _total(z)


def _delta(i: int, j: int) -> int:
    return int(i == j)


def _softmax() -> Lemma:
    partial = r"\frac{\partial p_i}{\partial z_j}"
    return Lemma(
        "softmax",
        _title("softmax"),
        ("p_i", r"\frac{e^{z_i}}{S}, \qquad S = \sum_{k} e^{z_k}"),
        (
            LemmaLine(
                partial,
                r"\frac{\delta_{ij}\,e^{z_i}\,S - e^{z_i}\,e^{z_j}}{S^2}",
                r"quotient rule, $\partial S/\partial z_j = e^{z_j}$",
                lambda z, i, j: (_delta(i, j) * _E(z[i]) * _total(z) - _E(z[i]) * _E(z[j])) / _total(z) ** 2,
            ),
            LemmaLine(
                "",
                r"\delta_{ij}\,p_i - p_i\,p_j",
                r"$p_i = e^{z_i}/S$",
                lambda z, i, j: _delta(i, j) * _p(z, i) - _p(z, i) * _p(z, j),
            ),
            LemmaLine(
                r"\frac{\partial \mathbf{p}}{\partial \mathbf{z}}",
                r"\operatorname{diag}(\mathbf{p}) - \mathbf{p}\,\mathbf{p}^\top",
                "entry $(i, j)$",
                lambda z, i, j: _delta(i, j) * _p(z, i) - _p(z, i) * _p(z, j),
            ),
        ),
    )


def _log_softmax() -> Lemma:
    def entry(z: list[Expr], i: int, j: int) -> Expr:
        return _delta(i, j) - _p(z, j)

    return Lemma(
        "log_softmax",
        _title("log softmax"),
        ("y_i", r"z_i - \log S, \qquad S = \sum_{k} e^{z_k}"),
        (
            LemmaLine(r"\frac{\partial y_i}{\partial z_j}", r"\delta_{ij} - \frac{e^{z_j}}{S}", "chain rule", entry),
            LemmaLine(
                r"\frac{\partial \mathbf{y}}{\partial \mathbf{z}}",
                r"\mathbf{I} - \mathbf{1}\,\mathbf{p}^\top, \qquad \mathbf{p} = \operatorname{softmax}(\mathbf{z})",
                "entry $(i, j)$",
                entry,
            ),
        ),
    )


_COLUMN: dict[str, Callable[[], Lemma]] = {"softmax": _softmax, "log_softmax": _log_softmax}
