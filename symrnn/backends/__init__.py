"""How it is written down: programs as NumPy and C source. Imports ir only."""
