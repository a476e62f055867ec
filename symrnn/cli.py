"""The command line: arguments only. Every command calls `symrnn.driver` and prints what came back.

Nothing heavy is imported before a command runs, so that `symrnn --help` answers at once.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import click

from symrnn import __version__
from symrnn.cli_bench import bench
from symrnn.cli_prove import prove
from symrnn.errors import SymrnnError
from symrnn.options import (
    CONTEXT,
    Command,
    backend_option,
    cell_argument,
    checkpoint_options,
    composed,
    composition,
    cut_options,
    given,
    size_option,
)


@click.group(context_settings=CONTEXT)
@click.version_option(__version__, prog_name="symrnn")
def main() -> None:
    """Write a recurrence once; get its gradients derived, emitted as NumPy and C, and checked.

    \b
    symrnn make rnn            everything: documents, code, and the check of every gradient
    symrnn derive my.cell      the derivation of your own cell
    symrnn verify notes.tex    right or wrong, where, why, and the repair
    """


@main.command(cls=Command, short_help="The catalogue of cells and heads.")
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


@main.command(cls=Command, short_help="Print a cell as it was understood.")
@cell_argument
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


@main.command(cls=Command, short_help="Derive every gradient; print or write it.")
@cell_argument
@composition
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
    derived = driver.derive(composed(cell, options))
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


@main.command(cls=Command, short_help="Write gradient code in NumPy and C.")
@cell_argument
@composition
@backend_option
@click.option("--dtype", type=click.Choice(["all", "float64", "float32"]), default="all", show_default=True)
@size_option
@checkpoint_options
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=None,
    help="The folder to write into; symrnn-out/NAME if not given.",
)
def emit(cell: str, backend: str, dtype: str, sizes: dict[str, int], out: Path | None, **options: Any) -> None:
    """Write gradient code for a cell.

    c-small is C for microcontrollers: fixed sizes, no heap, no library; the bytes of its code are printed.

    \b
    Examples:  symrnn emit rnn --backend c --dtype float32 --out src
               symrnn emit rnn --backend c-small --size T=20 --size B=1 --size I=6 --size H=16 --size O=4
               symrnn emit lstm --checkpoint "20 MB" --at T=10000,B=8,I=32,H=128,O=10
    """
    from symrnn import driver, report
    from symrnn.files import write_all

    where, at = options.pop("checkpoint"), options.pop("at")
    derived = driver.derive(composed(cell, options))
    folder = out or Path("symrnn-out") / derived.network.name
    files = driver.emit(derived, backend, dtype, sizes, checkpoint=where)
    told = driver.checkpoints(derived, where, at, dtype) if where or at else ""
    for path in write_all(folder, files):
        click.echo(path)
    if told:
        click.echo(told)
    if sizes:
        report.code_sizes(files)


@main.command(cls=Command, short_help="Compare every gradient with numerical differentiation.")
@cell_argument
@composition
@cut_options
@backend_option
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
    found = driver.check(driver.derive(composed(cell, options)), backend, steps, batch, seed, **cut)
    report.table(found)
    if not found.passed:
        sys.exit(1 if found.rows else 3)


@main.command(cls=Command, short_help="All of it: documents, code, and the check.")
@cell_argument
@composition
@cut_options
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
    net = composed(cell, options)
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


@main.command(cls=Command, short_help="Say of a hand derivation what is right and what is wrong.")
@click.argument("file", metavar="FILE")
@click.option("--cell", metavar="CELL", help="What it is about; without it, the forward equations of the text say so.")
@composition
@click.option("--let", "lets", multiple=True, metavar="X=Y", help='A definition, "delta_t = dL/dh_t"; repeatable.')
@click.option(
    "--name", "names", multiple=True, metavar="THEIRS=OURS", help='What a name of theirs is, "W=W_hh"; repeatable.'
)
@click.option("--sums-to-one", multiple=True, metavar="NAME", help="A target of the text whose entries sum to one.")
@click.option("--format", "form", type=click.Choice(["text", "html", "json"]), default="text", show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="Write into this file instead of printing.")
@click.option("-v", "--verbose", is_flag=True, help="How every statement was read and proved.")
def verify(file: str, cell: str | None, names: tuple[str, ...], **options: Any) -> None:
    """Judge every statement of a hand derivation: proved, or refuted with a counterexample, the mistake and the repair.

    FILE is LaTeX, Markdown or plain text, or - for standard input; or file.py::function, a backward pass in NumPy, which is run
    (the head is then none, unless given: the function takes the adjoints of the outputs).

    Exit status: 0, everything is right (definitions, proved, agrees, right under a convention); 1, something is refuted or
    ill-typed; 2, something was not understood, or the command was not.

    \b
    Examples:  symrnn verify notes.tex
               symrnn verify notes.txt --cell lstm --name "W_f=W_if" --format html --out verdict.html
               symrnn verify backward.py::lstm_backward --cell lstm --name carry=h0
    """
    from symrnn import report, verdicts
    from symrnn.files import write_all

    form, out, verbose = options.pop("form"), options.pop("out"), options.pop("verbose")
    said = {"lets": options.pop("lets"), "sums_to_one": options.pop("sums_to_one")}
    meant = dict(_pair("--name", pair) for pair in names)
    is_function = ".py::" in file
    _expect_cell(file, cell, is_function)
    if is_function:
        options["head"] = options["head"] or "none"
    net = None if cell is None else composed(cell, options)
    found: Any
    if is_function:
        found = verdicts.verify_function(file, net, names=meant)
    elif file == "-":
        found = verdicts.verify(_standard_input(), net, names=meant, source="standard input", **said)
    else:
        found = verdicts.verify(Path(file), net, names=meant, **said)
    text, status = verdicts.written(found, form, verbose)
    if out is not None:
        click.echo(write_all(out.parent, {out.name: text})[0])
    elif form == "text":
        report.verdict(found, verbose)
    else:
        click.echo(text, nl=False)
    sys.exit(status)


def _pair(option: str, text: str) -> tuple[str, str]:
    theirs, _, ours = text.partition("=")
    if not theirs.strip() or not ours.strip() or "=" in ours:
        raise click.UsageError(f"{option} {text}: write two names with one =, such as W=W_hh")
    return theirs.strip(), ours.strip()


def _expect_cell(file: str, cell: str | None, is_function: bool) -> None:
    """Refuse options that say something about a cell that is not there."""
    if cell is not None:
        return
    if is_function or file.endswith(".py"):
        raise click.UsageError("a function is verified with --cell CELL, as file.py::function")
    for option in given(click.get_current_context()):
        raise click.UsageError(f"{option} says something about a cell; name it with --cell")


def _standard_input() -> str:
    try:
        return sys.stdin.buffer.read().decode("utf-8")
    except UnicodeDecodeError as problem:
        raise SymrnnError(f"standard input is not UTF-8: {problem}") from problem


main.add_command(prove)
main.add_command(bench)
