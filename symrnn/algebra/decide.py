"""Whether two expressions are equal: proved, refuted with numbers, or undecided. Never two answers where there are three.

`decide` compares index normal forms (a proof), and otherwise evaluates both sides at small sizes that are all different. A
difference counts only if it is far above rounding: it must be large, and it must stay what it is when every value is moved by
a billionth, which a rounding error does not.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Any

import numpy as np
from sympy import Basic, Expr, Symbol

from symrnn.algebra.domain import Domain, at_most
from symrnn.algebra.evaluate import evaluate
from symrnn.algebra.functions import ALL
from symrnn.algebra.nodes import Apply, Bar, D, Jac, Leaf, Node, Power, Quotient, Scale, T, shape_text
from symrnn.algebra.normal import GaveUp, Normalizer
from symrnn.algebra.time import Binder, alpha_equal, unroll
from symrnn.errors import RuleError

Array = np.ndarray[Any, np.dtype[np.float64]]
SAMPLES = 6
SMALLEST_DIFFERENCE = 1e-7  # relative to the values: five orders above what rounding of small expressions leaves
STEADINESS = 1e-3  # how much of a difference may change when all values move by NUDGE
NUDGE = 1e-9
KINK = 1e-9  # an argument of sign or step below this may be a rounding error


class Answer(Enum):
    """The three answers, and a fourth for statements that say nothing because the shapes differ."""

    PROVED = "proved"
    REFUTED = "refuted"
    UNDECIDED = "undecided"
    ILL_TYPED = "ill-typed"


@dataclass(frozen=True, slots=True)
class Counterexample:
    """Numbers for which two expressions differ.

    Fields:
        sizes: the value of every size, step and other symbol.
        entry: row and column (from 0) where the difference is largest.
        left, right: the two values there.
        values: the arrays of all leaves.
    """

    sizes: tuple[tuple[Symbol, float], ...]
    entry: tuple[int, int]
    left: float
    right: float
    values: tuple[tuple[Node, Any], ...] = field(default=(), compare=False, repr=False)

    @property
    def difference(self) -> float:
        """left − right."""
        return self.left - self.right

    def __str__(self) -> str:
        sizes = ", ".join(f"{symbol} = {value:g}" for symbol, value in self.sizes)
        where = f"entry ({self.entry[0] + 1}, {self.entry[1] + 1})"
        return f"{where} is {self.left:.6g} on the left and {self.right:.6g} on the right" + (
            f" for {sizes}" if sizes else ""
        )


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to one question.

    Fields:
        answer: which.
        reason: one sentence.
        counterexample: numbers, when refuted.
        samples: how many numeric samples agreed.
        largest_difference: the largest relative difference among them.
        nonzero: the denominators; the answer is about values for which no entry of them is zero.
    """

    answer: Answer
    reason: str
    counterexample: Counterexample | None = None
    samples: int = 0
    largest_difference: float = 0.0
    nonzero: tuple[Node, ...] = ()

    @property
    def is_proved(self) -> bool:
        """Whether the two sides are proved equal."""
        return self.answer is Answer.PROVED

    @property
    def is_refuted(self) -> bool:
        """Whether numbers show that the two sides differ."""
        return self.answer is Answer.REFUTED

    def __str__(self) -> str:
        return f"{self.answer.value}: {self.counterexample or self.reason}"


@dataclass(frozen=True)
class Question:
    """What is assumed when expressions are compared.

    Fields:
        definitions: leaves (or adjoints) that stand for expressions.
        sum_to_one: names of columns whose entries sum to one.
        positive: names of leaves whose entries are above zero.
        domain: what holds between the steps; numbers are chosen inside it.
    """

    definitions: Mapping[Node, Node]
    sum_to_one: frozenset[str]
    positive: frozenset[str]
    domain: Domain | None
    seed: int


def decide(
    left: Node,
    right: Node,
    *,
    definitions: Mapping[Node, Node] | None = None,
    sum_to_one: Iterable[Leaf | str] = (),
    positive: Iterable[Leaf | str] = (),
    domain: Domain | None = None,
    seed: int = 0,
    normalizer: Normalizer | None = None,
) -> Decision:
    """Return whether two expressions are equal.

    `domain` says what holds between steps (1 ≤ t ≤ T unless given); only numbers inside it refute. A `normalizer` that was
    made with the same assumptions saves work when many pairs are compared.
    """
    if left.shape != right.shape:
        reason = f"the left side is {shape_text(left.shape)}, the right side {shape_text(right.shape)}"
        return Decision(Answer.ILL_TYPED, reason)
    question = Question(dict(definitions or {}), _names(sum_to_one), _names(positive), domain, seed)
    below = tuple(dict.fromkeys((*denominators(left), *denominators(right))))
    if alpha_equal(left, right):
        return Decision(Answer.PROVED, "the two sides are the same expression", nonzero=below)
    try:
        if normalizer is None:
            normalizer = Normalizer(question.definitions, question.sum_to_one, question.positive, among=(left, right))
        if normalizer(left) == normalizer(right):
            return Decision(Answer.PROVED, "the two sides have the same normal form", nonzero=below)
        reason = "the normal forms differ"
    except GaveUp as problem:
        reason = str(problem)
    found = sample(left, right, question)
    if isinstance(found, Counterexample):
        return Decision(Answer.REFUTED, str(found), found, nonzero=below)
    agreed, largest = found
    many = f"{agreed} numeric samples agree" if agreed else "no numeric sample could be computed"
    return Decision(Answer.UNDECIDED, f"{reason}; {many}", None, agreed, largest, below)


