"""Statements of the loop language as lines of NumPy. Every result goes into memory that exists: `out=` everywhere."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from symrnn.backends.names import plain
from symrnn.backends.numpy_heads import chunk, first_line, window
from symrnn.backends.numpy_loops import literal, named, original
from symrnn.backends.numpy_scans import scan
from symrnn.backends.numpy_views import array, as_matrix, entry, spread
from symrnn.ir.buffers import CHUNK, size
from symrnn.ir.dependence import meet
from symrnn.ir.nodes import (
    Block,
    Call,
    Chunks,
    Compound,
    Each,
    Extent,
    Gemm,
    Load,
    Loop,
    Map,
    Number,
    Procedure,
    Program,
    Reduce,
    Ref,
    Scalar,
    Share,
    Span,
    Statement,
    Windows,
)
from symrnn.ir.rename import exchanged, free_name
from symrnn.ir.scans import scan_of
from symrnn.ir.shapes import ONE, Dims, dims, domain, same_dims
from symrnn.ir.walk import compounds, loads, references

UFUNCS = {
    "add": "np.add",
    "sub": "np.subtract",
    "mul": "np.multiply",
    "div": "np.divide",
    "neg": "np.negative",
    "tanh": "np.tanh",
    "exp": "np.exp",
    "log": "np.log",
    "sqrt": "np.sqrt",
    "abs": "np.abs",
    "sign": "np.sign",
    "sin": "np.sin",
    "cos": "np.cos",
    "sigmoid": "_sigmoid",
    "relu": "_relu",
    "step": "_step",
    "softplus": "_softplus",
}

_LETTERS = "ijk"  # of the axes of a domain
_SPECIAL_POWERS = {(2, 1): "np.square", (1, 2): "np.sqrt", (-1, 1): "np.reciprocal"}


@dataclass(frozen=True, slots=True)
class Code:
    """Lines of source, the scratch arrays they need: (name, dimensions), and statements, of lines, carried out once before."""

    lines: tuple[str, ...] = ()
    scratch: tuple[tuple[str, Dims], ...] = ()
    once: tuple[tuple[str, ...], ...] = ()

    def __add__(self, other: Code) -> Code:
        new = tuple(one for one in other.scratch if one not in self.scratch)
        once = tuple(one for one in other.once if one not in self.once)
        return Code(self.lines + other.lines, self.scratch + new, self.once + once)


def whole(program: Program, procedure: Procedure, depth: int) -> Code:
    """Return the source of a procedure's statements, in which every loop has a list of views of its own."""
    loops = [one for one in compounds(procedure.body) if isinstance(one, Loop)]
    names = [free_name(program, f"steps_{number + 1}") if number else "steps" for number in range(len(loops))]
    return _body(program, procedure.body, depth, {id(one): name for one, name in zip(loops, names, strict=True)})


def _body(program: Program, statements: tuple[Statement, ...], depth: int, steps: Mapping[int, str]) -> Code:
    """Return the source of some statements, indented by `depth` levels; `steps` names the views of each loop."""
    code = Code()
    for statement in statements:
        code += _statement(program, statement, depth, steps)
    return code


def _statement(program: Program, statement: Statement, depth: int, steps: Mapping[int, str]) -> Code:
    margin = "    " * depth
    if isinstance(statement, Block):
        comment = f"{margin}# ({plain(statement.label)}) {plain(statement.formula)}"
        return Code((comment,)) + _body(program, statement.body, depth, steps)
    if isinstance(statement, Each | Share):  # NumPy computes whole arrays: one Map after the other, and all rows
        return _body(program, statement.body, depth, steps)
    if isinstance(statement, Chunks):
        return Code(chunk(statement, margin)) + _body(program, statement.body, depth + 1, steps)
    if isinstance(statement, Windows):
        return Code(window(statement, margin)) + _body(program, statement.body, depth + 1, steps)
    if isinstance(statement, Loop) and (found := scan_of(program, statement)) is not None:
        inside = statement.body[0]
        what = (f"{margin}# ({plain(inside.label)}) {plain(inside.formula)}",) if isinstance(inside, Block) else ()
        return Code((*what, margin + scan(program, statement, found)))
    if isinstance(statement, Loop):
        loop = named(program, statement, steps[id(statement)])
        head = tuple(margin + line for line in (*loop.before, *loop.head))
        return Code(head, (), (loop.views,)) + _body(loop.program, loop.body, depth + 1, steps)
    if isinstance(statement, Compound):
        return Code((f"{margin}{first_line(statement)}:",)) + _body(program, statement.body, depth + 1, steps)
    if isinstance(statement, Gemm):
        code = _product(program, statement)
    elif isinstance(statement, Map):
        code = _map(program, statement)
    else:
        code = _reduction(program, statement)
    return replace(code, lines=tuple(margin + line for line in code.lines))


