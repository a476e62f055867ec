"""A program as C11 for small devices: fixed sizes, no heap, no library; a header with byte counts, a source, a self-test.

It is for microcontrollers and for small networks: every array is a member of a struct that the caller owns, so that one
line puts each into the memory where it belongs. Statements are printed as in `c_statements`; only the products, the
interface and what surrounds them differ from the C for all sizes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from symrnn.backends.c_functions import SUFFIXES, identifiers, template
from symrnn.backends.c_functions import needed as functions_needed
from symrnn.backends.c_interface import TYPES, aligned, declared, stem_of
from symrnn.backends.c_small_memory import (
    BYTES,
    WORKSPACE,
    Struct,
    expect_sizes,
    fields,
    place,
    structs,
    taken,
    with_chunk,
)
from symrnn.backends.c_small_products import TEMPLATES, product, vectors
from symrnn.backends.c_small_selftest import selftest
from symrnn.backends.c_statements import Printer
from symrnn.backends.interface import combined_name, equation_lines, source_lines
from symrnn.backends.names import plain, spelled
from symrnn.errors import IRError
from symrnn.ir.buffers import Buffer
from symrnn.ir.nodes import Procedure, Program
from symrnn.ir.shapes import show
from symrnn.ir.validate import validate
from symrnn.ir.walk import touched, written
from symrnn.rendering import render

_FRAME = {
    "chunk_steps": "chunk_steps",
    "larger": "larger",
    "INDEPENDENT": "independent",
}  # a name that is used → the template that defines it
_MATHEMATICS = ("fabs", "copysign", "sqrt", "sin", "cos", "pow")
_CONSTANTS = {"INFINITY": "__builtin_inff()", "NAN": '__builtin_nanf("")'}


@dataclass(frozen=True, slots=True)
class _Procedure:
    """What the template prints of one procedure."""

    declaration: str
    locals: tuple[str, ...]
    body: tuple[str, ...]


def files(program: Program, sizes: Mapping[str, object], dtype: str = "float32") -> dict[str, str]:
    """Return `<stem>.h`, `<stem>.c` and `<stem>_test.c` for some sizes; the stem is the name with `_small_f64` or `_small_f32`.

    Raises:
        IRError: the program is not well formed, uses a name that the emitted code needs, the dtype is unknown, or a size is
            missing, unknown, or none.
    """
    if dtype not in TYPES:
        raise IRError(f"{program.name}: no C for dtype {dtype!r}: use one of {', '.join(TYPES)}.")
    program = spelled(validate(program))
    if any(one.panels for one in program.buffers):
        raise IRError(f"{program.name}: C for small devices has no panels: use the passes for c-small.")
    numbers = expect_sizes(program, sizes, dtype)
    stem = small_stem(program, dtype)
    common = {"title": plain(program.title), "stem": stem, "upper": stem.upper(), "type": TYPES[dtype]}
    return {
        f"{stem}.h": _header(program, numbers, common, dtype),
        f"{stem}.c": _source(program, numbers, common, dtype),
        f"{stem}_test.c": selftest(program, numbers, common, dtype),
    }


def small_stem(program: Program, dtype: str) -> str:
    """Return the prefix of every global name: `lstm_small_f32`."""
    return stem_of(program, dtype, "small")


def _header(program: Program, numbers: Mapping[str, int], common: dict[str, str], dtype: str) -> str:
    upper, found = common["upper"], structs(program)
    about = {name: plain(text) for name, text in program.sizes}
    memory = with_chunk(program, numbers)
    count = {one.name: one.count(memory) * BYTES[dtype] for one in found}
    return render(
        "c/small/program.h.j2",
        **common,
        documentation=_documentation(program),
        sizes=aligned([(f"#define {upper}_{name} {number}", about[name]) for name, number in numbers.items()]),
        bytes=[f"#define {upper}_{name.upper()}_BYTES {number}" for name, number in count.items()],
        structs=[
            {
                "kind": "union" if "" not in one.parts else "struct",
                "name": one.name,
                "about": one.about,
                "fields": aligned(list(fields(one, memory, common["type"]))),
            }
            for one in found
        ],
        functions=_functions(program, common),
    )


def _documentation(program: Program) -> list[str]:
    paragraphs = (
        source_lines(program),
        [f"    {line}" for line in equation_lines(program)],
        [
            "Arrays are dense and row-major, of the dimensions written beside them; () is one number. All objects are",
            "the caller's, and none overlaps; functions keep nothing between calls, call nothing but mathematics, and",
            "nothing in them can fail. Infinity and NaN propagate.",
        ],
    )
    return [line for paragraph in paragraphs if paragraph for line in ("", *(f" {line}" for line in paragraph))]


def _functions(program: Program, common: dict[str, str]) -> list[dict[str, str]]:
    combined = combined_name(program)
    what = {
        "forward": "Compute everything in `kept`.",
        "backward": "Compute every gradient from what forward left in `kept`.",
        combined: "Forward, then backward.",
    }
    return [
        {"about": what[name], "declaration": _declaration(program, name, procedures, common)}
        for name, procedures in _procedures(program).items()
    ]


def _procedures(program: Program) -> dict[str, tuple[Procedure, ...]]:
    forward, backward = program.forward, program.backward
    return {"forward": (forward,), "backward": (backward,), combined_name(program): (forward, backward)}


def _declaration(program: Program, name: str, procedures: tuple[Procedure, ...], common: dict[str, str]) -> str:
    arguments = [
        f"{'const ' if constant else ''}{common['stem']}_{struct.name} *{_argument(struct)}"
        for struct, constant in taken(program, *procedures)
    ]
    return declared(f"void {common['stem']}_{name}(", arguments)


def _argument(struct: Struct) -> str:
    return "work" if struct.name == WORKSPACE else struct.name


def _source(program: Program, numbers: Mapping[str, int], common: dict[str, str], dtype: str) -> str:
    printer = Printer(program, SUFFIXES[dtype], product, lanes=False)
    single = {name: some for name, some in _procedures(program).items() if len(some) == 1}
    procedures = [_procedure(program, *some, printer, common) for some in single.values()]
    words = identifiers(line for one in procedures for line in (*one.locals, *one.body))
    helpers = _helpers(words, dtype)
    words |= identifiers(render(helper, f=SUFFIXES[dtype], vectors=()) for helper in helpers)
    combined = combined_name(program)
    return render(
        "c/small/program.c.j2",
        **common,
        f=SUFFIXES[dtype],
        vectors=vectors(program, with_chunk(program, numbers), dtype),
        helpers=helpers,
        mathematics=_mathematics(words, dtype),
        sizes=", ".join(f"{name} = {common['upper']}_{name}" for name in numbers),
        asserted=[_asserted(one, common) for one in structs(program)],
        procedures=procedures,
        combined={
            "declaration": _declaration(program, combined, _procedures(program)[combined], common),
            "calls": [_call(program, name, some, common["stem"]) for name, some in single.items()],
        },
    )


def _asserted(struct: Struct, common: dict[str, str]) -> str:
    kind, count = f"{common['stem']}_{struct.name}", f"{common['upper']}_{struct.name.upper()}_BYTES"
    return f'_Static_assert(sizeof({kind}) == {count}, "a real has another size here, or arrays have gaps");'


def _call(program: Program, name: str, procedures: tuple[Procedure, ...], stem: str) -> str:
    return f"{stem}_{name}({', '.join(_argument(struct) for struct, _ in taken(program, *procedures))})"


def _helpers(words: set[str], dtype: str) -> list[str]:
    products = dict.fromkeys(one for name, needs in TEMPLATES.items() if name in words for one in needs)
    names = [_FRAME[name] for name in _FRAME if name in words]
    functions = functions_needed(words | ({"INLINED"} if products else set()), dtype)
    return [
        *(f"c/{name}.c.j2" for name in names),
        *("c/small/inlined.c.j2" if name == "INLINED" else template(name, dtype) for name in functions),
        *(f"c/small/{name}.c.j2" for name in products),
    ]


def _mathematics(words: set[str], dtype: str) -> list[str]:
    """Return the lines that declare what is used of math.h, which a freestanding compiler does not have."""
    suffix = SUFFIXES[dtype]
    names = [name + suffix for name in _MATHEMATICS if name + suffix in words]
    constants = [name for name in _CONSTANTS if name in words]
    if not names and not constants:
        return []
    own = [f"{TYPES[dtype]} {name}({_parameters(name, dtype)});" for name in names]
    own += [f'#error "say here what {name} is"' for name in constants]
    return [
        *(
            "",
            "#if __STDC_HOSTED__",
            "#include <math.h>",
            "#elif defined __GNUC__ /* no library: most are instructions */",
        ),
        *(f"#define {name} __builtin_{name}" for name in names),
        *(f"#define {name} {_CONSTANTS[name]}" for name in constants),
        *("#else", *own, "#endif"),
    ]


def _parameters(name: str, dtype: str) -> str:
    return ", ".join([TYPES[dtype]] * (2 if name.startswith(("pow", "copysign")) else 1))


def _procedure(program: Program, procedure: Procedure, printer: Printer, common: dict[str, str]) -> _Procedure:
    names, results = touched(procedure), written(procedure)
    rows = [
        (_local(struct, buffer, procedure, buffer.name not in results), show(buffer.dims))
        for struct, _ in taken(program, procedure)
        for buffer in struct.buffers
        if buffer.name in names
    ]
    return _Procedure(
        declaration=_declaration(program, procedure.name, (procedure,), common),
        locals=tuple(aligned(rows)),
        body=printer.body(procedure.body),
    )


def _local(struct: Struct, buffer: Buffer, procedure: Procedure, constant: bool) -> str:
    address = f"{_argument(struct)}->{place(struct, buffer, procedure)}"
    return f"{'const ' if constant else ''}real *restrict const {buffer.name} = {address};"
