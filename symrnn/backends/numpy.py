"""A program as one file of NumPy that needs nothing else, written to be read beside the derivation."""

from __future__ import annotations

import re
from dataclasses import dataclass

from symrnn.backends.interface import (
    combined_name,
    description,
    equation_lines,
    results,
    shape_table,
    size_lines,
    source_lines,
)
from symrnn.backends.names import plain, spelled
from symrnn.backends.numpy_heads import most_steps
from symrnn.backends.numpy_statements import scratch_is_consistent, whole
from symrnn.errors import IRError
from symrnn.ir.buffers import CHUNK, GIVEN, OWN, Buffer, Role
from symrnn.ir.nodes import Chunks, Procedure, Program
from symrnn.ir.shapes import Dims, Fixing, fixings, given_sizes_used, show
from symrnn.ir.validate import validate
from symrnn.ir.walk import arguments_read, arguments_written, compounds, workspace
from symrnn.rendering import render

_FUNCTIONS = (
    "check_size",
    "sigmoid",
    "relu",
    "step",
    "softplus",
    "scan",
)  # what NumPy lacks: templates/numpy/<name>.py


@dataclass(frozen=True, slots=True)
class _Function:
    """What the template prints of one procedure: lines of source, nothing left to decide."""

    name: str
    arguments: tuple[str, ...]
    about: str
    sizes: tuple[str, ...]
    checks: tuple[str, ...]
    marks: tuple[str, ...]
    passed: str
    results: tuple[str, ...]
    written: str
    memory: tuple[str, ...]
    once: tuple[str, ...]
    body: tuple[str, ...]
    type: str
    own: str
    result: str


def files(program: Program, dtype: str = "float64") -> dict[str, str]:
    """Return the emitted file, `<name>.py`: its text works in the precision of the arrays that it is given.

    `dtype` is accepted so that all backends are called alike; the text does not depend on it.

    Raises:
        IRError: the program is not well formed, or uses a name that the emitted code needs.
    """
    program = spelled(validate(program))
    forward = _function(program, program.forward, "Kept")
    backward = _function(program, program.backward, "Gradients")
    text = render(
        "numpy/program.py.j2",
        title=plain(program.title),
        documentation=_documentation(program),
        kept=_fields(results(program)),
        gradients=_fields(program.having(Role.GRADIENT)),
        helpers=_helpers(forward.sizes + forward.body + backward.sizes + backward.body),
        functions=(forward, backward),
        combined=_combined(program),
    )
    return {f"{program.name}.py": text}


def _documentation(program: Program) -> list[str]:
    paragraphs = (
        source_lines(program),
        _indented(equation_lines(program)),
        [_sizes_heading(program)],
        _indented(size_lines(program)),
        ["Arrays are all float32 or all float64, indexed as below; what is given is never changed:"],
        _indented(shape_table(program.having(*GIVEN, Role.SEED))),
        ["Infinity and NaN are results here, as in C, not warnings."],
    )
    return [line for paragraph in paragraphs if paragraph for line in ("", *paragraph)]


def _sizes_heading(program: Program) -> str:
    if not program.given_sizes:
        return "Sizes, read off the shapes:"
    return f"Sizes, read off the shapes, but for {', '.join(program.given_sizes)}, which the caller gives:"


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def _function(program: Program, procedure: Procedure, result: str) -> _Function:
    read, written = arguments_read(program, procedure), arguments_written(program, procedure)
    given = given_sizes_used(program, procedure)
    code = whole(program, procedure, depth=3)
    if not scratch_is_consistent(code):
        raise IRError(
            f"{program.name}: two scratch arrays get one name: rename the size that looks like a sum (`IpH`)."
        )
    loss = next((buffer.name for buffer in written if buffer.role is Role.LOSS), "")
    names = tuple(one.name for one in read)
    return _Function(
        name=procedure.name,
        arguments=(*_argument_lines(read), *_size_arguments(program, given)),
        marks=() if given else ("*,",),
        passed=", ".join((*names, *(f"{one}={one}" for one in given))),
        about=plain(procedure.about) or f"Return {', '.join(buffer.name for buffer in written)}.",
        sizes=(
            *(f'{name} = _check_size("{name}", {name})' for name in given),
            *_size_lines(fixings(program, procedure, read), program),
        ),
        checks=(
            f"dtype = {read[0].name}.dtype",
            *(f'_check("{b.name}", {b.name}, {_shape(b.dims)}, dtype)' for b in read),
        ),
        memory=(
            *_chunk_lines(procedure),
            *(_allocation(b.name, b.dims) for b in workspace(program, procedure, OWN)),
            *(_allocation(name, inner) for name, inner in code.scratch),
        ),
        results=tuple(f"{b.name}=np.empty({_shape(b.dims)}, dtype)," for b in written),
        written="".join(f"{b.name}, " for b in written).removesuffix(" " if len(written) == 1 else ", "),
        once=tuple(line for statement in code.once for line in statement),
        body=code.lines or ("            pass",),
        type=result,
        own=result.lower(),
        result=f"{result.lower()}._replace({loss}={result.lower()}.{loss}[()])" if loss else result.lower(),
    )


