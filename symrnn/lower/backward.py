"""The backward procedure: the adjoints of every stage, from the last one to the first, and the gradients that they give."""

from __future__ import annotations

from sympy import Expr

from symrnn.algebra.nodes import Add, Bar, Leaf, Node
from symrnn.algebra.text import text
from symrnn.calculus.records import Adjoint, Derivation, Gradient, InitialGradient
from symrnn.ir.buffers import Role, size
from symrnn.ir.nodes import At, Block, Call, Load, Loop, Map, Number, Ref, Scalar, Statement, When, full
from symrnn.lower.memory import Memory
from symrnn.lower.needs import carried
from symrnn.lower.statements import Writer
from symrnn.model.equations import State
from symrnn.model.network import Once, Stage, Steps


def backward(derivation: Derivation, wanted: tuple[Adjoint, ...], memory: Memory) -> tuple[Statement, ...]:
    """Return the statements that compute every gradient. `wanted` are the adjoints that something reads."""
    network = derivation.network
    statements = cleared(derivation, wanted, memory)
    writer, begun = Writer(memory), set[str]()
    for number in reversed(range(len(network.stages))):
        statements += StageBackward(derivation, number, network.stages[number], wanted, writer, begun).statements()
    return tuple(statements)


def cleared(derivation: Derivation, wanted: tuple[Adjoint, ...], memory: Memory) -> list[Statement]:
    """Create the buffers of gradients and carries; return the statements that clear what is summed."""
    network = derivation.network
    for gradient in derivation.gradients:
        _declare_gradient(memory, gradient)
    for stage in network.stages:
        for state in stage.states:
            _declare_carries(memory, state)
    statements: list[Statement] = [Map(Ref(f"d{one.of.name}"), Number(0)) for one in derivation.gradients if one.summed]
    return [*statements, *(_summed(memory, one) for one in wanted if one.sums)]


def _declare_gradient(memory: Memory, gradient: Gradient) -> None:
    like = memory.buffers[gradient.of.name]
    memory.add(f"d{like.name}", like.dims, Role.GRADIENT, like.steps, f"with respect to {gradient.of!r}")


def _declare_carries(memory: Memory, state: State) -> None:
    name, dims = state.leaf.name, memory.dims(state.leaf)
    if state.initial == "given":
        like = memory.buffers[f"{name}0"]
        memory.add(f"d{like.name}", like.dims, Role.GRADIENT, like.steps, f"with respect to {like.name}")
    names = (f"carry_{name}" + (str(lag) if lag > 1 else "") for lag in range(1, state.lags + 1))
    about = f"what later steps give to the adjoint of {name}"
    memory.carries[name] = tuple(memory.work(one, *dims, about=about) for one in names)


def _summed(memory: Memory, adjoint: Adjoint) -> Map:
    """Create the buffer of an adjoint that is summed over the steps of other stages; return the statement that clears it."""
    out = memory.work(f"d{adjoint.of.name}", *memory.dims(adjoint.of), about=f"adjoint of {adjoint.of!r}")
    memory.adjoints[adjoint.of] = out
    return Map(out, Number(0))


