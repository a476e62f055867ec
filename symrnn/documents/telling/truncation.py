"""Truncated back-propagation through time: the modified objective, what is kept and what is dropped, and what that "
"means."""

from __future__ import annotations

from symrnn.algebra.nodes import Bar, Leaf, t
from symrnn.algebra.walk import leaves
from symrnn.calculus.jacobians import stack
from symrnn.calculus.records import Adjoint, Derivation
from symrnn.calculus.truncated import CHUNK, Chunk, Truncated, Truncation, Window, blocks, carries_only, counts, keeps
from symrnn.calculus.unrolled import reads_states_only, recurrence
from symrnn.documents.document import Block, Display, Items, Line, Paragraph, Section, Statement, Table
from symrnn.documents.notation import leaf, math
from symrnn.documents.telling.letters import Letters, letters
from symrnn.documents.telling.stages import is_one_cell
from symrnn.documents.telling.sums import total
from symrnn.documents.telling.words import enumerated, inline, letter, reference, state
from symrnn.errors import RuleError

SHOWN = 4  # steps for which the dropped terms are written out
MOST = 4  # equations that are told one by one
EXAMPLES: dict[str, tuple[str, Truncation]] = {
    "window": (r"\text{window}(2)", Window(2)),
    "chunk": (r"\text{chunk}(2, 3)", Chunk(2, 3)),
}


def truncation(derivation: Derivation) -> tuple[Section, ...]:
    """Return the section on the truncated gradient, if the gradient of the network is truncated."""
    network = derivation.network
    if not isinstance(network, Truncated):
        return ()
    words = _Words(derivation, network)
    found = (
        *words.two_kinds(),
        words.definition(),
        *words.theorem(),
        *words.sweep(),
        *words.written_out(),
        *words.against_each_other(),
        not_a_gradient(),
        words.bias(),
    )
    return (Section("Truncated back-propagation through time", found, "truncated"),)


