"""How it is made fast: rewritings from program to program, one verb per file. Imports ir only."""

from collections.abc import Callable

from symrnn.errors import IRError
from symrnn.ir.nodes import Program
from symrnn.ir.validate import validate
from symrnn.passes.drop_dead import drop_dead

Pass = Callable[[Program], Program]

PIPELINE: tuple[Pass, ...] = (drop_dead,)


def optimize(program: Program, passes: tuple[Pass, ...] = PIPELINE) -> Program:
    """Return the program after the passes, in their order; it is validated before and after each.

    Raises:
        IRError: the program is not well formed, or a pass made it so; the message then names the pass.
    """
    validate(program)
    for one in passes:
        program = one(program)
        try:
            validate(program)
        except IRError as error:
            raise IRError(f"after {getattr(one, '__name__', one)}: {error}") from error
    return program
