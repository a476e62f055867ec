"""The family of gated recurrent units."""

from __future__ import annotations

import torch
from torch import cat, relu, sigmoid, tanh

from torch_cells.registry import linear, reference


def _affine(w, of, x, h):
    return linear(getattr(w, f"W_{of}"), x) + linear(getattr(w, f"U_{of}"), h) + getattr(w, f"b_{of}")


@reference("gru")
def gru(w, x, h):
    stacked = [cat([getattr(w, f"{of}{gate}") for gate in "rzn"]) for of in ("W_i", "W_h", "b_i", "b_h")]
    return {"h": torch.gru_cell(x, h, *stacked)}


@reference("gru_reset_after_new")
def gru_reset_after_new(w, x, h):
    """The same with z and 1 - z exchanged: PyTorch's cell with the signs of the update gate turned."""
    turned = vars(w) | {name: -getattr(w, name) for name in ("W_iz", "W_hz", "b_iz", "b_hz")}
    return gru(type(w)(**turned), x, h)


@reference("gru_reset_before")
def gru_reset_before(w, x, h):
    """Cho et al. 2014, arXiv:1406.1078v3, equations 5 to 8."""
    r, z = sigmoid(_affine(w, "r", x, h)), sigmoid(_affine(w, "z", x, h))
    return {"h": z * h + (1 - z) * tanh(linear(w.W, x) + linear(w.U, r * h) + w.b)}


@reference("gru_reset_before_new")
def gru_reset_before_new(w, x, h):
    """Chung et al. 2014, arXiv:1412.3555, section 3.2."""
    r, z = sigmoid(_affine(w, "r", x, h)), sigmoid(_affine(w, "z", x, h))
    return {"h": (1 - z) * h + z * tanh(linear(w.W, x) + linear(w.U, r * h) + w.b)}


@reference("mgu")
def mgu(w, x, h):
    """Zhou et al. 2016, arXiv:1603.09420, equation 9."""
    f = sigmoid(_affine(w, "f", x, h))
    return {"h": (1 - f) * h + f * tanh(_affine(w, "h", x, f * h))}


@reference("mingru")
def mingru(w, x, h):
    """Feng et al. 2024, arXiv:2410.01201, section 3.1."""
    z = sigmoid(linear(w.W_z, x) + w.b_z)
    return {"h": (1 - z) * h + z * (linear(w.W_h, x) + w.b_h)}


@reference("ugrnn")
def ugrnn(w, x, h):
    """Collins, Sohl-Dickstein, Sussillo 2017, arXiv:1611.09913, equations of the UGRNN, with tanh."""
    c = tanh(linear(w.W_ch, h) + linear(w.W_cx, x) + w.b_c)
    g = sigmoid(linear(w.W_gh, h) + linear(w.W_gx, x) + w.b_g)
    return {"h": g * h + (1 - g) * c}


@reference("intersection")
def intersection(w, x, h):
    """Collins, Sohl-Dickstein, Sussillo 2017, the +RNN, with ReLU in depth and tanh in time."""
    over_depth = relu(linear(w.W_yh, h) + linear(w.W_yx, x) + w.b_y)
    over_time = tanh(linear(w.W_hh, h) + linear(w.W_hx, x) + w.b_h)
    g_y = sigmoid(linear(w.W_gyh, h) + linear(w.W_gyx, x) + w.b_gy)
    g_h = sigmoid(linear(w.W_ghh, h) + linear(w.W_ghx, x) + w.b_gh)
    return {"y": g_y * x + (1 - g_y) * over_depth, "h": g_h * h + (1 - g_h) * over_time}


@reference("ligru")
def ligru(w, x, h):
    """Ravanelli et al. 2018, arXiv:1803.10225, equations 6 and 7, without batch normalisation."""
    z = sigmoid(_affine(w, "z", x, h))
    return {"h": z * h + (1 - z) * relu(_affine(w, "h", x, h))}


@reference("mut1")
def mut1(w, x, h):
    """Jozefowicz, Zaremba, Sutskever 2015, MUT1."""
    z = sigmoid(linear(w.W_xz, x) + w.b_z)
    r = sigmoid(linear(w.W_xr, x) + linear(w.W_hr, h) + w.b_r)
    return {"h": tanh(linear(w.W_hh, r * h) + tanh(x) + w.b_h) * z + h * (1 - z)}


