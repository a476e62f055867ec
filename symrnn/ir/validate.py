"""What a program must satisfy: one function per invariant, named as the sentence it checks; `validate` runs all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from symrnn.errors import IRError
from symrnn.ir.flow import every_read_follows_a_write, everything_returned_is_written, operands_do_not_alias_the_result
from symrnn.ir.nodes import (
    FUNCTIONS,
    GIVEN,
    KEPT,
    OPERATORS,
    At,
    Block,
    Broadcast,
    Gemm,
    Load,
    Loop,
    Map,
    Number,
    Program,
    Reduce,
    Ref,
    Role,
    Size,
    Statement,
)
from symrnn.ir.shapes import Dims, arguments, at_most, dims, fixings, matrix, same, same_dims, show, sizes_used
from symrnn.ir.text import at_text, line, ref_text
from symrnn.ir.walk import Site, arguments_read, calls, loads, numbers, references, sites


def validate(program: Program) -> Program:
    """Return the program itself if it is well formed.

    Raises:
        IRError: an invariant is broken; the message names procedure and statement, what was found and what is needed.
    """
    for invariant in INVARIANTS:
        invariant(program)
    return program


def names_are_identifiers_and_differ(program: Program) -> None:
    """The program, its sizes and its buffers have plain ASCII names, no two the same."""
    names = [*(name for name, _ in program.sizes), *(buffer.name for buffer in program.buffers)]
    for name in (program.name, *names):
        if not (name.isascii() and name.isidentifier()):
            raise IRError(f"{program.name}: {name!r} is not a plain identifier: use letters, digits and underscores.")
    for name, times in Counter(names).items():
        if times > 1:
            raise IRError(f"{program.name}: the name {name} is given {times} times: rename one.")


def the_first_size_counts_steps(program: Program) -> None:
    """Loops run over T, the first size."""
    first = program.sizes[0][0] if program.sizes else "nothing"
    if first != "T":
        raise IRError(f"{program.name}: the first size is {first}; loops run over T: list T first.")


def dimensions_are_over_named_sizes(program: Program) -> None:
    """A buffer is a scalar, vector or matrix over the named sizes, or a constant number or T + constant of them."""
    known = {name for name, _ in program.sizes}
    for buffer in program.buffers:
        unknown = {name for one in buffer.dims for name, _ in one.terms} - known
        if unknown:
            raise IRError(f"{program.name}: {buffer.name} {show(buffer.dims)} uses size {min(unknown)}: declare it.")
        if any(not at_most(Size((), 1), one) for one in buffer.dims):
            raise IRError(f"{program.name}: {buffer.name} {show(buffer.dims)} may be empty: sizes are at least 1.")
        if buffer.steps and not (buffer.dims and buffer.dims[0].terms in ((), (("T", 1),))):
            found = f"{buffer.name} {show(buffer.dims)}"
            raise IRError(f"{program.name}: {found} has steps: its first size must be T + constant.")
        if len(buffer.inner) > 2:
            raise IRError(f"{program.name}: {buffer.name} {show(buffer.dims)}: one step has at most rows and columns.")


def there_is_something_to_compute(program: Program) -> None:
    """Something is given, forward leaves a result, backward a gradient; there is at most one loss, a scalar."""
    for what, roles in (("argument", GIVEN), ("result", (*KEPT, Role.LOSS)), ("gradient", (Role.GRADIENT,))):
        if not program.having(*roles):
            raise IRError(f"{program.name}: there is no {what}: add one.")
    losses = program.having(Role.LOSS)
    if len(losses) > 1 or any(loss.dims for loss in losses):
        found = ", ".join(f"{loss.name} {show(loss.dims)}" for loss in losses)
        raise IRError(f"{program.name}: the loss must be one scalar (); found {found}.")


def every_reference_names_a_buffer(program: Program) -> None:
    """No statement mentions a buffer that is not in the table."""
    known = {buffer.name for buffer in program.buffers}
    for site, ref in _references(program):
        if ref.buffer not in known:
            raise _broken(
                program, site, f"{ref.buffer} is no buffer: add it, or use one of {', '.join(sorted(known))}."
            )


def steps_are_given_exactly_where_buffers_have_them(program: Program) -> None:
    """`at` is present exactly when the buffer has steps."""
    for site, ref in _references(program):
        steps = program.buffer(ref.buffer).steps
        if steps and ref.at is None:
            raise _broken(program, site, f"{ref.buffer} has steps: say which one, {ref.buffer}[t] for example.")
        if ref.at is not None and not steps:
            raise _broken(program, site, f"{ref.buffer} has no steps: leave [{at_text(ref.at)}] out.")


def time_is_used_only_in_a_loop(program: Program) -> None:
    """t has a value inside a loop only, and a step is counted from t, T or 0."""
    for site, ref in _references(program):
        if ref.at is not None and ref.at.base not in ("t", "T", ""):
            raise _broken(program, site, f"{ref_text(ref)}: steps are counted from t, T or 0.")
        if ref.at is not None and ref.at.base == "t" and not site.in_loop:
            raise _broken(program, site, f"{ref_text(ref)} uses t outside the time loop.")


def steps_lie_inside_their_buffers(program: Program) -> None:
    """Every step that is reached exists, for every T ≥ 1."""
    for site, ref in _references(program):
        if ref.at is not None and not _is_inside(ref.at, program.buffer(ref.buffer).dims[0]):
            length = program.buffer(ref.buffer).dims[0]
            raise _broken(program, site, f"{ref_text(ref)} may lie outside the {length} steps of {ref.buffer}.")


def _is_inside(at: At, length: Size) -> bool:
    steps = Size((("T", 1),))
    first = {"t": Size(), "": Size(), "T": steps}[at.base]
    last = {"t": steps + Size((), -1), "": Size(), "T": steps}[at.base]
    reached = last + Size((), at.offset + 1)
    return at_most(Size((), -at.offset), first) and at_most(reached, length)


def columns_lie_inside_their_buffers(program: Program) -> None:
    """A column range begins at 0 or later, is not empty, and ends inside the last dimension."""
    for site, ref in _references(program):
        if ref.columns is None:
            continue
        inner = program.buffer(ref.buffer).inner
        if not inner:
            raise _broken(program, site, f"{ref_text(ref)}: {ref.buffer} is a scalar and has no columns.")
        first, count = ref.columns
        inside = at_most(Size(), first) and at_most(Size((), 1), count) and at_most(first + count, inner[-1])
        if not inside:
            raise _broken(program, site, f"{ref_text(ref)} may lie outside the {inner[-1]} columns of {ref.buffer}.")


def loops_are_not_nested_and_nothing_is_empty(program: Program) -> None:
    """There is one time axis: no loop stands inside a loop; loops and blocks have a body."""
    for procedure in (program.forward, program.backward):
        _check_nesting(f"{program.name}, {procedure.name}", procedure.body, inside=False)


def _check_nesting(where: str, body: tuple[Statement, ...], inside: bool) -> None:
    for statement in body:
        if not isinstance(statement, Loop | Block):
            continue
        kind = "loop" if isinstance(statement, Loop) else f"block ({statement.label})"
        if not statement.body:
            raise IRError(f"{where}: a {kind} is empty: remove it.")
        if inside and isinstance(statement, Loop):
            raise IRError(f"{where}: a loop stands inside a loop: there is one time axis.")
        _check_nesting(where, statement.body, inside or isinstance(statement, Loop))


def functions_exist_and_have_their_arguments(program: Program) -> None:
    """Calls are of OPERATORS or FUNCTIONS with their number of arguments; exponents are literals; no literal is n/0."""
    arities = OPERATORS | FUNCTIONS
    for site in sites(program):
        if isinstance(site.statement, Gemm):
            continue
        for call in calls(site.statement.value):
            needed, found = arities.get(call.function), len(call.arguments)
            if needed is None:
                raise _broken(program, site, f"no function {call.function}: use one of {', '.join(arities)}.")
            if found != needed:
                raise _broken(program, site, f"{call.function} takes {needed} arguments, found {found}.")
            if call.function == "power" and not isinstance(call.arguments[1], Number):
                raise _broken(program, site, "the exponent of power must be a literal: write exp(y ∘ log(x)).")
        if any(number.denominator < 1 for number in numbers(site.statement.value)):
            raise _broken(program, site, "a literal's denominator must be positive.")


def products_agree_in_their_dimensions(program: Program) -> None:
    """(m, n) = (m, k) @ (k, n) after the transposes; a vector stands for one row."""
    for site in sites(program):
        if not isinstance(site.statement, Gemm):
            continue
        gemm = site.statement
        out, a, b = (matrix(dims(program, ref)) for ref in (gemm.out, gemm.a, gemm.b))
        a, b = a[::-1] if gemm.trans_a else a, b[::-1] if gemm.trans_b else b
        if not (same(a[1], b[0]) and same_dims(out, (a[0], b[1]))):
            raise _broken(program, site, f"{show(out)} is needed to be {show(a)} @ {show(b)}, which it cannot be.")


def maps_agree_in_their_dimensions(program: Program) -> None:
    """Every load fills the dimensions of `out` under its broadcast."""
    for site in sites(program):
        if isinstance(site.statement, Map):
            domain = dims(program, site.statement.out)
            for load in loads(site.statement.value):
                _check_load(program, site, load, domain)


def reductions_agree_in_their_dimensions(program: Program) -> None:
    """Every load fills the domain; `out` is what is left of it; only sums accumulate."""
    for site in sites(program):
        reduce = site.statement
        if not isinstance(reduce, Reduce):
            continue
        rows, columns = reduce.domain
        left: dict[str, Dims] = {"rows": (columns,), "columns": (rows,), "all": ()}
        if reduce.over not in left:
            raise _broken(program, site, f"reductions are over rows, columns or all; found {reduce.over}.")
        if reduce.operation not in ("sum", "max") or (reduce.accumulate and reduce.operation != "sum"):
            raise _broken(program, site, "reductions are sum or max, and only a sum is accumulated.")
        if not same_dims(dims(program, reduce.out), left[reduce.over]):
            found, needed = show(dims(program, reduce.out)), show(left[reduce.over])
            raise _broken(program, site, f"{ref_text(reduce.out)} is {found}; what is left of the domain is {needed}.")
        for load in loads(reduce.value):
            _check_load(program, site, load, reduce.domain)


def _check_load(program: Program, site: Site, load: Load, domain: Dims) -> None:
    rows, columns = matrix(domain)
    found = dims(program, load.ref)
    needed = {
        Broadcast.FULL: domain,
        Broadcast.ROW: (columns,),
        Broadcast.COLUMN: (rows,) if len(domain) == 2 else (),
        Broadcast.SCALAR: (),
    }[load.broadcast]
    reduces = isinstance(site.statement, Reduce)
    one_row = reduces and load.broadcast is Broadcast.FULL and same_dims(matrix(found), domain)
    if load.broadcast is Broadcast.COLUMN and len(domain) != 2:
        raise _broken(program, site, f"{ref_text(load.ref)} is spread over columns, but {show(domain)} is no matrix.")
    if not (same_dims(found, needed) or one_row):
        loaded = f"{ref_text(load.ref)} is {show(found)}; loaded as {load.broadcast.value} in {show(domain)}"
        raise _broken(program, site, f"{loaded} it must be {show(needed)}.")


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
        program.forward.name: (*KEPT, Role.LOSS, Role.WORK),
        program.backward.name: (Role.GRADIENT, Role.WORK),
    }
    unreadable = {
        program.forward.name: (Role.SEED, Role.GRADIENT),
        program.backward.name: (Role.LOSS,),
    }
    for site in sites(program):
        role = program.buffer(site.statement.out.buffer).role
        if role not in theirs[site.procedure.name]:
            found = f"{site.statement.out.buffer} is {role.value}"
            raise _broken(program, site, f"{found}, which {site.procedure.name} must not write.")
        for ref in references(site.statement)[1:]:
            role = program.buffer(ref.buffer).role
            if role in unreadable[site.procedure.name]:
                found = f"{ref.buffer} is {role.value}"
                raise _broken(program, site, f"{found}, which {site.procedure.name} must not read.")


def procedures_have_their_names(program: Program) -> None:
    """The two procedures are called forward and backward."""
    if (program.forward.name, program.backward.name) != ("forward", "backward"):
        found = f"{program.forward.name} and {program.backward.name}"
        raise IRError(f"{program.name}: the procedures are called {found}; they must be forward and backward.")


def sizes_follow_from_the_shapes_of_arguments(program: Program) -> None:
    """Every size that a procedure uses can be read off the arrays that it reads; every size is used."""
    used = [sizes_used(program, procedure) for procedure in (program.forward, program.backward)]
    for name, _ in program.sizes:
        if not any(name in names for names in used):
            raise IRError(f"{program.name}: size {name} is used by nothing: leave it out.")
    for procedure in (program.forward, program.backward):
        fixings(program, procedure, arguments_read(program, procedure))


def _references(program: Program) -> list[tuple[Site, Ref]]:
    return [(site, ref) for site in sites(program) for ref in references(site.statement)]


def _broken(program: Program, site: Site, found: str) -> IRError:
    return IRError(f"{program.name}, {site.procedure.name}: «{line(site.statement)}»: {found}")


INVARIANTS: tuple[Callable[[Program], None], ...] = (
    names_are_identifiers_and_differ,
    procedures_have_their_names,
    the_first_size_counts_steps,
    dimensions_are_over_named_sizes,
    there_is_something_to_compute,
    every_reference_names_a_buffer,
    steps_are_given_exactly_where_buffers_have_them,
    time_is_used_only_in_a_loop,
    steps_lie_inside_their_buffers,
    columns_lie_inside_their_buffers,
    loops_are_not_nested_and_nothing_is_empty,
    functions_exist_and_have_their_arguments,
    products_agree_in_their_dimensions,
    maps_agree_in_their_dimensions,
    reductions_agree_in_their_dimensions,
    arguments_are_what_procedures_need,
    adjoints_are_named_after_what_they_differentiate,
    procedures_write_only_what_is_theirs,
    sizes_follow_from_the_shapes_of_arguments,
    every_read_follows_a_write,
    operands_do_not_alias_the_result,
    everything_returned_is_written,
)
