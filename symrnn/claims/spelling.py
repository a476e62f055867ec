r"""What is a name, what is a step, what is an operation: the scripts of a symbol sorted, as far as form alone tells.

    W_{hh}            the name W_hh                    h_{t-1}, h^{(t-1)}, h[t-1]      h at step t − 1
    \hat y_i^{(t)}    y_hat at step t, entry i         W^\top, W^T, W'                 a transpose
    z^2, z^{\odot 2}  a power                          a^{\langle t\rangle}            a at step t

Whether a lower script is a step or a part of the name is settled by what is known: `h_2` is step 2 when h is a quantity of every
step, `W_2` a name. What a name stands for is in `context`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from symrnn.language.formulas.nodes import (
    Differential,
    Formula,
    Group,
    Letter,
    Number,
    Product,
    Scripted,
    Total,
    Word,
)

TRANSPOSE = ("top", "T", "intercal", "transpose")
_STEP_BRACKETS = ("()", "<>", "[]")


@dataclass(frozen=True, slots=True)
class Spelt:
    """A symbol with its scripts sorted.

    Fields:
        name: in plain letters, the marks and the naming part of the scripts included: `W_hh`, `y_hat`, `z_y`.
        step: what stands as the step, or None. entry: what stands as an index of an entry, or None.
        transposed, power, primes: what is done to the symbol. direct: whether a plus marks an immediate derivative.
    """

    name: str
    step: Formula | None = None
    entry: Formula | None = None
    transposed: bool = False
    power: Formula | None = None
    primes: int = 0


@dataclass(frozen=True, slots=True)
class Known:
    """What the sorting asks: is this the name of something with steps, is this letter a step, is it an index of entries?"""

    moves: Callable[[str], bool]
    is_step: Callable[[str], bool]
    is_entry: Callable[[str], bool]
    exists: Callable[[str], bool]


def plain_name(letter: Letter) -> str:
    """Return a letter with its marks as a name: `y_hat`."""
    return "_".join((letter.name, *letter.marks))


def written(formula: Formula | None) -> str | None:
    """Return the letters and digits of a script that is part of a name, "hh" or "12"; None if it holds anything else."""
    if isinstance(formula, Letter):
        return plain_name(formula)
    if isinstance(formula, Number | Word):
        return formula.text if formula.text.isalnum() else None
    if isinstance(formula, Product) and set(formula.signs) <= {"", ","}:
        found = [written(factor) for factor in formula.factors]
        return None if None in found else "".join(one for one in found if one is not None)
    return None


def sort_scripts(formula: Formula, known: Known) -> Spelt | None:
    """Return a symbol with its scripts sorted, or None if the formula is no symbol."""
    if isinstance(formula, Letter):
        return Spelt(plain_name(formula))
    if not isinstance(formula, Scripted):
        return None
    inner = sort_scripts(formula.base, known)
    if inner is None:
        return None
    found = replace(inner, primes=inner.primes + formula.primes)
    if formula.sub is not None:
        lower = _lower(found, formula.sub, known, isinstance(formula.sup, Group))
        if lower is None:
            return None
        found = lower
    return found if formula.sup is None else _upper(found, formula.sup, known)


def _lower(found: Spelt, sub: Formula, known: Known, stepped: bool) -> Spelt | None:
    """Sort a lower script; `stepped` says that the step stands above, so that an index here is one of entries."""
    inner = sub.body if isinstance(sub, Group) and sub.brackets in _STEP_BRACKETS else sub
    name = written(inner)
    longer = f"{found.name}_{name}"
    has_step = stepped or found.step is not None or not known.moves(found.name)
    if has_step and isinstance(inner, Letter) and known.is_entry(inner.name) and not known.exists(longer):
        return replace(found, entry=inner)
    if found.step is None and is_step(inner, known) and known.moves(found.name) and not known.exists(longer):
        return replace(found, step=inner)
    if isinstance(inner, Letter) and known.is_entry(inner.name) and not known.exists(longer):
        return replace(found, entry=inner)
    if isinstance(inner, Number) and found.step is not None and not known.exists(longer):
        return replace(found, entry=inner)
    if isinstance(inner, Product) and "," in inner.signs and len(inner.factors) > 1:
        *front, last = inner.factors
        start = front[0] if len(front) == 1 else Product(tuple(front), inner.signs[:-1])
        for step, rest in ((last, start), (inner.factors[0], _rest(inner))):
            part = written(rest)
            if part and is_step(step, known) and known.moves(f"{found.name}_{part}"):
                return replace(found, name=f"{found.name}_{part}", step=step)
            if (
                isinstance(rest, Letter)
                and known.is_entry(rest.name)
                and is_step(step, known)
                and known.moves(found.name)
            ):
                return replace(found, step=step, entry=rest)
    if name is None and is_step(inner, known):
        return replace(found, step=inner)
    return None if name is None else replace(found, name=longer)


def _rest(product: Product) -> Formula:
    _, *others = product.factors
    return others[0] if len(others) == 1 else Product(tuple(others), product.signs[1:])


def _upper(found: Spelt, sup: Formula, known: Known) -> Spelt | None:
    if isinstance(sup, Word | Letter) and (sup.text if isinstance(sup, Word) else sup.name) in TRANSPOSE:
        return replace(found, transposed=not found.transposed)
    if isinstance(sup, Group) and sup.brackets in _STEP_BRACKETS and found.step is None:
        return replace(found, step=sup.body)
    if isinstance(sup, Product) and len(sup.factors) == 2:
        first, second = sup.factors
        if isinstance(first, Word) and first.text in ("odot", "circ"):
            return replace(found, power=second)
        for step, other in ((first, second), (second, first)):  # h^{(t)\top} as well as h^{\top (t)}
            inner = _upper(found, step, known) if isinstance(step, Group) else None
            if inner is not None:
                return _upper(inner, other, known)
    if isinstance(sup, Number) or (isinstance(sup, Total) and found.step is not None):
        return replace(found, power=sup)
    if isinstance(sup, Letter) and known.is_step(sup.name) and known.moves(found.name) and found.step is None:
        return replace(found, step=sup)
    if isinstance(sup, Total) and is_step(sup, known) and found.step is None:
        return replace(found, step=sup)
    name = written(sup)
    return replace(found, name=f"{found.name}_{name}") if name and not isinstance(sup, Number) else None


def adjoints_marked(formula: Product, known: Known) -> Product:
    """Return a product in which δ in front of a quantity, δy, is one symbol: the derivative of the loss by it."""
    if Letter("delta") not in formula.factors[:-1] or known.exists("delta"):
        return formula
    factors, signs = list(formula.factors), list(formula.signs)
    for place in reversed(range(len(factors) - 1)):
        if (
            factors[place] == Letter("delta")
            and signs[place] == ""
            and isinstance(factors[place + 1], Letter | Scripted)
        ):
            factors[place : place + 2] = [Differential(factors[place + 1])]
            del signs[place]
    return (
        Product(tuple(factors), tuple(signs), formula.where)
        if len(factors) > 1
        else Product((factors[0], Number("1")), ("",))
    )


def is_step(formula: Formula, known: Known) -> bool:
    """Return whether a script can be a step: t, t − 1, 0, T, or an index that a sum runs over."""
    if isinstance(formula, Letter):
        return not formula.marks and known.is_step(formula.name)
    if isinstance(formula, Number):
        return formula.text.isdigit()
    if isinstance(formula, Group):
        return is_step(formula.body, known)
    if isinstance(formula, Scripted):
        return isinstance(formula.base, Letter) and formula.base.name == "T" and formula.sup is None
    if isinstance(formula, Total):
        return all(is_step(term, known) for term in formula.terms)
    return False


__all__ = ["TRANSPOSE", "Known", "Spelt", "adjoints_marked", "is_step", "plain_name", "sort_scripts", "written"]
