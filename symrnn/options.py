"""What the command line says of networks: the options that compose one, and the command whose errors are one line.

Nothing heavy is imported before a command runs, so that `symrnn --help` answers at once.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Any

import click

from symrnn.errors import SymrnnError

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # of files that are quoted: what would steer a terminal
MODES = ("many-to-many", "many-to-one", "one-to-many", "one-to-one", "encoder-decoder")
Options = dict[str, Any]


class Command(click.Command):
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
        click.echo(f"symrnn: {_CONTROL.sub(chr(0xFFFD), message)}", err=True)
        context.exit(2)


def cell_argument(command: Callable[..., None]) -> Callable[..., None]:
    """Add the argument that names a cell."""
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


def _at(context: click.Context, option: click.Parameter, written: str | None) -> dict[str, int] | None:
    """Return the sizes that are written as T=10000,B=8."""
    pairs = [] if written is None else [one.strip().partition("=") for one in written.split(",")]
    if any(not name.isidentifier() or not re.fullmatch("[1-9][0-9]{0,11}", number) for name, _, number in pairs):
        raise click.BadParameter("write sizes as T=10000,B=8")
    return {name: int(number) for name, _, number in pairs} or None


_CHECKPOINT = (
    click.option(
        "--checkpoint",
        metavar="WHERE",
        help="Keep the states between chunks of the steps only, and compute the rest again: sqrt for the least memory, the "
        'steps of a chunk, or a budget such as "200 MB". The code is the same for each, and is told the number of chunks.',
    ),
    click.option(
        "--at",
        metavar="SIZES",
        callback=_at,
        help="Say what that costs at these sizes: T=10000,B=8,I=32,H=128,O=10.",
    ),
)


def composition(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say how cells become a network."""
    for option in reversed(_COMPOSITION):
        command = option(command)
    return command


def cut_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say after how many steps a truncated gradient is cut in a check."""
    for option in reversed(_CUT):
        command = option(command)
    return command


def checkpoint_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say where states are kept, so that the rest is computed again."""
    for option in reversed(_CHECKPOINT):
        command = option(command)
    return command


def _sizes(context: click.Context, parameter: click.Parameter, pairs: tuple[str, ...]) -> dict[str, int]:
    found: dict[str, int] = {}
    for pair in pairs:
        name, _, number = (part.strip() for part in pair.partition("="))
        if not name or not re.fullmatch("[0-9]{1,18}", number):
            raise click.UsageError(f"--size {pair}: write the name of a size and a whole number, such as T=20")
        if name in found:
            raise click.UsageError(f"--size {name} is given twice")
        found[name] = int(number)
    return found


backend_option = click.option(
    "--backend",
    type=click.Choice(("all", "numpy", "c", "c-openblas", "c-mkl", "c-small")),
    default="all",
    show_default=True,
    help="all is numpy and c; c-openblas and c-mkl call a library for matrix products; c-small is for fixed sizes.",
)
size_option = click.option(
    "--size",
    "sizes",
    multiple=True,
    callback=_sizes,
    metavar="NAME=N",
    help="A size, such as T=20: with --backend c-small, every one.",
)


def given(context: click.Context) -> list[str]:
    """Return which of the options that say how cells become a network were given."""
    own = {one.name for one in click.command()(composition(lambda **_: None)).params}
    typed = click.core.ParameterSource.COMMANDLINE
    return [
        one.opts[0]
        for one in context.command.params
        if one.name in own and context.get_parameter_source(one.name or "") is typed
    ]


def composed(cell: str, options: Options) -> Any:
    """Return the network that the options compose of a cell; what says how is taken out of `options`."""
    from symrnn import driver

    above = options.pop("above")
    if above and options["layers"] > 1:
        raise click.UsageError("--on names the layers one by one; --layers repeats one cell: use one of them")
    for pair in options["tied"]:
        if pair.count("=") != 1:
            raise click.UsageError(f"--tie {pair}: write two names with one =, such as W_hh_1=W_hh_2")
    tied = [tuple(pair.split("=")) for pair in options.pop("tied")]
    return driver.network([cell, *above] if above else cell, tied=tied, **options)
