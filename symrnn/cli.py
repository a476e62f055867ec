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
MODES = ("many-to-many", "many-to-one", "one-to-many", "one-to-one", "encoder-decoder")
Options = dict[str, Any]


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


_COMPOSITION = (
    click.option(
        "--head",
        "--loss",
        metavar="HEAD",
        default=None,
        help="What is put on the last layer, or none; softmax-cross-entropy unless the cell names another. See symrnn cells.",
    ),
    click.option("--layers", default=1, type=click.IntRange(1, 64), help="How many layers of the cell.  [1]"),
    click.option(
        "--on", "above", multiple=True, metavar="CELL", help="Another cell on top, a layer of its own; repeatable."
    ),
    click.option("--bidirectional", is_flag=True, help="Every layer reads the sequence in both directions."),
    click.option("--mode", default="many-to-many", type=click.Choice(MODES), help="What goes in and comes out."),
    click.option(
        "--initial", default=None, type=click.Choice(("given", "zero", "learned")), help="Where states start."
    ),
    click.option("--masked", is_flag=True, help="Sequences of different lengths in one batch, told by a mask."),
    click.option("--weighted", is_flag=True, help="The loss of every step is multiplied by a given weight."),
    click.option("--feedback", is_flag=True, help="The output of a step is the next input."),
    click.option(
        "--decoder", multiple=True, metavar="CELL", help="A layer of the decoder, with --mode encoder-decoder."
    ),
    click.option(
        "--context", default="initial", type=click.Choice(("initial", "every-step")), help="What a decoder reads."
    ),
    click.option("--tie", "tied", multiple=True, metavar="W=V", help="Use the parameter W, or W.T, in the place of V."),
    click.option(
        "--truncate",
        default=None,
        type=click.Choice(("window", "chunk")),
        help="Truncate the gradient: per loss, or in chunks; the code is given K, or K1 and K2.",
    ),
)
_STEPS = click.IntRange(min=1)
_CUT = (
    click.option("--k", type=_STEPS, help="Steps of a window, with --truncate window.  [3]"),
    click.option("--k1", type=_STEPS, help="Steps of a chunk, with --truncate chunk.  [2]"),
    click.option("--k2", type=_STEPS, help="Steps that the losses of a chunk reach back from its end.  [3]"),
)


def _composition(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say how cells become a network."""
    for option in reversed(_COMPOSITION):
        command = option(command)
    return command


def _cut(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say after how many steps a truncated gradient is cut in a check."""
    for option in reversed(_CUT):
        command = option(command)
    return command


def _network(cell: str, options: Options) -> Any:
    from symrnn import driver

    above = options.pop("above")
    if above and options["layers"] > 1:
        raise click.UsageError("--on names the layers one by one; --layers repeats one cell: use one of them")
    for pair in options["tied"]:
        if pair.count("=") != 1:
            raise click.UsageError(f"--tie {pair}: write two names with one =, such as W_hh_1=W_hh_2")
    tied = [tuple(pair.split("=")) for pair in options.pop("tied")]
    return driver.network([cell, *above] if above else cell, tied=tied, **options)


@main.command(cls=_Command, short_help="The catalogue of cells and heads.")
@click.argument("words", nargs=-1, metavar="[WORD]...")
def cells(words: tuple[str, ...]) -> None:
    """Print the catalogue of cells and heads; with words, the entries that have every one of them, and where they are from.

    \b
    Examples:  symrnn cells
               symrnn cells lstm
               symrnn cells 2024
    """
    from symrnn import report

    report.catalogue(words)


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
@_composition
@click.option(
    "--format", "form", type=click.Choice(["latex", "html", "markdown", "text"]), default="text", show_default=True
)
@click.option("--of", "name", default=None, help="Write out the gradient of one parameter for --steps steps instead.")
@click.option("--steps", default=None, type=click.IntRange(1, 6), help="How many steps, with --of; 3 if not given.")
@click.option(
    "--out", type=click.Path(path_type=Path), default=None, help="Write into this folder instead of printing."
)
def derive(cell: str, form: str, name: str | None, steps: int | None, out: Path | None, **options: Any) -> None:
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
    derived = driver.derive(_network(cell, options))
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
@_composition
@click.option("--backend", type=click.Choice(["all", "numpy", "c"]), default="all", show_default=True)
@click.option("--dtype", type=click.Choice(["all", "float64", "float32"]), default="all", show_default=True)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=None,
    help="The folder to write into; symrnn-out/NAME if not given.",
)
def emit(cell: str, backend: str, dtype: str, out: Path | None, **options: Any) -> None:
    """Write gradient code for a cell.

    \b
    Example:  symrnn emit rnn --backend c --dtype float32 --out src
    """
    from symrnn import driver
    from symrnn.files import write_all

    net = _network(cell, options)
    folder = out or Path("symrnn-out") / net.name
    for path in write_all(folder, driver.emit(driver.derive(net), backend, dtype)):
        click.echo(path)


@main.command(cls=_Command, short_help="Compare every gradient with numerical differentiation.")
@_cell
@_composition
@_cut
@click.option("--backend", type=click.Choice(["all", "numpy", "c"]), default="all", show_default=True)
@click.option("--steps", default=5, show_default=True, type=click.IntRange(1, 1000), help="T, the number of steps.")
@click.option("--batch", default=2, show_default=True, type=click.IntRange(1, 1000), help="B, the number of sequences.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0), help="Of the random data.")
def check(cell: str, backend: str, steps: int, batch: int, seed: int, **options: Any) -> None:
    """Compare every gradient of the emitted code with numerical differentiation; exit 1 if one is off, 3 if none was checked.

    \b
    Examples:  symrnn check rnn --steps 50
               symrnn check gru --truncate chunk --k1 2 --k2 4
    """
    from symrnn import driver, report

    cut = {name: options.pop(name) for name in ("k", "k1", "k2")}
    found = driver.check(driver.derive(_network(cell, options)), backend, steps, batch, seed, **cut)
    report.table(found)
    if not found.passed:
        sys.exit(1 if found.rows else 3)


@main.command(cls=_Command, short_help="All of it: documents, code, and the check.")
@_cell
@_composition
@_cut
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=None,
    help="The folder to write into; symrnn-out/NAME if not given.",
)
def make(cell: str, out: Path | None, **options: Any) -> None:
    """Derive, write the documents, emit NumPy and C, compile, run, and check every gradient.

    \b
    Examples:  symrnn make rnn
               symrnn make my.cell --head squared-error --out results
               symrnn make lstm --layers 2 --bidirectional --mode many-to-one
    """
    from symrnn import driver, report

    cut = {name: options.pop(name) for name in ("k", "k1", "k2")}
    net = _network(cell, options)
    folder = out or Path("symrnn-out") / net.name
    started = last = time.perf_counter()

    def say(stage: str, what: str) -> None:
        nonlocal last
        now = time.perf_counter()
        click.echo(f"{click.style(f'{stage:<7}', bold=True)} {what}  ({(now - last) * 1e3:.0f} ms)")
        last = now

    made = driver.make(net, folder, say, **cut)
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


@bench.command("cells", cls=_Command)
@click.option("--steps", default=5, show_default=True, type=click.IntRange(1, 1000), help="T, the number of steps.")
def bench_cells(steps: int) -> None:
    """Measure the error of every gradient of every built-in cell, on NumPy and C, and the time of its derivation.

    \b
    Example:  symrnn bench cells
    """
    from symrnn import bench as measure

    for line in measure.catalogue(steps):
        click.echo(line)
