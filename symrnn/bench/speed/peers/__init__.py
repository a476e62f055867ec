"""Everybody else: the fastest forms of the same recurrences that we know of, one module for each library."""
