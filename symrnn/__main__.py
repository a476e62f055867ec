"""`python -m symrnn` is the command line."""

from symrnn.cli import main

main()
