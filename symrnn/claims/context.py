"""What the names of a document stand for: the quantities of a network, the loss, the steps, and what the document itself defines.

A `Context` never changes; a definition of the document makes a new one. How derivatives are laid out, and which of several
meanings a sign has, is a `Reading`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from sympy import Expr, S, Symbol

from symrnn.algebra.nodes import Leaf, Node, T, t
from symrnn.claims.spelling import Known
from symrnn.claims.world import total_loss
from symrnn.model.network import Network

STEPS = ("t", "k", "s", "j", "i", "l", "tau", "T")
LOSSES = ("J", "L", "ell", "E", "C", "loss", "Loss", "calL", "cost")


@dataclass(frozen=True, slots=True)
class Reading:
    """Which of several meanings the signs of a document have.

    Fields:
        layout: "gradient" (∂J/∂v has the shape of v, ∂u/∂v that of a Jacobian), "numerator" (∂J/∂v is a row) or "denominator"
            (both transposed).
        weights: whether ∂J/∂W is the "total" over all steps or what one "step" gives; with "immediate" it is the total, and
            ∂u/∂W of a quantity u is the immediate derivative ∂⁺u/∂W, from the use at the step of u.
        route: the paths of ∂J/∂v of a quantity of a step: "all", or only "now" (inside its step) or "later".
        product: whether Π runs as "written", in the "reversed" order, or "down" from its first index to its last.
        held: what ∂u/∂v of a quantity u and a state v of the step before holds fixed: "nothing", the other "states", or
            "everything" else that the equation of u reads.
        flat: whether ∂u/∂W stands for the entries of W in one row.
        slope: whether f'(z) of a column is a "column" or the "diagonal" matrix of its entries.
        first: how steps that are named by numbers are counted: from "1" to T, from "0 to T", or from "0 to T-1".
    """

    layout: str = "gradient"
    weights: str = "total"
    route: str = "all"
    product: str = "written"
    flat: bool = False
    held: str = "nothing"
    slope: str = "column"
    first: str = "1"

    def but(self, **changes: object) -> Reading:
        """Return the reading with something else."""
        return replace(self, **changes)  # type: ignore[arg-type]


OPTIONS: Mapping[str, tuple[object, ...]] = {
    "layout": ("gradient", "numerator", "denominator"),
    "weights": ("total", "step", "immediate"),
    "route": ("all", "now", "later"),
    "product": ("written", "reversed", "down"),
    "flat": (False, True),
    "held": ("nothing", "states", "everything"),
    "slope": ("column", "diagonal"),
    "first": ("1", "0 to T", "0 to T-1"),
}


@dataclass(frozen=True)
class Context:
    """The names of a document.

    Fields:
        network: what the statements are about.
        spelling: name in the document → name in the network, where they differ.
        defined: names that the document defines, with their meaning at step t.
        scalars: letters that stand for any number. differentials: whether a d in front is a differential, not a gradient.
        scale: by how much the total loss is the sum of the losses of the steps, 1 or 1/T; no_total: why nothing can be said of it.
        hidden: quantities of the network that the document has no name for.
        functions: letters that stand for a function, such as g for tanh.
        step: how the document calls the current step; last: the number of steps.
    """

    network: Network
    spelling: Mapping[str, str] = field(default_factory=dict)
    defined: Mapping[str, Node] = field(default_factory=dict)
    step: str = "t"
    last: str = "T"
    scalars: Mapping[str, Expr] = field(default_factory=dict)
    differentials: bool = False
    hidden: frozenset[str] = frozenset()
    scale: Expr = S.One
    no_total: str = ""
    functions: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def leaves(self) -> dict[str, Leaf]:
        """Every quantity of the network by the name it has there, at step t if it moves; the loss is `is_loss`."""
        network = self.network
        states = tuple(state.leaf for state in network.states)
        computed = tuple(line.target for line in network.equations)
        every = (*network.inputs, *states, *network.params, *network.constants, *network.targets, *computed)
        return {leaf.name: leaf for leaf in every if leaf.name != total_loss(network).name}

    def leaf(self, name: str) -> Leaf | None:
        """Return what a name of the document is in the network, if it is anything."""
        if name in self.spelling:
            return self.leaves.get(self.spelling[name]) or self.seeds.get(self.spelling[name])
        return self.leaves.get(name)

    @cached_property
    def seeds(self) -> dict[str, Leaf]:
        """The adjoints that the caller gives, if the document has names of their own for them: dh alone is ∂J/∂h."""
        return {seed.name: seed for _, seed in self.network.seeds if seed.name in self.spelling.values()}

    def adjoint(self, name: str) -> tuple[Leaf, bool] | None:
        """Return the quantity whose adjoint a name is by its form, dX, X_bar or dX_next, and whether what comes later is meant."""
        base = name.removesuffix("_next").removesuffix("next")
        letters = base.split("_")
        bare = (
            "_".join((*letters[: letters.index("bar")], *letters[letters.index("bar") + 1 :]))
            if "bar" in letters
            else ""
        )
        for inner in (base[1:] if base.startswith("d") else "", bare):
            leaf = self._quantity(inner) if inner and self.leaf(base) is None else None
            if leaf is not None:
                return leaf, base != name
        return None

    def _quantity(self, name: str) -> Leaf | None:
        """Return a quantity by its name, or by one that the document gave it: p = h_{t−1}."""
        meaning = self.defined.get(name)
        return meaning if isinstance(meaning, Leaf) else self.leaf(name)

    def is_loss(self, name: str) -> bool:
        """Return whether a name is that of the loss."""
        own = {total_loss(self.network).name, *(("L", "J", "E", "ell") if self.leaf(name) is None else ())}
        return name in own or (name in LOSSES and self.leaf(name) is None)

    def is_static(self, name: str) -> bool:
        """Return whether a name that means nothing yet cannot have steps: it could, if it is one plain letter or a δ."""
        return "_" in name and not name.lower().startswith("d")

    def steps(self, bound: frozenset[str] = frozenset(), entry: str | None = None) -> Known:
        """Return what the sorting of scripts asks; `bound` are the indices of the sums around, `entry` that of entries."""
        taken = {self.step, self.last, *bound}
        leaves = self.leaves

        def moves(name: str) -> bool:
            leaf = self.leaf(name)
            if leaf is not None:
                return leaf.time is not None
            if name in self.defined:
                return self.defined[name].has(t)
            adjoint = self.adjoint(name)
            if adjoint is not None:
                return adjoint[0].time is not None
            return self.is_loss(name) or not self.is_static(name)

        def is_step(name: str) -> bool:
            return name in taken or (name in STEPS and name not in leaves)

        def is_entry(name: str) -> bool:
            return name == entry

        def exists(name: str) -> bool:
            return self.leaf(name) is not None or name in self.defined or self.adjoint(name) is not None

        return Known(moves, is_step, is_entry, exists)

    def symbol(self, name: str) -> Symbol:
        """Return the step that a letter stands for."""
        if name == self.step:
            return t
        return T if name == self.last else Symbol(name, integer=True)

    def defining(self, name: str, meaning: Node) -> Context:
        """Return the context in which a name has a meaning."""
        return replace(self, defined={**self.defined, name: meaning})


__all__ = ["LOSSES", "OPTIONS", "Context", "Reading"]
