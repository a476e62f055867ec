"""The names that a document gives: δ_t = ∂L/∂h_t, p = h_{t−1}, z_{t+1} = …, and those that only a recursion explains."""

from __future__ import annotations

from dataclasses import dataclass, field

from sympy import Expr, Integer

from symrnn.algebra.nodes import Node, t
from symrnn.claims.judging import Judge
from symrnn.claims.layouts import EQUALITIES
from symrnn.claims.links import Link, links
from symrnn.claims.partial import Partial
from symrnn.claims.reading import Reader
from symrnn.claims.spelling import Spelt, sort_scripts
from symrnn.claims.trees import NotUnderstood
from symrnn.claims.world import total_loss
from symrnn.errors import RuleError, SymrnnError
from symrnn.language.formulas import nodes as f
from symrnn.language.formulas.nodes import Chain, Formula, Line


@dataclass
class Definitions:
    """What has been defined up to some line.

    Fields:
        judge: who knows it. naming: pairs of formulas of which one names the other.
        definers: the lines that define what they compute. losses: the letters of which the document takes derivatives.
    """

    judge: Judge
    naming: set[tuple[Formula, Formula]] = field(default_factory=set)
    definers: set[int] = field(default_factory=set)
    losses: frozenset[str] = frozenset()

    def unknown(self, formula: Formula) -> Spelt | None:
        """Return a symbol of step t, or of none, that has no meaning yet."""
        spelt = sort_scripts(formula, self.judge.context.steps())
        if spelt is None or spelt.transposed or spelt.power is not None or spelt.entry is not None or spelt.primes:
            return None
        if self.gap(spelt) is None:
            return None
        return None if self.has_meaning(spelt) else spelt

    def gap(self, spelt: Spelt) -> Expr | None:
        """Return k for a symbol at step t + k; None for one at another step."""
        if spelt.step is None:
            return Integer(0)
        try:
            gap = Reader(self.judge.context).step(spelt.step) - t
        except NotUnderstood:
            return None
        return gap if gap.is_Integer else None

    def derivatives(self, chain: Chain) -> None:
        """Enter names that a chain sets equal to a derivative: δ_t = ∂L/∂h_t, in either order."""
        for left, right in ((a, b) for a in chain.parts for b in chain.parts if a is not b):
            is_derivative = isinstance(right, f.Derivative | f.Nabla)
            spelt = self.unknown(left) or self._jacobian(left, right) if is_derivative else None
            if spelt is not None and spelt.name != "I":
                try:
                    meaning = Reader(self.judge.context, self.judge.reading).node(right)
                except (SymrnnError, RuleError):
                    continue
                self.define(spelt.name, meaning.xreplace({t: t - self.gap(spelt)}))
                self.naming |= {(left, right), (right, left)}

    def _jacobian(self, left: Formula, right: Formula) -> Spelt | None:
        """Return the letter of the loss where it is that of a Jacobian, J_t = ∂h_t/∂h_{t−1}: nothing is said of ∂J."""
        spelt = sort_scripts(left, self.judge.context.steps())
        if spelt is None or not isinstance(right, f.Derivative) or spelt != Spelt(spelt.name, spelt.step):
            return None
        is_free = self.judge.context.is_loss(spelt.name) and spelt.name not in {
            *self.losses,
            *self.judge.context.defined,
        }
        return spelt if is_free and self.gap(spelt) is not None and right.of != left else None

    def let(self, chain: Chain) -> None:
        """Enter a name that stands for an expression: p = h_{t−1}; g = tanh names a function, which is known already.

        Raises:
            LanguageError: the expression has no meaning.
        """
        spelt = self.unknown(chain.parts[0])
        if spelt is not None and spelt.name not in self.judge.context.functions:
            meaning = Reader(self.judge.context, self.judge.reading).node(chain.parts[1])
            self.define(spelt.name, meaning.xreplace({t: t - self.gap(spelt)}))

    def ahead(self, line: Line) -> None:
        """Enter a name that a line computes at another step, z_{t+1} = …: it may be used in front of that line."""
        for link in links(line):
            spelt = sort_scripts(link.left, self.judge.context.steps())
            if not link.is_first or link.relation not in EQUALITIES or spelt is None or spelt.step is None:
                return
            if spelt != Spelt(spelt.name, spelt.step) or self.has_meaning(spelt) or isinstance(spelt.step, f.Letter):
                return
            try:
                reader = Reader(self.judge.context, self.judge.reading)
                gap = reader.step(spelt.step) - t
                if gap.is_Integer:
                    self.define(spelt.name, reader.node(link.right).xreplace({t: t - gap}))
                    self.definers.add(line.number)
            except (SymrnnError, RuleError):
                return

    def has_meaning(self, spelt: Spelt) -> bool:
        """Return whether a symbol has a meaning."""
        try:
            Reader(self.judge.context).quantity(spelt)
        except NotUnderstood:
            return False
        return True

    def define(self, name: str, meaning: Node) -> None:
        """Enter what a name stands for at step t."""
        self.judge = self.judge.within(self.judge.context.defining(name, meaning))

    def identify(self, link: Link, spelt: Spelt) -> bool:
        """Find what a name is that is only given by a recursion: the adjoint for which the recursion is right, or could be."""
        loss = total_loss(self.judge.context.network)
        candidates = [leaf for leaf in self.judge.context.leaves.values() if leaf.moves and leaf.is_column]
        states = [leaf for leaf in candidates if self.judge.context.network.state(leaf.name) is not None]
        fitting: list[Node] = []
        for leaf in (*states, *(one for one in candidates if one not in states)):
            for meaning in (Partial(loss, leaf).T, Partial(loss, leaf)):
                judge = self.judge.within(self.judge.context.defining(spelt.name, meaning))
                try:
                    statement = judge.statement(link.left, link.right)
                except (SymrnnError, RuleError):
                    continue
                if judge.sampler.compare(statement, seeds=(0,)).holds:
                    self.define(spelt.name, meaning)
                    return True
                fitting.append(meaning)
        if fitting:
            self.define(spelt.name, fitting[0])
        return bool(fitting)


__all__ = ["Definitions"]
