"""What holds of the parts of a program together: dimensions, arguments and roles agree. `validate` runs all of it."""

from __future__ import annotations

from symrnn.errors import IRError
from symrnn.ir.buffers import GIVEN, KEPT, OWN, Role
from symrnn.ir.nodes import FUNCTIONS, OPERATORS, Gemm, Load, Map, Number, Program, Reduce, Ref, Span
from symrnn.ir.shapes import ONE, Dims, arguments, at_most, dims, domain, matrix, same_dims, show
from symrnn.ir.text import broken, ref_text
from symrnn.ir.walk import Site, calls, is_copy, loads, numbers, references, sites


def functions_exist_and_have_their_arguments(program: Program) -> None:
    """Calls are of OPERATORS or FUNCTIONS with their number of arguments; exponents are literals; no literal is n/0."""
    arities = OPERATORS | FUNCTIONS
    for site in sites(program):
        if isinstance(site.statement, Gemm):
            continue
        for call in calls(site.statement.value):
            needed, found = arities.get(call.function), len(call.arguments)
            if needed is None:
                raise broken(program, site, f"no function {call.function}: use one of {', '.join(arities)}.")
            if found != needed:
                raise broken(program, site, f"{call.function} takes {needed} arguments, found {found}.")
            if call.function == "power" and not isinstance(call.arguments[1], Number):
                raise broken(program, site, "the exponent of power must be a literal: write exp(y ∘ log(x)).")
        if any(number.denominator < 1 for number in numbers(site.statement.value)):
            raise broken(program, site, "a literal's denominator must be positive.")


def products_agree_in_their_dimensions(program: Program) -> None:
    """(m, n) = (m, k) @ (k, n) after the transposes; a vector stands for one row."""
    for site in sites(program):
        if not isinstance(site.statement, Gemm):
            continue
        gemm = site.statement
        for ref in references(gemm):
            if len(dims(program, ref)) > (3 if isinstance(ref.at, Span) else 2):
                found = f"{ref_text(ref)} {show(dims(program, ref))} has more than rows and columns"
                raise broken(program, site, f"{found}: products of one matrix for each sequence are a Reduce.")
        out, a, b = (matrix(dims(program, ref)) for ref in (gemm.out, gemm.a, gemm.b))
        a, b = a[::-1] if gemm.trans_a else a, b[::-1] if gemm.trans_b else b
        if not (same_dims(a[1], b[0]) and same_dims(out[0], a[0]) and same_dims(out[1], b[1])):
            found = f"{_shape(out)} is needed to be {_shape(a)} @ {_shape(b)}"
            raise broken(program, site, f"{found}, which it cannot be.")


def _shape(sides: tuple[Dims, Dims]) -> str:
    rows, columns = ("·".join(map(str, side)) for side in sides)
    return f"({rows}, {columns})"


def panels_hold_what_products_multiply_by(program: Program) -> None:
    """A buffer in panels is workspace of rows and columns; matrices are copied there, and products read it, one way only."""
    panels = {buffer.name: buffer for buffer in program.buffers if buffer.panels}
    for name, buffer in panels.items():
        if buffer.role is not Role.WORK or buffer.steps or len(buffer.dims) != 2:
            found = f"{buffer.role.value} {name} {show(buffer.dims)}"
            raise IRError(f"{program.name}: {found} is in panels: only workspace of rows and columns can be.")
    orientations: dict[str, set[bool]] = {}
    for site in sites(program):
        statement, out = site.statement, site.statement.out.buffer
        if out in panels and not is_copy(statement):
            raise broken(program, site, f"{out} is in panels: only a matrix is copied there.")
        read = [ref for ref in references(statement)[1:] if ref.buffer in panels]
        if isinstance(statement, Gemm) and statement.b in read:
            read.remove(statement.b)
            orientations.setdefault(statement.b.buffer, set()).add(statement.trans_b)
            if len(orientations[statement.b.buffer]) > 1 or statement.b != Ref(statement.b.buffer):
                raise broken(
                    program, site, f"{statement.b.buffer} is in panels: it is read as a whole, in one orientation."
                )
        if read:
            raise broken(program, site, f"{read[0].buffer} is in panels: only a product reads it, on its right.")


def maps_agree_in_their_dimensions(program: Program) -> None:
    """Every load runs along axes of `out`, three at most, that have its dimensions."""
    for site in sites(program):
        if not isinstance(site.statement, Map):
            continue
        if len(domain(program, site.statement)) > 3:
            found = show(domain(program, site.statement))
            raise broken(program, site, f"a domain has at most three dimensions; found {found}.")
        _check_loads(program, site)


