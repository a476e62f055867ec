"""Numbers for mistakes.tex: the cells with gates."""

from __future__ import annotations

import torch
from measure import Numbers, draw, gradient, jacobian, off

T, X, H = 5, 2, 3
sigma = torch.sigmoid


def slope(s: torch.Tensor) -> torch.Tensor:
    """sigma' in the value of sigma."""
    return s * (1 - s)


def gru() -> Numbers:
    tensor = draw(30)
    w, u, x, h = tensor(3, H, X), tensor(3, H, H), tensor(X), tensor(H)
    r, z = sigma(w[0] @ x + u[0] @ h), sigma(w[1] @ x + u[1] @ h)
    before, after = torch.tanh(w[2] @ x + u[2] @ (r * h)), torch.tanh(w[2] @ x + r * (u[2] @ h))
    diagonal = torch.diag(torch.diag(u[2]))
    state = z * h + (1 - z) * after
    swapped = sigma(-w[1] @ x - u[1] @ h)
    return {
        "12": off(u[2] @ (r * h), r * (u[2] @ h)),
        "12 U diagonal": off(diagonal @ (r * h), r * (diagonal @ h)),
        "12 candidates (9) and (11)": off(before, after),
        "14": off(1 - z, swapped),
        "13 against (10)": off((1 - z) * h + z * after, state),
        "13 against (10), parameters of z negated": off((1 - swapped) * h + swapped * after, state),
        "93 total": off(torch.diag(z), jacobian(state, h)),
        "93 the direct path": off(torch.diag(z), jacobian(z.detach() * h + ((1 - z) * after).detach(), h)),
    }


def greff(initial: bool, seed: int = 31):
    """The forward pass over steps 0 ... T - 1 of the code, 0 ... T of the paper; `initial`: not zero before step 0."""
    tensor = draw(seed)
    v = {"W": {k: tensor(H, X) for k in "zifo"}, "R": {k: tensor(H, H) for k in "zifo"}}
    v |= {"b": {k: tensor(H) for k in "zifo"}, "p": {k: tensor(H) for k in "ifo"}}
    v |= {"x": [tensor(X) for _ in range(T)], "bar": {k: [] for k in "zifo"}, "gate": {k: [] for k in "zifo"}}
    zero = torch.zeros(H, dtype=torch.float64)
    v["y"], v["c"] = ([tensor(H)], [tensor(H)]) if initial else ([zero], [zero])
    for t in range(T):
        for k in "zifo":
            peep = {"z": 0, "i": v["c"][t], "f": v["c"][t]}
            if k == "o":
                v["c"].append(v["gate"]["z"][t] * v["gate"]["i"][t] + v["c"][t] * v["gate"]["f"][t])
                peep["o"] = v["c"][t + 1]
            bar = v["W"][k] @ v["x"][t] + v["R"][k] @ v["y"][t] + v["b"][k]
            bar = bar + (v["p"][k] * peep[k] if k != "z" else 0)
            v["bar"][k].append(bar)
            v["gate"][k].append(torch.tanh(bar) if k == "z" else sigma(bar))
        v["y"].append(torch.tanh(v["c"][t + 1]) * v["gate"]["o"][t])
    v["y"], v["c"] = v["y"][1:] + v["y"][:1], v["c"][1:] + v["c"][:1]  # index -1 is the state before step 0
    weight = tensor(T, H).detach()
    v["J"] = sum((weight[t] * v["y"][t] ** 2).sum() for t in range(T))
    v["Delta"] = [2 * weight[t] * v["y"][t] for t in range(T)]
    return v


