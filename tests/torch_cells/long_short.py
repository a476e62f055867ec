"""The family of long short-term memory."""

from __future__ import annotations

import torch
from torch import cat, exp, maximum, sigmoid, tanh
from torch.nn.functional import layer_norm, logsigmoid

from torch_cells.registry import dot, linear, outer, reference


def _gate(w, of, x, h):
    return linear(getattr(w, f"W_{of}"), x) + linear(getattr(w, f"U_{of}"), h) + getattr(w, f"b_{of}")


def _stacked(w, of):
    """Return the four matrices or biases of one kind in the order of PyTorch."""
    return cat([getattr(w, f"{of}{gate}") for gate in "ifgo"])


@reference("lstm")
def lstm(w, x, h, c):
    stacked = [_stacked(w, of) for of in ("W_i", "W_h", "b_i", "b_h")]
    return dict(zip("hc", torch.lstm_cell(x, (h, c), *stacked), strict=True))


@reference("lstm_projection")
def lstm_projection(w, x, h, c):
    """Sak, Senior, Beaufays 2014, arXiv:1402.1128, without their peepholes: `torch.nn.LSTM` with proj_size."""
    module = torch.nn.LSTM(x.shape[1], c.shape[1], proj_size=h.shape[1], dtype=x.dtype)
    stacked = {
        f"{name}_l0": _stacked(w, of) for name, of in zip(("weight_ih", "weight_hh"), ("W_i", "W_h"), strict=True)
    }
    stacked |= {f"{name}_l0": _stacked(w, of) for name, of in zip(("bias_ih", "bias_hh"), ("b_i", "b_h"), strict=True)}
    stacked["weight_hr_l0"] = w.W_hr
    _, (h, c) = torch.func.functional_call(module, stacked, (x[None], (h[None], c[None])))
    return {"h": h[0], "c": c[0]}


@reference("lstm_1997")
def lstm_1997(w, x, h, c):
    """Hochreiter, Schmidhuber 1997, with the squashings of their appendix: g in [-2, 2] and h in [-1, 1]."""
    i, o = sigmoid(_gate(w, "i", x, h)), sigmoid(_gate(w, "o", x, h))
    c = c + i * (4 * sigmoid(_gate(w, "c", x, h)) - 2)
    return {"h": o * (2 * sigmoid(c) - 1), "c": c}


@reference("lstm_peephole")
def lstm_peephole(w, x, h, c):
    """Gers, Schraudolph, Schmidhuber 2002; Greff et al. 2017, arXiv:1503.04069."""
    i = sigmoid(_gate(w, "i", x, h) + w.p_i * c)
    f = sigmoid(_gate(w, "f", x, h) + w.p_f * c)
    c = f * c + i * tanh(_gate(w, "g", x, h))
    return {"h": sigmoid(_gate(w, "o", x, h) + w.p_o * c) * tanh(c), "c": c}


@reference("lstm_coupled")
def lstm_coupled(w, x, h, c):
    """Greff et al. 2017, CIFG."""
    i = sigmoid(_gate(w, "i", x, h))
    c = (1 - i) * c + i * tanh(_gate(w, "g", x, h))
    return {"h": sigmoid(_gate(w, "o", x, h)) * tanh(c), "c": c}


@reference("lstm_working_memory")
def lstm_working_memory(w, x, h, c):
    """Landi et al. 2021, arXiv:2109.00020."""
    i = sigmoid(_gate(w, "i", x, h) + tanh(linear(w.V_i, c)))
    f = sigmoid(_gate(w, "f", x, h) + tanh(linear(w.V_f, c)))
    c = f * c + i * tanh(_gate(w, "g", x, h))
    return {"h": sigmoid(_gate(w, "o", x, h) + tanh(linear(w.V_o, c))) * tanh(c), "c": c}


@reference("lstm_layer_norm")
def lstm_layer_norm(w, x, h, c):
    """Ba, Kiros, Hinton 2016, arXiv:1607.06450, equations 20 to 22; gates in the order f i o g."""
    eps, stacked, units = w.epsilon.item(), w.b.shape, w.alpha_3.shape
    z = layer_norm(linear(w.W_h, h), stacked, w.alpha_1, None, eps) + layer_norm(
        linear(w.W_x, x), stacked, w.alpha_2, None, eps
    )
    f, i, o, g = (z + w.b).chunk(4, dim=1)
    c = sigmoid(f) * c + sigmoid(i) * tanh(g)
    return {"h": sigmoid(o) * tanh(layer_norm(c, units, w.alpha_3, w.beta_3, eps)), "c": c}


