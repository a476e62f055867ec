"""Single changes of a formula, each the undoing of one class of mistake. What they are tried on is in `diagnosing`.

An edit changes one place. Its kind is the mistake that it undoes, in the words of the field; more than one edit may lead to the
same formula.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from symrnn.algebra.nodes import Apply, Leaf
from symrnn.claims.context import Context
from symrnn.claims.spelling import sort_scripts
from symrnn.claims.trees import places, shifted, with_step
from symrnn.claims.writing import TOP, Notation, transposed, with_scripts
from symrnn.language.formulas import nodes as f
from symrnn.language.formulas.nodes import Formula

TRANSPOSED = "missing or extra transpose"
SIGN = "sign"
STEP = "time index off by one"
ELEMENTWISE = "elementwise product for matrix product, or the reverse"
ORDER = "order of the factors"
FACTOR = "extra or missing factor"
ACTIVATED = "derivative of the activation at the wrong value"
GATE = "copy-paste: another quantity is meant"
COMPLEMENT = "z and 1 − z swapped"
RANGE = "range of the sum or product"
DIRECTION = "ordered product runs the wrong way"
PARENTHESES = "missing parentheses"
TERM = "extra term"
SUMMED = "not summed over the steps"
POWER = "missing or extra square"
ACTIVATIONS = ("tanh", "sigma", "sigmoid", "relu", "softmax")
SLOPE = "missing or extra derivative of an activation"


@dataclass(frozen=True, slots=True)
class Edit:
    """A changed formula, the mistake that the change undoes, and the change in words."""

    formula: Formula
    kind: str
    words: str


@dataclass(frozen=True)
class Editor:
    """Yields the edits of a formula in a context, in the notation of the document."""

    context: Context
    notation: Notation

    def edits(self, formula: Formula) -> Iterator[Edit]:
        """Yield every single change of a formula, the likeliest kinds first."""
        spots = [(part, put) for part, put in places(formula, scripts=False) if self._is_expression(part, formula)]
        slopes = {id(inner) for part, _ in spots if _is_slope(part) for inner, _ in places(part, scripts=False)}
        for change in CHANGES:
            for part, put in spots:
                for new, kind, words in change(self, part):
                    outside = kind == ACTIVATED and change is _names and id(part) not in slopes
                    yield Edit(put(new), GATE if outside else kind, words)

    def _is_expression(self, part: Any, whole: Formula) -> bool:
        return not isinstance(part, f.Chain | f.Word)

    def spelt(self, part: Any) -> Any:
        """Return the sorted scripts of a symbol that has a meaning, or None."""
        if not isinstance(part, f.Letter | f.Scripted):
            return None
        found = sort_scripts(part, self.context.steps(frozenset({"k", "j", "s"})))
        if found is None or not found.name:
            return None
        return found if self.context.steps().exists(found.name) else None


Change = Iterator[tuple[Formula, str, str]]


def _signs(editor: Editor, part: Any) -> Change:
    if isinstance(part, f.Total):
        for index, sign in enumerate(part.signs):
            other = "-" if sign == "+" else "+"
            signs = (*part.signs[:index], other, *part.signs[index + 1 :])
            yield replace(part, signs=signs), SIGN, f"the sign of term {index + 1} is {other}"


def _transposes(editor: Editor, part: Any) -> Change:
    spelt = editor.spelt(part)
    bracket = isinstance(part, f.Scripted) and isinstance(part.base, f.Group | f.Derivative)
    if isinstance(part, f.Derivative) or spelt is not None or bracket:
        name = "an expression" if spelt is None else spelt.name
        turned = part != transposed(part) and isinstance(part, f.Scripted) and part.sup == TOP
        yield transposed(part), TRANSPOSED, f"{name} without the transpose" if turned else f"{name} transposed"


def _steps(editor: Editor, part: Any) -> Change:
    spelt = editor.spelt(part)
    if spelt is None or spelt.step is None or not isinstance(part, f.Scripted):
        return
    for shift in (-1, 1):
        moved = shifted(spelt.step, shift)
        if moved is not None:
            yield (
                with_step(part, spelt.step, moved),
                STEP,
                f"the step of {spelt.name} is {'one earlier' if shift < 0 else 'one later'}",
            )


def _product_signs(editor: Editor, part: Any) -> Change:
    if not isinstance(part, f.Product):
        return
    for index, sign in enumerate(part.signs):
        other = "" if sign in ("odot", "circ", "*") else "odot" if sign in ("", "cdot", "@", "times") else None
        if other is not None and not any(isinstance(one, f.Number) for one in part.factors[index : index + 2]):
            signs = (*part.signs[:index], other, *part.signs[index + 1 :])
            yield (
                replace(part, signs=signs),
                ELEMENTWISE,
                "the product is " + ("elementwise" if other else "a matrix product"),
            )


def _orders(editor: Editor, part: Any) -> Change:
    if isinstance(part, f.Product):
        for index in range(len(part.factors) - 1):
            factors = list(part.factors)
            factors[index], factors[index + 1] = factors[index + 1], factors[index]
            yield replace(part, factors=tuple(factors)), ORDER, "two factors change places"
            turned = list(factors)
            turned[index], turned[index + 1] = transposed(turned[index]), transposed(turned[index + 1])
            yield replace(part, factors=tuple(turned)), TRANSPOSED, "the product is transposed"


def _factors(editor: Editor, part: Any) -> Change:
    if isinstance(part, f.Product) and len(part.factors) > 1:
        for index in range(len(part.factors)):
            factors = (*part.factors[:index], *part.factors[index + 1 :])
            signs = part.signs[1:] if index == 0 else (*part.signs[: index - 1], *part.signs[index:])
            rest = factors[0] if len(factors) == 1 else replace(part, factors=factors, signs=signs)
            kind = SLOPE if _is_slope(part.factors[index]) else FACTOR
            yield rest, kind, "a factor is to be left out"


def _is_slope(formula: Any) -> bool:
    """Return whether a factor looks like the derivative of an activation: f'(z), 1 − h², σ(1 − σ)."""
    if isinstance(formula, f.Call):
        return formula.primes > 0 or (formula.name in ("diag", "Diag") and any(map(_is_slope, formula.arguments)))
    if isinstance(formula, f.Group):
        return _is_slope(formula.body)
    return (
        isinstance(formula, f.Total)
        and isinstance(formula.terms[0], f.Number | f.Letter | f.Scripted)
        and "-" in formula.signs
    )