def _product(program: Program, gemm: Gemm) -> Code:
    a, b = _operand(program, gemm.a, gemm.trans_a), _operand(program, gemm.b, gemm.trans_b)
    if not gemm.accumulate:
        return Code((f"{_times(program, gemm)}({a}, {b}, {as_matrix(program, gemm.out)})",))
    shape = dims(program, gemm.out)
    inner = shape if len(shape) > 1 else (*(ONE, ONE), *shape)[-2:]
    out = array(program, gemm.out) if len(shape) > 2 else as_matrix(program, gemm.out)
    scratch = _scratch(inner, 0)
    flat = f"{scratch}.reshape({inner[0]} * {inner[1]}, {inner[2]})" if len(inner) > 2 else scratch
    return Code(
        (f"{_times(program, gemm)}({a}, {b}, {flat})", f"np.add({out}, {scratch}, {out})"),
        ((scratch.partition("[")[0], inner),),
    )


def _times(program: Program, gemm: Gemm) -> str:
    """Return the function of a product: `np.dot` costs less to call, but copies a part of the columns, and cannot write one."""
    return "np.dot" if all(original(program, ref).columns is None for ref in references(gemm)) else "np.matmul"


def _operand(program: Program, ref: Ref, transposed: bool) -> str:
    return as_matrix(program, ref) + (".T" if transposed else "")


def _map(program: Program, statement: Map) -> Code:
    out, inside = array(program, statement.out), domain(program, statement)
    if not isinstance(statement.value, Call):
        what = _leaf(program, statement.value, len(inside))
        return Code((f"np.add({out}, {what}, {out})" if statement.accumulate else f"np.copyto({out}, {what})",))
    spare = tuple(_scratch(inside, index) for index in range(_depth(statement.value) + 1))
    if statement.accumulate and _repeats(statement.value):
        code, what = _repeated(program, statement.value, inside)
        return code + Code((f"np.add({out}, {what}, {out})",))
    if statement.accumulate:
        code = _into(program, statement.value, spare[0], spare, inside)
        code += Code((f"np.add({out}, {spare[0]}, {out})",))
    elif _reads_later(program, statement.value, statement.out) or _is_scattered(statement.out):
        code = _into(program, statement.value, out, spare, inside)
    else:
        code = _into(program, statement.value, out, (out, *spare), inside)
    return _with_scratch(code, spare, inside)


def _reads_later(program: Program, value: Scalar, out: Ref) -> bool:
    """Return whether a value reads where its result goes, unless it does so in its first operation, which others only follow."""
    if not isinstance(value, Call) or not any(_meet(program, load.ref, out) for load in loads(value)):
        return False
    inner = [one for one in value.arguments if isinstance(one, Call)]
    read = [one for one in value.arguments if isinstance(one, Load) and _meet(program, one.ref, out)]
    if not inner:
        return any(one.ref != out for one in read)
    return len(inner) > 1 or bool(read) or _reads_later(program, inner[0], out)


def _is_scattered(out: Ref) -> bool:
    """Return whether a result is some columns of many steps: what is computed on the way to it is better kept elsewhere."""
    return isinstance(out.at, Span) and out.columns is not None


def _meet(program: Program, one: Ref, other: Ref) -> bool:
    return meet(original(program, one), original(program, other))


