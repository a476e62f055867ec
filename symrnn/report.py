"""What the command line prints: derivations as text, the table of a check, the end of `make`. Nothing is computed here."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Mapping, Sequence

import click
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

from symrnn import cells
from symrnn.algebra.nodes import Add, Bar
from symrnn.algebra.text import text
from symrnn.calculus.records import Adjoint, Derivation, Gradient
from symrnn.calculus.truncated import CHUNK, Truncated, carries_only, counts
from symrnn.calculus.unrolled import unrolled as unroll
from symrnn.certificates.answers import Answer, Status
from symrnn.claims.telling import WIDTH, Told, report
from symrnn.driver import Made
from symrnn.model.equations import Cell
from symrnn.model.naming import name_intermediates
from symrnn.model.network import Once, Single, Steps, When
from symrnn.runtime.code_size import code_sizes as measured_code
from symrnn.verify.exact import STEPS
from symrnn.verify.functions import FunctionVerdict
from symrnn.verify.gradients import Report, Row
from symrnn.verify.truncated import TruncatedReport

_REFERENCE = 30  # columns for the authors
_WIDEST = 120  # columns of a verdict
_FAMILIES = {
    "plain": "plain and historical",
    "lstm": "long short-term memory and relatives",
    "gru": "gated recurrent units and relatives",
    "dynamical": "dynamical systems",
    "linear": "linear and parallel",
}


def catalogue(words: Sequence[str] = ()) -> None:
    """Print the built-in cells by family and the heads: name, year, equations, states, what it is for; those with all words.

    With words the reference is printed too.
    """
    chosen = [cell for cell in cells.catalogue() if _has(cell, words)]
    heads = [head for head in map(cells.load_head, cells.heads()) if _has(head, words)]
    names = max((len(one.name) for one in (*chosen, *heads)), default=0)
    click.secho(
        f"{'':{names + 2}}  year  equations  {'states':<10}  {'reference':<{_REFERENCE}}  what it is for", dim=True
    )
    for family, title in (*_FAMILIES.items(), ("", "heads")):
        of = heads if not family else [cell for cell in chosen if cell.family == family]
        if of:
            click.secho(f"\n{title}", bold=True)
        for cell in of:
            _entry_of(cell, names, bool(words))
    if not (chosen or heads):
        click.echo(f"nothing in the catalogue has {' and '.join(words)}")
    click.secho(f"\n{len(chosen)} cells, {len(heads)} heads; symrnn show NAME prints the equations", dim=True)


def _entry_of(cell: Cell, names: int, whole: bool) -> None:
    """Print one entry: a line of facts with what it is for, and the title with the reference where they were asked for."""
    states = ", ".join(state.leaf.name for state in cell.states)
    name = cell.name.replace("_", "-") if cell.kind == "head" else cell.name
    steps = len(name_intermediates(cell).equations)
    facts = f"{cell.year or '':>4}  {steps:>9}  {states:<10}  {_authors(cell):<{_REFERENCE}}"
    margin = " " * (names + 4)
    wide = shutil.get_terminal_size((120, 24)).columns
    about = textwrap.wrap(cell.about or cell.title, max(wide - names - len(facts) - 6, 30)) or [""]
    click.echo(f"  {click.style(f'{name:<{names}}', fg='cyan')}  {facts}  {about[0]}")
    for line in about[1:]:
        click.echo(f"{margin}{'':{len(facts)}}  {line}")
    if whole:
        for line in textwrap.wrap(f"{cell.title}. {cell.source}".rstrip(". ") + ".", max(wide - names - 6, 40)):
            click.secho(f"{margin}{line}", dim=True)


def _authors(cell: Cell) -> str:
    """Return who wrote the paper, as one cites it: "Beck et al."."""
    people = (cell.source.split(', "')[0] if '"' in cell.source else cell.source.split(",")[0]).split(", ")
    if people[0].endswith("et al."):
        return people[0]
    return " and ".join(people) if len(people) < 3 else f"{people[0]} et al."


def _has(cell: Cell, words: Sequence[str]) -> bool:
    text = f"{cell.name} {cell.title} {cell.source} {cell.year} {cell.family} {cell.about}".replace("-", "_").lower()
    return all(word.replace("-", "_").lower() in text for word in words)


def derivation(derived: Derivation) -> str:
    """Return the equations of a derivation as plain text: forward, adjoints, gradients."""
    net = derived.network
    lines = [f"{net.title}", f"  source: {net.source}" if net.source else ""]
    for stage in net.stages:
        lines += ["", f"forward, {when(stage.when)}"]
        lines += [f"  ({line.label}) {text(line.target)} = {text(line.expr)}" for line in stage.equations]
    stage_of = {line.target: number for number, line in net.numbered()}
    for number in reversed(range(len(net.stages))):
        of = [one for one in derived.adjoints if stage_of[one.of] == number]
        if of:
            lines += ["", f"backward, {when(net.stages[number].when, back=True)}"]
        lines += [f"  ({one.label}) {text(Bar(one.of))} = {_adjoint(derived, one)}" for one in of]
    lines += ["", "gradients; a bar is the adjoint ∂J/∂·, beyond the last step it is zero"]
    for gradient in derived.gradients:
        lines.append(f"  ({gradient.label}) {text(Bar(gradient.of))} = {_gradient(derived, gradient)}")
    for end in derived.initial:
        terms = [*(term for _, term in end.carries), *(term for _, term in end.ends)]
        lines.append(f"  ({end.label}) {text(Bar(end.of))} = {text(Add(*terms)) if terms else '0'}")
    return "\n".join([*lines, *(_truncation(derived, net) if isinstance(net, Truncated) else [])])


def _truncation(derived: Derivation, net: Truncated) -> list[str]:
    """Return what is different when the gradient is truncated."""
    by_chunk = "the losses of each block of {} steps reach back {} from its end"
    head = (by_chunk if net.by == CHUNK else "the loss of each step reaches back {} steps").format(*counts(net))
    lines = ["", f"truncated by {net.by}: {head}; in the older of these steps, where losses do not count"]
    older = [one for one in carries_only(derived).adjoints if one.of.time is not None]
    return lines + [f"  ({one.label}) {text(Bar(one.of))} = {_adjoint(derived, one)}" for one in older]


def when(time: When, back: bool = False) -> str:
    """Return in words when the equations of a stage are evaluated."""
    if isinstance(time, Once):
        return "once"
    if isinstance(time, Single):
        return f"t = {time.step}"
    return f"t = {time.length} … 1" if (time.direction > 0) is back else f"t = 1 … {time.length}"


def _adjoint(derived: Derivation, one: Adjoint) -> str:
    parts = [*one.terms, *([one.seed] if one.seed is not None else []), *(term for _, term in one.carries)]
    found = [text(Add(*parts))] if parts else []
    found += [f"[t = {step}] {text(term, 2)}" for step, term in one.ends]
    found += [f"{_sum(derived, stage)}{text(term, 2)}" for stage, term in one.sums]
    return " + ".join(found).replace("+ −", "− ")


def _gradient(derived: Derivation, gradient: Gradient) -> str:
    if not gradient.terms:
        return "0"
    if not gradient.summed:
        return text(Add(*gradient.terms))
    found = []
    for stage in dict.fromkeys(gradient.stages):
        found.append(f"{_sum(derived, stage)}{text(Add(*gradient.of_stage(stage)), 2)}")
    return " + ".join(found)


def _sum(derived: Derivation, stage: int) -> str:
    time = derived.network.stages[stage].when
    return f"∑_t=1…{time.length} " if isinstance(time, Steps) else ""


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
    off = dict(found.differences) if isinstance(found, TruncatedReport) else {}
    if off:
        shown.add_column("to full", justify="right")
    for way in ways:
        shown.add_column(way, justify="right")
    for name in dict.fromkeys(row.name for row in found.rows):
        rows = {row.way: row for row in found.rows if row.name == name}
        first = next(iter(rows.values()))
        from_full = [f"{off[name]:.1e}" if name in off else "-"] if off else []
        shape = "×".join(map(str, first.shape)) or "scalar"
        shown.add_row(name, shape, *from_full, *(_entry(rows.get(way)) for way in ways))
    console = Console(highlight=False)
    if found.rows:
        console.print(shown)
    console.print("sizes: " + ", ".join(f"{name}={value}" for name, value in found.case.sizes), style="dim")
    if isinstance(found, TruncatedReport):
        console.print(f"truncated by {found.cut}; to full: ‖truncated − full‖ / ‖full‖", style="dim", markup=False)
    if found.kinks:
        console.print(f"{found.kinks} entries lie at a kink: compared with the one-sided slopes", style="dim")
    _identity(console, found)
    for way, why in found.not_checked:
        console.print(f"{way}: not checked. {why}", style="yellow", markup=False)
    if not found.rows:
        console.print("nothing was checked", style="bold yellow")
        return
    verdict = "every gradient that was checked is right" if found.passed else "SOMETHING IS OFF"
    console.print(verdict, style="bold green" if found.passed else "bold red")


def _identity(console: Console, found: Report) -> None:
    if found.identity is None:
        return
    how = f"adjoint identity of {STEPS} steps, in whole numbers modulo 2^61 - 1"
    if found.identity.holds:
        console.print(
            f"{how}: exact; an error would pass with probability below {found.identity.risk:.0e}", style="dim"
        )
    else:
        console.print(f"{how}: VIOLATED, so an adjoint equation is wrong", style="bold red")


def _entry(row: Row | None) -> str:
    if row is None:
        return "-"
    mark = "[green]ok[/]" if row.passed else "[bold red]OFF[/]"
    return f"{row.error:.1e} {mark}"


STATUSES = {
    Status.CERTIFIED: 0,
    Status.NOT_CERTIFIED: 1,
    Status.NOT_CHECKED: 3,
    Status.NOT_COVERED: 4,
}  # of the process


def certificate(found: Answer, derived: Derivation) -> None:
    """Print what the Coq kernel says of a derivation: what was proved, on what conditions, on which axioms, and the verdict."""
    console = Console(highlight=False, soft_wrap=True)
    written = found.certificate
    if written is not None:
        gradients = [one.of for one in derived.gradients] + [one.of for one in derived.initial]
        console.print(f"gradients: {', '.join(text(Bar(of)) for of in gradients)}", markup=False)
        console.print(f"statement: {written.statement}", markup=False)
        console.print(f"and that it is about something: {written.about_something}", markup=False)
        for one in written.conditions:
            about = "has no zero entry" if one.kind == "Nonzero" else "is positive in every entry"
            console.print(
                f"condition: {text(one.expr)} {about}, {when(derived.network.stages[one.stage].when)}", markup=False
            )
    for name in found.axioms:
        console.print(f"axiom of Coq's library: {name}", style="dim", markup=False)
    if found.version:
        again = ", read again by coqchk" if found.rechecked else ""
        console.print(f"Coq {found.version}, {found.seconds:.1f} s{again}; library {found.library[:12]}", style="dim")
    for line in found.where:
        console.print(f"not proved: the equation of {line}", style="yellow", markup=False)
    style = "bold green" if found.certified else "bold yellow"
    console.print(found.status.value, style=style)
    if found.reason:
        console.print(found.reason, markup=False)


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


_STYLES = {
    "right": "green",
    "usage": "yellow",
    "wrong": "red",
    "unknown": "magenta",
    "quiet": "dim",
    "mark": "underline",
    "bold": "bold",
}


def verdict(found: Told | FunctionVerdict, verbose: bool = False) -> None:
    """Print a verdict, that on a text in colours on a terminal."""
    if isinstance(found, FunctionVerdict):
        click.echo(str(found))
        return
    console = Console(highlight=False, soft_wrap=True)
    width = min(console.width, _WIDEST) if console.is_terminal else WIDTH
    for row in report(found, verbose, width, found.about):
        shown = Text()
        for words, styles in row:
            shown.append(words, " ".join(_STYLES[style] for style in styles.split()))
        console.print(shown)


def code_sizes(files: Mapping[str, str]) -> None:
    """Print how many bytes of code the compilers that are here make of emitted C."""
    found = list(measured_code(files))
    if not found:
        click.echo("code: not measured, there is no C compiler that makes ELF files")
        return
    width = max(len(f"{one.source}, {one.target}") for one in found)
    click.secho(f"{'bytes of code with -Os':<{width}}  {'forward alone':>13}  {'all of it':>9}", dim=True)
    for one in found:
        click.echo(f"{f'{one.source}, {one.target}':<{width}}  {one.forward:>13,}  {one.whole:>9,}")
