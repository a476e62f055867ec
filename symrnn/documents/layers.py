"""Where the parts of a layered drawing stand: layers by longest path, order by crossings, places by least squares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

_SWEEPS = 12
PASSAGE = 0.2  # the weight of a passage: the nodes decide, it follows


@dataclass(frozen=True, slots=True)
class Item:
    """Something that stands in a layer: a node, or the passage of a net. `side` is -1 left, 1 right, 0 free.

    Its neighbours follow it as much as its `weight` says: a light item gives way to the others.
    """

    key: str
    layer: int
    width: float
    side: int = 0
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Link:
    """A connection between neighbouring layers, part of the net of one source."""

    net: str
    low: str
    high: str


@dataclass(frozen=True, slots=True)
class Layout:
    """The items of each layer from left to right, the middle of each item, and the links."""

    layers: tuple[tuple[str, ...], ...]
    x: Mapping[str, float]
    links: tuple[Link, ...]
    items: Mapping[str, Item]


def depths(keys: Sequence[str], edges: Iterable[tuple[str, str]]) -> dict[str, int]:
    """Return for each key the length of the longest path that ends there. The edges have no cycle."""
    into: dict[str, list[str]] = {key: [] for key in keys}
    for source, target in edges:
        into[target].append(source)
    found: dict[str, int] = {}

    def depth(key: str) -> int:
        if key not in found:
            found[key] = 1 + max((depth(source) for source in into[key]), default=-1)
        return found[key]

    for key in keys:
        depth(key)
    return found


def arrange(items: Sequence[Item], edges: Sequence[tuple[str, str]], gap: float, passage: float = PASSAGE) -> Layout:
    """Return the layout of these items and edges, each from a lower layer to a higher one.

    A heavy `passage` makes long lines straight: the nodes follow them.
    """
    known = {item.key: item for item in items}
    links = _links(known, edges, passage)
    layers = _order(known, links)
    return Layout(layers, _places(layers, links, known, gap), links, known)


def _links(known: dict[str, Item], edges: Sequence[tuple[str, str]], passage: float) -> tuple[Link, ...]:
    """Cut edges at the layers between; one passage per net and layer is added to the items."""
    links: dict[Link, None] = {}
    for source, target in edges:
        low = source
        for layer in range(known[source].layer + 1, known[target].layer):
            high = f"{source}|{layer}"
            known.setdefault(high, Item(high, layer, 14.0, 0, passage))
            links[Link(source, low, high)] = None
            low = high
        links[Link(source, low, target)] = None
    return tuple(links)


def _order(known: Mapping[str, Item], links: Sequence[Link]) -> tuple[tuple[str, ...], ...]:
    count = 1 + max(item.layer for item in known.values())
    layers = [[item.key for item in known.values() if item.layer == layer] for layer in range(count)]
    below, above = _neighbours(links)
    best, fewest = [list(layer) for layer in layers], float("inf")
    for sweep in range(_SWEEPS):
        upwards = sweep % 2 == 0
        for layer in range(count) if upwards else reversed(range(count)):
            near = layers[layer - 1] if upwards and layer else layers[layer + 1] if layer + 1 < count else []
            layers[layer] = _sorted(layers[layer], near, below if upwards else above, known)
        crossings = sum(_crossings(low, high, links) for low, high in pairwise(layers))
        if crossings < fewest:
            best, fewest = [list(layer) for layer in layers], crossings
    return tuple(tuple(layer) for layer in best)


def _neighbours(links: Sequence[Link]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    below: dict[str, list[str]] = {}
    above: dict[str, list[str]] = {}
    for link in links:
        below.setdefault(link.high, []).append(link.low)
        above.setdefault(link.low, []).append(link.high)
    return below, above


def _sorted(
    layer: Sequence[str], near: Sequence[str], links: Mapping[str, list[str]], known: Mapping[str, Item]
) -> list[str]:
    position = {key: place / max(len(near) - 1, 1) for place, key in enumerate(near)}
    here = {key: place / max(len(layer) - 1, 1) for place, key in enumerate(layer)}

    def wanted(key: str) -> tuple[int, float]:
        found = [position[other] for other in links.get(key, ()) if other in position]
        return known[key].side, sum(found) / len(found) if found else here[key]

    return sorted(layer, key=wanted)


def _crossings(low: Sequence[str], high: Sequence[str], links: Sequence[Link]) -> int:
    down = {key: place for place, key in enumerate(low)}
    up = {key: place for place, key in enumerate(high)}
    ends = [(down[link.low], up[link.high]) for link in links if link.low in down and link.high in up]
    return sum((a - c) * (b - d) < 0 for at, (a, b) in enumerate(ends) for c, d in ends[:at])


def _places(
    layers: Sequence[Sequence[str]], links: Sequence[Link], known: Mapping[str, Item], gap: float
) -> dict[str, float]:
    """Place each layer as near as it can be to the middle of its neighbours, in turn, until nothing moves much."""
    x: dict[str, float] = {}
    for layer in layers:
        x |= dict(zip(layer, _spread_items([0.0] * len(layer), layer, known, gap), strict=True))
    below, above = _neighbours(links)
    for sweep in range(10 * _SWEEPS):
        for layer in layers if sweep % 2 else reversed(layers):
            wanted = [_middle(key, x, [*below.get(key, ()), *above.get(key, ())], known) for key in layer]
            x |= dict(zip(layer, _spread_items(wanted, layer, known, gap), strict=True))
    left = min(x[key] - known[key].width / 2 for key in x)
    return {key: place - left for key, place in x.items()}


def _middle(key: str, x: Mapping[str, float], others: Sequence[str], known: Mapping[str, Item]) -> float:
    total = sum(known[other].weight for other in others)
    return sum(known[other].weight * x[other] for other in others) / total if others else x[key]


def _spread_items(wanted: Sequence[float], layer: Sequence[str], known: Mapping[str, Item], gap: float) -> list[float]:
    gaps = [(known[left].width + known[right].width) / 2 + gap for left, right in pairwise(layer)]
    return spread(wanted, gaps, [known[key].weight for key in layer])


def spread(wanted: Sequence[float], gaps: Sequence[float], weights: Sequence[float]) -> list[float]:
    """Return the places nearest to those wanted, in weighted least squares, that keep the order and the gaps."""
    offsets = [0.0, *accumulate(gaps)]
    blocks: list[tuple[float, float, int]] = []
    for place, offset, heavy in zip(wanted, offsets, weights, strict=False):
        mean, weight, size = place - offset, heavy, 1
        while blocks and blocks[-1][0] > mean:
            before, more, count = blocks.pop()
            mean = (before * more + mean * weight) / (more + weight)
            weight, size = more + weight, count + size
        blocks.append((mean, weight, size))
    means = [mean for mean, _, size in blocks for _ in range(size)]
    return [mean + offset for mean, offset in zip(means, offsets, strict=False)]