def _names(leaves: Iterable[Leaf | str]) -> frozenset[str]:
    return frozenset(leaf if isinstance(leaf, str) else leaf.name for leaf in leaves)


def denominators(expr: Basic) -> Iterator[Node]:
    """Yield what is divided by in an expression."""
    if isinstance(expr, Quotient):
        yield expr.args[1]
    if isinstance(expr, Power) and expr.args[1] < 0:
        yield expr.args[0]
    for arg in expr.args:
        yield from denominators(arg)


# Numbers


def sample(left: Node, right: Node, question: Question) -> Counterexample | tuple[int, float]:
    """Return numbers for which the two sides differ, or how many samples agreed and the largest difference among them."""
    agreed, largest = 0, 0.0
    symbols = _symbols((left, right, *question.definitions, *question.definitions.values()))
    for attempt in range(SAMPLES):
        draw = np.random.default_rng([question.seed, attempt])
        numbers = _numbers(symbols, question.domain, draw, attempt)
        if numbers is None:
            continue
        scale = (0.5, 1.0, 0.1, 1.0, 2.5, 0.7)[attempt % SAMPLES]
        world = World(numbers, scale, question, int(draw.integers(2**31)))
        try:
            found = _compare(left, right, world)
        except RuleError:
            continue
        if isinstance(found, Counterexample):
            return found
        if found is not None:
            agreed, largest = agreed + 1, max(largest, found)
    return agreed, largest


def _compare(left: Node, right: Node, world: World) -> Counterexample | float | None:
    """Return a counterexample, or the largest relative difference, or None when the numbers do not tell."""
    with np.errstate(all="ignore"):
        a, b = world.value(left), world.value(right)
        if world.near_kink:
            return None
        if not (np.all(np.isfinite(a)) and np.all(np.isfinite(b))):
            return None
        difference = np.abs(a - b)
        size = np.maximum(1.0, np.maximum(np.abs(a), np.abs(b)))
        entry = np.unravel_index(int(np.argmax(difference / size)), difference.shape)
        relative = float((difference / size)[entry])
        if relative <= SMALLEST_DIFFERENCE:
            return relative
        for nudged in (world.nudged(1), world.nudged(2)):
            change = nudged.value(left) - nudged.value(right) - (a - b)
            if not np.abs(change[entry]) <= STEADINESS * difference[entry]:
                return None
    row, column = int(entry[0]), int(entry[1])
    values = tuple(world.drawn.items())
    return Counterexample(tuple(world.numbers.items()), (row, column), float(a[entry]), float(b[entry]), values)


@dataclass
class World:
    """Numbers for everything that occurs: sizes and steps, and arrays that are drawn when they are first asked for.

    The array of a leaf depends only on its name, step, shape and the seed, so both sides of a statement see the same.
    """

    numbers: Mapping[Symbol, float]
    scale: float
    question: Question
    seed: int
    nudge: int = 0
    drawn: dict[Node, Array] = field(default_factory=dict)
    near_kink: bool = False

    def nudged(self, which: int) -> World:
        """Return the same world with every value moved by about a billionth of itself."""
        return World(self.numbers, self.scale, self.question, self.seed, which)

    def value(self, expr: Node) -> Array:
        """Return the value of an expression."""
        grounded = self.grounded(expr)
        self._draw_all(grounded)
        self.near_kink = self.near_kink or any(self._is_near_kink(part) for part in _kinked(grounded))
        return np.asarray(evaluate(grounded, self.drawn, {}), dtype=float)

    @cached_property
    def definitions(self) -> dict[Node, Node]:
        """The definitions, with numbers for the steps of what they define.

        Raises:
            RuleError: two definitions are of the same quantity for these numbers.
        """
        known = {self.grounded(name): meaning for name, meaning in self.question.definitions.items()}
        if len(known) < len(self.question.definitions):
            raise RuleError("two definitions fall together")
        return known

    def grounded(self, expr: Node) -> Any:
        """Return an expression with numbers for its steps and scalars, its sums over time written out."""
        return unroll(expr, {symbol: _exact(value) for symbol, value in self.numbers.items()})

    def _is_near_kink(self, node: Apply) -> bool:
        """Whether an argument is so small that rounding decides its sign; an exact zero is what it is."""
        size = np.abs(np.asarray(evaluate(node.body, self.drawn, {}), dtype=float))
        return bool(np.any((size > 0) & (size < KINK)))

    def _draw_all(self, grounded: Basic) -> None:
        if isinstance(grounded, Leaf | D | Bar | Jac):
            if grounded not in self.drawn:
                self.drawn[grounded] = self._meaning(grounded)
            return
        for arg in grounded.args:
            if isinstance(arg, Node):
                self._draw_all(arg)

    def _meaning(self, node: Any) -> Array:
        """Return the value of a leaf: by its definition if it has one, ∂J/∂X as the transpose of X̄, else at random."""
        known = self.definitions
        if node in known:
            return self.value(known[node])
        if isinstance(node, Jac):
            bar = Bar(node.leaf)
            self._draw_all(bar)
            return self.drawn[bar].T
        if isinstance(node, Bar) and Jac(node.leaf) in known:
            return self.value(known[Jac(node.leaf)]).T
        return self._random(node)

    def _random(self, node: Node) -> Array:
        shape = int(node.shape[0]), int(node.shape[1])
        draw = np.random.default_rng([self.seed, zlib.crc32(repr(node).encode()), *shape])
        name = node.name if isinstance(node, Leaf) else ""
        array = self.scale * draw.normal(size=shape)
        if name in self.question.positive:
            array = 0.3 + np.abs(array)
        if self.nudge:
            again = np.random.default_rng([self.seed, self.nudge, zlib.crc32(repr(node).encode())])
            array = array * (1 + NUDGE * again.uniform(-1, 1, size=shape))
        if name in self.question.sum_to_one:
            array = np.abs(array) / np.sum(np.abs(array))
        return array


