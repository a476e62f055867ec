"""Numbers for mistakes.tex: the networks without gates."""

from __future__ import annotations

import torch
from measure import Numbers, draw, gradient, jacobian, norm, off, product

T, X, H, Y = 5, 2, 3, 4


def plain(act=torch.tanh, outer: bool = False, seed: int = 10):
    """h_t = act(W h_{t-1} + U x_t + b), or W act(h_{t-1}) + U x_t + b if `outer`; copies of W by step."""
    tensor = draw(seed)
    v = {"W": tensor(H, H), "U": tensor(H, X), "V": tensor(Y, H), "b": tensor(H), "c": tensor(Y)}
    v |= {"h": [tensor(H)], "x": [None], "z": [None], "o": [None], "copy": [None], "kept": {}}
    for _ in range(T):
        v["copy"].append(v["W"].clone())
        v["x"].append(tensor(X))
        drive = v["U"] @ v["x"][-1] + v["b"]
        before = v["h"][-1]
        v["z"].append(v["copy"][-1] @ (act(before) if outer else before) + drive)
        v["h"].append(v["z"][-1] if outer else act(v["z"][-1]))
        v["o"].append(v["V"] @ v["h"][-1] + v["c"])
    return v


def cross_entropy(v, classes: bool = True, seed: int = 11):
    """The loss of each step; targets are classes or positive numbers that do not sum to one."""
    tensor = draw(seed)
    v["y"] = [None]
    for t in range(1, T + 1):
        one = torch.zeros(Y, dtype=torch.float64)
        one[t % Y] = 1
        v["y"].append(one if classes else tensor(Y).detach().abs() + 0.1)
    v["p"] = [None] + [torch.softmax(o, 0) for o in v["o"][1:]]
    v["L"] = [None] + [-(v["y"][t] * torch.log_softmax(v["o"][t], 0)).sum() for t in range(1, T + 1)]
    v["J"] = sum(v["L"][1:])
    return v


def by(v, name: str) -> list:
    return [None if value is None else gradient(v["J"], value)[0] for value in v[name]]


def pascanu() -> Numbers:
    v = plain(torch.tanh, outer=True)
    w, s = v["W"], [torch.diag(1 - torch.tanh(h) ** 2) for h in v["h"]]
    true, one = jacobian(v["h"][T], v["h"][1]), jacobian(v["h"][2], v["h"][1])
    factors = range(T, 1, -1)
    weights = draw(12)(T, H).detach()
    losses = [(weights[t - 1] * v["h"][t] ** 2).sum() for t in range(1, T + 1)]
    summed = sum(
        gradient(losses[T - 1], v["h"][T])[0] @ jacobian(v["h"][T], v["h"][k]) @ jacobian(v["h"][k], v["copy"][k])
        for k in range(1, T + 1)
    )
    shear = torch.tensor([[0.5, 3.0], [0.0, 0.5]], dtype=torch.float64)
    return {
        "2": off(sum(gradient(loss, w)[0] for loss in losses), gradient(sum(losses), w)[0]),
        "3": off(summed, gradient(losses[T - 1], w)[0].reshape(-1)),
        "4 first link": off(product([jacobian(v["h"][i], v["h"][i - 1]) for i in factors]), true),
        "4 second link": off(product([w.T @ s[i - 1] for i in factors]), true),
        "4 second link transposed": off(product([w.T @ s[i - 1] for i in factors]).T, true),
        "4 second link, one factor": off(w.T @ s[1], one),
        "4 second link, one factor transposed": off((w.T @ s[1]).T, one),
        "5": off(product([w @ s[i - 1] for i in factors]), true),
        "6": off(s[1] @ w.T, one.T),
        "7 norm": norm(one),
        "7 bound": norm(w.T) * norm(s[1]),
        "8 largest eigenvalue of W = [[1/2, 3], [0, 1/2]]": float(torch.linalg.eigvals(shear).abs().max()),
        "8 norm of the Jacobian at x = 0, gamma = 1": norm(shear),
    }


def goodfellow() -> Numbers:
    v = cross_entropy(plain())
    dh, do = by(v, "h"), by(v, "o")
    d = [None] + [torch.diag(1 - h**2) for h in v["h"][1:]]
    steps, before = range(1, T + 1), range(1, T)
    step = [None] + [jacobian(v["h"][t + 1], v["h"][t]) for t in before]
    local = [None] + [d[t] @ dh[t] for t in steps]
    true = dict(zip("cbVWU", gradient(v["J"], [v[name] for name in "cbVWU"]), strict=True))
    out = [None] + [v["V"].T @ do[t] for t in steps]
    return {
        "47": max(off(v["p"][t] - v["y"][t], do[t]) for t in steps),
        "48": off(out[T], dh[T]),
        "48 before the last step": max(off(out[t], dh[t]) for t in before),
        "49": max(off(step[t].T @ dh[t + 1] + out[t], dh[t]) for t in before),
        "50 read left to right with the gradient as a row": max(
            off(v["W"].T @ dh[t + 1] @ d[t + 1] + out[t], dh[t]) for t in before
        ),
        "51": max(off(v["W"].T @ d[t + 1] @ dh[t + 1] + out[t], dh[t]) for t in before),
        "52": off(sum(do[1:]), true["c"]),
        "53": off(sum(local[1:]), true["b"]),
        "54": off(sum(torch.outer(do[t], v["h"][t]) for t in steps), true["V"]),
        "55": off(sum(torch.outer(local[t], v["h"][t - 1]) for t in steps), true["W"]),
        "56": off(sum(torch.outer(local[t], v["x"][t]) for t in steps), true["U"]),
    }


