"""What is true of the formulas of source 002.

Meanings: derivatives are rows (numerator layout), as section 3.2 says. dJ/dW, dJ/db "of one step": by the copy of the
parameter that step t uses, all later steps included; this is what section 3 sums. dJ/da^(t) is total (all paths) in
section 3.1.4, along one path in (20) and (31).
"""

from __future__ import annotations

from functools import partial

from statement import DEFINITION, ONLY_IF, RIGHT, UNDER, WRONG, Statement

of = partial(Statement, "002.tex")
words = partial(Statement, "002_words.tex")
ONE_STEP = UNDER + "the parameter's copy of step t, numerator layout"
RESTRICTED = UNDER + "the differential is that of step t's copy alone, all else held"


def e(*entries):
    return tuple((f"002: {name}", value) for name, value in entries)


FORWARD = tuple(
    of(number, 1, says, DEFINITION)
    for number, says in (
        (1, "z_a = W_aa^T a_prev + W_ax^T x + b_a"),
        (2, "a = tanh(z_a)"),
        (3, "z_y = W_ya^T a + b_y"),
        (4, "yhat = softmax(z_y)"),
        (5, "J = sum over t and i of -y log yhat"),
    )
)

LAST_STEP_ALONE = (0.624533690053, 0.680280685202, 0.724985711595, 0.612266683185, 0.864984999207)
UPDATES = tuple(
    of(
        6 + place,
        1,
        f"{name} := {name} - alpha sum_t grad^(t)",
        RIGHT,
        readings=(("as a statement: minus alpha times the gradient of J, with (32) to (36)", RIGHT),),
        evidence=e((f"{6 + place} the sum is the gradient", None), (f"{6 + place} the last step alone", off)),
        note="an assignment; what can be checked is that the sum is the whole gradient",
    )
    for place, (name, off) in enumerate(
        zip(("W_aa", "W_ax", "W_ya", "b_a", "b_y"), LAST_STEP_ALONE, strict=True),
    )
)

OUTPUT = (
    of(11, 1, "dJ/dyhat is the row of its components", DEFINITION),
    of(
        11,
        2,
        "the components are y_i / yhat_i",
        WRONG,
        correct=r"\begin{bmatrix} -\frac{y_1^{(t)}}{\hat{y}_1^{(t)}} & \cdots"
        r" & -\frac{y_{n_y}^{(t)}}{\hat{y}_{n_y}^{(t)}} \end{bmatrix}",
        mistake="sign",
        evidence=e(("11 as printed", 2.0), ("11 with a minus", None)),
        note="put into (12) it turns the sign of every gradient of the document: descent becomes ascent",
    ),
    of(12, 1, "dJ/dz_y = dJ/dyhat dyhat/dz_y", RIGHT, evidence=e(("12", None))),
    of(
        12,
        2,
        "dyhat/dz_y = diag(yhat) - yhat yhat^T",
        RIGHT,
        readings=(("dJ/dyhat is what (11) prints", WRONG),),
        evidence=e(
            ("12", None),
            ("12 after 11 as printed", 2.0),
            ("12 as yhat - y, targets not summing to 1", 1.30057363773),
        ),
        note="right for all targets; it is yhat - y only if the targets sum to one",
    ),
    of(
        13,
        1,
        "dJ = tr(dJ/dz_y dz_y)",
        UNDER + "only z_y of step t moves",
        readings=(("every step moves: a sum over t is missing", WRONG),),
        evidence=e(("13 one step moves", None), ("13 every step moves", 0.45117019756)),
    ),
    of(14, 1, "dz_y = d(W_ya^T a + b_y)", RIGHT, evidence=e(("14 link 2", None))),
    of(14, 2, "product rule", RIGHT, evidence=e(("14 link 2", None)), note="d W^T is (dW)^T"),
    of(
        15,
        1,
        "dJ = tr(dJ/dz_y dW_ya^T a)",
        RESTRICTED,
        evidence=e(("15 link 1", None), ("15 against a change at every step", 0.247249605642)),
    ),
    of(15, 2, "the trace of the transpose", RIGHT, evidence=e(("15 link 2", None))),
    of(15, 3, "the cyclic trace", RIGHT, evidence=e(("15 link 3", None))),
    of(
        16,
        1,
        "dJ/dW_ya = (dJ/dz_y)^T a^T",
        ONE_STEP,
        readings=(("the whole derivative by W_ya: the sum over t is missing", WRONG), ("T_x = 1", RIGHT)),
        evidence=e(("16 of one step", None), ("16 of step T, against the sum over t", 0.724985711595)),
    ),
    of(17, 1, "dJ = tr(dJ/dz_y db_y)", RESTRICTED, evidence=e(("17", None))),
    of(
        18,
        1,
        "dJ/db_y = dJ/dz_y",
        ONE_STEP,
        readings=(("the whole derivative by b_y: the sum over t is missing", WRONG),),
        evidence=e(("18 of one step", None), ("18 of step T, against the sum over t", 0.864984999207)),
        note="a row (1, n_y); the bias is (n_y, 1), and (36) transposes it back",
    ),
    of(19, 1, "dJ = tr(dJ/dz_y W_ya^T da)", RESTRICTED, evidence=e(("19", None))),
    of(
        20,
        1,
        "dJ/da^(t) = dJ/dz_y W_ya^T",
        UNDER + "along the output of step t alone",
        correct=r"\frac{\partial J}{\partial \mathbf{z}_y^{(t)}} \mathbf{W}_{ya}^\top"
        r" + \frac{\partial J}{\partial \mathbf{z}_a^{(t+1)}} \mathbf{W}_{aa}^\top",
        mistake="missing state carry",
        readings=(("total", WRONG), ("t = T_x", RIGHT)),
        evidence=e(("20 along the output", None), ("20 total", 1.11075082191), ("20 at the last step", None)),
        note="the words of section 3.1.4 add the carry; the symbol is the same as the total one of (21)",
    ),
)

