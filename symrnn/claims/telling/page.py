"""A judgement as one HTML file: the author's own equations, marked, and under each wrong one what it should be.

Everything that comes from a document is escaped or set as MathML by the converter of the documents, which refuses what is not
mathematics. The answers are told by words and signs, colour only repeats them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from html import escape
from typing import Any

from symrnn.claims.records import Answer, Judgement, Verdict
from symrnn.claims.telling import words
from symrnn.claims.telling.marking import END, MARK, marked, unmarked
from symrnn.claims.telling.plain import spelt
from symrnn.documents.mathematics import factors, mathml, relaxed, terms
from symrnn.errors import SymrnnError
from symrnn.language.formulas.nodes import Formula, Letter, Product, Scripted
from symrnn.language.formulas.write import as_latex
from symrnn.rendering import render

# The converter knows colours and no classes: a mark is written as red, which nothing else in a formula can be.
_OPEN, _CLOSE = r"{\textcolor{red}{", "}}"
_RED, _MARKED = '<mrow style="color:#FF0000;">', '<mrow class="mark">'
_MARKS = ("hat", "tilde", "bar")
_LONGEST = 4000  # characters of a formula that is set; what is longer is shown as text


def to_html(judgement: Judgement, about: str = "") -> str:
    """Return the verdict on a document as a complete HTML file; `about` names the network that was given."""
    name = judgement.source or "text"
    return page(
        f"Verdict on {name}",
        f"The verdict on <code>{escape(name)}</code>",
        _counts(judgement),
        _contents(judgement),
        _context(judgement, about) + '<section aria-label="Statements">\n' + _claims(judgement) + "</section>\n",
    )


def page(window: str, title: str, abstract: str, contents: str, body: str) -> str:
    """Return a page of its parts, of which all but the window's title are HTML already."""
    return render(
        "html/verdict.html.j2",
        style=render("html/style.css") + render("html/verdict.css"),
        window_title=words.harmless(escape(window)),
        title=words.harmless(title),
        abstract=words.harmless(abstract),
        contents=words.harmless(contents),
        body=words.harmless(body),
    )


def fragment(judgement: Judgement, about: str = "") -> str:
    """Return the page for a notebook: in a frame, so that its styles touch nothing else."""
    whole = escape(to_html(judgement, about))
    return f'<iframe srcdoc="{whole}" title="verdict" sandbox style="width: 100%; height: 40rem; border: 0"></iframe>'


# -- above the statements ----------------------------------------------------------------------------------------------


def _counts(judgement: Judgement) -> str:
    found = words.counted(judgement)
    chips = "".join(
        f'<li class="{look.tone}"><span class="sign" aria-hidden="true">{look.sign}</span> <b>{found[answer]}</b> '
        f"{escape(words.answer_words(answer))}</li>\n"
        for answer, look in words.LOOKS.items()
        if found[answer]
    )
    first = judgement.first_wrong
    told = "Every statement is right." if judgement.is_right and judgement.verdicts else ""
    if first is not None:
        number = next(place for place, one in enumerate(judgement.verdicts, 1) if one is first)
        told = f'First wrong: <a href="#s{number}">line {words.line(first)}</a>.'
    elif not told:
        told = "Nothing is wrong among what was understood." if judgement.verdicts else "No statement was found."
    return f'<ul class="counts">\n{chips}</ul>\n<p class="first">{told}</p>\n'


def _contents(judgement: Judgement) -> str:
    """Return links to what is not simply right."""
    found = [
        (place, one)
        for place, one in enumerate(judgement.verdicts, 1)
        if not one.answer.is_right or one.answer is Answer.CONVENTION
    ]
    entries = "".join(
        f'<li class="{words.LOOKS[one.answer].tone}"><a href="#s{place}"><span class="count">'
        f"{words.LOOKS[one.answer].sign}</span>line {words.line(one)}: {escape(_short(one))}</a></li>\n"
        for place, one in found
    )
    title = '<p class="nav-title">What to look at</p>\n'
    return f'<nav aria-label="What to look at">\n{title}<ol>\n{entries}</ol>\n</nav>\n' if entries else ""


def _short(verdict: Verdict) -> str:
    return (
        verdict.kind if verdict.answer is Answer.REFUTED and verdict.kind else words.LOOKS[verdict.answer].word.lower()
    )


