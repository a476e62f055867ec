"""What is true of the networks without gates in mistakes.tex."""

from __future__ import annotations

from functools import partial

from statement import DEFINITION, ONLY_IF, RIGHT, UNDER, WRONG, Statement

of = partial(Statement, "mistakes.tex")
MEMORY = "from memory"


def e(*entries):
    return tuple((f"mistakes: {name}", value) for name, value in entries)


def simple(numbers, citation, truth=RIGHT):
    """Statements that are one link long and true without a condition."""
    return tuple(
        of(number, 1, says, truth, citation=citation, evidence=() if truth == DEFINITION else e((str(number), None)))
        for number, says in numbers
    )


PASCANU = "Pascanu, Mikolov, Bengio 2013, arXiv:1211.5063, equations (2) to (7)"
pascanu = partial(of, citation=PASCANU)
CASE_PASCANU = (
    pascanu(1, 1, "x_t = W_rec sigma(x_{t-1}) + W_in u_t + b", DEFINITION),
    pascanu(2, 1, "the gradient is the sum over t", RIGHT, evidence=e(("2", None))),
    pascanu(3, 1, "the sum over k <= t with immediate derivatives", RIGHT, evidence=e(("3", None))),
    pascanu(4, 1, "dx_t/dx_k is the product of Jacobians, t >= i > k", RIGHT, evidence=e(("4 first link", None))),
    pascanu(
        4,
        2,
        "dx_i/dx_{i-1} = W_rec^T diag(sigma'(x_{i-1}))",
        WRONG,
        correct=r"\prod_{t \geq i > k} W_{rec} \text{diag}(\sigma'(x_{i-1}))",
        mistake="layout mixed inside one formula",
        readings=(
            ("numerator layout", WRONG),
            ("denominator layout: diag(sigma') W_rec^T, the other order", WRONG),
            ("W_rec diagonal", RIGHT),
            ("W_rec symmetric: right in numerator layout", RIGHT),
        ),
        evidence=e(
            ("4 second link", 1.81204393223),
            ("4 second link transposed", 0.400269471959),
            ("4 second link, one factor", 1.47266491936),
            ("4 second link, one factor transposed", 0.273041714853),
        ),
        note="two different repairs are exact: (5), numerator layout, and (6), denominator layout",
    ),
    pascanu(5, 1, "the product of W_rec diag(sigma')", RIGHT, evidence=e(("5", None))),
    pascanu(6, 1, "one factor as diag(sigma') W_rec^T", UNDER + "denominator layout", evidence=e(("6", None))),
    pascanu(7, 1, "the bound of a factor", RIGHT, evidence=e(("7 norm", 1.25025912474), ("7 bound", 1.38521284833))),
    pascanu(
        8,
        1,
        "largest eigenvalue of W_rec below 1 / gamma: the Jacobian is smaller than 1",
        WRONG,
        correct="lambda_1 is the largest singular value of W_rec",
        mistake="eigenvalue taken for norm",
        readings=(("W_rec normal (symmetric, orthogonal)", RIGHT), ("lambda_1 the largest singular value", RIGHT)),
        evidence=e(
            ("8 largest eigenvalue of W = [[1/2, 3], [0, 1/2]]", 0.5),
            ("8 norm of the Jacobian at x = 0, gamma = 1", 3.08113883008),
        ),
        note="the version in the proceedings of ICML says singular value",
    ),
)

BOOK = "Goodfellow, Bengio, Courville 2016, section 10.2, from memory"
book = partial(of, citation=BOOK)
CASE_BOOK = (
    *simple(((43, "a"), (44, "h"), (45, "o"), (46, "yhat")), BOOK, DEFINITION),
    *simple(((47, "yhat - one-hot"),), BOOK),
    book(
        48,
        1,
        "the last step: V^T grad_o",
        RIGHT,
        readings=(("any earlier step", WRONG),),
        evidence=e(("48", None), ("48 before the last step", 0.678687986594)),
    ),
    *simple(((49, "the recursion with Jacobians"),), BOOK),
    book(
        50,
        1,
        "W^T grad_h diag(1 - h^2) + V^T grad_o, as first printed",
        WRONG,
        correct=r"W^\top \text{diag}\left(1 - (h^{(t+1)})^2\right) (\nabla_{h^{(t+1)}} L) + V^\top (\nabla_{o^{(t)}} L)",
        mistake="order of a matrix product",
        readings=(
            ("gradients as columns: (n, 1) (n, n) is ill-typed for n > 1", WRONG),
            ("the gradient as a vector without layout: the slopes come after W^T instead of before", WRONG),
            ("one hidden unit", RIGHT),
        ),
        evidence=e(("50 read left to right with the gradient as a row", 0.373078548882)),
    ),
    *simple(((51, "the order that type-checks"), (52, "c"), (53, "b"), (54, "V"), (55, "W"), (56, "U")), BOOK),
)

