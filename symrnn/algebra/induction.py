"""Induction over time: a closed form of a recursion, proved for every number of steps.

    recursion   X(start) = base,   X(t) = rule(X(t+1))   for until ≤ t < start      (or X(t−1), start < t ≤ until)
    claim       X(t) = C(t)        for every t from start to until

The proof is a chain of equations: rule with C(t+1) in the place of X(t+1) = … = C(t). Each equation is a rewriting of `time`,
whose obligations are discharged from the domain of the step, or an equality of normal forms. What can not be justified is not
rewritten, so a wrong claim ends in two different normal forms and a `ProofError`. That is no disproof: attach a counterexample.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sympy import Expr, Integer, Symbol, expand

from symrnn.algebra import time
from symrnn.algebra.domain import Domain, Obligation, at_most
from symrnn.algebra.nodes import Add, Eye, Leaf, Mul, Node, T, Transpose, Zeros, t
from symrnn.algebra.normal import normal_forms
from symrnn.algebra.time import Binder, ProdT, Rewriting, SumT
from symrnn.algebra.walk import leaves
from symrnn.errors import ProofError, RuleError

Rule = Callable[[Node], Rewriting]
MAX_STEPS = 200


@dataclass(frozen=True, slots=True)
class Discharged:
    """An obligation that was met: the inequality, and the domain it follows from."""

    obligation: Obligation
    domain: Domain

    def __str__(self) -> str:
        return self.domain.discharge(self.obligation)


@dataclass(frozen=True, slots=True)
class ProofStep:
    """One equation before = after of a proof, the rule it is by, and the obligations of the rule with their reasons."""

    rule: str
    before: Node
    after: Node
    obligations: tuple[Discharged, ...] = ()

    @property
    def reversed(self) -> ProofStep:
        """The same equation read from right to left."""
        return ProofStep(self.rule, self.after, self.before, self.obligations)

    def __str__(self) -> str:
        because = "".join(f"; {discharged}" for discharged in self.obligations)
        return f"{self.before!r} = {self.after!r}   [{self.rule}{because}]"


@dataclass(frozen=True, slots=True)
class Recursion:
    """A recursion of one step.

    Fields:
        unknown: what it is for, at the step `index`.
        index: the step.
        start, base: where it starts, and what the unknown is there.
        rule: the unknown at `index`, in terms of the unknown at index + 1 or at index − 1.
        until: the last step it is meant for, or None for no end.
        given: what holds between the other steps.
    """

    unknown: Leaf
    index: Symbol
    start: Expr
    base: Node
    rule: Node
    until: Expr | None = None
    given: Domain = field(default_factory=Domain)

    @property
    def direction(self) -> int:
        """1 when X(t) comes from X(t+1), −1 when it comes from X(t−1).

        Raises:
            ProofError: the rule reads the unknown elsewhere, or nowhere, or at two steps.
        """
        read = {leaf.time for leaf in leaves(self.rule) if leaf.name == self.unknown.name}
        gaps = {expand(step - self.index) if step is not None else None for step in read}
        if gaps in ({Integer(1)}, {Integer(-1)}):
            return int(gaps.pop())
        raise ProofError(f"the rule {self.rule!r} does not read {self.unknown!r} at exactly one neighbouring step")

    @property
    def domain(self) -> Domain:
        """The steps for which the rule holds: all between the start (excluded) and the end."""
        if self.direction == 1:
            ends = [at_most(self.index, self.start - 1)]
            ends += [] if self.until is None else [at_most(self.until, self.index)]
        else:
            ends = [at_most(self.start + 1, self.index)]
            ends += [] if self.until is None else [at_most(self.index, self.until)]
        return self.given.with_(*ends)


@dataclass(frozen=True, slots=True)
class InductionProof:
    """A proof by induction.

    Fields:
        statement: what is proved, in one line.
        left, right: the two sides, as functions of `index`.
        index, start: the variable of the induction and its first value.
        base: the equations at the start, from the right side to the left.
        hypothesis: the statement that the step may use, in words.
        domain: the steps for which the induction step is made.
        step: the equations of the induction step, from the left side to the right.
    """

    statement: str
    left: Node
    right: Node
    index: Symbol
    start: Expr
    base: tuple[ProofStep, ...]
    hypothesis: str
    domain: Domain
    step: tuple[ProofStep, ...]

    def __str__(self) -> str:
        lines = [self.statement, f"{self.index} = {self.start}:", *(f"  {step}" for step in self.base)]
        return "\n".join([*lines, f"{self.hypothesis}, {self.domain}:", *(f"  {step}" for step in self.step)])


def prove_by_induction(claim: Node, recursion: Recursion) -> InductionProof:
    """Return a proof that the unknown of a recursion is the claim, an expression in the same index.

    Raises:
        ProofError: no proof was found; the message holds the two sides that should have met.
    """
    if claim.shape != recursion.unknown.shape:
        raise ProofError(f"the claim {claim!r} does not have the shape of {recursion.unknown!r}")
    if any(leaf.name == recursion.unknown.name for leaf in leaves(claim)):
        raise ProofError(f"the claim {claim!r} speaks of {recursion.unknown!r} itself")
    before = recursion.index + recursion.direction
    earlier = claim.xreplace({recursion.index: before})
    base = _meet(_Chain(claim.xreplace({recursion.index: recursion.start}), recursion.given), recursion.base)
    start = recursion.unknown.at(recursion.index)
    chain = _Chain(start, recursion.domain).then("the recursion", recursion.rule)
    unknown_before = recursion.unknown.at(expand(before))
    chain = chain.then("the induction hypothesis", chain.end.xreplace({unknown_before: earlier}))
    return InductionProof(
        f"{start!r} = {claim!r}",
        start,
        claim,
        recursion.index,
        recursion.start,
        base,
        f"assume {unknown_before!r} = {earlier!r}",
        recursion.domain,
        _step(chain, claim),
    )


def _step(chain: _Chain, claim: Node) -> tuple[ProofStep, ...]:
    """Try to meet the claim as it stands, with its first terms taken out, with its last terms taken out."""
    problem = ProofError("")
    for rule in (None, time.split_first, time.split_last):
        goal = _Chain(claim, chain.domain)
        if rule is not None:
            goal = goal.everywhere_once(rule)
        try:
            return _met(chain.tidied(), goal.tidied())
        except ProofError as found:
            problem = found if rule in (None, time.split_first) else problem
    raise problem


def _meet(chain: _Chain, end: Node) -> tuple[ProofStep, ...]:
    return _met(chain.tidied(), _Chain(end, chain.domain))


def _met(left: _Chain, right: _Chain) -> tuple[ProofStep, ...]:
    """Join two chains whose ends have the same normal form; the second is read backwards."""
    one, other = normal_forms(left.end, right.end)
    if one != other:
        raise ProofError(f"not proved: {left.end!r} and {right.end!r} have different normal forms")
    joined = () if left.end == right.end else (ProofStep("equal normal forms", left.end, right.end),)
    return (*left.steps, *joined, *(step.reversed for step in reversed(right.steps)))


# Chains of equations


@dataclass(frozen=True, slots=True)
class _Chain:
    """Equations start = … = end, valid in a domain."""

    start: Node
    domain: Domain
    steps: tuple[ProofStep, ...] = ()

    @property
    def end(self) -> Node:
        return self.steps[-1].after if self.steps else self.start

    def then(self, rule: str, after: Node, obligations: tuple[Discharged, ...] = ()) -> _Chain:
        return _Chain(self.start, self.domain, (*self.steps, ProofStep(rule, self.end, after, obligations)))

    def by(self, rule: Rule) -> _Chain | None:
        """Apply a rule at the first place where it applies and its obligations are met."""
        found = rewritten(self.end, rule, self.domain)
        return None if found is None else self.then(*found)

    def tidied(self) -> _Chain:
        """Apply the rules of `TIDY` until none applies any more."""
        chain = self
        for _ in range(MAX_STEPS):
            following = next((found for rule in TIDY if (found := chain.by(rule)) is not None), None)
            if following is None:
                return chain
            chain = following
        raise ProofError(f"the rewriting of {self.end!r} does not come to an end")

    def everywhere_once(self, rule: Rule) -> _Chain:
        """Apply a rule to each sum over time among the terms."""
        chain = self
        terms = list(self.end.args) if isinstance(self.end, Add) else [self.end]
        for place, term in enumerate(terms):
            found = rewritten(term, rule, self.domain) if isinstance(term, SumT) else None
            if found is not None:
                name, after, obligations = found
                terms[place] = after
                chain = chain.then(name, Add(*terms), obligations)
        return chain


def rewritten(expr: Any, rule: Rule, domain: Domain) -> tuple[str, Node, tuple[Discharged, ...]] | None:
    """Apply a rule at the first place, from outside in, where it applies and all its obligations are met.

    Inside a sum or product over time the index is known to be in the range: that is added to the domain.
    """
    if not isinstance(expr, Node):
        return None
    try:
        found = rule(expr)
        found.under(domain)
        return found.rule, found.after, tuple(Discharged(obligation, domain) for obligation in found.obligations)
    except (RuleError, ProofError):
        pass
    if isinstance(expr, Binder):
        expr = _apart(expr, domain)
        inside = rewritten(expr.body, rule, _inside(expr, domain))
        return None if inside is None else (inside[0], expr.with_body(inside[1]), inside[2])
    for place, arg in enumerate(expr.args):
        part = rewritten(arg, rule, domain)
        if part is not None:
            after = expr.func(*expr.args[:place], part[1], *expr.args[place + 1 :])
            return part[0], after, part[2]
    return None


def _apart(binder: Binder, domain: Domain) -> Binder:
    """Rename an index that the domain already speaks of: it is another step."""
    index = binder.index
    while index in domain.symbols:
        index = Symbol(index.name + "′", **index.assumptions0)
    return binder if index == binder.index else binder.with_index(index)


def _inside(binder: Binder, domain: Domain) -> Domain:
    for end in (at_most(binder.low, binder.index), at_most(binder.index, binder.high)):
        try:
            domain = domain.with_(end)
        except ProofError:
            continue  # not a difference bound: nothing is learnt from it
    return domain


# Rules that are not about time


def distribute(node: Node) -> Rewriting:
    """A (B + C) D = A B D + A C D."""
    if isinstance(node, Mul):
        for place, factor in enumerate(node.args):
            if isinstance(factor, Add):
                terms = (Mul(*node.args[:place], term, *node.args[place + 1 :]) for term in factor.args)
                return Rewriting("distribute the product over the sum", node, Add(*terms))
    raise RuleError(f"no sum inside the product {node!r}")


def transpose_whole(node: Node) -> Rewriting:
    """A Pᵀ B = (Bᵀ P Aᵀ)ᵀ, where P is a product over time: so that a factor can be absorbed into it."""
    if isinstance(node, Mul) and any(isinstance(f, Transpose) and isinstance(f.args[0], ProdT) for f in node.args):
        after = Transpose(Mul(*(factor.T for factor in reversed(node.args))))
        return Rewriting("transpose the whole product", node, after)
    raise RuleError(f"no transposed product over time in {node!r}")


def drop_neutral(node: Node) -> Rewriting:
    """I A = A and A + 0 = A."""
    kind, neutral = (Mul, Eye) if isinstance(node, Mul) else (Add, Zeros)
    if isinstance(node, kind):
        kept = [part for part in node.args if not isinstance(part, neutral)]
        if len(kept) < len(node.args):
            name = "drop the identity" if kind is Mul else "drop the zero"
            return Rewriting(name, node, kind(*(kept or node.args[:1])))
    raise RuleError(f"nothing neutral in {node!r}")


TIDY: Sequence[Rule] = (
    time.single,
    time.empty,
    drop_neutral,
    distribute,
    transpose_whole,
    time.push_into_sum,
    time.absorb_left,
    time.absorb_right,
)


# The recursions of backpropagation through time


def backward_recursion(delta: Leaf, jacobian: Leaf, direct: Leaf, until: Expr | None = None) -> Recursion:
    """Return δ(T) = g(T), δ(t) = g(t) + M(t+1) δ(t+1) for t ≤ T − 1; M(t) = (∂h_t/∂h_{t−1})ᵀ, g(t) the direct part."""
    rule = Add(direct.at(t), Mul(jacobian.at(t + 1), delta.at(t + 1)))
    return Recursion(delta.at(t), t, T, direct.at(T), rule, until)


def backward_closed_form(jacobian: Leaf, direct: Leaf) -> Node:
    """Return δ(t) = Σ_{k=t}^{T} M(t+1) M(t+2) ⋯ M(k) g(k)."""
    j, k = Symbol("j", integer=True), Symbol("k", integer=True)
    return SumT(Mul(ProdT(jacobian.at(j), j, t + 1, k), direct.at(k)), k, t, T)


def forward_recursion(sensitivity: Leaf, jacobian: Leaf, since: Symbol) -> Recursion:
    """Return P(s) = I, P(t) = A(t) P(t−1) for t ≥ s + 1: P(t) = ∂h_t/∂h_s with A(t) = ∂h_t/∂h_{t−1}."""
    rule = Mul(jacobian.at(t), sensitivity.at(t - 1))
    return Recursion(sensitivity.at(t), t, since, Eye(sensitivity.shape[0]), rule)


def forward_closed_form(jacobian: Leaf, since: Symbol) -> Node:
    """Return ∂h_t/∂h_s = A(t) A(t−1) ⋯ A(s+1), written as the transpose of a product in increasing order."""
    j = Symbol("j", integer=True)
    return Transpose(ProdT(jacobian.at(j).T, j, since + 1, t))


def prove_adjoint_of_composition(size: Expr | None = None) -> InductionProof:
    """Return the proof that the adjoint of a composition is the composition of the adjoints in reverse order.

    ⟨w, A_T ⋯ A_1 v⟩ = ⟨A_1ᵀ ⋯ A_Tᵀ w, v⟩ for all w, by induction over T, with u(T) = A_T u(T−1), u(0) = v.
    """
    n = Symbol("n", integer=True, positive=True) if size is None else size
    j = Symbol("j", integer=True)
    a, u, v, w = Leaf("A", n, n, T), Leaf("u", n, 1, T), Leaf("v", n), Leaf("w", n)

    def left(vector: Node, steps: Expr) -> Node:
        return Mul(vector.T, u.at(steps))

    def right(vector: Node, steps: Expr) -> Node:
        return Mul(Transpose(Mul(ProdT(a.at(j).T, j, 1, steps), vector)), v)

    base = _met(_Chain(right(w, Integer(0)), Domain()).tidied(), _Chain(Mul(w.T, v), Domain()))
    end = ProofStep("u(0) = v", Mul(w.T, v), left(w, Integer(0)))
    moved = Mul(a.T, w)
    chain = _Chain(left(w, T), Domain.of(at_most(1, T)))
    chain = chain.then("the definition of u", chain.end.xreplace({u: Mul(a, u.at(T - 1))}))
    chain = _equal(chain, "⟨w, A u⟩ = ⟨Aᵀ w, u⟩", left(moved, T - 1))
    chain = chain.then("the induction hypothesis, with Aᵀ w in the place of w", right(moved, T - 1))
    absorbed = chain.by(time.absorb_right)
    if absorbed is None:
        raise ProofError(f"{chain.end!r} has no factor to absorb")
    return InductionProof(
        f"{left(w, T)!r} = {right(w, T)!r}",
        left(w, T),
        right(w, T),
        T,
        Integer(0),
        (*base, end),
        f"assume {left(w, T - 1)!r} = {right(w, T - 1)!r} for all w",
        chain.domain,
        _met(absorbed, _Chain(right(w, T), chain.domain)),
    )


def _equal(chain: _Chain, rule: str, after: Node) -> _Chain:
    """Append an equation that holds by equality of normal forms."""
    one, other = normal_forms(chain.end, after)
    if one != other:
        raise ProofError(f"not proved: {chain.end!r} and {after!r} have different normal forms")
    return chain.then(rule, after)