def _reduction(program: Program, statement: Reduce) -> Code:
    out, left = array(program, statement.out), dims(program, statement.out)
    target = _scratch(left, 0) if statement.accumulate else out
    factors = _factors(statement)
    part = _summed(program, statement, factors, target) if factors else _reduced(program, statement, target)
    if not statement.accumulate:
        return part
    return Code((), ((target.partition("[")[0], left),)) + part + Code((f"np.add({out}, {target}, {out})",))


def _reduced(program: Program, statement: Reduce, target: str) -> Code:
    """Return code that computes the values of a domain, and reduces them into `target`."""
    value, rank = statement.value, len(statement.domain)
    if _adds_rows(statement) and isinstance(value, Load):
        rows = "_".join(map(str, statement.domain[:-1])).replace(" + ", "p").replace("*", "x")
        count = " * ".join(f"({one})" if " " in str(one) else str(one) for one in statement.domain[:-1])
        line = f"np.matmul(_ones_{rows}, {as_matrix(program, value.ref)}, {target})"
        return Code((line,), (), ((f"_ones_{rows} = np.ones({count}, dtype)",),))
    spare = tuple(_scratch(statement.domain, index) for index in range(_depth(value) + 1))
    code, what = Code(), spare[0]
    if isinstance(value, Call):
        code = _into(program, value, spare[0], spare, statement.domain)
    elif isinstance(value, Load) and set(value.axes) >= set(range(rank)):
        what = spread(program, value, rank)
    else:
        code = Code((f"np.copyto({spare[0]}, {_leaf(program, value, rank)})",))
    function = {"sum": "np.add.reduce", "max": "np.maximum.reduce"}[statement.operation]  # np.sum takes longer to call
    over = ", ".join(map(str, statement.over))
    axis = "None" if len(statement.over) == rank else f"({over})" if len(statement.over) > 1 else over
    code += Code((f"{function}({what}, axis={axis}, out={target})",))
    return _with_scratch(code, spare, statement.domain)


def _adds_rows(statement: Reduce) -> bool:
    """Return whether all rows of a matrix over a span of steps are added: a product with ones, which NumPy does faster."""
    value = statement.value
    if not isinstance(value, Load) or not isinstance(value.ref.at, Span) or value.ref.at.length == CHUNK:
        return False
    return statement.operation == "sum" and statement.over == (0, 1) and value.axes == (0, 1, 2)


def _factors(statement: Reduce) -> tuple[Load, ...]:
    """Return the loads whose product is summed over some of three axes; nothing for any other reduction.

    The products need no memory of their own then, which would be as much as one matrix for each sequence.
    """
    factors = _multiplied(statement.value)
    reached = {axis for factor in factors for axis in factor.axes}
    fits = len(statement.domain) == 3 and statement.operation == "sum" and reached >= {0, 1, 2}
    return factors if fits and len(factors) > 1 else ()


def _multiplied(value: Scalar) -> tuple[Load, ...]:
    if isinstance(value, Load):
        return (value,)
    if not isinstance(value, Call) or value.function != "mul":
        return ()
    left, right = map(_multiplied, value.arguments)
    return (*left, *right) if left and right else ()


def _summed(program: Program, statement: Reduce, factors: tuple[Load, ...], target: str) -> Code:
    """Return code that sums a product of loads: one matrix for each sequence times a vector, or anything else."""
    over, *others = statement.over
    matrix_first = sorted(factors, key=lambda load: -len(_named(load)))
    kept = 3 - over  # of the axes 1 and 2, the one that is left
    one_each = over != 0 and len(factors) == 2  # the sum over the sequences themselves is no product of each sequence
    if others or not one_each or [_named(load) for load in matrix_first] != [{0, 1, 2}, {0, over}]:
        return Code((f"np.einsum({_subscripts(statement, factors)}, {_entries(program, factors)}, out={target})",))
    stack, vector = matrix_first
    turned = replace(vector, axes=tuple(kept if axis == over else axis for axis in vector.axes))
    operands = [spread(program, stack, 3), spread(program, turned, 3)]
    index = "[:, :, np.newaxis]" if over == 2 else "[:, np.newaxis, :]"
    a, b = operands if over == 2 else reversed(operands)
    return Code((f"np.matmul({a}, {b}, {target}{index})",))


def _named(load: Load) -> set[int]:
    return {axis for axis in load.axes if axis is not None}


