"""The letters that a document uses beside those of the cell: free ones, so that no letter means two things."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from symrnn.algebra.nodes import Leaf, Node
from symrnn.calculus.records import Derivation

_CANDIDATES = {
    "transition": ("M", "K", "A"),
    "source": ("g", "q", "e"),
    "adjoint": ("delta", "lambda", "kappa"),
    "cotangent": ("rho", "mu", "omega"),
    "stack": ("s", "v", "w"),
}


@dataclass(frozen=True, slots=True)
class Letters:
    """Names of what is no quantity of the network.

    Fields:
        transition, source: what a step does to adjoints, M and g.
        adjoint: the adjoint of the state as it is handed on, δ.
        cotangent: an arbitrary cotangent of what a step hands on, ρ.
        stack: everything that one step hands to the next, s.
    """

    transition: str
    source: str
    adjoint: str
    cotangent: str
    stack: str


def letters(derivation: Derivation) -> Letters:
    """Return letters that no quantity of the network has."""
    taken = {name.split("_")[0] for name in _names(derivation)} - {seed.name for _, seed in derivation.network.seeds}
    return Letters(**{role: _free(several, taken) for role, several in _CANDIDATES.items()})


def _free(several: tuple[str, ...], taken: set[str]) -> str:
    return next((one for one in several if one not in taken), f"{several[0]}_0")


def _names(derivation: Derivation) -> Iterator[str]:
    network = derivation.network
    known = (*network.inputs, *network.params, *network.constants, *network.targets, *network.outputs)
    yield from (leaf.name for leaf in known)
    yield from (state.leaf.name for state in network.states)
    yield from (line.target.name for line in network.equations)


def renamed(value: Any, names: Mapping[str, str]) -> Any:
    """Return a record, or what it is made of, with leaves renamed wherever they are."""

    def other(leaf: Leaf) -> Leaf:
        return Leaf(names[leaf.name], *leaf.shape, leaf.time) if leaf.name in names else leaf

    return changed(value, other)


def changed(value: Any, other: Callable[[Leaf], Leaf]) -> Any:
    """Return a record, or what it is made of, with another leaf in the place of each."""
    if isinstance(value, Leaf):
        return other(value)
    if isinstance(value, Node):
        parts = tuple(changed(part, other) if isinstance(part, Node) else part for part in value.args)
        return value if parts == value.args else value.func(*parts)
    if isinstance(value, tuple):
        return tuple(changed(part, other) for part in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: changed(getattr(value, field.name), other) for field in fields(value)})
    return value


def with_told_seeds(derivation: Derivation) -> Derivation:
    """Return the derivation in the names that documents use: g_h for the derivative that the caller gives, not dh; no bars.

    A bar is the sign of an adjoint here, so a quantity that is called A_bar is told as A_tilde.
    """
    source = letters(derivation).source
    names = {seed.name: f"{source}_{output.name}" for output, seed in derivation.network.seeds}
    names |= barred(derivation)
    return renamed(derivation, names) if names else derivation


def barred(derivation: Derivation) -> dict[str, str]:
    """Return the names with a bar, each with the one that stands for it in documents."""
    taken = set(_names(derivation))
    found: dict[str, str] = {}
    for name in sorted(one for one in taken if "bar" in one.split("_")[1:]):
        told = (
            "_".join(accent if part == "bar" else part for part in name.split("_"))
            for accent in ("tilde", "hat", "dot")
        )
        found[name] = next((one for one in told if one not in taken), name)
    return found
