"""A program as text that reads like mathematics: `dW += dz[t]ᵀ @ h[t]`. The committed `program.txt` files are this."""

from __future__ import annotations

from fractions import Fraction

from symrnn.ir.nodes import (
    At,
    Block,
    Broadcast,
    Call,
    Gemm,
    Load,
    Loop,
    Map,
    Number,
    Procedure,
    Program,
    Reduce,
    Ref,
    Scalar,
    Statement,
)
from symrnn.ir.shapes import show
from symrnn.ir.walk import Leaf

_INFIX = {"add": ("+", 1), "sub": ("−", 1), "mul": ("∘", 2), "div": ("/", 2)}
_NEGATION, _POWER, _ATOM = 2, 3, 4
_SUPERSCRIPTS = str.maketrans("−0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_SPREAD = {Broadcast.FULL: "{}", Broadcast.ROW: "row({})", Broadcast.COLUMN: "column({})", Broadcast.SCALAR: "{}"}


def text(program: Program) -> str:
    """Return the whole program: title, sizes, table of buffers, equations, both procedures.

    Notation: `Aᵀ` transpose, `@` matrix product, `∘` and `/` elementwise, `v[t]` one step, `A[:, a : b]` columns,
    `row(b)` the vector b in every row, `column(m)` the vector m in every column.
    """
    head = [f"program {program.name}: {program.title}", *([f"source: {program.source}"] if program.source else [])]
    paragraphs = [
        head,
        ["sizes", *_table(program.sizes)],
        ["buffers", *_table(tuple((b.name, show(b.dims), b.role.value, b.about) for b in program.buffers))],
        ["equations", *(f"  ({label}) {formula}" for label, formula in program.equations)],
        _procedure(program.forward),
        _procedure(program.backward),
    ]
    return "\n\n".join("\n".join(lines) for lines in paragraphs if len(lines) > 1 or lines is head) + "\n"


def _table(rows: tuple[tuple[str, ...], ...]) -> list[str]:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    cells = ([cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in rows)
    return [("  " + "  ".join(row)).rstrip() for row in cells]


def _procedure(procedure: Procedure) -> list[str]:
    about = [f"  {procedure.about}"] if procedure.about else []
    return [f"{procedure.name}({', '.join(procedure.arguments)})", *about, *_body(procedure.body, 1)]


def _body(body: tuple[Statement, ...], depth: int) -> list[str]:
    return [line for statement in body for line in _statement(statement, depth)]


def _statement(statement: Statement, depth: int) -> list[str]:
    margin = "  " * depth
    if isinstance(statement, Loop):
        return [f"{margin}for t = {'T−1 … 0' if statement.reverse else '0 … T−1'}:", *_body(statement.body, depth + 1)]
    if isinstance(statement, Block):
        return [f"{margin}({statement.label}) {statement.formula}", *_body(statement.body, depth + 1)]
    return [margin + line(statement)]


def line(statement: Leaf) -> str:
    """Return one statement that computes, as one line."""
    sign = "+=" if statement.accumulate else "="
    return f"{ref_text(statement.out)} {sign} {_right_side(statement)}"


def _right_side(statement: Leaf) -> str:
    if isinstance(statement, Gemm):
        a, b = ref_text(statement.a), ref_text(statement.b)
        return f"{a}{'ᵀ' if statement.trans_a else ''} @ {b}{'ᵀ' if statement.trans_b else ''}"
    if isinstance(statement, Reduce):
        return f"{statement.operation} over {statement.over} of {scalar_text(statement.value)}"
    assert isinstance(statement, Map)
    return scalar_text(statement.value)


def ref_text(ref: Ref) -> str:
    """Return a reference: `W`, `h[t + 1]`, `c[t][:, I : I + H]`."""
    step = f"[{at_text(ref.at)}]" if ref.at is not None else ""
    if ref.columns is None:
        return ref.buffer + step
    first, count = ref.columns
    return f"{ref.buffer}{step}[:, {first} : {first + count}]"


def at_text(at: At) -> str:
    """Return a step: `t`, `t + 1`, `T − 1`, `0`."""
    return str(at).replace("-", "−")


def scalar_text(value: Scalar, context: int = 0) -> str:
    """Return a scalar; parentheses appear where an operator binding as strongly as `context` needs them."""
    if isinstance(value, Load):
        return _SPREAD[value.broadcast].format(ref_text(value.ref))
    written, strength = _number(value) if isinstance(value, Number) else _call(value)
    return written if strength > context else f"({written})"


def _number(number: Number) -> tuple[str, int]:
    sign = "−" if number.numerator < 0 else ""
    whole = number.denominator == 1
    magnitude = str(abs(number.numerator)) if whole else f"{abs(number.numerator)}/{number.denominator}"
    return sign + magnitude, _ATOM if whole and not sign else _NEGATION


def _call(call: Call) -> tuple[str, int]:
    if call.function in _INFIX:
        operator, strength = _INFIX[call.function]
        left, right = call.arguments
        # a − (b + c) and a / (b ∘ c) need their parentheses; so do a + (b + c) and a ∘ (b ∘ c), to show the order.
        return f"{scalar_text(left, strength - 1)} {operator} {scalar_text(right, strength)}", strength
    if call.function == "neg":
        return f"−{scalar_text(call.arguments[0], _NEGATION)}", _NEGATION
    if call.function == "power":
        return _power(call)
    return f"{call.function}({', '.join(scalar_text(argument) for argument in call.arguments)})", _ATOM


def _power(call: Call) -> tuple[str, int]:
    base, exponent = call.arguments
    if not isinstance(exponent, Number):
        return f"{scalar_text(base, _POWER)}^({scalar_text(exponent)})", _POWER
    written = str(Fraction(exponent.numerator, exponent.denominator)).replace("-", "−")
    raised = f"^({written})" if "/" in written else written.translate(_SUPERSCRIPTS)
    return f"{scalar_text(base, _POWER)}{raised}", _POWER
