"""Put matrices that multiply the same thing into one, and with them what they are multiplied into."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce

from symrnn.ir.buffers import Buffer, Role, Size
from symrnn.ir.dependence import conflict
from symrnn.ir.nodes import At, Gemm, Load, Loop, Map, Procedure, Program, Ref, Span, Statement, full
from symrnn.ir.rename import exchange, free_name, with_bodies
from symrnn.ir.shapes import Dims, with_arguments
from symrnn.passes.splitting import Unit, blocks, expandable, put, units

_MOST = 7  # buffers whose orders are all tried


def stack(program: Program) -> Program:
    """Carry out products that share an operand, or that are added up, as one product of a larger matrix.

        i = x[t] @ W_iᵀ                       W[0 : H, :] = W_i,  W[H : 2*H, :] = W_f       (once, before the loop)
        f = x[t] @ W_fᵀ              →        i_f = x[t] @ Wᵀ                               (i is i_f[:, 0 : H])

        carry = di @ W_i                      W[0 : H, :] = W_i,  W[H : 2*H, :] = W_f
        carry += df @ W_f            →        carry = di_df @ W

    Valid when: the matrices are parameters; nothing between the products depends on one of them and touches another; the
        buffers that become one have the same rows and the same role, and each is written before it is read in every step.
    Cost: a copy of the matrices for each call; their products read what they share once, and are fewer.
    Source: the stacked gates of cuDNN (Appleyard, Kočiský, Blunsom 2016, arXiv:1604.01946).
    """
    for name in ("forward", "backward"):
        for loop in [one for one in getattr(program, name).body if isinstance(one, Loop)]:
            program = _loop(program, name, loop)
    return program


@dataclass(frozen=True, slots=True)
class Group:
    """Products that become one: their numbers in the body, and the buffers that must lie side by side for it.

    The buffers are the results of products that share `a`; or, `sums`, the left operands of products that are added up.
    """

    numbers: tuple[int, ...]
    members: tuple[str, ...]
    sums: bool

    def adjoins(self, order: Sequence[str]) -> bool:
        """Return whether the buffers are all in an order, and nothing stands between them."""
        places = [order.index(one) for one in self.members if one in order]
        return len(places) == len(self.members) and max(places) - min(places) == len(places) - 1


def _loop(program: Program, name: str, loop: Loop) -> Program:
    stacks = _stackable(program, getattr(program, name), loop)
    found, groups = _gathered(program, units(loop.body), stacks)
    if not groups:
        return program
    order = _best_order(groups)
    here = tuple(one for one in groups if one.adjoins(order))
    program, new = _stacked(program, name, loop, found, order, here)
    return _loop(program, name, new)


def _gathered(
    program: Program, found: Sequence[Unit], stacks: frozenset[str]
) -> tuple[tuple[Unit, ...], tuple[Group, ...]]:
    """Return the statements with the products of each group together, and the groups for which that can be."""
    groups = tuple(_groups(program, found, stacks))
    order, kept = list(range(len(found))), []
    for group in groups:
        places = sorted(order.index(number) for number in group.numbers)
        if _can_move(found, order, places, group.sums):
            together = [order[place] for place in places]
            target = places[-1] - len(places) + 1 if group.sums else places[0]
            order = [number for number in order if number not in together]
            order[target:target] = together
            kept.append(group)
    now = {number: place for place, number in enumerate(order)}
    return (
        tuple(found[number] for number in order),
        tuple(replace(one, numbers=tuple(sorted(now[number] for number in one.numbers))) for one in kept),
    )


# -- what can be stacked ---------------------------------------------------------------------------------------------------


def _stackable(program: Program, procedure: Procedure, loop: Loop) -> frozenset[str]:
    """Return the buffers that may become columns of another: workspace of the loop, and what is saved, of rows and columns."""
    free = expandable(program, procedure, loop) | {one.name for one in program.having(Role.SAVED) if one.steps}
    return frozenset(one.name for one in program.buffers if one.name in free and len(one.inner) == 2)


def _groups(program: Program, found: Sequence[Unit], stacks: frozenset[str]) -> Iterator[Group]:
    """Yield the products that could become one, those that share an operand first."""
    shared: dict[object, list[int]] = {}
    added: dict[object, list[int]] = {}
    for number, unit in enumerate(found):
        product = unit.statement
        if not isinstance(product, Gemm) or not _is_matrix(program, product.b):
            continue
        if product.out.buffer in stacks and _is_whole(product.out):
            key = (product.a, product.trans_a, product.trans_b, product.accumulate, product.out.at)
            shared.setdefault((*key, _kind(program, product.out)), []).append(number)
        if product.a.buffer in stacks and _is_whole(product.a) and not product.trans_a:
            place = (product.out, product.trans_b, product.a.at)
            added.setdefault((*place, _kind(program, product.a)), []).append(number)
    for sums, table in ((False, shared), (True, added)):
        for numbers in table.values():
            products = [one for number in numbers if isinstance(one := found[number].statement, Gemm)]
            members = tuple((one.a if sums else one.out).buffer for one in products)
            if len(numbers) > 1 and len(set(members)) == len(members):
                yield Group(tuple(numbers), members, sums)


def _is_matrix(program: Program, ref: Ref) -> bool:
    return ref == Ref(ref.buffer) and program.buffer(ref.buffer).role is Role.PARAMETER


def _is_whole(ref: Ref) -> bool:
    return ref.columns is None and ref.rows is None


def _kind(program: Program, ref: Ref) -> tuple[object, ...]:
    """Return what buffers must have in common to become one: their role, and all dimensions but the last."""
    buffer = program.buffer(ref.buffer)
    return buffer.role, buffer.steps, tuple(str(one) for one in buffer.dims[:-1])


def _can_move(found: Sequence[Unit], order: Sequence[int], places: Sequence[int], sums: bool) -> bool:
    """Return whether products can be carried out where the first of them stands; for a sum, where the last one does."""
    statements = [found[number].statement for number in order]
    passed = ((i, range(i + 1, places[-1]) if sums else range(places[0], i)) for i in places)
    return not any(conflict(statements[i], statements[k]) for i, over in passed for k in over if k not in places)


def _best_order(groups: Sequence[Group]) -> tuple[str, ...]:
    """Return an order of the buffers of the first group, and of those that other groups tie to them.

    As many groups as possible lie side by side in it, the larger ones first.
    """
    tied = set(groups[0].members)
    while more := {name for one in groups if tied & set(one.members) for name in one.members} - tied:
        tied |= more
    names = tuple(dict.fromkeys(name for one in groups for name in one.members if name in tied))
    orders: Iterable[tuple[str, ...]] = (names,) if len(names) > _MOST else itertools.permutations(names)
    best = max(orders, key=lambda order: sum(len(one.members) for one in groups if one.adjoins(order)))
    used = {name for one in groups if one.adjoins(best) for name in one.members}
    return tuple(name for name in best if name in used)


# -- the one product -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Joined:
    """Buffers that became columns of one: where each of them lies in it."""

    buffer: Buffer
    places: Mapping[str, tuple[Size, Size]]

    def part(self, members: Sequence[str], at: At | Span | None) -> Ref:
        """Return the columns of some neighbours, in one step."""
        ordered = [one for one in self.places if one in members]
        if len(ordered) == len(self.places):
            return Ref(self.buffer.name, at)
        counts = [self.places[one][1] for one in ordered]
        return Ref(self.buffer.name, at, (self.places[ordered[0]][0], total(counts)))

    def put(self, ref: Ref) -> Ref:
        """Return what a reference to one of the buffers is now."""
        if ref.buffer not in self.places:
            return ref
        first, count = self.places[ref.buffer]
        columns = (first, count) if ref.columns is None else (first + ref.columns[0], ref.columns[1])
        return replace(ref, buffer=self.buffer.name, columns=columns)


def total(counts: Iterable[Size]) -> Size:
    """Return the sum of some sizes."""
    return reduce(operator.add, counts, Size())


def _joined(program: Program, order: tuple[str, ...]) -> Joined:
    like, counts = program.buffer(order[0]), [program.buffer(name).inner[-1] for name in order]
    name = free_name(program, _together(order))
    about = f"{', '.join(order)}, side by side"
    places = dict(zip(order, zip(_starts(counts), counts, strict=True), strict=True))
    whole = replace(like, name=name, dims=(*like.dims[:-1], total(counts)), about=about, parts=tuple(places.items()))
    return Joined(whole, places)


def _together(names: Sequence[str]) -> str:
    """Return a name for several: `W_ii_if_ig_io`, `dz_o_g_f_i`; of many, the first and the last."""
    begin = names[0].rpartition("_")[0] + "_"
    alike = len(begin) > 1 and all(one.startswith(begin) for one in names)
    first, *others = [one.removeprefix(begin) if alike and place else one for place, one in enumerate(names)]
    return "_".join([first, *others]) if len(names) < 6 else f"{first}_to_{others[-1]}"


def _starts(counts: Sequence[Size]) -> tuple[Size, ...]:
    return tuple(itertools.accumulate(counts[:-1], initial=Size()))


def _stacked(
    program: Program,
    name: str,
    loop: Loop,
    found: Sequence[Unit],
    order: tuple[str, ...],
    groups: tuple[Group, ...],
) -> tuple[Program, Loop]:
    """Return the program in which the buffers are columns of one, and the products of each group one product; and its loop."""
    joined = _joined(program, order)
    program = _with_buffer(program, joined)
    taken = {number: group for group in groups for number in group.numbers}
    kept: list[Unit] = []
    copies: list[Statement] = []
    for number, unit in enumerate(found):
        group = taken.get(number)
        if group is None:
            kept.append(unit)
        elif number == group.numbers[-1 if group.sums else 0]:
            products = [one for i in group.numbers if isinstance(one := found[i].statement, Gemm)]
            matrix, filled = _matrix(program, products, group, order)
            program = replace(program, buffers=(*program.buffers, matrix))
            copies += filled
            kept.append(replace(unit, statement=_product(products, group, matrix, joined)))
    new = replace(loop, body=tuple(exchange(one, joined.put) for one in blocks(kept)))
    program = put(program, name, loop, (*copies, new))
    moved = with_bodies(
        program, lambda procedure: tuple(one if one is new else exchange(one, joined.put) for one in procedure.body)
    )
    return with_arguments(moved), new


def _with_buffer(program: Program, joined: Joined) -> Program:
    """Return the program with the one buffer where the first of the others was."""
    place = next(number for number, one in enumerate(program.buffers) if one.name in joined.places)
    left = [one for one in program.buffers[:place] if one.name not in joined.places]
    right = [one for one in program.buffers[place:] if one.name not in joined.places]
    return replace(program, buffers=(*left, joined.buffer, *right))


def _matrix(
    program: Program, products: Sequence[Gemm], group: Group, order: tuple[str, ...]
) -> tuple[Buffer, list[Map]]:
    """Return the buffer of the stacked matrix, and the statements that fill it."""
    ordered = sorted(products, key=lambda one: order.index((one.a if group.sums else one.out).buffer))
    first = program.buffer(ordered[0].b.buffer)
    by_rows = ordered[0].trans_b is not group.sums  # (n, K) of a product with bᵀ, or of a sum of products with b
    counts = [program.buffer(one.b.buffer).dims[0 if by_rows else 1] for one in ordered]
    dims: Dims = (total(counts), first.dims[1]) if by_rows else (first.dims[0], total(counts))
    about = f"{', '.join(one.b.buffer for one in ordered)}, {'under one another' if by_rows else 'side by side'}"
    buffer = Buffer(free_name(program, _together([one.b.buffer for one in ordered])), dims, Role.WORK, about=about)
    parts = zip(_starts(counts), counts, strict=True)
    places = [Ref(buffer.name, rows=part) if by_rows else Ref(buffer.name, columns=part) for part in parts]
    return buffer, [Map(place, Load(one.b, full(2))) for place, one in zip(places, ordered, strict=True)]


def _product(products: Sequence[Gemm], group: Group, matrix: Buffer, joined: Joined) -> Gemm:
    first, b = products[0], Ref(matrix.name)
    if group.sums:
        return replace(first, a=joined.part(group.members, first.a.at), b=b)
    return replace(first, out=joined.part(group.members, first.out.at), b=b)
