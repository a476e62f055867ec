"""What is true of the formulas of source 003, sections 2 to 6 and the summary.

Meanings: vectors are columns; dh_{t+1}/dh_t is a Jacobian in numerator layout; dL/dy, dL/dh as in step 1 are columns,
as in (12), (37), (47), (52) rows. dL_t/dh_t is through y_t alone; dL_t/dW_hh is total, dL/dh_t = delta_t is total.
"""

from __future__ import annotations

from functools import partial

from statement import DEFINITION, ONLY_IF, RIGHT, UNDECIDABLE, UNDER, WRONG, Statement

of = partial(Statement, "003.txt")
PRODUCT_TO_THE_LEFT = UNDER + "each further factor of the product is written to the left of those before"


def e(*entries):
    return tuple((f"003: {name}", value) for name, value in entries)


RECURSION = (
    of(1, 1, "h_t = tanh(W_hh h_{t-1} + W_xh x_t + b_h)", DEFINITION),
    of(2, 1, "y_t = W_hy h_t + b_y", DEFINITION),
    of(3, 1, "L is the sum of L_t", DEFINITION),
    of(4, 1, "delta_t = dL/dh_t", DEFINITION),
    of(
        5,
        1,
        "delta_t = dL_t/dh_t + (dh_{t+1}/dh_t)^T delta_{t+1}",
        RIGHT,
        readings=(("t = T, with delta_{T+1} = 0", RIGHT), ("denominator layout: the transpose is one too many", WRONG)),
        evidence=e(("5 before the last step", None), ("5 with the total dL/dh_t for dL_t/dh_t", 0.540118133913)),
    ),
    of(6, 1, "dL_t/dh_t = W_hy^T dL_t/dy_t", RIGHT, evidence=e(("6", None))),
    of(7, 1, "dh_{t+1}/dh_t = diag(tanh'(z_{t+1})) W_hh", RIGHT, evidence=e(("7", None))),
    of(8, 1, "z_{t+1} = W_hh h_t + W_xh x_{t+1} + b_h", DEFINITION),
    of(9, 1, "(5) with (6) and (7) put in", RIGHT, evidence=e(("9", None)), note="t = T: delta_{T+1} = 0"),
    of(
        10,
        1,
        "delta_1 = sum_k (prod_{j=k}^{2} W_hh^T diag(tanh'(z_j))) W_hy^T dL_k/dy_k",
        PRODUCT_TO_THE_LEFT,
        correct="δ₁ = Σ_{k=1}^T (∏_{j=2}^{k} W_hhᵀ · diag(tanh'(z_j))) · W_hyᵀ · ∂L_k/∂y_k",
        mistake="order of a matrix product",
        readings=(
            ("factors left to right in the order of the index, from k down to 2", WRONG),
            ("larger index to the left", WRONG),
            ("T = 1, T = 2", RIGHT),
            ("d_h = 1", RIGHT),
            ("a product whose upper end is below its lower end is 1, so k >= 3 lose all factors", WRONG),
        ),
        evidence=e(("10 written from k down to 2", 0.274916723628), ("10 written from 2 up to k", None)),
        note="as it reads, the factors stand in the wrong order; the same convention makes (13) right",
    ),
    of(11, 1, "dL/dW_hh is the sum of dL_t/dW_hh", RIGHT, evidence=e(("11", None))),
    of(
        12,
        1,
        "dL_t/dW_hh = sum_{k<=t} (dL_t/dh_t dh_t/dh_k) dh_k/dW_hh",
        UNDER + "dh_k/dW_hh is the immediate derivative, by the copy of step k alone; dL_t/dh_t is a row",
        mistake="immediate and total confused",
        readings=(("dh_k/dW_hh total", WRONG), ("total, the term k = t alone", RIGHT), ("total, t = 1", RIGHT)),
        evidence=e(
            ("12 immediate", None),
            ("12 total", 1.48060905147),
            ("12 total at t = 1", None),
            ("12 total, k = t alone", None),
        ),
        note="dL_t/dh_t is a column in (6) and a row here",
    ),
)

