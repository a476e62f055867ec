"""What a derivation is made of: rules, steps, contributions, adjoints, gradients. Records only.

The rules themselves are in `differential`, `trace` and `activations`; the order in which they are applied is in `sweep`.
"""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Basic, Expr

from symrnn.algebra.nodes import Leaf, Node
from symrnn.model.equations import Equation
from symrnn.model.network import Network


@dataclass(frozen=True, slots=True)
class Rule:
    """A named rule of calculus or algebra, with its statement in LaTeX and where it is found."""

    name: str
    statement: str
    source: str = ""


class Differential(Node):
    """d(X) of a whole expression, before any rule has been applied; D(leaf) is the differential of a leaf."""

    def __new__(cls, body: Node) -> Differential:
        return Basic.__new__(cls, body)

    @property
    def body(self) -> Node:
        """What is differentiated."""
        return self.args[0]

    shape = property(lambda self: self.args[0].shape)


@dataclass(frozen=True, slots=True)
class Step:
    """One application of a rule: `before` and `after` are equal as functions of the differentials in them.

    `held` are the leaves whose differentials are zero in this step ("when differentiating with respect to W, dh = 0").
    """

    rule: Rule
    before: Node
    after: Node
    held: tuple[Leaf, ...] = ()


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one equation gives to the derivative with respect to one leaf that it reads.

    Fields:
        of: the leaf as the equation reads it (a state may be at step t−1).
        equation: the label of the equation.
        jacobian: ∂J/∂of along this path, numerator layout, in terms of ∂J/∂target.
        gradient: the same in gradient layout, its transpose, in terms of the adjoint of the target.
        steps: from dJ to the read-off.
    """

    of: Leaf
    equation: str
    jacobian: Node
    gradient: Node
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """One equation taken backwards: its differential, and the contribution to every leaf that it reads."""

    equation: Equation
    differential: tuple[Step, ...]
    expanded: Node
    contributions: tuple[Contribution, ...]


@dataclass(frozen=True, slots=True)
class Adjoint:
    """The adjoint of a quantity, ready to be evaluated in the backward pass of its own stage.

    Fields:
        of: the quantity: at step t, at one step, or the same at every step.
        label: the number of this equation.
        terms: its parts that are evaluated where it is, gradient layout.
        carries: (lag, term): its parts from `lag` steps later in the direction of its stage, written at that step; absent
            where there is no such step. The adjoint of an initial state consists of them alone, as `InitialGradient`.
        seed: the part that the caller's loss gives, or None.
        steps: how the sum of the parts was brought into this form, if it was.
        ends: (step, term): parts of one step only, from equations that read the quantity at that step.
        sums: (stage, term): parts summed over the steps of another stage, for what is the same at each of them; for what
            does not belong to a sequence also over the sequences.
    """

    of: Leaf
    label: str
    terms: tuple[Node, ...]
    carries: tuple[tuple[int, Node], ...] = ()
    seed: Leaf | None = None
    steps: tuple[Step, ...] = ()
    ends: tuple[tuple[Expr, Node], ...] = ()
    sums: tuple[tuple[int, Node], ...] = ()


@dataclass(frozen=True, slots=True)
class Gradient:
    """The gradient of the loss with respect to a parameter or to an input.

    Fields:
        of: the parameter, or the input at step t or at one step.
        label: the number of this equation.
        terms: its parts, gradient layout; those of a parameter are summed over the steps of the stage that they come from.
        summed: whether it is that of a parameter.
        stages: the stage in whose backward pass each term is evaluated.
    """

    of: Leaf
    label: str
    terms: tuple[Node, ...]
    summed: bool
    stages: tuple[int, ...] = ()

    def of_stage(self, stage: int) -> tuple[Node, ...]:
        """Return the parts that one stage contributes."""
        return tuple(term for term, number in zip(self.terms, self.stages, strict=True) if number == stage)


@dataclass(frozen=True, slots=True)
class InitialGradient:
    """The adjoint of an initial state that the caller gives, h^(−k), k = 0 … lags − 1: the carries that leave the sequence.

    `carries` are (lag, term) with the term written at the step that is `lag` steps after it; `ends` are the parts from
    equations that read it.
    """

    of: Leaf
    label: str
    carries: tuple[tuple[int, Node], ...]
    ends: tuple[tuple[Expr, Node], ...] = ()


@dataclass(frozen=True, slots=True)
class Derivation:
    """The gradient of a network, with its proof.

    Fields:
        network: what was differentiated; its equations carry labels.
        forward: the equations as they are evaluated (a loss may be in a form that does not overflow).
        rewritten: the steps that lead from the network's equations to `forward`.
        passages: every equation backwards, in the order of the sweep (last equation first).
        adjoints: the adjoint of every quantity of a step, in the order in which they can be evaluated.
        gradients: of the parameters and inputs; `initial`: of the initial states.
    """

    network: Network
    forward: tuple[Equation, ...]
    rewritten: tuple[Step, ...]
    passages: tuple[Passage, ...]
    adjoints: tuple[Adjoint, ...]
    gradients: tuple[Gradient, ...]
    initial: tuple[InitialGradient, ...]

    def adjoint(self, leaf: Leaf) -> Adjoint:
        """Return the adjoint equation of a quantity."""
        return next(adjoint for adjoint in self.adjoints if adjoint.of == leaf)

    def gradient(self, name: str) -> Gradient:
        """Return the gradient of the parameter or input with this name."""
        return next(gradient for gradient in self.gradients if gradient.of.name == name)

    @property
    def reaching(self) -> tuple[Passage, ...]:
        """The passages through which the loss can change; the adjoint of what the others define is zero."""
        known = {adjoint.of for adjoint in self.adjoints} | {self.network.loss}
        return tuple(passage for passage in self.passages if passage.equation.target in known)

    @property
    def steps(self) -> tuple[Step, ...]:
        """Every recorded step, in order."""
        found = list(self.rewritten)
        for passage in self.passages:
            found.extend(passage.differential)
            for contribution in passage.contributions:
                found.extend(contribution.steps)
        for adjoint in self.adjoints:
            found.extend(adjoint.steps)
        return tuple(found)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules that were applied, each once, in order of first use."""
        return tuple(dict.fromkeys(step.rule for step in self.steps))
