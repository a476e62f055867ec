"""Wrong backward passes of public code, in our own minimal words; each docstring says whose, and what is wrong in it."""

import numpy as np


def transposed(inputs, y, Wxh, Whh, Why, bh, by):
    """vzhou842/rnn-from-scratch, `rnn.py`: `Whh @ temp` where the transpose belongs; a loss of the last step."""
    hs = {-1: np.zeros((Whh.shape[0], 1))}
    for t, x in enumerate(inputs):
        hs[t] = np.tanh(Wxh @ x + Whh @ hs[t - 1] + bh)
    n = len(inputs)
    e = np.exp(Why @ hs[n - 1] + by)
    dy = e / e.sum() - y
    dWhy, dby = dy @ hs[n - 1].T, dy
    dWhh, dWxh, dbh, dh = np.zeros(Whh.shape), np.zeros(Wxh.shape), np.zeros(bh.shape), Why.T @ dy
    for t in reversed(range(n)):
        temp = (1 - hs[t] ** 2) * dh
        dbh += temp
        dWhh += temp @ hs[t - 1].T
        dWxh += temp @ inputs[t].T
        dh = Whh @ temp
    return dWxh, dWhh, dWhy, dbh, dby


def early_input(X, U, W, accum_grad):
    """eriklindernoren/ML-From-Scratch, `layers.py`, RNN: dX is taken before the recurrent part is added."""
    B, T, _ = X.shape
    states, inputs = np.zeros((B, T + 1, W.shape[0])), np.zeros((B, T, W.shape[0]))
    for t in range(T):
        inputs[:, t] = X[:, t] @ U.T + states[:, t - 1] @ W.T
        states[:, t] = np.tanh(inputs[:, t])
    dU, dW, dX = np.zeros_like(U), np.zeros_like(W), np.zeros_like(X)
    for t in reversed(range(T)):
        delta = accum_grad[:, t] * (1 - np.tanh(inputs[:, t]) ** 2)
        dX[:, t] = delta @ U
        for step in range(t, -1, -1):
            dU += delta.T @ X[:, step]
            dW += delta.T @ states[:, step - 1]
            delta = delta @ W * (1 - np.tanh(inputs[:, step - 1]) ** 2)
    return dX, dU, dW


def lstm_forward(x, h0, c0, Wf, Wi, Wo, Wc, bf, bi, bo, bc):
    """wiseodd/hipsternet, `neuralnet.py`, LSTM: the state that is handed on is tanh(c)."""
    h, c, cache, hs = h0, c0, [], []
    for t in range(len(x)):
        X = np.hstack([h, x[t]])
        f, i, o = (1 / (1 + np.exp(-(X @ W + b))) for W, b in ((Wf, bf), (Wi, bi), (Wo, bo)))
        g = np.tanh(X @ Wc + bc)
        new = np.tanh(f * c + i * g)
        cache.append((X, c, f, i, o, g, new, Wf, Wi, Wo, Wc))
        c, h = new, o * new
        hs.append(h)
    return np.stack(hs), cache


def lstm_backward(dh, cache):
    """wiseodd/hipsternet, `neuralnet.py`, LSTM: the carry of the state is added behind the derivative of tanh."""
    T, B, H = dh.shape
    D = cache[0][0].shape[1] - H
    dx, carry, dc = np.zeros((T, B, D)), np.zeros((B, H)), np.zeros((B, H))
    sums = dict.fromkeys(("dWf", "dWi", "dWo", "dWc", "dbf", "dbi", "dbo", "dbc"), 0)
    for t in reversed(range(T)):
        X, c, f, i, o, g, new, Wf, Wi, Wo, Wc = cache[t]
        total = dh[t] + carry
        do = total * new * o * (1 - o)
        dc = total * o * (1 - new**2) + dc
        parts = {"f": dc * c * f * (1 - f), "i": dc * g * i * (1 - i), "o": do, "c": dc * i * (1 - g**2)}
        dX = sum(part @ W.T for part, W in zip(parts.values(), (Wf, Wi, Wo, Wc), strict=True))
        for gate, part in parts.items():
            sums["dW" + gate] = sums["dW" + gate] + X.T @ part
            sums["db" + gate] = sums["db" + gate] + part.sum(0)
        carry, dx[t], dc = dX[:, :H], dX[:, H:], dc * f
    return {"dx": dx, "dh0": carry, "dc0": dc, **sums}
