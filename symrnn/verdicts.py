"""Verdicts on what somebody derived by hand, one function for texts and one for functions; `symrnn.verify` is both.

text ──read──▶ statements ──judge──▶ Judgement ──tell──▶ text .html .json
function ──call──▶ FunctionVerdict ──tell──▶ the same
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from symrnn import driver
from symrnn.claims.telling import Told, exit_status_of_function, function_html, function_json, told
from symrnn.claims.verifying import read_file, verify_text
from symrnn.errors import SymrnnError
from symrnn.verify import functions
from symrnn.verify.functions import FunctionVerdict, load_function
from symrnn.verify.functions.calls import parameters, returned_names

TEXT_FILES = (".tex", ".md", ".txt")


def verify(
    text: str | Path,
    cell: Any = None,
    head: str | None = None,
    *,
    lets: Iterable[str] = (),
    names: Mapping[str, str] | None = None,
    sums_to_one: Iterable[str] = (),
    source: str = "",
    **options: Any,
) -> Told:
    """Judge somebody's derivation: every statement of it is proved, refuted with a counterexample and mended, or not understood.

    Args:
        text: LaTeX, Markdown with formulas between dollars, or plain equations, one on a line; or a file of it: a path, or the
            name of one that ends in .tex, .md or .txt.
        cell, head, options: what the statements are about, as for `network`; None: the forward equations of the text say so.
        lets: further definitions, such as "delta_t = dL/dh_t".
        names: how the text calls quantities of the cell, where it calls them otherwise: {"W": "W_hh"}.
        sums_to_one: targets of the text whose entries sum to one.
        source: how to call the text in the report; the file, if not given.

    Returns:
        A `Judgement` that prints as its report; `to_html()`, `to_json()`, `exit_status`, `verdicts`, `first_wrong`, `is_right`.

    Raises:
        SymrnnError: if the text or the network cannot be read, or it is not said which recurrence the text is about.
    """
    is_file = isinstance(text, Path) or ("\n" not in text and text.endswith(TEXT_FILES) and "=" not in text)
    body = read_file(Path(text)) if is_file else str(text)
    net = None if cell is None else driver.network(cell, head, **options)
    if net is None and (head is not None or options):
        raise SymrnnError(f"{', '.join(filter(None, ['head' if head else '', *options]))}: give the cell too")
    found = verify_text(
        body,
        net,
        lets=tuple(lets),
        names=dict(names or {}),
        sums_to_one=tuple(sums_to_one),
        source=source or (str(text) if is_file else "text"),
    )
    return told(found, net)


def verify_function(
    function: str | Callable[..., Any],
    cell: Any,
    head: str | None = None,
    *,
    names: Mapping[str, Any] | None = None,
    **options: Any,
) -> FunctionVerdict:
    """Judge a function that computes gradients of a cell: `function` itself, or "file.py::name", a file that is then run.

    Args:
        cell, head, options: as for `network`; without a head the function is given the adjoints of the outputs.
        names: what arguments of the function mean, or what results are the gradient of, where their names do not tell:
            {"U": "W_hh", "carry": "h0"}; see `symrnn.verify.functions.verify_function`.

    Raises:
        SymrnnError: if the file cannot be run or has no such function, or there is no such cell.
    """
    if isinstance(function, str):
        path, _, name = function.rpartition("::")
        function = load_function(path, name)
    taken, given = parameters(function), dict(names or {})
    arguments = {name: meant for name, meant in given.items() if name in taken}
    results = {name: meant for name, meant in given.items() if name not in taken}
    returned = returned_names(function)
    if results and set(results) <= set(returned):
        results = {name: results.get(name, name) for name in returned}  # all of them, in their order
    net = driver.network(cell, head or "none", **options)
    return functions.verify_function(function, net, arguments=arguments or None, results=results or None)


def written(found: Told | FunctionVerdict, form: str = "text", verbose: bool = False) -> tuple[str, int]:
    """Return a verdict as "text", "html" or "json", and the exit status that goes with it."""
    if isinstance(found, Told):
        told_as = {"html": found.to_html, "json": found.to_json}
        return told_as[form]() if form in told_as else found.report(verbose) + "\n", found.exit_status
    status = exit_status_of_function(found)
    if form == "html":
        return function_html(found), status
    return function_json(found) if form == "json" else f"{found}\n", status