HIDDEN = (
    of(21, 1, "dJ/dz_a = dJ/da da/dz_a", RIGHT, readings=(("dJ/da by (20) alone, t < T_x", WRONG),)),
    of(
        21,
        2,
        "da/dz_a = diag(1 - tanh^2(z_a))",
        RIGHT,
        readings=(("dJ/da by (20) alone, t < T_x", WRONG), ("dJ/da total", RIGHT)),
        evidence=e(("21 diag", None), ("21 with 20 for the derivative by a", 0.865173888128)),
        note="tanh^2 is the square of tanh",
    ),
    of(21, 3, "diag to an elementwise product with a row", RIGHT, evidence=e(("21 elementwise", None))),
    of(
        22,
        1,
        "dJ = tr(dJ/dz_a dz_a)",
        UNDER + "only z_a of step t moves by itself",
        readings=(("every step moves: a sum over t is missing", WRONG),),
        evidence=e(("22 one step moves", None), ("22 every step moves", 0.0953102614919)),
    ),
    of(23, 1, "dz_a = d(W_aa^T a_prev + W_ax^T x + b_a)", RIGHT, evidence=e(("23 link 2", None))),
    of(
        23,
        2,
        "product rule",
        RIGHT,
        evidence=e(("23 link 2", None), ("23 link 2, x moves too", 0.20661292181328092)),
        note="dx is zero: the input is given; for dJ/dx the term W_ax^T dx is missing",
    ),
    *(
        statement
        for number, name, missing in ((24, "W_aa", 0.370373098054), (26, "W_ax", 0.27163831593))
        for statement in (
            of(
                number,
                1,
                f"dJ = tr(dJ/dz_a d{name}^T value)",
                RESTRICTED,
                readings=((f"{name} moves at every step", WRONG),),
                evidence=e((f"{number} link 1", None), (f"{number} against a change at every step", missing)),
                note="a_prev also depends on W; what passes through it belongs to the copies of the steps before",
            ),
            of(number, 2, "the trace of the transpose", RIGHT, evidence=e((f"{number} link 2", None))),
            of(number, 3, "the cyclic trace", RIGHT, evidence=e((f"{number} link 3", None))),
        )
    ),
    *(
        of(
            number,
            1,
            f"dJ/d{name} = {value}",
            ONE_STEP,
            readings=((f"the whole derivative by {name}: the sum over t is missing", WRONG),),
            evidence=e((f"{number} of one step", None), (f"{number} of step T, against the sum over t", missing)),
        )
        for number, name, value, missing in (
            (25, "W_aa", "(dJ/dz_a)^T a_prev^T", 0.624533690053),
            (27, "W_ax", "(dJ/dz_a)^T x^T", 0.680280685202),
            (29, "b_a", "dJ/dz_a", 0.612266683185),
        )
    ),
    of(28, 1, "dJ = tr(dJ/dz_a db_a)", RESTRICTED, evidence=e(("28", None))),
    of(
        30,
        1,
        "dJ = tr(dJ/dz_a W_aa^T da_prev)",
        RESTRICTED,
        readings=(("a_prev moves on all its paths", WRONG),),
        evidence=e(("30", None), ("30 against a change of a, all paths", 0.307762075527)),
    ),
    of(
        31,
        1,
        "dJ/da^(t-1) = dJ/dz_a W_aa^T",
        UNDER + "along step t alone",
        correct=r"\frac{\partial J}{\partial \mathbf{z}_a^{(t)}} \mathbf{W}_{aa}^\top"
        r" + \frac{\partial J}{\partial \mathbf{z}_y^{(t-1)}} \mathbf{W}_{ya}^\top",
        mistake="direct term missing",
        readings=(("total, t > 1", WRONG), ("t = 1, the initial state", RIGHT)),
        evidence=e(("31 along the next step", None), ("31 total", 0.905019624357), ("31 at the initial state", None)),
    ),
)

