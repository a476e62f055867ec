"""A document in parts, each about one recurrence: where a name is computed anew under a new heading, another network begins.

Also the usual shorthand of a cell written for one step, h = (1 − z) ∘ h + z ∘ h̃: what is computed without a step is of step t,
what is read under the name of a result is its value before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from symrnn.claims.equations import Writer, equation
from symrnn.claims.spelling import Spelt, sort_scripts
from symrnn.claims.symbols import moving_names
from symrnn.claims.trees import children, every_part, rebuilt
from symrnn.language.formulas import nodes as f
from symrnn.language.formulas.nodes import Chain, Formula, Line

_HEADING = re.compile(r"\\(?:sub)*section|\\chapter|\\paragraph|(?:^|\s)#+\s")


def sections(lines: Sequence[Line]) -> Iterator[tuple[Line, ...]]:
    """Yield the parts of a document that are about one network each."""
    moving = moving_names([line.formula for line in lines if line.formula is not None])
    parts: list[list[list[Line]]] = [[]]
    for chunk in chunks(lines):
        computed = dict(_computed(chunk, moving))
        known = {name: expr for one in parts[-1] for name, expr in _computed(one, moving)}
        again = {name for name, expr in computed.items() if known.get(name, expr) != expr}
        if again:
            parts.append(_forward_end(parts[-1], again, moving))
        parts[-1].append(chunk)
    for part in parts:
        yield tuple(line for chunk in part for line in chunk)


def _forward_end(part: list[list[Line]], again: set[str], moving: frozenset[str]) -> list[list[Line]]:
    """Take the last chunks away from a part that only compute something, and nothing of what is computed again: they go with it."""
    taken: list[list[Line]] = []
    while len(part) > 1 and _only_computes(part[-1]) and not again & {name for name, _ in _computed(part[-1], moving)}:
        taken.insert(0, part.pop())
    return taken


def _only_computes(chunk: Sequence[Line]) -> bool:
    chains = [line.formula for line in chunk if isinstance(line.formula, Chain)]
    signs = (part for chain in chains for part in every_part(chain))
    return all(_plain(chain.parts[0]) for chain in chains) and not any(
        isinstance(part, f.Derivative | f.Nabla | f.Differential) for part in signs
    )


def chunks(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Yield what stands under each heading."""
    chunk: list[Line] = []
    for line in lines:
        if chunk and _HEADING.search(line.words):
            yield chunk
            chunk = []
        chunk.append(line)
    if chunk:
        yield chunk


def _computed(lines: Sequence[Line], moving: frozenset[str]) -> Iterator[tuple[str, Formula]]:
    for line in lines:
        found = equation(line.formula, moving) if isinstance(line.formula, Chain) else None
        if found is not None:
            yield found.name, found.expr


# -- shorthand -----------------------------------------------------------------------------------------------------------


def with_steps(lines: Sequence[Line], step: str = "t") -> tuple[Line, ...]:
    """Return lines in which results and inputs without a step have one, if the document writes its cell for one step.

    That is so when equations compute plain symbols without a step, and one of them, or one with a step, is also read without.
    """
    chains = [line.formula for line in lines if isinstance(line.formula, Chain)]
    bare, stepped = _targets(chains, step)
    read = {name for chain in chains for part in chain.parts[1:] for name in _bare_names(part)}
    states = {name for name in stepped | bare if name in read and _reads_itself(name, chains, bare, stepped)}
    if not bare or not states:
        return tuple(lines)
    inputs = {name for name in read if re.fullmatch(r"[a-z]", name) and name not in bare | stepped | {step, "b"}}
    rule = _Steps(frozenset(bare | stepped), frozenset(inputs), step)
    return tuple(
        replace(line, formula=rule.chain(line.formula)) if isinstance(line.formula, Chain) else line for line in lines
    )


def _plain(formula: Formula) -> Spelt | None:
    writer = Writer(frozenset())
    spelt = sort_scripts(formula, writer.known())
    return spelt if spelt is not None and not (spelt.primes or spelt.power or spelt.transposed or spelt.entry) else None


def _targets(chains: Sequence[Chain], step: str) -> tuple[set[str], set[str]]:
    bare, stepped = set(), set()
    for chain in chains:
        spelt = _plain(chain.parts[0]) if chain.relations[0] == "=" else None
        if spelt is None or isinstance(chain.parts[1], f.Number | f.Entries):
            continue
        if spelt.step is None and not spelt.name.endswith(f"_{step}"):
            bare.add(spelt.name)
        elif isinstance(spelt.step, f.Letter) or spelt.name.endswith(f"_{step}"):
            stepped.add(spelt.name.removesuffix(f"_{step}"))
    return bare, stepped


def _bare_names(formula: Any) -> set[str]:
    if isinstance(formula, f.Letter | f.Scripted):
        spelt = sort_scripts(formula, Writer(frozenset()).known())
        if spelt is not None:
            return {spelt.name} if spelt.step is None else set()
    found: set[str] = set()
    for child in children(formula):
        found |= _bare_names(child)
    return found


def _reads_itself(name: str, chains: Sequence[Chain], bare: set[str], stepped: set[str]) -> bool:
    """Return whether a result depends on the bare name of itself, directly or by way of other results without a step."""
    made = {}
    for chain in chains:
        spelt = _plain(chain.parts[0])
        if spelt is not None and len(chain.parts) > 1:
            made[spelt.name.removesuffix("_t")] = set().union(*map(_bare_names, chain.parts[1:]))
    seen, queue = set(), list(made.get(name, set()))
    while queue:
        current = queue.pop()
        if current == name:
            return True
        if current not in seen:
            seen.add(current)
            queue += made.get(current, set())
    return False


class _Steps:
    """Puts steps to bare names, line by line: what has been computed is of step t, what is read before of t − 1, inputs of t."""

    def __init__(self, results: frozenset[str], inputs: frozenset[str], step: str) -> None:
        self.results, self.inputs, self.step = results, inputs, step
        self.computed: set[str] = set()

    def chain(self, chain: Chain) -> Chain:
        """Return a line with its steps, and remember what it computes."""
        first, *rest = chain.parts
        parts = tuple(self._inside(part) for part in rest)
        spelt = _plain(first)
        name = "" if spelt is None else spelt.name.removesuffix(f"_{self.step}")
        if spelt is not None and spelt.name in self.results:
            first = self._at(first, 0)
        if name in self.results:
            self.computed.add(name)
        return replace(chain, parts=(first, *parts))

    def _inside(self, formula: Any) -> Any:
        if isinstance(formula, f.Letter | f.Scripted):
            spelt = sort_scripts(formula, Writer(frozenset()).known())
            if spelt is not None and spelt.step is not None:
                return formula
            if spelt is not None:
                if spelt.name in self.results:
                    return self._at(formula, 0 if spelt.name in self.computed else -1)
                return self._at(formula, 0) if spelt.name in self.inputs else formula
        return rebuilt(formula, self._inside)

    def _at(self, formula: Any, gap: int) -> Formula:
        letter = f.Letter(self.step)
        when: Formula = letter if gap == 0 else f.Total((letter, f.Number("1")), ("+", "-"))
        return f.Scripted(formula, None, f.Group(when), 0, formula.where)


__all__ = ["chunks", "sections", "with_steps"]
