"""Backward passes with one mistake or several, chosen by name: what each class of mistake looks like in code.

`RNN`, `LSTM` and `HEAD` hold, for every mistake, the classes of which the first explanation has to have one.
"""

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


TRANSPOSE, INDEX, BOUNDARY = "missing or extra transpose", "time index off by one", "boundary"
DERIVATIVE, ACTIVATED = "missing activation derivative", "derivative applied to an already activated value"
PREACTIVATION, OTHER = "derivative applied to the pre-activation", "derivative of another activation"
CARRY, PATH, DIRECT = "missing state carry", "carry through one path missing", "direct term missing"
SUM, SIGN, NUMBER, GATE = "not summed over the steps", "sign", "extra or missing factor", "copy-paste gate"
LOCAL, SIDE = "carry left out in one place", "carry added on the wrong side of the activation derivative"
INITIAL, FACTOR, ACTIVATION = "gradient of the initial state", "missing factor", "double or missing activation"
TERM, COMPLEMENT, STALE = "term missing", "z and 1 − z swapped", "stale accumulators"

RNN = {
    "Wh for its transpose": TRANSPOSE,
    "no carry": CARRY,
    "h[t] for h[t-1]": INDEX,
    "h[t-1] in the derivative": INDEX,
    "x[t-1] for x[t]": INDEX,
    "wrap-around": BOUNDARY,
    "zero for h0": BOUNDARY,
    "no derivative": DERIVATIVE,
    "derivative of tanh(h)": ACTIVATED,
    "derivative of z": PREACTIVATION,
    "sigmoid's derivative": OTHER,
    "carry behind the derivative": SIDE,
    "dx before the carry": LOCAL,
    "dWh overwritten": SUM,
    "all overwritten": SUM,
    "last loss only": DIRECT,
    "no loss at the last step": BOUNDARY,
    "first step skipped": BOUNDARY,
    "last step skipped": BOUNDARY,
    "minus in the carry": SIGN,
    "minus everywhere": SIGN,
    "twice dWh": NUMBER,
    "mean over the steps in db": NUMBER,
    "dh0 one step short": INITIAL,
    "dWh outer product turned": TRANSPOSE,
}


def rnn(*made):
    """The vanilla cell, (T, B, n), weights (in, out)."""
    kept = {}

    def backward(x, h0, Wx, Wh, b, dh):
        T, zs, hs = len(x), [], [h0]
        for step in x:
            zs.append(step @ Wx + hs[-1] @ Wh + b)
            hs.append(np.tanh(zs[-1]))
        dx, dWx, dWh, db, carry = (np.zeros_like(one) for one in (x, Wx, Wh, b, h0))
        if "stale" in made:
            dWx, dWh, db = (kept.setdefault(name, one) for name, one in (("x", dWx), ("h", dWh), ("b", db)))
        for t in reversed(range(1 if "first step skipped" in made else 0, T - ("last step skipped" in made))):
            left_out = ("last loss only" in made and t < T - 1) or ("no loss at the last step" in made and t == T - 1)
            given, slope = 0 * dh[t] if left_out else dh[t], rnn_slope(made, hs[t + 1], zs[t], hs[t])
            dz = slope * given + carry if "carry behind the derivative" in made else slope * (given + carry)
            dx[t] = (slope * given if "dx before the carry" in made else dz) @ Wx.T
            before = hs[t + 1] if "h[t] for h[t-1]" in made else hs[t]
            if t == 0 and {"wrap-around", "zero for h0"} & {*made}:
                before = hs[T] if "wrap-around" in made else 0 * h0
            parts = (x[t - 1] if "x[t-1] for x[t]" in made else x[t]).T @ dz, before.T @ dz, dz.sum(0)
            for name, total, part in zip(("dWx", "dWh", "db"), (dWx, dWh, db), parts, strict=True):
                part = part.T if name == "dWh" and "dWh outer product turned" in made else part
                overwritten = "all overwritten" in made or f"{name} overwritten" in made
                total[:] = part if overwritten else total + part
            previous, carry = carry, dz @ (Wh if "Wh for its transpose" in made else Wh.T)
            carry = 0 * carry if "no carry" in made and t > 0 else -carry if "minus in the carry" in made else carry
        if "minus everywhere" in made:
            dx, carry, dWx, dWh, db = -dx, -carry, -dWx, -dWh, -db
        dWh = 2 * dWh if "twice dWh" in made else dWh
        db = db / T if "mean over the steps in db" in made else db
        dh0 = dh[0] + previous if "dh0 one step short" in made else carry
        return dx, dh0, dWx.copy(), dWh.copy(), db.copy()

    return backward


def rnn_slope(made, h, z, before):
    slopes = {
        "no derivative": 1,
        "derivative of tanh(h)": 1 - np.tanh(h) ** 2,
        "derivative of z": 1 - z**2,
        "sigmoid's derivative": h * (1 - h),
        "h[t-1] in the derivative": 1 - before**2,
    }
    return next((slope for name, slope in slopes.items() if name in made), 1 - h**2)


LSTM = {
    "no carry of c": CARRY,
    "no carry of h through f": PATH,
    "no carry of h": CARRY,
    "f[t] in the carry of c": INDEX,
    "c[t] for c[t-1]": INDEX,
    "i for g": GATE,
    "dWf from i": GATE,
    "no derivative in f": DERIVATIVE,
    "tanh's derivative in o": OTHER,
    "c for tanh(c) in o": ACTIVATION,
    "c in the derivative": PREACTIVATION,
    "derivative of tanh(tanh(c))": ACTIVATED,
    "no o in dc": FACTOR,
    "i's derivative applied twice": ACTIVATED,
    "Whf for its transpose": TRANSPOSE,
}


