"""Numbers for source 004: the product of Jacobians, the printed outputs, the library's conventions."""

from __future__ import annotations

import numpy as np
import torch
from measure import Numbers, draw, gradient, jacobian, off, product
from printed_004 import GRU, GRU_BATCH, LSTM_SEQUENCE, RNN, RNN_BATCH

T, X, H = 5, 2, 3
INPUTS = torch.arange(1.0, 6.0).reshape(5, 1)
DRAWS_BEFORE = (
    936  # numbers of the generator used since seed 42 when the three library cells were made, one after another
)


def product_of_jacobians(seed: int = 4) -> Numbers:
    """Equation 2 at t = 1, for a loss of the last state and for one of every state, in both orders."""
    tensor = draw(seed)
    w, u, b, h = tensor(H, H), tensor(H, X), tensor(H), [tensor(H)]
    for _ in range(T):
        h.append(torch.tanh(u @ tensor(X) + w @ h[-1] + b))
    weight = [tensor(H).detach() for _ in range(T + 1)]
    last = (weight[T] * h[T] ** 2).sum()
    every = sum((weight[k] * h[k] ** 2).sum() for k in range(1, T + 1))
    steps = {k: jacobian(h[k], h[k - 1]) for k in range(2, T + 1)}

    def ordered(order, loss):
        return off(gradient(loss, h[T])[0] @ product([steps[k] for k in order]), gradient(loss, h[1])[0])

    rising, falling = range(2, T + 1), range(T, 1, -1)
    one = gradient(last, h[T])[0] @ steps[T]
    column = product([steps[k].T for k in rising]) @ gradient(last, h[T])[0]
    return {
        "2 last state, written from t + 1 up to T": ordered(rising, last),
        "2 last state, written from T down to t + 1": ordered(falling, last),
        "2 last state, denominator layout, rising, the loss factor at the right end": off(
            column, gradient(last, h[1])[0]
        ),
        "2 last state, t = T - 1": off(one, gradient(last, h[T - 1])[0]),
        "2 loss of every state, written from T down to t + 1": ordered(falling, every),
    }


def scalar_cells(dtype: torch.dtype) -> tuple[list[float], list[float], list[float]]:
    """The two loops of the notebook from their seeds, and the second with the roles of z and 1 - z swapped."""
    torch.manual_seed(0)
    w, u = (0.1 * torch.randn(1, 1) for _ in range(2))
    w, u, h, first = w.to(dtype), u.to(dtype), torch.zeros(1, dtype=dtype), []
    for x in INPUTS.to(dtype):
        h = torch.tanh(w @ x + u @ h)
        first.append(h.item())
    torch.manual_seed(42)
    w_ir, w_hr, w_iz, w_hz, w_in, w_hn = ((0.1 * torch.randn(1, 1)).to(dtype) for _ in range(6))
    runs = []
    for swapped in (False, True):
        h, run = torch.zeros(1, dtype=dtype), []
        for x in INPUTS.to(dtype):
            r = torch.sigmoid(w_ir @ x + w_hr @ h)
            z = torch.sigmoid(w_iz @ x + w_hz @ h)
            n = torch.tanh(w_in @ x + r * (w_hn @ h))
            h = (1 - z) * n + z * h if swapped else (1 - z) * h + z * n
            run.append(h.item())
        runs.append(run)
    return first, runs[0], runs[1]


def library_cells():
    """The three cells of the library in the order in which they were made: GRU, plain, LSTM."""
    torch.manual_seed(42)
    for _ in range(DRAWS_BEFORE):
        torch.rand(1)
    return torch.nn.GRUCell(1, 4), torch.nn.RNNCell(1, 4), torch.nn.LSTMCell(1, 4)


