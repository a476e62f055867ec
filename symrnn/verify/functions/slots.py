"""What an argument or a result of a function stands for in a network: one quantity, several stacked, labels, a constant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from symrnn.errors import SymrnnError
from symrnn.model.network import Network
from symrnn.verify.functions.layout import OUT_IN, Layout, MisfitError, arranged, as_array, restored
from symrnn.verify.functions.values import Array, Quantities, Sample


@dataclass(frozen=True, slots=True)
class Slot:
    """One argument or result.

    Fields:
        name: the name that the function uses.
        kind: "parameter", "sequence", "state", "labels" (class numbers), "final" (an adjoint of the last step only), "saved" (a
            quantity of the forward pass at every step), "saved with initial", "loss" or "value".
        parts: the quantities of the network: gates one below the other, of each the blocks side by side.
        transposed: whether a matrix is stored transposed; None: as the layout says.
        value: what is passed, of kind "value".
        style: for what belongs to one gate, the name without the gate, and the roles of its parts: alike for all gates.
    """

    name: str
    kind: str
    parts: tuple[tuple[str, ...], ...] = ()
    transposed: bool | None = None
    value: Any = None
    style: tuple[str, str] | None = None

    @property
    def quantities(self) -> tuple[str, ...]:
        """The names of all its parts."""
        return tuple(part for row in self.parts for part in row)

    @property
    def words(self) -> str:
        """What it stands for."""
        rows = ["[" + ", ".join(row) + "]" if len(row) > 1 else row[0] for row in self.parts]
        inner = rows[0] if len(rows) == 1 else f"({', '.join(rows)})"
        return inner + {"labels": " as class numbers", "final": " of the last step"}.get(self.kind, "")


def kinds(network: Network) -> Mapping[str, str]:
    """Return the kind of everything that a function can be given, by its name."""
    found = {leaf.name: "sequence" for leaf in (*network.inputs, *network.targets) if leaf.time is not None}
    found |= {seed.name: "sequence" for _, seed in network.seeds}
    found |= {leaf.name: "parameter" for leaf in (*network.params, *network.constants)}
    found |= {f"{state.leaf.name}0": "state" for state in network.states if state.initial == "given"}
    for line in network.equations:
        if line.target.moves and line.target != network.loss:
            found.setdefault(line.target.name, "saved")
    return found


def parsed(name: str, spec: Any, network: Network) -> Slot:
    """Return what the user said about an argument or result.

    Raises:
        SymrnnError: if a quantity is not one of the network.
    """
    if isinstance(spec, Slot):
        return replace(spec, name=name)
    if isinstance(spec, str):
        return _single(name, spec, network)
    texts = isinstance(spec, tuple | list) and spec and all(isinstance(one, str | tuple | list) for one in spec)
    if not texts:
        return Slot(name, "value", value=spec)
    rows = (tuple(spec),) if isinstance(spec, list) else tuple((r,) if isinstance(r, str) else tuple(r) for r in spec)
    for row in rows:
        for part in row:
            if kinds(network).get(part) != "parameter":
                raise _unknown(name, str(part), network)
    return Slot(name, "parameter", rows)


def _single(name: str, spec: str, network: Network) -> Slot:
    bare, _, mark = spec.partition(":")
    transposed = bare.endswith(".T")
    bare = bare.removesuffix(".T")
    if bare in ("loss", "J") and (network.loss is None or bare in ("loss", network.loss.name)):
        return Slot(name, "loss")
    known = kinds(network)
    if bare not in known:
        raise _unknown(name, bare, network)
    kind = {"labels": "labels", "last": "final", "all": "saved with initial"}.get(mark, "" if mark else known[bare])
    if not kind:
        raise SymrnnError(f"{name}: {mark!r} is none of the marks, which are {bare}:labels, {bare}:last, {bare}:all")
    return Slot(name, kind, ((bare,),), True if transposed else None)


def _unknown(name: str, found: str, network: Network) -> SymrnnError:
    return SymrnnError(
        f"{name} is said to be {found!r}, which {network.name} does not have; it has {', '.join(kinds(network))}"
    )


def given(slot: Slot, layout: Layout, sample: Sample, forward: Quantities | None = None) -> Any:
    """Return what the function is given for an argument."""
    if slot.kind == "value":
        return slot.value
    name = slot.parts[0][0]
    if slot.kind == "parameter":
        return _assembled(slot, layout, sample)
    if slot.kind.startswith("saved"):
        return _saved(slot, layout, sample, forward)
    array = np.array(sample.arrays[name])
    if slot.kind == "labels":
        sums = any(leaf.name == name for leaf in sample.network.assumptions)
        classes = array.argmax(-1) if array.shape[-1] > 1 or sums else array[..., 0]
        if array.ndim < 3:  # of one step
            return classes.astype(int) if layout.batched else int(classes[0])
        return arranged_labels(classes.astype(int), layout.sequence.replace("n", "").replace("1", ""))
    if slot.kind == "final":
        return arranged(array[-1], "Bn", layout.state)
    if slot.kind == "state":
        return arranged(array, "Bn", layout.state)
    moving = array.ndim >= 3
    return arranged(array, "TBn" if moving else "Bn", layout.sequence if moving else layout.state)


def arranged_labels(classes: Array, letters: str) -> Any:
    """Return class numbers (T, B) with the axes that there are; a list where the steps are a list."""
    if letters.startswith("["):
        inner = letters[1:-1]
        return [row if inner else int(row[0]) for row in classes]
    have = "TB"
    for place, letter in ((1, "B"), (0, "T")):
        if letter not in letters:
            classes, have = np.take(classes, 0, axis=place), have.replace(letter, "")
    return np.ascontiguousarray(np.transpose(classes, [have.index(letter) for letter in letters]))


def _saved(slot: Slot, layout: Layout, sample: Sample, forward: Quantities | None) -> Any:
    assert forward is not None
    name, first = slot.parts[0][0], 0 if slot.kind == "saved with initial" else 1
    steps = [forward.known[name, step] for step in range(first, sample.steps + 1)]
    stacked = np.stack([step[..., 0] if step.shape[-1] == 1 else step for step in steps])
    return arranged(stacked, "TBn", layout.sequence)


def _assembled(slot: Slot, layout: Layout, sample: Sample) -> Array:
    rows = [[np.array(sample.arrays[part]) for part in row] for row in slot.parts]
    if rows[0][0].ndim == 0:
        return rows[0][0]
    if rows[0][0].ndim == 1:
        stacked = np.concatenate([np.concatenate(row) for row in rows])
        return {"n": stacked, "n1": stacked[:, None], "1n": stacked[None]}[layout.vector]
    whole = np.concatenate([np.concatenate(row, axis=1) for row in rows], axis=0)
    return np.ascontiguousarray(whole.T) if _turned(slot, layout) else whole


def _turned(slot: Slot, layout: Layout) -> bool:
    return (layout.weights != OUT_IN) if slot.transposed is None else slot.transposed


def taken(slot: Slot, found: Any, layout: Layout, sample: Sample) -> dict[str, Array]:
    """Return what the function gave as a result, by quantity, in the layout of the sample.

    Raises:
        MisfitError: if its shape is not that of what it is the gradient of.
    """
    name = slot.parts[0][0]
    if slot.kind != "parameter":
        like = sample.arrays[name]
        want = layout.state if slot.kind == "state" or like.ndim == 2 else layout.sequence
        have = "Bn" if slot.kind == "state" or like.ndim == 2 else "TBn"
        return {name: restored(found, have, want, like.shape, slot.name)}
    array = as_array(found, slot.name)
    rows = [[sample.arrays[part] for part in row] for row in slot.parts]
    if rows[0][0].ndim < 2:
        needed = (sum(part.size for row in rows for part in row),)
        shape = () if rows[0][0].ndim == 0 else {"n": needed, "n1": (*needed, 1), "1n": (1, *needed)}[layout.vector]
        if array.shape not in (shape, needed):  # a flat vector is the same whatever its orientation
            raise MisfitError(f"{slot.name} has shape {array.shape}; {shape} is needed")
        cuts = np.cumsum([part.size for row in rows for part in row])[:-1]
        pieces = np.split(array.reshape(-1), cuts)
        return {
            part: piece.reshape(sample.arrays[part].shape) for part, piece in zip(slot.quantities, pieces, strict=True)
        }
    turned = _turned(slot, layout)
    whole = (sum(row[0].shape[0] for row in rows), sum(part.shape[1] for part in rows[0]))
    shape = whole[::-1] if turned else whole
    if array.shape != shape:
        raise MisfitError(f"{slot.name} has shape {array.shape}; {shape} is needed")
    return _cut(slot, array.T if turned else array, rows)


def _cut(slot: Slot, whole: Array, rows: Sequence[Sequence[Array]]) -> dict[str, Array]:
    found: dict[str, Array] = {}
    top = 0
    for names, arrays in zip(slot.parts, rows, strict=True):
        left, height = 0, arrays[0].shape[0]
        for name, like in zip(names, arrays, strict=True):
            found[name] = whole[top : top + height, left : left + like.shape[1]]
            left += like.shape[1]
        top += height
    return found
