"""Right backward passes in the conventions of well-known code, in our own minimal words. None of them may be accused.

Each docstring names whose convention it is: what is stacked, concatenated, transposed and batched, not their code.
"""

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def rnn_forward(x, h0, Wx, Wh, b):
    """Stanford CS231n, assignment 3: (N, T, D), weights (in, out), a cache of steps."""
    hs, cache, h = [], [], h0
    for t in range(x.shape[1]):
        new = np.tanh(x[:, t] @ Wx + h @ Wh + b)
        cache.append((x[:, t], h, new, Wx, Wh))
        h = new
        hs.append(h)
    return np.stack(hs, 1), cache


def rnn_backward(dh, cache):
    """Stanford CS231n, assignment 3."""
    N, T, H = dh.shape
    Wx = cache[0][3]
    dx, dprev_h = np.zeros((N, T, Wx.shape[0])), np.zeros((N, H))
    dWx, dWh, db = np.zeros_like(Wx), np.zeros((H, H)), np.zeros(H)
    for t in reversed(range(T)):
        xt, prev, new, Wx, Wh = cache[t]
        dz = (dh[:, t] + dprev_h) * (1 - new**2)
        dx[:, t], dprev_h = dz @ Wx.T, dz @ Wh.T
        dWx += xt.T @ dz
        dWh += prev.T @ dz
        db += dz.sum(0)
    dh0 = dprev_h
    return dx, dh0, dWx, dWh, db


def time_lstm(xs, h0, c0, Wx, Wh, b, dhs):
    """Saito, deep-learning-from-scratch-2, TimeLSTM: gates f, g, i, o side by side in (D, 4H), batch first."""
    _N, T, _ = xs.shape
    H = h0.shape[1]
    h, c, steps = h0, c0, []
    for t in range(T):
        A = xs[:, t] @ Wx + h @ Wh + b
        f, g, i, o = sigmoid(A[:, :H]), np.tanh(A[:, H : 2 * H]), sigmoid(A[:, 2 * H : 3 * H]), sigmoid(A[:, 3 * H :])
        new = f * c + g * i
        steps.append((xs[:, t], h, c, f, g, i, o, new))
        h, c = o * np.tanh(new), new
    dxs, dWx, dWh, db = np.zeros_like(xs), np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)
    dh, dc = np.zeros_like(h0), np.zeros_like(c0)
    for t in reversed(range(T)):
        x, h, c, f, g, i, o, new = steps[t]
        dh = dh + dhs[:, t]
        ds = dc + dh * o * (1 - np.tanh(new) ** 2)
        dc = ds * f
        gates = [ds * c * f * (1 - f), ds * i * (1 - g**2), ds * g * i * (1 - i), dh * np.tanh(new) * o * (1 - o)]
        dA = np.hstack(gates)
        dWx += x.T @ dA
        dWh += h.T @ dA
        db += dA.sum(0)
        dxs[:, t], dh = dA @ Wx.T, dA @ Wh.T
    dh0, dc0 = dh, dc
    return dxs, dh0, dc0, dWx, dWh, db


def time_gru(xs, h0, Wx, Wh, b, dhs):
    """Saito, deep-learning-from-scratch-2, TimeGRU: z, r and the new state side by side; reset before the product."""
    _N, T, _ = xs.shape
    H = h0.shape[1]
    Wxz, Wxr, Wxn = Wx[:, :H], Wx[:, H : 2 * H], Wx[:, 2 * H :]
    Whz, Whr, Whn = Wh[:, :H], Wh[:, H : 2 * H], Wh[:, 2 * H :]
    h, steps = h0, []
    for t in range(T):
        x = xs[:, t]
        z, r = sigmoid(x @ Wxz + h @ Whz + b[:H]), sigmoid(x @ Wxr + h @ Whr + b[H : 2 * H])
        n = np.tanh(x @ Wxn + (r * h) @ Whn + b[2 * H :])
        steps.append((x, h, z, r, n))
        h = (1 - z) * h + z * n
    dxs, dWx, dWh, db, dh = np.zeros_like(xs), np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b), np.zeros_like(h0)
    for t in reversed(range(T)):
        x, h, z, r, n = steps[t]
        dh = dh + dhs[:, t]
        dn = dh * z * (1 - n**2)
        dhr = dn @ Whn.T
        dz, dr = dh * (n - h) * z * (1 - z), dhr * h * r * (1 - r)
        dA = np.hstack([dz, dr, dn])
        dWx += x.T @ dA
        dWh += np.hstack([h.T @ dz, h.T @ dr, (r * h).T @ dn])
        db += dA.sum(0)
        dxs[:, t] = dA @ Wx.T
        dh = dh * (1 - z) + dhr * r + dz @ Whz.T + dr @ Whr.T
    dh0 = dh
    return dxs, dh0, dWx, dWh, db


