"""Sizes of matrices: named, numbers, or sums of both, and the unification that finds the ones nobody wrote down.

    size = Integer | Symbol | unknown | size + size | Integer * size

Every equality that is demanded keeps its reason, so that two demands that contradict each other can both be quoted.
Equalities are linear, so solving one means expressing one unknown by what is left (Gauss); an unknown that was solved
for is replaced when it is looked up. Does not live here: who demands what (`symrnn.language.drafts`).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from sympy import Dummy, Expr, S, Symbol

from symrnn.errors import ShapeError

Shape = tuple[Expr, Expr]


def size(name: str) -> Symbol:
    """Return the size with this name: a positive whole number. Sizes are equal when their names are."""
    return Symbol(name, integer=True, positive=True)


def unknown(about: str) -> Dummy:
    """Return a size that is still to be found; `about` says what it counts, "rows of W"."""
    return Dummy(about, integer=True, positive=True)


def is_known(expr: Expr) -> bool:
    """Return whether no unknown is left in a size."""
    return not _unknowns(expr)


def is_count(expr: Expr) -> bool:
    """Return whether a size is a sum of named sizes and numbers, each a whole number of times and none taken away."""
    coefficients = expr.as_coefficients_dict().values()
    return is_known(expr) and all(count.is_Integer and count >= 0 for count in coefficients)


def is_never_negative(expr: Expr) -> bool:
    """Return whether a difference of sizes is zero or more for all sizes from 1 on: H - 1 is, H - I is not."""
    smallest = expr.xreplace({symbol: symbol + 1 for symbol in expr.free_symbols})
    return bool(is_known(expr) and all(count >= 0 for count in smallest.as_coefficients_dict().values()))


def size_text(expr: Expr) -> str:
    """Return a size as it is written in a cell, `I + H`, with `?` for what is not known."""
    named = {u: Symbol("?") for u in _unknowns(expr)}
    return str(expr.xreplace(named))


@dataclass(frozen=True, slots=True)
class Reason:
    """Why two sizes have to be equal: a sentence, and the place it speaks of (from 1; 0 when there is none)."""

    text: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}" if self.line else self.text


@dataclass(frozen=True, slots=True)
class _Equality:
    left: Expr
    right: Expr
    reason: Reason


@dataclass(slots=True)
class Sizes:
    """What is known about the unknown sizes so far. `equate` adds to it; nothing is ever taken back."""

    _solved: dict[Dummy, Expr] = field(default_factory=dict)
    _mentions: dict[Dummy, list[_Equality]] = field(default_factory=dict)

    def value(self, expr: Expr) -> Expr:
        """Return a size with every unknown replaced by what it was found to be."""
        start = expr
        while solved := {u: self._solved[u] for u in _unknowns(expr) if u in self._solved}:
            expr = expr.xreplace(solved)
        if start in self._solved:
            self._solved[start] = expr
        return expr

    def equate(self, left: Expr, right: Expr, reason: Reason) -> None:
        """Demand that two sizes are equal.

        Raises:
            ShapeError: they cannot be; the message gives both sizes and the reasons that led to each.
        """
        found, needed = self.value(left), self.value(right)
        difference = S.Zero if found == needed else found - needed
        free = _unknowns(difference)
        if difference != 0 and not free:
            plain = f"{size_text(found)} is not {size_text(needed)}"
            raise ShapeError(self.conflict(left, right) or plain)
        self._remember(_Equality(left, right, reason))
        if free:
            chosen = free[-1]
            coefficient = difference.coeff(chosen)
            self._solved[chosen] = chosen - difference / coefficient

    def conflict(self, left: Expr, right: Expr) -> str:
        """Return the lines that tell why two sizes differ: what each one counts, its value and the reasons for it."""
        return "\n".join(self._told(side) for side in (left, right) if _unknowns(side))

    def reasons(self, expr: Expr) -> tuple[Reason, ...]:
        """Return the shortest chain of reasons from a size to a known one; empty when it is known by itself."""
        came: dict[Dummy, tuple[Dummy | None, _Equality | None]] = dict.fromkeys(_unknowns(expr), (None, None))
        queue = deque(came)
        while queue:
            current = queue.popleft()
            for equality in self._mentions.get(current, ()):
                others = _unknowns(equality.left + equality.right)
                if is_known(equality.left) or is_known(equality.right):
                    return (*_chain(came, current), equality.reason)
                for other in others:
                    if other not in came:
                        came[other] = (current, equality)
                        queue.append(other)
        return ()

    def _told(self, side: Expr) -> str:
        value = size_text(self.value(side))
        about = " + ".join(u.name for u in _unknowns(side))
        because = "; ".join(dict.fromkeys(str(reason) for reason in self.reasons(side)))
        return f"{about}: {value}" + (f" ({because})" if because else "")

    def _remember(self, equality: _Equality) -> None:
        for found in _unknowns(equality.left + equality.right):
            self._mentions.setdefault(found, []).append(equality)


def _unknowns(expr: Expr) -> list[Dummy]:
    return sorted((u for u in expr.free_symbols if isinstance(u, Dummy)), key=lambda u: u.dummy_index)


def _chain(came: dict[Dummy, tuple[Dummy | None, _Equality | None]], last: Dummy) -> tuple[Reason, ...]:
    found: list[Reason] = []
    current: Dummy | None = last
    while current is not None:
        current, equality = came[current]
        if equality is not None:
            found.append(equality.reason)
    return tuple(reversed(found))
