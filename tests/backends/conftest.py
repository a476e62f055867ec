"""Makes `programs` of tests/ir and `product_layer` of this folder importable."""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1] / "ir"), str(Path(__file__).parent)]
