"""How it is made fast: rewritings from program to program, one verb per file, and their order. Imports ir only.

`PIPELINE` makes the plain program, which reads like the derivation. `FOR` holds what each backend's code is made with: the
passes in `KEPT` decide what forward keeps for backward, and are the same for all; the others change only how it is computed.
`CHECKPOINTED` is `FOR` with checkpoints: forward keeps the states of few steps, and backward computes the rest again.
"""

from collections.abc import Callable
from functools import reduce

from symrnn.errors import IRError
from symrnn.ir.nodes import Program
from symrnn.ir.validate import validate
from symrnn.passes.advance import advance
from symrnn.passes.begin import begin
from symrnn.passes.checkpoint import checkpoint
from symrnn.passes.chunk import chunk, chunk_few
from symrnn.passes.defer import defer
from symrnn.passes.divide import divide
from symrnn.passes.drop_dead import drop_dead
from symrnn.passes.explain import explain
from symrnn.passes.factor import factor
from symrnn.passes.fuse import fuse
from symrnn.passes.hoist import hoist
from symrnn.passes.inline import inline
from symrnn.passes.omit_zeros import omit_zeros
from symrnn.passes.pack import pack
from symrnn.passes.recompute import recompute
from symrnn.passes.reuse import reuse
from symrnn.passes.scan import scan
from symrnn.passes.share import share
from symrnn.passes.sink import sink
from symrnn.passes.stack import stack
from symrnn.passes.turn import turn
from symrnn.passes.unite import unite
from symrnn.passes.vectorize import vectorize
from symrnn.passes.widen import widen

Pass = Callable[[Program], Program]

PIPELINE: tuple[Pass, ...] = (drop_dead,)
KEPT: tuple[Pass, ...] = (drop_dead, share, advance, reuse, stack, recompute, drop_dead)
_C: tuple[Pass, ...] = (*KEPT, inline, chunk, hoist, sink, widen, begin, fuse, omit_zeros)
_C_BLAS: tuple[Pass, ...] = (*_C, defer, drop_dead, divide)
FOR: dict[str, tuple[Pass, ...]] = {
    "numpy": (*KEPT, unite, factor, hoist, sink, widen, vectorize, scan, turn, omit_zeros, drop_dead),
    "c": (*_C, pack, defer, drop_dead, divide),
    "c-openblas": _C_BLAS,
    "c-mkl": _C_BLAS,
    "c-small": (
        *(drop_dead, share, advance, reuse, recompute, drop_dead),
        *(inline, chunk_few, hoist, sink, widen, begin, fuse, omit_zeros, drop_dead),
    ),
}
CHECKPOINTED: dict[str, tuple[Pass, ...]] = {
    name: (*KEPT, checkpoint, drop_dead, *passes[len(KEPT) :], explain)
    for name, passes in FOR.items()
    if passes[: len(KEPT)] == KEPT
}


def optimize(program: Program, passes: tuple[Pass, ...] = PIPELINE) -> Program:
    """Return the program after the passes, in their order; it is validated before the first and after the last.

    Should it not be well formed then, they are carried out again and the program is validated after each.

    Raises:
        IRError: the program is not well formed, or a pass made it so; the message then names the pass.
    """
    validate(program)
    after = reduce(lambda one, rewriting: rewriting(one), passes, program)
    try:
        return validate(after) if after != program else program
    except IRError:
        for rewriting in passes:
            program = _validated(rewriting, program)
        raise


def _validated(rewriting: Pass, program: Program) -> Program:
    try:
        return validate(rewriting(program))
    except IRError as error:
        raise IRError(f"after {getattr(rewriting, '__name__', rewriting)}: {error}") from error
