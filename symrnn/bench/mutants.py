"""Mistakes as people make them, one function per class: from the right side of a statement to wrong ones.

Everything is done to the algebra of the right side in gradient layout; how the verifier undoes mistakes is not known here. A mutant
may be right by chance, or have no shape: who uses it finds out by numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sympy import Rational

from symrnn.algebra.nodes import Add, Apply, Diag, Had, Leaf, Mul, Node, Ones, Power, Scale, T, Transpose, t
from symrnn.algebra.time import SumT
from symrnn.bench.numbers import atoms
from symrnn.bench.scenes import (
    Scene,
    everywhere,
    exchanged,
    is_later,
    names_of,
    negated,
    now,
    places,
    speaks_of_loss,
    without,
)
from symrnn.bench.statements import rebuilt
from symrnn.claims.partial import Partial
from symrnn.errors import RuleError, ShapeError

Mutator = Callable[[Any, Scene], Iterator[Any]]

# -- the classes -----------------------------------------------------------------------------------------------------------


def transposes(node: Any, scene: Scene) -> Iterator[Any]:
    """W z for Wᵀ z, and z x for z xᵀ."""
    for part, put in places(node):
        if isinstance(part, Mul):
            for index, factor in enumerate(part.args):
                yield put(exchanged(part, index, factor.T))


def carries(node: Any, scene: Scene) -> Iterator[Any]:
    """Without what step t + 1 hands back."""
    yield from _dropped(node, lambda term: speaks_of_loss(term, scene) and is_later(term, now(scene)))


def direct(node: Any, scene: Scene) -> Iterator[Any]:
    """Without a part that reaches the loss from the step itself: one that speaks of the loss, or of ŷ − y."""

    def is_direct(term: Any) -> bool:
        reaches = speaks_of_loss(term, scene) or (_aims(term, scene) and not _is_target(term, scene))
        return reaches and not is_later(term, now(scene))

    yield from _dropped(node, is_direct)


def targets(node: Any, scene: Scene) -> Iterator[Any]:
    """ŷ for ŷ − y."""
    yield from _dropped(node, lambda term: _is_target(term, scene))


def _aims(term: Any, scene: Scene) -> bool:
    return bool(names_of(term) & scene.targets)


def _is_target(term: Any, scene: Scene) -> bool:
    """Return whether a term speaks of a target, and of nothing else that moves."""
    moving = {leaf.name for leaf in atoms(term) if isinstance(leaf, Leaf) and leaf.time is not None}
    return bool(moving) and moving <= scene.targets


def _dropped(node: Any, chosen: Callable[[Any], bool]) -> Iterator[Any]:
    def change(part: Any) -> Iterator[Any]:
        for index, term in enumerate(part.args):
            if chosen(term):
                yield without(part, index)

    return everywhere(node, Add, change)


def times(node: Any, scene: Scene) -> Iterator[Any]:
    """h_t for h_{t−1}, and the adjoint of step t for that of step t + 1."""

    def change(part: Any) -> Iterator[Any]:
        leaf = part.by if isinstance(part, Partial) else part
        if leaf.time is None or (isinstance(part, Partial) and part.of.name != scene.loss):
            return
        for step in (-1, 1):
            moved = leaf.at(leaf.time + step)
            yield Partial(part.of, moved, part.route) if isinstance(part, Partial) else moved

    return everywhere(node, (Leaf, Partial), change)


def is_slope(factor: Any, scene: Scene) -> bool:
    """Return whether a factor belongs to the derivative of an activation: 1 − h², h(1 − h), 1[z > 0]."""
    if isinstance(factor, Apply):
        return factor.function in ("step", "sign")
    if not isinstance(factor, Add) or not isinstance(factor.args[0], Ones):
        return False
    return bool(names_of(factor)) and names_of(factor) <= set(scene.activations) and factor.has(Power)


def _slopes(part: Any, scene: Scene) -> dict[str, list[int]]:
    """Return the places of the factors of a product that are the derivative of each activation."""
    found: dict[str, list[int]] = {}
    for index, factor in enumerate(part.args):
        names = names_of(factor)
        if is_slope(factor, scene) and len(names) == 1:
            found[names.pop()] = [index]
    for index, factor in enumerate(part.args):
        complement = Add(Ones(*factor.shape), negated(factor)) if isinstance(factor, Leaf) else None
        if complement in part.args and factor.name in scene.activations:
            found[factor.name] = [index, part.args.index(complement)]
    return found


def activated(node: Any, scene: Scene) -> Iterator[Any]:
    """1 − z² or 1 − tanh(h)² for 1 − h²: the derivative taken at another value."""

    def change(part: Any) -> Iterator[Any]:
        for name, indices in _slopes(part, scene).items():
            if name not in scene.activations:  # 1[z > 0] speaks of z
                continue
            function, before = scene.activations[name]
            leaves = [leaf for index in indices for leaf in atoms(part.args[index])]
            for new in (before.xreplace({t: leaves[0].time}), Apply(function, leaves[0])):
                args = [arg.xreplace({leaves[0]: new}) if i in indices else arg for i, arg in enumerate(part.args)]
                yield rebuilt(part.func, *args)

    return everywhere(node, (Had, Diag), change)


def twice_activated(node: Any, scene: Scene) -> Iterator[Any]:
    """tanh(h) for h = tanh(z), where h is read."""
    for part, put in places(node):
        if isinstance(part, Mul | Had):
            taken = {
                index
                for indices in (_slopes(part, scene).values() if isinstance(part, Had) else ())
                for index in indices
            }
            for index, factor in enumerate(part.args):
                leaf = factor.args[0] if isinstance(factor, Transpose) else factor
                if isinstance(leaf, Leaf) and leaf.name in scene.activations and index not in taken:
                    twice = Apply(scene.activations[leaf.name][0], leaf)
                    yield put(exchanged(part, index, twice if leaf is factor else twice.T))


def slopes(node: Any, scene: Scene) -> Iterator[Any]:
    """Without the derivative of the activation."""

    def change(part: Any) -> Iterator[Any]:
        for indices in _slopes(part, scene).values():
            rest = [arg for index, arg in enumerate(part.args) if index not in indices]
            if rest:
                yield rebuilt(Had, *rest)

    return everywhere(node, Had, change)


def parentheses(node: Any, scene: Scene) -> Iterator[Any]:
    """a ⊙ 1 − h² for a ⊙ (1 − h²), and (W a) ⊙ b for W (a ⊙ b)."""

    def change(part: Any) -> Iterator[Any]:
        for index, factor in enumerate(part.args):
            before, after = part.args[:index], part.args[index + 1 :]
            if isinstance(factor, Add) and (before or after):
                first = rebuilt(part.func, *before, factor.args[0])
                last = rebuilt(part.func, factor.args[-1], *after) if after else factor.args[-1]
                yield rebuilt(Add, first, *factor.args[1:-1], last)
            if isinstance(part, Mul) and isinstance(factor, Had) and before and not after:
                yield rebuilt(Had, rebuilt(Mul, *before, factor.args[0]), *factor.args[1:])

    return everywhere(node, (Had, Mul), change)


def sides(node: Any, scene: Scene) -> Iterator[Any]:
    """a ⊙ (1 − h²) + b for (a + b) ⊙ (1 − h²): the carry on the wrong side of the derivative."""

    def change(part: Any) -> Iterator[Any]:
        for index, factor in enumerate(part.args):
            if isinstance(factor, Add):
                late = [term for term in factor.args if is_later(term, now(scene))]
                early = [term for term in factor.args if term not in late]
                if late and early:
                    yield rebuilt(Add, exchanged(part, index, rebuilt(Add, *early)), *late)

    return everywhere(node, Had, change)


def factors(node: Any, scene: Scene) -> Iterator[Any]:
    """2, T or ½ in front of a term, or a number of the truth left out."""

    def change(part: Any) -> Iterator[Any]:
        if isinstance(part, Scale):
            if abs(part.factor) != 1:
                yield Scale(-1 if part.factor.could_extract_minus_sign() else 1, part.body)
        else:
            yield from (Scale(number, part) for number in (2, T, Rational(1, 2)))

    for part, put in places(node):
        if part is node or isinstance(part, Scale):
            yield from map(put, change(part))
        if isinstance(part, Add):
            for index, term in enumerate(part.args):
                yield from (put(exchanged(part, index, new)) for new in change(term))


def elementwise(node: Any, scene: Scene) -> Iterator[Any]:
    """⊙ for a matrix product, and back."""

    def change(part: Any) -> Iterator[Any]:
        other = Had if isinstance(part, Mul) else Mul
        for index in range(len(part.args) - 1):
            pair = rebuilt(other, *part.args[index : index + 2])
            rest = (*part.args[:index], pair, *part.args[index + 2 :])
            yield rest[0] if len(rest) == 1 else rebuilt(part.func, *rest)

    return everywhere(node, (Had, Mul), change)


def sums(node: Any, scene: Scene) -> Iterator[Any]:
    """What one step gives, for the sum over the steps."""
    return everywhere(node, SumT, lambda part: iter((part.at(t),)))


def quantities(node: Any, scene: Scene) -> Iterator[Any]:
    """The line of another gate, copied: another quantity or weight of equal shape."""

    def others(leaf: Leaf) -> list[Leaf]:
        same = [one for one in scene.leaves if one.shape == leaf.shape and (one.time is None) == (leaf.time is None)]
        return [one for one in same if one.name != leaf.name and one not in _partners(leaf, scene)]

    return _exchanged(node, scene, others)


def partners(node: Any, scene: Scene) -> Iterator[Any]:
    """z for h = tanh(z) and ∂J/∂h for ∂J/∂z: the quantity on the other side of its activation."""
    return _exchanged(node, scene, lambda leaf: _partners(leaf, scene))


def _partners(leaf: Leaf, scene: Scene) -> list[Leaf]:
    after = {name: before for name, (_, before) in scene.activations.items()}
    found = [one for one in scene.leaves if one.name in after and after[one.name].name == leaf.name]
    return [*found, *([after[leaf.name]] if leaf.name in after else [])]


def _exchanged(node: Any, scene: Scene, others: Callable[[Leaf], list[Leaf]]) -> Iterator[Any]:
    def change(part: Any) -> Iterator[Any]:
        leaf = part.by if isinstance(part, Partial) else part
        if leaf.name in scene.targets or (isinstance(part, Partial) and part.of.name != scene.loss):
            return
        for other in others(leaf):
            new = other.at(leaf.time)
            yield Partial(part.of, new, part.route) if isinstance(part, Partial) else new

    return everywhere(node, (Leaf, Partial), change)


def flipped(node: Any, scene: Scene) -> Iterator[Any]:
    """+ for −."""
    yield negated(node)

    def change(part: Any) -> Iterator[Any]:
        for index, term in enumerate(part.args):
            yield exchanged(part, index, negated(term))

    yield from everywhere(node, Add, change)


def complements(node: Any, scene: Scene) -> Iterator[Any]:
    """z for 1 − z, and back."""

    def change(part: Any) -> Iterator[Any]:
        for index, factor in enumerate(part.args):
            if isinstance(factor, Leaf) and factor.name in scene.gates:
                yield exchanged(part, index, Add(Ones(*factor.shape), negated(factor)))
            if isinstance(factor, Add) and len(factor.args) == 2 and isinstance(factor.args[0], Ones):
                inner = factor.args[1]
                if isinstance(inner, Scale) and inner.factor == -1 and isinstance(inner.body, Leaf):
                    yield exchanged(part, index, inner.body)

    return everywhere(node, Had, change)


def ranges(node: Any, scene: Scene) -> Iterator[Any]:
    """A sum that begins one step late or ends one step early."""
    return everywhere(
        node, SumT, lambda part: iter((part.over(part.low + 1, part.high), part.over(part.low, part.high - 1)))
    )


def orders(node: Any, scene: Scene) -> Iterator[Any]:
    """Two factors of a matrix product in the other order: z Wᵀ for Wᵀ z, x zᵀ for z xᵀ."""

    def change(part: Any) -> Iterator[Any]:
        for index in range(len(part.args) - 1):
            first, second = part.args[index : index + 2]
            before, after = part.args[:index], part.args[index + 2 :]
            yield rebuilt(Mul, *before, second, first, *after)
            if first.is_column and not second.is_column and second.shape[0] == 1:
                yield rebuilt(Mul, *before, second.T, first.T, *after)

    return everywhere(node, Mul, change)


def extras(node: Any, scene: Scene) -> Iterator[Any]:
    """A carry too many: the adjoint of the next step as it is."""
    (sign,) = (atom for atom in atoms(scene.left) if isinstance(atom, Partial))
    if sign.of.name == scene.loss and sign.by.time == t and not isinstance(node, SumT):
        yield rebuilt(Add, node, Partial(sign.of, sign.by.at(t + 1)).T)


MUTATORS: Mapping[str, Mutator] = {
    "transpose": transposes,
    "carry missing": carries,
    "direct term missing": direct,
    "without −y": targets,
    "time index": times,
    "derivative at the wrong value": activated,
    "activated twice": twice_activated,
    "activation derivative missing": slopes,
    "parentheses": parentheses,
    "carry on the wrong side": sides,
    "factor": factors,
    "elementwise": elementwise,
    "not summed": sums,
    "copy-paste": quantities,
    "beside the activation": partners,
    "sign": flipped,
    "complement": complements,
    "range": ranges,
    "order": orders,
    "extra term": extras,
}


def mutations(node: Node, scene: Scene) -> dict[Any, frozenset[str]]:
    """Return every single mistake of an expression, each with the classes that lead to it, in a fixed order."""
    found: dict[Any, frozenset[str]] = {}
    for name, mutator in MUTATORS.items():
        try:
            for mutant in mutator(node, scene):
                if mutant != node:
                    found[mutant] = found.get(mutant, frozenset()) | {name}
        except (RuleError, ShapeError):  # what has no shape already cannot be changed further everywhere
            continue
    return found


__all__ = ["MUTATORS", "mutations"]