@reference("cfn")
def cfn(w, x, h):
    """Laurent, von Brecht 2017, arXiv:1612.06212, equations 1 to 3."""
    theta = sigmoid(linear(w.U_theta, h) + linear(w.V_theta, x) + w.b_theta)
    eta = sigmoid(linear(w.U_eta, h) + linear(w.V_eta, x) + w.b_eta)
    return {"h": theta * tanh(h) + eta * tanh(linear(w.W, x))}


@reference("atr")
def atr(w, x, h):
    """Zhang et al. 2018, arXiv:1810.12546: twins of an addition and a subtraction."""
    p, q = linear(w.W, x), linear(w.U, h)
    return {"h": sigmoid(p + q) * p + sigmoid(p - q) * h}


@reference("star")
def star(w, x, h):
    """Turkoglu et al. 2021, arXiv:1911.11033, equations 8 to 10."""
    z = tanh(linear(w.W_z, x) + w.b_z)
    k = sigmoid(linear(w.W_x, x) + linear(w.W_h, h) + w.b_k)
    return {"h": tanh((1 - k) * h + k * z)}


@reference("minimalrnn")
def minimalrnn(w, x, h):
    """Chen 2017, arXiv:1711.06788."""
    z = tanh(linear(w.W_x, x) + w.b_z)
    u = sigmoid(linear(w.U_h, h) + linear(w.U_z, z) + w.b_u)
    return {"h": u * h + (1 - u) * z}


@reference("fastrnn")
def fastrnn(w, x, h):
    """Kusupati et al. 2018, arXiv:1901.02358, equation 1; alpha = sigmoid(a) and beta = sigmoid(c)."""
    return {"h": sigmoid(w.a) * tanh(linear(w.W, x) + linear(w.U, h) + w.b) + sigmoid(w.c) * h}


@reference("fastgrnn")
def fastgrnn(w, x, h):
    """Kusupati et al. 2018, equation 3; both scalars are sigmoids."""
    shared = linear(w.W, x) + linear(w.U, h)
    z = sigmoid(shared + w.b_z)
    return {"h": (sigmoid(w.zeta_raw) * (1 - z) + sigmoid(w.nu_raw)) * tanh(shared + w.b_h) + z * h}


@reference("brc")
def brc(w, x, h):
    """Vecoven, Ernst, Drion 2021: bistable, each unit reads itself only."""
    a = 1 + tanh(linear(w.U_a, x) + w.w_a * h)
    c = sigmoid(linear(w.U_c, x) + w.w_c * h)
    return {"h": c * h + (1 - c) * tanh(linear(w.U, x) + a * h)}


@reference("nbrc")
def nbrc(w, x, h):
    """Vecoven, Ernst, Drion 2021: the gates read all units."""
    a = 1 + tanh(linear(w.U_a, x) + linear(w.W_a, h))
    c = sigmoid(linear(w.U_c, x) + linear(w.W_c, h))
    return {"h": c * h + (1 - c) * tanh(linear(w.U, x) + a * h)}


@reference("trnn")
def trnn(w, x, h):
    """Balduzzi, Ghifary 2016, arXiv:1602.02218."""
    f = sigmoid(linear(w.V, x) + w.b)
    return {"h": f * h + (1 - f) * linear(w.W, x)}


@reference("sru")
def sru(w, x, c):
    """Lei et al. 2018, arXiv:1709.02755v5, equations 1 to 4, with a scale of 1."""
    f = sigmoid(linear(w.W_f, x) + w.v_f * c + w.b_f)
    r = sigmoid(linear(w.W_r, x) + w.v_r * c + w.b_r)
    c = f * c + (1 - f) * linear(w.W, x)
    return {"c": c, "h": r * c + (1 - r) * x}


@reference("qrnn")
def qrnn(w, x, c, p):
    """Bradbury et al. 2017, arXiv:1611.01576, fo-pooling of convolutions of width 2 (equation 2); p is the input."""
    z = tanh(linear(w.W_z1, p) + linear(w.W_z2, x))
    f = sigmoid(linear(w.W_f1, p) + linear(w.W_f2, x))
    c = f * c + (1 - f) * z
    return {"c": c, "h": sigmoid(linear(w.W_o1, p) + linear(w.W_o2, x)) * c, "p": x}
