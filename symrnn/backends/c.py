"""A program as C11: a header documented like a library's, a source without globals or allocation, and a self-test.

The precision is chosen here; its suffix is part of the file names and of every global name, so that both precisions
can be linked into one program.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from symrnn.backends.c_blas import GEMM, Blas
from symrnn.backends.c_functions import SUFFIXES, identifiers, template
from symrnn.backends.c_functions import needed as functions_needed
from symrnn.backends.c_interface import TYPES, Group, aligned, declared, groups, groups_of, stem_of
from symrnn.backends.c_parts import Parts, parts
from symrnn.backends.c_selftest import selftest
from symrnn.backends.c_statements import Printer
from symrnn.backends.c_threads import STARTING, sequences, work
from symrnn.backends.c_workspace import needed, safe_length, safe_lengths
from symrnn.backends.interface import combined_name, description, equation_lines, source_lines
from symrnn.backends.names import plain, spelled
from symrnn.errors import IRError
from symrnn.ir.buffers import OWN
from symrnn.ir.nodes import Chunks, Gemm, Procedure, Program, Stretch
from symrnn.ir.shapes import show
from symrnn.ir.validate import validate
from symrnn.ir.walk import sites, step_sizes
from symrnn.rendering import render

_FRAME = (
    "times",
    "plus",
    "vectors",
    "rounded",
    "larger_size",
    "chunk_steps",
    "larger",
    "lanes_of_sums",
    "sum_of",
    "largest_of",
    "independent",
    "range",
    "own_rows",
)
_PRODUCTS = {"product": ("tile", "pack", "product"), "product_once": ("tile", "pack", "once")}


@dataclass(frozen=True, slots=True)
class _Procedure:
    """What the template prints of one procedure: lines of source, nothing left to decide."""

    name: str
    declaration: str
    ready: str
    any_null: str
    arguments: str
    any_array_null: str
    call: str
    parts: Parts
    work: tuple[str, ...]


def files(program: Program, dtype: str = "float64", blas: Blas | None = None) -> dict[str, str]:
    """Return `<stem>.h`, `<stem>.c` and `<stem>_test.c`; the stem is the program's name with `_f64` or `_f32`.

    Products are functions of the source, or those of a BLAS; a program for that has nothing in panels.

    Raises:
        IRError: the program is not well formed, uses a name that the emitted code needs, or the dtype is unknown.
    """
    if dtype not in TYPES:
        raise IRError(f"{program.name}: no C for dtype {dtype!r}: use one of {', '.join(TYPES)}.")
    program = spelled(validate(program))
    stem = stem_of(program, dtype)
    common = {"title": plain(program.title), "stem": stem, "upper": stem.upper(), "type": TYPES[dtype]}
    return {
        f"{stem}.h": _header(program, common, blas),
        f"{stem}.c": _source(program, common, dtype, blas),
        f"{stem}_test.c": selftest(program, common, dtype),
    }


def _header(program: Program, common: dict[str, str], blas: Blas | None) -> str:
    combined = combined_name(program)
    what = {
        "forward": "Compute everything in `kept`. `work` holds nothing before or after.",
        "backward": "Compute every gradient from what forward left in `kept`.",
        combined: "Forward, then backward.",
    }
    procedures = {"forward": program.forward, "backward": program.backward, combined: None}
    return render(
        "c/program.h.j2",
        **common,
        documentation=_documentation(program, blas),
        sizes=aligned([(f"size_t {name};", plain(about)) for name, about in program.sizes]),
        structs=[
            {"name": group.name, "about": group.about, "fields": _fields(group, common["type"])}
            for group in groups(program)
        ],
        functions=[
            {"about": about, "declaration": _declaration(program, procedures[name], common)}
            for name, about in what.items()
        ],
    )


def _documentation(program: Program, blas: Blas | None) -> list[str]:
    products = "; ".join(
        f"{procedure.name} {_products(program, procedure)}" for procedure in (program.forward, program.backward)
    )
    paragraphs = (
        source_lines(program),
        [f"    {line}" for line in equation_lines(program)],
        [
            "Arrays are dense and row-major, of the dimensions written beside them; () is one number. All memory is",
            "the caller's and none overlaps; functions keep nothing between calls and may run in several threads,",
            "each with its own `kept`, `gradients` and `work`. Infinity and NaN propagate.",
        ],
        [
            "A call starts threads of its own if `threads` in the sizes is above 1 and there is enough to do, and ends",
            "them: each computes the sequences, or the rows of a gradient, that are its own. Results are the same bits",
            "for every number of threads. Compile and link with -pthread; NO_THREADS leaves threads out.",
        ],
        blas.documentation if blas else [],
        [f"Matrix products: {products}."],
    )
    return [line for paragraph in paragraphs if paragraph for line in ("", *(f" {line}" for line in paragraph))]


def _products(program: Program, procedure: Procedure) -> str:
    """Return how many matrix products a procedure has in each loop: `3 a step and 0 outside`."""
    products = [one for one in sites(program) if one.procedure is procedure and isinstance(one.statement, Gemm)]
    found = Counter(one.length for one in products if not isinstance(one.loop, Stretch))
    chunks = sum(any(isinstance(compound, Chunks) for compound in one.inside) for one in products if one.loop is None)
    stretches = Counter(one.loop.older for one in products if isinstance(one.loop, Stretch))
    lengths = [name for name in step_sizes(program) if name in found] or ([] if stretches else ["T"])
    of = (f" of {name}" if len(lengths) > 1 else "" for name in lengths)
    steps = [f"{found[name]} a step{which}" for name, which in zip(lengths, of, strict=True)]
    where = {False: "a step of a block", True: "a step of its window before it"}
    steps += [f"{stretches[older]} {words}" for older, words in where.items() if older in stretches]
    steps += [f"{chunks} a chunk of steps"] if chunks else []
    return f"{', '.join(steps)} and {found[''] - chunks} outside"


def _fields(group: Group, kind: str) -> list[str]:
    qualifier = "const " if group.constant else ""
    return aligned([(f"{qualifier}{kind} *{b.name};", f"{show(b.dims)} {description(b)}") for b in group.buffers])


def _declaration(program: Program, procedure: Procedure | None, common: dict[str, str]) -> str:
    stem = common["stem"]
    start = f"{stem}_status {stem}_{procedure.name if procedure else combined_name(program)}("
    return declared(start, _parameters(program, procedure, common))


def _parameters(program: Program, procedure: Procedure | None, common: dict[str, str]) -> list[str]:
    stem = common["stem"]
    structs = [f"const {stem}_{group.name} *{group.name}" for group in groups_of(program, procedure)]
    return [f"const {stem}_sizes *sizes", *structs, f"{common['type']} *work"]


def _source(program: Program, common: dict[str, str], dtype: str, blas: Blas | None) -> str:
    printer = Printer(program, SUFFIXES[dtype])
    procedures = tuple(_procedure(program, one, printer, common) for one in (program.forward, program.backward))
    lengths = _lengths(program)
    lines = [*lengths, *(line for one in procedures for part in one.parts.functions for line in part.lines)]
    space = _workspace_lines(program)
    words = identifiers([*lines, *space])
    used = [name for name in _FRAME if _is_used(name, words)]
    needed_by = {"product_once": ("blas",)} if blas else _PRODUCTS
    products = dict.fromkeys(one for name, needs in needed_by.items() if name in words for one in needs)
    size_names = [name for name, _ in program.sizes]
    return render(
        "c/program.c.j2",
        **common,
        f=SUFFIXES[dtype],
        headers=("limits.h", blas.header) if blas else (),
        limit="(size_t)INT_MAX" if blas else "(size_t)PTRDIFF_MAX / sizeof(real)",
        gemm=GEMM[dtype],
        helpers=[
            *(f"c/{name}.c.j2" for name in used),
            *(template(name, dtype) for name in functions_needed(words, dtype)),
            *(f"c/products/{name}.c.j2" for name in products),
        ],
        size_names=size_names,
        any_zero=" || ".join(f"{name} == 0" for name in size_names),
        lengths=lengths,
        workspace=space,
        procedures=procedures,
        combined=_combined(program, common),
        members=_members(program, common),
        sequences=_sequences(program),
        starting=STARTING,
    )


def _members(program: Program, common: dict[str, str]) -> list[str]:
    structs = [f"const {common['stem']}_{group.name} *{group.name};" for group in groups(program)]
    return [f"const {common['stem']}_sizes *sizes;", *structs, "real *work;"]


def _sequences(program: Program) -> str:
    """Return how many rows threads divide among themselves in loops, as C; 1 where they divide nothing."""
    count = sequences(program)
    terms = (
        [f"{factor} * sizes->{name}" if factor > 1 else f"sizes->{name}" for name, factor in count.terms]
        if count
        else []
    )
    return " + ".join([*terms, *([str(count.constant)] if count and count.constant else [])]) or "1"


def _lengths(program: Program) -> list[str]:
    arrays = [buffer for buffer in program.buffers if buffer.role not in OWN and buffer.dims]
    sums = []
    for procedure in (program.forward, program.backward):
        total = safe_lengths(program, procedure)
        sums += [(f"{total},", f"workspace of {procedure.name}")] if total else []
    return aligned([*((f"{safe_length(buffer.dims)},", buffer.name) for buffer in arrays), *sums])


def _workspace_lines(program: Program) -> list[str]:
    lines: list[str] = []
    for procedure in (program.forward, program.backward):
        terms = needed(program, procedure)
        if terms:
            inside = ["size_t sum = ALIGNMENT;", *terms, "if (sum > most)", "    most = sum;"]
            lines += [f"{{ /* {procedure.name} */", *(f"    {one}" for one in inside), "}"]
    used = identifiers(lines)
    return [*(f"const size_t {name} = sizes->{name};" for name, _ in program.sizes if name in used), *lines]


def _procedure(program: Program, procedure: Procedure, printer: Printer, common: dict[str, str]) -> _Procedure:
    members = {b.name: group.name for group in groups(program) for b in group.buffers}
    touched = [b for b in program.buffers if b.name in procedure.arguments]
    structs = [group.name for group in groups_of(program, procedure)]
    return _Procedure(
        name=procedure.name,
        declaration=_declaration(program, procedure, common),
        ready=declared(
            f"static {common['stem']}_status {procedure.name}_is_ready(", _parameters(program, procedure, common)
        ),
        arguments=", ".join(("sizes", *structs, "work")),
        any_null=" || ".join(f"{name} == NULL" for name in (*structs, "work")),
        any_array_null=_wrapped([f"{members[b.name]}->{b.name} == NULL" for b in touched]),
        call=_call(program, procedure),
        parts=parts(program, procedure, printer.procedure(procedure)),
        work=_multiplications(program, procedure),
    )


def _call(program: Program, procedure: Procedure | None) -> str:
    """Return the members of a call, but for what it does."""
    names = ("sizes", *(group.name for group in groups_of(program, procedure)), "work")
    return ", ".join(f".{name} = {name}" for name in names)


def _multiplications(program: Program, procedure: Procedure) -> tuple[str, ...]:
    first, *others = work(program, procedure)
    lines = [f"return {first}", *(f"       + {one}" for one in others)]
    words = identifiers(lines)
    used = [f"const double {name} = (double)sizes->{name};" for name, _ in program.sizes if name in words]
    return *(used or ["(void)sizes;"]), *lines[:-1], f"{lines[-1]};"


def _wrapped(conditions: list[str]) -> str:
    return " ||\n        ".join(" || ".join(conditions[start : start + 4]) for start in range(0, len(conditions), 4))


def _is_used(template: str, words: set[str]) -> bool:
    names = {"vectors": "first_vector", "independent": "INDEPENDENT", "lanes_of_sums": "LANES_OF_SUMS"}
    return names.get(template, template) in words


def _combined(program: Program, common: dict[str, str]) -> dict[str, str]:
    return {"declaration": _declaration(program, None, common), "call": _call(program, None)}
