"""One cell at one point: who takes part, whether they are right, how long they take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from symrnn.bench.speed.forms import Arrays, Form, FormError, Peer
from symrnn.bench.speed.job import Job, Point
from symrnn.bench.speed.limit import Limit
from symrnn.bench.speed.measure import ALLOWED, CLOCKS, Spread, error, ratios, trial, turns


@dataclass(slots=True)
class Entrant:
    """Somebody of whom one form is measured: "c", "numpy", "torch", "jax".

    Fields:
        tried: the median of a few runs of every form that is right, by its name. error: of the form that was chosen.
        refused: forms that are wrong, or that cannot be had, with the reason.
    """

    who: str
    form: Form | None = None
    error: float = 0.0
    tried: dict[str, float] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)


def entrant(who: str, forms: Iterable[Form | FormError], reference: Arrays, job: Job) -> Entrant:
    """Return somebody with the quickest of some forms that have the right gradients."""
    found = Entrant(who)
    clock = CLOCKS[job.clock]
    for form in forms:
        if isinstance(form, FormError):
            found.refused.append(str(form))
            continue
        wrong = error(form.gradients(), reference)
        if not wrong <= ALLOWED[job.dtype]:
            found.refused.append(
                f"{who} {form.name}: the gradients are off by {wrong:.1e} of the largest entry: not timed"
            )
            continue
        found.tried[form.name] = trial(form, clock)
        if found.tried[form.name] <= min(found.tried.values()):
            found.form, found.error = form, wrong
    return found


def row(cell: str, point: Point, entrants: Iterable[Entrant], least: Limit | None, job: Job) -> dict[str, Any]:
    """Measure everybody in turns, and return what was found, for JSON; times are in seconds."""
    entrants = list(entrants)
    running = {one.who: one.form for one in entrants if one.form is not None}
    tried = {one.who: one.tried[one.form.name] for one in entrants if one.form is not None}
    times = turns(running, tried, job.rounds, job.seconds, CLOCKS[job.clock])
    by_who = {one.who: one for one in entrants}
    own = [who for who in times if who in job.backends]
    peers = [who for who in times if who not in job.backends]
    return {
        "cell": cell,
        "sizes": point.sizes,
        "rounds": min((len(one) for one in times.values()), default=0),
        "limit": None if least is None else _limit(least),
        "times": {
            who: {**Spread.of(found).as_dict(), "form": running[who].name, "error": by_who[who].error}
            for who, found in times.items()
        },
        "ratios": {one: {peer: ratios(times[peer], times[one]).as_dict() for peer in peers} for one in own},
        "tried": {one.who: one.tried for one in entrants},
        "refused": [reason for one in entrants for reason in one.refused],
    }


def _limit(least: Limit) -> dict[str, float]:
    return {
        "seconds": least.seconds,
        "products": least.products,
        "reading": least.reading,
        "functions": least.functions,
    }


def peers_of(
    peers: Iterable[Peer], cell: str, arrays: Arrays, reference: Mapping[str, Any], job: Job
) -> Iterator[Entrant]:
    """Yield those peers that are installed, each with its quickest form."""
    for peer in peers:
        if peer.version:
            yield entrant(peer.name, peer.forms(cell, arrays), reference, job)
