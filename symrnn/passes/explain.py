"""Say in the program what its number of chunks is about."""

from __future__ import annotations

from dataclasses import replace

from symrnn.ir.checkpoints import count_name, counted, of_checkpoint, of_step, polynomial_text
from symrnn.ir.nodes import Program


def explain(program: Program) -> Program:
    """Add to the description of the number of chunks what memory it costs, and with which number that is least.

        N  chunks of the steps, …    →    N  chunks of the steps, …; N*S reals are kept and T/N*W are workspace, S = …, W = …

    Valid when: always; nothing is computed differently.
    Cost: nothing.
    """
    name = count_name(program)
    if not name:
        return program
    length = counted(program)[0].length
    state, step = (polynomial_text(one) for one in (of_checkpoint(program), of_step(program)))
    costs = f"({name} + 1)*S reals are kept and {length}/{name}*W are workspace, S = {state}, W = {step}"
    best = f"least at {name} = sqrt({length}*W/S)"
    sizes = tuple((one, f"{about}; {costs}: {best}" if one == name else about) for one, about in program.sizes)
    return replace(program, sizes=sizes)
