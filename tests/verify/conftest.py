"""Makes `recurrences`, the cells written by hand, importable here."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
