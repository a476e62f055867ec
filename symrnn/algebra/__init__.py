"""What may be written: sizes, matrix nodes, functions, time, evaluation, and the index normal form. Imports errors only."""
