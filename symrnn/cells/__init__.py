"""What there is: the catalogue of built-in cells and heads, one text file each. Imports language."""