def _subscripts(statement: Reduce, factors: tuple[Load, ...]) -> str:
    """Return the sum in letters, one for each axis of the domain: `"ijk,ij->k"`."""
    read = ("".join(_LETTERS[axis] for axis in load.axes if axis is not None) for load in factors)
    left = "".join(letter for axis, letter in enumerate(_LETTERS) if axis not in statement.over)
    return f'"{",".join(read)}->{left}"'


def _entries(program: Program, factors: tuple[Load, ...]) -> str:
    return ", ".join(entry(program, load) for load in factors)


def _with_scratch(code: Code, spare: tuple[str, ...], domain: Dims) -> Code:
    """Declare those of the spare arrays that the lines use."""
    words = set(re.findall(r"\w+", "\n".join(code.lines)))
    return code + Code((), tuple((array, domain) for one in spare if (array := one.partition("[")[0]) in words))


def _depth(value: Scalar) -> int:
    return 1 + max(map(_depth, value.arguments)) if isinstance(value, Call) else 0


def _into(program: Program, call: Call, target: str, spare: tuple[str, ...], inside: Dims) -> Code:
    """Return code that computes a call over a domain into `target`; arrays in `spare` are free to hold arguments.

    Arguments that are calls are computed one after the other, each into the next free array. The last operation may
    read and write `target`: NumPy's elementwise functions allow it.
    """
    code, operands, free, used = Code(), [], spare, 0
    for argument in call.arguments:
        if isinstance(argument, Call) and _repeats(argument):
            more, what = _repeated(program, argument, inside, used)
            code, used = code + more, used + _depth(argument) + 1
            operands.append(what)
        elif isinstance(argument, Call):
            code += _into(program, argument, free[0], free, inside)
            operands.append(free[0])
            free = free[1:]
        else:
            operands.append(_leaf(program, argument, len(inside)))
    return code + Code((_apply(call, operands, target),))


def _repeats(call: Call) -> bool:
    """Return whether a call has the same value along the first axis of its domain."""
    axes = [load.axes for load in loads(call)]
    return bool(axes) and not any(one in (0, None) for each in axes for one in each)


def _repeated(program: Program, call: Call, inside: Dims, used: int = 0) -> tuple[Code, str]:
    """Return code that computes a call without the axes in front along which it is the same, and where its value is then."""
    first = min((axis for load in loads(call) for axis in load.axes if axis is not None), default=len(inside))

    def put(load: Load) -> Load:
        return replace(load, axes=tuple(axis - first for axis in load.axes if axis is not None))

    spare = tuple(_scratch(inside[first:], used + index) for index in range(_depth(call) + 1))
    lowered = exchanged(call, put)
    assert isinstance(lowered, Call)
    return _with_scratch(_into(program, lowered, spare[0], spare, inside[first:]), spare, inside[first:]), spare[0]


def _apply(call: Call, operands: list[str], target: str) -> str:
    exponent = call.arguments[-1]
    if call.function == "power" and isinstance(exponent, Number):
        special = _SPECIAL_POWERS.get((exponent.numerator, exponent.denominator))
        return f"{special}({operands[0]}, {target})" if special else f"np.power({', '.join(operands)}, {target})"
    return f"{UFUNCS[call.function]}({', '.join(operands)}, {target})"


def _leaf(program: Program, value: Scalar, rank: int) -> str:
    if isinstance(value, Number | Extent):
        return literal(value)
    assert isinstance(value, Load)
    return spread(program, value, rank)


def _scratch(domain: Dims, index: int) -> str:
    """Return the name of a scratch array: `_B_H`, then `_B_H_1`; `_B_IpH` for columns I + H."""
    sizes = "_".join(str(one).replace(" + ", "p").replace("*", "x") for one in domain) or "1"
    name = f"_{sizes}" + (f"_{index}" if index else "")
    return f"{name}[:{CHUNK}]" if domain[:1] == (size(CHUNK),) else name  # the last chunk may be shorter


def scratch_is_consistent(code: Code) -> bool:
    """Return whether no two scratch arrays of different dimensions share a name."""
    return all(
        first != second or same_dims(left, right) for first, left in code.scratch for second, right in code.scratch
    )
