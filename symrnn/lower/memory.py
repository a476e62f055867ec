"""Where each quantity lives: names, dimensions and roles of buffers, and the reference that a leaf of an equation becomes.

quantity                         buffer        dimensions
input x^(t)                      x             (T, B, I)
state h^(t), t = 1−L … T         h             (T + L, B, H)      h^(t) is h[t + L − 1] counted from 0
its initial values               h0            (B, H), or (L, B, H) in the order of time
other quantity of a step         z             (T, B, H) if the backward pass reads it or it is an output, else (B, H)
parameter W, b                   W, b          (H, I), (H)
adjoint of z^(t)                 dz            (B, H)
gradient of W, x, h0             dW, dx, dh0   as W, x, h0
carry from step t+k              carry_h       (B, H)             carry_h2 for k = 2
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from sympy import Expr, Symbol

from symrnn.algebra.nodes import Bar, Leaf, Node, t
from symrnn.errors import RuleError
from symrnn.ir.nodes import At, Buffer, Ref, Role, Size, size
from symrnn.model.network import Network

BATCH = size("B")
STEPS = size("T")
ONE = Size((), 1)


def as_size(expr: Expr) -> Size:
    """Return a symbolic size as a linear form of the loop language.

    Raises:
        RuleError: if it is not a sum of whole, non-negative multiples of named sizes.
    """
    terms, constant = [], 0
    for term in expr.as_ordered_terms():
        factor, rest = term.as_coeff_Mul()
        if factor.is_Integer and factor >= 0 and rest == 1:
            constant += int(factor)
        elif factor.is_Integer and factor >= 0 and isinstance(rest, Symbol):
            terms.append((rest.name, int(factor)))
        else:
            raise RuleError(f"the size {expr} is not a sum of named sizes, so no buffer can have it")
    return Size(tuple(terms), constant)


def stored(shape: tuple[Expr, Expr]) -> tuple[Size, ...]:
    """Return the dimensions of something that does not vary over time: (), (n) for a column, (n, m) for a matrix."""
    if shape[1] != 1:
        return as_size(shape[0]), as_size(shape[1])
    return () if shape[0] == 1 else (as_size(shape[0]),)


@dataclass
class Memory:
    """The buffers of a program under construction, in the order of their creation.

    A name is taken once, by a buffer or a size. What has a name in the cell or in the interface insists on it; scratch,
    adjoints and carries take a free one.
    """

    network: Network
    kept: frozenset[Leaf]  # what the backward pass reads of the forward pass
    buffers: dict[str, Buffer] = field(default_factory=dict)
    adjoints: dict[Leaf, Ref] = field(default_factory=dict)
    carries: dict[Leaf, tuple[Ref, ...]] = field(default_factory=dict)  # from step t + 1, t + 2, … of each state
    lags: dict[str, int] = field(default_factory=dict)

    def add(self, name: str, dims: tuple[Size, ...], role: Role, steps: bool = False, about: str = "") -> str:
        """Create a buffer and return its name.

        Raises:
            RuleError: if the name is taken by something else.
        """
        if name in self._taken():
            other = self.buffers.get(name)
            raise RuleError(
                f"two things would be called {name} in the code for {self.network.name}: "
                f"{'a size' if other is None else f'{other.role.value} ({other.about})'} and {role.value} ({about}); "
                f"rename what the cell calls {name}"
            )
        self.buffers[name] = Buffer(name, dims, role, steps, about)
        return name

    def _taken(self) -> set[str]:
        return {*self.buffers, *(size.name for size in self.network.sizes)}

    def work(self, name: str, *dims: Size, about: str = "scratch") -> Ref:
        """Create workspace under the name, or the name with the first free number behind it; return a reference to it."""
        taken, count, candidate = self._taken(), 1, name
        while candidate in taken:
            count += 1
            candidate = f"{name}_{count}"
        return Ref(self.add(candidate, dims, Role.WORK, about=about))

    def shape(self, ref: Ref) -> tuple[Size, ...]:
        """Return the dimensions of what a reference reaches."""
        inner = self.buffers[ref.buffer].inner
        return inner if ref.columns is None else (*inner[:-1], ref.columns[1])

    def at(self, leaf: Leaf) -> Ref:
        """Return where a leaf of an equation of step t is."""
        buffer = self.buffers[leaf.name]
        if not buffer.steps:
            return Ref(leaf.name)
        offset = int(leaf.time - t)
        return Ref(leaf.name, At("t", offset + self.lags.get(leaf.name, 0)))

    def find(self, node: Node) -> Ref:
        """Return where a leaf or an adjoint is.

        Raises:
            RuleError: if it is an adjoint that was not stored.
        """
        if isinstance(node, Leaf):
            return self.at(node)
        assert isinstance(node, Bar)
        if node.leaf not in self.adjoints:
            raise RuleError(
                f"the adjoint {node!r} is read before it is known: the equations of the derivation are out of order"
            )
        return self.adjoints[node.leaf]


def declare(memory: Memory) -> None:
    """Create the buffers of the interface and of the forward pass."""
    network = memory.network
    for leaf in network.inputs:
        memory.add(leaf.name, _sequence(leaf), Role.INPUT, True, "of every step")
    for state in network.states:
        name, lags = state.leaf.name, state.lags
        dims = (BATCH, as_size(state.leaf.shape[0]))
        steps = lags > 1
        memory.lags[name] = lags
        memory.add(
            f"{name}0", (Size((), lags), *dims) if steps else dims, Role.INITIAL, steps, f"{name} before the first step"
        )
    for leaf in network.targets:
        memory.add(leaf.name, _sequence(leaf), Role.TARGET, True, "of every step")
        if leaf in network.assumptions:
            about = "of every step; each row sums to 1, or the gradients are not those of the loss"
            memory.buffers[leaf.name] = replace(memory.buffers[leaf.name], about=about, sums_to_one=True)
    for leaf in (*network.params, *network.constants):
        about = "trained" if leaf in network.params else "constant: it has no gradient"
        memory.add(leaf.name, stored(leaf.shape), Role.PARAMETER, False, about)
    for output, seed in network.seeds:
        memory.add(
            seed.name, _sequence(seed), Role.SEED, True, f"adjoint of {output!r} that the loss gives, ∂J/∂{output!r}"
        )
    for equation in network.equations:
        _declare_target(memory, equation.target)


def _sequence(leaf: Leaf) -> tuple[Size, ...]:
    if not leaf.is_column:
        raise RuleError(f"{leaf!r} is a matrix that varies over time; only columns can be stored step by step so far")
    return STEPS, BATCH, as_size(leaf.shape[0])


def _declare_target(memory: Memory, leaf: Leaf) -> None:
    network = memory.network
    if leaf == network.loss:
        memory.add(leaf.name, (), Role.LOSS, False, "summed over steps and sequences")
        return
    steps, batch, rows = _sequence(leaf)
    state = network.state(leaf.name)
    if state is not None:
        first = "the first is initial" if state.lags == 1 else f"the first {state.lags} are initial"
        memory.add(leaf.name, (STEPS + Size((), state.lags), batch, rows), Role.OUTPUT, True, f"state; {first}")
    elif leaf in network.outputs:
        memory.add(leaf.name, (steps, batch, rows), Role.OUTPUT, True, "of every step")
    elif leaf in memory.kept:
        memory.add(leaf.name, (steps, batch, rows), Role.SAVED, True, "kept for the backward pass")
    else:
        memory.add(leaf.name, (batch, rows), Role.WORK, False, f"{leaf!r}")
