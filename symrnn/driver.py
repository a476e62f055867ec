"""The stages in order, one line each. `make`, the command line and the golden tests call these and nothing else.

cell text ──read──▶ Cell ──compose──▶ Network ──derive──▶ Derivation ──tell──▶ Document ──write──▶ .tex .html .md
                                                              └──lower──▶ Program ──optimize──▶ Program ──emit──▶ .py .h .c
                                                                                                     └──check──▶ Report
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from symrnn import cells
from symrnn.backends import BACKENDS
from symrnn.calculus.derive import derive
from symrnn.calculus.records import Derivation
from symrnn.documents.document import Document
from symrnn.documents.html import to_html
from symrnn.documents.latex import to_latex
from symrnn.documents.markdown import to_markdown
from symrnn.documents.pdf import has_tex, to_pdf
from symrnn.documents.telling import tell
from symrnn.files import write_all
from symrnn.ir.nodes import Program
from symrnn.ir.text import text
from symrnn.lower import lower
from symrnn.model.equations import Cell
from symrnn.model.network import Network, compose
from symrnn.passes import optimize
from symrnn.verify.check import WAYS, check
from symrnn.verify.gradients import Report

DEFAULT_HEAD = "softmax_cross_entropy"
Say = Callable[[str, str], None]  # (stage, what was done)


def network(cell: str | Path | Cell, head: str | None = None) -> Network:
    """Read a cell and put a head on it: the one asked for, or the cell's own, or softmax with cross-entropy.

    Raises:
        LanguageError: if there is no such cell or head, or a text does not say what it has to say.
    """
    found = cell if isinstance(cell, Cell) else cells.find(cell)
    name = (head or found.head or DEFAULT_HEAD).replace("-", "_")
    return compose(found, None if name == "none" else cells.load_head(name))


def derivation(cell: str | Path | Cell, head: str | None = None) -> Derivation:
    """Return the derivation of a cell with a head."""
    return derive(network(cell, head))


def program(derived: Derivation) -> Program:
    """Return the optimised program of a derivation."""
    return optimize(lower(derived))


def documents(document: Document, html: bool = True) -> dict[str, str]:
    """Return the files of a document: LaTeX, Markdown with its drawings, and HTML."""
    found = {f"{document.name}.tex": to_latex(document), **to_markdown(document)}
    return {**found, f"{document.name}.html": to_html(document)} if html else found


def written(derived: Derivation, form: str) -> dict[str, str]:
    """Return the files of a derivation in one form: latex, html or markdown."""
    document = tell(derived)
    if form == "markdown":
        return to_markdown(document)
    return (
        {f"{document.name}.tex": to_latex(document)}
        if form == "latex"
        else {f"{document.name}.html": to_html(document)}
    )


def code(lowered: Program, backend: str = "all", dtype: str = "all") -> dict[str, str]:
    """Return the emitted files: `backend` numpy, c or all; `dtype` float64, float32 or all."""
    backends = tuple(BACKENDS) if backend == "all" else (backend,)
    dtypes = ("float64", "float32") if dtype == "all" else (dtype,)
    return {
        name: body for one in backends for kind in dtypes for name, body in BACKENDS[one].files(lowered, kind).items()
    }


def golden(cell: str) -> dict[str, str]:
    """Return what is committed under generated/ for a built-in cell: everything a reviewer reads."""
    derived = derivation(cell)
    lowered = program(derived)
    return {**documents(tell(derived), html=False), "program.txt": text(lowered), **code(lowered, dtype="float64")}


@dataclass(frozen=True, slots=True)
class Made:
    """What `make` did: where the files are, the comparison, and what was left out with the reason."""

    paths: tuple[Path, ...]
    report: Report
    left_out: tuple[str, ...]


def make(cell: str | Path, head: str | None, folder: Path, say: Say = lambda stage, what: None) -> Made:
    """Derive, write, emit, compile, run and check one cell.

    Raises:
        SymrnnError: of the stage that could not be done; files of later stages are then not written.
    """
    net = network(cell, head)
    say("read", f"{net.title}: {len(net.equations)} equations, {len(net.params)} parameters")
    derived = derive(net)
    say("derive", f"{len(derived.steps)} steps by {len(derived.rules)} rules")
    document = tell(derived)
    say("prove", "closed form and adjoint identity, for every T")
    lowered = program(derived)
    files: dict[str, str | bytes] = {**documents(document), "program.txt": text(lowered), **code(lowered)}
    left_out = _add_pdf(document.name, files)
    say("write", f"{len(files)} files")
    paths = write_all(folder, files)
    report = check(net, lowered)
    say("check", f"{len(report.rows)} comparisons with {report.method}")
    return Made(paths, report, left_out)


def _add_pdf(name: str, files: dict[str, str | bytes]) -> tuple[str, ...]:
    if not has_tex():
        return (f"{name}.pdf was not written: pdflatex was not found",)
    files[f"{name}.pdf"] = to_pdf(str(files[f"{name}.tex"]))
    return ()


def check_cell(cell: str | Path, head: str | None, steps: int, batch: int, seed: int, backend: str) -> Report:
    """Check every gradient of a cell's emitted code against numerical differentiation."""
    net = network(cell, head)
    ways = tuple(way for way in WAYS if backend in ("all", way[0]))
    return check(net, program(derive(net)), ways, steps, batch, seed)


def write(folder: Path, files: Mapping[str, str | bytes]) -> tuple[Path, ...]:
    """Write files into a folder, all or none."""
    return write_all(folder, files)
