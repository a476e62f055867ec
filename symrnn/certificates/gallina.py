"""How names, sizes, numbers, steps and expressions are written in Coq, in the data types of coq/Expressions.v.

Constructor by constructor, as in `symrnn.algebra.nodes`; sums and products of many become nested ones of two. Names come from
users: `name` checks every one, and nothing else of theirs is written. What has no constructor is `NotCovered`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from sympy import Add as Sum
from sympy import Expr, Integer, Mul, Pow, Rational, Symbol

from symrnn.algebra import nodes as node
from symrnn.algebra.nodes import Bar, Leaf, Node, t
from symrnn.errors import SymrnnError

FUNCTIONS = {
    "identity": "Identity",
    "tanh": "Tanh",
    "sigmoid": "Sigmoid",
    "relu": "Relu",
    "step": "Step",
    "exp": "Exp",
    "log": "Log",
    "softplus": "Softplus",
    "sqrt": "Sqrt",
    "abs": "Abs",
    "sign": "Sign",
    "sin": "Sin",
    "cos": "Cos",
}
_COLUMNS = {"softmax": "Softmax", "log_softmax": "LogSoftmax"}
_NAME = re.compile("[A-Za-z][A-Za-z0-9_]*")


class NotCovered(SymrnnError):
    """The Coq library has no constructor or lemma for something; the message names what is missing."""


def name(of: str) -> str:
    """Return a name as it is, of letters, digits and underscores."""
    if not _NAME.fullmatch(of):
        raise NotCovered(
            f"the name {of!r}: names in a certificate are of letters, digits and _, and begin with a letter"
        )
    return of


def size_name(size: Symbol) -> str:
    """Return the Coq variable of a size; no size is then called as something of Coq's own, such as O or S."""
    return f"n_{name(size.name)}"


# -- sizes and numbers -----------------------------------------------------------------------------------------------------


def size(value: Expr) -> str:
    """Return a number of rows or columns as a term of type nat."""
    if isinstance(value, Integer) and value >= 0:
        return str(value)
    if isinstance(value, Symbol):
        return size_name(value)
    if isinstance(value, Sum):
        more = [one for one in value.args if not one.could_extract_minus_sign()]
        less = [-one for one in value.args if one.could_extract_minus_sign()]
        if more:
            return f"({' + '.join(map(size, more))}{''.join(f' - {size(one)}' for one in less)})"
    if isinstance(value, Mul):
        return f"({' * '.join(map(size, value.args))})"
    raise NotCovered(f"the size {value}: sizes in a certificate are sums and products of natural numbers")


def number(value: Expr) -> str:
    """Return a scalar factor as a term of type R; sizes in it are numbers."""
    if isinstance(value, Integer):
        return _integer(value)
    if isinstance(value, Rational):
        return f"({value.p} / {value.q})"
    if isinstance(value, Symbol):
        return f"(INR {size_name(value)})"
    if isinstance(value, Sum):
        return f"({' + '.join(map(number, value.args))})"
    if isinstance(value, Mul):
        return f"({' * '.join(map(number, value.args))})"
    if isinstance(value, Pow) and value.exp in (-1, Rational(1, 2), Rational(-1, 2)):
        inside = number(value.base) if value.exp == -1 else f"(sqrt {number(value.base)})"
        return inside if value.exp == Rational(1, 2) else f"(/ {inside})"
    raise NotCovered(
        f"the number {value}: factors are sums, products, quotients and square roots of rationals and sizes"
    )


def _integer(value: Any) -> str:
    return f"({value})" if value < 0 else str(value)


# -- steps -----------------------------------------------------------------------------------------------------------------


def time(step: Expr, lengths: Sequence[Symbol]) -> str:
    """Return one step as a term of type time: a number, or a number of steps and a number."""
    within = [place for place, length in enumerate(lengths) if step.has(length)]
    rest = step - Sum(*(lengths[place] for place in within))
    if within and len(within) <= 2 and isinstance(rest, Integer):
        return f"({'Length' if len(within) == 1 else 'Lengths'} {' '.join(map(str, within))} {_integer(rest)})"
    if isinstance(step, Integer):
        return f"(Fixed {_integer(step)})"
    raise NotCovered(f"the step {step}: a step is a whole number, or so many after or before the last one")


