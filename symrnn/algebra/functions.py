"""The function table: one row per activation. A new activation is one more row, and everything follows by enumeration.

Lives here: the scalar definition of every function that a cell may apply, its derivative by SymPy, and the same derivative
written in the function's *output*, which decides what has to be kept for the backward pass (`1 − y²` needs only y).
Does not live here: matrices (`nodes`), NumPy values (`evaluate`), LaTeX of whole expressions (`symrnn.documents`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import sympy
from sympy import Expr, Symbol

Z = Symbol("z", real=True)
Y = Symbol("y", real=True)


class step(sympy.Function):
    """Heaviside's step with step(0) = 0: the subgradient of relu at its kink that symrnn declares."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> Expr:
        """Differentiate: zero, away from the jump."""
        return sympy.Integer(0)


class sign(sympy.Function):
    """The sign, −1, 0 or 1, with sign(0) = 0: the subgradient of the absolute value that symrnn declares."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> Expr:
        """Differentiate: zero, away from the jump."""
        return sympy.Integer(0)


class sigmoid(sympy.Function):
    """The logistic function, kept under its own name."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> Expr:
        """Differentiate: σ' = σ(1 − σ)."""
        return self * (1 - self)


class softplus(sympy.Function):
    """log(1 + exp z), kept under its own name: written out, its derivative overflows."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> Expr:
        """Differentiate: σ(z)."""
        return sigmoid(self.args[0])


class relu(sympy.Function):
    """max(z, 0), kept under its own name."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> Expr:
        """Differentiate: step(z), away from the kink."""
        return step(self.args[0])


class absolute(sympy.Function):
    """|z|, kept under its own name."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> Expr:
        """Differentiate: sign(z), away from the kink."""
        return sign(self.args[0])


@dataclass(frozen=True)
class Function:
    """An elementwise function of one variable.

    Fields:
        name: as written in a cell.
        latex: how documents write it.
        definition: the elementary formula in `Z`, with which SymPy checks everything else.
        body: the function as a SymPy expression in `Z` that keeps its name.
        from_output: the derivative written in the output `Y`, or None when the argument is the better choice.
        kinks: the arguments at which no derivative exists; there `derivative` gives the declared subgradient.
        domain: "real", or "positive" when the function needs an argument above zero.
        parity: "odd", "even" or "" (used when two forms are compared).
    """

    name: str
    latex: str
    body: Expr
    definition: Expr
    from_output: Expr | None = None
    kinks: tuple[int, ...] = ()
    domain: str = "real"
    parity: str = ""
    about: str = ""

    @cached_property
    def derivative(self) -> Expr:
        """The derivative with respect to `Z`, by SymPy."""
        return sympy.diff(self.body, Z)

    @property
    def analytic(self) -> bool:
        """Whether the complex-step method applies on the whole domain."""
        return not self.kinks


def _row(name: str, latex: str, body: Expr, definition: Expr | None = None, **fields: object) -> Function:
    return Function(name, latex, body, body if definition is None else definition, **fields)  # type: ignore[arg-type]


_E = sympy.exp

FUNCTIONS: dict[str, Function] = {
    row.name: row
    for row in (
        _row(
            "identity", r"\operatorname{id}", Z, from_output=sympy.Integer(1), parity="odd", about="the argument itself"
        ),
        _row(
            "tanh",
            r"\tanh",
            sympy.tanh(Z),
            (_E(Z) - _E(-Z)) / (_E(Z) + _E(-Z)),
            from_output=1 - Y**2,
            parity="odd",
            about="hyperbolic tangent",
        ),
        _row("sigmoid", r"\sigma", sigmoid(Z), 1 / (1 + _E(-Z)), from_output=Y * (1 - Y), about="logistic function"),
        _row(
            "relu",
            r"\operatorname{relu}",
            relu(Z),
            sympy.Piecewise((Z, Z > 0), (0, True)),
            from_output=step(Y),
            kinks=(0,),
            about="max(z, 0); its derivative at 0 is declared to be 0",
        ),
        _row(
            "step",
            r"\operatorname{step}",
            step(Z),
            sympy.Piecewise((1, Z > 0), (0, True)),
            from_output=sympy.Integer(0),
            kinks=(0,),
            about="1 where z > 0, else 0",
        ),
        _row("exp", r"\exp", _E(Z), from_output=Y, about="exponential"),
        _row("log", r"\log", sympy.log(Z), domain="positive", about="natural logarithm; the argument is positive"),
        _row(
            "softplus",
            r"\operatorname{softplus}",
            softplus(Z),
            sympy.log(1 + _E(Z)),
            from_output=1 - _E(-Y),
            about="log(1 + exp z)",
        ),
        _row(
            "sqrt",
            r"\operatorname{sqrt}",
            sympy.sqrt(Z),
            from_output=1 / (2 * Y),
            domain="positive",
            about="square root; the argument is positive",
        ),
        _row(
            "abs",
            r"\operatorname{abs}",
            absolute(Z),
            sympy.Piecewise((Z, Z > 0), (-Z, True)),
            kinks=(0,),
            parity="even",
            about="absolute value; its derivative at 0 is declared to be 0",
        ),
        _row(
            "sign",
            r"\operatorname{sign}",
            sign(Z),
            sympy.Piecewise((1, Z > 0), (-1, Z < 0), (0, True)),
            from_output=sympy.Integer(0),
            kinks=(0,),
            parity="odd",
            about="−1, 0 or 1",
        ),
        _row("sin", r"\sin", sympy.sin(Z), parity="odd", about="sine"),
        _row("cos", r"\cos", sympy.cos(Z), parity="even", about="cosine"),
    )
}


@dataclass(frozen=True)
class ColumnFunction:
    """A function of a whole column: entry i of the value depends on every entry of the argument.

    Fields:
        entry: entry i as a SymPy expression in the indexed argument, for arguments of n entries.
        about: what it is, in words.
    """

    name: str
    latex: str
    entry: Callable[[list[Expr], int], Expr]
    about: str

    analytic = True
    kinks: tuple[int, ...] = ()
    domain = "real"


def _softmax(z: list[Expr], i: int) -> Expr:
    return _E(z[i]) / sum(_E(entry) for entry in z)


def _log_softmax(z: list[Expr], i: int) -> Expr:
    return z[i] - sympy.log(sum(_E(entry) for entry in z))


COLUMN_FUNCTIONS: dict[str, ColumnFunction] = {
    row.name: row
    for row in (
        ColumnFunction("softmax", r"\operatorname{softmax}", _softmax, "exp(zᵢ) / Σₖ exp(zₖ)"),
        ColumnFunction("log_softmax", r"\operatorname{log\,softmax}", _log_softmax, "zᵢ − log Σₖ exp(zₖ)"),
    )
}

ALL: dict[str, Function | ColumnFunction] = {**FUNCTIONS, **COLUMN_FUNCTIONS}
