"""The stages in order, one function each. The public names of `symrnn`, the command line and the golden tests are these.

cell text ──read──▶ Cell ──compose──▶ Network ──derive──▶ Derivation ──tell──▶ Document ──write──▶ .tex .html .md
                                                              └──lower──▶ Program ──optimize──▶ Program ──emit──▶ .py .h .c
                                                                                                     └──check──▶ Report
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt

from symrnn import cells
from symrnn.backends import BACKENDS
from symrnn.calculus.derive import derive as derive_network
from symrnn.calculus.records import Derivation
from symrnn.documents.document import Document
from symrnn.documents.html import to_html
from symrnn.documents.latex import to_latex
from symrnn.documents.markdown import to_markdown
from symrnn.documents.notebook import repr_latex
from symrnn.documents.pdf import has_tex, to_pdf
from symrnn.documents.telling import tell
from symrnn.errors import SymrnnError
from symrnn.files import write_all
from symrnn.ir.nodes import Program
from symrnn.ir.text import text
from symrnn.lower import lower
from symrnn.model.equations import Cell
from symrnn.model.network import Network, compose
from symrnn.passes import optimize
from symrnn.runtime import Compiled, load
from symrnn.verify.check import WAYS
from symrnn.verify.check import check as check_program
from symrnn.verify.gradients import Report

DEFAULT_HEAD = "softmax_cross_entropy"
LARGEST_CHECK = 5000  # steps · batch of one numerical comparison
Say = Callable[[str, str], None]  # (stage, what was done)


# -- the stages ------------------------------------------------------------------------------------------------------------


def network(cell: str | Path | Cell, head: str | None = None) -> Network:
    """Read a cell and put a head on it.

    Args:
        cell: a built-in name, the path of a .cell file, or what `symrnn.cell(text)` returned.
        head: "none", "linear", "squared-error", "softmax-cross-entropy", …; None takes the one that the cell names, or the
            last of these.

    Raises:
        LanguageError: if there is no such cell or head, or a text does not say what it has to say.
    """
    if not isinstance(cell, str | Path | Cell):
        raise SymrnnError(f"a cell is a name, a path or what symrnn.cell returned; found {type(cell).__name__}")
    found = cell if isinstance(cell, Cell) else cells.find(cell)
    name = (head or found.head or DEFAULT_HEAD).replace("-", "_")
    return compose(found, None if name == "none" else cells.load_head(name))


def derive(cell: str | Path | Cell, head: str | None = None) -> Derivation:
    """Derive the gradients of a cell with a head; the arguments are those of `network`.

    Raises:
        SymrnnError: if the cell cannot be read or differentiated; the message says where, and what to do.
    """
    return _shown(derive_network(network(cell, head)))


class Shown(Derivation):
    """A derivation that a notebook shows as its equations."""

    __slots__ = ()

    def _repr_latex_(self) -> str:
        return repr_latex(self)

    def __repr__(self) -> str:
        net = self.network
        gradients = ", ".join(f"d{one.of.name}" for one in self.gradients)
        return f"<derivation of {net.name}: {net.title}; {len(net.equations)} equations, {len(self.steps)} steps; {gradients}>"


def _shown(derivation: Derivation) -> Shown:
    return Shown(*(getattr(derivation, field.name) for field in fields(derivation)))


def program(derivation: Derivation) -> Program:
    """Return the program of a derivation, in the loop language.

    Raises:
        RuleError: if an equation has a form that cannot be stored or computed yet.
    """
    return optimize(lower(_expect_derivation(derivation)))


def _expect_derivation(derivation: Derivation) -> Derivation:
    if not isinstance(derivation, Derivation):
        raise SymrnnError(f"a derivation is needed, found {type(derivation).__name__}; call symrnn.derive first")
    return derivation


def document(derivation: Derivation) -> Document:
    """Return a derivation as a document."""
    return tell(_expect_derivation(derivation))


def emit(derivation: Derivation, backend: str = "all", dtype: str = "all") -> dict[str, str]:
    """Return emitted source, file name → text: `backend` "numpy", "c" or "all"; `dtype` "float64", "float32" or "all"."""
    return _code(program(derivation), backend, dtype)


def compile(derivation: Derivation, backend: str = "numpy", dtype: npt.DTypeLike = "float64") -> Compiled:
    """Emit, build and load the gradient of a derivation; what comes back is called with NumPy arrays.

    Shapes:
        x (T, B, I), h0 (B, H), targets (T, B, O), parameters as in the cell; gradients have the shapes of what they belong to.

    Raises:
        CompilerMissingError: for backend "c" without a C compiler.
        SymrnnError: if the derivation cannot be lowered, emitted or built.
    """
    name = dtype if isinstance(dtype, str) else np.dtype(dtype).name
    return load(program(derivation), backend, name)


def check(
    derivation: Derivation,
    backend: str = "all",
    steps: int = 5,
    batch: int = 2,
    seed: int = 0,
    lowered: Program | None = None,
) -> Report:
    """Hold every gradient of the emitted code against numerical differentiation; see `Report.passed` and `Report.rows`.

    Raises:
        SymrnnError: if steps · batch is more than 5000: each of the T B I entries of the input is a whole forward pass.
    """
    _expect_derivation(derivation)
    if backend not in ("all", *BACKENDS):
        raise SymrnnError(f"there is no backend {backend!r}; use all, {', '.join(BACKENDS)}")
    for name, value, least in (("steps", steps, 1), ("batch", batch, 1), ("seed", seed, 0)):
        if not isinstance(value, int) or value < least:
            raise SymrnnError(f"{name} is a whole number from {least}, found {value!r}")
    if steps * batch > LARGEST_CHECK:
        raise SymrnnError(
            f"a check of {steps} steps of {batch} sequences would take very long; {LARGEST_CHECK} together are the most"
        )
    ways = tuple(way for way in WAYS if backend in ("all", way[0]))
    return check_program(derivation.network, lowered or program(derivation), ways, steps, batch, seed)


# -- files -----------------------------------------------------------------------------------------------------------------


def written(told: Document, form: str = "all") -> dict[str, str]:
    """Return the files of a document: `form` "latex", "html", "markdown" (with its drawings) or "all"."""
    found: dict[str, str] = {}
    if form in ("all", "latex"):
        found[f"{told.name}.tex"] = to_latex(told)
    if form in ("all", "markdown"):
        found |= to_markdown(told)
    if form in ("all", "html"):
        found[f"{told.name}.html"] = to_html(told)
    return found


def _code(lowered: Program, backend: str = "all", dtype: str = "all") -> dict[str, str]:
    backends = tuple(BACKENDS) if backend == "all" else (backend,)
    dtypes = ("float64", "float32") if dtype == "all" else (dtype,)
    return {
        name: body for one in backends for kind in dtypes for name, body in BACKENDS[one].files(lowered, kind).items()
    }


def golden(cell: str) -> dict[str, str]:
    """Return what is committed under generated/ for a built-in cell: everything a reviewer reads."""
    derivation = derive(cell)
    lowered, told = program(derivation), tell(derivation)
    code = _code(lowered, dtype="float64")
    return {**written(told, "latex"), **written(told, "markdown"), "program.txt": text(lowered), **code}


@dataclass(frozen=True, slots=True)
class Made:
    """What `make` did: where the files are, the comparison, and what was left out with the reason."""

    paths: tuple[Path, ...]
    report: Report
    left_out: tuple[str, ...]


def make(cell: str | Path, head: str | None, folder: Path, say: Say = lambda stage, what: None) -> Made:
    """Derive, write, emit, compile, run and check one cell.

    Raises:
        SymrnnError: of the stage that could not be done; files are written only when every text is there.
    """
    net = network(cell, head)
    say("read", f"{net.title}: {len(net.equations)} equations, {len(net.params)} parameters")
    derivation = derive_network(net)
    say("derive", f"{len(derivation.steps)} steps by {len(derivation.rules)} rules")
    told = tell(derivation)
    say("prove", "the closed form and the adjoint identity, for every T")
    lowered = program(derivation)
    files: dict[str, str | bytes] = {**written(told), "program.txt": text(lowered), **_code(lowered)}
    left_out = _add_pdf(told.name, files, folder)
    paths = write_all(folder, files)
    say("write", f"{len(files)} files")
    report = check(derivation, lowered=lowered)
    say("check", f"{len(report.rows)} comparisons with {report.method}")
    return Made(paths, report, left_out)


def _add_pdf(name: str, files: dict[str, str | bytes], folder: Path) -> tuple[str, ...]:
    if not has_tex():
        stale = "; the one that is there is of an earlier run" if (folder / f"{name}.pdf").exists() else ""
        return (f"{name}.pdf was not written: pdflatex was not found{stale}",)
    files[f"{name}.pdf"] = to_pdf(str(files[f"{name}.tex"]))
    return ()
