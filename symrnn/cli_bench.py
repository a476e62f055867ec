"""The command line of `symrnn bench`: arguments only. Nothing heavy is imported before a command runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from symrnn.options import CONTEXT, Command


@click.group(context_settings=CONTEXT)
def bench() -> None:
    """Measure symrnn itself.

    \b
    Example:  symrnn bench derive
    """


@bench.command("derive", cls=Command)
@click.option("--repeat", default=20, show_default=True, type=click.IntRange(1, 10000))
def bench_derive(repeat: int) -> None:
    """Measure how long a derivation takes, for every built-in cell and for growing numbers of equations.

    \b
    Example:  symrnn bench derive
    """
    from symrnn.bench.derive import derive as measure

    for line in measure(repeat):
        click.echo(line)


@bench.command("cells", cls=Command)
@click.option("--steps", default=5, show_default=True, type=click.IntRange(1, 1000), help="T, the number of steps.")
def bench_cells(steps: int) -> None:
    """Measure the error of every gradient of every built-in cell, on NumPy and C, and the time of its derivation.

    \b
    Example:  symrnn bench cells
    """
    from symrnn.bench.cells import catalogue

    for line in catalogue(steps):
        click.echo(line)


@bench.command("prove", cls=Command)
@click.option("--cells", "chosen", default="", help="Names of cells, with commas; else all.")
@click.option("--head", default=None, help="For every cell; its usual one if not given.")
@click.option("--layers", default=1, show_default=True, type=click.IntRange(1, 64), help="How many layers of each.")
@click.option("--bidirectional", is_flag=True, help="In both directions.")
@click.option("--timeout", default=60.0, show_default=True, type=click.FloatRange(1), help="Seconds of coqc for each.")
def bench_prove(chosen: str, head: str | None, layers: int, bidirectional: bool, timeout: float) -> None:
    """Let the Coq kernel check the derivation of every built-in cell, and say how long it took.

    \b
    Example:  symrnn bench prove --cells rnn,gru,lstm
    """
    from symrnn.bench.prove import prove

    names = [name.strip() for name in chosen.split(",") if name.strip()]
    for line in prove(names, head, timeout, {"layers": layers, "bidirectional": bidirectional}):
        click.echo(line)


@bench.command("verify", cls=Command)
@click.option("--cells", "chosen", default="", help="Names of cells, with commas; else all.")
@click.option(
    "--per-cell", default=4, show_default=True, type=click.IntRange(1, 10000), help="Statements for each cell."
)
@click.option(
    "--seed", default=0, show_default=True, type=click.IntRange(0), help="Another one gives other statements."
)
@click.option(
    "--order", type=click.IntRange(1, 3), help="Only wrong statements with so many mistakes; else one to three."
)
@click.option("--jobs", default=2, show_default=True, type=click.IntRange(1, 64), help="Processes.")
@click.option("--json", "target", type=click.Path(path_type=Path), help="Write every statement with its verdict there.")
def bench_verify(chosen: str, per_cell: int, seed: int, order: int | None, jobs: int, target: Path | None) -> None:
    """Measure the verdicts: right statements and wrong ones about every cell, and what is said of each.

    \b
    Example:  symrnn bench verify --cells gru,lstm --per-cell 20
    """
    from symrnn import cells as catalogue
    from symrnn.bench import verify as measure
    from symrnn.files import write_all

    names = [name.strip() for name in chosen.split(",") if name.strip()]
    names = names or list(catalogue.names())
    rows = list(measure.run(names, per_cell, seed, (order,) if order else (1, 2, 3), jobs))
    for line in measure.report(rows):
        click.echo(line)
    if target is not None:
        write_all(target.parent, {target.name: measure.as_json(rows)})
    if any(row.is_false for row in rows):
        sys.exit(1)


@bench.command("passes", cls=Command)
@click.option("--cells", "chosen", default="rnn,gru,lstm", show_default=True, help="Names of cells, with commas.")
@click.option("--grid", default="", metavar="T,B,I,H;...", help="Sizes; else eight usual ones.")
@click.option("--backend", type=click.Choice(["c", "numpy"]), default="c", show_default=True)
@click.option("--dtype", type=click.Choice(["float32", "float64"]), default="float32", show_default=True)
@click.option("--seconds", default=5.0, show_default=True, type=click.FloatRange(0), help="Of a point.")
def bench_passes(**options: Any) -> None:
    """Measure what each pass brings: the time of code that is made without it, over that of code that is made with all.

    \b
    Example:  symrnn bench passes --cells lstm --grid "100,1,64,64;100,32,64,64"
    """
    from symrnn.bench.passes import measure

    for line in measure(**options):
        click.echo(line)


@bench.command("speed", cls=Command)
@click.option("--cells", "chosen", default="", help="Names of cells, with commas; else all that have peers.")
@click.option("--grid", default="", metavar="T,B,I,H;...", help="Sizes; else eight usual ones.")
@click.option("--backends", default="c,numpy", show_default=True, help="Which of ours.")
@click.option("--dtype", type=click.Choice(["float32", "float64"]), default="float32", show_default=True)
@click.option("--threads", default=1, show_default=True, type=click.IntRange(1, 1024), help="Cores for everybody.")
@click.option("--rounds", type=click.IntRange(3, 100000), help="Turns of everybody; 31 if not given.")
@click.option(
    "--seconds", type=click.FloatRange(0), help="Of a point, after which there are fewer rounds; 30 if not given."
)
@click.option("--clock", type=click.Choice(["wall", "cpu"]), default="wall", show_default=True)
@click.option(
    "--compile-seconds", default=0.0, type=click.FloatRange(0), help="For torch.compile of one point.  [0, not run]"
)
@click.option("--quick", is_flag=True, help="Small sizes and few rounds, to see whether it works.")
@click.option("--json", "target", type=click.Path(path_type=Path), help="Write everything that was measured there.")
@click.option(
    "--plot", "picture", type=click.Path(path_type=Path), help="Draw it there: .png, .svg or .pdf; needs matplotlib."
)
def bench_speed(target: Path | None, picture: Path | None, **options: Any) -> None:
    """Measure emitted code, forward and backward with every gradient, beside PyTorch, JAX and the limit of the machine.

    Everybody computes the same function of the same numbers, checked before it is timed, and has its turn in every round, in one
    process on one core. Ratios are medians over rounds. The limit is what the core was measured to multiply, read and compute at
    most in the same run.

    \b
    Examples:  symrnn bench speed --quick
               symrnn bench speed --cells lstm --grid "100,1,64,64;100,32,64,64" --json speed.json --plot speed.png
    """
    from symrnn.bench.speed import command
    from symrnn.files import write_all

    if picture is not None:
        from symrnn.bench.speed import plot

        plot.expect(picture)
    found = command.measured(command.job(**options), click.echo)
    if target is not None:
        write_all(target.parent, {target.name: command.as_json(found)})
    if picture is not None:
        write_all(picture.parent, {picture.name: plot.drawn(found, picture.suffix)})
