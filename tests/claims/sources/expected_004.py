"""What is true of the equations and printed outputs of source 004."""

from __future__ import annotations

from functools import partial

from statement import DEFINITION, ONLY_IF, RIGHT, UNDER, WRONG, Statement

of = partial(Statement, "004.tex")
printed = partial(Statement, "004_numbers.txt")


def e(*entries):
    return tuple((f"004: {name}", value) for name, value in entries)


RECURRENT = (
    of(1, 1, "h_t = tanh(W_ih x_t + W_hh h_{t-1} + b)", DEFINITION),
    of(
        2,
        1,
        "dL/dh_t = dL/dh_T prod_{k=t+1}^{T} dh_k/dh_{k-1}",
        ONLY_IF + "the loss depends on h_T alone, and with later factors of the product to the left (rows)",
        correct=r"\frac{\partial \mathcal{L}}{\partial h_t} = \sum_{s=t}^{T} \frac{\partial \mathcal{L}_s}{\partial h_s}"
        r" \frac{\partial h_s}{\partial h_{s-1}} \cdots \frac{\partial h_{t+1}}{\partial h_t}",
        mistake="order of a matrix product",
        readings=(
            ("loss of h_T alone, factors left to right in the order of the index", WRONG),
            ("loss of h_T alone, larger index to the left", RIGHT),
            ("loss of h_T alone, T - t <= 1, or one hidden unit", RIGHT),
            (
                "denominator layout: the rising product is right with the loss factor at its right end, not its left",
                WRONG,
            ),
            ("a loss at every step: the other steps are missing", WRONG),
        ),
        evidence=e(
            ("2 last state, written from t + 1 up to T", 2.30663693205),
            ("2 last state, written from T down to t + 1", None),
            ("2 last state, denominator layout, rising, the loss factor at the right end", None),
            ("2 last state, t = T - 1", None),
            ("2 loss of every state, written from T down to t + 1", 0.999152481628),
        ),
        note="dL/dh_T is the same number in both readings of the loss; what is missing is dL_s/dh_s for t <= s < T",
    ),
)

GATED = (
    *(
        of(number, 1, says, DEFINITION)
        for number, says in (
            (3, "t_hr"),
            (4, "t_xr"),
            (5, "reset gate"),
            (6, "t_hz"),
            (7, "t_xz"),
            (8, "update gate"),
            (9, "t_hn"),
            (10, "t_xn"),
            (11, "candidate, reset after the product"),
        )
    ),
    of(
        12,
        1,
        "h_t = (1 - z) h + z candidate",
        DEFINITION,
        readings=(
            ("Chung et al. 2014: the same", RIGHT),
            ("the library's GRU, which the text uses next: z and 1 - z swapped", UNDER + "z is 1 - z"),
        ),
        evidence=e(
            ("12 against GRUCell", 1.21907095436),
            ("12 with z and 1 - z swapped, against GRUCell", None),
        ),
        note="the previous state is written h here, h_{t-1} in the other cells",
    ),
    *(
        of(number, 1, says, DEFINITION, evidence=e(("18 against LSTMCell", None)) if number == 18 else ())
        for number, says in (
            (13, "forget gate"),
            (14, "input gate"),
            (15, "output gate"),
            (16, "cell candidate"),
            (17, "cell state"),
            (18, "hidden state"),
        )
    ),
    of(
        19,
        1,
        "the output is (h_0, ..., h_T)",
        UNDER + "the T + 1 inputs are x_0, ..., x_T and h_t is the state after x_t",
        correct=r"\text{output} = (h_1, \ldots, h_T)",
        mistake="time index off by one",
        readings=(("h_0 is the initial state and there are T inputs, as in (1)", WRONG),),
        evidence=e(
            ("19 states returned for T = 5 inputs", 5.0),
            ("19 distance of the first from the initial state", 1.7552949536),
        ),
    ),
    of(20, 1, "the final state is h_T", RIGHT, evidence=e(("20", None))),
)

NUMBERS = (
    printed(
        1,
        1,
        "the five states of the scalar recurrent network, seed 0",
        UNDER + "float32 arithmetic; in float64 the first seven digits agree",
        evidence=e(("numbers rnn in float32", None), ("numbers rnn in float64", 2.12339197336e-08)),
    ),
    printed(
        2,
        1,
        "the five states of the scalar GRU, seed 42",
        UNDER + "float32 arithmetic; in float64 the first seven digits agree",
        evidence=e(
            ("numbers gru in float32", None),
            ("numbers gru in float64", 9.12225373018e-09),
            ("numbers gru with z and 1 - z swapped", 0.0161636220309),
        ),
    ),
    printed(
        3,
        1,
        "RNNCell: five steps from zero, as a batch",
        RIGHT,
        evidence=e(
            ("rnn batch of 5 steps: largest difference", 4.78625297546e-05),
            ("rnn batch: atanh of rows 1 to 4 rises by the same, spread", 0.000411200253164),
        ),
        note="no seed is printed; without one: atanh of the rows is affine in x = 1, ..., 5, as a batch from zero must be",
    ),
    printed(
        4,
        1,
        "RNNCell: the same rows as the states of a sequence",
        WRONG,
        correct="the rows are h_1 of five sequences of length one",
        mistake="batch taken for time",
        readings=(("row 1", RIGHT),),
        evidence=e(
            ("rnn sequence of 5 steps: row 1", 4.57037240267e-05),
            ("rnn sequence of 5 steps: rows 2 to 5", 0.152747839689),
        ),
    ),
    printed(
        5,
        1,
        "GRUCell: five steps from zero, as a batch",
        RIGHT,
        evidence=e(("gru batch of 5 steps: largest difference", 4.73260879517e-05)),
    ),
    printed(
        6,
        1,
        "GRUCell: the same rows as the states of a sequence",
        WRONG,
        correct="the rows are h_1 of five sequences of length one",
        mistake="batch taken for time",
        readings=(("row 1", RIGHT),),
        evidence=e(
            ("gru sequence of 5 steps: row 1", 4.62979078293e-05),
            ("gru sequence of 5 steps: rows 2 to 5", 0.388397485018),
        ),
    ),
    printed(
        7,
        1,
        "LSTMCell: a sequence of five steps from zero",
        RIGHT,
        evidence=e(
            ("lstm sequence of 5 steps: largest difference", 4.82350587845e-05),
            ("lstm batch of 5 steps: rows 2 to 5", 0.324577093124),
        ),
    ),
)

STATEMENTS = (*RECURRENT, *GATED, *NUMBERS)
