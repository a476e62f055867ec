"""What is true of the statements of sources 000 and 001."""

from __future__ import annotations

from functools import partial

from statement import DEFINITION, ONLY_IF, RIGHT, UNDECIDABLE, UNDER, WRONG, Statement

of = partial(Statement, "000.md")
rows = partial(Statement, "001.tex")


def e(*entries):
    return tuple(entries)


CELL = (
    of(1, 1, "h' = tanh(W [x; h] + b)", DEFINITION),
    of(2, 1, "the concatenation", DEFINITION),
    of(3, 1, "the preactivation", DEFINITION),
    of(4, 1, "the next state", DEFINITION),
    of(5, 1, "the reverse pass is the adjoint of the derivative", RIGHT, evidence=e(("000: 5", None))),
    of(
        6,
        1,
        "written out: W^T ((1 - h' h') hbar')",
        RIGHT,
        evidence=e(("000: 6", None)),
        note="by (x, h) alone; gradients of W and b are no part of the source's theorem",
    ),
    of(7, 1, "two cells: the chain rule", RIGHT, evidence=e(("000: 7", None))),
    of(8, 1, "any number of cells: differentiable if every transition is, where it is met", RIGHT),
    of(9, 1, "BPTT is induction over (8) and adjoints of gather and scatter", UNDECIDABLE),
)

PREDICTION = (
    rows(1, 1, "f_y(h_t) is called yhat", DEFINITION),
    rows(1, 2, "yhat = W_hy h_t + b_y", DEFINITION, note="columns; the code is in rows"),
    rows(2, 1, "dtanh(x)/d = sech^2(x)", ONLY_IF + "the missing dx is put in the denominator", correct="(3)"),
    rows(2, 2, "= 1 - tanh^2(x)", RIGHT, evidence=e(("001: 3 second link", None))),
    rows(3, 1, "tanh' = sech^2", RIGHT, evidence=e(("001: 3 first link", None))),
    rows(3, 2, "= 1 - tanh^2", RIGHT, evidence=e(("001: 3 second link", None))),
    rows(4, 1, "the total loss is the sum", DEFINITION),
)

ONE_STEP = (
    rows(
        5,
        1,
        "dW_hy = g h^T",
        WRONG,
        correct=r"dW_{hy} = h^\top g",
        mistake="layout mixed inside one formula",
        readings=(
            ("rows: g is (N, O), h is (N, H), W_hy is (H, O): ill-typed unless O = H, then (N, N)", WRONG),
            ("N = H = O: it type-checks and is wrong", WRONG),
            ("columns: g is (O, N), h is (H, N), W_hy is (O, H)", RIGHT),
        ),
        evidence=e(
            ("001: 5 inner sizes with N = 5, H = 4, O = 6: columns of g", 6.0),
            ("001: 5 inner sizes with N = 5, H = 4, O = 6: rows of h^T", 4.0),
            ("001: 5 rows, N = H = O = 4", 0.8391602028107975),
            ("001: 5 as h^T g", None),
            ("001: 5 columns: g is (O, N), h is (H, N), W is (O, H)", None),
        ),
        note="all the other lines, dW_hh and dW_xh among them, are in rows, so the two conventions are mixed",
    ),
    rows(
        6,
        1,
        "db_y is the sum of g over the batch",
        RIGHT,
        readings=(("columns: the batch is the other axis", WRONG),),
        evidence=e(("001: 6", None)),
    ),
    rows(
        7,
        1,
        "dh_t = g W_hy^T",
        UNDER + "rows, W_hy is (H, O); along the prediction of step t alone",
        mistake="missing state carry",
        readings=(("total, before the last step: the carry is missing", WRONG), ("the last step", RIGHT)),
        evidence=e(("001: 7", None), ("001: 8 before the last step: dh_t without the carry", 1.0086912166602766)),
    ),
    rows(
        8,
        1,
        "dtanh = dh_t (1 - n n)",
        ONLY_IF + "dh_t is total, which the code's (7) is at the last step alone, and n is the state h_t itself",
        correct=r"dtanh = (dh_t + dp^{(t+1)}) \circ (1 - n \circ n)",
        mistake="missing state carry",
        readings=(("dh_t total", RIGHT), ("dh_t of (7), before the last step", WRONG)),
        evidence=e(("001: 8", None), ("001: 8 before the last step: dh_t without the carry", 1.0086912166602766)),
    ),
    rows(9, 1, "dW_hh = p^T dtanh", UNDER + "the copy of step t; rows", evidence=e(("001: 9", None))),
    rows(10, 1, "dp = dtanh W_hh^T", UNDER + "along step t alone; rows", evidence=e(("001: 10", None))),
    rows(11, 1, "db_h is the sum of dtanh over the batch", UNDER + "the copy of step t", evidence=e(("001: 11", None))),
    rows(
        12,
        1,
        "dW_xh = x^T dtanh",
        UNDER + "the copy of step t; rows",
        evidence=e(("001: 12", None)),
        note="in the code x is not defined: it is not among the values taken from the cache",
    ),
)

