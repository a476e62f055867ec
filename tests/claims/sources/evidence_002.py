"""Numbers for source 002: a tanh network with softmax and cross-entropy, weights transposed, derivatives as rows.

Every use of a parameter is a copy of its own, and so is every way out of a state: what a derivative "of one step" or
"along one path" means is then a gradient by that copy.
"""

from __future__ import annotations

import torch
from measure import Numbers, draw, gradient, off

T, X, A, Y = 4, 3, 4, 5  # steps, and the sizes n_x, n_a, n_y


def softmax_cross_entropy(logits: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return -(y * torch.log_softmax(logits, 0)).sum()


def network(seed: int = 2, a0=None):
    """All values of one run, by name and step; vectors are columns of shape (n, 1)."""
    tensor = draw(seed)
    shared = {
        "W_aa": tensor(A, A),
        "W_ax": tensor(X, A),
        "W_ya": tensor(A, Y),
        "b_a": tensor(A, 1),
        "b_y": tensor(Y, 1),
    }
    x = [tensor(X, 1) for _ in range(T + 1)]
    y = [tensor(Y, 1).detach().abs() + 0.1 for _ in range(T + 1)]
    start = tensor(A, 1) if a0 is None else a0
    v = {"shared": shared, "x": x, "y": y, "a": [start], "a_out": [None], "a_next": [start.clone()]}
    v |= {name: [None] for name in ("z_a", "z_y", "y_hat", *shared)}
    v["J"] = torch.zeros((), dtype=torch.float64)
    for t in range(1, T + 1):
        for name, parameter in shared.items():
            v[name].append(parameter.clone())
        v["z_a"].append(v["W_aa"][t].T @ v["a_next"][t - 1] + v["W_ax"][t].T @ x[t] + v["b_a"][t])
        v["a"].append(torch.tanh(v["z_a"][t]))
        v["a_out"].append(v["a"][t].clone())
        v["a_next"].append(v["a"][t].clone())
        v["z_y"].append(v["W_ya"][t].T @ v["a_out"][t] + v["b_y"][t])
        v["y_hat"].append(torch.softmax(v["z_y"][t], 0))
        v["J"] = v["J"] - (y[t] * torch.log(v["y_hat"][t])).sum()
    return v


def row(v, name: str, t: int) -> torch.Tensor:
    """The derivative of J by a value of step t in numerator layout: a row for a column, a transpose for a matrix."""
    return gradient(v["J"], v[name][t])[0].T


def worst(v, formula, name: str, steps=range(1, T + 1)) -> float:
    return max(off(formula(t), row(v, name, t)) for t in steps)


def output_layer(v) -> Numbers:
    def jacobian(t):
        return torch.diag(v["y_hat"][t][:, 0]) - v["y_hat"][t] @ v["y_hat"][t].T

    def printed(t):
        return (v["y"][t] / v["y_hat"][t]).T

    total = gradient(v["J"], [v["shared"]["W_ya"], v["shared"]["b_y"]])
    return {
        "11 as printed": worst(v, printed, "y_hat"),
        "11 with a minus": worst(v, lambda t: -printed(t), "y_hat"),
        "12": worst(v, lambda t: row(v, "y_hat", t) @ jacobian(t), "z_y"),
        "12 after 11 as printed": worst(v, lambda t: printed(t) @ jacobian(t), "z_y"),
        "12 as yhat - y, targets not summing to 1": worst(v, lambda t: (v["y_hat"][t] - v["y"][t]).T, "z_y"),
        "16 of one step": worst(v, lambda t: row(v, "z_y", t).T @ v["a"][t].T, "W_ya"),
        "16 of step T, against the sum over t": off(row(v, "z_y", T).T @ v["a"][T].T, total[0].T),
        "18 of one step": worst(v, lambda t: row(v, "z_y", t), "b_y"),
        "18 of step T, against the sum over t": off(row(v, "z_y", T), total[1].T),
        "20 along the output": worst(v, lambda t: row(v, "z_y", t) @ v["W_ya"][t].T, "a_out"),
        "20 total": worst(v, lambda t: row(v, "z_y", t) @ v["W_ya"][t].T, "a"),
        "20 at the last step": worst(v, lambda t: row(v, "z_y", t) @ v["W_ya"][t].T, "a", [T]),
    }


def hidden_layer(v) -> Numbers:
    def slope(t):
        return 1 - torch.tanh(v["z_a"][t]) ** 2

    def through(t):
        return row(v, "a", t) @ torch.diag(slope(t)[:, 0])

    def path(t):
        return row(v, "a_out", t) * slope(t).T

    total = gradient(v["J"], [v["shared"][name] for name in ("W_aa", "W_ax", "b_a")])
    back = {t: row(v, "z_a", t + 1) @ v["W_aa"][t + 1].T for t in range(T)}
    return {
        "21 diag": worst(v, through, "z_a"),
        "21 elementwise": worst(v, lambda t: row(v, "a", t) * slope(t).T, "z_a"),
        "21 with 20 for the derivative by a": worst(v, path, "z_a"),
        "25 of one step": worst(v, lambda t: row(v, "z_a", t).T @ v["a"][t - 1].T, "W_aa"),
        "25 of step T, against the sum over t": off(row(v, "z_a", T).T @ v["a"][T - 1].T, total[0].T),
        "27 of one step": worst(v, lambda t: row(v, "z_a", t).T @ v["x"][t].T, "W_ax"),
        "27 of step T, against the sum over t": off(row(v, "z_a", T).T @ v["x"][T].T, total[1].T),
        "29 of one step": worst(v, lambda t: row(v, "z_a", t), "b_a"),
        "29 of step T, against the sum over t": off(row(v, "z_a", T), total[2].T),
        "31 along the next step": max(off(back[t], row(v, "a_next", t)) for t in range(T)),
        "31 total": max(off(back[t], row(v, "a", t)) for t in range(1, T)),
        "31 at the initial state": off(back[0], row(v, "a_next", 0)),
        "words 1": max(off(back[t] + row(v, "z_y", t) @ v["W_ya"][t].T, row(v, "a", t)) for t in range(1, T)),
    }


def as_gradients(v) -> Numbers:
    """Section 3.2, and the sums of the updates in section 3."""
    formulas = {
        "W_aa": lambda t: v["a"][t - 1] @ row(v, "z_a", t),
        "W_ax": lambda t: v["x"][t] @ row(v, "z_a", t),
        "W_ya": lambda t: v["a"][t] @ row(v, "z_y", t),
        "b_a": lambda t: row(v, "z_a", t).T,
        "b_y": lambda t: row(v, "z_y", t).T,
    }
    found: Numbers = {}
    for number, (name, formula) in enumerate(formulas.items()):
        steps = range(1, T + 1)
        found[f"{32 + number} of one step"] = max(off(formula(t), gradient(v["J"], v[name][t])[0]) for t in steps)
        total = gradient(v["J"], v["shared"][name])[0]
        found[f"{6 + number} the sum is the gradient"] = off(sum(formula(t) for t in steps), total)
        found[f"{6 + number} the last step alone"] = off(formula(T), total)
    return found


def differentials(v) -> Numbers:
    """The equations for dJ, with the differentials of the step's own copies drawn at random."""
    tensor, t, found = draw(22), 2, {}

    def trace(matrix):
        return torch.trace(matrix)

    for number, z, name, value in (
        (15, "z_y", "W_ya", v["a"][t]),
        (24, "z_a", "W_aa", v["a"][t - 1]),
        (26, "z_a", "W_ax", v["x"][t]),
    ):
        d, dz = tensor(*v[name][t].shape), row(v, z, t)
        true = (gradient(v["J"], v[name][t])[0] * d).sum()
        forms = (dz @ d.T @ value, value.T @ d @ dz.T, dz.T @ value.T @ d)
        for link, form in enumerate(forms, start=1):
            found[f"{number} link {link}"] = off(trace(form), true)
        total = (gradient(v["J"], v["shared"][name])[0] * d).sum()
        found[f"{number} against a change at every step"] = off(trace(forms[0]), total)
    for number, z, name, weight in (
        (17, "z_y", "b_y", torch.eye(Y)),
        (19, "z_y", "a_out", v["W_ya"][t].T),
        (28, "z_a", "b_a", torch.eye(A)),
    ):
        d = tensor(*v[name][t].shape)
        form = row(v, z, t) @ weight.to(torch.float64) @ d
        found[f"{number}"] = off(trace(form), (gradient(v["J"], v[name][t])[0] * d).sum())
    d = tensor(A, 1)
    form = trace(row(v, "z_a", t) @ v["W_aa"][t].T @ d)
    found["30"] = off(form, (gradient(v["J"], v["a_next"][t - 1])[0] * d).sum())
    found["30 against a change of a, all paths"] = off(form, (gradient(v["J"], v["a"][t - 1])[0] * d).sum())
    for number, name, size in ((13, "z_y", Y), (22, "z_a", A)):
        steps = [tensor(size, 1) for _ in range(T)]
        every = sum((gradient(v["J"], v[name][s + 1])[0] * d).sum() for s, d in enumerate(steps))
        one = trace(row(v, name, t) @ steps[t - 1])
        found[f"{number} one step moves"] = off(one, (gradient(v["J"], v[name][t])[0] * steps[t - 1]).sum())
        found[f"{number} every step moves"] = off(one, every)
    return found


def preactivations(v) -> Numbers:
    """Equations 14 and 23 as directional derivatives; x is held, as the document holds it, and then not."""
    tensor, t = draw(23), 2
    w, a, u, x = (v[name][step].detach() for name, step in (("W_aa", t), ("a", t - 1), ("W_ax", t), ("x", t)))
    dw, da, du, db, dx = tensor(A, A), tensor(A, 1), tensor(X, A), tensor(A, 1), tensor(X, 1)
    out, b, c = v["W_ya"][t].detach(), v["b_a"][t].detach(), v["b_y"][t].detach()
    dout, dc = tensor(A, Y), tensor(Y, 1)

    def along(formula, at, by):
        """The derivative along `by`: a central difference of any width is exact for products of two variables."""
        ends = [formula(*(value + sign * step for value, step in zip(at, by, strict=True))) for sign in (1, -1)]
        return (ends[0] - ends[1]) / 2

    true = along(lambda w, a, u, b: w.T @ a + u.T @ x + b, (w, a, u, b), (dw, da, du, db))
    whole = along(lambda w, a, u, b, x: w.T @ a + u.T @ x + b, (w, a, u, b, x), (dw, da, du, db, dx))
    printed = dw.T @ a + w.T @ da + du.T @ x + db
    logits = along(lambda w, a, c: w.T @ a + c, (out, a, c), (dout, da, dc))
    return {
        "14 link 2": off(dout.T @ a + out.T @ da + dc, logits),
        "23 link 2": off(printed, true),
        "23 link 2, x moves too": off(printed, whole),
    }


def two_directions() -> Numbers:
    """Equation 37 against torch's bidirectional layer, whose backward half at step t has read x^(T) ... x^(t)."""
    generator = torch.Generator().manual_seed(37)
    layer = torch.nn.RNN(X, A, bidirectional=True, dtype=torch.float64)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.copy_(0.7 * torch.randn(parameter.shape, generator=generator, dtype=torch.float64))
        x = torch.randn(T, X, generator=generator, dtype=torch.float64)
        right = layer(x)[0][:, A:]  # row t-1: the state that belongs to step t
        b = [torch.zeros(A, dtype=torch.float64)]  # b[s]: after s steps of the backward half, from the end
        for s in range(1, T + 1):
            w, u = layer.weight_ih_l0_reverse, layer.weight_hh_l0_reverse
            b.append(torch.tanh(w @ x[T - s] + u @ b[-1] + layer.bias_ih_l0_reverse + layer.bias_hh_l0_reverse))
    steps = range(1, T + 1)
    return {
        "37 index T - t": max(off(b[T - t], right[t - 1]) for t in steps),
        "37 index T - t + 1": max(off(b[T - t + 1], right[t - 1]) for t in steps),
        "37 size of b^(0), used at t = T": float(b[0].abs().max()),
    }


def dense() -> Numbers:
    v = network()
    one = torch.tanh(v["shared"]["W_ax"].T @ v["x"][1] + v["shared"]["b_a"])
    zero = network(a0=torch.zeros(A, 1, dtype=torch.float64))
    return {"words 3 with a0 = 0": off(one, zero["a"][1]), "words 3 with a0 not 0": off(one, v["a"][1])}


def numbers() -> Numbers:
    v = network()
    found = output_layer(v) | hidden_layer(v) | as_gradients(v) | differentials(v)
    found |= preactivations(v) | two_directions() | dense()
    return {f"002: {key}": number for key, number in found.items()}
