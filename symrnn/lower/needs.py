"""What has to be computed backward, what has to be kept forward, and what one stage reads of another."""

from __future__ import annotations

from collections.abc import Iterable

from symrnn.algebra.nodes import Bar, Leaf, Node, t
from symrnn.algebra.walk import leaves
from symrnn.calculus.derive import shifted
from symrnn.calculus.records import Adjoint, Derivation
from symrnn.model.network import Network, Steps


def adjoints_read(expr: Node) -> set[Leaf]:
    """Return the quantities whose adjoints stand in an expression."""
    if isinstance(expr, Bar):
        return {expr.leaf}
    return {found for arg in expr.args if isinstance(arg, Node) for found in adjoints_read(arg)}


def carried(network: Network, adjoint: Adjoint) -> list[tuple[int, Node]]:
    """Return the carries of a state's adjoint as they are written at step t: what step t hands to the one `lag` before."""
    steps = network.stages[network.stage_of(adjoint.of)].when
    if not isinstance(steps, Steps) or adjoint.of.time != t:
        return []  # an initial state: what reaches it left the sequence
    return [(lag, shifted(term, -lag, steps)) for lag, term in adjoint.carries]


def _here(adjoint: Adjoint) -> list[Node]:
    """Return the parts of an adjoint that are evaluated at the step of the quantity, or summed for it."""
    return [*adjoint.terms, *(term for _, term in adjoint.ends), *(term for _, term in adjoint.sums)]


def needed(derivation: Derivation) -> tuple[Adjoint, ...]:
    """Return the adjoints that some gradient or carry reads, directly or through others."""
    wanted: set[Leaf] = set()
    for gradient in derivation.gradients:
        wanted |= {leaf for term in gradient.terms for leaf in adjoints_read(term)}
    for initial in derivation.initial:
        wanted |= {leaf for _, term in initial.ends for leaf in adjoints_read(term)}
    for adjoint in derivation.adjoints:
        wanted |= {leaf for _, term in carried(derivation.network, adjoint) for leaf in adjoints_read(term)}
    for adjoint in reversed(derivation.adjoints):  # an adjoint reads only those before it
        if adjoint.of in wanted:
            wanted |= {leaf for term in _here(adjoint) for leaf in adjoints_read(term)}
    return tuple(adjoint for adjoint in derivation.adjoints if adjoint.of in wanted)


def kept(derivation: Derivation, wanted: Iterable[Adjoint]) -> frozenset[str]:
    """Return the names of the quantities that the backward pass reads."""
    exprs = [term for adjoint in wanted for term in _here(adjoint)]
    exprs += [term for adjoint in derivation.adjoints for _, term in carried(derivation.network, adjoint)]
    exprs += [term for gradient in derivation.gradients for term in gradient.terms]
    exprs += [term for initial in derivation.initial for _, term in initial.ends]
    return frozenset(leaf.name for expr in exprs for leaf in leaves(expr))


def crossing(derivation: Derivation) -> frozenset[str]:
    """Return the names of quantities and, with "d" in front, of adjoints that are read in the steps of another stage."""
    network = derivation.network
    owners = network.owners()
    found = {
        leaf.name
        for stage, line in network.numbered()
        for leaf in leaves(line.expr)
        if leaf.name in owners and owners[leaf.name] != stage
    }
    for adjoint in derivation.adjoints:
        here = owners[adjoint.of.name]
        read = {leaf for term in (*adjoint.terms, *(term for _, term in adjoint.ends)) for leaf in adjoints_read(term)}
        found |= {f"d{leaf.name}" for leaf in read if owners[leaf.name] != here}
    return frozenset(found)
