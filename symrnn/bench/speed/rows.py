"""One cell at one point: who takes part, whether they are right, how long they take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from symrnn.bench.speed.forms import Arrays, Form, FormError, Peer
from symrnn.bench.speed.job import Job, Point
from symrnn.bench.speed.limit import Limit
from symrnn.bench.speed.measure import ALLOWED, CLOCKS, Spread, error, once, ratios, turns

TRIAL_ROUNDS, TRIAL_SECONDS = 7, 1.0  # for which the forms of a library take turns, before the quickest is measured


@dataclass(slots=True)
class Entrant:
    """Somebody of whom one form is measured: "c", "numpy", "torch", "jax".

    Fields:
        errors: of every form that is right, by its name. tried: the median of a few of its runs.
        refused: the forms whose gradients are wrong, with what is wrong. absent: those that cannot be had, with the reason.
    """

    who: str
    form: Form | None = None
    errors: dict[str, float] = field(default_factory=dict)
    tried: dict[str, float] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)


def entrant(who: str, forms: Iterable[Form | FormError], reference: Arrays, job: Job) -> Entrant:
    """Return somebody with the quickest of those forms that have the right gradients."""
    found, clock = Entrant(who), CLOCKS[job.clock]
    right: dict[str, Form] = {}
    for form in forms:
        if isinstance(form, FormError):
            found.absent.append(str(form))
            continue
        wrong = error(form.gradients(), reference)
        if not wrong <= ALLOWED[job.dtype]:
            found.refused.append(f"{who} {form.name}: a gradient is off by {wrong:.1e} of its largest entry: not timed")
            continue
        right[form.name], found.errors[form.name] = form, wrong
        found.tried[form.name] = once(form, clock)
    if len(right) > 1:
        runs = turns(right, found.tried, TRIAL_ROUNDS, TRIAL_SECONDS, clock)
        found.tried = {name: Spread.of(times).median for name, times in runs.items()}
    if right:
        found.form = right[min(found.tried, key=lambda name: found.tried[name])]
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
            who: {
                **Spread.of(found).as_dict(),
                "form": running[who].name,
                "error": by_who[who].errors[running[who].name],
            }
            for who, found in times.items()
        },
        "ratios": {one: {peer: ratios(times[peer], times[one]).as_dict() for peer in peers} for one in own},
        "tried": {
            one.who: {name: {"median": one.tried[name], "error": one.errors[name]} for name in one.tried}
            for one in entrants
        },
        "refused": [reason for one in entrants for reason in one.refused],
        "absent": [reason for one in entrants for reason in one.absent],
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
