"""Changes of one symbol: its transpose, its step, its name, its square, its complement, an activation applied to it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from symrnn.claims.diagnosis.editor import Change, Editor
from symrnn.claims.diagnosis.kinds import ACTIVATED, COMPLEMENT, GATE, POWER, SLOPE, STEP, TRANSPOSED
from symrnn.claims.functions import FUNCTION_NAMES
from symrnn.claims.spelling import Spelt
from symrnn.claims.trees import shifted, with_step
from symrnn.claims.writing import TOP, transposed, with_scripts
from symrnn.language.formulas import nodes as f
from symrnn.language.formulas.nodes import Formula

NO_ACTIVATIONS = ("trace", "diag", "sum", "transpose", "dtanh", "dsigmoid")


def transposes(editor: Editor, part: Any) -> Change:
    """W → Wᵀ, Wᵀ → W."""
    spelt = editor.spelt(part)
    bracket = isinstance(part, f.Scripted) and isinstance(part.base, f.Group | f.Derivative)
    if isinstance(part, f.Derivative) or spelt is not None or bracket:
        name = "an expression" if spelt is None else spelt.name
        turned = part != transposed(part) and isinstance(part, f.Scripted) and part.sup == TOP
        yield transposed(part), TRANSPOSED, f"{name} without the transpose" if turned else f"{name} transposed"


def steps(editor: Editor, part: Any) -> Change:
    """h_t → h_{t−1}, h_{t+1}."""
    spelt = editor.spelt(part)
    if spelt is None or spelt.step is None or not isinstance(part, f.Scripted):
        return
    for shift in (-1, 1):
        moved = shifted(spelt.step, shift)
        if moved is not None:
            word = "one earlier" if shift < 0 else "one later"
            yield with_step(part, spelt.step, moved), STEP, f"the step of {spelt.name} is {word}"


def adjoints(editor: Editor, part: Any) -> Change:
    """∂J/∂h → ∂J/∂z, dh → dz: the derivative by another quantity; by that under the activation, its slope was forgotten."""
    found = editor.adjoint(part)
    if found is None:
        return
    leaf, step = found
    for other in sorted(editor.others(leaf), key=lambda one: not editor.is_pair(leaf, one)):
        name = editor.shown(other)
        kind = SLOPE if editor.is_pair(leaf, other) else GATE
        words = f"the derivative by {name} instead of that by {editor.shown(leaf)}"
        yield _with_adjoint(editor, part, name, step), kind, words


def _with_adjoint(editor: Editor, part: Any, name: str, step: Formula | None) -> Formula:
    when = step.body if isinstance(step, f.Group) else step
    if isinstance(part, f.Derivative):
        return replace(part, by=with_scripts(name, when, editor.notation))
    if isinstance(part, f.Differential):
        return replace(part, of=with_scripts(name, when, editor.notation))
    old = editor.spelt(part)
    is_marked = old is not None and "bar" in old.name.split("_") and not old.name.startswith("d")
    head, *rest = name.split("_")
    return with_scripts("_".join((head, "bar", *rest)) if is_marked else f"d{name}", when, editor.notation)


def names(editor: Editor, part: Any) -> Change:
    """The name of another quantity of equal shape."""
    spelt, leaf = editor.spelt(part), editor.leaf(part)
    if spelt is None or leaf is None or (isinstance(part, f.Scripted) and part.primes):
        return
    for other in editor.others(leaf):
        shown = editor.shown(other)
        yield renamed(part, spelt, shown, editor), GATE, f"{shown} instead of {spelt.name}"


def renamed(part: Any, spelt: Spelt, name: str, editor: Editor) -> Formula:
    """Return a symbol with another name and the same scripts."""
    when = spelt.step.body if isinstance(spelt.step, f.Group) else spelt.step
    written = with_scripts(name, when, editor.notation)
    if spelt.power is not None:
        written = f.Scripted(f.Group(written), None, spelt.power)
    return transposed(written) if spelt.transposed else written


def complements(editor: Editor, part: Any) -> Change:
    """z → 1 − z, (1 − z) → z."""
    if (
        isinstance(part, f.Group)
        and isinstance(part.body, f.Total)
        and len(part.body.terms) == 2
        and part.body.signs == ("+", "-")
    ):
        first, second = part.body.terms
        if isinstance(first, f.Number | f.Letter | f.Scripted) and editor.spelt(first) is None:
            yield second, COMPLEMENT, "without the complement"
    spelt, leaf = editor.spelt(part), editor.leaf(part)
    if spelt is not None and leaf is not None and leaf.time is not None and spelt.power is None:
        complement = f.Group(f.Total((f.Number("1"), part), ("+", "-")))
        yield complement, COMPLEMENT, f"1 − {spelt.name} instead of {spelt.name}"


def powers(editor: Editor, part: Any) -> Change:
    """x → x², x² → x."""
    spelt = editor.spelt(part)
    if spelt is None or spelt.transposed or spelt.step is None:
        return
    if spelt.power == f.Number("2"):
        yield without_power(part), POWER, "without the square"
    elif spelt.power is None:
        yield f.Scripted(f.Group(part), None, f.Number("2")), POWER, f"the square of {spelt.name}"


def without_power(part: Any) -> Any:
    """Return a symbol without the number above it."""
    if isinstance(part, f.Scripted) and isinstance(part.sup, f.Number):
        return replace(part, sup=None) if part.sub is not None else part.base
    return replace(part, base=without_power(part.base)) if isinstance(part, f.Scripted) else part


def activations(editor: Editor, part: Any) -> Change:
    """f(x) → x, f²(x) → x²: an activation that has been applied already."""
    if is_activation(part):
        yield bare(part), ACTIVATED, f"{part.name} has been applied already"


def is_activation(part: Any) -> bool:
    """Return whether a formula is an activation of something."""
    if not isinstance(part, f.Call) or part.primes or len(part.arguments) != 1:
        return False
    return FUNCTION_NAMES.get(part.name) not in (None, *NO_ACTIVATIONS)


def bare(call: f.Call) -> Formula:
    """Return what an activation is applied to, with the power that stood above."""
    inner = call.arguments[0]
    symbol = inner if isinstance(inner, f.Letter | f.Scripted) else f.Group(inner)
    return symbol if call.power is None else f.Scripted(f.Group(symbol), None, call.power)


__all__ = [
    "activations",
    "adjoints",
    "bare",
    "complements",
    "is_activation",
    "names",
    "powers",
    "renamed",
    "steps",
    "transposes",
    "without_power",
]