def _kinked(expr: Any) -> Iterator[Apply]:
    """Yield the functions with a kink in an expression."""
    if isinstance(expr, Apply) and ALL[expr.function].kinks:
        yield expr
    for arg in expr.args:
        if isinstance(arg, Node):
            yield from _kinked(arg)


def _exact(value: float) -> Any:
    return int(value) if value == int(value) else value


def _symbols(expressions: Iterable[Basic]) -> dict[str, list[Symbol]]:
    """Return the symbols of some expressions as "step", "size" and "scalar", each sorted by name."""
    kinds: dict[Symbol, str] = {}
    for expr in expressions:
        for kind, symbol in _occurrences(expr):
            kinds[symbol] = max(kind, kinds.get(symbol, kind), key=("scalar", "step", "size").index)
    found: dict[str, list[Symbol]] = {"step": [], "size": [], "scalar": []}
    for symbol, kind in sorted(kinds.items(), key=lambda item: str(item[0])):
        found[kind].append(symbol)
    return found


def _occurrences(expr: Any, bound: frozenset[Symbol] = frozenset()) -> Iterator[tuple[str, Symbol]]:
    if isinstance(expr, Leaf):
        yield from (("step", s) for s in (expr.args[3].free_symbols - bound))
        yield from (("size", s) for size in expr.shape for s in size.free_symbols)
    elif isinstance(expr, Binder):
        yield from (("step", s) for s in (expr.low.free_symbols | expr.high.free_symbols) - bound)
        yield from _occurrences(expr.body, bound | {expr.index})
    elif isinstance(expr, Scale):
        yield from (("scalar", s) for s in expr.factor.free_symbols - bound if s != T)
        yield from (("step", s) for s in expr.factor.free_symbols - bound if s == T)
        yield from _occurrences(expr.body, bound)
    elif isinstance(expr, Node):
        for arg in expr.args:
            if isinstance(arg, Node):
                yield from _occurrences(arg, bound)
            elif isinstance(arg, Expr) and not isinstance(expr, Apply):
                yield from (("size", s) for s in arg.free_symbols)


def _numbers(
    symbols: Mapping[str, list[Symbol]], domain: Domain | None, draw: np.random.Generator, attempt: int
) -> dict[Symbol, float] | None:
    """Return a value for every symbol: sizes all different, steps inside the domain."""
    sizes = draw.permutation(len(symbols["size"])) + 2
    numbers: dict[Symbol, float] = {symbol: int(n) for symbol, n in zip(symbols["size"], sizes, strict=True)}
    for symbol in symbols["scalar"]:
        whole = bool(symbol.is_integer)
        numbers[symbol] = int(draw.integers(2, 6)) if whole else round(float(draw.uniform(0.3, 1.7)), 3)
    steps = [symbol for symbol in symbols["step"] if symbol not in numbers]
    wanted = domain if domain is not None else _usual_domain(steps)
    for _ in range(200):
        chosen = {symbol: int(draw.integers(1, 6)) for symbol in steps}
        if T in chosen:
            chosen[T] = 4 + attempt % 2
        if _inside(wanted, {**numbers, **chosen}):
            return {**numbers, **chosen}
    return None


def _usual_domain(steps: list[Symbol]) -> Domain:
    inequalities = [at_most(1, symbol) for symbol in steps]
    if T in steps:
        inequalities += [at_most(symbol, T) for symbol in steps if symbol != T]
    return Domain.of(*inequalities)


def _inside(domain: Domain, numbers: Mapping[Symbol, float]) -> bool:
    def value(variable: Any) -> float:
        return numbers.get(variable, 0) if isinstance(variable, Symbol) else 0

    return all(value(a) - value(b) <= c for a, b, c in domain.bounds or ())


__all__ = ["Answer", "Counterexample", "Decision", "Question", "decide", "denominators", "sample"]
