r"""Closed forms over time, proved for every number of steps: sums and ordered products of Jacobians.

    ∂J/∂h_t   = Σ_{k=t}^{T} M_{t+1} M_{t+2} ⋯ M_k g_k        M_j = (∂h_j/∂h_{j−1})ᵀ,  g_k = ∂J_k/∂h_k
    ∂h_t/∂h_s = A_t A_{t−1} ⋯ A_{s+1}                        A_j = ∂h_j/∂h_{j−1}

Both are proved by induction over the recursion (`symrnn.algebra.induction`), with M and g opaque. A claim is proved when its
factors are these, step by step (each is an equality of normal forms), and what is then left is the closed form at the step of
the claim.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sympy import Expr, Integer, Symbol, expand

from symrnn.algebra.decide import Decision, decide
from symrnn.algebra.domain import Domain, at_most
from symrnn.algebra.induction import (
    backward_closed_form,
    backward_recursion,
    forward_closed_form,
    forward_recursion,
    prove_by_induction,
)
from symrnn.algebra.nodes import Leaf, Mul, Node, T, Transpose, t
from symrnn.algebra.time import ProdT, SumT
from symrnn.calculus.jacobians import Stacked, stack
from symrnn.calculus.records import Derivation
from symrnn.calculus.unrolled import reads_states_only, source, source_leaf, transition_leaf
from symrnn.claims.partial import Partial
from symrnn.errors import ProofError, RuleError, SymrnnError

SHIFTS = (0, -1, 1)  # of the index of a product against the step of its factor
Equal = Callable[[Node, Node], bool]


@dataclass(frozen=True)
class Closed:
    """The closed forms of a network with one state.

    Fields:
        stacked: its state and Jacobian. part: what the loss of a step gives to the state directly. equal: decides what M and g are.
        meaning: replaces the derivative signs of a statement.
    """

    stacked: Stacked
    part: Node
    equal: Equal
    meaning: Callable[[Any], Any]

    @classmethod
    def of(cls, derivation: Derivation, equal: Equal, meaning: Callable[[Any], Any]) -> Closed | None:
        """Return the closed forms of a derivation, or None if its network has several states or reads more than states."""
        try:
            stacked = stack(derivation)
        except RuleError:
            return None
        if not stacked.is_single or not reads_states_only(derivation):
            return None
        (part,) = source(derivation, stacked)
        return None if part is None else cls(stacked, part, equal, meaning)

    def prove(self, left: Node, right: Node) -> Decision | None:
        """Return the decision about a claim of one of the two forms; None for any other."""
        sign, turned = (left.args[0], True) if isinstance(left, Transpose) else (left, False)
        state = self.stacked.parts[0][0].name
        if not isinstance(sign, Partial) or sign.by.name != state or sign.route != "all" or sign.by.time is None:
            return None
        claim = right.T if turned else right
        try:
            if sign.of.name == state and sign.of.time is not None:
                return self._forwards(sign.of.time, sign.by.time, claim)
            return self._backwards(sign.by.time, claim) if sign.of.time is None else None
        except SymrnnError:  # a factor without a meaning, a range that is none: nothing is proved
            return None

    def _backwards(self, step: Expr, claim: Node) -> Decision | None:
        """Prove ∂J/∂h_s = claim, a row."""
        transition, direct = transition_leaf(self.stacked), source_leaf(self.stacked)
        closed = backward_closed_form(transition, direct)
        prove_by_induction(closed, backward_recursion(Leaf("delta", self.stacked.rows, 1, t), transition, direct))
        abstract = self._abstract(claim.T)
        return None if abstract is None else decide(abstract, closed.xreplace({t: step}), domain=_domain(step, T))

    def _forwards(self, last: Expr, first: Expr, claim: Node) -> Decision | None:
        """Prove ∂h_t/∂h_s = claim, in terms of A = Mᵀ."""
        jacobian = Leaf("A", self.stacked.rows, self.stacked.rows, t)
        since = Symbol("s", integer=True)
        unknown = Leaf("P", self.stacked.rows, self.stacked.rows, t)
        prove_by_induction(forward_closed_form(jacobian, since), forward_recursion(unknown, jacobian, since))
        abstract = self._abstract(claim)
        j = Symbol("j", integer=True)
        wanted = Transpose(ProdT(transition_leaf(self.stacked).at(j), j, first + 1, last))  # A_jᵀ is M_j
        return None if abstract is None else decide(abstract, wanted, domain=_domain(first, last))

    # -- what stands for M and g ------------------------------------------------------------------------------------------

    def _abstract(self, claim: Node) -> Node | None:
        """Return a claim with M and g in the place of what is equal to them; None if something else is left."""
        if isinstance(claim, Transpose):
            inner = self._abstract(claim.args[0])
            return None if inner is None else inner.T
        if isinstance(claim, SumT):
            inner = self._product(claim.body, claim.index)
            return None if inner is None else SumT(inner, claim.index, claim.low, claim.high)
        if isinstance(claim, ProdT):
            return self._ordered(claim)
        return None

    def _product(self, body: Node, index: Symbol) -> Node | None:
        """Return ∏ M · g for the body of a sum; a transposed body is turned first."""
        if isinstance(body, Transpose):
            inner = self._product(body.args[0], index)
            return None if inner is None else inner.T
        if not isinstance(body, Mul):
            return None
        for place, factor in enumerate(body.args):
            ordered = self._ordered_or_turned(factor)
            if ordered is not None:
                rest = self._rest(body.args[:place], body.args[place + 1 :], index)
                return None if rest is None else rest(ordered)
        return None

    def _ordered_or_turned(self, factor: Node) -> Node | None:
        if isinstance(factor, ProdT):
            return self._ordered(factor)
        if isinstance(factor, Transpose) and isinstance(factor.args[0], ProdT):
            inner = self._ordered(factor.args[0])
            return None if inner is None else inner.T
        return None

    def _rest(self, before: tuple[Node, ...], after: tuple[Node, ...], index: Symbol) -> Callable[[Node], Node] | None:
        """Return how the product over time stands beside g: as ∏ g, or as gᵀ ∏ in a row."""
        direct = source_leaf(self.stacked).at(index)
        wanted = self.part.xreplace({t: index})
        if after and not before and self.equal(self.meaning(Mul(*after)), wanted):
            return lambda ordered: Mul(ordered, direct)
        if before and not after and self.equal(self.meaning(Mul(*before)), wanted.T):
            return lambda ordered: Mul(direct.T, ordered)
        return None

    def _ordered(self, product: ProdT) -> Node | None:
        """Return ∏ M(j + c) or ∏ M(j + c)ᵀ, whichever a product is."""
        body, transition = self.meaning(product.body), self.stacked.transition
        for shift in SHIFTS:
            step = expand(product.index + shift)
            factor = transition.xreplace({t: step})
            opaque = transition_leaf(self.stacked).at(step)
            if self.equal(body, factor):
                return ProdT(opaque, product.index, product.low, product.high)
            if self.equal(body, factor.T):
                return ProdT(opaque.T, product.index, product.low, product.high)
        return None


def _domain(first: Expr, last: Expr) -> Domain:
    """Return what holds between the two ends of a closed form."""
    ends = [at_most(first, last)]
    ends += [at_most(Integer(1), first)] if not first.is_Integer else []
    ends += [at_most(last, T)] if last != T else []
    try:
        return Domain.of(*ends)
    except ProofError:
        return Domain()


__all__ = ["Closed"]