NORMS = (
    of(
        13,
        1,
        "dh_t/dh_1 = prod_{i=2}^{t} diag(tanh'(z_i)) W_hh",
        PRODUCT_TO_THE_LEFT,
        correct="∂h_t/∂h₁ = diag(tanh'(z_t)) · W_hh · ... · diag(tanh'(z_2)) · W_hh",
        mistake="order of a matrix product",
        readings=(
            ("factors left to right in the order of the index, from 2 up to t", WRONG),
            ("larger index to the left", RIGHT),
            ("t <= 2, or d_h = 1", RIGHT),
            ("the product covers diag alone", WRONG),
        ),
        evidence=e(("13 written from 2 up to t", 3.00859132367), ("13 written from t down to 2", None)),
    ),
    of(
        14,
        1,
        "the norm is at most the product of the norms",
        RIGHT,
        readings=(("the product covers the norm of diag alone", WRONG),),
        evidence=e(
            ("14 norm", 0.373494181997),
            ("14 first bound", 12.8804249385),
            ("14 with the product over diag alone, W = 2 I, z = 0, t = 3: norm", 4.0),
            ("14 with the product over diag alone, W = 2 I, z = 0, t = 3: bound", 2.0),
        ),
        note="both factors belong under the product sign, as (13) and the next link need",
    ),
    of(
        14,
        2,
        "at most (norm of W_hh times max tanh')^(t-1)",
        RIGHT,
        evidence=e(("14 second bound", 14.1678008708)),
    ),
    of(14, 3, "at most (norm of W_hh)^(t-1)", RIGHT, evidence=e(("14 third bound", 15.7630044629))),
    of(
        15,
        1,
        "norm of W_hh < 1: the gradient vanishes",
        RIGHT,
        evidence=e(
            ("15 norm of W", 0.9), ("15 norm of dh_50/dh_1", 6.789214650279958e-05), ("15 bound", 0.005726416897022355)
        ),
        note="sufficient, by (14); exponentially in t",
    ),
    of(
        16,
        1,
        "norm of W_hh > 1: the gradient explodes",
        WRONG,
        correct="||∂h_t/∂h₁|| → ∞ ⇒ ||W_hh|| > 1",
        mistake="necessary taken for sufficient",
        evidence=e(
            ("16 norm of W", 1.2),
            ("16 norm of dh_10/dh_1", 0.368330395846),
            ("16 norm of dh_50/dh_1", 0.0619081618822),
            ("16 nilpotent W of norm 2, z = 0: norm of W^2", 0.0),
            ("16 scalar W = 1.2, tanh' = 0.8: (1.2 * 0.8)^49", 0.135297701585),
        ),
        note="W_hh = 1.2 times an orthogonal matrix with constant inputs: the gradient vanishes all the same",
    ),
    of(
        17,
        1,
        "0.99^100 = 0.37 about",
        RIGHT,
        evidence=e(("17", 0.366032341273)),
        note="between h_1 and h_100 there are 99 factors; 100 lead to h_0",
    ),
    of(18, 1, "0.95^100 = 0.006 about", RIGHT, evidence=e(("18", 0.00592052922033))),
    of(
        19,
        1,
        "truncation: dh_t/dh_j is set to zero for t - j > k",
        DEFINITION,
        readings=(
            ("k jumps: the k + 1 uses t - k, ..., t of W_hh are reached", DEFINITION),
            ("k uses: t - k + 1, ..., t", DEFINITION),
        ),
        evidence=e(
            ("19 t - j <= k: k + 1 uses, against all", 0.160068240183),
            ("19 t - j < k: k uses, against all", 0.522456060193),
            ("19 k = T - 1: all uses", None),
        ),
        note="the text does not say which; the two differ by one term",
    ),
)

PRACTICE = (
    of(50, 1, "shapes of W_hh, W_xh, b_h for d_h = 3, d_in = 2", RIGHT),
    of(
        51,
        1,
        "norm of dh_50/dh_1 = 1.2^49 about",
        ONLY_IF + "every tanh' is 1 and W_hh / 1.2 is orthogonal",
        correct="||∂h_50/∂h₁|| ≤ 1.2^49",
        mistake="bound taken for the value",
        evidence=e(("16 norm of W", 1.2), ("16 norm of dh_50/dh_1", 0.0619081618822)),
    ),
    of(
        51,
        2,
        "1.2^49 = 7.5e3 about",
        WRONG,
        correct="1.2^49 ≈ 7.6×10³",
        mistake="digits",
        readings=(("up to 2 percent", RIGHT)),
        evidence=e(("51 1.2^49", 7583.69845834)),
        note="7.5 is the number cut, not rounded, to two digits; it is off by 1.1 percent",
    ),
    of(
        52,
        1,
        "dL/dW_hh for T = 3 as four terms and dots",
        ONLY_IF + "the dots stand for the two terms of L_3 that are missing: its paths to the uses 2 and 3",
        correct="... + (∂L₃/∂h₃)(∂h₃/∂h₂)(∂h₂/∂W_hh at t=2) + (∂L₃/∂h₃)(∂h₃/∂W_hh at t=3)",
        mistake="direct term missing",
        readings=(
            ("the four terms alone", WRONG),
            ("dh_1/dW_hh: total and immediate are the same", RIGHT),
            ("dh_2/dW_hh at t=2 read as total", WRONG),
        ),
        evidence=e(("52 the four printed terms", 0.319256898618), ("52 with the two others", None)),
    ),
    of(
        53,
        1,
        "truncation at 10: dependencies of at most 10 steps",
        UNDECIDABLE,
        readings=(
            ("the gradient of L_t reaches h_{t-10}, and 11 uses of W_hh", UNDER + "k counts jumps"),
            ("the gradient of L_t reaches 10 uses of W_hh, so h_{t-9}", UNDER + "k counts uses"),
            ("what the trained network can do: the forward pass is not truncated", UNDECIDABLE),
        ),
    ),
    of(54, 1, "k = T: no truncation", RIGHT, readings=(("k counts jumps: T - 1 is enough already", RIGHT),)),
    of(55, 1, "the recursion again", DEFINITION),
    of(
        56,
        1,
        "norm of W_hh > 1: the product explodes",
        WRONG,
        correct="necessary, not sufficient; see (16)",
        mistake="necessary taken for sufficient",
        evidence=e(("16 norm of W", 1.2), ("16 norm of dh_50/dh_1", 0.0619081618822)),
    ),
)

RULES = (*RECURSION, *NORMS, *PRACTICE)
