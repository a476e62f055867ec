"""The drawings of a derivation: one step of the cell, and the network over its steps."""

from __future__ import annotations

from symrnn.documents.block import Edge, Node, block
from symrnn.documents.picture import to_picture
from symrnn.documents.shapes import Drawing, to_svg
from symrnn.documents.unrolled import Unrolled, unrolled

__all__ = ["Drawing", "Edge", "Node", "Unrolled", "block", "to_picture", "to_svg", "unrolled"]
