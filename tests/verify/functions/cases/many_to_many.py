"""The many-to-many derivation of a web article on vanilla networks, restated; `repairs` are what it needs to be right.

The article runs over `dh` of shape (N, T, …), takes a linear head ŷ = h W_hy + b_y, and calls one function for every step. Its
forward pass is not given; here it is the cell that it states. Each repair has a name, and `ARTICLE` is the code without any.
"""

import numpy as np

REPAIRS = (
    "x in the cache",  # the step reads x, which its cache does not hold
    "dWhy transposed",  # htᵀ · dy, where dy · htᵀ stands
    "own h in the slope",  # the slope is that of h_t, the state that W_hy reads
    "seed of every step",  # dh[:, i], where only that of the last step is read
    "carry beside the head",  # what comes from later steps is added to dh_t, and does not pass through W_hy
    "direct term where it belongs",  # dh_t of the step itself is not added to the gradient of the step before
)
ARTICLE: tuple[str, ...] = ()


def one_step(dy, carry, x, ht, next_h, prev_h, Wxh, Whh, Why, repairs):
    """One step backward: gradients of the head, of the cell, and of the state before."""
    if "x in the cache" not in repairs:
        raise NameError("name 'x' is not defined")
    dWhy = ht.T @ dy if "dWhy transposed" in repairs else dy @ ht.T
    dby = dy.sum(0)
    dht = dy @ Why.T
    if carry is not None:
        dht = dht + carry
    slope = 1 - (ht if "own h in the slope" in repairs else next_h) ** 2
    dz = dht * slope
    return dWhy, dby, dht, prev_h.T @ dz, dz.sum(0), x.T @ dz, dz @ Whh.T


def backward(repairs):
    """The article's loop over the steps, with some of the repairs."""

    def rnn_backward(x, h0, Wxh, Whh, bh, Why, by, dy):
        T, hs = x.shape[1], [h0]
        for t in range(T):
            hs.append(np.tanh(x[:, t] @ Wxh + hs[-1] @ Whh + bh))
        after = [*hs[1:], np.tanh(x[:, -1] @ Wxh + hs[-1] @ Whh + bh)]  # the state after the last one is in no sequence
        sums, dprev_h, dht = None, None, None
        beside = "carry beside the head" in repairs
        for i in reversed(range(T)):
            if i == T - 1:
                upstream, carry = dy[:, i], np.zeros_like(h0) if beside else None
            elif beside:
                upstream, carry = dy[:, i] if "seed of every step" in repairs else 0 * dy[:, i], dprev_h
            else:
                upstream, carry = (dy[:, i] + dprev_h if "seed of every step" in repairs else dprev_h), None
            found = one_step(upstream, carry, x[:, i], hs[i + 1], after[i + 1], hs[i], Wxh, Whh, Why, repairs)
            *parts, dprev_h = found
            sums = parts if sums is None else [one + more for one, more in zip(sums, parts, strict=True)]
            if "direct term where it belongs" not in repairs:
                dprev_h = dprev_h + parts[2]
        dWhy, dby, dht, dWhh, dbh, dWxh = sums
        dh0 = dprev_h
        return dWhy, dby, dht, dWhh, dbh, dWxh, dh0

    return rnn_backward


NAMES = {"dWhy": "W_hy", "dby": "b_y", "dht": None, "dWhh": "W_hh", "dbh": "b_h", "dWxh": "W_xh", "dh0": "h0"}