def karpathy() -> Numbers:
    v = cross_entropy(plain())
    raw, found = torch.zeros(H, dtype=torch.float64), {"59": 0.0, "60": 0.0}
    sums = {name: torch.zeros_like(v[name]) for name in "VUWb"}
    dh_true, dz_true = by(v, "h"), by(v, "z")
    for t in range(T, 0, -1):
        dy = v["p"][t] - v["y"][t]
        dh = v["V"].T @ dy + v["W"].T @ raw
        raw = (1 - v["h"][t] * v["h"][t]) * dh
        found["59"] = max(found["59"], off(dh, dh_true[t]))
        found["60"] = max(found["60"], off(raw, dz_true[t]))
        terms = (torch.outer(dy, v["h"][t]), torch.outer(raw, v["x"][t]), torch.outer(raw, v["h"][t - 1]), raw)
        sums = {name: sums[name] + term for name, term in zip("VUWb", terms, strict=True)}
    for number, name in ((58, "V"), (61, "U"), (62, "W"), (63, "b")):
        found[str(number)] = off(sums[name], gradient(v["J"], v[name])[0])
    found["57"] = max(off(v["p"][t] - v["y"][t], gradient(v["J"], v["o"][t])[0]) for t in range(1, T + 1))
    return found


def sums_over_paths() -> Numbers:
    """WildML, Chen, CS224, CS231n: products of Jacobians and sums over the uses of W, as rows."""
    v = cross_entropy(plain())
    loss, d, w = v["L"][T], [None] + [torch.diag(1 - h**2) for h in v["h"][1:]], v["W"]
    true = gradient(loss, w)[0].reshape(-1)
    row = gradient(loss, v["h"][T])[0]
    uses = range(1, T + 1)
    steps = {j: jacobian(v["h"][j], v["h"][j - 1]) for j in uses}
    far = {k: jacobian(v["h"][T], v["h"][k]) for k in uses}
    now = {k: jacobian(v["h"][k], v["copy"][k]) for k in uses}
    whole = {k: jacobian(v["h"][k], w) for k in uses}

    def rising(k):
        return product([torch.eye(H, dtype=torch.float64)] + [steps[j] for j in range(k + 1, T + 1)])

    outer = plain(torch.tanh, outer=True)
    slopes = [torch.diag(1 - torch.tanh(h) ** 2) for h in outer["h"]]
    notes = product([outer["W"].T @ slopes[j - 1] for j in range(2, T + 1)])
    slope = 1 - v["h"][2] ** 2
    return {
        "64": off(torch.outer(v["p"][T] - v["y"][T], v["h"][T]), gradient(loss, v["V"])[0]),
        "65 immediate": off(sum(row @ far[k] @ now[k] for k in uses), true),
        "65 total": off(sum(row @ far[k] @ whole[k] for k in uses), true),
        "66 later factors to the left": off(sum(row @ far[k] @ now[k] for k in uses), true),
        "66 from k + 1 up, left to right": off(sum(row @ rising(k) @ now[k] for k in uses), true),
        "68 up to t": off(sum(row @ far[k] @ now[k] for k in range(1, T)), true),
        "68 up to t + 1": off(sum(row @ far[k] @ now[k] for k in uses), true),
        "69 second link, left to right": off(notes, jacobian(outer["h"][T], outer["h"][1])),
        "69 second link, transposed": off(notes.T, jacobian(outer["h"][T], outer["h"][1])),
        "70 tanh' as a diagonal matrix": off(torch.diag(slope) @ w, steps[2]),
        "70 tanh' as a column, broadcast over rows": off(slope[None, :] * w, steps[2]),
        "92 denominator layout": off(w.T @ d[2], steps[2].T),
        "92 numerator layout": off(w.T @ d[2], steps[2]),
    }


