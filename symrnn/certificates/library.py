"""The Coq library as texts: its files in the order in which they are compiled, and the definitions in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

SOURCES = Path(__file__).resolve().parent / "coq"


def sources() -> dict[str, str]:
    """Return the files of the library by their names, each after those that it needs."""
    texts = {path.stem: path.read_text(encoding="utf-8") for path in sorted(SOURCES.glob("*.v"))}
    needs = {name: set(_required(body)) for name, body in texts.items()}
    return {f"{name}.v": texts[name] for name in TopologicalSorter(needs).static_order()}


def _required(body: str) -> Iterator[str]:
    for line in re.findall(r"^From Symrnn Require (?:Import|Export) ([^.]*)\.", body, re.MULTILINE):
        yield from line.split()


def definition(name: str) -> str:
    """Return a definition of coq/Networks.v as it stands there."""
    body = (SOURCES / "Networks.v").read_text(encoding="utf-8")
    return body[body.index(f"Definition {name} ") :].partition(".\n")[0] + "."
