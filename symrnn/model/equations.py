"""Named equations, cells and heads: records only. How they are read is in `symrnn.language`.

A cell is one step of a recurrence as a list of named equations in the order of evaluation. A head maps what a cell puts out to
a prediction and, usually, to a loss. Both are the same record: `kind` tells them apart.
"""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Symbol

from symrnn.algebra.nodes import Leaf, Node


@dataclass(frozen=True, slots=True)
class Equation:
    """One line, `target = expr`, at step t.

    Fields:
        label: its number in the document, the comment in emitted code and the test id; "" until a network numbers it.
        target: the quantity it defines, a leaf at step t.
        expr: its right-hand side, of the same shape.
        note: where it comes from, e.g. "my.cell:4".
    """

    target: Leaf
    expr: Node
    label: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """A quantity that one step hands to the next. `lags` is how many earlier steps the equations read (1 for most)."""

    leaf: Leaf  # at step t
    lags: int = 1


@dataclass(frozen=True, slots=True)
class Cell:
    """One step of a recurrence (`kind` "cell"), or what is put on its states (`kind` "head").

    Every leaf of an equation is an input, a parameter, a constant, a target, the target of an earlier equation, or a state at
    an earlier step; each state is the target of exactly one equation.

    Fields:
        name: an identifier; `title`: what people call it; `source`: the citation.
        sizes: the size symbols, in order of declaration.
        inputs, targets: sequences read at step t. params: weights, in order of appearance. constants: given, no gradient.
        outputs: what a head or a caller's loss reads; the states, unless an `output` line says otherwise.
        loss: the scalar of a head that is summed over the steps, or None.
        assumptions: target leaves whose entries sum to one.
        head: the name of the head that `make` puts on the cell, or "" for the usual one.
    """

    name: str
    kind: str
    title: str
    source: str
    sizes: tuple[Symbol, ...]
    inputs: tuple[Leaf, ...]
    states: tuple[State, ...]
    params: tuple[Leaf, ...]
    constants: tuple[Leaf, ...]
    targets: tuple[Leaf, ...]
    outputs: tuple[Leaf, ...]
    equations: tuple[Equation, ...]
    loss: Leaf | None = None
    assumptions: tuple[Leaf, ...] = ()
    head: str = ""