class _Words:
    """The parts of the section, with the letters that the document has for what a step hands on and does to "
    "adjoints."""

    def __init__(self, derivation: Derivation, network: Truncated) -> None:
        self.derivation, self.by, self.counts = derivation, network.by, counts(network)
        self.named: Letters = letters(derivation)
        self.closed = reads_states_only(derivation)
        self.held = "e(s) - k_2" if network.by == CHUNK else "s - k"
        self.of = _parameter(derivation)

    def state(self, at: str = "t") -> str:
        """Return what a step hands to the next one."""
        if is_one_cell(self.derivation.network):
            try:
                return state(stack(self.derivation), self.named, at)
            except RuleError:
                pass
        return letter(self.named.stack, at)

    def path(self, use: str, after: str, loss: str) -> str:
        """Return the adjoint of the state of the step of a use by way of one loss alone."""
        if not self.closed:
            return rf"{letter(self.named.adjoint, use)}_{{{loss}}}"
        m = self.named.transition
        return rf"{letter(m, after)} \cdots {letter(m, loss)} \, {letter(self.named.source, loss)}"

    def two_kinds(self) -> list[Block]:
        """Return the two ways of truncating, and which one is that of the code."""
        code = f"takes {enumerated([f'`{name}`' for name in self.counts])}"
        both = (
            "*window* $(k)$, per loss: the loss of every step $s$ is propagated back to the uses at the steps $u > s - "
            "k$ only, "
            "so that it reaches back $k$ steps, its own among them.",
            r"*chunk* $(k_1, k_2)$, per block: blocks of $k_1$ steps end at $e = k_1, 2 k_1, \dots$ and at $T$, where "
            r"the last one "
            "may be shorter. The losses of the steps of a block are propagated back together, from $e$ to the uses at "
            "the steps "
            r"$u > e - k_2$. Usually $k_2 \ge k_1$; with $k_1 = k_2$ the sequence is cut into pieces that hand on "
            r"their state and "
            r"no adjoint. This is the BPTT$(h; h')$ of Williams and Peng (1990) with $h = k_2$ and $h' = k_1$.",
        )
        rest = (
            r"A *use* at step $u$ by the loss of step $s$ is the path through the states of the steps $u, u + 1, "
            r"\dots, s$. The window "
            rf"is the chunk of one step: window$(k)$ is chunk$(1, k)$. The code of this document is truncated by "
            rf"{self.by}, and "
            f"{code}: any whole numbers from 1."
        )
        opening = (
            "The full gradient follows every loss back to step 1. Truncated, it stops earlier, in one of two ways:"
        )
        return [Paragraph(opening), Items(both), Paragraph(rest)]

    def definition(self) -> Statement:
        """Return the definition of the modified objective."""
        held, any_held = self.state("e-k_2"), rf"\hat{{{self._bare()}}}"
        intro = (
            rf"For the block of steps $b + 1, \dots, e$ let $J_e(W; {any_held})$ be the sum of those of its losses "
            rf"that are computed "
            rf"by the steps $e - k_2 + 1, \dots, e$ from the state ${any_held}$ of step $e - k_2$; for $e \le k_2$, by "
            rf"the steps "
            rf"$1, \dots, e$ from ${self.state('0')}$. The *truncated gradient* is"
        )
        line = Line(
            r"\tilde{\nabla}_W J",
            "=",
            rf"\sum_{{e}} \left. \nabla_W J_e(W; {any_held}) \right|_{{{any_held} = {held}}}",
        )
        rest = (
            r"where the state is put in after differentiating: it has the value of the forward pass and is held "
            r"constant. The same "
            r"defines the truncated gradients with respect to inputs and the state before the first step."
        )
        where = "" if self.by == CHUNK else " For a window every step is a block: $e = s$ and $k_2 = k$."
        blocks: tuple[Block, ...] = (Paragraph(intro), Display((line,)), Paragraph(rest + where))
        return Statement("Definition", "the modified objective", blocks, "modified-objective")

    def _bare(self) -> str:
        return self.state("t").replace("^{(t)}", "")

    # -- what is kept -------------------------------------------------------------------------------------------------

    def theorem(self) -> list[Block]:
        """Return the kept and the dropped terms for every T, with the proof."""
        end = (
            r"Let $e(s) = \min(k_1 \lceil s / k_1 \rceil, T)$ be the end of the block of step $s$. For "
            if self.by == CHUNK
            else "For "
        )
        alone = self.path("u", "", "s")
        meaning = (
            rf"with the letters of @(time), {self._handed()}"
            if self.closed
            else rf"with ${alone}$ for the part of the adjoint of ${self.state('u')}$ that the loss of step $s$ gives, and "
            rf"$\mathcal{{P}}_W^{{(u)}}$ for what a use at step $u$ makes of it,"
        )
        opening = Paragraph(rf"{end}every $T \ge 1$ and every parameter $W$ of the recurrence, {meaning}")
        rest = (
            "An empty product is the identity and an empty sum is zero. The input of step $u$ receives the terms of "
            "its own step. " + self._outside()
        )
        return [
            Statement(
                "Theorem",
                "kept and dropped terms",
                (opening, Display(self._sums()), Paragraph(rest.rstrip())),
                "kept-terms",
            ),
            Statement("Proof", "", (Paragraph(self._proof()),)),
        ]

    def _sums(self) -> tuple[Line, ...]:
        inner = rf"\mathcal{{P}}_W^{{(u)}}({self.path('u', 'u+1', 's')})"
        lines = [
            Line(
                r"\tilde{\nabla}_W J",
                "=",
                rf"\sum_{{s=1}}^{{T}} \sum_{{u = \max({self.held}, 0) + 1}}^{{s}} {inner}",
            ),
            Line(
                r"\nabla_W J - \tilde{\nabla}_W J",
                "=",
                rf"\sum_{{s=1}}^{{T}} \; \sum_{{u=1}}^{{\min({self.held}, \, s)}} {inner}",
                "what is dropped",
            ),
        ]
        if self.closed:
            bound = "e(s) > k_2" if self.by == CHUNK else "s > k"
            start = self.state("0")
            lines.append(
                Line(
                    rf"\nabla_{{{start}}} J - \tilde{{\nabla}}_{{{start}}} J",
                    "=",
                    rf"\sum_{{{bound}}} {self.path('0', '1', 's')}",
                    "what is dropped",
                )
            )
        return tuple(lines)

    def _handed(self) -> str:
        if self.state() == letter(self.named.stack):
            return rf"${self.state()}$ for all that step $t$ hands on, as one column,"
        return rf"${letter(self.named.transition)}$, ${letter(self.named.source)}$ and $\mathcal{{P}}_W^{{(u)}}$,"

    def _outside(self) -> str:
        inside = recurrence(self.derivation)
        found = [
            one.of
            for passage in self.derivation.reaching
            if passage.equation.target not in inside and passage.equation.target.time is not None
            for one in passage.contributions
            if one.of in self.derivation.network.params
        ]
        names = [inline(of) for of in dict.fromkeys(found)]
        if not names:
            return ""
        whole = "Nothing of it is dropped." if self.by != CHUNK else r"For $k_2 \ge k_1$ nothing of it is dropped."
        verb = "is" if len(names) == 1 else "are"
        read = f"Where {enumerated(names)} {verb} read outside the recurrence"
        return f"{read}, step $s$ is reached by its own loss directly. {whole}"

    def _proof(self) -> str:
        path = rf"${self.path('u', 'u+1', 's')}$"
        reason = "by @(closed-form) for these steps" if self.closed else "by the chain rule"
        return (
            rf"$J_e$ is the loss of a sequence of the steps $\max(e - k_2, 0) + 1, \dots, e$ in which the steps up to "
            rf"$b$ have no loss. "
            rf"So {reason} the adjoint of ${self.state('u')}$ is the sum of {path} over the losses $s \ge u$ of the "
            rf"block, and no use "
            rf"before the window is one of $J_e$, because the state that it would act through is constant. Adding the "
            rf"uses, and then the "
            rf"blocks, gives the first line; the full gradient is the same sum with $u$ from 1, and the difference is "
            rf"the rest. The state "
            rf"before the first step is read by $J_e$ only if the window reaches step 1."
        )

    def sweep(self) -> list[Block]:
        """Return the two sweeps of a window."""
        older = carries_only(self.derivation)
        changed = [one for one in older.adjoints if one.of.time is not None and one != self.derivation.adjoint(one.of)]
        span = "$k_2$" if self.by == CHUNK else "$k$"
        text = (
            f"*The sweep.* For every block the adjoints are computed from its last step downwards, over {span} steps, "
            f"and begin with "
            f"nothing carried. In the steps of the block the equations are those of the full gradient. In the older "
            f"steps of the window "
            f"losses do not count: what is left are the equations between the states, which begin in what the later "
            f"step carries. "
        )
        kept = [one for one in older.adjoints if one.of.time is not None and one not in changed]
        left = {one.of for one in older.adjoints}
        gone = [one.of for one in self.derivation.adjoints if one.of.time is not None and one.of not in left]
        if kept:
            names = [reference(one.label) for one in kept] if len(kept) <= MOST else ["All others"]
            text += f"{enumerated(names)} {'stays as it is' if len(kept) == 1 else 'stay as they are'}"
            text += "; " if gone else ". "
        if gone:
            bars = (
                [inline(Bar(of)) for of in gone] if len(gone) <= MOST else ["the adjoints of what only the loss reads"]
            )
            text += f"{enumerated(bars)} {'is' if len(gone) == 1 else 'are'} not needed. "
        if not changed:
            return [Paragraph(text.rstrip())]
        return [Paragraph(f"{text}What changes is"), Display(tuple(self._line(one) for one in changed))]

    def _line(self, adjoint: Adjoint) -> Line:
        now = [*adjoint.terms, *(term for _, term in adjoint.carries)]
        right = total(self.derivation.network, now)
        return Line(math(Bar(adjoint.of)), "=", right, f"{reference(adjoint.label)} without the loss")

    def written_out(self) -> list[Block]:
        """Return the dropped paths for a few steps, each with its product."""
        name, cut = EXAMPLES[self.by]
        pairs = [(s, u) for s in range(1, SHOWN + 1) for u in range(1, s + 1)]
        dropped = [pair for pair in pairs if not keeps(cut, SHOWN, *pair)]
        wanted = leaf(self.of) if self.of is not None else "W"
        text = (
            rf"*For $T = {SHOWN}$*, ${name}$ keeps {len(pairs) - len(dropped)} of the {len(pairs)} paths from a loss "
            rf"to a use of "
            rf"${wanted}$, and drops"
        )
        lines = tuple(self._chain(wanted, pair, place == 0) for place, pair in enumerate(dropped))
        found: list[Block] = [Paragraph(text), Display(lines)]
        if self.closed:
            again = tuple(self._term(wanted, pair, place == 0) for place, pair in enumerate(dropped))
            found += [Paragraph("In gradient layout, in the same order, this is"), Display(again)]
        return found

    def _chain(self, wanted: str, pair: tuple[int, int], first: bool) -> Line:
        last, use = pair
        here = [self.state(str(step)) for step in range(SHOWN + 1)]
        loss = rf"\partial J^{{({last})}}" if self.derivation.network.loss is not None else r"\partial^+ J"
        factors = [rf"\frac{{{loss}}}{{\partial {here[last]}}}"]
        factors += [rf"\frac{{\partial {here[step]}}}{{\partial {here[step - 1]}}}" for step in range(last, use, -1)]
        factors.append(rf"\frac{{\partial^+ {here[use]}}}{{\partial {wanted}}}")
        left = rf"\frac{{\partial J}}{{\partial {wanted}}} - \frac{{\tilde{{\partial}} J}}{{\partial {wanted}}}"
        reason = f"loss at step {last}, use at step {use}"
        return Line(left if first else "", "=" if first else "+", r" \, ".join(factors), reason)

    def _term(self, wanted: str, pair: tuple[int, int], first: bool) -> Line:
        last, use = pair
        factors = [letter(self.named.transition, str(step)) for step in range(use + 1, last + 1)]
        inside = " ".join([*factors, letter(self.named.source, str(last))])
        left = rf"\nabla_{{{wanted}}} J - \tilde{{\nabla}}_{{{wanted}}} J"
        return Line(left if first else "", "=" if first else "+", rf"\mathcal{{P}}_{{{wanted}}}^{{({use})}}({inside})")

    # -- what it means ------------------------------------------------------------------------------------------------

    def against_each_other(self) -> list[Block]:
        """Return the table of kept terms of a window and a chunk, and what that shows."""
        head = ("loss of step", *(f"use at {use}" for use in range(1, SHOWN + 1)), "the state is held at")
        tables = [
            Table(head, tuple(_row(cut, s) for s in range(1, SHOWN + 1)), f"${name}$ for $T = {SHOWN}$")
            for name, cut in EXAMPLES.values()
        ]
        text = (
            "*Window or chunk.* They drop different terms. A window drops the paths of $s - u \\ge k$, and only these: "
            "every loss is "
            "treated alike. A chunk drops those of $s - u \\ge k_2 - (e(s) - s)$, so the last loss of a block reaches "
            "back furthest: for $k_2 \\ge k_1$ all paths shorter than $k_2 - k_1 + 1$ are kept for every loss, none of "
            "$k_2$ or more, "
            "and in between it depends on where in its block the loss is. With $k_1 = k_2$ even the path from a step "
            "to the one "
            "before is lost, wherever a border lies between them. The work is another: a window takes about $k$ steps "
            "back for "
            "every step forward, a chunk about $k_2 / k_1$. To keep every path shorter than $k$ takes $k_2 = k_1 + k - "
            "1$, which is "
            "less than two steps back for every step forward as soon as $k_1 \\ge k$. Both give the full gradient when "
            "the window holds the whole sequence."
        )
        return [Paragraph(text), *tables]

    def bias(self) -> Statement:
        """Return what is biased, and by how much."""
        g, m = letter(self.named.source, "s"), letter(self.named.transition)
        exponent = "s - e(s) + k_2" if self.by == CHUNK else "k"
        which = "e(s) > k_2" if self.by == CHUNK else "s > k"
        bound = (
            rf" If $\lVert {m} \rVert \le \gamma < 1$ at every step and $\lVert \mathcal{{P}}_W^{{(u)}} \rVert \le p$, "
            rf"what is dropped of "
            rf"$\nabla_W J$ is at most $\frac{{p}}{{1 - \gamma}} \sum_{{{which}}} \gamma^{{{exponent}}} \lVert {g} "
            rf"\rVert$, by "
            rf"@(kept-terms) and the geometric series: it is small where the recurrence forgets quickly. Without such "
            rf"a bound it may be "
            rf"as large as the gradient."
            if self.closed
            else ""
        )
        text = (
            "The losses and states are exact: nothing is truncated forward. What is biased is the direction of the "
            "step: "
            "how a parameter, an input or the state before the first step acts over more than the window has weight "
            "zero, whatever "
            "the data are, so the mean over more data does not come nearer to the gradient of the mean loss. Long "
            "dependencies "
            "are not learned through time; they may still be used, where short ones happen to preserve the information."
        )
        return Statement("Remark", "bias", (Paragraph(text + bound),), "truncation-bias")


