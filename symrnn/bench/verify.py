"""The confusion table of the verifier: what is true, what was said, and how good the diagnosis is."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from typing import Any

from symrnn.bench.campaign import RIGHT, SHAPELESS, Result, campaign
from symrnn.bench.mutants import MUTATORS
from symrnn.claims.records import Answer

COLUMNS = (
    Answer.PROVED,
    Answer.AGREES,
    Answer.CONVENTION,
    Answer.CONDITION,
    Answer.REFUTED,
    Answer.ILL_TYPED,
    Answer.NOT_UNDERSTOOD,
)
ORDERS = ("one mistake", "two mistakes", "three mistakes")
WORST = 5  # cases of a kind that are shown
HEAD = "softmax-cross-entropy"


@dataclass(frozen=True, slots=True)
class Row:
    """One result, as little as can be counted, printed and kept."""

    cell: str
    head: str
    truth: str
    mistakes: tuple[str, ...]
    kind: str
    answer: str
    text: str
    layout: str
    reason: str
    convention: str
    confirmed: str
    repair_kinds: str
    seconds: float
    is_false: bool
    is_undecided: bool
    is_diagnosed: bool
    is_named: bool
    is_undone: bool
    is_repaired: bool

    @classmethod
    def of(cls, result: Result) -> Row:
        """Return the row of a result."""
        case, verdict = result.case, result.verdict
        return cls(
            case.cell,
            case.head,
            case.truth,
            tuple(next(name for name in MUTATORS if name in classes) for classes in case.mistakes),
            case.kind,
            verdict.answer.name,
            case.text,
            case.style.layout,
            verdict.reason,
            verdict.convention,
            result.convention,
            verdict.kind,
            result.seconds,
            result.is_false,
            result.is_undecided,
            result.is_diagnosed,
            result.named,
            result.undone,
            result.repaired,
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return {name: getattr(self, name) for name in self.__slots__}


def run(names: Sequence[str], count: int, seed: int, orders: tuple[int, ...], jobs: int) -> Iterator[Row]:
    """Yield the rows of all cells, in the order of the names whatever the number of processes."""
    work = (names, repeat(count), repeat(seed), repeat(orders))
    if jobs == 1:
        for found in map(_cell, *work):
            yield from found
        return
    with ProcessPoolExecutor(jobs) as pool:
        for found in pool.map(_cell, *work):
            yield from found


def _cell(name: str, count: int, seed: int, orders: tuple[int, ...]) -> list[Row]:
    """Return the rows of a cell: a quarter of the statements is about the cell alone, where the caller gives the adjoints."""
    parts = {HEAD: count - count // 4, "none": count // 4}
    return [
        Row.of(result) for head, share in parts.items() if share for result in campaign(name, head, share, seed, orders)
    ]


# -- what is printed -------------------------------------------------------------------------------------------------------


def report(rows: Sequence[Row]) -> Iterator[str]:
    """Yield the confusion table, the score of the diagnosis, and the cases to look at."""
    yield from table(rows)
    yield ""
    yield from diagnosis(rows)
    yield from _conventions(rows)
    yield from _cases("false verdicts", [row for row in rows if row.is_false], len(rows))
    yield from _cases("not understood", [row for row in rows if row.is_undecided])
    yield from _cases(
        "wrongly named or repaired",
        [row for row in rows if row.is_diagnosed and not (row.is_named and row.is_repaired)],
    )
    slowest = max(rows, key=lambda row: row.seconds)
    mean = sum(row.seconds for row in rows) / len(rows)
    yield ""
    yield f"{mean * 1e3:.0f} ms a statement; the slowest took {slowest.seconds:.1f} s: {slowest.cell}: {slowest.text}"


def table(rows: Iterable[Row]) -> Iterator[str]:
    """Yield the confusion table: one line for what is right, for each class of one mistake, for two and for three mistakes."""
    counts: dict[str, Counter[str]] = {}
    for row in rows:
        counts.setdefault(_name(row), Counter())[row.answer] += 1
    yield f"{'':<36}" + "".join(f"{answer.name.lower().replace('_', ' '):>16}" for answer in COLUMNS)
    shapeless = [f"{name}, {SHAPELESS}" for name in (*MUTATORS, *ORDERS[1:])]
    for name in (RIGHT, *MUTATORS, *ORDERS[1:], *shapeless):
        if name in counts:
            yield f"{name:<36}" + "".join(f"{counts[name][answer.name] or '·':>16}" for answer in COLUMNS)
    rows = list(rows)
    wrong = [row for row in rows if row.truth != RIGHT]
    false = sum(row.is_false for row in rows)
    undecided = sum(row.is_undecided for row in rows)
    yield (
        f"{len(rows)} statements, {len(wrong)} of them wrong: {false} false verdicts, "
        f"{undecided} undecided ({undecided / len(rows):.1%})"
    )


def _name(row: Row) -> str:
    if row.truth == RIGHT:
        return RIGHT
    name = row.mistakes[0] if len(row.mistakes) == 1 else ORDERS[len(row.mistakes) - 1]
    return name if row.truth != SHAPELESS else f"{name}, {SHAPELESS}"


def diagnosis(rows: Iterable[Row]) -> Iterator[str]:
    """Yield how often the mistake was named, undone and repaired, by the number of mistakes."""
    rows = [row for row in rows if row.is_diagnosed]
    yield f"{'diagnosis of':<36}{'statements':>16}{'class named':>16}{'undone':>16}{'either':>16}{'exact repair':>16}"
    for order, name in enumerate(ORDERS, start=1):
        some = [row for row in rows if len(row.mistakes) == order]
        if some:
            either = [row.is_named or row.is_undone for row in some]
            scores = (
                [row.is_named for row in some],
                [row.is_undone for row in some],
                either,
                [row.is_repaired for row in some],
            )
            yield f"{name:<36}{len(some):>16}" + "".join(f"{sum(score) / len(some):>16.1%}" for score in scores)


def _conventions(rows: Iterable[Row]) -> Iterator[str]:
    """Yield the wrong statements that were said to be right under a convention, by class and by what the numbers say."""
    found = Counter(
        (row.kind, row.convention, row.confirmed)
        for row in rows
        if row.truth != RIGHT and row.answer == Answer.CONVENTION.name
    )
    if found:
        yield ""
        yield "wrong as it stands, right under a convention:"
    for (kind, convention, confirmed), count in sorted(found.items()):
        yield f"  {count:>4}  {kind}: {convention} [{confirmed or 'NOT SO BY THE NUMBERS'}]"


def _cases(title: str, rows: Sequence[Row], most: int = WORST) -> Iterator[str]:
    if rows:
        yield ""
        yield f"{title} ({len(rows)}):"
    for row in rows[:most]:
        made = f" ({row.kind})" if row.kind else ""
        yield f"  {row.cell} ({row.head}), {row.layout} layout, {row.truth}{made}: {row.answer.lower().replace('_', ' ')}"
        yield f"      {row.text}"
        yield f"      {row.repair_kinds or row.convention or row.reason}"


def as_json(rows: Iterable[Row]) -> str:
    """Return the rows for machines."""
    return json.dumps([row.as_dict() for row in rows], indent=1, ensure_ascii=False) + "\n"


__all__ = ["HEAD", "Row", "as_json", "diagnosis", "report", "run", "table"]