def _names(editor: Editor, part: Any) -> Change:
    spelt = editor.spelt(part)
    leaf = None if spelt is None else editor.context.leaf(spelt.name)
    if spelt is None or leaf is None or (isinstance(part, f.Scripted) and part.primes):
        return
    activation = _activations(editor.context)
    for name, other in editor.context.leaves.items():
        if name == leaf.name or other.shape != leaf.shape or (other.time is None) != (leaf.time is None):
            continue
        shown = editor.notation.spelling.get(name, name)
        written = _renamed(part, spelt, shown, editor)
        pair = {name, leaf.name} in activation
        yield written, ACTIVATED if pair else GATE, f"{shown} instead of {spelt.name}"


def _activations(context: Context) -> list[set[str]]:
    """Return the pairs (z, h) with h = f(z)."""
    return [
        {line.target.name, line.expr.body.name}
        for line in context.network.equations
        if isinstance(line.expr, Apply) and isinstance(line.expr.body, Leaf)
    ]


def _renamed(part: Any, spelt: Any, name: str, editor: Editor) -> Formula:
    when = spelt.step.body if isinstance(spelt.step, f.Group) else spelt.step
    written = with_scripts(name, when, editor.notation)
    if spelt.power is not None:
        written = f.Scripted(f.Group(written), None, spelt.power)
    return transposed(written) if spelt.transposed else written


