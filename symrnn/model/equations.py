"""Named equations, cells and heads: records only. How they are read is in `symrnn.language`.

A cell is one step of a recurrence as a list of named equations in the order of evaluation. A head maps what a cell puts out to
a prediction and, usually, to a loss. Both are the same record: `kind` tells them apart.
"""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Expr, Symbol

from symrnn.algebra.nodes import Leaf, Node

FAMILIES = ("plain", "lstm", "gru", "dynamical", "linear")  # in the order of a catalogue


@dataclass(frozen=True, slots=True)
class Equation:
    """One line, `target = expr`, at step t, or once before the first step.

    Fields:
        label: its number in the document, the comment in emitted code and the test id; "" until a network numbers it.
        target: the quantity it defines, a leaf at step t; a leaf without a time when nothing that it reads moves.
        expr: its right-hand side, of the same shape.
        note: where it comes from, e.g. "my.cell:4".
    """

    target: Leaf
    expr: Node
    label: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """A quantity that one step hands to the next.

    Fields:
        leaf: the quantity at step t.
        lags: how many earlier steps the equations read, 1 for most.
        initial: where its value before the first step comes from: "given" by the caller, "zero", or "learned".
    """

    leaf: Leaf
    lags: int = 1
    initial: str = "given"


@dataclass(frozen=True, slots=True)
class Cell:
    """One step of a recurrence (`kind` "cell"), or what is put on its states (`kind` "head").

    Every leaf of an equation is an input, a parameter, a constant, a target, the target of an earlier equation, or a state at
    an earlier step; each state is the target of exactly one equation. An equation of parameters and constants alone defines a
    quantity without a time: it is computed once, and no state, output or loss.

    Fields:
        name: an identifier; `title`: what people call it; `source`: the citation.
        sizes: the size symbols, in order of declaration.
        inputs: sequences read at step t; targets: sequences read at step t that have no gradient, the masks among them.
        params: weights, in order of appearance. constants: given, no gradient.
        outputs: what a head or a caller's loss reads; the states, unless an `output` line says otherwise.
        loss: the scalar of a head that is summed over the steps, or None.
        assumptions: target leaves whose entries sum to one.
        head: the name of the head that `make` puts on the cell, or "" for the usual one.
        values: constants with the number that each of their entries usually is.
        masks: the targets whose entries are zeros and ones.
        year, family, about: when it was published (0: not said), one of `FAMILIES` or "", and what it is for, in one line.
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
    values: tuple[tuple[Leaf, Expr], ...] = ()
    masks: tuple[Leaf, ...] = ()
    year: int = 0
    family: str = ""
    about: str = ""
