"""Take out of a loop, before it, what does not depend on earlier steps."""

from __future__ import annotations

from symrnn.ir.nodes import Program
from symrnn.passes.splitting import split_all


def hoist(program: Program) -> Program:
    """Carry out what does not depend on the state in loops of its own, before the recurrence; products one by one.

        for t:                                for t:
          z = x[t] @ Wᵀ                         z[t] = x[t] @ Wᵀ
          z += h[t] @ Uᵀ               →      for t:
          h[t + 1] = tanh(z)                    z[t] += h[t] @ Uᵀ
                                                h[t + 1] = tanh(z[t])

    Valid when: no instance of what leaves depends on an instance of what stays; workspace that crosses gets a step axis,
        which is possible if every step writes it before it reads it.
    Cost: workspace (T, B, n) instead of (B, n) for what crosses.
    Source: Theano's push-out rewrites of scans (scan_push_out_seq), by dependence instead of by form; loop distribution as
        in Kennedy and Allen, Optimizing compilers for modern architectures (2001), chapter 2.
    """
    return split_all(program, hoist=True)