def _complements(editor: Editor, part: Any) -> Change:
    if (
        isinstance(part, f.Group)
        and isinstance(part.body, f.Total)
        and len(part.body.terms) == 2
        and part.body.signs == ("+", "-")
    ):
        first, second = part.body.terms
        if isinstance(first, f.Number | f.Letter | f.Scripted):
            yield second, COMPLEMENT, "without the complement"
    spelt = editor.spelt(part)
    leaf = None if spelt is None else editor.context.leaf(spelt.name)
    if leaf is not None and leaf.time is not None and not spelt.transposed:
        yield (
            f.Group(f.Total((f.Number("1"), part), ("+", "-"))),
            COMPLEMENT,
            f"1 − {spelt.name} instead of {spelt.name}",
        )


def _ranges(editor: Editor, part: Any) -> Change:
    if isinstance(part, f.Big):
        for slot in ("low", "high"):
            value = getattr(part, slot)
            for shift in (-1, 1):
                moved = None if value is None else shifted(value, shift)
                if moved is not None:
                    changed = replace(part, low=moved) if slot == "low" else replace(part, high=moved)
                    yield changed, RANGE, f"the {'first' if slot == 'low' else 'last'} index of the {part.kind}"
        if part.kind == "prod" and part.low is not None and part.high is not None:
            yield replace(part, low=part.high, high=part.low), DIRECTION, "the product runs the other way"


def _terms(editor: Editor, part: Any) -> Change:
    if isinstance(part, f.Total) and len(part.terms) > 1:
        for index in range(len(part.terms)):
            terms = (*part.terms[:index], *part.terms[index + 1 :])
            signs = (*part.signs[:index], *part.signs[index + 1 :])
            rest = terms[0] if len(terms) == 1 and signs[0] == "+" else replace(part, terms=terms, signs=signs)
            yield rest, TERM, f"term {index + 1} is to be left out"


def _parentheses(editor: Editor, part: Any) -> Change:
    """a − b ⊙ c → (a − b) ⊙ c, and a ⊙ (b − c) from a ⊙ b − c."""
    if isinstance(part, f.Total) and len(part.terms) > 1:
        last = part.terms[-1]
        if isinstance(last, f.Product) and len(last.factors) > 1:
            inner = replace(part, terms=(*part.terms[:-1], last.factors[0]))
            yield replace(last, factors=(f.Group(inner), *last.factors[1:])), PARENTHESES, "the sum is in parentheses"
        first = part.terms[0]
        if isinstance(first, f.Product) and len(first.factors) > 1 and part.signs[0] == "+":
            inner = replace(part, terms=(first.factors[-1], *part.terms[1:]))
            yield (
                replace(first, factors=(*first.factors[:-1], f.Group(inner))),
                PARENTHESES,
                "the sum is in parentheses",
            )


def _powers(editor: Editor, part: Any) -> Change:
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


def _activations_left(editor: Editor, part: Any) -> Change:
    """f(x) → x, f²(x) → x²: an activation that has been applied already; and x → f(x)."""
    if isinstance(part, f.Call) and part.name in ACTIVATIONS and not part.primes and len(part.arguments) == 1:
        inner = part.arguments[0]
        bare = inner if isinstance(inner, f.Letter | f.Scripted) else f.Group(inner)
        new = bare if part.power is None else f.Scripted(f.Group(bare), None, part.power)
        yield new, ACTIVATED, f"{part.name} has been applied already"


def _sums(editor: Editor, part: Any) -> Change:
    if isinstance(part, f.Big) and part.kind == "sum":
        yield f.Group(part.body), SUMMED, "without the sum"


CHANGES: tuple[Callable[[Editor, Any], Change], ...] = (
    _signs,
    _transposes,
    _steps,
    _product_signs,
    _parentheses,
    _complements,
    _ranges,
    _orders,
    _terms,
    _factors,
    _sums,
    _powers,
    _activations_left,
    _names,
)

__all__ = ["CHANGES", "Edit", "Editor"]