KARPATHY = "Karpathy 2015, min-char-rnn, from memory"
CASE_KARPATHY = simple(
    (
        (57, "p - one-hot"),
        (58, "dW_hy"),
        (59, "dh with the carry W_hh^T dhraw; zero after the last step"),
        (60, "dhraw"),
        (61, "dW_xh"),
        (62, "dW_hh"),
        (63, "db_h"),
    ),
    KARPATHY,
)

WILDML = "Britz 2015, WildML part 3, from memory"
IMMEDIATE = UNDER + "ds_k/dW is immediate; rows, Jacobians in numerator layout"
PATHS = (
    of(64, 1, "dE/dV = (yhat - y) outer s", RIGHT, citation=WILDML, evidence=e(("64", None))),
    of(
        65,
        1,
        "the sum over k of dE/ds ds/ds_k ds_k/dW",
        IMMEDIATE,
        mistake="immediate and total confused",
        readings=(("ds_k/dW total", WRONG),),
        citation=WILDML,
        evidence=e(("65 immediate", None), ("65 total", 0.579291424061)),
    ),
    of(
        66,
        1,
        "the same with the product of Jacobians j = k+1, ..., 3",
        IMMEDIATE + ", later factors of the product to the left",
        mistake="order of a matrix product",
        readings=(("factors left to right in the order of the index", WRONG),),
        citation=WILDML,
        evidence=e(("66 later factors to the left", None), ("66 from k + 1 up, left to right", 0.0134162180966)),
    ),
    of(
        67,
        1,
        "dL/dalpha = -(y - z)",
        ONLY_IF + "targets sum to one",
        citation="Chen 2016, arXiv:1610.02583, from memory",
        evidence=e(("47", None), ("88 targets that do not sum to one", 1.30475564325)),
    ),
    of(
        68,
        1,
        "dL(t+1)/dW_hh as a sum over k = 1, ..., t",
        WRONG,
        correct=r"\sum_{k=1}^{t+1}",
        mistake="direct term missing",
        readings=(("dh_k/dW_hh immediate, up to t + 1", RIGHT),),
        citation="Chen 2016, arXiv:1610.02583, from memory; that the paper's sum ends at t is uncertain",
        evidence=e(("68 up to t", 1.01318619839), ("68 up to t + 1", None)),
        note="the statement as it stands here is wrong, whatever the paper has",
    ),
    of(
        69,
        1,
        "dh_t/dh_k is the product of Jacobians",
        UNDER + "later factors to the left",
        citation="CS224n notes, " + MEMORY,
    ),
    of(
        69,
        2,
        "dh_j/dh_{j-1} = W^T diag(f'(h_{j-1}))",
        WRONG,
        correct=r"\prod_{j=k+1}^{t} W \text{diag}(f'(h_{j-1}))",
        mistake="layout mixed inside one formula",
        readings=(("numerator layout", WRONG), ("denominator layout", WRONG)),
        citation="CS224n notes, " + MEMORY,
        evidence=e(("69 second link, left to right", 1.53727843224), ("69 second link, transposed", 0.300316966271)),
    ),
    of(
        70,
        1,
        "dh_t/dh_{t-1} = tanh'(W_hh h + W_xh x) W_hh",
        UNDER + "tanh' of a vector is a diagonal matrix",
        readings=(("tanh' is a column: (n, 1) (n, n) is ill-typed", WRONG), ("one hidden unit", RIGHT)),
        citation="CS231n, " + MEMORY,
        evidence=e(
            ("70 tanh' as a diagonal matrix", None),
            ("70 tanh' as a column, broadcast over rows", 0.314477080317),
        ),
    ),
)