def greff_backward(v):
    """The equations as the paper has them, each with the true values of what it uses."""
    zero = torch.zeros(H, dtype=torch.float64)
    delta = {k: [gradient(v["J"], bar)[0] for bar in v["bar"][k]] + [zero] for k in "zifo"}
    dy, dc = ([gradient(v["J"], v[name][t])[0] for t in range(T)] for name in "yc")
    dc.append(zero)
    g, h, c = v["gate"], [torch.tanh(c) for c in v["c"]], v["c"]
    forget = [*g["f"], zero]
    found: Numbers = {}

    def keep(number, formula, true):
        found[str(number)] = max(off(formula(t), true[t]) for t in range(T))

    def next_c(t):
        late = v["p"]["i"] * delta["i"][t + 1] + v["p"]["f"] * delta["f"][t + 1] + dc[t + 1] * forget[t + 1]
        return dy[t] * g["o"][t] * (1 - h[t] ** 2) + v["p"]["o"] * delta["o"][t] + late

    keep(25, lambda t: v["Delta"][t] + sum(v["R"][k].T @ delta[k][t + 1] for k in "zifo"), dy)
    keep(26, lambda t: dy[t] * h[t] * slope(g["o"][t]), delta["o"])
    keep(27, next_c, dc)
    keep(28, lambda t: dc[t] * c[t - 1] * slope(g["f"][t]), delta["f"])
    keep(29, lambda t: dc[t] * g["z"][t] * slope(g["i"][t]), delta["i"])
    keep(30, lambda t: dc[t] * g["i"][t] * (1 - g["z"][t] ** 2), delta["z"])
    dx = [gradient(v["J"], x)[0] for x in v["x"]]
    keep(31, lambda t: sum(v["W"][k].T @ delta[k][t] for k in "zifo"), dx)
    for number, k, formula in (
        (83, "o", lambda t: slope(g["o"][t]) * h[t] * dy[t]),
        (85, "z", lambda t: g["i"][t] * (1 - g["z"][t] ** 2) * dc[t]),
        (86, "f", lambda t: slope(g["f"][t]) * c[t - 1] * dc[t]),
        (87, "i", lambda t: slope(g["i"][t]) * g["z"][t] * dc[t]),
    ):
        keep(number, formula, delta[k])
    keep(84, next_c, dc)
    return found, delta


def greff_sums(v, delta) -> Numbers:
    y, c, steps, late = v["y"], v["c"], range(T), range(T - 1)

    def against(formula, name, gates="zifo"):
        return max(off(formula(k), gradient(v["J"], v[name][k])[0]) for k in gates)

    return {
        "32": against(lambda k: sum(torch.outer(delta[k][t], v["x"][t]) for t in steps), "W"),
        "33": against(lambda k: sum(torch.outer(delta[k][t + 1], y[t]) for t in late), "R"),
        "34": against(lambda k: sum(delta[k][t] for t in steps), "b"),
        "35, 36": against(lambda k: sum(c[t] * delta[k][t + 1] for t in late), "p", "if"),
        "37": against(lambda k: sum(c[t] * delta[k][t] for t in steps), "p", "o"),
    }


def peephole() -> Numbers:
    found: Numbers = {}
    for initial in (False, True):
        v = greff(initial)
        equations, delta = greff_backward(v)
        if initial:
            found |= equations
        case = "initial state not zero" if initial else "initial state zero"
        found |= {f"{key} {case}": number for key, number in greff_sums(v, delta).items()}
    return found


def lem() -> Numbers:
    tensor = draw(32)
    w, u, b = tensor(4, H, H), tensor(4, H, X), tensor(4, H)
    y, z, x, dt = tensor(H), tensor(H), tensor(X), 0.5
    steps = [dt * sigma(w[k] @ y + u[k] @ x + b[k]) for k in (0, 1)]
    z = (1 - steps[0]) * z + steps[0] * torch.tanh(w[2] @ y + u[2] @ x + b[2])
    target = torch.tanh(w[3] @ z + u[3] @ x + b[3])
    same, other = ((1 - step) * y + step * target for step in steps)
    return {"41 against 42": off(same, other)}


def cell_state() -> Numbers:
    """d c_t / d c_{t-1} over two steps of an LSTM without peepholes: h_{t-1} is a function of c_{t-1}."""
    tensor = draw(33)
    w, u, b, c, o = tensor(3, H, X), tensor(3, H, H), tensor(3, H), tensor(H), tensor(H)
    x, h = tensor(X), sigma(o) * torch.tanh(c)
    f, i, g = (act(w[k] @ x + u[k] @ h + b[k]) for k, act in enumerate((sigma, sigma, torch.tanh)))
    return {
        "89 total": off(torch.diag(f), jacobian(f * c + i * g, c)),
        "89 the direct path": off(torch.diag(f), jacobian(f.detach() * c + (i * g).detach(), c)),
    }


def numbers() -> Numbers:
    parts = (gru, peephole, lem, cell_state)
    return {f"mistakes: {key}": number for part in parts for key, number in part().items()}
