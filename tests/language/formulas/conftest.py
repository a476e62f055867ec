"""Makes `trees`, short names for nodes and the formulas of the literature, importable here."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
