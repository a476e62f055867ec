"""Take out of a loop, after it, what no later step depends on."""

from __future__ import annotations

from symrnn.ir.nodes import Program
from symrnn.passes.splitting import split_all


def sink(program: Program) -> Program:
    """Carry out what the recurrence does not need in loops of their own, after it; products one by one.

        for t = T−1 … 0:                      for t = T−1 … 0:
          dz = …                                dz[t] = …
          dW += dzᵀ @ x[t]             →        carry = dz[t] @ U
          carry = dz @ U                      for t = T−1 … 0:
                                                dW += dz[t]ᵀ @ x[t]

    Valid when: no instance of what stays depends on an instance of what leaves; workspace that crosses gets a step axis,
        which is possible if every step writes it before it reads it. Statements that only add to one place may change order.
    Cost: workspace (T, B, n) instead of (B, n) for what crosses.
    Source: as `hoist`; the third case of Theano's push-out rewrites (scan_push_out_add).
    """
    return split_all(program, sink=True)