MEANING = (
    rows(
        13,
        1,
        "g is the derivative by the prediction of the next step",
        WRONG,
        correct=r"g = \frac{\partial L}{\partial \hat{y}_t}",
        mistake="time index off by one",
        evidence=e(("001: 13 g of step t + 1", 3.260925197561989)),
    ),
    rows(
        14,
        1,
        "g is the derivative by the hidden state",
        WRONG,
        correct=r"g = \frac{\partial L}{\partial \hat{y}_t}",
        mistake="derivative by the wrong variable",
        readings=(("W_hy square, nothing type-checks otherwise", WRONG),),
        evidence=e(("001: 14 g as dL/dh_t: h^T g for dW_hy, last step", 2.465314766665699)),
        note="the docstring's shape (N, H) is that of a state; (5) to (7) need (N, O)",
    ),
)

SUMS = (
    rows(15, 1, "gradients of a shared weight are summed over t", RIGHT, evidence=e(("001: 15", None))),
    rows(
        16,
        1,
        "the gradient by h_{t-1}: carried by step t, plus local at t - 1",
        RIGHT,
        evidence=e(("001: 16", None)),
        note="right as the text says it; the loop does something else, (17) and (18)",
    ),
    rows(
        17,
        1,
        "dp^(t) = carry of step t + dh_t of step t",
        WRONG,
        correct=r"dp^{(t)} = dtanh^{(t)} W_{hh}^\top + dh_t^{(t-1)}",
        mistake="time index off by one",
        readings=(("t = 1: the gradient of the initial state gets dh of step 1 added", WRONG),),
        evidence=e(
            ("001: 17 with dh of the same step", 1.9602681311690657),
            ("001: 17 with dh of the step before", None),
            ("001: 17 at the initial state, dh of step 1 added", 0.7340185057418717),
            ("001: 17 at the initial state, the carry alone", None),
        ),
    ),
    rows(
        18,
        1,
        "the carry is used as the next output gradient",
        WRONG,
        correct=r"g^{(t-1)} = \frac{\partial L_{t-1}}{\partial \hat{y}_{t-1}}",
        mistake="derivative by the wrong variable",
        evidence=e(
            ("001: 18 the carry for g of the step before", 4.3023271501820775),
            ("001: 18 the whole loop: dW_hh", 0.8500762530121657),
        ),
        note="it passes W_hy^T a second time, and the losses before the last step are never used",
    ),
    rows(
        19,
        1,
        "dh_t is summed over t",
        WRONG,
        correct="one dh_t for every step",
        mistake="sum of different things",
        evidence=e(("001: 19 against dL/dh_1", 3.5282684248165186)),
        note="the states are different variables, not a shared one",
    ),
)

STATEMENTS = (*CELL, *PREDICTION, *ONE_STEP, *MEANING, *SUMS)
