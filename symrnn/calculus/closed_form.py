"""The adjoint of the state for every T: the recursion that the sweep gives, its closed form, and the proof that they agree.

    δ^(T) = g^(T),    δ^(t) = g^(t) + M^(t+1) δ^(t+1)                 1 ≤ t ≤ T − 1
    δ^(t) = Σ_{k=t}^{T} M^(t+1) M^(t+2) ⋯ M^(k) g^(k)

The proof is by induction over t, downwards from T; its rewritings of sums and ordered products carry obligations
that are discharged from the domain (`symrnn.algebra.induction`). M and g are opaque there: what they are for a cell
is in `jacobians` and `unrolled`.
"""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Expr

from symrnn.algebra.induction import InductionProof, backward_closed_form, backward_recursion, prove_by_induction
from symrnn.algebra.nodes import Leaf, Node, T, t
from symrnn.calculus.jacobians import Stacked
from symrnn.calculus.unrolled import source_leaf, transition_leaf


@dataclass(frozen=True, slots=True)
class ClosedForm:
    """The recursion of an adjoint through time, its closed form, and the proof.

    Fields:
        delta: the adjoint of the stacked state at step t; base: its value at step `last`; step: its value in terms of the next.
        claim: the closed form. proof: the induction.
    """

    stacked: Stacked
    delta: Leaf
    last: Expr
    base: Node
    step: Node
    claim: Node
    proof: InductionProof

    def delta_at(self, time: Expr) -> Leaf:
        """Return the adjoint at another step."""
        return self.delta.at(time)


def closed_form(stacked: Stacked) -> ClosedForm:
    """Return the closed form of the adjoint of a stacked state, proved.

    Raises:
        ProofError: if the proof is not found.
    """
    delta = Leaf("delta", stacked.rows, 1, t)
    transition, source = transition_leaf(stacked), source_leaf(stacked)
    recursion = backward_recursion(delta, transition, source)
    claim = backward_closed_form(transition, source)
    proof = prove_by_induction(claim, recursion)
    return ClosedForm(stacked, delta, T, recursion.base, recursion.rule, claim, proof)
