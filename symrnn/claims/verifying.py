"""The verdict on a text: read, reviewed, answered. What the driver, the command line and the public interface call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from symrnn.claims.records import Answer, Judgement, Verdict
from symrnn.claims.reviewing import Review
from symrnn.claims.sections import chunks, sections, with_steps
from symrnn.errors import LanguageError, OutputError, SymrnnError
from symrnn.language.formulas.document import read_document
from symrnn.language.formulas.latex import read_latex
from symrnn.language.formulas.nodes import Chain, Line
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
    options = (frozenset(sums_to_one), dict(names or {}), definitions)
    if network is not None:
        return Review(lines, network, *options).run(source)
    found = []
    for part in sections(lines):
        whole = _part(part, options, source)
        pieces = [part] if isinstance(whole, Judgement) else [tuple(chunk) for chunk in chunks(part)]
        found += [whole] if len(pieces) == 1 else [_part(piece, options, source) for piece in pieces]
    return _joined(found, source)


def _part(lines: tuple[Line, ...], options: tuple[Any, ...], source: str) -> Judgement | SymrnnError:
    """Return the answers to a part of a document, or why there are none."""
    try:
        return Review(with_steps(lines), None, *options).run(source)
    except SymrnnError as problem:
        unread = tuple(
            Verdict(
                Answer.NOT_UNDERSTOOD,
                str(problem).splitlines()[0],
                line.formula,
                line.text,
                line.where,
                line=line.number,
            )
            for line in lines
        )
        problem.args = (*problem.args, unread)
        return problem


def _joined(parts: list[Judgement | SymrnnError], source: str) -> Judgement:
    """Return the answers to all parts of a document.

    Raises:
        SymrnnError: none of them says of which recurrence it speaks.
    """
    read = [part for part in parts if isinstance(part, Judgement)]
    if not read:
        problem = next((part for part in parts if isinstance(part, SymrnnError)), None)
        raise SymrnnError("the text holds no formula" if problem is None else str(problem.args[0]))
    verdicts = tuple(one for part in parts for one in (part.verdicts if isinstance(part, Judgement) else part.args[1]))
    return replace(read[0], verdicts=verdicts, cell="\n".join(part.cell for part in read if part.cell), source=source)


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