def _context(judgement: Judgement, about: str) -> str:
    said = [("Conventions", "<br>".join(map(escape, words.conventions(judgement.reading))))]
    used = words.assumptions(judgement)
    if used:
        said.append(("Assumed", "<br>".join(map(escape, used))))
    if judgement.lets:
        said.append(("Given", ", ".join(f"<code>{escape(spelt(let))}</code>" for let in judgement.lets)))
    if judgement.spelling:
        named = (f"<code>{escape(name)}</code> is <code>{escape(of)}</code>" for name, of in judgement.spelling.items())
        said.append(("Names", ", ".join(named)))
    what = f"Given: {escape(about)}" if about else "Read from the document itself"
    equations = f'<pre tabindex="0"><code>{escape(judgement.cell.rstrip())}</code></pre>' if judgement.cell else ""
    state = "" if about else " open"
    recurrence = (
        f'<details class="steps"{state}><summary>{what}</summary>\n{equations}\n</details>' if equations else what
    )
    said.insert(0, ("Recurrence", recurrence))
    return f'<section aria-label="What was understood">\n{description(said)}</section>\n'


def description(said: Iterable[tuple[str, str]]) -> str:
    """Return labels with what is said under them, HTML already, as a list; nothing if there is nothing to say."""
    rows = "".join(f"<dt>{label}</dt><dd>{text}</dd>\n" for label, text in said)
    return f'<dl class="said">\n{rows}</dl>\n' if rows else ""


# -- statements --------------------------------------------------------------------------------------------------------


def _claims(judgement: Judgement) -> str:
    return "".join(_claim(verdict, place) for place, verdict in enumerate(judgement.verdicts, 1))


def _claim(verdict: Verdict, number: int) -> str:
    look = words.LOOKS[verdict.answer]
    offers = list(words.offered(verdict))
    first = offers[0][1] if offers else None
    below = "".join(
        (
            "".join(_repair(verdict, place) for place in range(len(offers))),
            description(_why(verdict)),
            _details(verdict),
        )
    )
    return (
        f'<article class="claim {look.tone}" id="s{number}">\n'
        f'<p class="place"><a href="#s{number}">line {words.line(verdict)}</a></p>\n'
        f'<div class="formula">{_formula(verdict, first)}</div>\n'
        f'<p class="badge"><span class="sign" aria-hidden="true">{look.sign}</span> {look.word}</p>\n'
        f'<div class="below">\n{below}</div>\n</article>\n'
    )


def _formula(verdict: Verdict, after: Formula | None) -> str:
    if verdict.formula is not None:
        return mathematics(verdict.formula, after)[0]
    try:  # what was not read may still be set
        return mathml(verdict.text.replace("&", ""), True) if "\\" in verdict.text[:_LONGEST] else _code(verdict.text)
    except SymrnnError:
        return _code(verdict.text)


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>"


def _repair(verdict: Verdict, place: int) -> str:
    repair, after = list(words.offered(verdict))[place]
    shown = mathematics(verdict.formula, after)[1] if verdict.formula is not None else mathematics(after, None)[0]
    label = "Write" if place == 0 else "Or"
    answer = words.LOOKS[repair.answer]
    return (
        f'<div class="repair">\n<p class="label">{label} <span class="then">{answer.sign} {answer.word.lower()}</span></p>\n'
        f'<div class="formula">{shown}</div>\n'
        f'<p class="kind"><b>{escape(words.kinds(repair))}</b>: {escape(repair.words)}</p>\n</div>\n'
    )


def _why(verdict: Verdict) -> Iterator[tuple[str, str]]:
    if verdict.answer in (Answer.ILL_TYPED, Answer.NOT_UNDERSTOOD, Answer.CONDITION, Answer.AGREES):
        yield "Because", escape(verdict.reason)
    if verdict.convention:
        yield "Under" if verdict.answer is Answer.CONVENTION else "Read as", escape(verdict.convention)
    if verdict.difference is not None:
        left, right = words.numbers(verdict.difference)
        sides = f'<span class="value">left {_minus(left)}</span> ≠ <span class="value">right {_minus(right)}</span>'
        yield "Shown by", f"{escape(words.case(verdict.difference))}: {words.entry(verdict.difference)}<br>{sides}"
    if verdict.conditions:
        label = "Only if" if verdict.answer is Answer.CONDITION else "Hidden by"
        yield label, escape("; ".join(verdict.conditions))
    for note in verdict.notes:
        yield "Note", escape(note)