EARLY = "Dive into Deep Learning, early version of the chapter, repository d2l-en at 05a66050"
LATER = "Dive into Deep Learning, later version of the chapter, from memory; (75) to (80) are in the early one too"
DIVE = (
    of(
        71,
        1,
        "d_w L = sum d_o l d_w g d_w h_t",
        WRONG,
        correct=r"\partial_{o_t} l \left( \partial_w g(h_t, w) + \partial_h g(h_t, w) \, \partial_w h_t \right)",
        mistake="derivative by the wrong variable",
        readings=(("d_h g in place of d_w g: right if g does not depend on w", ONLY_IF + "g does not depend on w"),),
        citation=EARLY,
        evidence=e(("71 as printed", 1.3467105437), ("71 with both parts", None)),
    ),
    of(72, 1, "the recursion of d_w h_t", UNDER + "d_w f is immediate", citation=EARLY, evidence=e(("72", None))),
    of(
        73,
        1,
        "its solution with a product j = t, ..., i",
        WRONG,
        correct=r"\sum_{i=t}^{1} \left[ \prod_{j=t}^{i+1} \partial_h f(x_j, h_{j-1}, w) \right] \partial_w f(x_i, h_{i-1}, w)",
        mistake="time index off by one",
        readings=(("the initial state does not depend on w, product down to i + 1", RIGHT),),
        citation=EARLY,
        evidence=e(("73 product from t to i", 0.0072407363534), ("73 product from t to i + 1", None)),
    ),
    of(
        74,
        1,
        "the solution, product j = i+1, ..., t",
        ONLY_IF + "h_0 does not depend on w_h",
        citation=LATER,
        readings=(("vectors: later factors to the left", UNDER + "later factors to the left"),),
        evidence=e(("74", None)),
    ),
    *simple(
        (
            (75, "the mean over steps: 1 / T"),
            (76, "the recursion, t < T"),
            (77, "the closed form of the linear network"),
            (78, "dL/dW_hx"),
            (79, "dL/dW_hh"),
            (80, "dL/dW_qh"),
        ),
        LATER,
    ),
)

OTHERS = (
    of(81, 1, "ordered derivatives", RIGHT, citation="Werbos 1990, " + MEMORY, evidence=e(("81", None))),
    of(
        82,
        1,
        "delta_i(n) = [carry + output] f'(u_i)",
        UNDER + "delta is minus the derivative of the error by the potential, y is linear, no output feedback",
        mistake="sign",
        readings=(("delta the derivative itself", WRONG),),
        citation="Jaeger 2002, " + MEMORY,
        evidence=e(("82 delta as minus the gradient", None)),
    ),
    of(
        88,
        1,
        "softmax with cross-entropy: yhat - y",
        ONLY_IF + "targets sum to one",
        correct=r"(\mathbf{1}^\top y) \hat{y} - y",
        mistake="softmax with cross-entropy for targets that do not sum to one",
        evidence=e(("88 targets that do not sum to one", 1.30475564325), ("88 with the sum of the targets", None)),
    ),
    of(
        90,
        1,
        "dh/dz = diag(1 - tanh^2(h)) for h = tanh(z)",
        WRONG,
        correct=r"\text{diag}(1 - h_t \odot h_t)",
        mistake="derivative applied to an already activated value",
        evidence=e(("90", 0.270357075448), ("90 in h itself", None)),
    ),
    of(91, 1, "ds/dz = diag(s (1 - s))", RIGHT, evidence=e(("91", None))),
    of(
        92,
        1,
        "dh_t/dh_{t-1} = W^T diag(1 - h_t^2)",
        UNDER + "denominator layout",
        readings=(("numerator layout: diag(1 - h_t^2) W", WRONG),),
        evidence=e(("92 denominator layout", None), ("92 numerator layout", 1.15818783905)),
    ),
    of(
        94,
        1,
        "dL/dW with h_t^T",
        WRONG,
        correct=r"\sum_t \left( \frac{\partial L}{\partial h_t} \odot (1 - h_t^2) \right) h_{t-1}^\top",
        mistake="time index off by one",
        evidence=e(("94 h_t", 0.960987825362)),
        note="without parentheses the outer product also needs precedence over the elementwise one; both shapes fit"
        " only if it is not taken first",
    ),
    of(95, 1, "dL/dW with h_{t-1}^T", RIGHT, evidence=e(("95", None))),
)

STATEMENTS = (*CASE_PASCANU, *CASE_BOOK, *CASE_KARPATHY, *PATHS, *DIVE, *OTHERS)
