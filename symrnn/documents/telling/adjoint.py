"""The statement and the proof that the reverse pass is the adjoint of the derivative: one step, two steps, any number."""

from __future__ import annotations

from dataclasses import dataclass

from symrnn.algebra.nodes import Add, Bar, D, Leaf, Node, Zeros, t
from symrnn.algebra.normal import GaveUp
from symrnn.calculus.adjointness import WRITTEN_OUT, AdjointTheorem, every_stage, written_out
from symrnn.calculus.records import Adjoint, Derivation
from symrnn.documents.document import BREAK, Block, Display, Line, Paragraph, Section, Statement
from symrnn.documents.notation import breakable, leaf, math
from symrnn.documents.telling.adjoint_stages import adjoint_of_stages
from symrnn.documents.telling.letters import Letters, letters
from symrnn.documents.telling.local import OPENING, condition_statement, joined, local_line, pair, undecided
from symrnn.documents.telling.stages import is_one_loop
from symrnn.documents.telling.words import enumerated, inline, reference


def adjoint(derivation: Derivation) -> Section:
    """Return the section on the adjoint identity."""
    if not is_one_loop(derivation.network):
        return adjoint_of_stages(derivation)
    (theorem,) = every_stage(derivation)
    short = _is_decided(derivation, theorem.unproved)
    step = _Step(derivation, letters(derivation))
    blocks = (
        Paragraph(OPENING),
        condition_statement(theorem.conditions),
        _statement(step),
        _proof(step, theorem),
        *_composed(step, short),
        *_induction(step),
    )
    return Section("The reverse pass is the adjoint of the derivative", blocks, "adjoint")


def _is_decided(derivation: Derivation, unproved: tuple[str, ...]) -> bool:
    """Return whether two steps of a small cell were also decided with everything written out."""
    network = derivation.network
    cell = {line.target for line in network.cell.equations}
    if unproved or len(cell) > WRITTEN_OUT or not all(line.target.is_column for line in network.equations):
        return False
    try:
        written_out(derivation, 2)
    except GaveUp:
        return False
    return True


# -- what enters and leaves a step -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Step:
    """One step as a map: what enters it, what leaves it, and the cotangents ρ of the state that it hands on."""

    derivation: Derivation
    named: Letters

    @property
    def handed(self) -> tuple[tuple[Leaf, int], ...]:
        """The entries of the state that the step hands on, each with the number of steps it is old."""
        return tuple((state.leaf, back) for state in self.derivation.network.states for back in range(state.lags))

    @property
    def entering(self) -> tuple[Leaf, ...]:
        """Parameters and inputs of which the step makes use."""
        return tuple(one.of for one in self.derivation.gradients if one.terms)

    @property
    def past(self) -> tuple[Leaf, ...]:
        """The state that the step before handed on."""
        return tuple(of.at(t - 1 - back) for of, back in self.handed)

    def cotangent(self, of: Leaf, back: int) -> Leaf:
        """Return ρ of an entry of the state that is handed on."""
        single = len(self.handed) == 1
        name = self.named.cotangent + ("" if single else f"_{of.name}" + (f"_{back}" if back else ""))
        return Leaf(name, *of.shape, t)

    def given(self, of: Leaf) -> Node:
        """Return what the step gives to something that enters it."""
        parts = [one.gradient for passage in self.derivation.passages for one in passage.contributions if one.of == of]
        parts += [self.cotangent(one, back) for one, back in self.handed if back and one.at(t - back) == of]
        return Add(*parts) if parts else Zeros(*of.shape)

    def adjoint(self, of: Leaf) -> Adjoint | None:
        """Return the adjoint equation of a quantity, or None if the loss does not depend on it."""
        return next((one for one in self.derivation.adjoints if one.of == of), None)