def lstm(*made):
    """The LSTM with one matrix a gate, (T, B, n), weights (out, in)."""

    def backward(x, h0, c0, Wxi, Wxf, Wxg, Wxo, Whi, Whf, Whg, Who, bi, bf, bg, bo, dh):
        several = ((Wxi, Wxf, Wxg, Wxo), (Whi, Whf, Whg, Who), (bi, bf, bg, bo))
        Wx, Wh, b = (dict(zip("ifgo", one, strict=True)) for one in several)
        hs, cs, steps = [h0], [c0], []
        for xt in x:
            a = {k: (np.tanh if k == "g" else sigmoid)(xt @ Wx[k].T + hs[-1] @ Wh[k].T + b[k]) for k in "ifgo"}
            steps.append(a)
            cs.append(a["f"] * cs[-1] + a["i"] * a["g"])
            hs.append(a["o"] * np.tanh(cs[-1]))
        dx, ch, cc = np.zeros_like(x), np.zeros_like(h0), np.zeros_like(c0)
        dWx, dWh, db = ({k: np.zeros_like(w) for k, w in one.items()} for one in (Wx, Wh, b))
        for t in reversed(range(len(x))):
            a = steps[t]
            d, dc = lstm_gates(made, a, cs[t + 1], cs[t], dh[t] + ch, cc)
            for k in "ifgo":
                dWx[k] += d["i" if k == "f" and "dWf from i" in made else k].T @ x[t]
                dWh[k] += d[k].T @ hs[t]
                db[k] += d[k].sum(0)
                dx[t] += d[k] @ Wx[k]
            turned = "Whf for its transpose" in made
            paths = {k: d[k] @ (Wh[k].T if k == "f" and turned else Wh[k]) for k in "ifgo"}
            ch = sum(one for k, one in paths.items() if not (k == "f" and "no carry of h through f" in made))
            cc = dc * (steps[t - 1]["f"] if "f[t] in the carry of c" in made else a["f"])
            cc = 0 * cc if t > 0 and "no carry of c" in made else cc
            ch = 0 * ch if t > 0 and "no carry of h" in made else ch
        named = {f"d{name}{k}": v for name, one in (("Wx", dWx), ("Wh", dWh), ("b", db)) for k, v in one.items()}
        return dict(dx=dx, dh0=ch, dc0=cc, **named)

    return backward


def lstm_gates(made, a, c, before, total, carry):
    slope = 1 - np.tanh(c) ** 2
    slope = 1 - c**2 if "c in the derivative" in made else slope
    slope = 1 - np.tanh(np.tanh(c)) ** 2 if "derivative of tanh(tanh(c))" in made else slope
    dc = total * (1 if "no o in dc" in made else a["o"]) * slope + carry
    d = {
        "i": dc * (a["i"] if "i for g" in made else a["g"]) * a["i"] * (1 - a["i"]),
        "f": dc * (c if "c[t] for c[t-1]" in made else before) * a["f"] * (1 - a["f"]),
        "g": dc * a["i"] * (1 - a["g"] ** 2),
        "o": total * (c if "c for tanh(c) in o" in made else np.tanh(c)) * a["o"] * (1 - a["o"]),
    }
    if "no derivative in f" in made:
        d["f"] = dc * (c if "c[t] for c[t-1]" in made else before)
    if "tanh's derivative in o" in made:
        d["o"] = total * np.tanh(c) * (1 - a["o"] ** 2)
    if "i's derivative applied twice" in made:
        d["i"] = dc * a["g"] * sigmoid(a["i"]) * (1 - sigmoid(a["i"]))
    return d, dc


LSTM_RESULTS = ("dx", "dh0", "dc0", *(f"d{name}{gate}" for name in ("Wx", "Wh", "b") for gate in "ifgo"))

HEAD = {
    "no minus y": (TERM, SIGN),
    "y minus p": (SIGN,),
    "no direct term": (DIRECT,),
    "head reads h[t-1]": (INDEX,),
    "dWhy overwritten": (SUM,),
    "mean over the batch in dWhy": (NUMBER,),
}


def with_head(*made):
    """The vanilla cell with softmax and cross-entropy, (T, B, n), weights (in, out)."""

    def backward(x, y, h0, Wxh, Whh, Why, bh, by):
        T, hs, ps = len(x), [h0], []
        for t in range(T):
            hs.append(np.tanh(x[t] @ Wxh + hs[-1] @ Whh + bh))
            e = np.exp(hs[-1] @ Why + by)
            ps.append(e / e.sum(1, keepdims=True))
        dx, dWxh, dWhh, dWhy, dbh, dby, carry = (np.zeros_like(one) for one in (x, Wxh, Whh, Why, bh, by, h0))
        for t in reversed(range(T)):
            dy = ps[t] - y[t]
            dy = ps[t] if "no minus y" in made else -dy if "y minus p" in made else dy
            part = hs[t if "head reads h[t-1]" in made else t + 1].T @ dy
            dWhy = part if "dWhy overwritten" in made else dWhy + part
            dby += dy.sum(0)
            direct = 0 if "no direct term" in made and t < T - 1 else dy @ Why.T
            dz = (direct + carry) * (1 - hs[t + 1] ** 2)
            dx[t], carry = dz @ Wxh.T, dz @ Whh.T
            dWxh += x[t].T @ dz
            dWhh += hs[t].T @ dz
            dbh += dz.sum(0)
        if "mean over the batch in dWhy" in made:
            dWhy = dWhy / x.shape[1]
        dh0 = carry
        return dx, dh0, dWxh, dWhh, dWhy, dbh, dby

    return backward
