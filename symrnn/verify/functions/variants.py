"""Cells that differ from a given one by a convention only, with the same names: nobody is accused for one of them.

z ∘ h[t−1] + (1 − z) ∘ n  ↔  (1 − z) ∘ h[t−1] + z ∘ n        r ∘ (U h[t−1] + b)  ↔  U (r ∘ h[t−1]) + b
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from symrnn.algebra.nodes import Add, Had, Leaf, Mul, Node, Ones
from symrnn.algebra.walk import leaves
from symrnn.model.equations import Equation
from symrnn.model.network import Network


def variants(network: Network) -> Iterator[tuple[str, Network]]:
    """Yield other conventions of a gated cell, one and then two at a time, each with what is said about it."""
    flipped = list(_flipped(network))
    moved = list(_moved(network))
    yield from flipped
    yield from moved
    for words, other in moved:
        for more, both in _flipped(other):
            yield f"{words}; {more}", both


def _with(network: Network, swap: dict[Leaf, Equation]) -> Network:
    stages = tuple(
        replace(stage, equations=tuple(swap.get(line.target, line) for line in stage.equations))
        for stage in network.stages
    )
    return replace(network, stages=stages)


def _flipped(network: Network) -> Iterator[tuple[str, Network]]:
    for line in network.equations:
        for gate in leaves(line.expr):
            swapped = _complemented(line.expr, gate)
            if swapped is not None:
                words = f"{gate.name} and 1 − {gate.name} are exchanged: {line.target!r} = {swapped!r}"
                yield words, _with(network, {line.target: replace(line, expr=swapped)})


def _complemented(expr: Node, gate: Leaf) -> Node | None:
    """Return a sum with a gate g and 1 − g exchanged, if it has both."""
    other = Ones(*gate.shape) - gate
    if not isinstance(expr, Add) or not gate.moves:
        return None
    terms, seen = [], set()
    for term in expr.args:
        factors = list(term.args) if isinstance(term, Had) else [term]
        for place, factor in enumerate(factors):
            if factor in (gate, other):
                seen.add(factor)
                factors[place] = other if factor == gate else gate
                break
        terms.append(factors[0] if len(factors) == 1 else Had(*factors))
    return Add(*terms) if seen == {gate, other} else None


def _moved(network: Network) -> Iterator[tuple[str, Network]]:
    """Yield the reset gate before the product for after, u = U h + b; z = … + r ∘ u, and after for before."""
    states = {state.leaf.name for state in network.states}
    for line in network.equations:
        for gated in line.expr.args if isinstance(line.expr, Add) else ():
            if isinstance(gated, Had) and len(gated.args) == 2 and all(isinstance(one, Leaf) for one in gated.args):
                gate, inner = gated.args
                inner_line = network.targets_of.get(inner)
                if inner_line is not None and isinstance(inner_line.expr, Add) and _reads(inner_line.expr, states):
                    yield _before(network, line, gated, gate, inner_line)


def _reads(expr: Add, states: set[str]) -> bool:
    first = expr.args[0]
    return isinstance(first, Mul) and isinstance(first.args[-1], Leaf) and first.args[-1].name in states


def _before(network: Network, line: Equation, gated: Node, gate: Leaf, inner: Equation) -> tuple[str, Network]:
    product, *rest = inner.expr.args
    state = product.args[-1]
    changed = Add(Mul(*product.args[:-1], Had(gate, state)), *rest)
    outer = Add(*(inner.target if term == gated else term for term in line.expr.args))
    words = f"{gate.name} resets before the product: {inner.target!r} = {changed!r}"
    swap = {inner.target: replace(inner, expr=changed), line.target: replace(line, expr=outer)}
    return words, _ordered(_with(network, swap))


def _ordered(network: Network) -> Network:
    """Return a network whose equations stand behind what they read."""
    stages = []
    for stage in network.stages:
        left, done = list(stage.equations), []
        while left:
            pending = {line.target for line in left}
            ready = next((line for line in left if not pending & set(leaves(line.expr))), left[0])
            left.remove(ready)
            done.append(ready)
        stages.append(replace(stage, equations=tuple(done)))
    return replace(network, stages=tuple(stages))