def when(leaf: Leaf, lengths: Sequence[Symbol]) -> str:
    """Return when a quantity is read, as a term of type when."""
    if leaf.time is None:
        return "always"
    if not leaf.moves:
        return f"(At {time(leaf.time, lengths)})"
    ago = t - leaf.time
    if not isinstance(ago, Integer):
        raise NotCovered(f"{leaf!r}: a quantity is read so many steps before or after step t")
    return "now" if ago == 0 else f"(Ago {_integer(ago)})"


# -- expressions -----------------------------------------------------------------------------------------------------------


def expression(expr: Node, lengths: Sequence[Symbol]) -> str:
    """Return an expression as a term of type expr."""
    writer = _WRITERS.get(type(expr))
    if writer is None:
        raise NotCovered(f"{type(expr).__name__} in {expr!r}: Expressions.v has no constructor for it")
    return writer(expr, lambda one: expression(one, lengths), lengths)


Write = Callable[[Node], str]
Writer = Callable[[Any, Write, Sequence[Symbol]], str]


def _pairs(constructor: str) -> Writer:
    """Return what writes a b c as ((a b) c)."""

    def written(expr: Node, write: Write, lengths: Sequence[Symbol]) -> str:
        first, *rest = map(write, expr.args)
        for one in rest:
            first = f"({constructor} {first} {one})"
        return first

    return written


def _of(constructor: str) -> Writer:
    return lambda expr, write, lengths: f"({constructor} {' '.join(map(write, expr.args))})"


def _filled(entry: int) -> Writer:
    return lambda expr, write, lengths: f"(Number {entry} {size(expr.shape[0])} {size(expr.shape[1])})"


def _blocks(expr: node.Concat, write: Write, lengths: Sequence[Symbol]) -> str:
    *rest, last = map(write, expr.args)
    for one in reversed(rest):
        last = f"(Concat {one} {last})"
    return last


def _power(expr: node.Power, write: Write, lengths: Sequence[Symbol]) -> str:
    if expr.args[1] < 0:
        raise NotCovered(f"{expr!r}: powers in Expressions.v are natural numbers; write a quotient")
    return f"(Power {write(expr.args[0])} {expr.args[1]})"


def _apply(expr: node.Apply, write: Write, lengths: Sequence[Symbol]) -> str:
    if expr.function in _COLUMNS:
        return f"({_COLUMNS[expr.function]} {write(expr.body)})"
    if expr.function not in FUNCTIONS:
        raise NotCovered(f"the function {expr.function}: Calculus.v has no row with its derivative")
    return f"(Apply {FUNCTIONS[expr.function]} {write(expr.body)})"


_WRITERS: dict[type[Node], Writer] = {
    Leaf: lambda expr, write, lengths: f'(Var "{name(expr.name)}" {when(expr, lengths)})',
    Bar: lambda expr, write, lengths: f'(Bar "{name(expr.leaf.name)}" {when(expr.leaf, lengths)})',
    node.Ones: _filled(1),
    node.Zeros: _filled(0),
    node.Eye: lambda expr, write, lengths: f"(Eye {size(expr.shape[0])})",
    node.Add: _pairs("Add"),
    node.Scale: lambda expr, write, lengths: f"(Scale {number(expr.factor)} {write(expr.body)})",
    node.Multiple: _of("Multiple"),
    node.Mul: _pairs("Mul"),
    node.Transpose: _of("Transpose"),
    node.Diag: _of("Diag"),
    node.Had: _pairs("Had"),
    node.Quotient: _of("Quot"),
    node.Power: _power,
    node.Apply: _apply,
    node.Concat: _blocks,
    node.Slice: lambda expr, write, lengths: f"(Slice {write(expr.body)} {size(expr.first)} {size(expr.shape[0])})",
    node.Trace: _of("Trace"),
}