def _leaving(step: _Step) -> list[str]:
    """Return the pairings of what leaves a step: its loss, the outputs whose derivative is given, the state."""
    network = step.derivation.network
    pairs = [math(D(network.loss))] if network.loss is not None else []
    pairs += [pair(math(seed), math(D(output))) for output, seed in network.seeds]
    return pairs + [pair(math(step.cotangent(of, back)), math(D(of.at(t - back)))) for of, back in step.handed]


# -- one step --------------------------------------------------------------------------------------------------------------


def _statement(step: _Step) -> Statement:
    enters = [inline(of) for of in (*step.entering, *step.past)]
    handed = [inline(of.at(t - back)) for of, back in step.handed]
    rho = [inline(step.cotangent(of, back)) for of, back in step.handed]
    text = (
        f"Let the step be differentiable where it is evaluated. Give {enumerated(enters)} arbitrary tangents $\\mathrm{{d}}$, "
        f"carried forward by the differentials of the equations, and {enumerated(handed)}, which the step hands on, arbitrary "
        f"{'cotangents' if len(rho) > 1 else 'a cotangent'} {enumerated(rho)} in the place of what later steps give:"
    ).replace("arbitrary a cotangent", "an arbitrary cotangent")
    pairs = [pair(math(step.given(of)), math(D(of))) for of in (*step.entering, *step.past)]
    blocks = (
        Paragraph(text),
        Display(tuple(_start(step, of) for of, back in step.handed if not back)),
        Paragraph("all other adjoints by the equations of the sweep. Then"),
        Display((Line(joined(_leaving(step)).replace(f" {BREAK}", ""), "=", joined(pairs)),)),
    )
    return Statement("Theorem", "one step", blocks, "one-step")


def _start(step: _Step, of: Leaf) -> Line:
    """Return the adjoint of a state with ρ in the place of what later steps give."""
    found = step.adjoint(of)
    parts: list[Node] = [] if found is None else [*found.terms, *([found.seed] if found.seed is not None else [])]
    reason = "" if found is None else f"instead of {reference(found.label)}"
    return Line(math(Bar(of)), "=", breakable(Add(*parts, step.cotangent(of, 0))), reason)


def _proof(step: _Step, theorem: AdjointTheorem) -> Statement:
    lines = tuple(line for one in theorem.identities for line in local_line(step.derivation, one.equation))
    text = Paragraph(
        "What an equation takes from the adjoint of its result it gives, in equal amount, to what it reads. Each of these "
        "lines holds for all values of the adjoint and of the differentials in it; this was decided in index notation, "
        "independently of the derivation above:"
    )
    end = Paragraph(
        "Add the lines. The adjoint of a quantity of the step is the sum of what the equations give to it, of the derivative "
        "that is given for an output, and of the cotangent of what is handed on. The parts from equations stand at the right "
        "with the same differential, and cancel; the other parts stay at the left. What remains is the statement."
    )
    return Statement("Proof", "", (text, Display(lines), *undecided(theorem.identities), end))


# -- two steps, and any number ---------------------------------------------------------------------------------------------


def _state(step: _Step, at: str) -> tuple[str, str]:
    """Return what is handed on at a step and its cotangent, as one symbol each."""
    if len(step.handed) == 1:
        of = step.handed[0][0]
        written = leaf(of).replace("^{(t)}", f"^{{({at})}}")
    else:
        written = rf"{leaf(Leaf(step.named.stack, 2))}^{{({at})}}"
    return written, rf"{leaf(Leaf(step.named.cotangent, 2))}^{{({at})}}"


def _handed_pair(step: _Step, at: str) -> str:
    written, rho = _state(step, at)
    return pair(rho, rf"\mathrm{{d}}{written}")


def _own(step: _Step, at: str) -> str:
    """Return what leaves a step beside the state: its loss, or its outputs with the derivatives that are given for them."""
    network = step.derivation.network
    pairs = [math(D(network.loss))] if network.loss is not None else []
    pairs += [pair(math(seed), math(D(output))) for output, seed in network.seeds]
    return " + ".join(pairs).replace("^{(t)}", f"^{{({at})}}")


