"""The table of what each pass brings. No time is asserted."""

from __future__ import annotations

from dataclasses import replace

import pytest
from click.testing import CliRunner

from symrnn.bench import passes
from symrnn.cli import main
from symrnn.errors import SymrnnError
from symrnn.ir.nodes import Map, Number, Program, Ref
from symrnn.passes import FOR


@pytest.mark.parametrize("backend", FOR)
def test_every_pass_is_left_out_once(backend) -> None:
    found = passes.ways(backend)
    names = {one.__name__ for one in FOR[backend]} - {"drop_dead"}
    assert set(found) == {passes.ALL, *names}
    assert all(name not in {one.__name__ for one in found[name]} for name in names)


def test_the_command_prints_a_row_for_every_point() -> None:
    arguments = [
        "bench",
        "passes",
        "--cells",
        "rnn",
        "--grid",
        "3,2,4,5;1,1,2,3",
        "--backend",
        "numpy",
        "--seconds",
        "0",
    ]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.output
    head, first, second, means = done.output.splitlines()
    assert head.split()[:4] == ["cell", "T,B,I,H", "ms", "share"]
    assert first.split()[:2] == ["rnn", "3,2,4,5"] and second.split()[1] == "1,1,2,3" and "geometric mean" in means
    assert len(first.split()) == len(head.split())


def test_code_with_other_gradients_is_not_timed(monkeypatch) -> None:
    def spoil(program: Program) -> Program:
        """Write 0 into a gradient at last: without it, gradients are others than with it."""
        body = (*program.backward.body, Map(Ref("dh0"), Number(0)))
        return replace(program, backward=replace(program.backward, body=body))

    monkeypatch.setitem(FOR, "numpy", (*FOR["numpy"], spoil))
    with pytest.raises(SymrnnError, match="without spoil the gradients are others"):
        list(passes.measure("rnn", "2,2,3,4", "numpy", seconds=0))
