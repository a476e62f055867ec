"""From the data of a certificate to its text: what is filled into templates/coq/certificate.v.j2, and nothing decided there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from symrnn.algebra.nodes import Add, Bar, Leaf, Node
from symrnn.algebra.text import text as plain
from symrnn.algebra.walk import leaves
from symrnn.calculus.records import Derivation
from symrnn.calculus.truncated import Truncated
from symrnn.certificates import gallina
from symrnn.certificates.domains import Condition, conditions
from symrnn.certificates.statement import Block, Part, Quantity, Statement
from symrnn.certificates.windows import stated
from symrnn.rendering import render


@dataclass(frozen=True, slots=True)
class Certificate:
    """A Coq file that states and proves that the printed equations are the gradient.

    Fields:
        name: of the network; `module`: of the file, without its suffix.
        text: the file.
        sizes: the Coq variables of it, in order. goal: what is differentiated.
        places: for each goal of the tactic `check` in its order, the quantity whose adjoint it is about and the stage's number.
        complaints: why it would not be about the printed equations, whatever Coq says.
    """

    name: str
    module: str
    text: str
    sizes: tuple[str, ...]
    goal: str
    conditions: tuple[Condition, ...]
    places: tuple[tuple[Leaf, int], ...] = field(repr=False)
    complaints: tuple[str, ...] = ()

    @property
    def statement(self) -> str:
        """What is proved, in Coq."""
        bound, given = self._quantified
        return f"{bound}certified (net{given}) (adj{given}) loss (under (net{given}) (conditions{given}))"

    @property
    def about_something(self) -> str:
        """What is proved beside it, in Coq: there are values and adjoints that satisfy the equations."""
        bound, given = self._quantified
        return f"{bound}solvable (net{given}) (adj{given})"

    @property
    def _quantified(self) -> tuple[str, str]:
        given = "".join(f" {one}" for one in self.sizes)
        return f"forall{given} : nat, " if given else "", given


def certificate(derivation: Derivation, files: Mapping[str, str] | None = None) -> Certificate:
    """Return the certificate of a derivation; `files` are emitted ones, whose hashes it carries.

    Raises:
        NotCovered: the Coq library has no constructor or lemma for something in it.
    """
    found = stated(derivation)
    where = conditions(found)
    writer = _Writer(found)
    goal = "Functional" if found.loss is None else f"Total {_quoted(found.loss)}"
    sizes = tuple(gallina.size_name(size) for size in found.sizes)
    of_file = [{"name": _file_name(name), "digest": _digest(body)} for name, body in sorted((files or {}).items())]
    text = render(
        "coq/certificate.v.j2",
        name=gallina.name(found.name),
        digest=_digest("\n".join(_equations(derivation))),
        files=of_file,
        notes=list(_notes(found, derivation)),
        sizes={"bound": f" ({' '.join(sizes)} : nat)" if sizes else "", "given": "".join(f" {one}" for one in sizes)},
        quantities=_bracketed(map(writer.quantity, found.quantities), 2),
        constants=_bracketed(map(writer.constant, found.constants), 2),
        stages=_listed([writer.block(block) for block in found.stages]),
        sums_to_one=_bracketed(map(_quoted, found.sums_to_one), 2),
        adjoints=_listed(list(writer.adjoints())),
        conditions=_bracketed(map(writer.condition, where), 2),
        goal=goal,
    )
    return Certificate(
        found.name, f"certificate_{found.name}", text, sizes, goal, where, tuple(_places(found)), found.complaints
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _file_name(name: str) -> str:
    return ".".join(map(gallina.name, name.split(".")))


def _quoted(leaf: Leaf) -> str:
    return f'"{gallina.name(leaf.name)}"'


def _bracketed(rows: Iterable[str], margin: int) -> str:
    """Return a list of Coq, an element on a line."""
    return f"[ {f'{chr(10)}{chr(32) * margin}; '.join(found)} ]" if (found := list(rows)) else "[]"


def _notes(found: Statement, derivation: Derivation) -> Iterator[str]:
    """Yield what a reader should know before the data."""
    if isinstance(derivation.network, Truncated):
        yield "Of one window, before which the state is held constant; see truncated_exact in Unrolling.v. Length 0 counts its"
        yield "older steps, whose losses do not count, Length 1 the others."
    for line in found.left_out:
        yield f"The loss does not depend on {gallina.name(line.target.name)}, whose equation is left out."


def _listed(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """Say what stands before each element of a list: the bracket that opens it, or a semicolon."""
    return [{**row, "before": ";" if number else "["} for number, row in enumerate(rows)]


def _equations(derivation: Derivation) -> Iterator[str]:
    """Yield the equations as text: what the hash is of."""
    for line in derivation.network.equations:
        yield f"({line.label}) {plain(line.target)} = {plain(line.expr)}"
    for one in derivation.adjoints:
        terms = [*one.terms, *(term for _, term in (*one.carries, *one.ends, *one.sums))]
        yield f"({one.label}) {plain(Bar(one.of))} = {'; '.join(map(plain, terms))}"
    for gradient in derivation.gradients:
        yield f"({gradient.label}) {plain(Bar(gradient.of))} = {'; '.join(map(plain, gradient.terms))}"
    for end in derivation.initial:
        terms = [term for _, term in (*end.carries, *end.ends)]
        yield f"({end.label}) {plain(Bar(end.of))} = {plain(Add(*terms)) if terms else '0'}"


@dataclass(frozen=True, slots=True)
class _Writer:
    of: Statement

    def quantity(self, one: Quantity) -> str:
        span = f"{gallina.time(one.first, self.of.lengths)} {gallina.time(one.last, self.of.lengths)}"
        return f"Quantity {_sized(one.leaf)} {span}"

    def constant(self, leaf: Leaf) -> str:
        return f"Constant {_sized(leaf)}"

    def block(self, block: Block) -> dict[str, object]:
        return {
            "first": gallina.time(block.first, self.of.lengths),
            "last": gallina.time(block.last, self.of.lengths),
            "upwards": "true" if block.upwards else "false",
            "equations": _bracketed(
                (f"({_quoted(line.target)}, {self.expr(line.expr)})" for line in block.equations), 4
            ),
        }

    def adjoints(self) -> Iterator[dict[str, object]]:
        """Yield the adjoint equation of every quantity that has parts."""
        for of, found in _by_quantity(self.of).items():
            parts = [f"Part {one.stage} {gallina.when(one.of, self.of.lengths)} {self.expr(one.term)}" for one in found]
            yield {"of": f'"{gallina.name(of)}"', "parts": _bracketed(parts, 4)}

    def condition(self, one: Condition) -> str:
        return f"{one.kind} {one.stage} {self.expr(one.expr)}"

    def expr(self, expr: Node) -> str:
        return gallina.expression(expr, self.of.lengths)


def _sized(leaf: Leaf) -> str:
    return f"{_quoted(leaf)} {gallina.size(leaf.shape[0])} {gallina.size(leaf.shape[1])}"


def _by_quantity(of: Statement) -> dict[str, list[Part]]:
    found: dict[str, list[Part]] = {}
    for part in of.parts:
        found.setdefault(part.of.name, []).append(part)
    return found


def _places(of: Statement) -> Iterator[tuple[Leaf, int]]:
    """Yield what the goals are about, in the order of `agrees` in coq/Backpropagation.v: stages, quantities, readings."""
    given = _by_quantity(of)
    for number, block in enumerate(of.stages):
        for quantity in of.quantities:
            name = quantity.leaf.name
            told = [part.of for part in given.get(name, []) if part.stage == number]
            read = [leaf for line in block.equations for leaf in leaves(line.expr) if leaf.name == name]
            readings = {gallina.when(leaf, of.lengths) for leaf in (*told, *read)}
            yield from [(quantity.leaf, number)] * len(readings)
