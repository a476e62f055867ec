"""Statements of the loop language as lines of NumPy. Every result goes into memory that exists: `out=` everywhere."""

from __future__ import annotations

import re
from dataclasses import dataclass

from symrnn.backends.names import plain
from symrnn.ir.nodes import (
    At,
    Block,
    Broadcast,
    Call,
    Gemm,
    Load,
    Loop,
    Map,
    Number,
    Program,
    Reduce,
    Ref,
    Scalar,
    Size,
    Statement,
)
from symrnn.ir.shapes import Dims, dims, matrix, same_dims
from symrnn.ir.walk import loads

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

_SPECIAL_POWERS = {(2, 1): "np.square", (1, 2): "np.sqrt", (-1, 1): "np.reciprocal"}


@dataclass(frozen=True, slots=True)
class Code:
    """Lines of source and the scratch arrays they need: (name, dimensions)."""

    lines: tuple[str, ...] = ()
    scratch: tuple[tuple[str, Dims], ...] = ()

    def __add__(self, other: Code) -> Code:
        new = tuple(one for one in other.scratch if one not in self.scratch)
        return Code(self.lines + other.lines, self.scratch + new)


def body(program: Program, statements: tuple[Statement, ...], depth: int = 0) -> Code:
    """Return the source of some statements, indented by `depth` levels."""
    code = Code()
    for statement in statements:
        code += _statement(program, statement, depth)
    return code


def _statement(program: Program, statement: Statement, depth: int) -> Code:
    margin = "    " * depth
    if isinstance(statement, Loop):
        steps = "reversed(range(T))" if statement.reverse else "range(T)"
        return Code((f"{margin}for t in {steps}:",)) + body(program, statement.body, depth + 1)
    if isinstance(statement, Block):
        comment = f"{margin}# ({plain(statement.label)}) {plain(statement.formula)}"
        return Code((comment,)) + body(program, statement.body, depth)
    if isinstance(statement, Gemm):
        code = _product(program, statement)
    elif isinstance(statement, Map):
        code = _map(program, statement)
    else:
        code = _reduction(program, statement)
    return Code(tuple(margin + line for line in code.lines), code.scratch)


def _product(program: Program, gemm: Gemm) -> Code:
    a = _operand(program, gemm.a, gemm.trans_a)
    b = _operand(program, gemm.b, gemm.trans_b)
    shape = matrix(dims(program, gemm.out))
    out = _as_matrix(program, gemm.out)
    if not gemm.accumulate:
        return Code((f"np.matmul({a}, {b}, out={out})",))
    scratch = _scratch(shape, 0)
    return Code((f"np.matmul({a}, {b}, out={scratch})", f"np.add({out}, {scratch}, out={out})"), ((scratch, shape),))


def _operand(program: Program, ref: Ref, transposed: bool) -> str:
    return _as_matrix(program, ref) + (".T" if transposed else "")


def _as_matrix(program: Program, ref: Ref) -> str:
    rank = len(dims(program, ref))
    return array(program, ref) + {0: "[np.newaxis, np.newaxis]", 1: "[np.newaxis]", 2: ""}[rank]


def _map(program: Program, statement: Map) -> Code:
    out, domain = array(program, statement.out), dims(program, statement.out)
    if not isinstance(statement.value, Call):
        what = _leaf(program, statement.value)
        return Code((f"np.add({out}, {what}, out={out})" if statement.accumulate else f"np.copyto({out}, {what})",))
    spare = tuple(_scratch(domain, index) for index in range(_depth(statement.value) + 1))
    if statement.accumulate:
        code = _into(program, statement.value, spare[0], spare)
        code += Code((f"np.add({out}, {spare[0]}, out={out})",))
    elif any(load.ref.buffer == statement.out.buffer for load in loads(statement.value)):
        code = _into(program, statement.value, out, spare)
    else:
        code = _into(program, statement.value, out, (out, *spare))
    return _with_scratch(code, spare, domain)


