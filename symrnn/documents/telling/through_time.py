"""Through time: what a step does to an adjoint, the recursion, its closed form for every T with the proof, and the gradients."""

from __future__ import annotations

from symrnn.calculus.closed_form import closed_form
from symrnn.calculus.jacobians import Stacked, stack
from symrnn.calculus.records import Derivation
from symrnn.calculus.unrolled import reads_states_only
from symrnn.documents.document import Block, Display, Paragraph, Section
from symrnn.documents.telling.closed import (
    NOTHING_FOLLOWS,
    distance,
    handed_on,
    named_form,
    stacking,
    theorem,
)
from symrnn.documents.telling.letters import Letters, letters
from symrnn.documents.telling.linear import linear
from symrnn.documents.telling.linear_map import as_map
from symrnn.documents.telling.paths import gradients, written_out
from symrnn.documents.telling.stages import alone, is_one_cell, is_one_loop
from symrnn.documents.telling.through_stages import through_stages
from symrnn.documents.telling.transition import source_line, transition_lines
from symrnn.documents.telling.words import letter, state
from symrnn.errors import RuleError
from symrnn.model.network import Steps


def through_time(derivation: Derivation) -> Section:
    """Return the section on the whole sequence."""
    network = derivation.network
    if not is_one_cell(network):
        return through_stages(derivation)
    number = next(number for number, stage in enumerate(network.stages) if isinstance(stage.when, Steps))
    recurrent = derivation if is_one_loop(network) else alone(derivation, number)
    if not network.states:
        return Section("Through time", (Paragraph("No step reads what another one computed."),), "time")
    if not reads_states_only(recurrent):
        text = (
            "The loss of a step reads quantities of the cell beside the state that it hands on. The equations of the sweep "
            "hold as they stand, for every $T$; a closed form in the state alone is not given for such a cell."
        )
        return Section("Through time", (Paragraph(text), *linear(recurrent)), "time")
    named = letters(derivation)
    try:
        stacked = stack(recurrent)
    except RuleError:
        return Section("Through time", (*linear(recurrent), *as_map(recurrent, named)), "time")
    form = named_form(closed_form(stacked), named)
    blocks = (
        *stacking(stacked, named),
        *_step(recurrent, stacked, named),
        *linear(recurrent),
        *handed_on(recurrent, stacked, named),
        *theorem(form, NOTHING_FOLLOWS),
        *gradients(recurrent, stacked, named),
        distance(stacked, named),
    )
    return Section("Through time", blocks, "time", written_out(recurrent, stacked, named))


def _step(derivation: Derivation, stacked: Stacked, named: Letters) -> list[Block]:
    here, before = state(stacked, named), state(stacked, named, "t-1")
    g, m = letter(named.source), letter(named.transition)
    text = (
        f"Step $t$ knows the past through ${before}$ alone. Two things describe what it does to adjoints: ${g}$, what the loss "
        f"gives directly to ${here}$, and ${m}$, the transposed Jacobian, which takes an adjoint of ${here}$ to one of "
        f"${before}$. In the theorem below both are opaque: it holds for any columns and any square matrices in their place. "
        f"For this cell the chain rule through the equations of the step gives"
    )
    return [
        Paragraph(text),
        Display((source_line(derivation, stacked, named), *transition_lines(derivation, stacked, named))),
    ]