def concatenated_lstm(X, h0, c0, Wf, Wi, Wc, Wo, bf, bi, bc, bo, dA):
    """Bourgin, numpy-ml, LSTMCell: one matrix a gate over [h, x], (batch, entries, steps), all results summed."""
    _B, _D, T = X.shape
    h, c, steps = h0, c0, []
    for t in range(T):
        hx = np.hstack([h, X[:, :, t]])
        f, i, o = sigmoid(hx @ Wf + bf), sigmoid(hx @ Wi + bi), sigmoid(hx @ Wo + bo)
        g = np.tanh(hx @ Wc + bc)
        new = f * c + i * g
        steps.append((hx, c, f, i, o, g, new))
        h, c = o * np.tanh(new), new
    H = h.shape[1]
    grads = dict.fromkeys(("Wf", "Wi", "Wc", "Wo", "bf", "bi", "bc", "bo"), 0)
    dX, dh, dc = np.zeros_like(X), np.zeros_like(h0), np.zeros_like(c0)
    for t in reversed(range(T)):
        hx, c, f, i, o, g, new = steps[t]
        dh = dh + dA[:, :, t]
        do = dh * np.tanh(new) * o * (1 - o)
        dc = dc + dh * o * (1 - np.tanh(new) ** 2)
        parts = {"f": dc * c * f * (1 - f), "i": dc * g * i * (1 - i), "c": dc * i * (1 - g**2), "o": do}
        dhx = sum(part @ W.T for part, W in zip(parts.values(), (Wf, Wi, Wc, Wo), strict=True))
        for gate, part in parts.items():
            grads["W" + gate] = grads["W" + gate] + hx.T @ part
            grads["b" + gate] = grads["b" + gate] + part.sum(0)
        dh, dX[:, :, t], dc = dhx[:, :H], dhx[:, H:], dc * f
    return {"dX": dX, "dh0": dh, "dc0": dc, **{"d" + name: value for name, value in grads.items()}}


def char_rnn(inputs, targets, hprev, Wxh, Whh, Why, bh, by):
    """Karpathy, min-char-rnn: lists of columns, class numbers as targets, the loss inside."""
    hs, ps, loss = {-1: np.copy(hprev)}, {}, 0
    for t in range(len(inputs)):
        hs[t] = np.tanh(Wxh @ inputs[t] + Whh @ hs[t - 1] + bh)
        y = Why @ hs[t] + by
        ps[t] = np.exp(y) / np.sum(np.exp(y))
        loss += -np.log(ps[t][targets[t], 0])
    dWxh, dWhh, dWhy = np.zeros_like(Wxh), np.zeros_like(Whh), np.zeros_like(Why)
    dbh, dby, dhnext = np.zeros_like(bh), np.zeros_like(by), np.zeros_like(hs[0])
    for t in reversed(range(len(inputs))):
        dy = np.copy(ps[t])
        dy[targets[t]] -= 1
        dWhy += dy @ hs[t].T
        dby += dy
        dz = (Why.T @ dy + dhnext) * (1 - hs[t] ** 2)
        dbh += dz
        dWxh += dz @ inputs[t].T
        dWhh += dz @ hs[t - 1].T
        dhnext = Whh.T @ dz
    return loss, dWxh, dWhh, dWhy, dbh, dby


def bptt(x, y, U, V, W, bptt_truncate):
    """Britz, rnn-tutorial-rnnlm, `bptt`: for every step all the way back, at most `bptt_truncate` of them; s[−1] is zero."""
    T, H = len(y), W.shape[0]
    s, o = np.zeros((T + 1, H)), np.zeros((T, V.shape[0]))
    for t in range(T):
        s[t] = np.tanh(U @ x[t] + W @ s[t - 1])
        e = np.exp(V @ s[t])
        o[t] = e / e.sum()
    dU, dV, dW = np.zeros(U.shape), np.zeros(V.shape), np.zeros(W.shape)
    wrong = o.copy()
    wrong[np.arange(T), y] -= 1
    for t in reversed(range(T)):
        dV += np.outer(wrong[t], s[t])
        delta = V.T @ wrong[t] * (1 - s[t] ** 2)
        for step in range(t, max(-1, t - bptt_truncate - 1), -1):
            dW += np.outer(delta, s[step - 1])
            dU += np.outer(delta, x[step])
            delta = W.T @ delta * (1 - s[step - 1] ** 2)
    return dU, dV, dW


def mean_rnn(x, h0, Wax, Waa, ba, da):
    """Ng, Sequence Models, week 1: columns, (n_x, m, T); here with the parameters' gradients as means over the batch."""
    _, m, T = x.shape
    states = [h0]
    for t in range(T):
        states.append(np.tanh(Wax @ x[:, :, t] + Waa @ states[-1] + ba))
    dx, dWax, dWaa, dba, carry = np.zeros_like(x), np.zeros_like(Wax), np.zeros_like(Waa), np.zeros_like(ba), 0 * h0
    for t in reversed(range(T)):
        dz = (1 - states[t + 1] ** 2) * (da[:, :, t] + carry)
        dx[:, :, t], carry = Wax.T @ dz, Waa.T @ dz
        dWax += dz @ x[:, :, t].T / m
        dWaa += dz @ states[t].T / m
        dba += dz.sum(axis=1, keepdims=True) / m
    da0 = carry
    return dx, da0, dWax, dWaa, dba


def one_step(x, h_prev, Wxh, Whh, b, dnext_h):
    """One step of the vanilla cell, as most tutorials begin."""
    h = np.tanh(x @ Wxh + h_prev @ Whh + b)
    dz = dnext_h * (1 - h**2)
    return dz @ Wxh.T, dz @ Whh.T, x.T @ dz, h_prev.T @ dz, dz.sum(axis=0)
