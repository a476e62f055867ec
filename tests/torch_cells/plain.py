"""Recurrent networks without gates."""

from __future__ import annotations

import torch
from torch import cat, relu, sigmoid, tanh

from torch_cells.registry import linear, reference


@reference("rnn")
def rnn(w, x, h):
    return {"h": torch.rnn_tanh_cell(x, h, w.W_xh, w.W_hh, w.b_h, torch.zeros_like(w.b_h))}


@reference("irnn")
def irnn(w, x, h):
    """Le, Jaitly, Hinton 2015, arXiv:1504.00941."""
    return {"h": relu(linear(w.W_xh, x) + linear(w.W_hh, h) + w.b_h)}


@reference("rnn_relu")
def rnn_relu(w, x, h):
    return {"h": torch.rnn_relu_cell(x, h, w.W_ih, w.W_hh, w.b_ih, w.b_hh)}


@reference("elman")
def elman(w, x, h):
    """Elman 1990: the context units are read beside the input."""
    return {"h": tanh(linear(w.W, cat((x, h), dim=1)) + w.b)}


@reference("rnn_transposed")
def rnn_transposed(w, x, a):
    return {"a": tanh(x @ w.W_ax + a @ w.W_aa + w.b_a)}


@reference("rnn_preactivation")
def rnn_preactivation(w, u, x):
    """Pascanu, Mikolov, Bengio 2013, arXiv:1211.5063, equation 2."""
    return {"x": linear(w.W_rec, tanh(x)) + linear(w.W_in, u) + w.b}


@reference("jordan")
def jordan(w, x, y):
    """Jordan 1986: what is fed back is the output."""
    h = tanh(linear(w.W, x) + linear(w.U, y) + w.b)
    return {"h": h, "y": sigmoid(linear(w.V, h) + w.c)}


@reference("jordan_context")
def jordan_context(w, x, s, y):
    """Jordan 1986: the plan units keep a decaying sum of the outputs."""
    s = w.mu * s + y
    h = tanh(linear(w.W, x) + linear(w.U, s) + w.b)
    return {"s": s, "h": h, "y": sigmoid(linear(w.V, h) + w.c)}


@reference("indrnn")
def indrnn(w, x, h):
    """Li et al. 2018, arXiv:1803.04831, equation 3 with their ReLU."""
    return {"h": relu(linear(w.W, x) + w.u * h + w.b)}


@reference("scrn")
def scrn(w, x, s, h):
    """Mikolov et al. 2014, arXiv:1412.7753, equations 4 to 6, before the softmax."""
    s = (1 - w.alpha) * linear(w.B_x, x) + w.alpha * s
    h = sigmoid(linear(w.P_s, s) + linear(w.A, x) + linear(w.R, h))
    return {"s": s, "h": h, "y": linear(w.U, h) + linear(w.V, s)}


@reference("narx")
def narx(w, u, y: list, p: list):
    """Lin et al. 1996: a network of one hidden layer of the last three outputs and of three inputs; p is the input."""
    from_inputs = linear(w.W_0, u) + linear(w.W_1, p[0]) + linear(w.W_2, p[1])
    from_outputs = linear(w.V_1, y[0]) + linear(w.V_2, y[1]) + linear(w.V_3, y[2])
    return {"y": linear(w.W_y, tanh(from_inputs + from_outputs + w.b)) + w.b_y, "p": u}


@reference("rhn")
def rhn(w, x, s):
    """Zilly et al. 2017, arXiv:1607.03474, equations 6 to 9, at depth 3; the input is read at depth 1 only."""
    weights = vars(w)
    for depth in (1, 2, 3):
        h, t, c = (
            linear(weights[f"R_{of}{depth}"], s)
            + weights[f"b_{of}{depth}"]
            + (linear(weights[f"W_{of}"], x) if depth == 1 else 0)
            for of in "HTC"
        )
        s = tanh(h) * sigmoid(t) + s * sigmoid(c)
    return {"s": s}
