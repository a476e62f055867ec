"""The stages in order, one function each. The public names of `symrnn` and the command line are these.

cell text ──read──▶ Cell ──compose──▶ Network ──derive──▶ Derivation ──tell──▶ Document ──write──▶ .tex .html .md
                                                              └──lower──▶ Program ──optimize──▶ Program ──emit──▶ .py .h .c
                                                                                                     └──check──▶ Report
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from symrnn import cells
from symrnn.backends import BACKENDS, FILES, SMALL, c_small
from symrnn.calculus.derive import derive as derive_network
from symrnn.calculus.records import Derivation
from symrnn.calculus.truncated import Truncated
from symrnn.calculus.truncated import truncate as truncate_network
from symrnn.certificates.gallina import NotCovered
from symrnn.certificates.library import definition
from symrnn.certificates.writing import certificate
from symrnn.documents.document import Document
from symrnn.documents.html import to_html
from symrnn.documents.latex import to_latex
from symrnn.documents.markdown import to_markdown
from symrnn.documents.notebook import repr_latex
from symrnn.documents.pdf import has_tex, to_pdf
from symrnn.documents.telling import tell
from symrnn.documents.telling.certified import Certified
from symrnn.errors import SymrnnError
from symrnn.files import write_all
from symrnn.ir.checkpoints import count_name
from symrnn.ir.nodes import Program
from symrnn.ir.text import text
from symrnn.lower import lower
from symrnn.model.architecture import Architecture, Layer
from symrnn.model.composition import build
from symrnn.model.equations import Cell
from symrnn.model.network import Network
from symrnn.passes import CHECKPOINTED, FOR, Pass, optimize
from symrnn.runtime import Compiled, load
from symrnn.runtime.checkpoints import Checkpoints, sentence
from symrnn.verify.check import WAYS, with_identity
from symrnn.verify.check import check as check_program
from symrnn.verify.gradients import Report
from symrnn.verify.truncated import check as check_truncated
from symrnn.verify.truncated import chosen

DEFAULT_HEAD = "softmax_cross_entropy"
LARGEST_CHECK = 5000  # steps · batch of one numerical comparison
Say = Callable[[str, str], None]  # (stage, what was done)


# -- the stages ------------------------------------------------------------------------------------------------------------


def network(
    cell: str | Path | Cell | Network | Sequence[Any],
    head: str | None = None,
    *,
    layers: int = 1,
    bidirectional: bool = False,
    mode: str = "many-to-many",
    initial: str | None = None,
    masked: bool = False,
    weighted: bool = False,
    feedback: bool = False,
    decoder: Sequence[Any] = (),
    context: str = "initial",
    tied: Sequence[tuple[str, str]] = (),
    truncate: str | None = None,
) -> Network:
    """Compose a network: `symrnn.Network("lstm", layers=2, bidirectional=True, mode="many-to-one")`.

    Args:
        cell: a built-in name, a path, or what `symrnn.cell(text)` returned; or a list of them, one for each layer, in which a
            pair is (upwards, downwards).
        head: "none", "linear", "squared-error", …; None takes the one that the cell names, else "softmax-cross-entropy".
        layers: how many layers of the cell; a list of cells has as many as it has.
        bidirectional: whether every layer has a downward scan of the same cell beside the upward one.
        mode, initial, masked, weighted, feedback, context: the fields of `symrnn.model.architecture.Architecture`.
        decoder: the cells of the decoder, bottom up; those of the encoder if there are none.
        tied: pairs of names of parameters, such as ("W_hh_1", "W_hh_2") or ("W_xh.T", "W_hy").
        truncate: "window" or "chunk": the gradient is truncated after numbers of steps that the emitted code is given: K, or K1
            and K2. None is the full gradient.

    Raises:
        SymrnnError: if there is no such cell or head, a text cannot be read, or the parts do not fit together.
    """
    if isinstance(cell, Network):
        return truncate_network(cell, truncate) if truncate else cell
    stack = _layers(cell, layers, bidirectional)
    name = (head or stack[-1].forward.head or DEFAULT_HEAD).replace("-", "_")
    wanted = Architecture(
        stack,
        None if name == "none" else cells.load_head(name),
        mode,
        initial,
        masked,
        weighted,
        feedback,
        _layers(decoder, 1, False) if decoder else (),
        context,
        tuple((str(kept), str(dropped)) for kept, dropped in tied),
    )
    return truncate_network(build(wanted), truncate) if truncate else build(wanted)


def _layers(given: Any, count: int, both: bool) -> tuple[Layer, ...]:
    if isinstance(given, str | Path | Cell):
        one = _cell(given)
        if not isinstance(count, int) or count < 1:
            raise SymrnnError(f"layers is a whole number from 1, found {count!r}")
        return (Layer(one, one if both else None),) * count
    if not isinstance(given, Sequence):
        raise SymrnnError(f"a cell is a name, a path or what symrnn.cell returned; found {type(given).__name__}")
    found = []
    for item in given:
        up, down = item if isinstance(item, tuple) and len(item) == 2 else (item, item if both else None)
        found.append(Layer(_cell(up), None if down is None else _cell(down)))
    return tuple(found)


def _cell(given: Any) -> Cell:
    if not isinstance(given, str | Path | Cell):
        raise SymrnnError(f"a cell is a name, a path or what symrnn.cell returned; found {type(given).__name__}")
    return given if isinstance(given, Cell) else cells.find(given)


def derive(cell: str | Path | Cell | Network | Sequence[Any], head: str | None = None, **options: Any) -> Derivation:
    """Derive the gradients of a network; the arguments are those of `network`, or a network itself.

    Raises:
        SymrnnError: if the network cannot be composed or differentiated; the message says where, and what to do.
    """
    return _shown(derive_network(network(cell, head, **options)))


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
    return tell(_expect_derivation(derivation), _stated(derivation))


def _stated(derivation: Derivation) -> Certified | None:
    """Return what a certificate of a derivation states, or None where the Coq library has no words for it."""
    try:
        found = certificate(derivation)
    except NotCovered:
        return None
    conditions = tuple((one.kind, one.expr) for one in found.conditions)
    return Certified(found.statement, definition("certified"), conditions, isinstance(derivation.network, Truncated))


def emit(
    derivation: Derivation,
    backend: str = "all",
    dtype: str = "all",
    sizes: Mapping[str, int] | None = None,
    *,
    checkpoint: str | int | None = None,
) -> dict[str, str]:
    """Return emitted source, file name → text: `backend` "numpy", "c" or "all"; `dtype` "float64", "float32" or "all".

    The backend "c-small" is C for small devices, for fixed `sizes`: {"T": 20, "B": 1, …}, every size that the program has.

    With `checkpoint`, as in `compile`, forward keeps the states between N chunks of the steps only; the code is the same for every
    choice, and is given N.

    Raises:
        SymrnnError: if sizes are given for another backend, or are not those that the program has.
    """
    if checkpoint is not None:
        Checkpoints.read(checkpoint)
    if backend == SMALL and checkpoint is not None:
        raise SymrnnError(f"there are no checkpoints with the backend {SMALL}; leave out one of the two")
    if backend == SMALL:
        small = optimize(program(derivation), FOR[SMALL])
        return {name: body for kind in _dtypes(dtype) for name, body in c_small.files(small, sizes or {}, kind).items()}
    if sizes:
        raise SymrnnError(f"sizes are fixed for the backend {SMALL} only; the others' code is for all sizes")
    return code(program(derivation), backend, dtype, FOR if checkpoint is None else CHECKPOINTED)


def _dtypes(dtype: str) -> tuple[str, ...]:
    return ("float64", "float32") if dtype == "all" else (dtype,)


def compile(
    derivation: Derivation,
    backend: str = "numpy",
    dtype: npt.DTypeLike = "float64",
    threads: int = 1,
    *,
    checkpoint: str | int | None = None,
) -> Compiled:
    """Emit, build and load the gradient of a derivation; what comes back is called with NumPy arrays.

    With `checkpoint`, forward keeps the states between chunks of the steps only, and backward computes the rest again, one
    chunk at a time: "sqrt" takes the least memory, which grows with the root of T; a number is the steps of a chunk; "200 MB" a
    budget for what is kept and the workspace. `compiled.memory(T=…, …)` says what is chosen. Of states the results hold only
    those between chunks, `h_checkpoints`, whose last is the final state; outputs of every step, such as `y_hat`, are not kept,
    but for those whose adjoints the caller gives.

    `threads`: how many threads one call of the backend "c" may take. It divides the sequences of the batch among them, takes
    fewer where there is little to do, and computes the same bits with any number.

    Shapes:
        x (T, B, I), h0 (B, H), targets (T, B, O), parameters as in the cell; gradients have the shapes of what they belong to.

    Raises:
        CompilerMissingError: for backend "c" without a C compiler.
        SymrnnError: if the derivation cannot be lowered, emitted or built, or for more than one thread of the backend "numpy".
    """
    name = dtype if isinstance(dtype, str) else np.dtype(dtype).name
    where = None if checkpoint is None else Checkpoints.read(checkpoint)
    return load(program(derivation), backend, name, threads=threads, checkpoints=where)


def checkpoints(
    derivation: Derivation, checkpoint: str | int | None, sizes: Mapping[str, int] | None, dtype: str = "all"
) -> str:
    """Return what checkpoints cost in words: in numbers at these sizes, or, where there are none, as a formula.

    Bytes are of float64 unless `dtype` is "float32".

    Raises:
        SymrnnError: what is wanted cannot be read, does not fit, or is a number of steps or a budget, and there are no sizes.
    """
    if checkpoint is None:
        raise SymrnnError("sizes are for what checkpoints cost; the code holds for all sizes")
    where, plain = Checkpoints.read(checkpoint), program(derivation)
    kept = optimize(plain, CHECKPOINTED["c"])
    if sizes is None and where != Checkpoints():
        raise SymrnnError(
            "a number of steps and a budget are about sizes: name them all, T=10000,B=8,…, or leave the choice out"
        )
    if sizes is None:
        name = count_name(kept)
        return f"{name}: {dict(kept.sizes)[name]}"
    one = "float64" if dtype == "all" else dtype
    return sentence(kept, optimize(plain, FOR["c"]), sizes, where.chosen(kept, sizes, one), one)


def check(
    derivation: Derivation,
    backend: str = "all",
    steps: int = 5,
    batch: int = 2,
    seed: int = 0,
    lowered: Program | None = None,
    *,
    k: int | None = None,
    k1: int | None = None,
    k2: int | None = None,
) -> Report:
    """Hold every gradient of the emitted code against numerical differentiation; see `Report.passed` and `Report.rows`.

    A truncated gradient is held against the objective that it is of, with k, or k1 and k2, steps; `TruncatedReport.differences`
    says how far it is from the full one.

    Raises:
        SymrnnError: if steps · batch is more than 5000: each of the T B I entries of the input is a whole forward pass.
    """
    _expect_derivation(derivation)
    if backend not in ("all", *FILES, SMALL):
        raise SymrnnError(f"there is no backend {backend!r}; use all, {', '.join((*FILES, SMALL))}")
    for name, value, least in (("steps", steps, 1), ("batch", batch, 1), ("seed", seed, 0)):
        if not isinstance(value, int) or value < least:
            raise SymrnnError(f"{name} is a whole number from {least}, found {value!r}")
    if steps * batch > LARGEST_CHECK:
        raise SymrnnError(
            f"a check of {steps} steps of {batch} sequences would take very long; {LARGEST_CHECK} together are the most"
        )
    ways = WAYS if backend == "all" else tuple((backend, kind) for kind in _dtypes("all"))
    truncation = chosen(derivation.network, steps, k, k1, k2)
    if truncation is not None and isinstance(derivation.network, Truncated):
        code = lowered or program(derivation)
        return check_truncated(derivation.network, code, truncation, ways, steps, batch, seed)
    found = check_program(derivation.network, lowered or program(derivation), ways, steps, batch, seed)
    return with_identity(found, derivation, seed)


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


def code(
    lowered: Program, backend: str = "all", dtype: str = "all", passes: Mapping[str, tuple[Pass, ...]] = FOR
) -> dict[str, str]:
    """Return the files of a program in the backends that need no library, or in one."""
    backends = tuple(BACKENDS) if backend == "all" else (backend,)
    fast = {one: optimize(lowered, passes[one]) for one in backends}
    return {
        name: body for one in backends for kind in _dtypes(dtype) for name, body in FILES[one](fast[one], kind).items()
    }


@dataclass(frozen=True, slots=True)
class Made:
    """What `make` did: where the files are, the comparison, and what was left out with the reason."""

    paths: tuple[Path, ...]
    report: Report
    left_out: tuple[str, ...]


def make(
    net: Network,
    folder: Path,
    say: Say = lambda stage, what: None,
    *,
    k: int | None = None,
    k1: int | None = None,
    k2: int | None = None,
) -> Made:
    """Derive, write, emit, compile, run and check one network.

    Raises:
        SymrnnError: of the stage that could not be done; files are written only when every text is there.
    """
    say("read", f"{net.title}: {len(net.equations)} equations, {len(net.params)} parameters")
    derivation = derive_network(net)
    say("derive", f"{len(derivation.steps)} steps by {len(derivation.rules)} rules")
    told = document(derivation)
    say("prove", "the closed form and the adjoint identity, for every T")
    lowered = program(derivation)
    files: dict[str, str | bytes] = {**written(told), "program.txt": text(lowered), **code(lowered)}
    left_out = _add_pdf(told.name, files, folder)
    paths = write_all(folder, files)
    say("write", f"{len(files)} files")
    report = check(derivation, lowered=lowered, k=k, k1=k1, k2=k2)
    say("check", f"{len(report.rows)} comparisons with {report.method}")
    return Made(paths, report, left_out)


def _add_pdf(name: str, files: dict[str, str | bytes], folder: Path) -> tuple[str, ...]:
    if not has_tex():
        stale = "; the one that is there is of an earlier run" if (folder / f"{name}.pdf").exists() else ""
        return (f"{name}.pdf was not written: pdflatex was not found{stale}",)
    files[f"{name}.pdf"] = to_pdf(str(files[f"{name}.tex"]))
    return ()
