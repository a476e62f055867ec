"""From the forward equations of a document to a network: they become the text of a cell, and of a head, and are read as such.

What is read at an earlier step is a state; what nothing computes is an input if it has a step, a target if only the loss reads it,
else a parameter. The equations on which the states depend are the cell, the others the head. What one equation computes inside and
another one names, h = tanh(W h + b) and z = W h + b, is one quantity. The text is shown to the user, so that what was understood
can be seen, corrected and used again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from symrnn.claims.equations import LOSS, Line
from symrnn.errors import LanguageError, SymrnnError
from symrnn.language.read import read_cell
from symrnn.model.composition import compose
from symrnn.model.equations import Cell
from symrnn.model.network import Network

LONGEST = 20  # parameters whose sizes are added


@dataclass(frozen=True, slots=True)
class Forward:
    """The network of a document.

    Fields:
        network: what the equations compute. text: the cell and head as they were understood.
        names: of everything the equations define; texts: the right side of each, as it was written.
    """

    network: Network
    text: str
    names: frozenset[str]
    texts: Mapping[str, str] = field(default_factory=dict)


def build(lines: Iterable[Line], sums_to_one: Iterable[str] = (), sizes: Mapping[str, str] | None = None) -> Forward:
    """Return the network of some forward equations.

    Raises:
        SymrnnError: they are not a recurrence; the message holds the cell as it was understood.
    """
    found = {line.name: line for line in lines}
    states = {name for line in found.values() for name, lag in line.reads if lag > 0}
    if not states & set(found):
        raise SymrnnError(
            "no forward equation reads an earlier step of what another one computes: there is no recurrence"
        )
    written = {name: line.text for name, line in found.items()}
    shares = frozenset(sums_to_one)
    try:
        network, text = _network(_named(found), states, shares, dict(sizes or {}))
    except SymrnnError as problem:
        try:
            network, text = _network(_named(_in_rows(found)), states, shares, _Rows())
        except SymrnnError:
            raise problem from None
    return Forward(network, text, frozenset(found), written)


class _Rows(dict[str, str]):
    """Sizes of quantities that are rows: x is 1 × n_x."""

    def get(self, name: str, default: str = "") -> str:  # type: ignore[override]
        return f"1 x n_{name}"


def _in_rows(found: Mapping[str, Line]) -> dict[str, Line]:
    """Return equations for rows: the softmax of a row is that of a column, turned."""
    return {
        name: replace(line, text=re.sub(r"\bsoftmax\((\w+)\)", r"softmax(\1.T).T", line.text))
        for name, line in found.items()
    }


def _network(
    found: Mapping[str, Line], states: set[str], shares: frozenset[str], sizes: Mapping[str, str]
) -> tuple[Network, str]:
    inner = _ancestors(found, states)
    inner |= _ancestors(found, {line.name for line in found.values() if _belongs_to_cell(line, found, inner)})
    cell = [line for line in found.values() if line.name in inner]
    head = [line for line in found.values() if line.name not in inner]
    if isinstance(sizes, _Rows):  # heads are bound by rows: what is read out of rows is part of the cell
        if any(line.name == LOSS for line in head):
            raise SymrnnError("a loss of rows cannot be read; write the vectors as columns")
        cell, head = [*cell, *head], []
    texts = [_cell_text(cell, states, head, found, sizes)]
    if head:
        texts.append(_head_text(head, found, inner, shares or _shares(head), sizes))
    try:
        cells = [_read(text) for text in _one_size_each(texts)]
        network = compose(*(cell for cell, _ in cells))
    except SymrnnError as problem:
        raise SymrnnError(f"{problem}\nThe forward equations were understood as\n" + "\n".join(texts)) from problem
    return network, "\n".join(text for _, text in cells)


def _named(found: Mapping[str, Line]) -> dict[str, Line]:
    """Return equations in which a function of a sum that another equation names is a function of that name."""
    lines = dict(found)
    for inner in found.values():
        for name, line in lines.items():
            if name != inner.name and " " in inner.text and f"({inner.text})" in line.text:
                text = line.text.replace(f"({inner.text})", f"({inner.name})")
                left = {(word, lag) for word, lag in line.reads if re.search(rf"\b{word}\b", text)}
                lines[name] = replace(line, text=text, reads=frozenset(left | {(inner.name, 0)}))
    return lines


def _belongs_to_cell(line: Line, found: Mapping[str, Line], inner: set[str]) -> bool:
    """Return whether an equation on which no state depends reads what only a cell has: an earlier step, or its inputs."""
    inputs = {name for one in inner for name, lag in found[one].reads if lag == 0 and name not in found}
    return line.name != LOSS and any(lag > 0 or name in inputs for name, lag in line.reads)


def _shares(head: list[Line]) -> frozenset[str]:
    """Return the targets that meet the logarithm of a softmax: shares of one, unless somebody says otherwise."""
    loss = next((line for line in head if line.name == LOSS), None)
    if loss is None or "log(" not in loss.text or not any("softmax(" in line.text for line in head):
        return frozenset()
    return frozenset(name for name, lag in loss.reads if lag == 0 and name not in {line.name for line in head})


def _one_size_each(texts: list[str]) -> list[str]:
    """Return texts in which states that meet elementwise have one size: h and c of an LSTM."""
    for _ in range(LONGEST):
        try:
            for text in texts:
                _read(text)
        except LanguageError as problem:
            found = re.search(r" is \((n_\w+), 1\),.* is \((n_\w+), 1\)", str(problem))
            if found is None or found[1] == found[2]:
                return texts
            texts = [re.sub(rf"\b{found[2]}\b", found[1], text) for text in texts]
        else:
            return texts
    return texts


def _read(text: str) -> tuple[Cell, str]:
    """Return a cell, and its text with a line for each parameter whose size did not follow: it gets the size of what it makes."""
    for _ in range(LONGEST):
        try:
            return read_cell(text, "forward equations"), text
        except LanguageError as problem:
            missing = re.search(
                r"^forward equations:(\d+):.*\n(?:.*\n)*?  add a line such as: param (\w+): (.*?)   ", str(problem)
            )
            if missing is None:
                raise
            lines = text.splitlines()
            target = lines[int(missing[1]) - 1].split("=")[0].strip()
            if target == missing[2]:
                raise
            place = next(number for number, line in enumerate(lines) if " = " in line)
            lines.insert(place, f"  param {missing[2]}: {missing[3].replace('?', f'n_{target}')}")
            text = "\n".join(lines) + "\n"
    return read_cell(text, "forward equations"), text


def _ancestors(found: Mapping[str, Line], states: set[str]) -> set[str]:
    inner, queue = set(), [name for name in states if name in found]
    while queue:
        name = queue.pop()
        if name not in inner:
            inner.add(name)
            queue += [read for read, _ in found[name].reads if read in found]
    return inner


def _size(name: str, sizes: Mapping[str, str]) -> str:
    return sizes.get(name, f"n_{name}")


def _cell_text(
    cell: list[Line], states: set[str], head: list[Line], found: Mapping[str, Line], sizes: Mapping[str, str]
) -> str:
    read = {name for line in cell for name, lag in line.reads if lag == 0 and name not in found}
    names = {line.name for line in cell}
    if not head:
        read_now = {name for line in cell for name, lag in line.reads if lag == 0}
        return _cell_lines(cell, states, found, sizes, sorted(names - read_now) or sorted(names & states), read)
    used = {name for line in cell for name, _ in line.reads} | states
    wanted = sorted({name for line in head for name, lag in line.reads if lag == 0 and name in names} | (names - used))
    return _cell_lines(cell, states, found, sizes, wanted, read)


def _cell_lines(
    cell: list[Line],
    states: set[str],
    found: Mapping[str, Line],
    sizes: Mapping[str, str],
    outputs: list[str],
    inputs: set[str],
) -> str:
    """Return the text of a cell; what nothing reads in the same step is what the loss reads, if no head says so."""
    text = ["cell forward"]
    if inputs:
        text.append("  input " + ", ".join(f"{name}: {_size(name, sizes)}" for name in sorted(inputs)))
    text.append("  state " + ", ".join(f"{name}: {_size(name, sizes)}" for name in sorted(states & set(found))))
    if outputs:
        text.append("  output " + ", ".join(outputs))
    return "\n".join([*text, *(f"  {line.name} = {line.text}" for line in _ordered(cell))]) + "\n"


def _head_text(
    head: list[Line], found: Mapping[str, Line], inner: set[str], sums_to_one: frozenset[str], sizes: Mapping[str, str]
) -> str:
    read = sorted({name for line in head for name, lag in line.reads if lag == 0 and name in inner})
    own = {name for line in head for name, lag in line.reads if lag == 0 and name not in found}
    text = ["head readout", "  input " + ", ".join(f"{name}: {_size(name, sizes)}" for name in read)]
    for name in sorted(own):
        text.append(f"  target {name}: {_size(name, sizes)}" + (" sums to 1" if name in sums_to_one else ""))
    names = [line.name for line in head]
    if LOSS not in names:
        last = [name for name in names if not any((name, 0) in line.reads for line in head)]
        text.append("  output " + ", ".join(last))
    return "\n".join([*text, *(f"  {line.name} = {line.text}" for line in _ordered(head))]) + "\n"


def _ordered(lines: list[Line]) -> list[Line]:
    """Return equations in an order in which each finds what it reads."""
    left, done = list(lines), list[Line]()
    while left:
        waiting = {line.name for line in left}
        ready = next((line for line in left if not {n for n, lag in line.reads if lag <= 0} & waiting), left[0])
        left.remove(ready)
        done.append(ready)
    return done


__all__ = ["Forward", "build"]