GRADIENTS = tuple(
    statement
    for number, name, value in (
        (32, "W_aa", "a_prev dJ/dz_a"),
        (33, "W_ax", "x dJ/dz_a"),
        (34, "W_ya", "a dJ/dz_y"),
        (35, "b_a", "(dJ/dz_a)^T"),
        (36, "b_y", "(dJ/dz_y)^T"),
    )
    for statement in (
        of(number, 1, f"grad^(t) {name} is the transpose of dJ/d{name}", ONE_STEP),
        of(number, 2, f"it is {value}", ONE_STEP, evidence=e((f"{number} of one step", None))),
    )
)

REST = (
    of(
        37,
        1,
        "two directions: z = W_yaf fa^(t) + W_yab ba^(T_x - t) + b_y",
        WRONG,
        correct=r"\mathbf{z}^{(t)} = \mathbf{W}_{yaf}^\top f\mathbf{a}^{(t)}"
        r" + \mathbf{W}_{yab}^\top b\mathbf{a}^{(T_x-t+1)} + \mathbf{b}_y",
        mistake="time index off by one",
        readings=(
            ("states of both directions counted from 1, as in the sums of section 2", WRONG),
            ("ba counted from 0, so that ba^(0) has read x^(T_x) alone, and t from 1", RIGHT),
            ("both counted from 0, t = 0 ... T_x - 1: T_x - 1 - t is right", WRONG),
            ("ba carries the index of its input: ba^(t) is right", WRONG),
            ("weights (n_a, n_y) as in section 2: a transpose is missing on both", WRONG),
        ),
        evidence=e(
            ("37 index T - t", 1.23489970942),
            ("37 index T - t + 1", None),
            ("37 size of b^(0), used at t = T", 0.0),
        ),
        note="a forward equation, so also a definition; as the network of two directions it is wrong: the backward half"
        " at step t has not read x^(t), and at t = T_x it is the initial state. With the shapes of section 2 both"
        " products are ill-typed: missing transpose",
    ),
    words(1, 1, "total dJ/da^(t): from the output and from step t + 1", RIGHT, evidence=e(("words 1", None))),
    words(2, 1, "at the last step the carry is zero", RIGHT, evidence=e(("20 at the last step", None))),
    words(
        3,
        1,
        "one step is a dense layer with tanh",
        ONLY_IF + "the initial state is zero",
        evidence=e(("words 3 with a0 = 0", None), ("words 3 with a0 not 0", 0.490674654894)),
    ),
)

STATEMENTS = (*FORWARD, *UPDATES, *OUTPUT, *HIDDEN, *GRADIENTS, *REST)