def _minus(number: str) -> str:
    return number.replace("-", "−")


def _details(verdict: Verdict) -> str:
    said = []
    if verdict.text:
        said.append(("As written", f"<code>{escape(verdict.text)}</code>"))
    if verdict.answer in (Answer.PROVED, Answer.CONVENTION, Answer.DEFINITION):
        said.append(("Because", escape(verdict.reason + (f": {verdict.proof}" if verdict.proof else ""))))
    if verdict.samples:
        said.append(("Samples", f"{verdict.samples} agree"))
    if verdict.assumptions:
        said.append(("Uses", escape("; ".join(verdict.assumptions))))
    if verdict.statement is not None:
        read = f"{verdict.statement.left!r} = {verdict.statement.right!r}"
        said.append(("Read as", f"<code>{escape(read)}</code>"))
    return f'<details class="more"><summary>details</summary>\n{description(said)}</details>\n' if said else ""


# -- mathematics -------------------------------------------------------------------------------------------------------


def mathematics(formula: Formula, after: Formula | None) -> tuple[str, str]:
    """Return a formula as MathML, and the one that comes after it; in both, what the other does not have is marked."""
    if after is None:
        return _set(as_latex(_gathered(formula)), formula), ""
    one, other = marked(_gathered(formula), _gathered(after), as_latex)
    return _set(one, formula), _set(other, after)


def _set(latex: str, formula: Formula) -> str:
    """Return LaTeX with marks as MathML that wraps between terms; as text where it cannot be set."""
    if len(latex) <= _LONGEST:
        latex = latex.replace(" := ", r" \coloneqq ")  # one sign, which is not cut at its =
        for text in (latex.replace(MARK, _OPEN).replace(END, _CLOSE), unmarked(latex)):
            try:
                return "<wbr>".join(_term(term, place > 0) for place, term in enumerate(terms(relaxed(text))))
            except SymrnnError:
                continue
    return f"<code>{escape(spelt(formula))}</code>"


def _term(latex: str, joins: bool) -> str:
    """Return one term; an empty group before its sign tells that the sign joins it to the term before."""
    first, *rest = factors(latex)
    parts = [f"{{}}{first}" if joins else first, *(f"{{}}{factor}" for factor in rest)]
    return f'<span class="term">{"<wbr>".join(mathml(part, True).replace(_RED, _MARKED) for part in parts)}</span>'


def _gathered(formula: Formula) -> Formula:
    """Return a formula to look at: the scripts of (dz_h)_t side by side instead of one below the other, y_hat with its hat."""
    whole: Formula = replace(formula, **dict(_parts(formula)))
    if not isinstance(whole, Scripted) or whole.sub is None:
        return whole
    base = whole.base
    if isinstance(base, Letter) and _letters(whole.sub) in _MARKS:
        hatted = replace(base, marks=(*base.marks, _letters(whole.sub)))
        return hatted if whole.sup is None and not whole.primes else replace(whole, base=hatted, sub=None)
    if isinstance(base, Scripted) and base.sub is not None and base.sup is None and not base.primes:
        subs = (*_listed(base.sub), *_listed(whole.sub))
        return replace(whole, base=base.base, sub=Product(subs, (",",) * (len(subs) - 1)))
    return whole


def _parts(formula: Formula) -> Iterator[tuple[str, Any]]:
    for slot in formula.__slots__:
        value = getattr(formula, slot)
        if isinstance(value, Formula):
            yield slot, _gathered(value)
        elif isinstance(value, tuple):
            yield slot, tuple(_row(item) for item in value)


def _row(item: Any) -> Any:
    """Return an item of a list of parts; the rows of a matrix are lists again."""
    if isinstance(item, tuple):
        return tuple(_row(one) for one in item)
    return _gathered(item) if isinstance(item, Formula) else item


def _listed(script: Formula) -> tuple[Formula, ...]:
    """Return the parts of a script between its commas."""
    return script.factors if isinstance(script, Product) and "," in script.signs else (script,)


def _letters(script: Formula) -> str:
    """Return the word that a script spells, or "" if it is none."""
    parts = script.factors if isinstance(script, Product) and set(script.signs) <= {""} else (script,)
    return "".join(part.name if isinstance(part, Letter) else " " for part in parts)
