r"""Matrix expressions in LaTeX, in the notation of the field: `\mathbf{W}_{aa}^\top \mathbf{a}^{(t-1)}`.

Columns and matrices are bold, scalars are not; a step stands in parentheses above; a derivative in numerator layout is written
∂J/∂X, an adjoint with a bar. The author's order of terms is kept. Whole documents are put together in `telling`.
"""

from __future__ import annotations

from functools import singledispatch
from itertools import pairwise

from sympy import Expr, Integer, Rational, latex

from symrnn.algebra.functions import ALL
from symrnn.algebra.nodes import (
    Add,
    Apply,
    Bar,
    Concat,
    D,
    Diag,
    Eye,
    Had,
    Jac,
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
from symrnn.algebra.time import ProdT, SumT
from symrnn.calculus.records import Differential
from symrnn.documents.document import BREAK
from symrnn.errors import RuleError

SUM, PRODUCT, FACTOR, TIGHT = 1, 2, 3, 9  # how tightly an expression binds
_ACCENTS = {"hat": r"\hat", "tilde": r"\tilde", "bar": r"\bar", "dot": r"\dot"}
_GREEK = frozenset(
    [
        "alpha",
        "beta",
        "gamma",
        "delta",
        "epsilon",
        "zeta",
        "eta",
        "theta",
        "iota",
        "kappa",
        "lambda",
        "mu",
        "nu",
        "xi",
        "pi",
        "rho",
        "sigma",
        "tau",
        "upsilon",
        "phi",
        "chi",
        "psi",
        "omega",
        "Gamma",
        "Delta",
        "Theta",
        "Lambda",
        "Xi",
        "Pi",
        "Sigma",
        "Upsilon",
        "Phi",
        "Psi",
        "Omega",
    ]
)


def math(expr: Node, around: int = 0) -> str:
    """Return an expression in LaTeX, in parentheses if it binds less tightly than `around`."""
    binding, written = write(expr)
    return written if binding >= around else rf"\left({written}\right)"


def breakable(expr: Node) -> str:
    """Return an expression in LaTeX with a mark before each term of a sum where a long line may be broken."""
    return _sum(expr, f" {BREAK} ") if isinstance(expr, Add) and len(expr.args) > 2 else math(expr)


# -- names ---------------------------------------------------------------------------------------------------------------


def symbol(name: str, bold: bool = True) -> str:
    r"""Return a name: `W_aa` is W with the subscript aa, `y_hat` has a hat, `alpha` is a Greek letter."""
    head, *tail = name.split("_")
    head = _letters(head, bold)
    while tail and tail[0] in _ACCENTS:
        head = f"{_ACCENTS[tail.pop(0)]}{{{head}}}"
    under = _subscript(tail)
    return f"{head}_{_braced(under)}" if under else head


def _braced(script: str) -> str:
    return script if len(script) == 1 else f"{{{script}}}"


def _letters(part: str, bold: bool) -> str:
    if part in _GREEK:
        return rf"\boldsymbol{{\{part}}}" if bold else rf"\{part}"
    if not bold:
        return part if len(part) == 1 else rf"\mathit{{{part}}}"
    return rf"\mathbf{{{part}}}"


def _subscript(parts: list[str]) -> str:
    written: list[str] = []
    for part in parts:
        if part in _ACCENTS and written:
            written[-1] = f"{_ACCENTS[part]}{{{written[-1]}}}"
        elif part in _GREEK:
            written.append(rf"\{part}")
        else:
            written.append(part if len(part) <= 2 else rf"\mathrm{{{part}}}")
    return ",".join(written)


def size(expr: Expr) -> str:
    """Return a symbolic size in LaTeX."""
    return latex(expr)


def time(expr: Expr) -> str:
    """Return a step in LaTeX: `t-1`."""
    return latex(expr).replace(" ", "")


def leaf(of: Leaf, accent: str = "") -> str:
    """Return a leaf with its step, and a bar over its letter if asked."""
    bold = of.shape != (1, 1)
    written = symbol(of.name, bold)
    if accent:
        head, _, tail = _split_subscript(written)
        written = f"{accent}{{{head}}}{tail}"
    return written if of.time is None else f"{written}^{{({time(of.time)})}}"


def _fenced(expr: Node) -> str:
    return rf"({math(expr)})"


def _split_subscript(written: str) -> tuple[str, str, str]:
    depth = 0
    for place, character in enumerate(written):
        depth += (character == "{") - (character == "}")
        if character == "_" and depth == 0:
            return written[:place], "_", written[place:]
    return written, "", ""


# -- nodes ---------------------------------------------------------------------------------------------------------------


@singledispatch
def write(expr: Node) -> tuple[int, str]:
    """Return how tightly an expression binds, and its LaTeX."""
    raise RuleError(f"no LaTeX for {type(expr).__name__}: add it in symrnn/documents/notation.py")


@write.register
def _leaf(expr: Leaf) -> tuple[int, str]:
    return TIGHT, leaf(expr)


@write.register
def _differential_of_leaf(expr: D) -> tuple[int, str]:
    return TIGHT, rf"\mathrm{{d}}{leaf(expr.leaf)}"


@write.register
def _differential(expr: Differential) -> tuple[int, str]:
    return TIGHT, rf"\mathrm{{d}}\left({math(expr.body)}\right)"


@write.register
def _jacobian(expr: Jac) -> tuple[int, str]:
    return TIGHT, rf"\frac{{\partial J}}{{\partial {leaf(expr.leaf)}}}"


@write.register
def _adjoint(expr: Bar) -> tuple[int, str]:
    return TIGHT, leaf(expr.leaf, r"\bar")


@write.register
def _ones(expr: Ones) -> tuple[int, str]:
    if expr.is_scalar_shape:
        return TIGHT, "1"
    return TIGHT, r"\mathbf{1}^\top" if expr.shape[0] == 1 and expr.shape[1] != 1 else r"\mathbf{1}"


@write.register
def _zeros(expr: Zeros) -> tuple[int, str]:
    return TIGHT, r"\mathbf{0}" if expr.shape != (1, 1) else "0"


@write.register
def _identity(expr: Eye) -> tuple[int, str]:
    return TIGHT, r"\mathbf{I}"


@write.register
def _add(expr: Add) -> tuple[int, str]:
    return SUM, _sum(expr, " ")


def _sum(expr: Node, gap: str) -> str:
    written = math(expr.args[0], SUM)
    for term in expr.args[1:]:
        if isinstance(term, Scale) and term.factor.could_extract_minus_sign():
            written += f"{gap}- {math(-term, PRODUCT)}"
        else:
            written += f"{gap}+ {math(term, PRODUCT)}"
    return written


@write.register
def _scale(expr: Scale) -> tuple[int, str]:
    if expr.factor == -1:
        return SUM, f"-{math(expr.body, PRODUCT)}"
    if isinstance(expr.body, Ones) and expr.body.shape == (1, 1):
        return TIGHT, _number(expr.factor)
    binding = SUM if expr.factor.could_extract_minus_sign() else PRODUCT
    plain = isinstance(expr.body, Multiple) or (isinstance(expr.body, Mul) and not expr.factor.is_number)
    return binding, rf"{_number(expr.factor)}\,{math(expr.body, PRODUCT if plain else FACTOR)}"


@write.register
def _multiple(expr: Multiple) -> tuple[int, str]:
    """A number in front of a product needs no parentheses, in front of a ∘ b or of a sum it does."""
    around = PRODUCT if isinstance(expr.body, Mul | Multiple) else FACTOR
    return PRODUCT, rf"{math(expr.scalar, FACTOR)}\,{math(expr.body, around)}"


def _number(factor: Expr) -> str:
    if factor.is_Add:
        return rf"\left({latex(factor)}\right)"
    if isinstance(factor, Rational) and not isinstance(factor, Integer):
        return rf"{'-' if factor < 0 else ''}\tfrac{{{abs(factor.p)}}}{{{factor.q}}}"
    return latex(factor)


@write.register
def _product(expr: Mul) -> tuple[int, str]:
    written = math(expr.args[0], FACTOR)
    for left, factor in pairwise(expr.args):
        apart = isinstance(factor, D | Diag) or any(write(one)[1].startswith(r"\frac") for one in (left, factor))
        written += (r" \, " if apart else " ") + math(factor, FACTOR)
    return PRODUCT, written


@write.register
def _entrywise(expr: Had) -> tuple[int, str]:
    return PRODUCT, r" \circ ".join(math(factor, FACTOR) for factor in expr.args)


@write.register
def _quotient(expr: Quotient) -> tuple[int, str]:
    """Division by one number is a fraction, whatever is divided."""
    below = _one_number(expr.args[1])
    if below is not None:
        return TIGHT, rf"\frac{{{math(expr.args[0])}}}{{{math(below)}}}"
    return PRODUCT, rf"{math(expr.args[0], FACTOR)} \oslash {math(expr.args[1], FACTOR)}"


def _one_number(expr: Node) -> Node | None:
    """Return the number that a matrix has at every entry, as one row and column, where it is written as `s 1`."""
    if expr.is_scalar_shape:
        return expr
    if isinstance(expr, Multiple) and isinstance(expr.body, Ones):
        return expr.scalar
    if isinstance(expr, Scale | Power | Multiple):
        place = 0 if isinstance(expr, Power) else 1
        inner = _one_number(expr.args[place])
        return None if inner is None else expr.func(*expr.args[:place], inner, *expr.args[place + 1 :])
    return None


@write.register
def _power(expr: Power) -> tuple[int, str]:
    body, exponent = expr.args
    if expr.is_scalar_shape and isinstance(body, Leaf):
        return TIGHT, rf"{math(body) if body.time is None else _fenced(body)}^{_braced(str(exponent))}"
    if isinstance(body, Apply) and exponent > 0:
        return TIGHT, rf"{ALL[body.function].latex}^{_braced(str(exponent))}\left({math(body.body)}\right)"
    if exponent == 2 and isinstance(body, Leaf):
        return PRODUCT, rf"{math(body)} \circ {math(body)}"
    return TIGHT, rf"\left({math(body)}\right)^{{\circ {exponent}}}"


@write.register
def _transpose(expr: Transpose) -> tuple[int, str]:
    body = expr.args[0]
    bare = (
        isinstance(body, Ones | Zeros)
        or (isinstance(body, Leaf) and body.time is None)
        or (isinstance(body, D) and body.leaf.time is None)
    )
    if bare:
        return TIGHT, rf"{math(body)}^\top"
    if isinstance(body, Leaf | Bar):
        return TIGHT, rf"{_fenced(body)}^\top"
    if isinstance(body, Concat):
        row = " & ".join(math(block if isinstance(block, Eye | Zeros) else block.T) for block in body.args)
        return TIGHT, rf"\begin{{bmatrix}} {row} \end{{bmatrix}}"
    return TIGHT, rf"\left({math(body)}\right)^\top"


@write.register
def _diagonal(expr: Diag) -> tuple[int, str]:
    return TIGHT, rf"\operatorname{{diag}}\left({math(expr.args[0])}\right)"


@write.register
def _application(expr: Apply) -> tuple[int, str]:
    written = math(expr.body)
    left, right = (
        (r"\left(", r"\right)") if "\\" in written.replace(r"\mathbf", "").replace(r"\hat", "") else ("(", ")")
    )
    return TIGHT, f"{ALL[expr.function].latex}{left}{written}{right}"


@write.register
def _concat(expr: Concat) -> tuple[int, str]:
    return TIGHT, r"\begin{bmatrix} " + r" \\ ".join(math(block) for block in expr.args) + r" \end{bmatrix}"


@write.register
def _slice(expr: Slice) -> tuple[int, str]:
    body = math(expr.body) if isinstance(expr.body, Leaf | Bar) else rf"\left({math(expr.body)}\right)"
    return TIGHT, rf"{{{body}}}_{{[{size(expr.first)}:{size(expr.first + expr.shape[0])}]}}"


@write.register
def _trace(expr: Trace) -> tuple[int, str]:
    return TIGHT, rf"\operatorname{{tr}}\left({math(expr.args[0])}\right)"


@write.register
def _sum_over_time(expr: SumT) -> tuple[int, str]:
    return PRODUCT, rf"\sum_{{{expr.index}={time(expr.low)}}}^{{{time(expr.high)}}} {math(expr.body, PRODUCT)}"


@write.register
def _product_over_time(expr: ProdT) -> tuple[int, str]:
    body = rf"\prod_{{{expr.index}={time(expr.low)}}}^{{{time(expr.high)}}} {math(expr.body, FACTOR)}"
    return PRODUCT, body
