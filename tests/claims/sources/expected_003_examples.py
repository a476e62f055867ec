"""What is true of the worked examples of source 003.

A printed number is right if the exact one, all inputs unrounded, rounds to it. Where the inputs are the printed,
rounded ones the arithmetic is judged by itself in `readings`.
"""

from __future__ import annotations

from functools import partial

from expected_003 import e
from statement import DEFINITION, ONLY_IF, RIGHT, UNDER, WRONG, Statement

of = partial(Statement, "003.txt")
ARITHMETIC = ("from the printed numbers before it", RIGHT)
H1 = (("27 h1[0]", 0.197375320225), ("27 h1[1]", 0.291312612452))
H2 = (("32 h2[0]", 0.483712098517), ("32 h2[1]", 0.644243062911))

GIVEN = tuple(
    of(20 + place, 1, says, DEFINITION)
    for place, says in enumerate(("W_hh", "W_xh", "b_h", "W_hy", "b_y", "h_0", "x of the example"))
)

EXAMPLE_1 = (
    of(27, 1, "h_1 = tanh(W_hh h_0 + W_xh 1 + b_h)", RIGHT),
    of(27, 2, "= tanh([0.2, 0.3])", RIGHT),
    of(27, 3, "entry by entry", RIGHT),
    of(27, 4, "= [0.1974, 0.2913]", RIGHT, evidence=e(*H1)),
    of(28, 1, "h_2 = tanh(W_hh h_1 + W_xh 2 + b_h)", RIGHT),
    of(29, 1, "W_hh h_1 from the rounded h_1", RIGHT, note="W_hh is symmetric here: W_hh^T would give the same"),
    of(
        29,
        2,
        "= [0.1278, 0.1654]",
        RIGHT,
        evidence=e(("29 W_hh h1[0]", 0.127818921358), ("29 W_hh h1[1]", 0.165393838248)),
    ),
    of(30, 1, "W_xh 2 = [0.4, 0.6]", RIGHT),
    of(
        31,
        1,
        "z = [0.5278, 0.7654]",
        RIGHT,
        evidence=e(("31 z2[0]", 0.527818921358), ("31 z2[1]", 0.765393838248)),
    ),
    of(
        32,
        1,
        "h_2 = [tanh(0.5278), tanh(0.7654)]",
        RIGHT,
        evidence=e(("32 tanh(0.5278)", 0.483697604197), ("32 tanh(0.7654)", 0.644246667219)),
    ),
    of(
        32,
        2,
        "= [0.4832, 0.6437]",
        WRONG,
        correct="h₂ = [0.4837, 0.6442]",
        mistake="digits",
        readings=(("from the printed z", WRONG),),
        evidence=e(*H2, ("32 tanh(0.5278)", 0.483697604197), ("32 tanh(0.7654)", 0.644246667219)),
        note="both entries are off in the fourth digit; (34), (43) to (46) and (48) inherit it",
    ),
    of(33, 1, "y_1 = W_hy h_1 + b_y", RIGHT),
    of(33, 2, "= 0.1974 + 0.2913", RIGHT),
    of(33, 3, "= 0.4887", RIGHT, evidence=e(("33 y1", 0.488687932676))),
    of(
        34,
        1,
        "y_2 = 0.4832 + 0.6437",
        WRONG,
        correct="y₂ = 0.4837 + 0.6442",
        mistake="digits",
        evidence=e(*H2, ("34 y2", 1.12795516143)),
    ),
    of(
        34,
        2,
        "= 1.1269",
        WRONG,
        correct="y₂ = 1.1280",
        mistake="digits",
        readings=(ARITHMETIC,),
        evidence=e(("34 y2", 1.12795516143)),
        note="the sum of the rounded right digits is 1.1279; the exact number rounds to 1.1280",
    ),
)

PATHS = (
    of(35, 1, "y_2 = W_hy h_2", ONLY_IF + "b_y = 0, as it is in the example"),
    of(36, 1, "h_2 = tanh(W_hh h_1 + W_xh x_2 + b_h)", DEFINITION),
    of(
        37,
        1,
        "path 1 = dh_1/dw dh_2/dh_1 dy_2/dh_2, w = W_xh[0,0]",
        UNDER + "denominator layout: factors are transposed, the first in time stands first",
        correct="path1 = ∂y₂/∂h₂ · ∂h₂/∂h₁ · ∂h₁/∂W_xh[0,0]",
        mistake="layout mixed inside one formula",
        readings=(("numerator layout, as everywhere else: (2,1)(2,2)(1,2) is ill-typed", WRONG),),
        evidence=e(("48 path 1", 0.424306618489)),
        note="(48) takes the factors in the other order, numerator layout",
    ),
    of(
        38,
        1,
        "path 2 depends on x_2 alone",
        WRONG,
        correct="path2 = W_hy · diag(tanh'(z₂)) · [x₂, 0]ᵀ",
        readings=(("of the inputs of its use of the weight, x_2 alone counts", RIGHT),),
        mistake="direct term missing",
        evidence=e(("48 path 2", 1.5320452115)),
        note="it is tanh'(z_2)[0] x_2 = 1.532, so it depends on z_2, that is on h_1; the example never computes it",
    ),
    of(
        39,
        1,
        "dh_1/dW_xh[0,0] = tanh'(z_11) x_1 [1,0]",
        RIGHT,
        note="total and immediate agree: h_0 does not depend on W_xh",
    ),
    of(40, 1, "tanh'(0.2) = 1 - tanh^2(0.2)", RIGHT),
    of(40, 2, "= 1 - 0.0390", RIGHT, evidence=e(("40 tanh(0.2)^2", 0.0389570170339))),
    of(40, 3, "= 0.9610", RIGHT, evidence=e(("40 tanh'(0.2)", 0.961042982966))),
    of(41, 1, "dh_1/dW_xh[0,0] = [0.9610, 0]", RIGHT),
    of(42, 1, "dh_2/dh_1 = diag(tanh'(z_2)) W_hh", RIGHT),
    of(
        43,
        1,
        "tanh'(0.5278) = 1 - 0.2335",
        WRONG,
        correct="tanh'(0.5278) = 1 − 0.2340",
        mistake="digits",
        evidence=e(("43 tanh(0.5278)^2", 0.233963372306)),
    ),
    of(
        43,
        2,
        "= 0.7665",
        WRONG,
        correct="tanh'(0.5278) = 0.7660",
        mistake="digits",
        readings=(ARITHMETIC,),
        evidence=e(("43 tanh'(0.5278)", 0.766036627694)),
    ),
    of(
        44,
        1,
        "tanh'(0.7654) = 1 - 0.4144",
        WRONG,
        correct="tanh'(0.7654) = 1 − 0.4151",
        mistake="digits",
        evidence=e(("44 tanh(0.7654)^2", 0.415053768223)),
        note="from the unrounded z_2 the square is 0.4150491241, which rounds to 0.4150",
    ),
    of(
        44,
        2,
        "= 0.5856",
        WRONG,
        correct="tanh'(0.7654) = 0.5849",
        mistake="digits",
        readings=(ARITHMETIC,),
        evidence=e(("44 tanh'(0.7654)", 0.584946231777)),
        note="from the unrounded z_2 it is 0.5849508759, which rounds to 0.5850",
    ),
)