def reductions_agree_in_their_dimensions(program: Program) -> None:
    """Every load runs along axes of the domain; `out` is what is left of it; only sums accumulate."""
    for site in sites(program):
        reduce = site.statement
        if not isinstance(reduce, Reduce):
            continue
        rank = len(reduce.domain)
        if not 1 <= rank <= 3:
            raise broken(program, site, f"a domain has one to three dimensions; found {show(reduce.domain)}.")
        if not reduce.over or reduce.over != tuple(axis for axis in range(rank) if axis in reduce.over):
            raise broken(program, site, f"reductions are over some of the axes 0 … {rank - 1}, in order.")
        if reduce.operation not in ("sum", "max") or (reduce.accumulate and reduce.operation != "sum"):
            raise broken(program, site, "reductions are sum or max, and only a sum is accumulated.")
        left = tuple(one for axis, one in enumerate(reduce.domain) if axis not in reduce.over)
        if not same_dims(dims(program, reduce.out), left):
            found, needed = show(dims(program, reduce.out)), show(left)
            raise broken(program, site, f"{ref_text(reduce.out)} is {found}; what is left of the domain is {needed}.")
        _check_loads(program, site)


def _check_loads(program: Program, site: Site) -> None:
    assert isinstance(site.statement, Map | Reduce)
    inside = domain(program, site.statement)
    for load in loads(site.statement.value):
        complaint = _misfit(load, dims(program, load.ref), inside)
        if complaint:
            loaded = f"{ref_text(load.ref)} is {show(dims(program, load.ref))}, loaded along axes {load.axes} of "
            raise broken(program, site, f"{loaded}{show(inside)}: {complaint}.")


def _misfit(load: Load, found: Dims, inside: Dims) -> str:
    """Return what is wrong with a load in this domain, or nothing."""
    named = [axis for axis in load.axes if axis is not None]
    if len(load.axes) != len(found):
        return "it needs one axis for each dimension"
    if len(set(named)) != len(named) or not set(named) <= set(range(len(inside))):
        return f"the axes must be different ones of 0 … {len(inside) - 1}"
    needed = tuple(ONE if axis is None else inside[axis] for axis in load.axes)
    return "" if same_dims(found, needed) else f"it must be {show(needed)}"


def arguments_are_what_procedures_need(program: Program) -> None:
    """`arguments` names every buffer that the procedure touches but workspace, and what tells the sizes, in order."""
    for procedure in (program.forward, program.backward):
        needed = arguments(program, procedure)
        if procedure.arguments != needed:
            found = ", ".join(procedure.arguments)
            raise IRError(f"{program.name}, {procedure.name}: arguments are {found}; needed are {', '.join(needed)}.")


def adjoints_are_named_after_what_they_differentiate(program: Program) -> None:
    """A GRADIENT dX has the dimensions of a given X; a SEED dX those of an OUTPUT X, without its initial steps."""
    of_role = {Role.GRADIENT: GIVEN, Role.SEED: (Role.OUTPUT,)}
    for buffer in program.having(*of_role):
        subject = next((b for b in program.having(*of_role[buffer.role]) if f"d{b.name}" == buffer.name), None)
        if subject is None:
            raise IRError(
                f"{program.name}: {buffer.role.value} {buffer.name}: it must be named d and what it belongs to."
            )
        inner = buffer.steps == subject.steps and same_dims(buffer.inner, subject.inner)
        shorter = buffer.role is Role.SEED and buffer.steps and inner and at_most(buffer.dims[0], subject.dims[0])
        if not (shorter or (inner and same_dims(buffer.dims, subject.dims))):
            raise IRError(
                f"{program.name}: {buffer.role.value} {buffer.name} is {show(buffer.dims)}, "
                f"{subject.name} is {show(subject.dims)}: they must have the same dimensions."
            )


def procedures_write_only_what_is_theirs(program: Program) -> None:
    """Forward writes OUTPUT, SAVED, LOSS and WORK; backward GRADIENT and WORK."""
    theirs = {
        program.forward.name: (*KEPT, Role.LOSS, *OWN),
        program.backward.name: (Role.GRADIENT, *OWN),
    }
    unreadable = {
        program.forward.name: (Role.SEED, Role.GRADIENT),
        program.backward.name: (Role.LOSS,),
    }
    for site in sites(program):
        role = program.buffer(site.statement.out.buffer).role
        if role not in theirs[site.procedure.name]:
            found = f"{site.statement.out.buffer} is {role.value}"
            raise broken(program, site, f"{found}, which {site.procedure.name} must not write.")
        for ref in references(site.statement)[1:]:
            role = program.buffer(ref.buffer).role
            if role in unreadable[site.procedure.name]:
                found = f"{ref.buffer} is {role.value}"
                raise broken(program, site, f"{found}, which {site.procedure.name} must not read.")
