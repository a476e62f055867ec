r"""From the forward equations of a document to a network: they become the text of a cell, and of a head, and are read as such.

    \mathbf z_a^{(t)} = \mathbf W_{aa}^\top \mathbf a^{(t-1)} + …         z_a = W_aa.T @ a[t-1] + …
    J = \sum_t \sum_i -y_i^{(t)} \log \hat y_i^{(t)}                      J = sum(-(y * log(y_hat)))

What is read at an earlier step is a state; what nothing computes is an input if it has a step, a target if only the loss reads it,
else a parameter. The equations on which the states depend are the cell, the others the head. The text is shown to the user, so
that what was understood can be seen, corrected and used again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from symrnn.claims.entries import is_one
from symrnn.claims.functions import FUNCTION_NAMES
from symrnn.claims.spelling import Known, Spelt, sort_scripts
from symrnn.claims.trees import NotUnderstood, children, mentions, places
from symrnn.errors import LanguageError, SymrnnError
from symrnn.language.formulas import nodes as f
from symrnn.language.formulas.nodes import Formula
from symrnn.language.read import read_cell
from symrnn.language.words import refused
from symrnn.model.composition import compose
from symrnn.model.equations import Cell
from symrnn.model.network import Network

LOSS = "J"
LONGEST = 20  # parameters whose sizes are added
_LOSSES = ("J", "L", "E", "ell", "C", "loss", "Loss")
_MATRIX_SIGNS = {"": "@", "cdot": "@", "@": "@", "times": "@", "odot": "*", "circ": "*", "*": "*", "/": "/"}


@dataclass(frozen=True, slots=True)
class Line:
    """One forward equation: what it computes, and from what; `text` in the language of cells once it is written."""

    name: str
    expr: Formula
    text: str
    reads: frozenset[tuple[str, int]]  # (name, lag); lag −1 for what has no step


@dataclass(frozen=True, slots=True)
class Forward:
    """The network of a document.

    Fields:
        network: what the equations compute. text: the cell and head as they were understood.
        names: of everything the equations define. used: the numbers of the lines of the document that were forward equations.
    """

    network: Network
    text: str
    names: frozenset[str]
    used: frozenset[int] = field(default_factory=frozenset)


def step_letter(formulas: Iterable[Formula]) -> str:
    """Return the letter that a document uses for the current step: the one that stands most often in scripts such as t − 1."""
    counts: dict[str, int] = {"t": 0}
    for formula in formulas:
        for part, _ in places(formula):
            if isinstance(part, f.Scripted):
                for script in (part.sub, part.sup):
                    inner = script.body if isinstance(script, f.Group) else script
                    if isinstance(inner, f.Total) and len(inner.terms) == 2 and isinstance(inner.terms[0], f.Letter):
                        name = inner.terms[0].name
                        counts[name] = counts.get(name, 0) + 1
    counts.pop("T", None)
    return max(counts, key=lambda name: (counts[name], name == "t"))


def moving_names(formulas: Iterable[Formula], step: str = "t") -> frozenset[str]:
    """Return the names that stand with the current step somewhere, or with one relative to it."""
    found: set[str] = set()
    for formula in formulas:
        _collect_moving(formula, step, found)
    return frozenset(found)


def _collect_moving(formula: Any, step: str, found: set[str]) -> None:
    if isinstance(formula, f.Scripted):
        spelt = sort_scripts(formula, _known(lambda name: True, step))
        if spelt is not None and spelt.step is not None and mentions(spelt.step, step):
            found.add(spelt.name)
    for child in children(formula):
        _collect_moving(child, step, found)


def _known(moves: Any, step: str, bound: frozenset[str] = frozenset()) -> Known:
    return Known(
        moves,
        lambda name: name == step or name in bound or name == "T",
        lambda name: name in "ijklmn",
        lambda name: False,
    )


@dataclass
class Writer:
    """Writes formulas in the language of cells. `moving` are the names with steps."""

    moving: frozenset[str]
    step: str = "t"
    reads: set[tuple[str, int]] = field(default_factory=set)
    entry: str | None = None

    def write(self, formula: Formula) -> str:
        """Return an expression of the language of cells.

        Raises:
            NotUnderstood: it holds something that no cell can.
        """
        writer = _WRITE.get(type(formula))
        if writer is None:
            raise NotUnderstood(
                f"a {type(formula).__name__.lower()} cannot stand in a forward equation", _where(formula)
            )
        return writer(self, formula)

    def known(self) -> Known:
        """Return what the sorting of scripts asks."""
        return _known(lambda name: name in self.moving, self.step)

    def symbol(self, formula: f.Letter | f.Scripted) -> str:
        """Return a name with its step, a transpose, a power."""
        if is_one(formula):
            return "1"
        spelt = sort_scripts(formula, self.known())
        if spelt is None or spelt.name == "":
            return self._scripted(formula)
        text = self.name(spelt, formula)
        if spelt.power is not None:
            text = f"{text} ** {self.write(spelt.power)}"
        return f"{text}.T" if spelt.transposed or spelt.primes % 2 else text

    def name(self, spelt: Spelt, formula: Formula) -> str:
        """Return a quantity at its step."""
        if problem := refused(spelt.name):
            raise NotUnderstood(problem, _where(formula))
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", spelt.name):
            raise NotUnderstood(f"{spelt.name} cannot be the name of a quantity", _where(formula))
        lag = 0 if spelt.step is None else self.lag(spelt.step)
        moves = spelt.name in self.moving
        self.reads.add((spelt.name, lag if moves else -1))
        return spelt.name if lag == 0 else f"{spelt.name}[t-{lag}]"

    def lag(self, step: Formula) -> int:
        """Return k of a step t − k."""
        if isinstance(step, f.Group):
            return self.lag(step.body)
        if isinstance(step, f.Letter) and step.name == self.step:
            return 0
        if isinstance(step, f.Total) and len(step.terms) == 2 and step.signs == ("+", "-"):
            first, second = step.terms
            if (
                isinstance(first, f.Letter)
                and first.name == self.step
                and isinstance(second, f.Number)
                and second.text.isdigit()
            ):
                return int(second.text)
        raise NotUnderstood(f"a forward equation reads step {self.step} and earlier ones", _where(step))

    def _scripted(self, formula: Any) -> str:
        if not isinstance(formula, f.Scripted) or formula.sub is not None:
            raise NotUnderstood("the scripts of this symbol have no meaning here", _where(formula))
        inner = (
            sort_scripts(f.Scripted(f.Letter(""), sup=formula.sup), self.known())
            if formula.sup is not None
            else Spelt("")
        )
        if inner is None or inner.name or inner.step is not None:
            raise NotUnderstood("this upper script has no meaning here", _where(formula))
        text = f"({self.write(formula.base)})"
        if inner.power is not None:
            text = f"{text} ** {self.write(inner.power)}"
        return f"{text}.T" if inner.transposed or formula.primes % 2 else text

    def product(self, formula: f.Product) -> str:
        """Return factors with the operators of the language."""
        call = self._called(formula)
        if call is not None:
            return call
        text = self._factor(formula.factors[0])
        for sign, before, factor in zip(formula.signs, formula.factors, formula.factors[1:], strict=False):
            if sign not in _MATRIX_SIGNS:
                raise NotUnderstood(f"the sign {sign} has no meaning in a forward equation", _where(formula))
            operator = _MATRIX_SIGNS[sign]
            if operator == "@" and (self._is_plain(before) or self._is_plain(factor) or self.entry is not None):
                operator = "*"
            text = f"{text} {operator} {self._factor(factor)}"
        return text

    def _is_plain(self, formula: Formula) -> bool:
        return isinstance(formula, f.Number)

    def _factor(self, formula: Formula) -> str:
        text = self.write(formula)
        return f"({text})" if isinstance(formula, f.Total | f.Product | f.Big) else text

    def _called(self, formula: f.Product) -> str | None:
        if len(formula.factors) == 2 and formula.signs == ("",) and isinstance(formula.factors[1], f.Group):
            spelt = sort_scripts(formula.factors[0], self.known())
            if spelt is not None and spelt.name in FUNCTION_NAMES and spelt.name not in self.moving:
                return self._function(spelt.name, self.write(formula.factors[1].body), formula)
        return None

    def _function(self, name: str, argument: str, formula: Formula) -> str:
        known = FUNCTION_NAMES.get(name)
        if known is None or known in ("trace", "sech", "dtanh", "dsigmoid", "transpose"):
            raise NotUnderstood(f"the function {name} cannot stand in a forward equation", _where(formula))
        return f"{known}({argument})"

    def total(self, formula: f.Total) -> str:
        """Return a sum."""
        text = ""
        for sign, term in zip(formula.signs, formula.terms, strict=True):
            part = self.write(term)
            if isinstance(term, f.Total):
                part = f"({part})"
            text += f" {sign} {part}" if text else part if sign == "+" else f"-{_tight(part)}"
        return text

    def call(self, formula: f.Call) -> str:
        """Return a function of its argument."""
        if formula.primes or len(formula.arguments) != 1:
            raise NotUnderstood("a derivative cannot stand in a forward equation", formula.where)
        text = self._function(formula.name, self.write(formula.arguments[0]), formula)
        return text if formula.power is None else f"{text} ** {self.write(formula.power)}"

    def big(self, formula: f.Big) -> str:
        """Return a sum over entries; the sum over the steps is left out, since the loss of a step is meant."""
        if formula.kind != "sum" or not isinstance(formula.index, f.Letter):
            raise NotUnderstood("only sums can stand in a forward equation", formula.where)
        if formula.index.name == self.step:
            return self.write(formula.body)
        inner = Writer(self.moving, self.step, self.reads, formula.index.name)
        return f"sum({inner.write(formula.body)})"


def _tight(text: str) -> str:
    return f"({text})" if " " in text else text


def _where(formula: Any) -> f.Place:
    return getattr(formula, "where", f.NOWHERE)


def _group(writer: Writer, formula: f.Group) -> str:
    return f"({writer.write(formula.body)})"


def _ratio(writer: Writer, formula: f.Ratio) -> str:
    return f"{writer._factor(formula.above)} / {writer._factor(formula.below)}"


def _norm(writer: Writer, formula: f.Norm) -> str:
    if formula.kind == "abs":
        return f"abs({writer.write(formula.body)})"
    raise NotUnderstood(
        "a norm can stand in a forward equation only as its square, written as a product", formula.where
    )


_WRITE: Mapping[type, Any] = {
    f.Letter: Writer.symbol,
    f.Scripted: Writer.symbol,
    f.Number: lambda writer, formula: formula.text,
    f.Group: _group,
    f.Product: Writer.product,
    f.Total: Writer.total,
    f.Ratio: _ratio,
    f.Call: Writer.call,
    f.Big: Writer.big,
    f.Norm: _norm,
}


def equation(formula: f.Chain, moving: frozenset[str], step: str = "t") -> Line | None:
    """Return a forward equation, or None if a chain is none: its left side is no plain symbol of the current step."""
    if len(formula.parts) < 2 or formula.relations[0] not in ("=", ":="):
        return None
    writer = Writer(moving, step)
    left = formula.parts[0]
    spelt = sort_scripts(left, writer.known())
    if spelt is None or spelt.transposed or spelt.primes or spelt.power is not None or spelt.entry is not None:
        return None
    try:
        if spelt.step is not None and writer.lag(spelt.step) != 0:
            return None
        name = LOSS if spelt.name in _LOSSES else spelt.name
        text = writer.write(formula.parts[1])
    except NotUnderstood:
        return None
    if name == LOSS and isinstance(formula.parts[1], f.Big) and _is_sum_of_losses(formula.parts[1], spelt.name):
        return None
    if name != LOSS and (spelt.name not in moving or not writer.reads):
        return None
    return Line(name, formula.parts[1], text, frozenset(writer.reads))


def _is_sum_of_losses(big: f.Big, name: str) -> bool:
    """Return whether a formula says no more than that the loss is the sum of the losses of the steps."""
    body = big.body
    while isinstance(body, f.Scripted | f.Group):
        body = body.base if isinstance(body, f.Scripted) else body.body
    if isinstance(body, f.Product) and len(body.factors) == 2 and isinstance(body.factors[1], f.Group):
        body = body.factors[0].base if isinstance(body.factors[0], f.Scripted) else body.factors[0]
    return isinstance(body, f.Letter) and body.name == name


def build(lines: Iterable[Line], sums_to_one: Iterable[str] = (), sizes: Mapping[str, str] | None = None) -> Forward:
    """Return the network of some forward equations.

    Raises:
        SymrnnError: they are not a recurrence; the message holds the cell as it was understood.
    """
    found = {line.name: line for line in lines}
    states = {name for line in found.values() for name, lag in line.reads if lag > 0}
    if not states & set(found):
        raise SymrnnError(
            "no forward equation reads an earlier step of something that another one computes: there is no recurrence"
        )
    inner = _ancestors(found, states)
    cell = [line for line in found.values() if line.name in inner]
    head = [line for line in found.values() if line.name not in inner]
    texts = [_cell_text(cell, states, head, found, sizes or {})]
    if head:
        texts.append(_head_text(head, found, inner, frozenset(sums_to_one) or _shares(head), sizes or {}))
    try:
        texts = _one_size_each(texts)
        cells = [_read(text) for text in texts]
        network = compose(*(cell for cell, _ in cells))
    except SymrnnError as problem:
        raise SymrnnError(f"{problem}\nThe forward equations were understood as\n" + "\n".join(texts)) from problem
    texts = [text for _, text in cells]
    return Forward(network, "\n".join(texts), frozenset(found))


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
            _read(texts[0])
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
    wanted = sorted(
        {name for line in head for name, lag in line.reads if lag == 0 and name in {one.name for one in cell}}
    )
    text = ["cell forward"]
    if read:
        text.append("  input " + ", ".join(f"{name}: {_size(name, sizes)}" for name in sorted(read)))
    text.append(
        "  state " + ", ".join(f"{name}: {_state_size(name, found, sizes)}" for name in sorted(states & set(found)))
    )
    if wanted:
        text.append("  output " + ", ".join(wanted))
    return "\n".join([*text, *(f"  {line.name} = {line.text}" for line in _ordered(cell))]) + "\n"


def _state_size(name: str, found: Mapping[str, Line], sizes: Mapping[str, str]) -> str:
    """Return the size of a state: states that meet elementwise have one size, which the language finds by itself."""
    return _size(name, sizes)


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


__all__ = ["Forward", "Line", "Writer", "build", "equation", "moving_names", "step_letter"]
