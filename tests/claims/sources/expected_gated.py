"""What is true of the cells with gates in mistakes.tex."""

from __future__ import annotations

from functools import partial

from expected_mistakes import MEMORY, e, simple
from statement import DEFINITION, ONLY_IF, RIGHT, UNDER, WRONG, Statement

of = partial(Statement, "mistakes.tex")
V3, V1 = "Cho et al. 2014, arXiv:1406.1078v3", "Cho et al. 2014, arXiv:1406.1078v1; cuDNN; PyTorch documentation"
CHUNG = "Chung et al. 2014, arXiv:1412.3555"

GRU = (
    of(9, 1, "candidate, reset before the product", DEFINITION, citation=V3),
    of(10, 1, "h = z h_prev + (1 - z) candidate", DEFINITION, citation=V3),
    of(11, 1, "candidate, reset after the product", DEFINITION, citation=V1),
    of(
        12,
        1,
        "U (r h) = r (U h)",
        WRONG,
        correct="two different cells, (9) and (11)",
        mistake="elementwise product moved through a matrix product",
        readings=(("U diagonal, or all entries of r equal", RIGHT), ("one hidden unit", RIGHT)),
        evidence=e(("12", 0.194183975516), ("12 U diagonal", None), ("12 candidates (9) and (11)", 0.066952292312)),
    ),
    of(
        13,
        1,
        "h = (1 - z) h_prev + z candidate",
        DEFINITION,
        readings=(("against (10)", UNDER + "z is 1 - z, its parameters negated"),),
        citation=CHUNG,
        evidence=e(("13 against (10)", 0.0974086576419), ("13 against (10), parameters of z negated", None)),
    ),
    of(14, 1, "1 - sigma(a) = sigma(-a)", RIGHT, evidence=e(("14", None))),
    of(
        93,
        1,
        "dh_t/dh_{t-1} = diag(z_t)",
        UNDER + "the direct path alone, gates held",
        mistake="immediate and total confused",
        readings=(("total: the paths through z, r and the candidate are missing", WRONG),),
        evidence=e(("93 total", 0.422740653381), ("93 the direct path", None)),
    ),
)

GREFF = "Greff et al. 2015, arXiv:1503.04069"
SHIFTED = ONLY_IF + "states before step 0 are zero"
greff = partial(of, citation=GREFF)
PEEPHOLE = (
    *simple(
        tuple(zip(range(15, 25), ("zbar", "z", "ibar", "i", "fbar", "f", "c", "obar", "o", "y"), strict=True)),
        GREFF,
        DEFINITION,
    ),
    *simple(
        (
            (25, "dy: Delta and four carries"),
            (26, "do"),
            (27, "dc: output, peepholes, carry"),
            (28, "df"),
            (29, "di"),
            (30, "dz"),
            (31, "dx"),
        ),
        GREFF,
    ),
    greff(32, 1, "dW", RIGHT, evidence=e(("32 initial state zero", None), ("32 initial state not zero", None))),
    greff(
        33,
        1,
        "dR: pairs of step t + 1 and y^t from t = 0",
        SHIFTED,
        readings=(("steps counted from 1, y^0 the initial state", RIGHT),),
        evidence=e(("33 initial state zero", None), ("33 initial state not zero", 1.15978247627)),
    ),
    greff(34, 1, "db", RIGHT, evidence=e(("34 initial state zero", None), ("34 initial state not zero", None))),
    *(
        greff(
            number,
            1,
            f"dp_{gate}: pairs of step t + 1 and c^t from t = 0",
            SHIFTED,
            readings=(("steps counted from 1, c^0 the initial state", RIGHT),),
            evidence=e(("35, 36 initial state zero", None), ("35, 36 initial state not zero", 0.971736423416)),
        )
        for number, gate in ((35, "i"), (36, "f"))
    ),
    greff(37, 1, "dp_o", RIGHT, evidence=e(("37 initial state zero", None), ("37 initial state not zero", None))),
)

PAPER = "Rusch et al. 2022, arXiv:2110.04744"
DOCS = "RecurrentLayers.jl, src/cells/lem_cell.jl at 05836dad, docstring"
LEM = (
    of(38, 1, "Delta t_n", DEFINITION, citation=PAPER),
    of(39, 1, "the other time step", DEFINITION, citation=PAPER),
    of(40, 1, "z_n", DEFINITION, citation=PAPER),
    of(
        41,
        1,
        "y_n with Delta t_n",
        WRONG,
        correct="(42)",
        mistake="copy-paste gate",
        readings=(("as a cell of its own", DEFINITION),),
        citation=DOCS,
        evidence=e(("41 against 42", 0.0794468618491)),
        note="a forward equation; (39) would then be used nowhere. The code of the same file uses the other time step, as the"
        " paper does, but z of the step before where paper and docstring have the new z",
    ),
    of(42, 1, "y_n with the other time step", DEFINITION, citation=PAPER),
)

GRAVES = "Graves 2012, section 4.6, " + MEMORY
INDEX = (
    *simple(((83, "output gate"), (84, "state"), (85, "cell"), (86, "forget gate"), (87, "input gate")), GRAVES),
    of(
        89,
        1,
        "dc_t/dc_{t-1} = diag(f_t)",
        UNDER + "the direct path alone, gates held",
        mistake="immediate and total confused",
        readings=(("total: the gates see h_{t-1}, a function of c_{t-1}", WRONG),),
        evidence=e(("89 total", 0.418326389492), ("89 the direct path", None)),
    ),
)

STATEMENTS = (*GRU, *PEEPHOLE, *LEM, *INDEX)
