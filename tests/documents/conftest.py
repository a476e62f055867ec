"""Makes `sample` and `figures`, the hand-written document and its drawings, importable here."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