def not_a_gradient() -> Statement:
    """Return the proof that a truncated gradient is in general the gradient of nothing."""
    text = (
        "The truncated gradient is not the gradient of $J$, and in general not that of any other function of the "
        "parameters: each "
        "$J_e$ is a function, but the constant that is put into it changes with the parameters. For example, let all "
        "be numbers,"
    )
    lines = (
        Line("h^{(t)}", "=", r"w \, h^{(t-1)} + v \, x^{(t)}", r"$h^{(0)} = 0$"),
        Line("J", "=", "h^{(1)} + h^{(2)} = v x^{(1)} + w v x^{(1)} + v x^{(2)}"),
    )
    then = r"With $T = 2$ and window$(1)$, which is chunk$(1, 1)$, the state that a step reads is constant:"
    again = (
        Line(r"\tilde{\nabla}_w J", "=", "h^{(0)} + h^{(1)} = v x^{(1)}"),
        Line(r"\tilde{\nabla}_v J", "=", "x^{(1)} + x^{(2)}", r"$w x^{(1)}$ is dropped"),
    )
    end = (
        r"The derivative of the first with respect to $v$ is $x^{(1)}$, that of the second with respect to $w$ is 0. "
        r"Second derivatives "
        r"of a function are symmetric, so for $x^{(1)} \ne 0$ there is no function of which these are the partial "
        r"derivatives. What "
        r"descends along them need not descend on anything, and may go round in circles."
    )
    blocks = (Paragraph(text), Display(lines), Paragraph(then), Display(again), Paragraph(end))
    return Statement("Remark", "the gradient of what?", blocks, "truncation-no-gradient")


def _row(cut: Truncation, s: int) -> tuple[str, ...]:
    end = next(end for begin, end in blocks(cut, SHOWN) if begin < s <= end)
    marks = ("" if u > s else "kept" if keeps(cut, SHOWN, s, u) else "dropped" for u in range(1, SHOWN + 1))
    return str(s), *marks, f"step {end - cut.span}" if end > cut.span else "no step"


def _parameter(derivation: Derivation) -> Leaf | None:
    """Return the matrix that is multiplied with a state of an earlier step, else the first parameter of the "
    "recurrence."""
    inside = recurrence(derivation)
    read = [
        one
        for passage in derivation.passages
        if passage.equation.target in inside
        for one in passage.contributions
        if one.of in derivation.network.params
    ]
    past = [
        one.of
        for one in read
        if not one.of.is_column and any(of.moves and of.time != t for of in leaves(one.gradient) if of.time is not None)
    ]
    order = [of for of in derivation.network.params if of in (past or [one.of for one in read])]
    return next(iter(order), None)
