"""Make one product, or one sum, of those of all steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from symrnn.ir.buffers import size
from symrnn.ir.dependence import edges, recurrence
from symrnn.ir.nodes import At, Chunks, Gemm, Load, Loop, Program, Reduce, Ref, Scalar, Statement
from symrnn.ir.rename import all_steps, exchanged, with_bodies
from symrnn.ir.walk import loads
from symrnn.passes.splitting import blocks, units


def widen(program: Program) -> Program:
    """Replace a loop over one product or one sum by that of all of its steps.

        for t:  z[t] = x[t] @ Wᵀ         →     z[0 : T] = x[0 : T] @ Wᵀ       T·B rows instead of B
        for t:  dW += dz[t]ᵀ @ x[t]      →     dW += dz[0 : T]ᵀ @ x[0 : T]    sums over T·B rows
        for t:  db += sum over rows of dz[t]   →     db += sum over steps and rows of dz[0 : T]

    Valid when: the statement is all that the loop holds, and reads nothing that it wrote in another step. Of a product, the
        rows are those of `out` and `a`, or what it sums over are the rows of `a` and `b`, in step t each, and the other matrix
        is the same in every step. A sum is added to what is the same in every step, and has at most three axes then.
    Cost: nothing; the same operations in one call, in which every element of W is read once for many rows.
    """
    return with_bodies(program, lambda procedure: _body(procedure.body))


def _body(body: tuple[Statement, ...]) -> tuple[Statement, ...]:
    return tuple(new for one in body for new in _statement(one))


def _statement(statement: Statement) -> Iterator[Statement]:
    if isinstance(statement, Chunks):
        yield replace(statement, body=_body(statement.body))
        return
    found = units(statement.body) if isinstance(statement, Loop) else ()
    wide = _wide(found[0].statement, statement.length) if len(found) == 1 and isinstance(statement, Loop) else None
    yield from blocks([replace(found[0], statement=wide)]) if wide is not None else (statement,)


def _wide(statement: Statement, length: str) -> Statement | None:
    """Return what a statement is over all steps, if it can be so."""
    if recurrence(edges([statement], False)):
        return None
    if isinstance(statement, Gemm) and (_rows_of_steps(statement) or _sum_over_steps(statement)):
        a, b, out = (all_steps(ref, length) for ref in (statement.a, statement.b, statement.out))
        return replace(statement, out=out, a=a, b=b)
    if isinstance(statement, Reduce) and _adds_up(statement):
        domain, over = (size(length), *statement.domain), (0, *(axis + 1 for axis in statement.over))
        return replace(statement, domain=domain, over=over, value=over_steps(statement.value, length))
    return None


def over_steps(value: Scalar, length: str) -> Scalar:
    """Return a scalar over a domain that has the steps in front."""

    def put(load: Load) -> Load:
        axes = tuple(None if axis is None else axis + 1 for axis in load.axes)
        return Load(all_steps(load.ref, length), (0, *axes)) if moves(load.ref) else Load(load.ref, axes)

    return exchanged(value, put)


def _adds_up(statement: Reduce) -> bool:
    """Return whether a sum goes into what is the same in every step, and its terms are of step t."""
    fixed = all(load.ref.at is None or moves(load.ref) for load in loads(statement.value))
    return statement.accumulate and statement.out.at is None and fixed and len(statement.domain) < 3


def _rows_of_steps(product: Gemm) -> bool:
    return moves(product.out) and moves(product.a) and product.b.at is None and not product.trans_a


def _sum_over_steps(product: Gemm) -> bool:
    of_steps = product.out.at is None and moves(product.a) and moves(product.b)
    return of_steps and product.accumulate and product.trans_a and not product.trans_b


def moves(ref: Ref) -> bool:
    """Return whether a reference is to step t, or one that is as far from it in every step."""
    return isinstance(ref.at, At) and ref.at.base == "t"