def printed_numbers() -> Numbers:
    single, double = scalar_cells(torch.float32), scalar_cells(torch.float64)
    gru, rnn, lstm = library_cells()
    with torch.no_grad():
        batch = {"gru": gru(INPUTS, torch.zeros(5, 4)), "rnn": rnn(INPUTS, torch.zeros(5, 4))}
        sequence, state = {"gru": [], "rnn": []}, None
        for name, cell in (("gru", gru), ("rnn", rnn)):
            h = torch.zeros(1, 4)
            for x in INPUTS:
                h = cell(x[None], h)
                sequence[name].append(h[0])
        rows = []
        for x in INPUTS:
            state = lstm(x[None], state)
            rows.append(state[0][0])
        alone = lstm(INPUTS)[0]
    found: Numbers = {}
    for name, printed in (("rnn", RNN_BATCH), ("gru", GRU_BATCH)):
        run, printed = torch.stack(sequence[name]), torch.tensor(printed)
        found[f"{name} batch of 5 steps: largest difference"] = float((batch[name] - printed).abs().max())
        found[f"{name} sequence of 5 steps: row 1"] = float((run[0] - printed[0]).abs().max())
        found[f"{name} sequence of 5 steps: rows 2 to 5"] = float((run[1:] - printed[1:]).abs().max())
    printed = torch.tensor(LSTM_SEQUENCE)
    found["lstm sequence of 5 steps: largest difference"] = float((torch.stack(rows) - printed).abs().max())
    found["lstm batch of 5 steps: rows 2 to 5"] = float((alone[1:] - printed[1:]).abs().max())
    found["numbers rnn in float32"] = float(np.abs(np.subtract(single[0], RNN)).max())
    found["numbers rnn in float64"] = float(np.abs(np.subtract(double[0], RNN)).max())
    found["numbers gru in float32"] = float(np.abs(np.subtract(single[1], GRU)).max())
    found["numbers gru in float64"] = float(np.abs(np.subtract(double[1], GRU)).max())
    found["numbers gru with z and 1 - z swapped"] = float(np.abs(np.subtract(double[2], GRU)).max())
    slopes = np.diff(np.arctanh(np.array(RNN_BATCH)[:4]), axis=0)
    found["rnn batch: atanh of rows 1 to 4 rises by the same, spread"] = float(np.ptp(slopes, axis=0).max())
    return found


def library_conventions() -> Numbers:
    """GRUCell against equations 3 to 12 as printed, and with z and 1 - z swapped; LSTMCell against 13 to 18."""
    torch.manual_seed(7)
    gru, lstm = torch.nn.GRUCell(X, H, dtype=torch.float64), torch.nn.LSTMCell(X, H, dtype=torch.float64)
    with torch.no_grad():
        x, h, c = (torch.randn(1, n, dtype=torch.float64) for n in (X, H, H))
        left = (gru.weight_ih @ x[0] + gru.bias_ih).split(H)
        right = (gru.weight_hh @ h[0] + gru.bias_hh).split(H)
        r, z = torch.sigmoid(left[0] + right[0]), torch.sigmoid(left[1] + right[1])
        n = torch.tanh(left[2] + r * right[2])
        true = gru(x, h)[0]
        i, f, g, o = (lstm.weight_ih @ x[0] + lstm.bias_ih + lstm.weight_hh @ h[0] + lstm.bias_hh).split(H)
        cell = torch.sigmoid(f) * c[0] + torch.sigmoid(i) * torch.tanh(g)
        state = torch.sigmoid(o) * torch.tanh(cell)
        found = {
            "12 against GRUCell": off((1 - z) * h[0] + z * n, true),
            "12 with z and 1 - z swapped, against GRUCell": off((1 - z) * n + z * h[0], true),
            "18 against LSTMCell": off(state, lstm(x, (h, c))[0][0]),
        }
        layer = torch.nn.RNN(X, H, dtype=torch.float64)
        output, final = layer(torch.randn(T, 1, X, dtype=torch.float64), torch.ones(1, 1, H, dtype=torch.float64))
        found["19 states returned for T = 5 inputs"] = float(len(output))
        found["19 distance of the first from the initial state"] = float((output[0] - 1).abs().max())
        found["20"] = off(output[-1], final[0])
    return found


def numbers() -> Numbers:
    found = product_of_jacobians() | printed_numbers() | library_conventions()
    return {f"004: {key}": number for key, number in found.items()}
