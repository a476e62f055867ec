"""From expressions to statements: a parameter matrix times a column becomes a Gemm, everything else one elementwise statement.

An expression of one sequence becomes an expression over the batch. Its frame (see `frames`) says along which axes of the
statement its rows and columns run; products are in `products`. Gradients of what belongs to no sequence are summed over the
batch:

    u vᵀ  into W      →  Gemm(out, u, v, transposed first)        (H, I) = (B, H)ᵀ (B, I)
    column into b     →  Reduce over the batch                    Σ_b

A parameter b is a vector (H), the same for every sequence; where a Gemm needs rows of a batch it is spread into workspace.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
    Multiple,
    Node,
    Ones,
    Power,
    Quotient,
    Scale,
    Slice,
    Trace,
    Transpose,
    Zeros,
)
from symrnn.errors import RuleError
from symrnn.ir.nodes import Call, Extent, Gemm, Load, Map, Number, Reduce, Ref, Scalar, Statement
from symrnn.lower import products, stacks
from symrnn.lower.frames import Frame, frame_of, load, moves, stored_letters
from symrnn.lower.memory import BATCH, Memory, as_size
from symrnn.lower.products import stored_matrix, times, turned

Stored = tuple[Ref, str]  # where something is, and along which axes its dimensions run


@dataclass
class Writer:
    """Statements under construction, and where the parts of a softmax already computed in this step are."""

    memory: Memory
    statements: list[Statement] = field(default_factory=list)
    softmaxes: dict[Node, tuple[Stored, Stored]] = field(default_factory=dict)
    known: dict[Node, Stored] = field(default_factory=dict)  # parts of products, within one equation

    def take(self) -> tuple[Statement, ...]:
        """Return the statements written since the last call."""
        taken, self.statements, self.known = tuple(self.statements), [], {}
        return taken

    # -- whole right-hand sides ---------------------------------------------------------------------------------------

    def assign(self, out: Ref, expr: Node, accumulate: bool = False, batch: bool | None = None) -> None:
        """Write out = expr or out += expr; out has the batch in front if `batch`, else if the expression belongs to one."""
        batch = moves(expr) if batch is None else batch
        if isinstance(expr, Concat) and expr.is_column:
            self._stack(out, expr, accumulate, batch)
            return
        if isinstance(expr, Apply) and expr.function == "softmax" and not accumulate:
            self._softmax(out, expr.body, batch)
            return
        padded = [term for term in terms_of(expr) if stacks.is_padded(term)]
        linear = [term for term in terms_of(expr) if _is_linear_map(term, batch)]
        others = [term for term in terms_of(expr) if term not in padded and term not in linear]
        for term in linear:
            if batch:
                products.gemm(self, term.args[0], Mul(*term.args[1:]), out, accumulate)
            else:
                products.matrix_product(self, term.args[0], Mul(*term.args[1:]), out, accumulate)
            accumulate = True
        if others:
            value = self.scalar(Add(*others), self._frame(out, expr, batch))
            self.statements.append(Map(out, value, accumulate))
        if padded:
            self._pile(out, padded, accumulate or bool(others), batch)

    def _frame(self, out: Ref, expr: Node, batch: bool) -> Frame:
        frame = frame_of(expr.shape, batch)
        dims = self.memory.shape(out)
        if len(dims) == len(frame.axes):
            return frame
        letters = "rc" if len(dims) == 2 else "r"  # a matrix of parameters with one row or column
        return Frame(tuple(zip(letters, dims, strict=True)))

    def accumulate_gradient(self, out: Ref, expr: Node) -> None:
        """Write out += expr for what belongs to no sequence: the parts, also those that are alike, are summed over the batch."""
        for term in terms_of(expr):
            factor, bare = (term.factor, term.body) if isinstance(term, Scale) else (None, term)
            place = products.split(bare.args) if isinstance(bare, Mul) else None
            if place is not None and len(self.memory.shape(out)) == 2:
                left, right = Mul(*bare.args[:place]), turned(Mul(*bare.args[place:]))
                a = self.materialise(left if factor is None else Scale(factor, left))
                self.statements.append(Gemm(out, a, self.materialise(right), trans_a=True, accumulate=True))
                continue
            inner = self._frame(out, term, False)
            frame = Frame((("b", BATCH), *inner.axes))
            self.statements.append(Reduce(out, self.scalar(term, frame), frame.domain, (0,), accumulate=True))

    def accumulate_loss(self, out: Ref, expr: Node) -> None:
        """Write out += expr, summed over the batch; an inner product is summed over its columns at the same time."""
        for term in terms_of(expr):
            factor, bare = (term.factor, term.body) if isinstance(term, Scale) else (None, term)
            frame = Frame((("b", BATCH),))
            if isinstance(bare, Mul) and len(bare.args) == 2 and stored_matrix(bare.args[0]) is None:
                frame = frame_of(bare.args[1].shape, True)
                value = times(self.scalar(turned(bare.args[0]), frame), self.scalar(bare.args[1], frame))
            else:
                value = self.scalar(bare, frame)
            value = value if factor is None else self.scaled(factor, value)
            self.statements.append(Reduce(out, value, frame.domain, tuple(range(len(frame.axes))), accumulate=True))

    # -- parts --------------------------------------------------------------------------------------------------------

    def materialise(self, expr: Node) -> Ref:
        """Return a reference to the rows (B, n) of a column, computing them into workspace if no buffer holds them."""
        found = self.place(expr)
        if found is not None and len(self.memory.shape(found)) == 2:
            return found
        frame = frame_of(expr.shape, True)
        out = self.memory.work("scratch", *frame.domain)
        if found is not None:
            self.statements.append(Map(out, load(found, self.memory.shape(found), "r", frame)))
        else:
            self.assign(out, expr, batch=True)
        return out

    def vector(self, expr: Node) -> Ref:
        """Return a reference to a column that belongs to no sequence, computing it into workspace if no buffer holds it."""
        found = self.place(expr)
        if found is not None:
            return found
        out = self.memory.work("scratch", *frame_of(expr.shape, False).domain)
        self.assign(out, expr, batch=False)
        return out

    def place(self, expr: Node) -> Ref | None:
        """Return where a quantity, or some rows of a column, is stored; None for what has to be computed."""
        if expr in self.known:
            return self.known[expr][0]
        if isinstance(expr, Leaf | Bar):
            return self.memory.find(expr)
        if isinstance(expr, Slice) and isinstance(expr.body, Leaf | Bar) and expr.is_column:
            whole = self.memory.find(expr.body)
            return Ref(whole.buffer, whole.at, (as_size(expr.first), as_size(expr.shape[0])))
        return None

    def stored(self, expr: Node, value: Callable[[Frame], Scalar]) -> Node:
        """Compute a part of a product into workspace, once; return it: from now on it has a place."""
        if expr not in self.known and self.place(expr) is None:
            frame = frame_of(expr.shape, moves(expr))
            out = self.memory.work("scratch", *frame.domain)
            self.statements.append(Map(out, value(frame)))
            self.known[expr] = out, frame.letters
        return expr

    def _letters(self, expr: Node) -> str:
        if expr in self.known:
            return self.known[expr][1]
        body = expr.body if isinstance(expr, Slice) else expr
        leaf = body.leaf if isinstance(body, Bar) else body
        assert isinstance(leaf, Leaf)
        return stored_letters(leaf)

    def scalar(self, expr: Node, frame: Frame, flip: bool = False) -> Scalar:
        """Return an expression as the value at one element of a frame; products that are summed go to workspace first.

        Rows run along "r" and columns along "c", or the other way round with `flip`.
        """
        if (place := self.place(expr)) is not None:
            return load(place, self.memory.shape(place), self._letters(expr), frame, flip)
        if isinstance(expr, Transpose):
            return self.scalar(expr.args[0], frame, not flip)
        if isinstance(expr, Ones | Zeros):
            return Number(1 if isinstance(expr, Ones) else 0)
        if isinstance(expr, Scale):
            return self.scaled(expr.factor, self.scalar(expr.body, frame, flip))
        if isinstance(expr, Multiple):
            return times(self.scalar(expr.scalar, frame), self.scalar(expr.body, frame, flip))
        if isinstance(expr, Add):
            return self._sum(expr, frame, flip)
        if isinstance(expr, Had):
            value, *others = (self.scalar(factor, frame, flip) for factor in expr.args)
            for other in others:
                value = times(value, other)
            return value
        if isinstance(expr, Quotient):
            return Call("div", (self.scalar(expr.args[0], frame, flip), self.scalar(expr.args[1], frame, flip)))
        if isinstance(expr, Power):
            return self._power(expr, frame, flip)
        if isinstance(expr, Apply):
            return self._application(expr, frame, flip)
        if isinstance(expr, Mul):
            return products.product(self, expr.args, frame, flip)
        if isinstance(expr, Trace):
            return products.trace(self, expr, frame)
        if isinstance(expr, Slice | Concat):
            return self._computed(expr, frame, flip)
        if isinstance(expr, Diag | Eye):
            return self._diagonal(expr, frame)
        raise RuleError(f"no lowering for {type(expr).__name__} in {expr!r}: add one in symrnn/lower/statements.py")

    def _diagonal(self, expr: Diag | Eye, frame: Frame) -> Scalar:
        """Return the one entry of a diagonal matrix of size 1; a larger one is only multiplied by something."""
        if not expr.is_scalar_shape:
            raise RuleError(
                f"no lowering for {expr!r} as a matrix that is added: multiply each part on its own, as in A @ v + u * v for "
                f"(A + diag(u)) @ v"
            )
        return Number(1) if isinstance(expr, Eye) else self.scalar(expr.args[0], frame)

    def _computed(self, expr: Node, frame: Frame, flip: bool) -> Scalar:
        """Compute a stack or some rows into workspace and load it."""
        if not expr.is_column:
            raise RuleError(f"no lowering for {expr!r}: only columns are stacked and cut")
        body = expr.body if isinstance(expr, Slice) else expr
        if body is not expr:  # rows of something that is not stored: store it, then load the rows
            self.stored(body, lambda inner: self.scalar(body, inner))
            whole, letters = self.known[body]
            rows = Ref(whole.buffer, whole.at, (as_size(expr.first), as_size(expr.shape[0])))
            return load(rows, self.memory.shape(rows), letters, frame, flip)
        batch = moves(expr)
        inner = frame_of(expr.shape, batch)
        out = self.memory.work("scratch", *inner.domain)
        self.assign(out, expr, batch=batch)
        return load(out, self.memory.shape(out), inner.letters, frame, flip)

    def _sum(self, expr: Add, frame: Frame, flip: bool) -> Scalar:
        value = self.scalar(expr.args[0], frame, flip)
        for term in expr.args[1:]:
            negative = isinstance(term, Scale) and term.factor.could_extract_minus_sign()
            other = self.scalar(-term if negative else term, frame, flip)
            value = Call("sub" if negative else "add", (value, other))
        return value

    def _power(self, expr: Power, frame: Frame, flip: bool) -> Scalar:
        body, exponent = self.scalar(expr.args[0], frame, flip), int(expr.args[1])
        if exponent < 0:
            return Call("div", (Number(1), Call("power", (body, Number(-exponent)))))
        return Call("power", (body, Number(exponent)))

    def _application(self, expr: Apply, frame: Frame, flip: bool) -> Scalar:
        if expr.function == "identity":
            return self.scalar(expr.body, frame, flip)
        if expr.function == "log_softmax":
            (largest, letters), (total, _) = self._softmax_parts(expr.body)
            logarithm = self.memory.work("log_total", *self.memory.shape(total))
            whole = Load(total, tuple(range(len(letters))))
            self.statements.append(Map(logarithm, Call("log", (whole,))))
            shifted = Call("sub", (self.scalar(expr.body, frame, flip), self._number(largest, letters, frame)))
            return Call("sub", (shifted, self._number(logarithm, letters, frame)))
        if expr.function == "softmax":
            batch = moves(expr)
            inner = frame_of(expr.shape, batch)
            out = self.memory.work("scratch", *inner.domain)
            self._softmax(out, expr.body, batch)
            return load(out, self.memory.shape(out), inner.letters, frame, flip)
        return Call(expr.function, (self.scalar(expr.body, frame, flip),))

    def _number(self, ref: Ref, letters: str, frame: Frame) -> Load:
        return load(ref, self.memory.shape(ref), letters, frame)

    def _stack(self, out: Ref, expr: Concat, accumulate: bool, batch: bool) -> None:
        for place, block in stacks.blocks(out, expr):
            if not (accumulate and isinstance(block, Zeros)):
                self.assign(place, block, accumulate, batch)

    def _pile(self, out: Ref, padded: Sequence[Node], accumulate: bool, batch: bool) -> None:
        """Write the sum of stacks with zeros in them: of each only what is not zero, in its place."""
        parts = [part for one in padded for part in stacks.blocks(out, one) if not isinstance(part[1], Zeros)]
        if not accumulate and not stacks.fill([place for place, _ in parts], as_size(padded[0].shape[0])):
            self.statements.append(Map(out, Number(0)))
            accumulate = True
        for place, block in parts:
            self.assign(place, block, accumulate, batch)

    # -- softmax ------------------------------------------------------------------------------------------------------

    def _softmax_parts(self, argument: Node) -> tuple[Stored, Stored]:
        """Return where the largest entry m of each row is, and Σ exp(z − m)."""
        if argument not in self.softmaxes:
            frame = frame_of(argument.shape, moves(argument))
            largest, shifted = self._shifted(argument, frame)
            self._total(argument, frame, largest, shifted)
        return self.softmaxes[argument]

    def _shifted(self, argument: Node, frame: Frame) -> tuple[Ref, Scalar]:
        """Write the largest entry m of each row; return where it is, and exp(z − m)."""
        rest = frame.without("r")
        largest, value = self.memory.work("largest", *rest.domain), self.scalar(argument, frame)
        self.statements.append(Reduce(largest, value, frame.domain, (len(rest.axes),), "max"))
        return largest, Call("exp", (Call("sub", (value, self._number(largest, rest.letters, frame))),))

    def _total(self, argument: Node, frame: Frame, largest: Ref, powers: Scalar) -> Ref:
        rest = frame.without("r")
        total = self.memory.work("total", *rest.domain)
        self.statements.append(Reduce(total, powers, frame.domain, (len(rest.axes),)))
        self.softmaxes[argument] = (largest, rest.letters), (total, rest.letters)
        return total

    def _softmax(self, out: Ref, argument: Node, batch: bool) -> None:
        """Write softmax(z) = exp(z − m) / Σ exp(z − m); subtracting the largest entry m of each row avoids overflow."""
        frame = frame_of(argument.shape, batch)
        largest, shifted = self._shifted(argument, frame)
        self.statements.append(Map(out, shifted))
        written = load(out, frame.domain, frame.letters, frame)
        total = self._total(argument, frame, largest, written)
        self.statements.append(Map(out, Call("div", (written, self._number(total, frame.without("r").letters, frame)))))

    @staticmethod
    def scaled(factor: Expr, value: Scalar) -> Scalar:
        """Return a multiple of a value; the factor is a fraction of numbers and sizes.

        Raises:
            RuleError: for anything else.
        """
        sign, size = factor.could_extract_minus_sign(), -factor if factor.could_extract_minus_sign() else factor
        above, below = size.as_numer_denom()
        if size.is_Rational:
            value = times(Number(int(size.p), int(size.q)), value)
        else:
            for part in above.as_ordered_factors():
                value = times(_count(part, factor), value)
            for part in below.as_ordered_factors():
                value = Call("div", (value, _count(part, factor)))
        return Call("neg", (value,)) if sign else value


def _count(part: Expr, factor: Expr) -> Scalar:
    if part.is_Integer:
        return Number(int(part))
    if not part.free_symbols or not all(symbol.is_integer for symbol in part.free_symbols):
        raise RuleError(
            f"the scalar {factor} is not a fraction of numbers and sizes; only these can stand in emitted code"
        )
    return Extent(as_size(part))


def terms_of(expr: Node) -> tuple[Node, ...]:
    """Return the terms of a sum, or the one term."""
    return expr.args if isinstance(expr, Add) else (expr,)


def _is_linear_map(term: Node, batch: bool) -> bool:
    """Whether a term is a parameter matrix, or its transpose, times a column; or a product of two parameter matrices."""
    if not isinstance(term, Mul) or stored_matrix(term.args[0]) is None or len(term.args) != 2:
        return False
    if batch:
        return term.is_column and not isinstance(term.args[1], Ones)
    plain = stored_matrix(term.args[1])
    return plain is not None and products.split(term.args) is None
