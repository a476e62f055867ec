"""The mutation campaign: right statements and wrong ones about every cell, as text, and what the verifier says of each.

A case is a text with its truth, found by numbers (`numbers`). Wrong ones are made by one, two or three mistakes (`mutants`).
"""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from symrnn import driver
from symrnn.algebra.nodes import Mul, Multiple, Node, Ones
from symrnn.bench.mutants import mutations
from symrnn.bench.numbers import Truth, loss_name
from symrnn.bench.scenes import Scene, is_told_apart, is_typed, places
from symrnn.bench.statements import STYLES, Claim, Style, in_layout, right_claims, text, written
from symrnn.claims.context import Context, Reading
from symrnn.claims.diagnosis import diagnosed, kinds
from symrnn.claims.judging import Judge
from symrnn.claims.records import Answer, Statement, Verdict
from symrnn.claims.writing import Notation
from symrnn.errors import RuleError, ShapeError, SymrnnError
from symrnn.language.formulas.document import read_document
from symrnn.language.formulas.nodes import Chain, Formula
from symrnn.model.network import Network

RIGHT, WRONG, SHAPELESS = "right", "wrong", "no shape"
TRIES = 60  # to find a mutant that is wrong
WRONG_ANSWERS = (Answer.REFUTED, Answer.ILL_TYPED, Answer.CONDITION)
FALLS = (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Case:
    """A statement for the verifier.

    Fields:
        cell, head: the network. claim: the right statement that it was made from. style: how it is written.
        text: what the verifier reads. truth: "right", "wrong" or "no shape".
        mistakes: for each mistake the classes that it belongs to. right_side: with the mistakes, gradient layout.
    """

    cell: str
    head: str
    claim: Claim
    style: Style
    text: str
    truth: str
    mistakes: tuple[frozenset[str], ...] = ()
    right_side: Node | None = None

    @property
    def kind(self) -> str:
        """The classes of the mistakes in words."""
        return " + ".join(sorted("/".join(sorted(classes)) for classes in self.mistakes))


@dataclass(frozen=True, slots=True)
class Result:
    """What the verifier said of a case.

    Fields:
        verdict, seconds: the answer and how long it took, in time of the processor.
        convention: of a wrong statement that is said to be right under a convention: the one by which it is, by the numbers.
        named: whether the class of the mistake was named first. repaired: whether the first repair is right by the numbers.
        undone: whether the first repair is the statement from which the mutant was made.
    """

    case: Case
    verdict: Verdict
    seconds: float
    convention: str = ""
    named: bool = False
    repaired: bool = False
    undone: bool = False

    @property
    def is_false(self) -> bool:
        """Whether the verdict is false: a wrong statement that stands, or a right one that does not."""
        answer = self.verdict.answer
        if self.case.truth == RIGHT:
            return answer in WRONG_ANSWERS
        return answer in (Answer.PROVED, Answer.AGREES, Answer.DEFINITION) or (
            answer == Answer.CONVENTION and not self.convention
        )

    @property
    def is_undecided(self) -> bool:
        """Whether nothing was said."""
        return self.verdict.answer == Answer.NOT_UNDERSTOOD

    @property
    def is_diagnosed(self) -> bool:
        """Whether this counts for the score of the diagnosis: wrong, and refuted or without a shape."""
        return self.case.truth != RIGHT and self.verdict.answer in WRONG_ANSWERS


# -- the verifier ----------------------------------------------------------------------------------------------------------

Verifier = Callable[[str, Style], Verdict]


def spelling(network: Network) -> dict[str, str]:
    """Return the names that are written with less than they have, z_{gh} for z_g_h, and those of seeds: seed_h, for dh is ∂J/∂h."""
    names = [leaf.name for leaf in Context(network).leaves.values()]
    found = {f"{d}{written(name)}": f"{d}{name}" for name in names for d in ("", "d")}
    seeds = {f"seed_{written(output.name)}": seed.name for output, seed in network.seeds}
    return {**{short: name for short, name in found.items() if short != name}, **seeds}


@dataclass
class Reviewer:
    """The verifier with what it keeps about one network: reads a text, judges it, and looks for repairs."""

    network: Network
    judge: Judge = field(init=False)

    def __post_init__(self) -> None:
        self.judge = Judge.of(Context(self.network, spelling(self.network)))

    def __call__(self, source: str, style: Style) -> Verdict:
        """Return the answer to a text of one statement, in a document of a layout."""
        judge = replace(self.judge, reading=Reading(layout=style.layout))
        lines = read_document(source, kind="latex" if style.latex else "text")
        chains = [line.formula for line in lines if isinstance(line.formula, Chain)]
        if len(lines) != 1 or len(chains) != 1 or len(chains[0].parts) != 2:
            problem = next((line.problem for line in lines if line.problem), "not one statement")
            return Verdict(Answer.NOT_UNDERSTOOD, problem)
        left, right = chains[0].parts
        verdict = judge.answer(left, right)
        if verdict.answer not in WRONG_ANSWERS:
            return replace(verdict, formula=chains[0])
        notation = Notation.of([chains[0]], judge.context.spelling, style.layout, loss_name(self.network))
        return replace(verdict, formula=chains[0], repairs=diagnosed(judge, notation, left, right, verdict))

    def mended(self, verdict: Verdict, style: Style) -> Statement | None:
        """Return the statement after the first repair."""
        if not verdict.repairs or not isinstance(verdict.formula, Chain):
            return None
        reading = Reading(layout=style.layout) if verdict.statement is None else verdict.statement.reading
        return self._statement(verdict.formula.parts[0], verdict.repairs[0].formula, reading)

    def original(self, case: Case) -> Statement | None:
        """Return the right statement from which a case was made, read from its text."""
        source = text(case.claim, case.style, self.network)
        lines = read_document(source, kind="latex" if case.style.latex else "text")
        if len(lines) != 1 or not isinstance(lines[0].formula, Chain):
            return None
        left, right = lines[0].formula.parts
        return self._statement(left, right, Reading(layout=case.style.layout))

    def _statement(self, left: Formula, right: Formula, reading: Reading) -> Statement | None:
        try:
            return self.judge.statement(left, right, reading)
        except SymrnnError:
            return None


# -- cases -----------------------------------------------------------------------------------------------------------------


@dataclass
class Generator:
    """Makes the cases of one network, the same ones for the same seed."""

    cell: str
    head: str
    seed: int
    network: Network = field(init=False)
    truth: Truth = field(init=False)
    claims: tuple[Claim, ...] = field(init=False)
    draw: random.Random = field(init=False)
    usable: dict[Claim, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.network = driver.network(self.cell, head=self.head)
        self.truth = Truth.of(self.network, self.seed)
        self.draw = random.Random(f"{self.cell} {self.head} {self.seed}")
        self.claims = right_claims(self.network)

    def is_usable(self, claim: Claim) -> bool:
        """Return whether a statement makes a case: one that cannot be written down, or is true along some paths only, does not."""
        if claim not in self.usable:
            self.usable[claim] = self._is_writable(claim) and self.truth.holds(claim.left, claim.right) is True
        return self.usable[claim]

    def _is_writable(self, claim: Claim) -> bool:
        """Nobody writes the products with a column of ones that spread a number or add up a row."""
        for part, _ in places(claim.right):
            if isinstance(part, Mul | Multiple) and any(isinstance(arg, Ones) for arg in part.args):
                return False
        try:
            return bool(text(claim, STYLES[0], self.network))
        except RuleError:
            return False

    def right(self, count: int) -> Iterator[Case]:
        """Yield right statements, each in another style."""
        shuffled = self.draw.sample(self.claims, len(self.claims))
        for claim in itertools.islice(filter(self.is_usable, shuffled), count):
            style = self._style(claim)
            yield Case(self.cell, self.head, claim, style, text(claim, style, self.network), RIGHT)

    def _style(self, claim: Claim) -> Style:
        has_name = claim.sort not in ("Jacobian", "initial") and not self.network.seeds  # dh is what the caller gives
        return self.draw.choice([style for style in STYLES if has_name or not style.named])

    def wrong(self, count: int, order: int) -> Iterator[Case]:
        """Yield statements with `order` mistakes; one that happens to be right is yielded as such."""
        made = 0
        for _ in range(TRIES * count):
            if made >= count or not self.claims:
                return
            claim = self.draw.choice(self.claims)
            case = self.mutated(claim, order) if self.is_usable(claim) else None
            if case is not None:
                made += 1
                yield case

    def mutated(self, claim: Claim, order: int) -> Case | None:
        """Return a statement with some mistakes, or None if they cannot be told from each other or from the truth."""
        scene = Scene.of(self.network, claim)
        seen, classes = [claim.right], []
        for _ in range(order):
            found = mutations(seen[-1], scene)
            by_class: dict[str, list[Node]] = {}
            for mutant, names in found.items():
                for name in sorted(names):
                    by_class.setdefault(name, []).append(mutant)
            if not by_class:
                return None
            mutant = self.draw.choice(by_class[self.draw.choice(sorted(by_class))])
            seen.append(mutant)
            classes.append(found[mutant])
        return self._case(claim, tuple(classes), seen)

    def _case(self, claim: Claim, classes: tuple[frozenset[str], ...], seen: list[Node]) -> Case | None:
        mutant, style = seen[-1], self._style(claim)
        truth = self._truth(claim, mutant)
        if truth is None or (len(seen) > 2 and not self._all_matter(claim, seen)):
            return None
        try:
            shown = text(replace(claim, right=mutant), style, self.network)
        except (RuleError, ShapeError):
            return None
        return Case(self.cell, self.head, claim, style, shown, truth, classes, mutant)

    def _truth(self, claim: Claim, mutant: Node) -> str | None:
        if not is_typed(mutant) or mutant.shape != claim.left.shape:
            return SHAPELESS if is_told_apart(mutant) else None
        holds = self.truth.holds(claim.left, mutant)
        return None if holds is None else RIGHT if holds else WRONG

    def _all_matter(self, claim: Claim, seen: list[Node]) -> bool:
        """Return whether every mistake changes the value: none undoes another one, and none is void."""
        if len(set(seen)) < len(seen) or any(self._truth(claim, one) in (RIGHT, None) for one in seen[1:]):
            return False
        typed = [one for one in seen if is_typed(one) and one.shape == claim.left.shape]
        return all(self.truth.holds(one, other) is False for i, one in enumerate(typed) for other in typed[i + 1 :])


# -- the campaign ----------------------------------------------------------------------------------------------------------


def campaign(
    cell: str,
    head: str,
    count: int,
    seed: int,
    orders: tuple[int, ...] = (1, 2, 3),
    verifier: Callable[[Network], Verifier] | None = None,
) -> Iterator[Result]:
    """Yield the results for one cell: about `count` statements, a quarter of them right, the wrong ones mostly of one mistake."""
    generator = Generator(cell, head, seed)
    reviewer = Reviewer(generator.network)
    answer = reviewer if verifier is None else verifier(generator.network)
    cases = list(generator.right(max(count // 4, 1)))
    rest = max(count - len(cases), 1)
    shares = {order: max(round(rest / 2 ** (place + (len(orders) > 1))), 1) for place, order in enumerate(orders)}
    for order, share in shares.items():
        cases += generator.wrong(share, order)
    for case in cases:
        yield judged(case, answer, reviewer, generator.truth)


def judged(case: Case, answer: Verifier, reviewer: Reviewer, truth: Truth) -> Result:
    """Return what a verifier says of a case, and whether that is so."""
    started = time.process_time()
    try:
        verdict = answer(case.text, case.style)
    except FALLS as problem:  # a verifier that falls over is a finding, and not the end of the campaign
        verdict = Verdict(Answer.NOT_UNDERSTOOD, f"raised {type(problem).__name__}: {problem}")
    seconds = time.process_time() - started
    convention = ""
    if case.truth != RIGHT and verdict.answer == Answer.CONVENTION:
        mutant = case.claim if case.right_side is None else replace(case.claim, right=case.right_side)
        convention = truth.convention(*in_layout(mutant, case.style.layout))
    result = Result(case, verdict, seconds, convention)
    if not result.is_diagnosed:
        return result
    mended, original = reviewer.mended(verdict, case.style), reviewer.original(case)
    repaired = mended is not None and truth.holds(mended.left, mended.right) is True
    undone = mended is not None and original is not None and mended.right == original.right
    return replace(result, repaired=repaired, undone=undone, named=is_named(case, verdict, repaired))


# -- the diagnosis ---------------------------------------------------------------------------------------------------------

# The names under which the verifier may speak of a mistake of each class. Two factors that change places and two transposes are one
# change; a carry outside of the parentheses is a pair of missing parentheses.
NAMES: dict[str, frozenset[str]] = {
    "transpose": frozenset({kinds.TRANSPOSED, kinds.ORDER}),
    "carry missing": frozenset({kinds.CARRY}),
    "direct term missing": frozenset({kinds.DIRECT, kinds.USE}),
    "without −y": frozenset({kinds.MINUS_TARGET}),
    "time index": frozenset({kinds.STEP}),
    "derivative at the wrong value": frozenset({kinds.ACTIVATED}),
    "activated twice": frozenset({kinds.ACTIVATED}),
    "activation derivative missing": frozenset({kinds.SLOPE}),
    "parentheses": frozenset({kinds.PARENTHESES}),
    "carry on the wrong side": frozenset({kinds.PARENTHESES, kinds.SIDE}),
    "factor": frozenset({kinds.FACTOR}),
    "elementwise": frozenset({kinds.ELEMENTWISE}),
    "not summed": frozenset({kinds.SUMMED}),
    "copy-paste": frozenset({kinds.GATE}),
    "beside the activation": frozenset({kinds.SLOPE, kinds.ACTIVATED, kinds.GATE}),
    "sign": frozenset({kinds.SIGN}),
    "complement": frozenset({kinds.COMPLEMENT}),
    "range": frozenset({kinds.RANGE}),
    "order": frozenset({kinds.ORDER, kinds.TRANSPOSED}),
    "extra term": frozenset({kinds.TERM}),
}


def is_named(case: Case, verdict: Verdict, repaired: bool) -> bool:
    """Return whether the first repair names the mistakes.

    One mistake: the first repair has one kind, and it is a name of the class. More: every mistake is named. A repair that is right
    and takes fewer changes than there were mistakes is a simpler account of the same text and counts as well; the right side
    written anew never does.
    """
    if not verdict.repairs:
        return False
    repair = verdict.repairs[0]
    if kinds.ELSE in repair.kinds:
        return False
    if repaired and repair.edits < len(case.mistakes):
        return True
    accepted = [frozenset().union(*(NAMES[name] for name in classes)) for classes in case.mistakes]
    named = all(any(kind in names for kind in repair.kinds) for names in accepted)
    return named and (len(case.mistakes) > 1 or len(repair.kinds) == 1)


__all__ = [
    "NAMES",
    "RIGHT",
    "SHAPELESS",
    "WRONG",
    "Case",
    "Generator",
    "Result",
    "Reviewer",
    "Verifier",
    "campaign",
    "judged",
]