JACOBIAN = (
    of(
        45,
        1,
        "diag = [[0.7665, 0], [0, 0.5856]]",
        WRONG,
        correct="diag(tanh'(z₂)) = [[0.7660, 0],[0, 0.5850]]",
        mistake="digits",
        readings=(ARITHMETIC,),
        evidence=e(("45 tanh'(z2)[0]", 0.766022605748), ("45 tanh'(z2)[1]", 0.584950875890)),
    ),
    of(
        46,
        1,
        "dh_2/dh_1 from the printed slopes",
        WRONG,
        correct="[[0.7660·0.5, 0.7660·0.1],[0.5850·0.1, 0.5850·0.5]]",
        mistake="digits",
        readings=(ARITHMETIC,),
        evidence=e(("46 dh2/dh1[0,0]", 0.383011302874), ("46 dh2/dh1[0,1]", 0.0766022605748)),
    ),
    of(
        46,
        2,
        "= [[0.3833, 0.0767], [0.0586, 0.2928]]",
        WRONG,
        correct="[[0.3830, 0.0766],[0.0585, 0.2925]]",
        mistake="digits",
        readings=(ARITHMETIC,),
        evidence=e(
            ("46 dh2/dh1[0,0]", 0.383011302874),
            ("46 dh2/dh1[0,1]", 0.0766022605748),
            ("46 dh2/dh1[1,0]", 0.058495087589),
            ("46 dh2/dh1[1,1]", 0.292475437945),
        ),
        note="0.38325 and 0.07665 are rounded half up",
    ),
    of(47, 1, "dy_2/dh_2 = W_hy", RIGHT),
    of(47, 2, "= [1, 1]", RIGHT),
    of(
        48,
        1,
        "path 1 = [1,1] dh_2/dh_1 [0.9610, 0] with the printed Jacobian",
        WRONG,
        correct="path1 = [1,1] · [[0.3830, 0.0766],[0.0585, 0.2925]] · [0.9610, 0]ᵀ",
        mistake="digits",
        readings=(("the formula: numerator layout, the last in time stands first", RIGHT),),
        evidence=e(("48 path 1", 0.424306618489)),
    ),
    of(
        48,
        2,
        "= [0.4419, 0.3695] [0.9610, 0]",
        WRONG,
        correct="[0.4415, 0.3691] · [0.9610, 0]ᵀ",
        mistake="digits",
        readings=(ARITHMETIC,),
        evidence=e(("48 row[0]", 0.441506390463), ("48 row[1]", 0.36907769852)),
    ),
    of(
        48,
        3,
        "= 0.4247",
        WRONG,
        correct="path1 = 0.4243, and both paths together 1.9564",
        mistake="digits",
        readings=(
            ARITHMETIC,
            ("path 1, the use of the weight at step 1 alone, up to the third digit", RIGHT),
            ("the derivative of y_2 by W_xh[0,0]: path 2 is missing", WRONG),
        ),
        evidence=e(
            ("48 [0.4419, 0.3695] . [0.9610, 0]", 0.4246659),
            ("48 path 1", 0.424306618489),
            ("48 path 2", 1.5320452115),
            ("48 both paths", 1.95635182999),
            ("48 by complex step", 1.95635182999),
        ),
        note="the problem asks for the weight's use at step 1; as the whole derivative it lacks the direct term",
    ),
)

EXAMPLE_3 = (
    of(49, 1, "dh_100/dh_1 is the product of 99 factors", RIGHT, note="scalars: the order does not matter"),
    of(49, 2, "about (0.8 * 0.5)^99", UNDER + "every tanh' is taken as 0.8"),
    of(49, 3, "= 0.4^99", RIGHT),
    of(
        49,
        4,
        "0.4^99 = 10^-39 about",
        UNDER + "the nearest whole power of ten, by the logarithm",
        correct="0.4^99 ≈ 4.0×10^(−40)",
        readings=(("to one digit", WRONG), ("within a factor of 3", RIGHT)),
        evidence=e(("49 0.4^99", 4.01734511065e-40), ("49 log10 of 0.4^99", -39.3960608585)),
    ),
)

EXAMPLES = (*GIVEN, *EXAMPLE_1, *PATHS, *JACOBIAN, *EXAMPLE_3)
