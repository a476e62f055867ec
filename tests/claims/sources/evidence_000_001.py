"""Numbers for sources 000 and 001: one cell and its chain; the local gradients and what the loop adds up."""

from __future__ import annotations

import torch
from measure import Numbers, draw, gradient, jacobian, off, product

X, H = 3, 4


def cell() -> Numbers:
    tensor = draw(0)
    w, b, e = tensor(H, X + H), tensor(H), tensor(2)
    first, second = tensor(X + H, 2), tensor(X + H, H)

    def step(context):
        return torch.tanh(w @ context + b)

    context = first @ e
    one = step(context)
    later = torch.sin(second @ one)
    two = step(later)
    bar = tensor(H).detach()
    adjoint = w.T @ ((1 - one * one) * bar)
    chain = [jacobian(two, later), jacobian(later, one), jacobian(one, context), jacobian(context, e)]
    return {
        "5": off(jacobian(one, context).T @ bar, gradient((one * bar).sum(), context)[0]),
        "6": off(adjoint, gradient((one * bar).sum(), context)[0]),
        "7": off(product(chain), jacobian(two, e)),
    }


def rows(n: int, hidden: int, out: int, seed: int = 1):
    """One step with a batch in rows, and the true gradients of a random loss of the prediction."""
    tensor = draw(seed)
    v = {"why": tensor(hidden, out), "by": tensor(out), "whh": tensor(hidden, hidden), "wxh": tensor(X, hidden)}
    v |= {"bh": tensor(hidden), "x": tensor(n, X), "p": tensor(n, hidden)}
    v["z"] = v["x"] @ v["wxh"] + v["p"] @ v["whh"] + v["bh"]
    v["h"] = torch.tanh(v["z"])
    v["yhat"] = v["h"] @ v["why"] + v["by"]
    v["J"] = (tensor(n, out).detach() * v["yhat"] ** 2).sum()
    names = ("why", "by", "whh", "wxh", "bh", "p", "h", "z", "yhat")
    v["d"] = dict(zip(names, gradient(v["J"], [v[name] for name in names]), strict=True))
    return v


def local() -> Numbers:
    v = rows(5, H, 6)
    g, d = v["d"]["yhat"], v["d"]
    dh = g @ v["why"].T
    dz = dh * (1 - v["h"] ** 2)
    square = rows(4, 4, 4)
    x = torch.linspace(-2, 2, 9, dtype=torch.float64, requires_grad=True)
    slope = gradient(torch.tanh(x).sum(), x)[0]
    return {
        "3 first link": off(1 / torch.cosh(x) ** 2, slope),
        "3 second link": off(1 - torch.tanh(x) ** 2, slope),
        "5 inner sizes with N = 5, H = 4, O = 6: columns of g": float(g.shape[1]),
        "5 inner sizes with N = 5, H = 4, O = 6: rows of h^T": float(v["h"].T.shape[0]),
        "5 rows, N = H = O = 4": off(square["d"]["yhat"] @ square["h"].T, square["d"]["why"]),
        "5 as h^T g": off(v["h"].T @ g, d["why"]),
        "5 columns: g is (O, N), h is (H, N), W is (O, H)": off(g.T @ v["h"], d["why"].T),
        "6": off(g.sum(0), d["by"]),
        "7": off(dh, d["h"]),
        "8": off(dz, d["z"]),
        "9": off(v["p"].T @ dz, d["whh"]),
        "10": off(dz @ v["whh"].T, d["p"]),
        "11": off(dz.sum(0), d["bh"]),
        "12": off(v["x"].T @ dz, d["wxh"]),
    }


def sequence(steps: int = 4, n: int = 5, out: int = H, seed: int = 6):
    """A batch of sequences with a loss at every step; `out` is H so that the loop of the source type-checks."""
    tensor = draw(seed)
    v = {"why": tensor(H, out), "by": tensor(out), "whh": tensor(H, H), "wxh": tensor(X, H), "bh": tensor(H)}
    v |= {"x": [tensor(n, X) for _ in range(steps)], "h": [tensor(n, H)], "y": [], "copies": [], "J": 0}
    for t in range(steps):
        v["copies"].append(v["whh"].clone())
        v["h"].append(torch.tanh(v["x"][t] @ v["wxh"] + v["h"][t] @ v["copies"][t] + v["bh"]))
        v["y"].append(v["h"][t + 1] @ v["why"] + v["by"])
        v["J"] = v["J"] + (tensor(n, out).detach() * v["y"][t] ** 2).sum()
    v["g"] = [gradient(v["J"], y)[0] for y in v["y"]]
    v["dh"] = [gradient(v["J"], h)[0] for h in v["h"]]
    v["dz"] = [v["dh"][t] * (1 - v["h"][t] ** 2) if t else None for t in range(steps + 1)]
    return v


def what_is_summed(steps: int = 4) -> Numbers:
    v = sequence(steps)
    inner = range(1, steps)  # h_t with a later step and a prediction of its own

    def carry(t):
        return v["dz"][t + 1] @ v["whh"].T

    def prediction(t):
        return v["g"][t - 1] @ v["why"].T

    copies = sum(gradient(v["J"], copy)[0] for copy in v["copies"])
    loop, got = v["g"][-1], []
    for t in range(steps, 0, -1):  # g is taken from the last step and from then on is the carry
        step_dh = loop @ v["why"].T
        got.append(v["h"][t - 1].T @ (step_dh * (1 - v["h"][t] ** 2)))
        loop = (step_dh * (1 - v["h"][t] ** 2)) @ v["whh"].T + step_dh
    weights = gradient(v["J"], v["whh"])[0]
    return {
        "8 before the last step: dh_t without the carry": max(
            off(prediction(t) * (1 - v["h"][t] ** 2), v["dz"][t]) for t in inner
        ),
        "13 g of step t + 1": max(off(v["g"][t], v["g"][t - 1]) for t in inner),
        "14 g as dL/dh_t: h^T g for dW_hy, last step": off(
            v["h"][steps].T @ v["dh"][steps], v["h"][steps].T @ v["g"][-1]
        ),
        "15": off(copies, weights),
        "16": max(off(carry(t) + prediction(t), v["dh"][t]) for t in inner),
        "17 with dh of the same step": max(off(carry(t) + prediction(t + 1), v["dh"][t]) for t in inner),
        "17 with dh of the step before": max(off(carry(t) + prediction(t), v["dh"][t]) for t in inner),
        "17 at the initial state, dh of step 1 added": off(carry(0) + prediction(1), v["dh"][0]),
        "17 at the initial state, the carry alone": off(carry(0), v["dh"][0]),
        "18 the carry for g of the step before": max(off(v["dh"][t], v["g"][t - 1]) for t in inner),
        "18 the whole loop: dW_hh": off(sum(got), weights),
        "19 against dL/dh_1": off(sum(prediction(t) for t in range(1, steps + 1)), v["dh"][1]),
    }


def numbers() -> Numbers:
    found = {f"000: {key}": number for key, number in cell().items()}
    return found | {f"001: {key}": number for key, number in (local() | what_is_summed()).items()}