@reference("janet")
def janet(w, x, h):
    """Van der Westhuizen, Lasenby 2018, arXiv:1804.04849, equation 5."""
    s = _gate(w, "f", x, h)
    return {"h": sigmoid(s) * h + (1 - sigmoid(s - w.beta)) * tanh(_gate(w, "c", x, h))}


@reference("lstm_multiplicative")
def lstm_multiplicative(w, x, h, c):
    """Krause et al. 2017, arXiv:1609.07959, equations 16 to 20: an intermediate state takes the place of h."""
    m = linear(w.W_mx, x) * linear(w.W_mh, h)
    i = sigmoid(linear(w.W_ix, x) + linear(w.W_im, m) + w.b_i)
    f = sigmoid(linear(w.W_fx, x) + linear(w.W_fm, m) + w.b_f)
    o = sigmoid(linear(w.W_ox, x) + linear(w.W_om, m) + w.b_o)
    c = f * c + i * tanh(linear(w.W_hx, x) + linear(w.W_hm, m) + w.b_h)
    return {"h": tanh(c) * o, "c": c}


@reference("minlstm")
def minlstm(w, x, h):
    """Feng et al. 2024, arXiv:2410.01201, section 3.2."""
    f = sigmoid(linear(w.W_f, x) + w.b_f)
    i = sigmoid(linear(w.W_i, x) + w.b_i)
    return {"h": f / (f + i) * h + i / (f + i) * (linear(w.W_h, x) + w.b_h)}


@reference("ran")
def ran(w, x, c, h):
    """Lee, Levy, Zettlemoyer 2017, arXiv:1705.07393, equation 2, with tanh."""
    i = sigmoid(linear(w.W_ih, h) + linear(w.W_ix, x) + w.b_i)
    f = sigmoid(linear(w.W_fh, h) + linear(w.W_fx, x) + w.b_f)
    c = i * linear(w.W_cx, x) + f * c
    return {"c": c, "h": tanh(c)}


def _recurrent(w, of, x, h):
    return linear(getattr(w, f"W_{of}"), x) + linear(getattr(w, f"R_{of}"), h) + getattr(w, f"b_{of}")


@reference("slstm")
def slstm(w, x, h, c=0.0, n=0.0):
    """Beck et al. 2024, arXiv:2405.04517, equations 8 to 14, with the forget gate sigmoid."""
    i, f = exp(_recurrent(w, "i", x, h)), sigmoid(_recurrent(w, "f", x, h))
    c = f * c + i * tanh(_recurrent(w, "z", x, h))
    n = f * n + i
    return {"h": sigmoid(_recurrent(w, "o", x, h)) * c / n, "c": c, "n": n}


@reference("slstm_stabilized")
def slstm_stabilized(w, x, h, c=0.0, n=0.0, m=0.0):
    """The same with equations 15 to 17: gates relative to their largest exponent so far; autograd goes through m."""
    log_i, log_f = _recurrent(w, "i", x, h), logsigmoid(_recurrent(w, "f", x, h))
    m, old = maximum(log_f + m, log_i), m
    i, f = exp(log_i - m), exp(log_f + old - m)
    c = f * c + i * tanh(_recurrent(w, "z", x, h))
    n = f * n + i
    return {"h": sigmoid(_recurrent(w, "o", x, h)) * c / n, "c": c, "n": n, "m": m}


@reference("mlstm")
def mlstm(w, x, C=0.0, n=0.0):
    """Beck et al. 2024, equations 19 to 27, with the forget gate sigmoid: a matrix memory."""
    q, v = linear(w.W_q, x) + w.b_q, linear(w.W_v, x) + w.b_v
    k = linear(w.W_k, x) / len(w.b_k) ** 0.5 + w.b_k
    i, f = exp(x @ w.w_i + w.b_i)[:, None], sigmoid(x @ w.w_f + w.b_f)[:, None]
    C = f[:, :, None] * C + i[:, :, None] * outer(v, k)
    n = f * n + i * k
    weight = maximum(dot(n, q).abs(), torch.ones_like(f))
    return {"h": sigmoid(linear(w.W_o, x) + w.b_o) * torch.einsum("bij,bj->bi", C, q) / weight, "C": C, "n": n}
