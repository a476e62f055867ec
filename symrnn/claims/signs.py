"""What derivative signs stand for by the conventions of a reading: in which layout, along which paths, of which use of a parameter.

Signs of formulas are read in `reading`; what a sign is worth is in `partial` and `world`.
"""

from __future__ import annotations

from dataclasses import dataclass

from symrnn.algebra.nodes import Leaf, Node, Scale, t
from symrnn.claims.context import Context, Reading
from symrnn.claims.partial import Partial
from symrnn.claims.world import total_loss


@dataclass(frozen=True)
class Signs:
    """Derivative signs in one reading; the options of it that mattered are put into `asked`."""

    context: Context
    reading: Reading
    asked: set[str]

    def immediate(self, of: Leaf, by: Leaf) -> Node:
        """Return ∂⁺of/∂by: by the equation of `of` alone; of a parameter, its use at the step of `of`."""
        if by.time is None and of.time is not None:
            return self._laid_out(Partial(of, by.at(of.time), flat=not self._is_loss(of)), of)
        return self._laid_out(Partial(of, by, "now" if self._is_loss(of) else "own"), of)

    def _is_loss(self, of: Leaf) -> bool:
        return of.name == total_loss(self.context.network).name

    def partial(self, of: Leaf, by: Leaf, route: str | None = None, layout: str | None = None) -> Node:
        """Return ∂of/∂by in a layout, along a route; by default those of the reading."""
        is_loss, flat = self._is_loss(of), False
        if by.time is None and not self._is_loss(by):
            by, flat = self._weight(of, by, is_loss)
        if is_loss and of.time is None and by.moves and route is None:
            self.asked.add("route")
            route = self.reading.route
        elif not is_loss and by.time is not None and by.time != of.time and route is None:
            self.asked.add("held")
            route = {"nothing": "all", "states": "path", "everything": "own"}[self.reading.held]
        return self._laid_out(Partial(of, by, route or "all", flat), of, layout)

    def _laid_out(self, sign: Partial, of: Leaf, layout: str | None = None) -> Node:
        whole = self._is_loss(of) and of.time is None
        found: Node = Scale(self.context.scale, sign) if whole else sign
        if found.is_scalar_shape:
            return found
        self.asked.add("layout")
        layout = layout or self.reading.layout
        if layout == "numerator" or (layout == "gradient" and not self._is_loss(of)):
            return found
        return found.T

    def _weight(self, of: Leaf, by: Leaf, is_loss: bool) -> tuple[Leaf, bool]:
        """Return the parameter as it is meant: at every step, or at one; and whether it stands for its entries in a row."""
        flat = not is_loss
        if is_loss:
            self.asked.update({"weights", "flat"})
            flat = self.reading.flat
        self.asked.add("weights")
        if self.reading.weights == "step" or (self.reading.weights == "immediate" and not is_loss):
            step = t if of.time is None else of.time
            return by.at(step), flat
        return by, flat


__all__ = ["Signs"]
