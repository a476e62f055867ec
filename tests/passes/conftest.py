"""Makes `programs`, the hand-written programs of tests/ir, importable."""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "ir")]