def _chunk_lines(procedure: Procedure) -> list[str]:
    """Return the line that says how many steps the longest chunk has."""
    found = dict.fromkeys(most_steps(one) for one in compounds(procedure.body) if isinstance(one, Chunks))
    return (
        [f"{CHUNK} = max({', '.join(found)})" if len(found) > 1 else f"{CHUNK} = {next(iter(found))}"] if found else []
    )


def _argument_lines(buffers: tuple[Buffer, ...]) -> tuple[str, ...]:
    names = max(len(buffer.name) for buffer in buffers) + 1
    shapes = max(len(show(buffer.dims)) for buffer in buffers)
    return tuple(f"{b.name + ',':<{names}}  # {show(b.dims):<{shapes}}  {description(b)}" for b in buffers)


def _size_arguments(program: Program, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the lines of sizes that the caller gives, which are told by name."""
    about = dict(program.sizes)
    return ("*,", *(f"{name},  # at least 1: {plain(about[name])}" for name in names)) if names else ()


def _fields(buffers: tuple[Buffer, ...]) -> list[str]:
    names = max((len(buffer.name) for buffer in buffers), default=0)
    shapes = max((len(show(buffer.dims)) for buffer in buffers), default=0)
    return [
        f"{b.name}: np.ndarray{' ' * (names - len(b.name))}  # {show(b.dims):<{shapes}}  {description(b)}"
        for b in buffers
    ]


def _size_lines(found: tuple[Fixing, ...], program: Program) -> tuple[str, ...]:
    """Return lines that read the sizes off the shapes: `T, B, I = x.shape` where a shape gives nothing but sizes."""
    lines: list[str] = []
    done: set[str] = set()
    for fixing in found:
        together = [one for one in found if one.buffer == fixing.buffer and one.is_plain]
        if fixing.size in done:
            continue
        if fixing.is_plain and len(together) == len(program.buffer(fixing.buffer).dims):
            lines.append(
                f"{', '.join(one.size for one in together)}{',' * (len(together) == 1)} = {fixing.buffer}.shape"
            )
            done |= {one.size for one in together}
        else:
            lines.append(_solution(fixing))
    return tuple(lines)


def _solution(fixing: Fixing) -> str:
    length, rest = f"{fixing.buffer}.shape[{fixing.axis}]", str(fixing.rest)
    if fixing.is_plain:
        return f"{fixing.size} = {length}"
    difference = length if rest == "0" else f"{length} - ({rest})" if " " in rest else f"{length} - {rest}"
    if fixing.count == 1:
        return f"{fixing.size} = {difference}"
    return f"{fixing.size} = ({difference}) // {fixing.count}"


def _allocation(name: str, inner: Dims) -> str:
    return f"{name} = np.empty({_shape(inner)}, dtype)"


def _shape(inner: Dims) -> str:
    return f"({inner[0]},)" if len(inner) == 1 else show(inner)


def _helpers(lines: tuple[str, ...]) -> list[str]:
    words = set(re.findall(r"\w+", "\n".join(line for line in lines if not line.lstrip().startswith("#"))))
    return [f"numpy/{name}.py" for name in _FUNCTIONS if f"_{name}" in words]


def _combined(program: Program) -> dict[str, object]:
    given = [b.name for b in program.having(*GIVEN, Role.SEED) if b.name in _read_names(program)]
    forward = [buffer.name for buffer in arguments_read(program, program.forward)]
    backward = arguments_read(program, program.backward)
    passed = [b.name if b.role in GIVEN or b.role is Role.SEED else f"kept.{b.name}" for b in backward]
    sizes = {one.name: given_sizes_used(program, one) for one in (program.forward, program.backward)}
    needed = tuple(name for name, _ in program.sizes if any(name in names for names in sizes.values()))
    loss = program.loss
    return {
        "name": combined_name(program),
        "arguments": (
            *_argument_lines(tuple(program.buffer(name) for name in given)),
            *_size_arguments(program, needed),
        ),
        "about": "Return the loss and its gradients."
        if loss
        else "Return the gradients of Σ (given adjoint ∘ output).",
        "forward": ", ".join((*forward, *(f"{name}={name}" for name in sizes["forward"]))),
        "backward": ", ".join((*passed, *(f"{name}={name}" for name in sizes["backward"]))),
        "result": f"kept.{loss.name}, gradients" if loss else "gradients",
    }


def _read_names(program: Program) -> set[str]:
    return {b.name for procedure in (program.forward, program.backward) for b in arguments_read(program, procedure)}
