"""Statements of the loop language as lines of C11. Arrays are flat and row-major; `real` is their elements' type."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from symrnn.backends import c_products, c_threads
from symrnn.backends.c_loops import Places, head, in_chunk, nest, places_of, product_of, start, times
from symrnn.backends.c_products import factor, row_length
from symrnn.backends.names import plain
from symrnn.ir.buffers import BEGIN, CHUNK, Role
from symrnn.ir.nodes import (
    At,
    Block,
    Call,
    Chunks,
    Compound,
    Each,
    Extent,
    Gemm,
    Load,
    Map,
    Number,
    Procedure,
    Program,
    Reduce,
    Ref,
    Scalar,
    Share,
    Span,
    Statement,
    full,
)
from symrnn.ir.parts import axis, rows
from symrnn.ir.shapes import ONE, Dims, domain, same
from symrnn.ir.text import line
from symrnn.ir.walk import leaves, loads

_INFIX = {"add": ("+", 1), "sub": ("-", 1), "mul": ("*", 2), "div": ("/", 2)}
_UNARY, _ATOM = 3, 4
_LIBRARY = {
    "sqrt": "sqrt",
    "abs": "fabs",
    "sin": "sin",
    "cos": "cos",
}  # of math.h: compilers have instructions, or call it
_OWN = {
    "tanh": "tanh_of",
    "exp": "exp_of",
    "log": "log_of",
}  # where a name of math.h is taken; else the function's own name


@dataclass(frozen=True, slots=True)
class Printer:
    """What statements are printed for: the program, and the suffix of functions and literals ("" double, "f" float).

    `product` is how a product is called, given where each operand begins and which rows of the result are meant;
    `lanes` says whether sums of rows are formed in lanes, which is faster where there are vectors, and more code.
    """

    program: Program
    suffix: str
    product: Callable[[Program, Gemm, Mapping[Ref, str], str], str] = c_products.product
    lanes: bool = True
    known: Mapping[Ref, str] = field(default_factory=dict)  # numbers that have a name in the loop over elements
    named: frozenset[str] = frozenset()  # these names, and those that they had before
    own: Mapping[str, str] = field(
        default_factory=dict
    )  # numbers of rows that threads divide, and the range of a thread's own
    shared: bool = False  # whether what is printed is carried out by every thread, its own rows
    may_be_empty: bool = False  # the chunk in which statements stand

    def procedure(self, procedure: Procedure) -> tuple[tuple[str, ...], ...]:
        """Return the source of a procedure, for one of its threads: pieces that have nothing in common but memory."""
        printer = replace(self, own=c_threads.own_names(self.program, procedure))
        if not printer.own:
            return (printer.body(procedure.body),)
        *parts, last = printer._phases(procedure.body, 1)
        lines = last[:-1] if last[-1] == "    meet(of->team);" else last  # nobody needs more than the end
        return tuple(map(tuple, (*parts, lines)))

    def _phases(self, body: Sequence[Statement], depth: int) -> list[list[str]]:
        """Print what is divided among threads: they meet after what they share, and after what one of them does alone."""
        margin, parts = "    " * depth, list[list[str]]()
        for alone, statements in c_threads.phases(body):
            (first, *_), inner, lines = statements, tuple[str, ...](), list[str]()
            if alone:
                lines += [f"{margin}if (thread == 0) {{", *self.body(statements, depth + 1), f"{margin}}}"]
            elif isinstance(first, Share):
                *before, lines = (list(replace(self, shared=True).body((one,), depth)) for one in first.body)
                parts += before
            else:
                assert isinstance(first, Chunks)
                inner = tuple(itertools.chain(*self._inside(first)._phases(first.body, depth + 1)))
                lines += [f"{margin}{head(first)} {{", *start(first, margin + "    ", inner), *inner, f"{margin}}}"]
            lines += [] if inner else [f"{margin}meet(of->team);"]
            parts.append(lines)
        return parts

    def body(self, statements: tuple[Statement, ...], depth: int = 1) -> tuple[str, ...]:
        """Return the source of some statements, indented by `depth` levels."""
        margin = "    " * depth
        lines: list[str] = []
        for statement in statements:
            if isinstance(statement, Block):
                lines.append(f"{margin}/* ({plain(statement.label)}) {plain(statement.formula)} */")
                lines += self.body(statement.body, depth)
            elif isinstance(statement, Each):
                lines += [margin + one for one in self._each(statement)]
            elif isinstance(statement, Compound):
                inside = self._inside(statement).body(statement.body, depth + 1)
                begin = start(statement, margin + "    ", inside)
                lines += [f"{margin}{head(statement)} {{", *begin, *inside, margin + "}"]
            else:
                lines += [margin + one for one in self._leaf(statement)]
        return tuple(lines)

    def _inside(self, statement: Compound) -> Printer:
        """Return a printer for what stands in a statement."""
        return replace(self, may_be_empty=True) if isinstance(statement, Chunks) and statement.count else self

    def _leaf(self, statement: Gemm | Map | Reduce) -> list[str]:
        if isinstance(statement, Gemm):
            return self._product(statement)
        return self._map(statement) if isinstance(statement, Map) else self._reduction(statement)

    def _product(self, gemm: Gemm) -> list[str]:
        address = {ref: self._address(ref) for ref in (gemm.a, gemm.b, gemm.out)}
        call = self.product(self.program, gemm, address, self._own(gemm))
        if self.may_be_empty and any(isinstance(ref.at, Span) for ref in address):  # a product has one row at least
            return [self._comment(gemm), f"if ({CHUNK} > 0)", f"    {call}"]
        return [self._comment(gemm), call]

    def _own(self, statement: Gemm | Map | Reduce) -> str:
        """Return the range of the rows that a thread computes; nothing where one thread computes all of them."""
        return self.own[str(rows(self.program, statement))] if self.shared else ""

    def _comment(self, statement: Gemm | Reduce | Map) -> str:
        return f"/* {plain(line(self.program, statement))} */"

    def _map(self, statement: Map) -> list[str]:
        inside = domain(self.program, statement)
        if self.program.buffer(statement.out.buffer).panels:
            assert isinstance(statement.value, Load)
            source = statement.value.ref
            address = self._address(source)
            return [self._comment(statement), c_products.copy(self.program, statement, address, self._own(statement))]
        flat = self._is_flat([statement], inside)
        places = ("at",) * len(inside) if flat else places_of(inside)
        left = self._element(statement.out, places)
        update = f"{left} {'+=' if statement.accumulate else '='} {self._scalar(statement.value, places)};"
        if not inside:
            return [update]
        return self._over_elements(statement, flat, [update])

    def _over_elements(self, statement: Map, flat: bool, lines: list[str]) -> list[str]:
        inside, own = domain(self.program, statement), self._own(statement)
        if flat:
            first = times(f"{own}.begin", *inside[1:]) if own else "0"
            last = times(f"{own}.end", *inside[1:]) if own else product_of(inside)
            loop = f"for (size_t at = {first}; at < {last}; ++at) {{"
            return ["INDEPENDENT", loop, *(f"    {one}" for one in lines), "}"]
        return nest(inside, full(len(inside)), lines, self._own_axis(statement), independent=True)

    def _is_flat(self, statements: Sequence[Map], inside: Dims) -> bool:
        """Return whether one index runs over everything: whole rows, and nothing that is spread along some axes only."""
        if any(self.shared and isinstance(one.out.at, Span) for one in statements):
            return False
        if len(inside) < 2:
            return bool(inside)
        spread = [load for one in statements for load in loads(one.value) if load.axes]
        refs = (*(one.out for one in statements), *(load.ref for load in spread))
        whole = all(ref.columns is None and ref.rows is None for ref in refs)
        return whole and all(load.axes == full(len(inside)) for load in spread)

    def _each(self, each: Each) -> list[str]:
        """Print Maps as one loop; what one of them computes has a name there, and goes to memory if others want it."""
        maps = [one for one in leaves(each.body) if isinstance(one, Map)]
        inside = domain(self.program, maps[0])
        flat = self._is_flat(maps, inside)
        places = ("at",) * len(inside) if flat else places_of(inside)
        printer = replace(self, known={})
        lines: list[str] = []
        for statement in each.body:
            if isinstance(statement, Block):
                lines.append(f"/* ({plain(statement.label)}) {plain(statement.formula)} */")
            for one in leaves((statement,)):
                assert isinstance(one, Map)
                printer, new = printer._element_of(one, places)
                lines += new
        return self._over_elements(maps[0], flat, lines) if inside else ["{", *(f"    {one}" for one in lines), "}"]

    def _element_of(self, statement: Map, places: Places) -> tuple[Printer, list[str]]:
        """Return the lines for one element of a Map, and a printer that knows the name of what it computes."""
        lines: list[str] = []
        printer = self
        whole = full(len(places))
        for ref in dict.fromkeys(load.ref for load in loads(statement.value) if load.axes == whole):
            if ref not in printer.known:
                name = printer._new_name(ref)
                lines.append(f"const real {name} = {self._element(ref, places)};")
                printer = printer._naming(ref, name)
        value, out = printer._scalar(statement.value, places), statement.out
        if statement.accumulate:
            value = f"{printer.known.get(out) or printer._element(out, places)} + ({value})"
        name = printer._new_name(out)
        lines.append(f"const real {name} = {value};")
        if self.program.buffer(out.buffer).role is not Role.LOCAL:
            lines.append(f"{self._element(out, places)} = {name};")
        return printer._naming(out, name), lines

    def _naming(self, ref: Ref, name: str) -> Printer:
        return replace(self, known={**self.known, ref: name}, named=self.named | {name})

    def _new_name(self, ref: Ref) -> str:
        """Return a name for one element of what is reached: `dc_t`, then `dc_t2`; of columns, that of the part they are."""
        parts = {place: name for name, place in self.program.buffer(ref.buffer).parts}
        name = parts.get(ref.columns, ref.buffer) if ref.columns is not None else ref.buffer
        other = {one.name for one in self.program.buffers} | {one for one, _ in self.program.sizes}
        candidates = (f"{name}_t{count}" for count in itertools.chain([""], itertools.count(2)))
        return next(one for one in candidates if one not in self.named and one not in other)

    def _reduction(self, reduce: Reduce) -> list[str]:
        """Print a sum with one running number where the last axis is summed away, and into the memory of `out` otherwise."""
        left = tuple(one for one in range(len(reduce.domain)) if one not in reduce.over)
        if len(reduce.domain) - 1 in reduce.over or left == full(len(left)):
            return [self._comment(reduce), *self._running(reduce, left)]
        places, own = places_of(reduce.domain), self._own_axis(reduce)
        out = self._element(reduce.out, tuple(places[one] for one in left))
        value = self._scalar(reduce.value, places)
        update = f"{out} = larger({out}, {value});" if reduce.operation == "max" else f"{out} += {value};"
        begin = [] if reduce.accumulate else nest(reduce.domain, left, [f"{out} = {self._first(reduce)};"], own)
        return [self._comment(reduce), *begin, *nest(reduce.domain, full(len(places)), [update], own)]

    def _own_axis(self, statement: Map | Reduce) -> dict[int, str]:
        """Return the axis of the domain that runs over a thread's own rows, and their range."""
        own = self._own(statement)
        return {axis(statement): own} if own else {}

    def _running(self, reduce: Reduce, left: tuple[int, ...]) -> list[str]:
        *rows_over, last = reduce.over
        places = places_of(reduce.domain)
        out = self._element(reduce.out, tuple(places[one] for one in left))
        terms = (
            self._in_lanes(reduce)
            if self.lanes and _runs_on(reduce)
            else nest(reduce.domain, (last,), [self._taken(reduce, places)])
        )
        inside = [
            f"real running = {self._first(reduce)};",
            *nest(reduce.domain, rows_over, terms),
            f"{out} {'+=' if reduce.accumulate else '='} running;",
        ]
        return (
            nest(reduce.domain, left, inside, self._own_axis(reduce))
            if left
            else ["{", *(f"    {one}" for one in inside), "}"]
        )

    def _taken(self, reduce: Reduce, places: Places, into: str = "running") -> str:
        """Return the line that takes one more term into a running number."""
        value = self._scalar(reduce.value, places)
        return f"{into} = larger({into}, {value});" if reduce.operation == "max" else f"{into} += {value};"

    def _in_lanes(self, reduce: Reduce) -> list[str]:
        """Return loops over the last axis that have several running numbers: a single one waits for itself at every term."""
        *rows, column = places_of(reduce.domain)
        count = str(reduce.domain[-1])
        first, all_of = ("running", "largest_of") if reduce.operation == "max" else (self._literal(Number(0)), "sum_of")
        return [
            f"size_t {column} = 0;",
            f"if ({count} >= LANES_OF_SUMS) {{",
            "    real lanes[LANES_OF_SUMS];",
            "    for (size_t lane = 0; lane < LANES_OF_SUMS; ++lane)",
            f"        lanes[lane] = {first};",
            f"    for (; {count} - {column} >= LANES_OF_SUMS; {column} += LANES_OF_SUMS)",
            "        for (size_t lane = 0; lane < LANES_OF_SUMS; ++lane)",
            f"            {self._taken(reduce, (*rows, f'{column} + lane'), 'lanes[lane]')}",
            f"    running {'=' if reduce.operation == 'max' else '+='} {all_of}(lanes);",
            "}",
            f"for (; {column} < {count}; ++{column}) {{",
            f"    {self._taken(reduce, (*rows, column))}",
            "}",
        ]

    def _first(self, reduce: Reduce) -> str:
        """Return what a reduction begins with: 0, or for a maximum the first of the values."""
        if reduce.operation == "sum":
            return self._literal(Number(0))
        places = enumerate(places_of(reduce.domain))
        return self._scalar(reduce.value, tuple("0" if number in reduce.over else place for number, place in places))

    def _scalar(self, value: Scalar, places: Places, context: int = 0) -> str:
        if isinstance(value, Load) and value.ref in self.known and value.axes == full(len(places)):
            return self.known[value.ref]
        if isinstance(value, Load):
            return self._element(value.ref, tuple("0" if one is None else places[one] for one in value.axes))
        if isinstance(value, Extent):
            return f"(real){factor(str(value.size))}"
        written, strength = self._call(value, places) if isinstance(value, Call) else self._number(value)
        return written if strength > context else f"({written})"

    def _number(self, number: Number) -> tuple[str, int]:
        literal = self._literal(number)
        return literal, 2 if "/" in literal else _UNARY if literal.startswith("-") else _ATOM

    def _literal(self, number: Number) -> str:
        whole = f"{number.numerator}.0{self.suffix}"
        return whole if number.denominator == 1 else f"{whole} / {number.denominator}.0{self.suffix}"

    def _call(self, call: Call, places: Places) -> tuple[str, int]:
        if call.function in _INFIX:
            operator, strength = _INFIX[call.function]
            left, right = call.arguments
            first = self._scalar(left, places, strength - 1)
            return f"{first} {operator} {self._scalar(right, places, strength)}", strength
        inner = [self._scalar(argument, places) for argument in call.arguments]
        if call.function == "neg":
            return f"-{self._scalar(call.arguments[0], places, _UNARY)}", _UNARY
        if call.function == "power":
            return self._power(call, inner[0])
        return f"{self._function(call.function)}({inner[0]})", _ATOM

    def _function(self, name: str) -> str:
        return _LIBRARY[name] + self.suffix if name in _LIBRARY else _OWN.get(name, name)

    def _power(self, call: Call, base: str) -> tuple[str, int]:
        """Print a power; `pow` is a call for every element, so what people write most is spelt out."""
        exponent = call.arguments[1]
        assert isinstance(exponent, Number)
        numerator, denominator = exponent.numerator, exponent.denominator
        special = {
            (1, 1): f"({base})",
            (2, 1): f"square({base})",
            (3, 1): f"cube({base})",
            (1, 2): f"sqrt{self.suffix}({base})",
        }
        written = special.get((abs(numerator), denominator))
        if written is None:
            return f"pow{self.suffix}({base}, {self._literal(exponent)})", _ATOM
        return (written, _ATOM) if numerator > 0 else (f"1.0{self.suffix} / {written}", 2)

    def _element(self, ref: Ref, places: Places) -> str:
        """Return one element: at an index along each dimension; `at` along all of them runs over everything."""
        buffer = self.program.buffer(ref.buffer)
        inner = buffer.dims if isinstance(ref.at, Span) else buffer.inner
        inside = [times(place, *inner[number + 1 :]) for number, place in enumerate(places)]
        if places and set(places) == {"at"}:
            inside = ["at"]
        terms = [*self._origin(ref), *(term for term in inside if term != "0")]
        return f"{ref.buffer}[{' + '.join(terms) or '0'}]"

    def _address(self, ref: Ref) -> str:
        return " + ".join((ref.buffer, *self._origin(ref)))

    def _origin(self, ref: Ref) -> list[str]:
        """Return the terms of the index at which `ref` begins."""
        terms: list[str] = []
        inner = self.program.buffer(ref.buffer).inner
        own = self.program.buffer(ref.buffer).is_of_chunk
        if isinstance(ref.at, Span) and ref.at.length == CHUNK:
            terms.append(times(str(At("" if own else BEGIN, ref.at.first)), *inner))
        elif own and isinstance(ref.at, At):
            terms.append(times(in_chunk(ref.at), *inner))
        elif isinstance(ref.at, Span):
            terms.append(times(str(ref.at.first), *inner))
        elif ref.at is not None:
            terms.append(times(str(ref.at), *inner))
        if ref.rows is not None:
            terms.append(times(str(ref.rows[0]), row_length(self.program, ref)))
        if ref.columns is not None:
            terms.append(str(ref.columns[0]))
        return [term for term in terms if term != "0"]


def _runs_on(reduce: Reduce) -> bool:
    """Return whether a reduction goes along rows in memory, which are more than one number: then several terms are one load."""
    last = len(reduce.domain) - 1
    along = [load.axes for load in loads(reduce.value) if last in load.axes]
    return reduce.over[-1] == last and not same(reduce.domain[last], ONE) and all(axes[-1] == last for axes in along)
