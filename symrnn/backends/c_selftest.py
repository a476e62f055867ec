"""The emitted self-test: a plain `main` that needs no Python, so that sanitizers and valgrind can run it."""

from __future__ import annotations

from collections.abc import Callable

from symrnn.backends.c_interface import groups, groups_of
from symrnn.backends.interface import combined_name
from symrnn.ir.buffers import GIVEN, OWN, Buffer, Role, Size
from symrnn.ir.checkpoints import counted
from symrnn.ir.nodes import Program, Windows
from symrnn.ir.walk import compounds
from symrnn.rendering import render

_NUMBERS = (5, 2, 3, 4, 6, 7, 8, 9)  # pairwise different: equal sizes hide a missing transpose

_BEYOND = 100  # more than any loop has steps
_BLOCK = 2  # steps: several blocks, the last one shorter

# The best distance is about (rounding of f)^(1/3); the tolerances are about ten times the errors that remain.
DIFFERENCES = {"float64": ("1e-5", "1e-8"), "float32": ("1e-2", "5e-3")}

Place = Callable[[str], str]  # where the array of a buffer is


def _place(name: str) -> str:
    return f"data.{name}"


def selftest(program: Program, common: dict[str, str], dtype: str) -> str:
    """Return the source of the self-test; `common` holds the names that all emitted C files share."""
    distance, tolerance = DIFFERENCES[dtype]
    names = [name for name, _ in program.sizes]
    arrays = tuple(buffer for buffer in program.buffers if buffer.role not in OWN)
    return render(
        "c/test.c.j2",
        **common,
        distance=distance,
        tolerance=tolerance,
        numbers=", ".join(f"{name} = {number}" for name, number in _numbers(program)),
        arrays=[f"{buffer.name}[{_count(buffer)}]" for buffer in arrays],
        size_values=", ".join(f".{name} = {name}" for name in names),
        structs=[
            {"name": group.name, "fields": ", ".join(f".{b.name} = data.{b.name}" for b in group.buffers)}
            for group in groups(program)
        ],
        helpers=sums_helper(program),
        first=_first(program),
        calls=_calls(program, common["stem"]),
        objective=objective(program, _place),
        filling=filling(program, _place),
        comparisons=comparisons(program, _place),
    )


def _numbers(program: Program) -> list[tuple[str, int]]:
    """Return a number for each size; windows exceed every loop: the losses of several blocks reach back to the beginning.

    What the windows give together is the gradient then, which differences can be compared with.
    """
    every, spans = (
        {name for one in _windows(program) for name, _ in getattr(one, of).terms} for of in ("every", "span")
    )
    plain = [_NUMBERS[k] if k < len(_NUMBERS) else k + 2 for k in range(len(program.sizes))]
    found = {name: k for (name, _), k in zip(program.sizes, plain, strict=True)}
    found |= dict.fromkeys((one.count for one in counted(program)), _BLOCK)  # of different lengths
    found |= dict.fromkeys(every, _BLOCK) | {name: found[name] + _BEYOND for name in spans}
    return list(found.items())


def _windows(program: Program) -> list[Windows]:
    bodies = (program.forward.body, program.backward.body)
    return [one for body in bodies for one in compounds(body) if isinstance(one, Windows)]


def _first(program: Program) -> str:
    """Return a size that some array has."""
    arrays = (buffer for buffer in program.buffers if buffer.role not in OWN)
    lengths = {name for buffer in arrays for one in buffer.dims for name, _ in one.terms}
    return next(name for name, _ in program.sizes if name in lengths)


def _count(buffer: Buffer) -> str:
    return " * ".join(_factor(one) for one in buffer.dims) or "1"


def _factor(one: Size) -> str:
    return f"({one})" if " " in str(one) else str(one)


def _calls(program: Program, stem: str) -> dict[str, str]:
    def call(name: str, first: str, groups_taken: list[str]) -> str:
        return f"{stem}_{name}({', '.join((first, *groups_taken, 'work'))})"

    def taken(procedure_groups: tuple[str, ...]) -> list[str]:
        return [f"&{name}" for name in procedure_groups]

    forward = taken(tuple(group.name for group in groups_of(program, program.forward)))
    everything = taken(tuple(group.name for group in groups_of(program, None)))
    combined = combined_name(program)
    return {
        "forward": call("forward", "&sizes", forward),
        "backward": call("backward", "&sizes", everything),
        "combined": call(combined, "&sizes", everything),
        "bad": call(combined, "&bad", everything),
        "null": call(combined, "&sizes", ["NULL", *everything[1:]]),
        "run": f"if ({call('forward', '&sizes', forward)} != {stem.upper()}_OK)\n        abort();",
    }


def sums_helper(program: Program) -> list[str]:
    """Return the template of what makes targets sum to one, if there are any."""
    return ["c/normalise.c.j2"] if any(target.inner for target in program.having(Role.TARGET)) else []


def objective(program: Program, place: Place) -> list[str]:
    """Return the lines that add to `sum` what the gradients are of."""
    lines = [f"sum += (double){place(loss.name)}[0];" for loss in program.having(Role.LOSS)]
    for seed in program.having(Role.SEED):
        output = program.buffer(seed.name[1:])
        initial = f"{_count(output)} - {_count(seed)}"
        lines += [
            f"for (size_t at = 0; at < {_count(seed)}; ++at)",
            f"    sum += (double){place(seed.name)}[at] * (double){place(output.name)}[{initial} + at];",
        ]
    return lines


def filling(program: Program, place: Place) -> list[str]:
    """Return the lines that give every array that is read its numbers."""
    lines = []
    for position, buffer in enumerate(program.having(*GIVEN, Role.SEED)):
        lines.append(f"fill({place(buffer.name)}, {_count(buffer)}, {position + 1}u);")
        if buffer.usual is not None:
            lines[-1] = (
                f"for (size_t at = 0; at < {_count(buffer)}; ++at) {place(buffer.name)}[at] = (real){buffer.usual!r};"
            )
        if buffer.role is Role.TARGET and buffer.inner:
            columns = _factor(buffer.dims[-1])
            lines.append(f"normalise({place(buffer.name)}, ({_count(buffer)}) / {columns}, {columns});")
    return lines


def comparisons(program: Program, place: Place) -> list[str]:
    """Return the lines that compare every gradient with differences; `before` has what `data` has, by the same names."""

    def before(name: str) -> str:
        return place(name).replace("data", "before", 1)

    return [
        f'compare("{g.name} agrees with differences", {place(g.name[1:])}, {before(g.name)}, {_count(g)});'
        for g in program.having(Role.GRADIENT)
    ]
