"""A program as text that reads like mathematics: `dW += dz[t]ᵀ @ h[t]`. The committed `program.txt` files are this."""

from __future__ import annotations

from fractions import Fraction

from symrnn.errors import IRError
from symrnn.ir.buffers import CHUNK, Size
from symrnn.ir.nodes import (
    At,
    Axes,
    Block,
    Call,
    Chunks,
    Compound,
    Each,
    Extent,
    Gemm,
    Load,
    Loop,
    Number,
    Procedure,
    Program,
    Reduce,
    Ref,
    Scalar,
    Share,
    Span,
    Statement,
    Stretch,
    Windows,
    full,
)
from symrnn.ir.shapes import domain, show
from symrnn.ir.walk import Leaf, Site

_INFIX = {"add": ("+", 1), "sub": ("−", 1), "mul": ("∘", 2), "div": ("/", 2)}
_NEGATION, _POWER, _ATOM = 2, 3, 4
_SUPERSCRIPTS = str.maketrans("−0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_SPREAD: dict[Axes, str] = {(1,): "row({})", (0,): "column({})", (1, 0): "{}ᵀ"}  # over rows and columns
_INDICES: dict[int | None, str] = {0: "ᵢ", 1: "ⱼ", 2: "ₖ", None: "₁"}
_OVER = {(0,): " over rows", (1,): " over columns"}


def text(program: Program) -> str:
    """Return the whole program: title, sizes, table of buffers, equations, both procedures.

    Notation: `Aᵀ` transpose, `@` matrix product, `∘` and `/` elementwise, `v[t]` one step, `A[:, a : b]` columns,
    `row(b)` the vector b in every row, `column(m)` the vector m in every column. Where that does not tell, i, j and k are
    the axes of the domain, in order: `C = uᵢⱼ ∘ vᵢₖ` is an outer product for each i, `sumₖ of C ∘ vᵢₖ` a product of each
    matrix with a vector; `m₁` takes the only entry along a dimension.
    """
    head = [f"program {program.name}: {program.title}", *([f"source: {program.source}"] if program.source else [])]
    paragraphs = [
        head,
        ["sizes", *_table(tuple((name, _size_about(program, name, about)) for name, about in program.sizes))],
        ["buffers", *_table(tuple((b.name, show(b.dims), b.role.value, b.about) for b in program.buffers))],
        ["equations", *(f"  ({label}) {formula}" for label, formula in program.equations)],
        _procedure(program, program.forward),
        _procedure(program, program.backward),
    ]
    return "\n\n".join("\n".join(lines) for lines in paragraphs if len(lines) > 1 or lines is head) + "\n"


def _table(rows: tuple[tuple[str, ...], ...]) -> list[str]:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    cells = ([cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in rows)
    return [("  " + "  ".join(row)).rstrip() for row in cells]


def _size_about(program: Program, name: str, about: str) -> str:
    return f"{about} (given by the caller)".lstrip() if name in program.given_sizes else about


def _procedure(program: Program, procedure: Procedure) -> list[str]:
    about = [f"  {procedure.about}"] if procedure.about else []
    return [f"{procedure.name}({', '.join(procedure.arguments)})", *about, *_body(program, procedure.body, 1)]


def _body(program: Program, body: tuple[Statement, ...], depth: int) -> list[str]:
    return [one for statement in body for one in _statement(program, statement, depth)]


def _statement(program: Program, statement: Statement, depth: int) -> list[str]:
    margin = "  " * depth
    if isinstance(statement, Compound):
        return [margin + _head(statement), *_body(program, statement.body, depth + 1)]
    return [margin + line(program, statement)]


def _head(statement: Compound) -> str:
    if isinstance(statement, Loop) and statement.length == CHUNK:
        return "for t down through the chunk:" if statement.reverse else "for t through the chunk:"
    if isinstance(statement, Loop):
        last = f"{statement.length}−1"
        return f"for t = {last} … 0:" if statement.reverse else f"for t = 0 … {last}:"
    if isinstance(statement, Block):
        return f"({statement.label}) {statement.formula}"
    if isinstance(statement, Each):
        return "for each element:"
    if isinstance(statement, Share):
        return "every thread, its own rows:"
    if isinstance(statement, Chunks) and statement.count:
        chunks = f"{statement.count} chunks of the {statement.length} steps"
        return f"for {chunks}{', the last first' * statement.reverse}:"
    if isinstance(statement, Chunks):
        return (
            f"for chunks of about {statement.height} rows of {statement.rows}{', the last first' * statement.reverse}:"
        )
    if isinstance(statement, Windows):
        every, end = str(statement.every), f"min(begin + {statement.every}, {statement.length})"
        last = "begin + 1" if every == "1" else end
        steps = f"{every}, …" if every == "1" else f"{every}, 2·{every if ' ' not in every else f'({every})'}, …"
        return f"for begin = 0, {steps} < {statement.length}, end = {last}, first = max(end − {_under(statement.span)}, 0):"
    if isinstance(statement, Stretch):
        return f"for t = {'begin−1 … first' if statement.older else 'end−1 … max(begin, first)'}:"
    return f"when t = {at_text(statement.at)}:"


def _under(size: Size) -> str:
    return f"({size})" if " " in str(size) else str(size)


def line(program: Program, statement: Leaf) -> str:
    """Return one statement that computes, as one line. It may be ill-formed: refusals show it."""
    sign = "+=" if statement.accumulate else "="
    return f"{ref_text(statement.out)} {sign} {_right_side(program, statement)}"


def broken(program: Program, site: Site, found: str) -> IRError:
    """Return the error that a statement breaks an invariant."""
    return IRError(f"{program.name}, {site.procedure.name}: «{line(program, site.statement)}»: {found}")


def _right_side(program: Program, statement: Leaf) -> str:
    if isinstance(statement, Gemm):
        a, b = ref_text(statement.a), ref_text(statement.b)
        return f"{a}{'ᵀ' if statement.trans_a else ''} @ {b}{'ᵀ' if statement.trans_b else ''}"
    if isinstance(statement, Reduce):
        rank = len(statement.domain)
        return f"{statement.operation}{_over(statement.over, rank)} of {scalar_text(statement.value, rank)}"
    declared = any(buffer.name == statement.out.buffer for buffer in program.buffers)
    return scalar_text(statement.value, len(domain(program, statement)) if declared else 2)


def _over(over: tuple[int, ...], rank: int) -> str:
    if over == full(rank):
        return " over all"
    if rank == 2 and over in _OVER:
        return _OVER[over]
    return "".join(_INDICES.get(axis, f"[{axis}]") for axis in over)


def ref_text(ref: Ref) -> str:
    """Return a reference: `W`, `h[t + 1]`, `h[1 : T + 1]`, `c[t][:, I : I + H]`, `W[0 : H, :]`."""
    step = f"[{at_text(ref.at)}]" if ref.at is not None else ""
    if isinstance(ref.at, Span) and ref.at.length == CHUNK:
        step = f"[chunk{f' + {ref.at.first}' if ref.at.first else ''}]"
    if ref.columns is None and ref.rows is None:
        return ref.buffer + step
    rows, columns = (":" if part is None else f"{part[0]} : {part[0] + part[1]}" for part in (ref.rows, ref.columns))
    return f"{ref.buffer}{step}[{rows}, {columns}]"


def at_text(at: At | Span) -> str:
    """Return a step: `t`, `t + 1`, `T − 1`, `0`; or several, `0 : T`."""
    return str(at).replace("-", "−")


def scalar_text(value: Scalar, rank: int, context: int = 0) -> str:
    """Return a scalar over a domain with `rank` axes.

    Parentheses appear where an operator binding as strongly as `context` needs them.
    """
    if isinstance(value, Load):
        return _load(value, rank)
    if isinstance(value, Call):
        written, strength = _call(value, rank)
    else:
        written, strength = _number(value) if isinstance(value, Number) else _extent(value)
    return written if strength > context else f"({written})"


def _load(load: Load, rank: int) -> str:
    written = ref_text(load.ref)
    if load.axes in ((), full(rank)):
        return written
    if rank == 2 and load.axes in _SPREAD:
        return _SPREAD[load.axes].format(written)
    return written + "".join(_INDICES.get(axis, f"[{axis}]") for axis in load.axes)


def _extent(extent: Extent) -> tuple[str, int]:
    written = str(extent.size)
    return written, 1 if " " in written else _ATOM


def _number(number: Number) -> tuple[str, int]:
    sign = "−" if number.numerator < 0 else ""
    whole = number.denominator == 1
    magnitude = str(abs(number.numerator)) if whole else f"{abs(number.numerator)}/{number.denominator}"
    return sign + magnitude, _ATOM if whole and not sign else _NEGATION


def _call(call: Call, rank: int) -> tuple[str, int]:
    if call.function in _INFIX:
        operator, strength = _INFIX[call.function]
        left, right = call.arguments
        # a − (b + c) and a / (b ∘ c) need their parentheses; so do a + (b + c) and a ∘ (b ∘ c), to show the order.
        return f"{scalar_text(left, rank, strength - 1)} {operator} {scalar_text(right, rank, strength)}", strength
    if call.function == "neg":
        return f"−{scalar_text(call.arguments[0], rank, _NEGATION)}", _NEGATION
    if call.function == "power":
        return _power(call, rank)
    return f"{call.function}({', '.join(scalar_text(argument, rank) for argument in call.arguments)})", _ATOM


def _power(call: Call, rank: int) -> tuple[str, int]:
    base, exponent = call.arguments
    if not isinstance(exponent, Number):
        return f"{scalar_text(base, rank, _POWER)}^({scalar_text(exponent, rank)})", _POWER
    written = str(Fraction(exponent.numerator, exponent.denominator)).replace("-", "−")
    raised = f"^({written})" if "/" in written else written.translate(_SUPERSCRIPTS)
    return f"{scalar_text(base, rank, _POWER)}{raised}", _POWER
