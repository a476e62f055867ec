"""What holds of the parts of a program one by one: names, sizes, steps, columns and loops. `validate` runs all of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from symrnn.errors import IRError
from symrnn.ir.buffers import BEGIN, CHUNK, END, GIVEN, KEPT, NUMBER, Buffer, Role, Size, size
from symrnn.ir.nodes import (
    At,
    Block,
    Chunks,
    Compound,
    Each,
    Loop,
    Program,
    Ref,
    Share,
    Span,
    Statement,
    Stretch,
    When,
    Windows,
)
from symrnn.ir.shapes import all_sizes_used, at_most, fixings, show
from symrnn.ir.text import at_text, broken, ref_text
from symrnn.ir.walk import Site, arguments_read, compounds, references, sites, sizes_mentioned, step_sizes


def names_are_identifiers_and_differ(program: Program) -> None:
    """The program, its sizes and its buffers have plain ASCII names, no two the same."""
    names = [*(name for name, _ in program.sizes), *(buffer.name for buffer in program.buffers)]
    for name in (program.name, *names):
        if not (name.isascii() and name.isidentifier()):
            raise IRError(f"{program.name}: {name!r} is not a plain identifier: use letters, digits and underscores.")
        if name == "t" and any(name == one for one, _ in program.sizes):
            raise IRError(f"{program.name}: a size is called t, which is the step of a loop: rename it.")
    for name, times in Counter(names).items():
        if times > 1:
            raise IRError(f"{program.name}: the name {name} is given {times} times: rename one.")


def procedures_have_their_names(program: Program) -> None:
    """The two procedures are called forward and backward."""
    if (program.forward.name, program.backward.name) != ("forward", "backward"):
        found = f"{program.forward.name} and {program.backward.name}"
        raise IRError(f"{program.name}: the procedures are called {found}; they must be forward and backward.")


def the_first_size_counts_steps(program: Program) -> None:
    """If there is a loop, the first size is T."""
    bodies = (program.forward.body, program.backward.body)
    first = program.sizes[0][0] if program.sizes else "nothing"
    if first != "T" and any(isinstance(one, Loop | Windows | Chunks) for body in bodies for one in compounds(body)):
        raise IRError(f"{program.name}: the first size is {first}; loops run over T: list T first.")


def given_sizes_are_named_sizes(program: Program) -> None:
    """What the caller gives as a number is a size of the program, named once."""
    known = [name for name, _ in program.sizes]
    for name, times in Counter(program.given_sizes).items():
        if name not in known or times > 1:
            found = f"given {times} times" if name in known else "no size"
            raise IRError(f"{program.name}: {name} in given_sizes is {found}: sizes are {', '.join(known)}.")


def dimensions_are_over_named_sizes(program: Program) -> None:
    """One step of a buffer has at most three dimensions, over named sizes; its steps are a constant, or a size + constant."""
    known = {name for name, _ in program.sizes} | {CHUNK}
    for buffer in program.buffers:
        unknown = {name for one in buffer.dims for name, _ in one.terms} - known
        if unknown:
            raise IRError(f"{program.name}: {buffer.name} {show(buffer.dims)} uses size {min(unknown)}: declare it.")
        if any(not at_most(Size((), 1), one) for one in buffer.dims):
            raise IRError(f"{program.name}: {buffer.name} {show(buffer.dims)} may be empty: sizes are at least 1.")
        if buffer.steps and not (buffer.dims and _counts_steps(buffer.dims[0])):
            found = f"{buffer.name} {show(buffer.dims)}"
            raise IRError(f"{program.name}: {found} has steps: its first size must be T + constant, or S + constant.")
        if len(buffer.inner) > 3:
            found = f"{buffer.name} {show(buffer.dims)}"
            raise IRError(f"{program.name}: {found}: one step has at most three dimensions.")


def _counts_steps(first: Size) -> bool:
    return not first.terms or (len(first.terms) == 1 and first.terms[0][1] == 1)


def statements_use_named_sizes(program: Program) -> None:
    """Lengths of loops, counts, domains, column ranges and sizes used as numbers are over the sizes of the program."""
    known = {name for name, _ in program.sizes} | {CHUNK}
    for procedure in (program.forward, program.backward):
        unknown = {name for one in sizes_mentioned(procedure) for name, _ in one.terms} - known
        if unknown:
            raise IRError(f"{program.name}, {procedure.name}: there is no size {min(unknown)}: declare it.")


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
            raise broken(program, site, f"{ref.buffer} is no buffer: add it, or use one of {', '.join(sorted(known))}.")


def steps_are_given_exactly_where_buffers_have_them(program: Program) -> None:
    """`at` is present exactly when the buffer has steps."""
    for site, ref in _references(program):
        steps = program.buffer(ref.buffer).steps
        if steps and ref.at is None:
            raise broken(program, site, f"{ref.buffer} has steps: say which one, {ref.buffer}[t] for example.")
        if ref.at is not None and not steps:
            raise broken(program, site, f"{ref.buffer} has no steps: leave [{at_text(ref.at)}] out.")


def time_is_used_only_in_a_loop(program: Program) -> None:
    """t has a value inside a loop only, and a step is counted from t, from 0, from a size that counts steps, or from a chunk."""
    sizes = step_sizes(program)
    for site, ref in _references(program):
        bases = ("t", "", *sizes, CHUNK, *_places(site))
        base = ref.at.length if isinstance(ref.at, Span) else ref.at.base if ref.at is not None else ""
        if base not in bases or (isinstance(ref.at, Span) and base == "t"):
            known = ", ".join(one or "0" for one in bases)
            raise broken(program, site, f"{ref_text(ref)}: steps are counted from one of {known}.")
        if base == "t" and site.loop is None:
            raise broken(program, site, f"{ref_text(ref)} uses t outside the time loop.")


def _places(site: Site) -> tuple[str, ...]:
    """Return what is known by name of the chunk that a statement stands in."""
    chunks = next((one for one in site.inside if isinstance(one, Chunks)), None)
    return () if chunks is None else (BEGIN, END, *((NUMBER,) if chunks.count else ()))


def steps_lie_inside_their_buffers(program: Program) -> None:
    """Every step that is reached exists, whatever the sizes."""
    for site, ref in _references(program):
        buffer = program.buffer(ref.buffer)
        if ref.at is not None and not _lies_inside(ref.at, site, buffer):
            raise broken(program, site, f"{ref_text(ref)} may lie outside the {buffer.dims[0]} steps of {ref.buffer}.")


def _lies_inside(at: At | Span, site: Site, buffer: Buffer) -> bool:
    length = buffer.dims[0]
    chunks = next((one for one in site.inside if isinstance(one, Chunks)), None)
    if isinstance(at, Span):
        last = chunks.length if chunks and at.length == CHUNK and not buffer.is_of_chunk else at.length
        return at.first >= 0 and at_most(size(last) + Size((), at.first), length)
    if chunks is not None and at.base in _places(site):
        most = chunks.count if at.base == NUMBER else CHUNK if buffer.is_of_chunk else chunks.length
        behind = size(most) + Size((), at.offset + (at.base != NUMBER))  # of an empty chunk, both ends are the same
        return at.offset >= 0 and at_most(behind, length)
    return any(_is_inside(one, CHUNK if buffer.is_of_chunk else site.length, length) for one in _readings(at, site))


def _readings(at: At, site: Site) -> Iterator[At]:
    """Yield a step as it is written, and where t is known, as the number that it is."""
    yield at
    if at.base == "t":
        yield from (At(one.at.base, one.at.offset + at.offset) for one in site.inside if isinstance(one, When))


def _is_inside(at: At, steps: str, length: Size) -> bool:
    first = last = size(at.base) if at.base else Size()
    if at.base == "t":
        first, last = Size(), size(steps) + Size((), -1)
    return at_most(Size((), -at.offset), first) and at_most(last + Size((), at.offset + 1), length)


def rows_and_columns_lie_inside_their_buffers(program: Program) -> None:
    """A range of rows or columns begins at 0 or later, is not empty, and ends inside its dimension."""
    for site, ref in _references(program):
        inner = program.buffer(ref.buffer).inner
        for part, whole, what in ((ref.columns, inner[-1:], "columns"), (ref.rows, inner[-2:-1], "rows")):
            if part is None:
                continue
            if not whole:
                kind = "a scalar" if not inner else "a vector"
                raise broken(program, site, f"{ref_text(ref)}: {ref.buffer} is {kind} and has no {what}.")
            first, count = part
            inside = at_most(Size(), first) and at_most(Size((), 1), count) and at_most(first + count, whole[0])
            if not inside:
                raise broken(program, site, f"{ref_text(ref)} may lie outside the {whole[0]} {what} of {ref.buffer}.")


def loops_are_not_nested_and_nothing_is_empty(program: Program) -> None:
    """Every t counts one loop; conditions stand where t is defined, stretches in windows; everything with a body has one."""
    for procedure in (program.forward, program.backward):
        _check_nesting(f"{program.name}, {procedure.name}", procedure.body, ())


def _check_nesting(where: str, body: tuple[Statement, ...], inside: tuple[Compound, ...]) -> None:
    for statement in body:
        if not isinstance(statement, Compound):
            continue
        kind = _kind(statement)
        if not statement.body:
            raise IRError(f"{where}: a {kind} is empty: remove it.")
        complaint = _misplaced(statement, inside)
        if complaint:
            raise IRError(f"{where}: a {kind} stands {complaint}.")
        _check_nesting(where, statement.body, (*inside, statement))


def _misplaced(statement: Compound, inside: tuple[Compound, ...]) -> str:
    """Return where a statement stands that must not stand there, or nothing."""
    stepping = any(isinstance(one, Loop | Stretch) for one in inside)
    windows = any(isinstance(one, Windows) for one in inside)
    chunks = any(isinstance(one, Chunks) for one in inside)
    if isinstance(statement, Loop) and (statement.length == CHUNK) is not chunks:
        return "outside chunks, whose steps it counts" if not chunks else "inside chunks, and counts other steps"
    if isinstance(statement, Chunks) and (chunks or windows or stepping):
        return "inside another loop: there is one time axis"
    if isinstance(statement, Loop | Windows) and (stepping or windows):
        return f"inside {'windows' if windows else 'a loop'}: there is one time axis"
    if isinstance(statement, Stretch) and (stepping or not windows):
        return "inside a loop: there is one time axis" if stepping else "outside windows, which tell its steps"
    if any(isinstance(one, Each) for one in inside) and not isinstance(statement, Block):
        return "inside a loop over elements, which holds Maps only"
    if isinstance(statement, Share) and any(not isinstance(one, Chunks) for one in inside):
        return "inside something else than chunks: threads share whole loops"
    if isinstance(statement, When) and not stepping:
        return "outside a loop, where there is no step: put it in one"
    return ""


def _kind(statement: Compound) -> str:
    if isinstance(statement, When):
        return f"condition t = {at_text(statement.at)}"
    if isinstance(statement, Windows):
        return f"loop over windows of {statement.span} for every {statement.every}"
    if isinstance(statement, Stretch):
        return "stretch of older steps" if statement.older else "stretch of steps"
    if isinstance(statement, Each):
        return "loop over elements"
    if isinstance(statement, Chunks):
        return "loop over chunks"
    if isinstance(statement, Share):
        return "share"
    return "loop" if isinstance(statement, Loop) else f"block ({statement.label})"


def conditions_are_of_steps_that_occur(program: Program) -> None:
    """A When names a step of its loop, counted from either end; windows, and chunks, are counted by given sizes, at least 1."""
    for procedure in (program.forward, program.backward):
        for loop in (one for one in compounds(procedure.body) if isinstance(one, Loop | Windows | Chunks)):
            if isinstance(loop, Loop) and loop.length == CHUNK:
                continue  # its steps are those of the chunks, counted there
            found: list[tuple[Compound, str]] = [(loop, "" if isinstance(loop, Loop) else _uncounted(program, loop))]
            found += [(one, _missed(loop, one)) for one in compounds(loop.body) if isinstance(one, When)]
            for one, complaint in found:
                if complaint:
                    raise IRError(f"{program.name}, {procedure.name}: a {_kind(one)}: {complaint}.")


def _missed(loop: Loop | Windows | Chunks, inner: When) -> str:
    if inner.at.base not in ("", loop.length):
        return f"the step must be counted from 0 or {loop.length}"
    occurs = inner.at.offset < 0 if inner.at.base else inner.at.offset >= 0
    return "" if occurs else f"no t is {at_text(inner.at)}"


def _uncounted(program: Program, loop: Windows | Chunks) -> str:
    if isinstance(loop, Windows):
        counts: tuple[Size, ...] = (loop.every, loop.span)
    else:
        counts = (size(loop.count),) if loop.count else ()
    for count in counts:
        if not at_most(Size((), 1), count):
            return "the number of steps must be at least 1"
        if not {name for name, _ in count.terms} <= set(program.given_sizes):
            return f"{count} must be over sizes that the caller gives: list them in given_sizes"
    return ""


def conditions_define_nothing(program: Program) -> None:
    """What stands in a When only accumulates, so that no definition depends on it."""
    for site in sites(program):
        if not site.statement.accumulate and any(isinstance(one, When) for one in site.inside):
            raise broken(program, site, "it is carried out in one step only, so it must accumulate (+=).")


def sizes_follow_from_the_shapes_of_arguments(program: Program) -> None:
    """Every size that a procedure uses can be read off the arrays that it reads, or is given; every size is used."""
    used = all_sizes_used(program)
    for name, _ in program.sizes:
        if name not in used:
            raise IRError(f"{program.name}: size {name} is used by nothing: leave it out.")
    for procedure in (program.forward, program.backward):
        fixings(program, procedure, arguments_read(program, procedure))


def _references(program: Program) -> list[tuple[Site, Ref]]:
    return [(site, ref) for site in sites(program) for ref in references(site.statement)]
