"""The drawings of a derivation: one step of a cell, and a network over its steps."""

from __future__ import annotations

from symrnn.documents.block import Edge, Node, block
from symrnn.documents.composed import composed
from symrnn.documents.picture import formula, scale, to_picture
from symrnn.documents.shapes import Drawing, name, to_svg
from symrnn.documents.unrolled import Unrolled, unrolled
from symrnn.documents.wiring import Group, Part, Read, Wiring

__all__ = [
    "Drawing",
    "Edge",
    "Group",
    "Node",
    "Part",
    "Read",
    "Unrolled",
    "Wiring",
    "block",
    "composed",
    "formula",
    "name",
    "scale",
    "to_picture",
    "to_svg",
    "unrolled",
]
