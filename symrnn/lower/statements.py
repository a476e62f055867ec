"""From expressions to statements: a term with a matrix product becomes a Gemm, everything else one elementwise statement.

An expression over columns of one sequence becomes an expression over the rows of a batch:

    W v         →  Gemm(out, v, W, transposed)        (B, H) = (B, I) (H, I)ᵀ
    Wᵀ v        →  Gemm(out, v, W)
    u vᵀ        →  Gemm(out, u, v, transposed first)  summed over the batch: (H, I) = (B, H)ᵀ (B, I)
    uᵀ v        →  Reduce over columns                a number for each sequence, (B), spread over the columns where it is read
    u (vᵀ w)    →  u · the number
    diag(u) v   →  u · v

A parameter b is a vector (H), the same for every sequence; where a Gemm needs rows of a batch it is spread into workspace.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sympy import Expr

from symrnn.algebra.nodes import (
    Add,
    Apply,
    Bar,
    Concat,
    Diag,
    Eye,
    Had,
    Leaf,
    Mul,
    Node,
    Ones,
    Power,
    Quotient,
    Scale,
    Slice,
    Transpose,
    Zeros,
)
from symrnn.errors import RuleError
from symrnn.ir.nodes import Broadcast, Call, Gemm, Load, Map, Number, Reduce, Ref, Scalar, Size, Statement
from symrnn.ir.walk import loads
from symrnn.lower.memory import BATCH, ONE, Memory, as_size


@dataclass
class Writer:
    """Statements under construction, and where the parts of a softmax already computed in this step are."""

    memory: Memory
    statements: list[Statement] = field(default_factory=list)
    softmaxes: dict[Node, tuple[Ref, Ref]] = field(default_factory=dict)

    def take(self) -> tuple[Statement, ...]:
        """Return the statements written since the last call."""
        taken, self.statements = tuple(self.statements), []
        return taken

    # -- whole right-hand sides ---------------------------------------------------------------------------------------

    def assign(self, out: Ref, expr: Node) -> None:
        """Write out = expr for a column expr; out is (B, n)."""
        if isinstance(expr, Concat):
            self._stack(out, expr)
            return
        if isinstance(expr, Apply) and expr.function == "softmax":
            self._softmax(out, expr.body)
            return
        products = [term for term in _terms(expr) if _is_linear_map(term)]
        others = [term for term in _terms(expr) if not _is_linear_map(term)]
        for place, term in enumerate(products):
            weight, column = term.args
            self._product(out, weight, self.materialise(column), accumulate=place > 0)
        if others:
            value = self.scalar(Add(*others))
            self.statements.append(Map(out, value, accumulate=bool(products)))

    def accumulate_gradient(self, out: Ref, expr: Node) -> None:
        """Write out += expr, summed over the batch: an outer product into a matrix, a column into a vector."""
        for term in _terms(expr):
            factor, bare = (term.factor, term.body) if isinstance(term, Scale) else (None, term)
            if isinstance(bare, Mul) and not bare.is_column:
                left, right = _outer(bare)
                a = self.materialise(left if factor is None else Scale(factor, left))
                self.statements.append(Gemm(out, a, self.materialise(right), trans_a=True, accumulate=True))
            elif term.is_column:
                over = "all" if term.is_scalar_shape else "rows"
                self.statements.append(Reduce(out, self.scalar(term), _domain(term), over, accumulate=True))
            else:
                raise RuleError(f"no lowering for the gradient term {term!r}: add one in symrnn/lower/statements.py")

    def accumulate_loss(self, out: Ref, expr: Node) -> None:
        """Write out += expr, summed over the batch; an inner product is summed over its columns at the same time."""
        for term in _terms(expr):
            factor, bare = (term.factor, term.body) if isinstance(term, Scale) else (None, term)
            if isinstance(bare, Mul) and len(bare.args) == 2 and _stored(bare.args[0]) is None:
                row, column = bare.args
                value = _times(self.scalar(_turned(row)), self.scalar(column))
            else:
                column, value = bare, self.scalar(bare)
            value = value if factor is None else _scaled(factor, value)
            self.statements.append(Reduce(out, value, _domain(column), "all", accumulate=True))

    # -- parts --------------------------------------------------------------------------------------------------------

    def materialise(self, expr: Node) -> Ref:
        """Return a reference to the rows (B, n) of a column, computing them into workspace if no buffer holds them."""
        found = self._place(expr)
        if found is not None and len(self.memory.shape(found)) == 2:
            return found
        out = self.memory.work("scratch", BATCH, as_size(expr.shape[0]))
        if found is not None:
            self.statements.append(Map(out, self._load(found)))
        else:
            self.assign(out, expr)
        return out

    def _place(self, expr: Node) -> Ref | None:
        """Return where a quantity, or some rows of one, is stored; None for what has to be computed."""
        if isinstance(expr, Leaf | Bar):
            return self.memory.find(expr)
        if isinstance(expr, Slice) and isinstance(expr.body, Leaf | Bar):
            whole = self.memory.find(expr.body)
            return Ref(whole.buffer, whole.at, (as_size(expr.first), as_size(expr.shape[0])))
        return None

    def scalar(self, expr: Node) -> Scalar:
        """Return a column expression as the value at one row and column of the batch; products go to workspace first."""
        if (place := self._place(expr)) is not None:
            return self._load(place)
        if isinstance(expr, Transpose) and (expr.is_scalar_shape or not isinstance(expr.args[0], Leaf)):
            return self.scalar(_turned(expr.args[0]))
        if isinstance(expr, Ones):
            return Number(1)
        if isinstance(expr, Zeros):
            return Number(0)
        if isinstance(expr, Scale):
            return _scaled(expr.factor, self.scalar(expr.body))
        if isinstance(expr, Add):
            return self._sum(expr)
        if isinstance(expr, Had):
            value = self.scalar(expr.args[0])
            for factor in expr.args[1:]:
                value = _times(value, self.scalar(factor))
            return value
        if isinstance(expr, Quotient):
            return Call("div", (self.scalar(expr.args[0]), self.scalar(expr.args[1])))
        if isinstance(expr, Power):
            return self._power(expr)
        if isinstance(expr, Apply):
            return self._application(expr)
        if isinstance(expr, Mul):
            return self._chain(expr)
        if isinstance(expr, Slice | Concat):
            return Load(self.materialise(expr))
        raise RuleError(f"no lowering for {type(expr).__name__} in {expr!r}: add one in symrnn/lower/statements.py")

    def _load(self, ref: Ref) -> Load:
        dims = self.memory.shape(ref)
        return Load(ref, {0: Broadcast.SCALAR, 1: Broadcast.ROW}.get(len(dims), Broadcast.FULL))

    def _sum(self, expr: Add) -> Scalar:
        value = self.scalar(expr.args[0])
        for term in expr.args[1:]:
            negative = isinstance(term, Scale) and term.factor.could_extract_minus_sign()
            value = Call("sub", (value, self.scalar(-term))) if negative else Call("add", (value, self.scalar(term)))
        return value

    def _power(self, expr: Power) -> Scalar:
        body, exponent = self.scalar(expr.args[0]), int(expr.args[1])
        if exponent < 0:
            return Call("div", (Number(1), Call("power", (body, Number(-exponent)))))
        return Call("power", (body, Number(exponent)))

    def _application(self, expr: Apply) -> Scalar:
        if expr.function == "identity":
            return self.scalar(expr.body)
        if expr.function == "log_softmax":
            largest, total = self._softmax_parts(expr.body)
            logarithm = self.memory.work("log_total", BATCH)
            self.statements.append(Map(logarithm, Call("log", (Load(total),))))
            shifted = Call("sub", (self.scalar(expr.body), Load(largest, Broadcast.COLUMN)))
            return Call("sub", (shifted, Load(logarithm, Broadcast.COLUMN)))
        if expr.function == "softmax":
            return Load(self.materialise(expr))
        return Call(expr.function, (self.scalar(expr.body),))

    def _chain(self, expr: Mul) -> Scalar:
        """Multiply a column from the left by factor after factor."""
        *factors, column = expr.args
        return self._apply(Mul(*factors), column, self.scalar(column))

    def _apply(self, factor: Node, column: Node, value: Scalar) -> Scalar:
        """Return factor · column, where `value` is the column."""
        if isinstance(factor, Add):
            total, *parts = (self._apply(term, column, value) for term in factor.args)
            for part in parts:
                total = Call("add", (total, part))
            return total
        if isinstance(factor, Scale):
            return _scaled(factor.factor, self._apply(factor.body, column, value))
        if isinstance(factor, Mul):
            for inner in reversed(factor.args):
                value, column = self._apply(inner, column, value), Mul(inner, column)
            return value
        if isinstance(factor, Diag):
            return _times(self.scalar(factor.args[0]), value)
        if isinstance(factor, Eye):
            return value
        if _stored(factor) is not None:
            return Load(self._stored_product(factor, value))
        if factor.is_column:
            return _times(self.scalar(factor), self._number(value))
        if factor.shape[0] == 1:
            return self._inner(_turned(factor), value)
        raise RuleError(f"no lowering for a product with {factor!r}: name the matrix, or multiply column by column")

    def _number(self, value: Scalar) -> Scalar:
        """Return the value of a column with one row, (B, 1), as something that is the same in every column."""
        if all(load.broadcast is not Broadcast.FULL for load in loads(value)):
            return value
        out = self.memory.work("number", BATCH)
        self.statements.append(Reduce(out, value, (BATCH, ONE), "columns"))
        return Load(out, Broadcast.COLUMN)

    def _inner(self, left: Node, value: Scalar) -> Scalar:
        out = self.memory.work("inner", BATCH)
        self.statements.append(Reduce(out, _times(self.scalar(left), value), _domain(left), "columns"))
        return Load(out, Broadcast.COLUMN)

    def _stored_product(self, weight: Node, value: Scalar) -> Ref:
        if isinstance(value, Load) and value.broadcast is Broadcast.FULL:
            operand = value.ref
        else:
            operand = self.memory.work("scratch", BATCH, as_size(weight.shape[1]))
            self.statements.append(Map(operand, value))
        out = self.memory.work("scratch", BATCH, as_size(weight.shape[0]))
        self._product(out, weight, operand, accumulate=False)
        return out

    def _product(self, out: Ref, weight: Node, operand: Ref, accumulate: bool) -> None:
        matrix = _stored(weight)
        assert matrix is not None
        place = self.memory.find(matrix)
        self.statements.append(Gemm(out, operand, place, trans_b=weight is matrix, accumulate=accumulate))

    def _stack(self, out: Ref, expr: Concat) -> None:
        first = Size()
        for block in expr.args:
            count = as_size(block.shape[0])
            self.assign(Ref(out.buffer, out.at, (first, count)), block)
            first = first + count

    def _softmax_parts(self, argument: Node) -> tuple[Ref, Ref]:
        """Return buffers (B) with the largest entry m of each row, and Σ exp(z − m)."""
        if argument not in self.softmaxes:
            largest, shifted = self._shifted(argument)
            self._total(argument, largest, shifted)
        return self.softmaxes[argument]

    def _shifted(self, argument: Node) -> tuple[Ref, Scalar]:
        """Write the largest entry m of each row; return where it is, and exp(z − m)."""
        largest = self.memory.work("largest", BATCH)
        value = self.scalar(argument)
        self.statements.append(Reduce(largest, value, _domain(argument), "columns", "max"))
        return largest, Call("exp", (Call("sub", (value, Load(largest, Broadcast.COLUMN))),))

    def _total(self, argument: Node, largest: Ref, terms: Scalar) -> Ref:
        total = self.memory.work("total", BATCH)
        self.statements.append(Reduce(total, terms, _domain(argument), "columns"))
        self.softmaxes[argument] = largest, total
        return total

    def _softmax(self, out: Ref, argument: Node) -> None:
        """Write softmax(z) = exp(z − m) / Σ exp(z − m); subtracting the largest entry m of each row avoids overflow."""
        largest, shifted = self._shifted(argument)
        self.statements.append(Map(out, shifted))
        total = self._total(argument, largest, Load(out))
        self.statements.append(Map(out, Call("div", (Load(out), Load(total, Broadcast.COLUMN)))))


def _domain(column: Node) -> tuple[Size, Size]:
    return BATCH, as_size(column.shape[0])


def _terms(expr: Node) -> tuple[Node, ...]:
    return expr.args if isinstance(expr, Add) else (expr,)


def _stored(factor: Node) -> Leaf | None:
    """Return the parameter matrix that a factor is, or is the transpose of; None for anything else."""
    plain = factor.args[0] if isinstance(factor, Transpose) else factor
    return plain if isinstance(plain, Leaf) and plain.time is None and not plain.is_column else None


def _is_linear_map(term: Node) -> bool:
    """Whether a term is a parameter matrix, or its transpose, times a column."""
    return isinstance(term, Mul) and len(term.args) == 2 and term.is_column and _stored(term.args[0]) is not None


def _turned(expr: Node) -> Node:
    """Return the transpose, with the transposes moved down to the leaves: a row becomes an expression over columns."""
    if isinstance(expr, Ones | Zeros):
        return type(expr)(*reversed(expr.shape))
    if isinstance(expr, Mul):
        return Mul(*map(_turned, reversed(expr.args)))
    if isinstance(expr, Add | Had | Quotient | Scale | Power | Apply):
        return expr.func(*(_turned(arg) if isinstance(arg, Node) else arg for arg in expr.args))
    return expr if isinstance(expr, Diag | Eye) or expr.is_scalar_shape else expr.T


def _outer(term: Mul) -> tuple[Node, Node]:
    """Return u and v of an outer product u vᵀ."""
    for cut in range(1, len(term.args)):
        left = Mul(*term.args[:cut])
        if left.is_column:
            return left, Mul(*map(_turned, reversed(term.args[cut:])))
    raise RuleError(f"{term!r} is not an outer product of two columns; no gradient term of this form can be lowered")


def _times(left: Scalar, right: Scalar) -> Scalar:
    if left == Number(1):
        return right
    return left if right == Number(1) else Call("mul", (left, right))


def _scaled(factor: Expr, value: Scalar) -> Scalar:
    if not factor.is_Rational:
        raise RuleError(f"the scalar {factor} is not a fraction; only numbers can stand in emitted code")
    if factor == -1:
        return Call("neg", (value,))
    sign, size = factor < 0, abs(factor)
    scaled = _times(Number(int(size.p), int(size.q)), value)
    return Call("neg", (scaled,)) if sign else scaled
