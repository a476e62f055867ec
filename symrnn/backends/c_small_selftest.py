"""The self-test of C for small devices: a `main` for the machine it is developed on, or for the device if that can print."""

from __future__ import annotations

from collections.abc import Mapping

from symrnn.backends.c_selftest import DIFFERENCES, comparisons, filling, objective, sums_helper
from symrnn.backends.c_small_memory import WORKSPACE, structs, taken
from symrnn.backends.interface import combined_name
from symrnn.ir.buffers import OWN
from symrnn.ir.nodes import Procedure, Program, Windows
from symrnn.ir.walk import compounds
from symrnn.rendering import render


def selftest(program: Program, sizes: Mapping[str, int], common: Mapping[str, str], dtype: str) -> str:
    """Return the source of the self-test; `common` holds the names that all emitted C files share."""
    stem, upper = common["stem"], common["upper"]
    inside = {buffer.name: one.name for one in structs(program) for buffer in one.buffers if buffer.role not in OWN}

    def place(name: str) -> str:
        return f"data.{inside[name]}.{name}"

    found = structs(program)
    calls = _calls(program, stem)
    distance, tolerance = DIFFERENCES[dtype]
    return render(
        "c/small/test.c.j2",
        **common,
        distance=distance,
        tolerance=tolerance,
        sizes=[f"{name} = {upper}_{name}," for name in sizes],
        objects=[f"{stem}_{one.name} {one.name};" for one in found if one.name != WORKSPACE],
        work=[f"static {stem}_{one.name} work;" for one in found if one.name == WORKSPACE],
        helpers=sums_helper(program),
        calls={**calls, "run": f"{calls['forward']};"},
        objective=objective(program, place),
        filling=filling(program, place),
        comparisons=_comparisons(program, sizes, comparisons(program, place)),
    )


def _calls(program: Program, stem: str) -> dict[str, str]:
    def call(name: str, *procedures: Procedure) -> str:
        given = ("work" if one.name == WORKSPACE else f"data.{one.name}" for one, _ in taken(program, *procedures))
        return f"{stem}_{name}({', '.join(f'&{one}' for one in given)})"

    forward, backward = program.forward, program.backward
    return {
        "forward": call("forward", forward),
        "backward": call("backward", backward),
        "combined": call(combined_name(program), forward, backward),
    }


def _comparisons(program: Program, sizes: Mapping[str, int], lines: list[str]) -> list[str]:
    """Return the comparisons, or what is said instead where the gradient is truncated: it is not that of the loss then."""
    windows = [one for one in compounds(program.backward.body) if isinstance(one, Windows)]
    if all(one.span.value(sizes) >= sizes[one.length] for one in windows):
        return lines
    return ["(void)compare;", 'printf("        the gradient is truncated: it is not compared with differences\\n");']
