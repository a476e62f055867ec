"""The verdict on a text: read, reviewed, answered. What the driver, the command line and the public interface call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from symrnn.claims.records import Judgement
from symrnn.claims.reviewing import Review
from symrnn.errors import LanguageError, OutputError
from symrnn.language.formulas.document import read_document
from symrnn.language.formulas.latex import read_latex
from symrnn.language.formulas.nodes import Chain
from symrnn.language.formulas.plain import read_plain
from symrnn.model.network import Network


def verify_text(
    text: str,
    network: Network | None = None,
    *,
    kind: str = "auto",
    lets: Iterable[str] = (),
    names: Mapping[str, str] | None = None,
    sums_to_one: Iterable[str] = (),
    source: str = "text",
) -> Judgement:
    """Return the answers to every statement of a text, LaTeX or plain.

    Args:
        text: the document or fragment. `kind` is "latex", "text" or "auto".
        network: what the statements are about; without it the forward equations of the text say so.
        lets: definitions in addition to those of the text, such as "delta_t = dL/dh_t".
        names: how the text calls quantities of the network, where it calls them otherwise: {"W": "W_hh"}.
        sums_to_one: targets whose entries sum to one.

    Raises:
        SymrnnError: the text cannot be read at all, or says nothing of which recurrence it speaks.
    """
    known = frozenset(names or {})
    lines = read_document(text, known, kind)
    definitions = tuple(_definition(let) for let in lets)
    review = Review(lines, network, frozenset(sums_to_one), dict(names or {}), definitions)
    return review.run(source)


def _definition(text: str) -> Chain:
    formula = read_latex(text, "let") if "\\" in text else read_plain(text, "let")
    if not isinstance(formula, Chain) or formula.relations[0] not in ("=", ":="):
        raise LanguageError(f"let {text}: a definition is written name = expression, such as delta_t = dL/dh_t")
    return formula


def read_file(path: Path) -> str:
    """Return the text of a file.

    Raises:
        OutputError: it cannot be read.
    """
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise OutputError(f"cannot read {path}: {problem}; give a text file in UTF-8") from problem


__all__ = ["read_file", "verify_text"]
