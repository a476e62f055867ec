"""What the command line prints: derivations as text, the table of a check, the end of `make`. Nothing is computed here."""

from __future__ import annotations

import click
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from symrnn.algebra.nodes import Add, Bar
from symrnn.algebra.text import text
from symrnn.calculus.records import Derivation
from symrnn.calculus.unrolled import unrolled as unroll
from symrnn.driver import Made
from symrnn.verify.gradients import Report, Row


def derivation(derived: Derivation) -> str:
    """Return the equations of a derivation as plain text: forward, adjoints, gradients."""
    net = derived.network
    lines = [f"{net.title}", f"  source: {net.source}" if net.source else "", "", "forward, t = 1 … T"]
    lines += [f"  ({line.label}) {text(line.target)} = {text(line.expr)}" for line in net.equations]
    lines += ["", "backward, t = T … 1          a bar is the adjoint ∂J/∂·; beyond T it is zero"]
    for one in derived.adjoints:
        parts = [*one.terms, *([one.seed] if one.seed is not None else []), *(term for _, term in one.carries)]
        lines.append(f"  ({one.label}) {text(Bar(one.of))} = {text(Add(*parts))}")
    lines += ["", "gradients"]
    for gradient in derived.gradients:
        total = text(Add(*gradient.terms), 2 if gradient.summed else 0) if gradient.terms else "0"
        lines.append(f"  ({gradient.label}) {text(Bar(gradient.of))} = {'∑_t=1…T ' if gradient.summed else ''}{total}")
    for end in derived.initial:
        total = text(Add(*(term for _, term in end.carries))) if end.carries else "0"
        lines.append(f"  ({end.label}) {text(Bar(end.of))} = {total}")
    return "\n".join(line for line in lines if line is not None)


def unrolled(derived: Derivation, name: str, steps: int) -> str:
    """Return the gradient of a parameter for a given number of steps, one line for each path."""
    lines = [f"gradient of J with respect to {name} for T = {steps}: the sum of"]
    for term in unroll(derived, name, steps):
        lines.append(f"  loss of step {term.loss_step}, use at step {term.use_step}:  {text(term.value)}")
    return "\n".join(lines)


def table(found: Report) -> None:
    """Print a check: one row for each gradient, one column for each way of computing it."""
    ways = list(dict.fromkeys(row.way for row in found.rows))
    shown = Table(box=SIMPLE, title=f"largest relative error against {found.method}", title_justify="left")
    shown.add_column("gradient")
    shown.add_column("shape")
    for way in ways:
        shown.add_column(way, justify="right")
    for name in dict.fromkeys(row.name for row in found.rows):
        rows = {row.way: row for row in found.rows if row.name == name}
        first = next(iter(rows.values()))
        shown.add_row(name, "×".join(map(str, first.shape)) or "scalar", *(_entry(rows.get(way)) for way in ways))
    console = Console(highlight=False)
    if found.rows:
        console.print(shown)
    console.print("sizes: " + ", ".join(f"{name}={value}" for name, value in found.case.sizes), style="dim")
    if found.kinks:
        console.print(f"{found.kinks} entries lie at a kink: compared with the one-sided slopes", style="dim")
    for way, why in found.not_checked:
        console.print(f"{way}: not checked. {why}", style="yellow", markup=False)
    if not found.rows:
        console.print("nothing was checked", style="bold yellow")
        return
    verdict = "every gradient that was checked is right" if found.passed else "SOMETHING IS OFF"
    console.print(verdict, style="bold green" if found.passed else "bold red")


def _entry(row: Row | None) -> str:
    if row is None:
        return "-"
    mark = "[green]ok[/]" if row.passed else "[bold red]OFF[/]"
    return f"{row.error:.1e} {mark}"


def made(result: Made, seconds: float) -> None:
    """Print the end of `make`: the table, and where everything is."""
    table(result.report)
    folder = result.paths[0].parent
    click.echo(f"\nwritten to {folder}:")
    for path in sorted(result.paths):
        click.echo(f"  {path.name}")
    for line in result.left_out:
        click.echo(line)
    click.echo(f"done in {seconds:.1f} s")