class StageBackward:
    """One stage backward. `begun` are the gradients of inputs to which an earlier stage has written."""

    def __init__(
        self,
        derivation: Derivation,
        number: int,
        stage: Stage,
        wanted: tuple[Adjoint, ...],
        writer: Writer,
        begun: set[str],
    ) -> None:
        self.derivation, self.number, self.stage = derivation, number, stage
        self.wanted, self.writer, self.memory, self.begun = wanted, writer, writer.memory, begun
        targets = {line.target for line in stage.equations}
        self.own = tuple(one for one in derivation.adjoints if one.of in targets)

    def statements(self) -> list[Statement]:
        """Return the statements of the stage."""
        body, steps = self.body(), self.stage.when
        if not isinstance(steps, Steps):
            return body
        loop = [Loop(tuple(body), steps.direction > 0, steps.length.name)] if body else []
        return [*self.before(), *loop, *self.after()]

    def body(self) -> list[Statement]:
        """Return the statements of one step, or of the stage if it has none."""
        body = [block for one in self.wanted if one in self.own for block in self._adjoint(one)]
        body += [block for one in self.derivation.gradients for block in self._gradient(one)]
        body += [block for one in self.wanted for block in self._sums(one)]
        if isinstance(self.stage.when, Steps):
            # an adjoint that nothing reads has carries all the same: they are the gradient of its initial state
            body += [block for one in self.own if one.carries for block in self._carry(one)]
        return list(body)

    def before(self) -> list[Statement]:
        """Return the statements that clear the carries."""
        return [Map(one, Number(0)) for state in self.stage.states for one in self.memory.carries[state.leaf.name]]

    def after(self, accumulate: bool = False) -> list[Statement]:
        """Return the statements that write the gradients of the initial states, or add to them."""
        states = [state.leaf.name for state in self.stage.states]
        initial = [one for one in self.derivation.initial if one.of.name in states]
        return [block for one in initial for block in self._initial(one, accumulate)]

    # -- adjoints -----------------------------------------------------------------------------------------------------

    def _adjoint(self, adjoint: Adjoint) -> list[Block]:
        memory, of = self.memory, adjoint.of
        whole = (adjoint.terms, adjoint.carries, adjoint.ends, adjoint.sums)
        if adjoint.seed is not None and not any(whole):
            memory.adjoints[of] = memory.at(adjoint.seed)  # the caller's array is the adjoint
            return []
        out = memory.adjoints.get(of) or self._place(adjoint)
        written = of in memory.adjoints
        rank = len(memory.dims(of))
        if adjoint.terms:
            self.writer.assign(out, Add(*adjoint.terms), accumulate=written, batch=of.time is not None)
            written = True
        others = [] if adjoint.seed is None else [Load(memory.at(adjoint.seed), full(rank))]
        others += [Load(memory.carries[of.name][self._back(of)], full(rank))] if adjoint.carries else []
        if others:
            value: Scalar = others[0] if len(others) == 1 else Call("add", tuple(others))
            self.writer.statements.append(Map(out, value, accumulate=written))
            written = True
        if not written:
            self.writer.statements.append(Map(out, Number(0)))
        statements = [*self.writer.take(), *self._ends(out, adjoint.ends)]
        memory.adjoints[of] = out
        if not statements:  # all of it was summed by other stages
            return []
        return [Block(adjoint.label, f"{text(Bar(of))} = {_formula(adjoint)}", tuple(statements))]

    def _place(self, adjoint: Adjoint) -> Ref:
        memory, of = self.memory, adjoint.of
        name = f"d{of.name}" if adjoint.seed is None else f"d{of.name}_total"
        if of.time is not None and not of.moves and memory.buffers[of.name].steps:
            name = f"d{of.name}_start"
        dims, steps = memory.dims(of), self.stage.when
        if isinstance(steps, Steps) and f"d{of.name}" in memory.crossing:
            return memory.work(name, size(steps.length.name), *dims, about=f"adjoint of {of!r}", steps=True)
        return memory.work(name, *dims, about=f"adjoint of {of!r}")

    def _back(self, of: Leaf) -> int:
        """Return which carry an adjoint reads: the next step's, or for an initial state the one that leaves there."""
        state = self.memory.network.state(of.name)
        steps = self.memory.steps_of(of.name)
        if state is None or steps is None or of.moves:
            return 0
        return next(back for back in range(state.lags) if steps.initial(back) == of.time)

    def _ends(self, out: Ref, ends: tuple[tuple[Expr, Node], ...]) -> list[Statement]:
        """Add the parts that belong to one step: inside the loop they are carried out in that step only."""
        found: list[Statement] = []
        for step, term in ends:
            self.writer.assign(out, term, accumulate=True, batch=True)
            found.append(When(self._step(step), self.writer.take()))
        return found

    def _step(self, step: Expr) -> At:
        """Return a step of the mathematics, counted from 1 or from the length, as one of the loop."""
        steps = self.stage.when
        assert isinstance(steps, Steps)
        offset = step - steps.length
        return At(steps.length.name, int(offset) - 1) if offset.is_Integer else At("", int(step) - 1)

    def _sums(self, adjoint: Adjoint) -> list[Block]:
        """Add what this stage gives to something that is the same at each of its steps."""
        terms = [term for number, term in adjoint.sums if number == self.number]
        if not terms:
            return []
        out = self.memory.adjoints[adjoint.of]
        if adjoint.of.time is None:
            for term in terms:
                self.writer.accumulate_gradient(out, term)
        else:
            self.writer.assign(out, Add(*terms), accumulate=True, batch=True)
        return [Block(adjoint.label, f"{text(Bar(adjoint.of))} += {text(Add(*terms))}", self.writer.take())]

    # -- gradients ----------------------------------------------------------------------------------------------------

    def _gradient(self, gradient: Gradient) -> list[Block]:
        terms, of = gradient.of_stage(self.number), gradient.of
        if gradient.summed:
            return self._parameter(gradient, terms) if terms else []
        if not terms and (gradient.stages or self.number != self._reader(of)):
            return []
        out = Ref(f"d{of.name}", At("t")) if of.moves else Ref(f"d{of.name}")
        again = of.name in self.begun
        self.begun.add(of.name)
        if terms:
            self.writer.assign(out, Add(*terms), accumulate=again, batch=True)
        else:
            self.writer.statements.append(Map(out, Number(0)))
        sign = "+=" if again else "="
        return [
            Block(gradient.label, f"{text(Bar(of))} {sign} {text(Add(*terms)) if terms else 0}", self.writer.take())
        ]

    def _reader(self, leaf: Leaf) -> int:
        """Return the first stage that reads an input, or could."""
        network = self.derivation.network
        for number, stage in enumerate(network.stages):
            if any(leaf in line.expr.atoms(Leaf) for line in stage.equations):
                return number
        return len(network.stages) - 1

    def _parameter(self, gradient: Gradient, terms: tuple[Node, ...]) -> list[Block]:
        out = Ref(f"d{gradient.of.name}")
        for term in terms:
            if isinstance(self.stage.when, Once):
                self.writer.assign(out, term, accumulate=True, batch=False)
            else:
                self.writer.accumulate_gradient(out, term)
        return [Block(gradient.label, f"{text(Bar(gradient.of))} += {text(Add(*terms))}", self.writer.take())]

    # -- what leaves a step -------------------------------------------------------------------------------------------

    def _carry(self, adjoint: Adjoint) -> list[Block]:
        """Write what step t gives to earlier steps; the carry for two steps back becomes the one for one step back."""
        carries, given = self.memory.carries[adjoint.of.name], carried(self.derivation.network, adjoint)
        rank = len(self.memory.dims(adjoint.of))
        for place, carry in enumerate(carries):
            terms = [term for lag, term in given if lag == place + 1]
            last = place + 1 == len(carries)
            if terms:
                self.writer.assign(carry, Add(*terms), batch=True)
            if not last:
                self.writer.statements.append(Map(carry, Load(carries[place + 1], full(rank)), accumulate=bool(terms)))
            elif not terms:
                self.writer.statements.append(Map(carry, Number(0)))
        formula = " + ".join(text(term, 1) for _, term in given)
        what = f"what step t gives to {adjoint.of.name} of earlier steps: {formula}"
        return [Block(adjoint.label, what, self.writer.take())]

    def _initial(self, initial: InitialGradient, accumulate: bool) -> list[Block]:
        memory, of = self.memory, initial.of
        state, rank = memory.network.state(of.name), len(memory.dims(of))
        assert state is not None and isinstance(self.stage.when, Steps)
        back = next(back for back in range(state.lags) if self.stage.when.initial(back) == of.time)
        place = state.lags - 1 - back if self.stage.when.direction > 0 else back
        out = Ref(f"d{of.name}0", At("", place)) if state.lags > 1 else Ref(f"d{of.name}0")
        self.writer.statements.append(Map(out, Load(memory.carries[of.name][back], full(rank)), accumulate))
        for _, term in initial.ends:
            self.writer.assign(out, term, accumulate=True, batch=True)
        formula = " + ".join(
            text(term, 1) for term in (*(term for _, term in initial.carries), *(e for _, e in initial.ends))
        )
        sign = "+=" if accumulate else "="
        return [Block(initial.label, f"{text(Bar(of))} {sign} {formula or '0'}", self.writer.take())]


def _formula(adjoint: Adjoint) -> str:
    parts = [
        *adjoint.terms,
        *([adjoint.seed] if adjoint.seed is not None else []),
        *(term for _, term in adjoint.carries),
    ]
    found = [text(part, 1) for part in parts]
    found += [f"[t = {step}] {text(term, 1)}" for step, term in adjoint.ends]
    found += [f"Σ_t {text(term, 1)}" for _, term in adjoint.sums]
    return " + ".join(found).replace("+ −", "− ")
