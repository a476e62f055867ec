"""A second reading of the papers of all built-in cells, a few lines of PyTorch each; autograd differentiates them.

Written from the papers and not from the cell files. Where PyTorch has a cell, PyTorch's own is used.
"""

from torch_cells import dynamical, gated, linear, long_short, plain
from torch_cells.compositions import COMPOSITIONS
from torch_cells.registry import STEPS, unroll

__all__ = ["COMPOSITIONS", "STEPS", "dynamical", "gated", "linear", "long_short", "plain", "unroll"]
