"""Statements of the loop language as lines of C11. Arrays are flat and row-major; `real` is their elements' type."""

from __future__ import annotations

from dataclasses import dataclass

from symrnn.backends.names import plain
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
    Program,
    Reduce,
    Ref,
    Scalar,
    Size,
    Statement,
)
from symrnn.ir.shapes import Dims, dims, matrix, same_dims
from symrnn.ir.text import line
from symrnn.ir.walk import loads

_INFIX = {"add": ("+", 1), "sub": ("-", 1), "mul": ("*", 2), "div": ("/", 2)}
_UNARY, _ATOM = 3, 4
MATH = {"tanh": "tanh", "exp": "exp", "log": "log", "sqrt": "sqrt", "abs": "fabs", "sin": "sin", "cos": "cos"}
HELPERS = ("sigmoid", "relu", "step", "softplus", "sign", "square")  # templates/c/<name>.c


@dataclass(frozen=True, slots=True)
class Printer:
    """What statements are printed for: the program, and the suffix of functions and literals ("" double, "f" float)."""

    program: Program
    suffix: str

    def body(self, statements: tuple[Statement, ...], depth: int = 1) -> tuple[str, ...]:
        """Return the source of some statements, indented by `depth` levels."""
        margin = "    " * depth
        lines: list[str] = []
        for statement in statements:
            if isinstance(statement, Loop):
                head = "for (size_t t = T; t-- > 0;) {" if statement.reverse else "for (size_t t = 0; t < T; ++t) {"
                lines += [margin + head, *self.body(statement.body, depth + 1), margin + "}"]
            elif isinstance(statement, Block):
                lines.append(f"{margin}/* ({plain(statement.label)}) {plain(statement.formula)} */")
                lines += self.body(statement.body, depth)
            else:
                lines += [margin + one for one in self._leaf(statement)]
        return tuple(lines)

    def _leaf(self, statement: Gemm | Map | Reduce) -> list[str]:
        if isinstance(statement, Gemm):
            return self._product(statement)
        return self._map(statement) if isinstance(statement, Map) else self._reduction(statement)

    def _product(self, gemm: Gemm) -> list[str]:
        kind = f"{'t' if gemm.trans_a else 'n'}{'t' if gemm.trans_b else 'n'}"
        m, n = matrix(dims(self.program, gemm.out))
        a = matrix(dims(self.program, gemm.a))
        k = a[0] if gemm.trans_a else a[1]
        places = [place for ref in (gemm.a, gemm.b, gemm.out) for place in (self._address(ref), str(self._stride(ref)))]
        accumulate = "true" if gemm.accumulate else "false"
        return [
            f"/* {plain(line(gemm))} */",
            f"product_{kind}({m}, {n}, {k}, {', '.join(places)}, {accumulate});",
        ]

    def _map(self, statement: Map) -> list[str]:
        inner = dims(self.program, statement.out)
        sign = "+=" if statement.accumulate else "="
        if not inner:
            return [f"{self._element(statement.out, '', '')} {sign} {self._scalar(statement.value, '', '')};"]
        if self._is_flat(statement, inner):
            count = _product_of(inner)
            left, right = self._element(statement.out, "at", "flat"), self._scalar(statement.value, "at", "flat")
            return [f"for (size_t at = 0; at < {count}; ++at) {{", f"    {left} {sign} {right};", "}"]
        rows, columns = matrix(inner)
        left, right = (self._element(statement.out, "row", "col"), self._scalar(statement.value, "row", "col"))
        return _nest(rows, columns, [f"{left} {sign} {right};"])

    def _is_flat(self, statement: Map, inner: Dims) -> bool:
        """Return whether one index runs over everything: whole rows, and nothing that is spread by rows or columns."""
        spread = (load.broadcast for load in loads(statement.value))
        refs = (statement.out, *(load.ref for load in loads(statement.value) if load.broadcast is Broadcast.FULL))
        if len(inner) == 1:
            return True
        return all(one in (Broadcast.FULL, Broadcast.SCALAR) for one in spread) and all(
            ref.columns is None for ref in refs
        )

    def _reduction(self, reduce: Reduce) -> list[str]:
        rows, columns = reduce.domain
        value = self._scalar(reduce.value, "row", "col")
        if reduce.over == "all":
            return self._reduced_to_one(reduce, value)
        if reduce.over == "columns":
            return self._reduced_rows(reduce, value)
        out = self._element(reduce.out, "col", "flat")
        lines = [f"/* {plain(line(reduce))} */"]
        if reduce.operation == "max":
            first = self._scalar(reduce.value, "0", "col")
            lines += [f"for (size_t col = 0; col < {columns}; ++col) {{", f"    {out} = {first};", "}"]
            return lines + _nest(rows, columns, [f"{out} = larger({out}, {value});"])
        if not reduce.accumulate:
            zero = self._literal(Number(0))
            lines += [f"for (size_t col = 0; col < {columns}; ++col) {{", f"    {out} = {zero};", "}"]
        return lines + _nest(rows, columns, [f"{out} += {value};"])

    def _reduced_rows(self, reduce: Reduce, value: str) -> list[str]:
        rows, columns = reduce.domain
        out = self._element(reduce.out, "row", "flat")
        start, update = self._running(reduce, value, self._scalar(reduce.value, "row", "0"))
        return [
            f"/* {plain(line(reduce))} */",
            f"for (size_t row = 0; row < {rows}; ++row) {{",
            f"    {start}",
            f"    for (size_t col = 0; col < {columns}; ++col) {{",
            f"        {update}",
            "    }",
            f"    {out} {'+=' if reduce.accumulate else '='} running;",
            "}",
        ]

    def _reduced_to_one(self, reduce: Reduce, value: str) -> list[str]:
        start, update = self._running(reduce, value, self._scalar(reduce.value, "0", "0"))
        inside = [start, *_nest(*reduce.domain, [update])]
        return [
            f"/* {plain(line(reduce))} */",
            "{",
            *(f"    {one}" for one in inside),
            f"    {self._element(reduce.out, '', '')} {'+=' if reduce.accumulate else '='} running;",
            "}",
        ]

    def _running(self, reduce: Reduce, value: str, first: str) -> tuple[str, str]:
        if reduce.operation == "max":
            return f"real running = {first};", f"running = larger(running, {value});"
        return f"real running = {self._literal(Number(0))};", f"running += {value};"

    def _scalar(self, value: Scalar, row: str, column: str, context: int = 0) -> str:
        if isinstance(value, Load):
            return self._load(value, row, column)
        written, strength = self._call(value, row, column) if isinstance(value, Call) else self._number(value)
        return written if strength > context else f"({written})"

    def _number(self, number: Number) -> tuple[str, int]:
        literal = self._literal(number)
        return literal, 2 if "/" in literal else _UNARY if literal.startswith("-") else _ATOM

    def _literal(self, number: Number) -> str:
        whole = f"{number.numerator}.0{self.suffix}"
        return whole if number.denominator == 1 else f"{whole} / {number.denominator}.0{self.suffix}"

    def _call(self, call: Call, row: str, column: str) -> tuple[str, int]:
        if call.function in _INFIX:
            operator, strength = _INFIX[call.function]
            left, right = call.arguments
            first = self._scalar(left, row, column, strength - 1)
            return f"{first} {operator} {self._scalar(right, row, column, strength)}", strength
        inner = [self._scalar(argument, row, column) for argument in call.arguments]
        if call.function == "neg":
            return f"-{self._scalar(call.arguments[0], row, column, _UNARY)}", _UNARY
        if call.function == "power":
            return self._power(call, inner[0])
        return f"{MATH[call.function] + self.suffix if call.function in MATH else call.function}({inner[0]})", _ATOM

    def _power(self, call: Call, base: str) -> tuple[str, int]:
        exponent = call.arguments[1]
        assert isinstance(exponent, Number)
        special = {(2, 1): f"square({base})", (1, 2): f"sqrt{self.suffix}({base})"}
        written = special.get((exponent.numerator, exponent.denominator))
        if written is None and (exponent.numerator, exponent.denominator) == (-1, 1):
            return f"1.0{self.suffix} / ({base})", 2
        return written or f"pow{self.suffix}({base}, {self._literal(exponent)})", _ATOM

    def _load(self, load: Load, row: str, column: str) -> str:
        if load.broadcast is Broadcast.SCALAR:
            return self._element(load.ref, "", "")
        if load.broadcast is Broadcast.ROW:
            return self._element(load.ref, row if column == "flat" else column, "flat")
        if load.broadcast is Broadcast.COLUMN:
            return self._element(load.ref, row, "flat")
        return self._element(load.ref, row, column)

    def _element(self, ref: Ref, row: str, column: str) -> str:
        """Return one element: at (row, column), or at index `row` of everything when column is "flat"."""
        rank = len(dims(self.program, ref))
        if rank == 0:
            inside = []
        elif column == "flat":
            inside = [row]
        elif rank == 1:
            inside = [column]
        else:
            inside = [_times(row, self._stride(ref)), column]
        terms = [*self._origin(ref), *(term for term in inside if term != "0")]
        return f"{ref.buffer}[{' + '.join(terms) or '0'}]"

    def _address(self, ref: Ref) -> str:
        return " + ".join((ref.buffer, *self._origin(ref)))

    def _origin(self, ref: Ref) -> list[str]:
        """Return the terms of the index at which `ref` begins."""
        terms: list[str] = []
        if ref.at is not None:
            terms.append(_times(_step(ref.at), *self.program.buffer(ref.buffer).inner))
        if ref.columns is not None:
            terms.append(str(ref.columns[0]))
        return [term for term in terms if term != "0"]

    def _stride(self, ref: Ref) -> Size:
        """Return how far apart two rows lie: the last dimension of the whole buffer."""
        return matrix(self.program.buffer(ref.buffer).inner)[1]


def _step(at: At) -> str:
    return str(at)


def _times(first: str, *sizes: Size) -> str:
    if first == "0":
        return "0"
    factors = [factor if " " not in factor else f"({factor})" for factor in (first, *map(str, sizes))]
    kept = [factor for factor in factors if factor != "1"]
    return " * ".join(kept) or "1"


def _product_of(inner: Dims) -> str:
    first, *rest = inner
    return _times(str(first), *rest) if rest else str(first)


def _nest(rows: Size, columns: Size, inside: list[str]) -> list[str]:
    if same_dims((rows,), (Size((), 1),)) and not any("row" in one for one in inside):
        return [f"for (size_t col = 0; col < {columns}; ++col) {{", *(f"    {one}" for one in inside), "}"]
    return [
        f"for (size_t row = 0; row < {rows}; ++row) {{",
        f"    for (size_t col = 0; col < {columns}; ++col) {{",
        *(f"        {one}" for one in inside),
        "    }",
        "}",
    ]
