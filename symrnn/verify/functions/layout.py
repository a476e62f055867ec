"""How a function wants its arrays: the order of the axes, how weights are stored, and the way there and back.

A layout is written with one letter an axis: T steps, B sequences, n entries, 1 an axis of length one, and brackets around what
is a list over the steps: "TBn", "BTn", "nBT", "Tn", "[n1]". No B is a single sequence, no T a single step. The arrays of a
sample are TBn, states Bn, matrices (out, in).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from symrnn.errors import SymrnnError
from symrnn.verify.functions.values import Array

ROWS, COLUMNS = (
    ("TBn", "BTn", "[Bn]", "BnT", "Tn", "[n]", "T1n", "[1n]"),
    ("[n1]", "nBT", "nTB", "TnB", "[nB]", "nT", "Tn1"),
)
STEP_ROWS, STEP_COLUMNS = ("Bn", "n", "1n"), ("nB", "n1")
KNOWN = (*ROWS, *COLUMNS, *STEP_ROWS, *STEP_COLUMNS)
OUT_IN, IN_OUT = "out, in", "in, out"
WORDS = {"rows": "TBn", "columns": "nBT"}  # names for two usual layouts


class MisfitError(SymrnnError):
    """An array that a function returned does not have the shape that its layout says."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The axes of sequences and of states, how matrices are stored, and how vectors are."""

    sequence: str
    state: str
    weights: str
    vector: str

    @property
    def batched(self) -> bool:
        """Whether there is an axis of sequences."""
        return "B" in self.sequence

    @property
    def stepped(self) -> bool:
        """Whether there are steps, and not one only."""
        return "T" in self.sequence or self.sequence.startswith("[")

    @property
    def words(self) -> tuple[str, ...]:
        """What is said about it, in the order of importance."""
        if self.sequence.startswith("["):
            sequences = f"a list of {_axes(self.sequence[1:-1])} over the steps"
        else:
            sequences = f"{_axes(self.sequence)}"
        weights = "(out, in), W x" if self.weights == OUT_IN else "(in, out), x W"
        return (
            f"sequences are {sequences}, states {_axes(self.state)}",
            f"weights are stored as {weights}, biases as {_axes(self.vector)}",
        )


def _axes(letters: str) -> str:
    return f"({', '.join(letters)}{',' if len(letters) == 1 else ''})"


def layouts(given: str | None, weights: str | None) -> Iterator[Layout]:
    """Yield the layouts to try, usual ones first; all that agree with what is given.

    Raises:
        SymrnnError: if a given layout cannot be read.
    """
    if given is not None:
        given = WORDS.get(given, given)
        bare = given.strip("[]")
        listed = given.startswith("[") and given.endswith("]") and "T" not in bare
        if sorted(bare.replace("1", "")) not in (["B", "T", "n"], ["T", "n"], ["B", "n"], ["n"]) or (
            bare != given and not listed
        ):
            raise SymrnnError(
                f"the layout {given!r} cannot be read: write one letter an axis, T steps, B sequences, n entries, 1 for an "
                f"axis of length one, brackets for a list over the steps, such as {', '.join(KNOWN[:10])}"
            )
    if weights not in (None, OUT_IN, IN_OUT):
        raise SymrnnError(f'weights are stored as "{OUT_IN}" (W x) or "{IN_OUT}" (x W), found {weights!r}')
    for sequence in KNOWN if given is None else (given,):
        columns = sequence in (*COLUMNS, *STEP_COLUMNS)
        for stored in (OUT_IN, IN_OUT) if columns else (IN_OUT, OUT_IN):
            if weights in (None, stored):
                for state in _states(sequence):
                    for vector in ("n1", "n") if columns else ("n", "1n"):
                        yield Layout(sequence, state, stored, vector)


def _states(sequence: str) -> tuple[str, ...]:
    bare = sequence.strip("[]").replace("T", "")
    return {"n": ("n", "1n"), "n1": ("n1", "n"), "1n": ("1n", "n")}.get(bare, (bare,)) if "T" in sequence else (bare,)


def arranged(array: Array, have: str, want: str) -> Any:
    """Return an array with axes `have` in the layout `want`; what is a list over the steps there is a list.

    An entry of a state may be a matrix: its axes stay behind n.
    """
    if want.startswith("["):
        return [arranged(step, have[1:], want[1:-1]) for step in array]
    extra = array.ndim - len(have)
    for place in reversed(range(len(have))):
        if have[place] not in want:
            array = np.take(array, 0, axis=place)
    left = [letter for letter in have if letter in want]
    order: list[int] = []
    for letter in want.replace("1", ""):
        order.append(left.index(letter) if letter != "n" or extra == 0 else len(left) - 1)
        if letter == "n":
            order += [len(left) + place for place in range(extra)]
    array = np.transpose(array, order)
    for place, letter in enumerate(want):
        if letter == "1":
            array = np.expand_dims(array, place)
    return np.ascontiguousarray(array)


def restored(found: Any, have: str, want: str, dims: tuple[int, ...], name: str) -> Array:
    """Return what a function gave in the layout `want` as an array with axes `have` and these dimensions.

    Raises:
        MisfitError: if its shape is another one.
    """
    if want.startswith("["):
        steps = _steps(found, dims[0], name)
        return np.stack([restored(step, have[1:], want[1:-1], dims[1:], name) for step in steps])
    array = as_array(found, name)
    sizes = dict(zip(have, dims, strict=False))
    rest = dims[len(have) :]
    needed = tuple(1 if letter == "1" else sizes[letter] for letter in want)
    place = want.index("n") + 1
    needed = (*needed[:place], *rest, *needed[place:])
    if array.shape != needed:
        raise MisfitError(f"{name} has shape {array.shape}; {needed} is needed")
    array = array.reshape([size for size, letter in zip(needed, _letters(want, rest), strict=True) if letter != "1"])
    letters = _letters(want, rest).replace("1", "")
    for place, letter in enumerate(have):
        if letter not in letters:
            array = np.expand_dims(array, place)
            letters = letters[:place] + letter + letters[place:]
    target = have + "mk"[: len(rest)]
    return np.transpose(array, [letters.index(letter) for letter in target])


def _letters(want: str, rest: tuple[int, ...]) -> str:
    return want.replace("n", "n" + "mk"[: len(rest)])


def _steps(found: Any, count: int, name: str) -> list[Any]:
    """Return the steps of a list or of a dictionary by step, which may hold the initial state as −1."""
    steps = (
        [found[key] for key in sorted(found, key=int) if int(key) >= 0] if isinstance(found, Mapping) else list(found)
    )
    if len(steps) != count:
        raise MisfitError(f"{name} has {len(steps)} steps; {count} are needed")
    return steps


def as_array(found: Any, name: str) -> Array:
    """Return something as an array of real numbers; a tensor is read without its history.

    Raises:
        MisfitError: if it is none.
    """
    if hasattr(found, "detach"):
        found = found.detach().cpu().numpy()
    try:
        array = np.asarray(found)
    except (TypeError, ValueError) as error:
        raise MisfitError(f"{name} is not an array: {error}") from error
    if array.dtype.kind not in "fiub":
        what = "None" if found is None else f"an array of {array.dtype}"
        raise MisfitError(f"{name} is {what}; an array of real numbers is needed")
    return array if array.dtype == np.float32 else array.astype(np.float64)
