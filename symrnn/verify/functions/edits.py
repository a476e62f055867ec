"""Changes to one expression of a backward pass, each a mistake that people make. What they are put together to is in `mistakes`.

W_hhᵀ z̄ → W_hh z̄        missing transpose           h̄ ∘ (1 − h²) → h̄                missing activation derivative
h[t−1] → h[t]           time index                  h̄ ∘ (1 − z²), h̄ ∘ (1 − tanh(h)²)  derivative of the wrong value
f → i                   copy-paste gate             z → 1 − z                        z and 1 − z swapped
a + b → a, a − b        dropped term, sign          2 a                              factor
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sympy import Integer, Rational

from symrnn.algebra.nodes import Add, Apply, Bar, Had, Leaf, Mul, Node, Ones, Power, Scale, T, Transpose, t
from symrnn.algebra.text import text
from symrnn.errors import ShapeError
from symrnn.model.network import Network
from symrnn.verify import kinds
from symrnn.verify.functions.values import BATCH, CARRY, LOCAL, WRAPPED, ZERO

BOUNDARY = "boundary"
DERIVATIVE = "missing activation derivative"
ACTIVATED = "derivative applied to an already activated value"
PREACTIVATION = "derivative applied to the pre-activation"
OTHER_DERIVATIVE = "derivative of another activation"
ACTIVATION = "double or missing activation"
FACTOR = "missing factor"
GATE = "copy-paste gate"
TERM = "term missing"
LOCAL_ONLY = "carry left out in one place"
WRONG_SIDE = "carry added on the wrong side of the activation derivative"


@dataclass(frozen=True, slots=True)
class Edit:
    """One change: `key` is the same for the same change elsewhere, `words` say what was done instead of what."""

    kind: str
    words: str
    after: Node
    key: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Context:
    """What a network knows of its quantities: what each was computed of, and which are alike."""

    definitions: Mapping[Leaf, Node]
    alike: Mapping[Leaf, tuple[Leaf, ...]]
    carried: frozenset[str]  # names of the states

    @classmethod
    def of(cls, network: Network) -> Context:
        """Return the context of a network."""
        quantities = [line.target for line in network.equations if line.target.moves]
        alike: dict[Leaf, tuple[Leaf, ...]] = {}
        for group in (quantities, list(network.params)):
            for one in group:
                alike[one] = tuple(other for other in group if other.shape == one.shape and other != one)
        return cls(
            {line.target: line.expr for line in network.equations},
            alike,
            frozenset(state.leaf.name for state in network.states),
        )


def edits(expr: Node, context: Context) -> Iterator[Edit]:
    """Yield every expression with one mistake in it."""
    yield from _here(expr, context)
    for place, part in enumerate(expr.args):
        if not isinstance(part, Node) or isinstance(expr, Leaf | Bar):
            continue
        for edit in edits(part, context):
            args = [*expr.args[:place], edit.after, *expr.args[place + 1 :]]
            try:
                after = expr.func(*args)
            except (ShapeError, TypeError):
                continue
            if after.shape == expr.shape:
                yield Edit(edit.kind, edit.words, after, edit.key)


def _here(expr: Node, context: Context) -> Iterator[Edit]:
    if isinstance(expr, Had):
        yield from _factors(expr, context)
    elif isinstance(expr, Add):
        yield from _complements(expr)
        yield from _summands(expr)
    elif isinstance(expr, Transpose) and isinstance(expr.args[0], Leaf):
        if _square(expr):
            yield _edit(kinds.TRANSPOSED, expr, expr.args[0])
    elif isinstance(expr, Mul):
        yield from _transposes(expr)
    elif isinstance(expr, Leaf | Bar) and not _is_marked(expr):
        yield from _leaf(expr, context) if isinstance(expr, Leaf) else _bar(expr, context)


def _is_marked(expr: Leaf | Bar) -> bool:
    return "⟨" in (expr if isinstance(expr, Leaf) else expr.leaf).name


def _edit(kind: str, before: Node, after: Node, words: str = "") -> Edit:
    said = words or f"{text(after)} where {text(before)} belongs"
    return Edit(kind, said, after, (kind, _timeless(before), _timeless(after)))


def _timeless(expr: Node) -> str:
    """Return an expression as text with its own step as t: a carry is written one step later."""
    steps = {leaf.time for leaf in expr.atoms(Leaf) if leaf.moves}
    first = max(steps, key=lambda step: int(step - t)) if steps else t
    return text(expr.xreplace({t: t - (first - t)}) if first != t else expr)


def _square(expr: Node) -> bool:
    return expr.shape[0] == expr.shape[1] and expr.shape[0] != 1


def _transposes(expr: Mul) -> Iterator[Edit]:
    for place, part in enumerate(expr.args):
        if isinstance(part, Leaf) and not part.moves and _square(part):
            after = Mul(*expr.args[:place], part.T, *expr.args[place + 1 :])
            yield Edit(
                kinds.TRANSPOSED, f"{text(part.T)} where {text(part)} belongs", after, (kinds.TRANSPOSED, part.name)
            )
    if len(expr.args) == 2 and _square(expr):  # an outer product the other way round
        yield Edit(
            kinds.TRANSPOSED,
            f"{text(expr.T)} where {text(expr)} belongs",
            _flipped(expr),
            (kinds.TRANSPOSED, text(expr)),
        )


def _flipped(expr: Mul) -> Node:
    left, right = expr.args
    return Mul(right.T, left.T)


# -- products entry by entry: derivatives and gates ------------------------------------------------------------------------


def _factors(expr: Had, context: Context) -> Iterator[Edit]:
    places = [place for place, part in enumerate(expr.args) if not _has_bar(part)]
    slope = _slope(expr)
    if slope is not None:
        of, own = slope
        yield from _slopes(expr, of, own, context)
    if len(expr.args) == 1 or not places:
        return
    for place in places:
        part = expr.args[place]
        rest = [one for other, one in enumerate(expr.args) if other != place]
        slopes = slope is not None and place in slope[1]
        kind = DERIVATIVE if slopes and len(slope[1] if slope else ()) == 1 else FACTOR
        yield _edit(kind, expr, _product(rest), f"the factor {text(part)} is missing in {text(expr)}")


def _slope(expr: Had) -> tuple[Leaf, tuple[int, ...]] | None:
    """Return the quantity whose activation derivative is in a product, and where: 1 − h², or σ and 1 − σ."""
    for place, part in enumerate(expr.args):
        found = _complement(part)
        if found is None:
            continue
        if isinstance(found, Power) and isinstance(found.args[0], Leaf):
            return found.args[0], (place,)
        if isinstance(found, Leaf) and found in expr.args:
            return found, (expr.args.index(found), place)
    return None


def _complement(expr: Node) -> Node | None:
    """Return a of 1 − a."""
    if isinstance(expr, Add) and len(expr.args) == 2 and isinstance(expr.args[0], Ones):
        second = expr.args[1]
        if isinstance(second, Scale) and second.factor == -1:
            return second.body
    return None


def _slopes(expr: Had, of: Leaf, own: tuple[int, ...], context: Context) -> Iterator[Edit]:
    rest = [part for place, part in enumerate(expr.args) if place not in own]
    whole = " ∘ ".join(text(expr.args[place], 3) for place in sorted(own))
    if len(own) == 2:
        yield _edit(DERIVATIVE, expr, _product(rest), f"the derivative {whole} is missing in {text(expr)}")
    ones = Ones(*of.shape)
    definition = context.definitions.get(of.at(t) if of.moves else of)
    tanh, sigmoid = (lambda v: (ones - v**2,)), (lambda v: (v, ones - v))
    same, other = (tanh, sigmoid) if len(own) == 1 else (sigmoid, tanh)

    def instead(kind: str, factors: tuple[Node, ...]) -> Edit:
        shown = " ∘ ".join(text(one, 3) for one in factors)
        return _edit(kind, expr, _product([*rest, *factors]), f"{shown} where the derivative is {whole}")

    if isinstance(definition, Apply):
        before = definition.body.xreplace({t: of.time}) if of.moves else definition.body
        yield instead(PREACTIVATION, same(before))
        yield instead(ACTIVATED, same(Apply(definition.function, of)))
        yield instead(PREACTIVATION, other(before))
    yield instead(OTHER_DERIVATIVE, other(of))
    if len(own) == 1:
        yield instead(OTHER_DERIVATIVE, (ones - of,))
        yield instead(OTHER_DERIVATIVE, ((ones - of) ** 2,))
        yield instead(kinds.SIGN, (ones + of**2,))


def _product(factors: list[Node]) -> Node:
    return factors[0] if len(factors) == 1 else Had(*factors)


def _has_bar(expr: Node) -> bool:
    return bool(expr.atoms(Bar))


# -- sums --------------------------------------------------------------------------------------------------------------------


def _complements(expr: Add) -> Iterator[Edit]:
    found = _complement(expr)
    if isinstance(found, Leaf):
        yield _edit(kinds.COMPLEMENT, expr, found)


def _summands(expr: Add) -> Iterator[Edit]:
    if isinstance(expr.args[0], Ones):
        return
    for place, part in enumerate(expr.args):
        rest = [one for other, one in enumerate(expr.args) if other != place]
        yield _edit(TERM, expr, Add(*rest), f"the term {text(part)} is missing in {text(expr)}")
        turned = Add(*expr.args[:place], Scale(-1, part), *expr.args[place + 1 :])
        yield _edit(kinds.SIGN, expr, turned, f"the term {text(part)} has the other sign in {text(expr)}")


def scaled(expr: Node, mean: bool = False) -> Iterator[Edit]:
    """Yield a whole term with another sign, or with a factor of two; with `mean` also divided by steps or sequences."""
    yield _edit(kinds.SIGN, expr, Scale(-1, expr), f"{text(expr, 1)} has the other sign")
    for factor in (Integer(2), Rational(1, 2), *((1 / T, 1 / BATCH) if mean else ())):
        yield _edit(kinds.FACTOR, expr, Scale(factor, expr), f"{factor} × {text(expr, 2)} where {text(expr)} belongs")


# -- quantities --------------------------------------------------------------------------------------------------------------


def _index(before: Leaf | Bar, after: Node, shift: int) -> Edit:
    leaf = before if isinstance(before, Leaf) else before.leaf
    key = (kinds.STEP, type(before).__name__, leaf.name, str(shift))
    return Edit(kinds.STEP, f"{text(after)} where {text(before)} belongs", after, key)


def marked(leaf: Leaf, mark: str) -> Leaf:
    """Return a leaf with a mark on its name, which says how it is looked up."""
    return Leaf(leaf.name + mark, leaf.shape[0], leaf.shape[1], leaf.time)


def _shifted(leaf: Leaf, shift: int) -> Leaf:
    assert leaf.time is not None
    return leaf.at(leaf.time + shift)


def _leaf(expr: Leaf, context: Context) -> Iterator[Edit]:
    if not expr.moves:
        for other in context.alike.get(expr, ()):
            yield _edit(GATE, expr, other)
        return
    for shift in (-1, 1):
        yield _index(expr, _shifted(expr, shift), shift)
    if expr.time == t - 1:
        for mark, said in ((WRAPPED, "the last step"), (ZERO, "zero")):
            words = f"{text(expr)} is that of {said} at t = 1, where the initial value {expr.name}[0] belongs"
            yield Edit(BOUNDARY, words, marked(expr, mark), (BOUNDARY, expr.name, mark))
    now = expr.at(t)
    for other in context.alike.get(now, ()):
        yield _edit(GATE, expr, other.at(expr.time))
    if now in context.definitions:
        yield _edit(kinds.COMPLEMENT, expr, Ones(*expr.shape) - expr)
    definition = context.definitions.get(now)
    if isinstance(definition, Apply):
        yield _edit(ACTIVATION, expr, definition.body.xreplace({t: expr.time}))
        yield _edit(ACTIVATION, expr, Apply(definition.function, expr))
    elif expr.name in context.carried:
        yield _edit(ACTIVATION, expr, Apply("tanh", expr))


def _bar(expr: Bar, context: Context) -> Iterator[Edit]:
    leaf = expr.leaf
    for shift in (-1, 1) if leaf.moves else ():
        yield _index(expr, Bar(_shifted(leaf, shift)), shift)
    for other in context.alike.get(leaf.at(t) if leaf.moves else leaf, ()):
        after = Bar(other.at(leaf.time))
        derivative = leaf in context.definitions and _defined(context, leaf, other)
        yield _edit(DERIVATIVE if derivative else GATE, expr, after)
    if leaf.moves:
        local = Bar(marked(leaf, LOCAL))
        words = f"{text(expr)} is read before what later steps give has been added to it"
        yield Edit(LOCAL_ONLY, words, local, (LOCAL_ONLY, leaf.name))
        if leaf.name in context.carried:
            without = expr - Bar(marked(leaf, CARRY))
            yield Edit(LOCAL_ONLY, words, without, (LOCAL_ONLY, leaf.name, "its own"))


def _defined(context: Context, leaf: Leaf, other: Leaf) -> bool:
    definition = context.definitions.get(other)
    return isinstance(definition, Apply) and definition.body == leaf


def wrong_side(expr: Node, context: Context) -> Iterator[Edit]:
    """Yield a product with a slope in which the carry is added behind the slope: D ∘ (h̄ − carry) + carry."""
    if not isinstance(expr, Had):
        return
    for place, part in enumerate(expr.args):
        if isinstance(part, Bar) and part.leaf.name in context.carried and not _is_marked(part):
            leaf = part.leaf
            carry = Bar(marked(leaf, CARRY))
            after = Add(Had(*expr.args[:place], part - carry, *expr.args[place + 1 :]), carry)
            words = f"what later steps give to {text(part)} is added behind the factors of {text(expr)}, not before"
            yield Edit(WRONG_SIDE, words, after, (WRONG_SIDE, leaf.name))
