"""What mistakes are made on: the parts of an expression, and what the author of a statement knows of the network."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sympy import Expr, Integer

from symrnn.algebra.nodes import Add, Had, Leaf, Mul, Node, Scale, t
from symrnn.bench.numbers import atoms, loss_name
from symrnn.bench.statements import Claim, rebuilt
from symrnn.claims.partial import Partial
from symrnn.errors import ShapeError
from symrnn.model.network import Network

Put = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Scene:
    """What the author of a statement has before their eyes.

    Fields:
        left: the left side. loss: the name of the loss. leaves: every quantity, at step t if it moves.
        targets: the names of what is aimed at. activations: h → (f, z) for every h = f(z).
        gates: the names of what occurs as 1 − z.
    """

    left: Node
    loss: str
    leaves: tuple[Leaf, ...]
    targets: frozenset[str]
    activations: Mapping[str, tuple[str, Leaf]]
    gates: frozenset[str]

    @classmethod
    def of(cls, network: Network, claim: Claim) -> Scene:
        """Return the scene of a statement about a network."""
        lines = network.equations
        computed = tuple(line.target for line in lines if line.target != network.loss)
        leaves = (*network.params, *network.inputs, *computed)
        activations = network.activations
        gates = {name for name, (function, _) in activations.items() if function == "sigmoid"}
        targets = frozenset(leaf.name for leaf in network.targets)
        return cls(claim.left, loss_name(network), leaves, targets, activations, frozenset(gates))


# -- places ----------------------------------------------------------------------------------------------------------------


def places(node: Any) -> Iterator[tuple[Any, Put]]:
    """Yield every part of an expression, with what puts something else in its place."""
    yield node, lambda new: new
    if isinstance(node, Leaf | Partial):
        return
    for index, arg in enumerate(node.args):
        if isinstance(arg, Node):
            for part, put in places(arg):
                yield part, _within(node, index, put)


def _within(node: Any, index: int, put: Put) -> Put:
    return lambda new: rebuilt(node.func, *node.args[:index], put(new), *node.args[index + 1 :])


def everywhere(node: Any, kind: Any, change: Callable[[Any], Iterator[Any]]) -> Iterator[Any]:
    """Yield an expression with one part of a kind changed, for every such part and every change of it."""
    for part, put in places(node):
        if isinstance(part, kind):
            for new in change(part):
                yield put(new)


def is_typed(node: Any) -> bool:
    """Return whether the parts of an expression fit together."""
    if not isinstance(node, Node) or isinstance(node, Leaf | Partial):
        return True
    try:
        return all(is_typed(arg) for arg in node.args) and node.func(*node.args) is not None
    except ShapeError:
        return False


def is_later(term: Any, step: Expr = t) -> bool:
    """Return whether a term speaks of a later step than this one."""
    times = [leaf.time for atom in atoms(term) for leaf in _leaves(atom) if leaf.time is not None]
    return any((time - step).is_positive for time in times)


def _leaves(atom: Any) -> tuple[Leaf, ...]:
    return (atom.of, atom.by) if isinstance(atom, Partial) else (atom,)


def names_of(node: Any) -> set[str]:
    """Return the names of all quantities of an expression."""
    return {leaf.name for atom in atoms(node) for leaf in _leaves(atom)}


def speaks_of_loss(term: Any, scene: Scene) -> bool:
    """Return whether a term holds a derivative of the loss."""
    return scene.loss in names_of(term)


def now(scene: Scene) -> Expr:
    """Return the step that the left side speaks of."""
    (sign,) = (atom for atom in atoms(scene.left) if isinstance(atom, Partial))
    time = sign.by.time if sign.of.name == scene.loss else sign.of.time
    return t if time is None else time


def without(node: Any, index: int) -> Any:
    """Return an expression without one of its parts."""
    return rebuilt(node.func, *node.args[:index], *node.args[index + 1 :])


def exchanged(node: Any, index: int, new: Any) -> Any:
    """Return an expression with something else for one of its parts."""
    return rebuilt(node.func, *node.args[:index], new, *node.args[index + 1 :])


def negated(term: Any) -> Any:
    """Return −term."""
    return Scale(-1, term)


def is_told_apart(node: Any) -> bool:
    """Return whether what has no shape has none for every reader.

    Juxtaposed columns of equal shapes are read as an elementwise product, and a matrix of one entry as a number, by many.
    """
    for part, _ in places(node):
        if isinstance(part, Mul | Had | Add):
            shapes = [_shape(arg) for arg in part.args]
            if (Integer(1), Integer(1)) in shapes:
                return False
            if isinstance(part, Mul) and any(one == two and one[0] != one[1] for one, two in pairwise(shapes)):
                return False
    return True


def _shape(node: Any) -> Any:
    try:
        return node.shape
    except (ShapeError, AttributeError):
        return None, node


__all__ = [
    "Put",
    "Scene",
    "everywhere",
    "exchanged",
    "is_later",
    "is_told_apart",
    "is_typed",
    "names_of",
    "negated",
    "now",
    "places",
    "speaks_of_loss",
    "without",
]