def _reduction(program: Program, statement: Reduce) -> Code:
    out, left = array(program, statement.out), dims(program, statement.out)
    spare = tuple(_scratch(statement.domain, index) for index in range(_depth(statement.value) + 1))
    code, what = Code(), spare[0]
    value = statement.value
    if isinstance(value, Call):
        code = _into(program, value, spare[0], spare)
    elif isinstance(value, Load) and value.broadcast is Broadcast.FULL:
        what = _as_matrix(program, value.ref)
    else:
        code = Code((f"np.copyto({spare[0]}, {_leaf(program, value)})",))
    function = {"sum": "np.sum", "max": "np.max"}[statement.operation]
    axis = {"rows": ", axis=0", "columns": ", axis=1", "all": ""}[statement.over]
    if not statement.accumulate:
        code += Code((f"{function}({what}{axis}, out={out})",))
        return _with_scratch(code, spare, statement.domain)
    part = _scratch(left, 0)
    code += Code((f"{function}({what}{axis}, out={part})", f"np.add({out}, {part}, out={out})"), ((part, left),))
    return _with_scratch(code, spare, statement.domain)


def _with_scratch(code: Code, spare: tuple[str, ...], domain: Dims) -> Code:
    """Declare those of the spare arrays that the lines use."""
    words = set(re.findall(r"\w+", "\n".join(code.lines)))
    return code + Code((), tuple((name, domain) for name in spare if name in words))


def _depth(value: Scalar) -> int:
    return 1 + max(map(_depth, value.arguments)) if isinstance(value, Call) else 0


def _into(program: Program, call: Call, target: str, spare: tuple[str, ...]) -> Code:
    """Return code that computes a call into `target`; arrays in `spare` are free to hold arguments.

    Arguments that are calls are computed one after the other, each into the next free array. The last operation may
    read and write `target`: NumPy's elementwise functions allow it.
    """
    code, operands, free = Code(), [], spare
    for argument in call.arguments:
        if isinstance(argument, Call):
            code += _into(program, argument, free[0], free)
            operands.append(free[0])
            free = free[1:]
        else:
            operands.append(_leaf(program, argument))
    return code + Code((_apply(call, operands, target),))


def _apply(call: Call, operands: list[str], target: str) -> str:
    exponent = call.arguments[-1]
    if call.function == "power" and isinstance(exponent, Number):
        special = _SPECIAL_POWERS.get((exponent.numerator, exponent.denominator))
        return (
            f"{special}({operands[0]}, out={target})" if special else f"np.power({', '.join(operands)}, out={target})"
        )
    return f"{UFUNCS[call.function]}({', '.join(operands)}, out={target})"


def _leaf(program: Program, value: Scalar) -> str:
    if isinstance(value, Number):
        return f"{value.numerator}.0" if value.denominator == 1 else f"{value.numerator}.0 / {value.denominator}.0"
    assert isinstance(value, Load)
    return array(program, value.ref) + ("[:, np.newaxis]" if value.broadcast is Broadcast.COLUMN else "")


def array(program: Program, ref: Ref) -> str:
    """Return a view of what `ref` reaches, even of one number: `h[t + 1]`, `c[t, :, I : I + H]`, `s[t, ...]`."""
    buffer = program.buffer(ref.buffer)
    index = [] if ref.at is None else [_step(ref.at)]
    if ref.columns is not None:
        index += [":"] * (len(buffer.inner) - 1) + [_range(*ref.columns)]
    elif index and not buffer.inner:
        index.append("...")
    return f"{ref.buffer}[{', '.join(index)}]" if index else ref.buffer


def _step(at: At) -> str:
    return str(at)


def _range(first: Size, count: Size) -> str:
    start = "" if first == Size() else str(first)
    return f"{start}:{first + count}" if not start else f"{start} : {first + count}"


def _scratch(domain: Dims, index: int) -> str:
    """Return the name of a scratch array: `_B_H`, then `_B_H_1`; `_B_IpH` for columns I + H."""
    sizes = "_".join(str(one).replace(" + ", "p").replace("*", "x") for one in domain) or "1"
    return f"_{sizes}" + (f"_{index}" if index else "")


def scratch_is_consistent(code: Code) -> bool:
    """Return whether no two scratch arrays of different dimensions share a name."""
    return all(
        first != second or same_dims(left, right) for first, left in code.scratch for second, right in code.scratch
    )
