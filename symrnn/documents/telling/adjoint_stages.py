"""The adjoint identity of a network of several stages: one step of each, all its steps, all stages."""

from __future__ import annotations

from collections.abc import Iterator

from symrnn.algebra.nodes import D, Leaf, t
from symrnn.calculus.adjointness import AdjointTheorem, every_stage
from symrnn.calculus.records import Derivation
from symrnn.documents.document import BREAK, Block, Display, Line, Paragraph, Section, Statement, Table
from symrnn.documents.notation import leaf, math, time
from symrnn.documents.telling.alike import first_told
from symrnn.documents.telling.letters import Letters, letters
from symrnn.documents.telling.local import OPENING, condition_statement, local_line, pair, undecided
from symrnn.documents.telling.stages import heading, label
from symrnn.documents.telling.words import enumerated, inline
from symrnn.model.network import Network, Steps


def adjoint_of_stages(derivation: Derivation) -> Section:
    """Return the section on the adjoint identity of a network."""
    theorems = every_stage(derivation)
    named = letters(derivation)
    found = tuple(one for theorem in theorems for one in theorem.conditions)
    blocks = (
        Paragraph(OPENING),
        condition_statement(found),
        *_one_step(derivation, theorems, named),
        _proof(derivation, theorems),
        *_all_steps(derivation.network),
        *_whole(derivation),
    )
    return Section("The reverse pass is the adjoint of the derivative", blocks, "adjoint")


# -- one step of a stage ---------------------------------------------------------------------------------------------------


def _one_step(derivation: Derivation, theorems: tuple[AdjointTheorem, ...], named: Letters) -> Iterator[Block]:
    network = derivation.network
    rho = leaf(Leaf(named.cotangent, 2))
    loss = rf"\mathrm{{d}}{leaf(network.loss)} + " if network.loss is not None else ""
    of_loss = (
        f" ${math(D(network.loss))}$ stands in the stage that computes the loss, with the cotangent 1."
        if network.loss is not None
        else ""
    )
    text = (
        r"Take one step of a stage, or its only evaluation, and let it be differentiable where it is evaluated. Give everything "
        r"that enters it an arbitrary tangent, carried forward by the differentials of the equations, and every quantity $v$ "
        rf"that leaves it an arbitrary cotangent ${rho}_v$, in the place of what later steps, other stages and the loss give to "
        rf"it; take all other adjoints by the equations of the sweep. Then"
    )
    total = r"\sum_{v \,\text{leaves}} " + pair(rf"{rho}_v", r"\mathrm{d}v")
    right = r"\sum_{u \,\text{enters}} " + pair("K_u", r"\mathrm{d}u")
    after = (
        rf"where $K_u$ is the sum of what the equations of the step give to $u$: its summand in @(gradients), or its part of the "
        rf"adjoint of $u$.{of_loss} What enters and leaves:"
    )
    rows = tuple(_row(network, theorem) for theorem in theorems)
    blocks: tuple[Block, ...] = (Paragraph(text), Display((Line(loss + total, "=", right),)), Paragraph(after))
    blocks += (Table(("stage", "enters", "leaves"), rows),)
    yield Statement("Theorem", "one step", blocks, "one-step")


def _row(network: Network, theorem: AdjointTheorem) -> tuple[str, str, str]:
    stage = network.stages[theorem.stage]
    enters = ", ".join(inline(of) for of, _ in theorem.entering) or "nothing"
    leaves = ", ".join(inline(of) for of in theorem.leaving)
    if any(line.target == network.loss for line in stage.equations) and network.loss is not None:
        leaves = ", ".join(part for part in (leaves, inline(network.loss)) if part)
    return f"@({label(theorem.stage)}), {heading(stage)}", enters, leaves or "nothing"


