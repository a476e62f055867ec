"""Where each quantity lives: names, dimensions and roles of buffers, and the reference that a leaf of an equation becomes.

quantity                         buffer        dimensions
input x^(t)                      x             (T, B, I)
state h^(t), t = 1−L … T         h             (T + L, B, H)      h^(t) is h[t + L − 1] counted from 0
a downward state, t = 1 … T + L  h             (T + L, B, H)      h^(t) is h[t − 1]
its initial values               h0            (B, H), or (L, B, H) in the order of time
other quantity of a step         z             (T, B, H) if it is kept, else (B, H)
matrix of a step C^(t)           C             (T, B, N, M), and so on
quantity of one step ŷ^(T)       y_hat         (B, O)
parameter W, b; once A           W, b, A       (H, I), (H); they have no batch
adjoint of z^(t)                 dz            (B, H), or (T, B, H) where another stage reads it
gradient of W, x, h0             dW, dx, dh0   as W, x, h0
carry from step t+k              carry_h       (B, H)             carry_h2 for k = 2
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from sympy import Expr, Symbol

from symrnn.algebra.nodes import Bar, Leaf, Node, T, t
from symrnn.algebra.walk import leaves
from symrnn.errors import RuleError
from symrnn.ir.buffers import Buffer, Role, Size, size
from symrnn.ir.nodes import At, Ref
from symrnn.model.network import Network, Stage, Steps

BATCH = size("B")
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
    """Return the dimensions of something that belongs to no sequence: (), (n) for a column, (n, m) for a matrix."""
    if shape[1] != 1:
        return as_size(shape[0]), as_size(shape[1])
    return () if shape[0] == 1 else (as_size(shape[0]),)


def entries(shape: tuple[Expr, Expr]) -> tuple[Size, ...]:
    """Return the dimensions of the entries of one sequence: (n) for a column or a row, (n, m) for a matrix."""
    rows, columns = map(as_size, shape)
    if shape[1] == 1:
        return (rows,)
    return (columns,) if shape[0] == 1 else (rows, columns)


@dataclass
class Memory:
    """The buffers of a program under construction, in the order of their creation.

    A name is taken once, by a buffer or a size. What has a name in the cell or in the interface insists on it; scratch,
    adjoints and carries take a free one.
    """

    network: Network
    kept: frozenset[str]  # names of what the backward pass reads of the forward pass
    crossing: frozenset[str]  # names of what a stage reads of another one
    buffers: dict[str, Buffer] = field(default_factory=dict)
    adjoints: dict[Leaf, Ref] = field(default_factory=dict)
    carries: dict[str, tuple[Ref, ...]] = field(default_factory=dict)  # from 1, 2, … steps later, of each state
    owners: dict[str, Stage] = field(default_factory=dict)
    lengths: dict[str, Symbol] = field(default_factory=dict)  # of inputs, targets and seeds

    def __post_init__(self) -> None:
        self.owners = {name: self.network.stages[number] for name, number in self.network.owners().items()}
        for stage in self.network.stages:
            if isinstance(stage.when, Steps):
                for line in stage.equations:
                    for leaf in leaves(line.expr):
                        self.lengths.setdefault(leaf.name, stage.when.length)

    # -- buffers ------------------------------------------------------------------------------------------------------

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

    def work(self, name: str, *dims: Size, about: str = "scratch", steps: bool = False) -> Ref:
        """Create workspace under the name, or the name with the first free number behind it; return a reference to it.

        With `steps` the first dimension counts them, and the reference is to step t.
        """
        taken, count, candidate = self._taken(), 1, name
        while candidate in taken:
            count += 1
            candidate = f"{name}_{count}"
        return Ref(self.add(candidate, dims, Role.WORK, steps, about), At("t") if steps else None)

    def shape(self, ref: Ref) -> tuple[Size, ...]:
        """Return the dimensions of what a reference reaches."""
        inner = self.buffers[ref.buffer].inner
        return inner if ref.columns is None else (*inner[:-1], ref.columns[1])

    # -- places -------------------------------------------------------------------------------------------------------

    def steps_of(self, name: str) -> Steps | None:
        """Return the steps of the stage that defines a quantity; None if it is of one step, or not computed."""
        stage = self.owners.get(name)
        return stage.when if stage is not None and isinstance(stage.when, Steps) else None

    def length(self, name: str) -> Symbol:
        """Return the number of steps of a sequence."""
        steps = self.steps_of(name)
        return steps.length if steps is not None else self.lengths.get(name, T)

    def at(self, leaf: Leaf) -> Ref:
        """Return where a leaf is: of step t, or of one step."""
        if not self.buffers[leaf.name].steps:
            return Ref(leaf.name)
        steps, state = self.steps_of(leaf.name), self.network.state(leaf.name)
        initial = state.lags if state is not None and (steps is None or steps.direction > 0) else 0
        if leaf.moves:
            return Ref(leaf.name, At("t", int(leaf.time - t) + initial))
        length, step = self.length(leaf.name), leaf.time
        assert step is not None
        base, offset = (length.name, step - length) if step.has(length) else ("", step)
        return Ref(leaf.name, At(base, int(offset) - 1 + initial))

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

    def dims(self, leaf: Leaf) -> tuple[Size, ...]:
        """Return the dimensions of one step of a quantity: with the batch in front where it belongs to a sequence."""
        return stored(leaf.shape) if leaf.time is None else (BATCH, *entries(leaf.shape))


# -- the interface, and what the forward pass computes ---------------------------------------------------------------------


def declare(memory: Memory) -> None:
    """Create the buffers of the interface and of the forward pass."""
    network = memory.network
    for leaf in network.inputs:
        _declare_given(memory, leaf, Role.INPUT, "of every step")
    for state in network.states:
        if state.initial == "given":
            name, several = state.leaf.name, state.lags > 1
            dims = memory.dims(state.leaf)
            steps = memory.steps_of(name)
            where = "before the first step" if steps is None or steps.direction > 0 else "behind the last step"
            dims = (Size((), state.lags), *dims) if several else dims
            memory.add(f"{name}0", dims, Role.INITIAL, several, f"{name} {where}")
    for leaf in network.targets:
        _declare_given(memory, leaf, Role.TARGET, "0 or 1 at every step" if leaf in network.masks else "of every step")
        if leaf in network.assumptions:
            about = "each row sums to 1, or the gradients are not those of the loss"
            old = memory.buffers[leaf.name]
            memory.buffers[leaf.name] = replace(old, about=f"{old.about}; {about}", sums_to_one=True)
    for leaf in (*network.params, *network.constants):
        about = "trained" if leaf in network.params else _constant(network, leaf)
        memory.add(leaf.name, stored(leaf.shape), Role.PARAMETER, False, about)
        usual = dict(network.values).get(leaf)
        if usual is not None:
            memory.buffers[leaf.name] = replace(memory.buffers[leaf.name], usual=float(usual))
    for output, seed in network.seeds:
        memory.lengths[seed.name] = memory.length(output.name)
        about = f"adjoint of {output!r} that the loss gives, ∂J/∂{output!r}"
        _declare_given(memory, seed, Role.SEED, about)
    for leaf in {line.target.name: line.target for line in network.equations}.values():  # h[0], h[t] are in one buffer
        _declare_target(memory, leaf)


def _constant(network: Network, leaf: Leaf) -> str:
    value = dict(network.values).get(leaf)
    return "constant: it has no gradient" + ("" if value is None else f"; usually {float(value):g}")


def _declare_given(memory: Memory, leaf: Leaf, role: Role, about: str) -> None:
    dims = memory.dims(leaf)
    if leaf.moves:
        memory.add(leaf.name, (size(memory.length(leaf.name).name), *dims), role, True, about)
    else:
        memory.add(leaf.name, dims, role, False, about if role is Role.SEED else "of one step")


def _declare_target(memory: Memory, leaf: Leaf) -> None:
    network, steps, name = memory.network, memory.steps_of(leaf.name), leaf.name
    if leaf == network.loss:
        memory.add(name, (), Role.LOSS, False, "summed over steps and sequences")
        return
    dims, state = memory.dims(leaf), network.state(name)
    if state is not None and steps is not None:
        first = "first" if steps.direction > 0 else "last"
        which = f"the {first} is initial" if state.lags == 1 else f"the {first} {state.lags} are initial"
        rows = size(steps.length.name) + Size((), state.lags)
        memory.add(name, (rows, *dims), Role.OUTPUT, True, f"state; {which}")
        return
    role = Role.OUTPUT if leaf in network.outputs else Role.SAVED if name in memory.kept else Role.WORK
    about = {Role.OUTPUT: "of every step", Role.SAVED: "kept for the backward pass", Role.WORK: f"{leaf!r}"}[role]
    if steps is None:
        memory.add(name, dims, role, False, about if role is not Role.OUTPUT else "of one step")
    elif role is Role.WORK and name not in memory.crossing:
        memory.add(name, dims, role, False, about)
    else:
        memory.add(name, (size(steps.length.name), *dims), role, True, about)
