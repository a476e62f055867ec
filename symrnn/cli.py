"""The command line: arguments only. Every command calls `symrnn.driver` and prints what came back.

Nothing heavy is imported before a command runs, so that `symrnn --help` answers at once.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from symrnn import __version__
from symrnn.errors import SymrnnError

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
HEADS = ("none", "linear", "squared-error", "softmax-cross-entropy", "softmax-cross-entropy-transposed")


class _Command(click.Command):
    """A command whose errors are one line for whoever typed it, and whose examples keep their lines."""

    def invoke(self, context: click.Context) -> Any:
        """Run the command; what its user can mend becomes one message and exit status 2."""
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="replace")  # a terminal that cannot show a sign shows a question mark
        try:
            return super().invoke(context)
        except SymrnnError as error:
            message = str(error)
        except MemoryError:
            message = "not enough memory for these sizes; take smaller ones"
        except OSError as error:
            if isinstance(error, BrokenPipeError):
                raise
            message = f"cannot write the output: {error.strerror}"
        click.echo(f"symrnn: {message}", err=True)
        context.exit(2)


@click.group(context_settings=CONTEXT)
@click.version_option(__version__, prog_name="symrnn")
def main() -> None:
    """Write a recurrence once; get its gradients derived, emitted as NumPy and C, and checked.

    \b
    symrnn make rnn            everything: documents, code, and the check of every gradient
    symrnn derive my.cell      the derivation of your own cell
    """


def _cell(command: Callable[..., None]) -> Callable[..., None]:
    return click.argument("cell", metavar="CELL")(command)


def _head(command: Callable[..., None]) -> Callable[..., None]:
    return click.option(
        "--head",
        type=click.Choice(HEADS),
        default=None,
        help="What is put on the cell; softmax with cross-entropy unless the cell names another.",
    )(command)


@main.command(cls=_Command, short_help="List the built-in cells and heads.")
def cells() -> None:
    """List the built-in cells and heads.

    \b
    Example:  symrnn cells
    """
    from symrnn import cells as catalogue

    for title, names, load in (
        ("cells", catalogue.names(), catalogue.load),
        ("heads", catalogue.heads(), catalogue.load_head),
    ):
        click.secho(title, bold=True)
        width = max(map(len, names))
        for name in names:
            click.echo(f"  {name.replace('_', '-') if title == 'heads' else name:<{width}}  {load(name).title}")


@main.command(cls=_Command, short_help="Print a cell as it was understood.")
@_cell
def show(cell: str) -> None:
    """Print a cell as it was understood: sizes, shapes, and every intermediate named.

    \b
    Example:  symrnn show rnn
    """
    from symrnn import cells as catalogue
    from symrnn.language.write import cell_text
    from symrnn.model.naming import name_intermediates

    found = catalogue.find(cell)
    click.echo(cell_text(found).rstrip())
    click.echo("\nevery intermediate named, with shapes:")
    for line in name_intermediates(found).equations:
        click.echo(f"  {line.target!r} = {line.expr!r}    ({line.target.shape[0]}, {line.target.shape[1]})")


@main.command(cls=_Command, short_help="Derive every gradient; print or write it.")
@_cell
@_head
@click.option(
    "--format", "form", type=click.Choice(["latex", "html", "markdown", "text"]), default="text", show_default=True
)
@click.option("--of", "name", default=None, help="Write out the gradient of one parameter for --steps steps instead.")
@click.option("--steps", default=None, type=click.IntRange(1, 6), help="How many steps, with --of; 3 if not given.")
@click.option(
    "--out", type=click.Path(path_type=Path), default=None, help="Write into this folder instead of printing."
)
def derive(cell: str, head: str | None, form: str, name: str | None, steps: int | None, out: Path | None) -> None:
    """Derive every gradient of a cell, and print or write the derivation.

    \b
    Examples:  symrnn derive rnn
               symrnn derive rnn --format html --out derivation
               symrnn derive rnn --of W_hh --steps 3
    """
    from symrnn import driver, report
    from symrnn.files import write_all

    if name is not None and form != "text":
        raise click.UsageError("--of prints text; the documents hold the gradient written out for T = 3")
    derived = driver.derive(cell, head)
    if name is not None:
        files = {f"{name}.txt": report.unrolled(derived, name, steps or 3) + "\n"}
    elif steps is not None:
        raise click.UsageError("--steps goes with --of; the derivation holds for every number of steps")
    elif form == "text":
        files = {"derivation.txt": report.derivation(derived) + "\n"}
    else:
        files = driver.written(driver.document(derived), form)
    if out is None:
        click.echo(next(iter(files.values())), nl=False)
        return
    for path in write_all(out, files):
        click.echo(path)


@main.command(cls=_Command, short_help="Write gradient code in NumPy and C.")
@_cell
@_head
@click.option("--backend", type=click.Choice(["all", "numpy", "c"]), default="all", show_default=True)
@click.option("--dtype", type=click.Choice(["all", "float64", "float32"]), default="all", show_default=True)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=None,
    help="The folder to write into; symrnn-out/CELL if not given.",
)
def emit(cell: str, head: str | None, backend: str, dtype: str, out: Path | None) -> None:
    """Write gradient code for a cell.

    \b
    Example:  symrnn emit rnn --backend c --dtype float32 --out src
    """
    from symrnn import driver
    from symrnn.files import write_all

    folder = out or Path("symrnn-out") / Path(cell).stem
    for path in write_all(folder, driver.emit(driver.derive(cell, head), backend, dtype)):
        click.echo(path)


@main.command(cls=_Command, short_help="Compare every gradient with numerical differentiation.")
@_cell
@_head
@click.option("--backend", type=click.Choice(["all", "numpy", "c"]), default="all", show_default=True)
@click.option("--steps", default=5, show_default=True, type=click.IntRange(1, 1000), help="T, the number of steps.")
@click.option("--batch", default=2, show_default=True, type=click.IntRange(1, 1000), help="B, the number of sequences.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0), help="Of the random data.")
def check(cell: str, head: str | None, backend: str, steps: int, batch: int, seed: int) -> None:
    """Compare every gradient of the emitted code with numerical differentiation; exit 1 if one is off, 3 if none was checked.

    \b
    Example:  symrnn check rnn --steps 50
    """
    from symrnn import driver, report

    found = driver.check(driver.derive(cell, head), backend, steps, batch, seed)
    report.table(found)
    if not found.passed:
        sys.exit(1 if found.rows else 3)


@main.command(cls=_Command, short_help="All of it: documents, code, and the check.")
@_cell
@_head
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=None,
    help="The folder to write into; symrnn-out/CELL if not given.",
)
def make(cell: str, head: str | None, out: Path | None) -> None:
    """Derive, write the documents, emit NumPy and C, compile, run, and check every gradient.

    \b
    Examples:  symrnn make rnn
               symrnn make my.cell --head squared-error --out results
    """
    from symrnn import driver, report

    folder = out or Path("symrnn-out") / Path(cell).stem
    started = last = time.perf_counter()

    def say(stage: str, what: str) -> None:
        nonlocal last
        now = time.perf_counter()
        click.echo(f"{click.style(f'{stage:<7}', bold=True)} {what}  ({(now - last) * 1e3:.0f} ms)")
        last = now

    made = driver.make(cell, head, folder, say)
    report.made(made, time.perf_counter() - started)
    if not made.report.passed:
        sys.exit(1)


@main.group(context_settings=CONTEXT)
def bench() -> None:
    """Measure symrnn itself.

    \b
    Example:  symrnn bench derive
    """


@bench.command("derive", cls=_Command)
@click.option("--repeat", default=20, show_default=True, type=click.IntRange(1, 10000))
def bench_derive(repeat: int) -> None:
    """Measure how long a derivation takes, for every built-in cell and for growing numbers of equations.

    \b
    Example:  symrnn bench derive
    """
    from symrnn import bench as measure

    for line in measure.derive(repeat):
        click.echo(line)
