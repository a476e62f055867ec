"""symrnn: write a recurrence once; get the derivation of its gradients, gradient code, and a check of both.

The public names are loaded on first use (PEP 562), so that `import symrnn` costs nothing.
"""

__version__ = "0.1.0"
