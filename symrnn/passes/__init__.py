"""How it is made fast: rewritings from program to program, one verb per file. Imports ir only."""