def _proof(derivation: Derivation, theorems: tuple[AdjointTheorem, ...]) -> Statement:
    told = first_told(derivation)
    identities = [one for theorem in reversed(theorems) for one in theorem.identities]
    lines = [line for one in identities if one.equation in told for line in local_line(derivation, one.equation)]
    shared = len(told) < len(identities)
    text = (
        "What an equation takes from the adjoint of its result it gives, in equal amount, to what it reads. Each of these "
        "lines holds for all values of the adjoint and of the differentials in it; this was decided in index notation, "
        "independently of the derivation above"
        + (", for every equation of the network; equations of the same form are printed once:" if shared else ":")
    )
    end = (
        "Add the lines of one step. A quantity that is computed and read within the step stands at the left with its adjoint and "
        "at the right with the parts that the adjoint is the sum of: these cancel. At the left remain the cotangents of what "
        "leaves, at the right the parts of what enters."
    )
    blocks: list[Block] = [Paragraph(text)]
    blocks += [Display(tuple(lines))] if lines else []
    blocks += undecided(identities)
    return Statement("Proof", "", (*blocks, Paragraph(end)))


# -- all steps, all stages -------------------------------------------------------------------------------------------------


def _all_steps(network: Network) -> Iterator[Block]:
    if not any(isinstance(stage.when, Steps) for stage in network.stages):
        return
    text = (
        "If the local conditions hold at every step of a stage, at the values that the forward pass really produces, the sum of "
        "@(one-step) over its steps is the same identity for the stage as a whole: what leaves are the quantities that other "
        "stages, the loss or the caller read, at the steps at which they read them; what enters are parameters, inputs, "
        "quantities of other stages, and the states before the first step."
    )
    proof = (
        "By induction over the number of steps, in the order in which they are carried out. One step is @(one-step). A further "
        "step reads the states that the one before handed on: take for the cotangents of these what the further step gives to "
        "them, added to what others give. Then their pairings stand once on each side, and cancel. A parameter enters at every "
        "step with the same tangent, and so does whatever is the same at every step: their parts add."
    )
    yield Statement("Theorem", "all steps of a stage", (Paragraph(text),), "all-steps")
    yield Statement("Proof", "", (Paragraph(proof),))


def _whole(derivation: Derivation) -> Iterator[Block]:
    network = derivation.network
    left = r"\mathrm{d}J"
    sums = [r"\sum_{W} " + pair(r"\nabla_W J", r"\mathrm{d}W")] if network.params else []
    for of in network.inputs:
        inner = pair(rf"\nabla_{{{leaf(of)}}} J", math(D(of)))
        sums.append(rf"\sum_{{t}} {inner}" if of.time == t else inner)
    starts = [one.of for one in derivation.initial]
    sums += [pair(rf"\nabla_{{{leaf(of)}}} J", math(D(of))) for of in starts]
    text = (
        "If the local conditions hold wherever an equation is evaluated, then for all tangents of the parameters $W$"
        + (", the inputs" if network.inputs else "")
        + (" and the initial states" if starts else "")
    )
    meaning = "" if network.loss is not None else ", by the meaning of the derivatives that are given"
    after = f"with the values of @(gradients){meaning}. So these are the gradients of $J$."
    stages = len(network.stages)
    proof = (
        ("Add the identities of all stages. " if stages > 1 else "Add the parts. ")
        + "A quantity that one stage computes and others read leaves it with the cotangent that is its adjoint, which is the "
        "sum of the parts that its readers give: at the same step, at one step only, or summed over all steps that read it. Each "
        "of these parts stands at the right where the reader is. That every part that an equation gives stands in exactly one "
        "adjoint or gradient, once and at its step, was checked for all equations of this network. So all pairings of computed "
        f"quantities cancel, and {_left(network)} is equal to the pairings of what nothing computes."
    )
    yield Statement(
        "Theorem",
        "the whole network",
        (Paragraph(text), Display((Line(left, "=", f" {BREAK} + ".join(sums) or "0"),)), Paragraph(after)),
        "whole-network",
    )
    yield Statement("Proof", "", (Paragraph(proof),))


def _left(network: Network) -> str:
    if network.loss is None:
        pairs = [pair(math(seed), math(D(output))) for output, seed in network.seeds]
        return (
            rf"$\mathrm{{d}}J$, the sum of ${enumerated(pairs)}$ over the steps,"
            if len(pairs) == 1
            else r"$\mathrm{d}J$"
        )
    if network.loss.time != t:
        return rf"$\mathrm{{d}}J = {math(D(network.loss))}$"
    stage = network.stages[network.stage_of(network.loss)].when
    assert isinstance(stage, Steps)
    return rf"$\mathrm{{d}}J = \sum_{{t=1}}^{{{time(stage.length)}}} {math(D(network.loss))}$"
