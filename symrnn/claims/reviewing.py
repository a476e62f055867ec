"""A whole document: its forward equations become the network, its definitions the context, every other equation gets an answer.

chain a = b = c       two statements, a = b and b = c
δ_t = ∂L/∂h_t         a definition; δ_t = … δ_{t+1} alone says by itself what δ can be
W := W − α G          the statement G = ∂J/∂W
x_t ∈ ℝⁿ              a declaration: nothing is claimed
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from sympy import Symbol

from symrnn.algebra.nodes import Transpose, t
from symrnn.claims.context import Context
from symrnn.claims.definitions import Definitions
from symrnn.claims.diagnosis import diagnosed
from symrnn.claims.differentials import speaks_of_them
from symrnn.claims.equations import Line as ForwardLine
from symrnn.claims.equations import equation
from symrnn.claims.forward import Forward, build
from symrnn.claims.functions import FUNCTION_NAMES
from symrnn.claims.judging import Judge
from symrnn.claims.layouts import EQUALITIES, usual_layout
from symrnn.claims.links import Link, added_up, lacks, links, part_of, shown, takers
from symrnn.claims.losses import loss_form, options
from symrnn.claims.norms import BOUNDS
from symrnn.claims.numbers import Calculator, given, is_numeric
from symrnn.claims.partial import Partial
from symrnn.claims.reading import Reader
from symrnn.claims.records import Answer, Judgement, Verdict
from symrnn.claims.spelling import sort_scripts
from symrnn.claims.symbols import differentiated, lagged_names, moving_names, names_in, step_letter
from symrnn.claims.trees import NotUnderstood, mentions
from symrnn.claims.world import total_loss
from symrnn.claims.writing import Notation
from symrnn.errors import RuleError, ShapeError, SymrnnError
from symrnn.language.formulas import nodes as f
from symrnn.language.formulas.nodes import Chain, Formula, Line
from symrnn.model.network import Network

SCALARS = ("alpha", "eta", "lambda", "mu", "beta", "gamma", "epsilon", "lr")


@dataclass
class Review:
    """A review of a document.

    Fields:
        lines: its formulas. network: what they are about, or None when they say so themselves.
        names: what it has defined so far.
    """

    lines: Sequence[Line]
    network: Network | None = None
    sums_to_one: frozenset[str] = frozenset()
    spelling: dict[str, str] = field(default_factory=dict)
    lets: tuple[Chain, ...] = ()
    forward: Forward | None = None
    step: str = "t"
    names: Definitions = field(init=False)
    notation: Notation = field(init=False)
    calculator: Calculator = field(init=False)
    givers: frozenset[int] = frozenset()  # lines that give data

    @property
    def judge(self) -> Judge:
        """The judge, who knows what has been defined so far."""
        return self.names.judge

    def run(self, source: str = "") -> Judgement:
        """Return the answers to all statements.

        Raises:
            SymrnnError: there is no network to speak of.
        """
        self.step = step_letter([line.formula for line in self.lines if line.formula is not None])
        network = self.network or self._own_network()
        scalars = {name: Symbol(name, positive=True) for name in SCALARS}
        loss = total_loss(network).name
        hidden = self._hidden(network)
        speaks = any(speaks_of_them(line.formula, loss) for line in self.lines if line.formula is not None)
        total = options(self._chains(), self.step)
        context = Context(
            network, self.spelling, scalars=scalars, differentials=speaks, step=self.step, hidden=hidden, **total
        )
        judge = Judge.of(replace(context, functions=dict(self._functions())))
        self.names = Definitions(judge, losses=differentiated(self._chains()))
        for chain in self.lets:
            self.names.derivatives(chain)
            self.names.let(chain)
        for chain in self._chains():
            self.names.derivatives(chain)
        for line in self.lines:
            self.names.ahead(line)
        self.names.judge = replace(self.judge, reading=usual_layout(self.judge, self.lines))
        self.notation = self._notation()
        chains = [(line.number, line.formula) for line in self.lines if isinstance(line.formula, Chain)]
        data, self.givers = given(self.judge.context, chains)
        self.calculator = Calculator(self.judge.context, data)
        verdicts = self._with_both_parts([verdict for line in self.lines for verdict in self._line(line)])
        recurrence, names = self._recurrence(loss), dict(self.spelling)
        return Judgement(tuple(verdicts), self.judge.reading, recurrence, source, names, self.lets)

    def _recurrence(self, loss: str) -> str:
        """Return the document's own recurrence as text; of its total loss a line that says what factor it has."""
        scale = self.judge.context.scale
        if self.forward is None or scale == 1:
            return "" if self.forward is None else self.forward.text
        return f"{self.forward.text.rstrip()}\n\n# the loss is {scale} times the sum of {loss} over the steps\n"

    def _own_network(self) -> Network:
        chains = [line.formula for line in self.lines if isinstance(line.formula, Chain)]
        moving = moving_names(chains, self.step)
        found: dict[str, ForwardLine] = {}
        states = lagged_names(chains, self.step)
        for chain in chains:
            line = equation(chain, moving, self.step, dict(self._functions()), states)
            if line is not None and not any(_is_adjoint(name, moving) for name, _ in line.reads):
                found.setdefault(line.name, line)
        try:
            self.forward = build(found.values(), self.sums_to_one)
        except SymrnnError as problem:
            raise SymrnnError(
                f"{problem}\nGive the recurrence with --cell, or its forward equations in the document"
            ) from problem
        return self.forward.network

    def _chains(self) -> list[Chain]:
        return [line.formula for line in self.lines if isinstance(line.formula, Chain)]

    def _hidden(self, network: Network) -> frozenset[str]:
        """Return the quantities that the document never names: repairs are written without them."""
        named = {self.spelling.get(name, name) for line in self.lines for name in names_in(line.formula)}
        kept = (
            {state.leaf.name for state in network.states}
            | named
            | (self.forward.names if self.forward else frozenset())
        )
        return frozenset(line.target.name for line in network.equations) - kept

    def _functions(self) -> Iterator[tuple[str, str]]:
        """Yield the letters that a definition sets equal to a function: g = tanh."""
        for chain in self.lets:
            left, right = chain.parts[0], chain.parts[1]
            if isinstance(left, f.Letter) and isinstance(right, f.Letter) and right.name in FUNCTION_NAMES:
                yield left.name, right.name

    def _notation(self) -> Notation:
        formulas = [line.formula for line in self.lines if line.formula is not None]
        loss = next((name for name in ("J", "L", "E", "C") if any(mentions(one, name) for one in formulas)), "J")
        return Notation.of(formulas, self.spelling, self.judge.reading.layout, loss, self.step)

    # -- answers ----------------------------------------------------------------------------------------------------------

    def _line(self, line: Line) -> Iterator[Verdict]:
        if line.formula is None:
            yield Verdict(Answer.NOT_UNDERSTOOD, line.problem, text=line.text, where=line.where, line=line.number)
            return
        found = [(link, self._link(link)) for link in map(self._added_up, links(line))]
        for link, verdict in self._one_reading(found):
            formula = Chain((link.left, link.right), (link.relation,), line.where)
            if verdict.answer in (Answer.REFUTED, Answer.ILL_TYPED):
                judge = self._judge(link)
                repairs = verdict.repairs or diagnosed(judge, self.notation, link.left, link.right, verdict)
                verdict = replace(verdict, repairs=repairs)
            where = verdict.where if verdict.where != f.NOWHERE else line.where
            yield replace(verdict, formula=formula, text=line.text, where=where, line=line.number)

    def _one_reading(self, found: list[tuple[Link, Verdict]]) -> list[tuple[Link, Verdict]]:
        """Return the answers to a chain by one convention for all of its statements, if one makes all of them right."""
        judged = [(link, verdict) for link, verdict in found if verdict.statement is not None]
        if len(judged) < 2 or not any(verdict.answer is Answer.CONVENTION for _, verdict in judged):
            return found
        asked = frozenset().union(*(verdict.statement.asked for _, verdict in judged if verdict.statement is not None))
        for reading in self.judge.readings(asked):
            answers = [self.judge.by(reading, link.left, link.right) for link, _ in judged]
            if all(answer is not None for answer in answers):
                changed = dict(zip((id(link) for link, _ in judged), answers, strict=True))
                return [(link, changed.get(id(link)) or verdict) for link, verdict in found]
        return found

    def _with_both_parts(self, verdicts: list[Verdict]) -> list[Verdict]:
        """Return the answers; where ∂J/∂v was taken for a part of it and nothing gives the other part, the statement is wrong."""
        given_parts = {part for verdict in verdicts if (part := part_of(verdict)) is not None}
        found = [self._whole(verdict) if lacks(verdict, given_parts) else verdict for verdict in verdicts]
        return [self._taken_whole(verdict, found) for verdict in found]

    def _taken_whole(self, verdict: Verdict, verdicts: list[Verdict]) -> Verdict:
        """Return the answer to a statement about a part, with the lines that take what it gives for the whole."""
        part = part_of(verdict)
        lines = () if part is None else takers(part, verdicts)
        if not lines:
            return verdict
        where = " and ".join(f"line {self._shown(line)}" for line in lines[:3])
        take = "takes" if len(lines) == 1 else "take"
        return replace(
            verdict, notes=(*verdict.notes, f"{where} {take} it for the whole: the other part is to be added first")
        )

    def _shown(self, number: int) -> int:
        """Return the line of the text in which a formula stands."""
        return next((line.where.line for line in self.lines if line.number == number), number)

    def _whole(self, verdict: Verdict) -> Verdict:
        """Return the answer to a statement whose derivative is the whole one."""
        if not isinstance(verdict.formula, Chain) or verdict.statement is None:
            return verdict
        left, right = verdict.formula.parts
        try:
            statement = self.judge.statement(left, right, verdict.statement.reading.but(route="all"))
        except (SymrnnError, RuleError):
            return verdict
        found = self.judge.wrong(statement)
        note = f"it is right as a part: {verdict.convention}"
        repairs = diagnosed(self.judge, self.notation, left, right, found)
        return replace(
            found,
            formula=verdict.formula,
            text=verdict.text,
            where=verdict.where,
            line=verdict.line,
            repairs=repairs,
            notes=(note, *found.notes),
        )

    def _link(self, link: Link) -> Verdict:
        if (link.left, link.right) in self.names.naming:
            return Verdict(Answer.DEFINITION, "a name for the derivative")
        if link.relation == "in":
            return Verdict(Answer.DEFINITION, "a declaration")
        if self.judge.context.differentials and isinstance(link.left, f.Differential) and link.right == f.Number("0"):
            return Verdict(Answer.DEFINITION, "held fixed")
        if link.relation in BOUNDS and not self._is_condition(link):
            return self.judge.bound(link.left, link.right, link.relation)
        if link.relation == "+=" and self._is_gradient(link.left):
            verdict = self._judge(link).answer(link.left, link.right)
            return replace(verdict, notes=("it is what each step adds to the sum", *verdict.notes))
        if link.relation == "+=":
            message = (
                "only of the gradient of a parameter is it said what each step adds; write all terms in one equation"
            )
            return Verdict(Answer.NOT_UNDERSTOOD, message)
        if link.relation not in EQUALITIES:
            return Verdict(Answer.NOT_UNDERSTOOD, f"the relation {link.relation} is not decided")
        if link.right == f.Number("0") and self._is_boundary(link.left):
            return Verdict(Answer.DEFINITION, "nothing comes from beyond the last step")
        if link.relation == ":=" and self._is_parameter(link.left):
            return self._update(link)
        if link.line.number in self.givers:
            return Verdict(Answer.DEFINITION, "data")
        if is_numeric(link.left) or is_numeric(link.right):
            return self._by_numbers(link) or self._without_numbers(link)
        if link.is_first:
            found = self._first(link)
            if found is not None:
                return found
        verdict = self.judge.answer(link.left, link.right)
        return verdict if verdict.answer.is_right else self._by_numbers(link) or verdict

    def _added_up(self, link: Link) -> Link:
        """Return dW := dW + x δᵀ as dW += x δᵀ, where dW is the gradient of a parameter."""
        other = added_up(link)
        return other if other is not link and self._is_gradient(link.left) else link

    def _judge(self, link: Link) -> Judge:
        """Return the judge for a link: of what is added up step by step, dW is what one step gives."""
        if link.relation != "+=":
            return self.judge
        return replace(self.judge, reading=self.judge.reading.but(weights="step"))

    def _is_gradient(self, formula: Formula) -> bool:
        """Return whether a formula is the gradient of a parameter."""
        try:
            node = Reader(self.judge.context, self.judge.reading).node(formula)
        except (SymrnnError, RuleError):
            return False
        sign = node.args[0] if isinstance(node, Transpose) else node
        names = {leaf.name for leaf in self.judge.context.network.params}
        return isinstance(sign, Partial) and sign.of == total_loss(self.judge.context.network) and sign.by.name in names

    def _by_numbers(self, link: Link) -> Verdict | None:
        """Return the answer for the data that the document gives, or for numbers alone."""
        if self._speaks(link) and not self.calculator.data.complete(self.judge.context):
            return None
        return self.calculator.answer(link.left, link.right, about=link.relation == "~")

    def _speaks(self, link: Link) -> bool:
        """Return whether a link is about quantities of the network, and not about numbers alone."""
        names = {name for side in (link.left, link.right) for name in names_in(side, self.step)}
        context = self.judge.context
        letters = (context.step, context.last)
        return any(context.leaf(name) is not None or context.is_loss(name) or name in letters for name in names)

    def _without_numbers(self, link: Link) -> Verdict:
        """Return the answer to a statement about numbers that cannot be computed."""
        missing = self.calculator.data.missing(self.judge.context)
        if self._speaks(link) and missing:
            return Verdict(
                Answer.NOT_UNDERSTOOD,
                f"a printed number needs numbers for {', '.join(missing)}; give each, as in b = [0, 0]",
            )
        found = self._first(link) if link.is_first else None
        return found or self.judge.answer(link.left, link.right)

    def _first(self, link: Link) -> Verdict | None:
        """Return the answer to the first link of a chain if it defines something, else None."""
        spelt = self.names.unknown(link.left)
        if spelt is not None and spelt.step is None and self.judge.context.is_loss(spelt.name):
            return None  # a total loss of which nothing can be said is no name to be defined
        if spelt is None:
            if link.line.number in self.names.definers:
                return Verdict(Answer.DEFINITION, "a definition")
            return self._own_equation(link)
        try:
            meaning = Reader(self.judge.context, self.judge.reading).node(link.right)
        except NotUnderstood:
            if self.names.identify(link, spelt):
                note = f"{spelt.name} is read as {shown(self.judge.context.defined[spelt.name])}"
                verdict = self.judge.answer(link.left, link.right)
                return replace(verdict, notes=(note, *verdict.notes))
            return None
        except (ShapeError, RuleError) as problem:
            return Verdict(Answer.ILL_TYPED, str(problem))
        self.names.define(spelt.name, meaning.xreplace({t: t - self.names.gap(spelt)}))
        return Verdict(Answer.DEFINITION, f"{spelt.name} stands for this from here on")

    def _own_equation(self, link: Link) -> Verdict | None:
        """Return that a link is a forward equation of the document itself, which makes it true."""
        spelt = sort_scripts(link.left, self.judge.context.steps())
        if self.forward is None or spelt is None:
            return None
        chain = Chain((link.left, link.right), (link.relation,))
        formulas = [one.formula for one in self.lines if one.formula is not None]
        line = equation(chain, moving_names(formulas, self.step), self.step, dict(self._functions()))
        if line is not None and self.forward.texts.get(line.name) == line.text:
            return Verdict(Answer.DEFINITION, "a forward equation")
        if (
            self.judge.context.is_loss(spelt.name)
            and spelt.step is None
            and loss_form(link.right, self.step) is not None
        ):
            return Verdict(Answer.DEFINITION, "the loss is the sum of the losses of the steps")
        return None

    def _is_condition(self, link: Link) -> bool:
        """Return whether something follows from a link: then it is no claim."""
        return isinstance(link.line.formula, Chain) and "=>" in link.line.formula.relations

    def _is_boundary(self, formula: Formula) -> bool:
        """Return whether a name without a meaning stands at a step that is not the current one: δ_{T+1}."""
        spelt = sort_scripts(formula, self.judge.context.steps())
        return (
            spelt is not None
            and spelt.step is not None
            and self.names.gap(spelt) is None
            and not self.names.has_meaning(spelt)
        )

    def _is_parameter(self, formula: Formula) -> bool:
        spelt = sort_scripts(formula, self.judge.context.steps())
        leaf = None if spelt is None else self.judge.context.leaf(spelt.name)
        return leaf is not None and leaf.time is None

    def _update(self, link: Link) -> Verdict:
        """Return the answer to W := W − α G: that G is the gradient."""
        rate = next((name for name in SCALARS if mentions(link.right, name)), None)
        if rate is None:
            return Verdict(Answer.NOT_UNDERSTOOD, f"an update is written with a step size, one of {', '.join(SCALARS)}")
        gradient = f.Nabla(link.left)
        wanted = f.Total((link.left, f.Product((f.Letter(rate), gradient), ("",))), ("+", "-"))
        return self.judge.answer(wanted, link.right)


def _is_adjoint(name: str, moving: frozenset[str]) -> bool:
    """Return whether a name is dX or dX_next of something with steps."""
    return name.startswith("d") and name[1:].removesuffix("_next") in moving


__all__ = ["Review"]
