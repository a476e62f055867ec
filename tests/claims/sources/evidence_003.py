"""Numbers for source 003: the recursions and closed forms by autograd, the worked examples in float64."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import torch
from measure import Numbers, draw, gradient, jacobian, norm, off, product

T, X, H, Y = 4, 2, 3, 5  # steps, and the sizes d_in, d_h, d_out


def network(seed: int = 3):
    """States as columns; one copy of W_hh for every step, so that an immediate derivative is one by the copy."""
    tensor = draw(seed)
    w, u, out = tensor(H, H), tensor(H, X), tensor(Y, H)
    b, c, start = tensor(H), tensor(Y), tensor(H)
    weight = [tensor(Y).detach() for _ in range(T + 1)]
    v = {"W": w, "W_hy": out, "h": [start], "z": [None], "y": [None], "L": [None], "copy": [None]}
    for t in range(1, T + 1):
        v["copy"].append(w.clone())
        v["z"].append(v["copy"][t] @ v["h"][t - 1] + u @ tensor(X) + b)
        v["h"].append(torch.tanh(v["z"][t]))
        v["y"].append(out @ v["h"][t] + c)
        v["L"].append((weight[t] * v["y"][t] ** 2).sum())
    v["total"] = sum(v["L"][1:])
    v["D"] = [None] + [torch.diag(1 - h**2) for h in v["h"][1:]]
    v["delta"] = [gradient(v["total"], h)[0] for h in v["h"]]
    v["local"] = [None] + [gradient(v["L"][t], v["h"][t])[0] for t in range(1, T + 1)]
    v["dy"] = [None] + [gradient(v["L"][t], v["y"][t])[0] for t in range(1, T + 1)]
    return v


def recursions(v) -> Numbers:
    w, steps, before = v["W"], range(1, T + 1), range(1, T)
    step = {t: jacobian(v["h"][t + 1], v["h"][t]) for t in before}
    carried = {t: step[t].T @ v["delta"][t + 1] for t in before}
    opened = {t: v["W_hy"].T @ v["dy"][t] + w.T @ v["D"][t + 1] @ v["delta"][t + 1] for t in before}
    return {
        "5 before the last step": max(off(v["local"][t] + carried[t], v["delta"][t]) for t in before),
        "5 with the total dL/dh_t for dL_t/dh_t": max(off(v["delta"][t] + carried[t], v["delta"][t]) for t in before),
        "6": max(off(v["W_hy"].T @ v["dy"][t], v["local"][t]) for t in steps),
        "7": max(off(v["D"][t + 1] @ w, step[t]) for t in before),
        "9": max(off(opened[t], v["delta"][t]) for t in before),
    }


def closed_forms(v) -> Numbers:
    w = v["W"]

    def adjoint(order) -> torch.Tensor:
        one = torch.eye(H, dtype=torch.float64)
        parts = {k: product([one] + [w.T @ v["D"][j] for j in order(k)]) for k in range(1, T + 1)}
        return sum(part @ v["W_hy"].T @ v["dy"][k] for k, part in parts.items())

    def state(order) -> torch.Tensor:
        return product(v["D"][i] @ w for i in order)

    falling, rising = adjoint(lambda k: range(k, 1, -1)), adjoint(lambda k: range(2, k + 1))
    true = jacobian(v["h"][T], v["h"][1])
    return {
        "10 written from k down to 2": off(falling, v["delta"][1]),
        "10 written from 2 up to k": off(rising, v["delta"][1]),
        "13 written from 2 up to t": off(state(range(2, T + 1)), true),
        "13 written from t down to 2": off(state(range(T, 1, -1)), true),
    }


def weights(v) -> Numbers:
    """Equations 11, 12 and practice 4, with the immediate and with the total derivative of a state by W."""
    w, steps = v["W"], range(1, T + 1)
    true = {t: gradient(v["L"][t], w)[0].reshape(-1) for t in steps}
    immediate = {k: jacobian(v["h"][k], v["copy"][k]) for k in steps}
    whole = {k: jacobian(v["h"][k], w) for k in steps}

    def summed(t, of, last):
        parts = [v["local"][t] @ jacobian(v["h"][t], v["h"][k]) @ of[k] for k in range(1, last + 1)]
        return sum(parts)

    def term(t, k):
        return v["local"][t] @ jacobian(v["h"][t], v["h"][k]) @ immediate[k]

    printed = term(1, 1) + term(2, 1) + term(2, 2) + term(3, 1)
    three = sum(true[t] for t in (1, 2, 3))
    return {
        "11": off(sum(true.values()), gradient(v["total"], w)[0].reshape(-1)),
        "12 immediate": max(off(summed(t, immediate, t), true[t]) for t in steps),
        "12 total": max(off(summed(t, whole, t), true[t]) for t in range(2, T + 1)),
        "12 total at t = 1": off(summed(1, whole, 1), true[1]),
        "12 total, k = t alone": max(off(v["local"][t] @ whole[t], true[t]) for t in steps),
        "52 the four printed terms": off(printed, three),
        "52 with the two others": off(printed + term(3, 2) + term(3, 3), three),
    }


def norms() -> Numbers:
    """The bound, what it does not say, and the powers."""
    v = network()
    true = norm(jacobian(v["h"][T], v["h"][1]))
    slopes = [norm(d) for d in v["D"][2:]]
    size = norm(v["W"])
    each = math.prod(slope * size for slope in slopes)
    most = (size * max(slopes)) ** (T - 1)
    spin = 1.2 * np.linalg.qr(np.random.default_rng(5).normal(size=(3, 3)))[0]
    h, j = np.full(3, 0.5), np.eye(3)
    for t in range(2, 51):
        h = np.tanh(spin @ h + np.array([1.0, -0.8, 0.6]))
        j = np.diag(1 - h**2) @ spin @ j
        if t == 10:
            ten = np.linalg.norm(j, 2)
    small, k = 0.75 * spin, np.eye(3)
    for _ in range(2, 51):
        h = np.tanh(small @ h + np.array([0.1, -0.2, 0.3]))
        k = np.diag(1 - h**2) @ small @ k
    nilpotent = np.array([[0.0, 2.0], [0.0, 0.0]])
    return {
        "14 norm": true,
        "14 first bound": each,
        "14 second bound": most,
        "14 third bound": size ** (T - 1),
        "14 with the product over diag alone, W = 2 I, z = 0, t = 3: norm": 4.0,
        "14 with the product over diag alone, W = 2 I, z = 0, t = 3: bound": 2.0,
        "15 norm of W": float(np.linalg.norm(small, 2)),
        "15 norm of dh_50/dh_1": float(np.linalg.norm(k, 2)),
        "15 bound": 0.9**49,
        "16 norm of W": float(np.linalg.norm(spin, 2)),
        "16 norm of dh_10/dh_1": float(ten),
        "16 norm of dh_50/dh_1": float(np.linalg.norm(j, 2)),
        "16 nilpotent W of norm 2, z = 0: norm of W^2": float(np.linalg.norm(nilpotent @ nilpotent, 2)),
        "16 scalar W = 1.2, tanh' = 0.8: (1.2 * 0.8)^49": 0.96**49,
        "17": 0.99**100,
        "18": 0.95**100,
        "49 0.4^99": 0.4**99,
        "49 log10 of 0.4^99": 99 * math.log10(0.4),
        "51 1.2^49": 1.2**49,
    }


def examples() -> Numbers:
    """Examples 1 and 2 without rounding, and from the printed inputs."""
    w, u, out = np.array([[0.5, 0.1], [0.1, 0.5]]), np.array([0.2, 0.3]), np.ones(2)
    h1 = np.tanh(u)
    z2 = w @ h1 + 2 * u
    h2 = np.tanh(z2)
    step = np.diag(1 - h2**2) @ w
    first = out @ step @ np.array([1 - h1[0] ** 2, 0])
    direct = out @ (np.array([1 - h2[0] ** 2, 0]) * 2)
    named = {"27 h1": h1, "29 W_hh h1": w @ h1, "31 z2": z2, "32 h2": h2, "45 tanh'(z2)": 1 - h2**2}
    found = {f"{name}[{i}]": float(array[i]) for name, array in named.items() for i in (0, 1)}
    found |= {f"46 dh2/dh1[{i},{k}]": float(step[i, k]) for i in (0, 1) for k in (0, 1)}
    found |= {f"48 row[{k}]": float((out @ step)[k]) for k in (0, 1)}
    shifted = np.array([0.2 + 1e-30j, 0.3])
    whole = (out @ np.tanh(w @ np.tanh(shifted) + 2 * shifted)).imag / 1e-30
    return found | {
        "33 y1": float(out @ h1),
        "34 y2": float(out @ h2),
        "32 tanh(0.5278)": math.tanh(0.5278),
        "32 tanh(0.7654)": math.tanh(0.7654),
        "40 tanh(0.2)^2": math.tanh(0.2) ** 2,
        "40 tanh'(0.2)": 1 - math.tanh(0.2) ** 2,
        "43 tanh(0.5278)^2": math.tanh(0.5278) ** 2,
        "43 tanh'(0.5278)": 1 - math.tanh(0.5278) ** 2,
        "44 tanh(0.7654)^2": math.tanh(0.7654) ** 2,
        "44 tanh'(0.7654)": 1 - math.tanh(0.7654) ** 2,
        "48 path 1": float(first),
        "48 path 2": float(direct),
        "48 both paths": float(first + direct),
        "48 by complex step": float(whole),
        "48 [0.4419, 0.3695] . [0.9610, 0]": 0.4419 * 0.9610,
    }


def truncation(v, k: int = 2) -> Numbers:
    """How many uses of W_hh the gradient of L_T reaches when h is cut k steps back: use T - k has its input cut."""
    t, w = T, v["W"]
    true = gradient(v["L"][t], w)[0].reshape(-1)
    immediate = [None] + [jacobian(v["h"][j], v["copy"][j]) for j in range(1, T + 1)]
    reach = {j: v["local"][t] @ jacobian(v["h"][t], v["h"][j]) @ immediate[j] for j in range(1, T + 1)}
    jumps, uses = sum(reach[j] for j in range(t - k, t + 1)), sum(reach[j] for j in range(t - k + 1, t + 1))
    return {
        "19 t - j <= k: k + 1 uses, against all": off(jumps, true),
        "19 t - j < k: k uses, against all": off(uses, true),
        "19 k = T - 1: all uses": off(sum(reach.values()), true),
    }


@cache
def numbers() -> Numbers:
    v = network()
    found = recursions(v) | closed_forms(v) | weights(v) | norms() | examples() | truncation(v)
    return {f"003: {key}": number for key, number in found.items()}