def dive(seed: int = 13) -> Numbers:
    """Scalars for the general form, then the linear network."""
    tensor = draw(seed)
    w, h, x, copies, heads, outs = tensor(), [tensor()], [None], [None], [None], [None]
    for _ in range(T):
        copies.append(w.clone())
        heads.append(w.clone())
        x.append(tensor())
        h.append(torch.tanh(copies[-1] * h[-1] + x[-1]))
        outs.append(torch.sin(heads[-1] * h[-1]))
    loss = [None] + [o**2 for o in outs[1:]]

    def d(a, b):
        return gradient(a, b)[0]

    total = d(sum(loss[1:]), w)
    parts = [(d(loss[t], outs[t]), d(outs[t], heads[t]), d(outs[t], h[t]), d(h[t], w)) for t in range(1, T + 1)]
    whole = d(h[T], w)
    own = {i: d(h[i], copies[i]) for i in range(1, T + 1)}
    step = {j: d(h[j], h[j - 1]) for j in range(1, T + 1)}

    def chain(first):
        return torch.prod(torch.stack([step[j] for j in range(first, T + 1)] + [torch.ones((), dtype=torch.float64)]))

    return {
        "71 as printed": off(sum(o * g * s for o, g, _, s in parts), total),
        "71 with both parts": off(sum(o * (g + k * s) for o, g, k, s in parts), total),
        "72": off(own[T] + step[T] * d(h[T - 1], w), whole),
        "73 product from t to i": off(sum(chain(i) * own[i] for i in range(1, T + 1)), whole),
        "73 product from t to i + 1": off(sum(chain(i + 1) * own[i] for i in range(1, T + 1)), whole),
        "74": off(own[T] + sum(chain(i + 1) * own[i] for i in range(1, T)), whole),
    }


def linear_dive() -> Numbers:
    v = plain(lambda z: z)
    weights = draw(14)(T, Y).detach()
    v["J"] = sum((weights[t - 1] * v["o"][t] ** 2).sum() for t in range(1, T + 1)) / T
    do, dh, w, steps = by(v, "o"), by(v, "h"), v["W"], range(1, T + 1)
    power = torch.linalg.matrix_power
    closed = [off(sum(power(w.T, T - i) @ v["V"].T @ do[T + t - i] for i in range(t, T + 1)), dh[t]) for t in steps]
    true = dict(zip("UWV", gradient(v["J"], [v[name] for name in "UWV"]), strict=True))
    return {
        "75": max(off(2 * weights[t - 1] * v["o"][t] / T, do[t]) for t in steps),
        "76": max(off(w.T @ dh[t + 1] + v["V"].T @ do[t], dh[t]) for t in range(1, T)),
        "77": max(closed),
        "78": off(sum(torch.outer(dh[t], v["x"][t]) for t in steps), true["U"]),
        "79": off(sum(torch.outer(dh[t], v["h"][t - 1]) for t in steps), true["W"]),
        "80": off(sum(torch.outer(do[t], v["h"][t]) for t in steps), true["V"]),
    }


def others() -> Numbers:
    tensor = draw(15)
    z0 = tensor(1)[0]
    z1 = torch.sin(z0)
    z2 = z0 * z1
    j = z0 + torch.exp(z1) * z2
    ordered = {2: torch.exp(z1), 1: torch.exp(z1) * z2 + torch.exp(z1) * z0}
    ordered[0] = 1 + ordered[1] * torch.cos(z0) + ordered[2] * z1
    v = plain()
    targets = tensor(T, Y).detach()
    v["J"] = sum(((targets[t - 1] - v["o"][t]) ** 2).sum() for t in range(1, T + 1)) / 2
    du, steps = by(v, "z"), range(1, T + 1)
    slope = [None] + [1 - h**2 for h in v["h"][1:]]
    jaeger = [
        off(slope[t] * (v["W"].T @ -du[t + 1] + v["V"].T @ (targets[t - 1] - v["o"][t])), -du[t]) for t in range(1, T)
    ]
    soft = cross_entropy(plain(), classes=False)
    dz = by(soft, "o")
    z, dh = v["z"][2], by(v, "h")
    wrong = sum(torch.outer(dh[t] * slope[t], v["h"][t]) for t in steps)
    right = sum(torch.outer(dh[t] * slope[t], v["h"][t - 1]) for t in steps)
    s = torch.sigmoid(z)
    return {
        "81": max(off(ordered[i], gradient(j, z)[0]) for i, z in enumerate((z0, z1, z2))),
        "82 delta as minus the gradient": max(jaeger),
        "88 targets that do not sum to one": max(off(soft["p"][t] - soft["y"][t], dz[t]) for t in steps),
        "88 with the sum of the targets": max(
            off(soft["p"][t] * soft["y"][t].sum() - soft["y"][t], dz[t]) for t in steps
        ),
        "90": off(torch.diag(1 - torch.tanh(v["h"][2]) ** 2), jacobian(v["h"][2], z)),
        "90 in h itself": off(torch.diag(1 - v["h"][2] ** 2), jacobian(v["h"][2], z)),
        "91": off(torch.diag(s * (1 - s)), jacobian(s, z)),
        "94 h_t": off(wrong, gradient(v["J"], v["W"])[0]),
        "95": off(right, gradient(v["J"], v["W"])[0]),
    }


def numbers() -> Numbers:
    parts = (pascanu, goodfellow, karpathy, sums_over_paths, dive, linear_dive, others)
    return {f"mistakes: {key}": number for part in parts for key, number in part().items()}