def _composed(step: _Step, short: bool) -> list[Block]:
    here, later = (_state(step, at)[1] for at in ("t", "t+1"))
    stacked = (
        ""
        if len(step.handed) == 1
        else f" Write ${_state(step, 't')[0]}$ for all that step $t$ hands on, and ${here}$ for its cotangents."
    )
    text = (
        rf"Let $E^{{(t)}}$ be the sum of the pairings at the right of @(one-step) that belong to parameters and "
        rf"inputs.{stacked} If the local conditions hold at steps $t$ and $t+1$, then for every ${later}$, with ${here}$ what "
        rf"step $t+1$ gives to ${_state(step, 't')[0]}$,"
    )
    before, between = _handed_pair(step, "t-1"), _handed_pair(step, "t")
    lines = (
        Line(
            f"{_own(step, 't')} + {_own(step, 't+1')} + {_handed_pair(step, 't+1')}",
            "=",
            rf"E^{{(t)}} + E^{{(t+1)}} {BREAK} + {before}",
        ),
    )
    proof = (
        rf"By @(one-step) at $t+1$, what belongs to that step at the left is $E^{{(t+1)}} + {between}$. By @(one-step) at $t$, "
        rf"with this ${here}$, the pairing ${between}$ and what belongs to step $t$ at the left are $E^{{(t)}} + {before}$."
    )
    if short:
        proof += " For the cell the identity for two steps was also decided with every tangent and every adjoint written out."
    tail = Paragraph("A parameter enters at both steps with the same tangent, so its two parts add.")
    return [
        Statement("Theorem", "two composed steps", (Paragraph(text), Display(lines), tail), "two-steps"),
        Statement("Proof", "", (Paragraph(proof),)),
    ]


def _induction(step: _Step) -> list[Block]:
    network = step.derivation.network
    last, first = _handed_pair(step, "T"), _handed_pair(step, "0")
    rho = leaf(Leaf(step.named.cotangent, 2))
    condition = (
        r"Let $C_t$ be the statement that the local conditions hold at step $t$, at the values that the forward pass from the "
        rf"initial state through steps $1, \dots, t-1$ really produces. If $C_1, \dots, C_T$ hold, then for every "
        rf"${rho}^{{(T)}}$, with ${rho}^{{(t-1)}}$ what step $t$ gives to ${_state(step, 't-1')[0]}$,"
    )
    own = _own(step, "t")
    total = rf"\sum_{{t=1}}^{{T}} {own if len(network.seeds) < 2 else f'({own})'} + {last}"
    lines = (Line(total, "=", rf"\sum_{{t=1}}^{{T}} E^{{(t)}} + {first}"),)
    loss = (
        r"the left side is $\mathrm{d}J$"
        if network.loss is not None
        else r"the left side is $\mathrm{d}J$, by the meaning of the derivatives that are given"
    )
    consequence = (
        rf"With ${rho}^{{(T)}} = \mathbf{{0}}$ {loss}, and the right side pairs every parameter, input and initial state with "
        rf"what @(gradients) gives for it. So these are the gradients of $J$."
    )
    proof = (
        r"By induction over $T$. For $T = 1$ it is @(one-step), under $C_1$. Suppose it holds for $T$ steps, and let "
        rf"$C_1, \dots, C_{{T+1}}$ hold. Given ${rho}^{{(T+1)}}$, take for ${rho}^{{(T)}}$ what step $T+1$ gives. The "
        rf"statement for the first $T$ steps and @(one-step) at $T+1$, which $C_{{T+1}}$ allows, are added; "
        rf"${last}$ stands once on each side and cancels, as in @(two-steps)."
    )
    return [
        Statement(
            "Theorem",
            "any number of steps",
            (Paragraph(condition), Display(lines), Paragraph(consequence)),
            "all-steps",
        ),
        Statement("Proof", "", (Paragraph(proof),)),
    ]
