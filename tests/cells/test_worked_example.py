"""The worked examples of the source of `rnn` (subject 17-02, "Recurrent Neural Networks"), computed with the built-in cell.

What the source prints, against the values, and how many of the printed digits are right:

    quantity            source             value                          right
    h_1                 0.1974, 0.2913     0.19737532, 0.29131261         all
    y_1                 0.4887             0.48868793                     all
    z_2                 0.5278, 0.7654     0.52781892, 0.76539384         all
    h_2                 0.4832, 0.6437     0.48371210, 0.64424306         0.483 and 0.64
    y_2                 1.1269             1.12795516                     1.12
    tanh'(z_1), first   0.9610             0.96104298                     all
    tanh'(z_2)          0.7665, 0.5856     0.76602261, 0.58495088         0.766 and 0.58
    ∂h_2/∂h_1           0.3833, 0.0767     0.38301130, 0.07660226         0.383 and 0.076
                        0.0586, 0.2928     0.05849509, 0.29247544         0.058 and 0.292
    path through h_1    0.4247             0.42430662                     0.424

The first mistake is in h_2: both entries are 0.0005 too small, and everything after them inherits it.

The source calls 0.4247 the first of two paths and does not compute the other one, through x_2 directly: 1.53204521. The whole
derivative ∂y_2/∂W_xh[0] is their sum, 1.95635183; it is checked here against the complex step.
"""

import numpy as np
import pytest
from sympy import Integer

from symrnn import cells
from symrnn.algebra.evaluate import evaluate
from symrnn.algebra.nodes import Add, Apply, Diag, Leaf, Mul, Node, Ones, Power, Scale
from symrnn.algebra.sizes import size

SIZES = {size("I"): 1, size("H"): 2, size("O"): 1}
CELL, HEAD = cells.load("rnn"), cells.load_head("linear")
W_xh, W_hh, b_h = CELL.params
W_hy, b_y = HEAD.params
(x,), (h,), (y,) = CELL.inputs, (CELL.states[0].leaf,), HEAD.outputs
FIRST = Leaf("first", size("H"), size("I"))  # ∂W_xh/∂W_xh[0]: one in the first entry
DIGITS = 5e-9  # eight decimals


def example(first_weight: complex = 0.2) -> dict[Node, np.ndarray]:
    """Run both steps of Example 1 and return everything."""
    values: dict[Node, np.ndarray] = {
        W_hh: np.array([[0.5, 0.1], [0.1, 0.5]]),
        W_xh: np.array([[first_weight], [0.3]]),
        b_h: np.zeros((2, 1)),
        W_hy: np.ones((1, 2)),
        b_y: np.zeros((1, 1)),
        h.at(0): np.zeros((2, 1)),
        x.at(1): np.array([[1.0]]),
        x.at(2): np.array([[2.0]]),
    }
    for step in (1, 2):
        for equation in (*CELL.equations, *HEAD.equations):
            now = {h.time: Integer(step)}
            values[equation.target.xreplace(now)] = evaluate(equation.expr.xreplace(now), values, SIZES)
    return values


def pre_activation(step: int) -> Node:
    return CELL.equations[0].expr.body.xreplace({h.time: Integer(step)})


def slope(step: int) -> Node:
    """Return diag(1 − h∘h) at a step, the Jacobian of tanh."""
    return Diag(Add(Ones(size("H")), Scale(-1, Power(h.at(step), 2))))


def computed(expr: Node) -> np.ndarray:
    return evaluate(expr, example(), SIZES)


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (h.at(1), [[0.19737532], [0.29131261]]),
        (y.at(1), [[0.48868793]]),
        (pre_activation(2), [[0.52781892], [0.76539384]]),
        (h.at(2), [[0.48371210], [0.64424306]]),
        (y.at(2), [[1.12795516]]),
        (slope(1), [[0.96104298, 0], [0, 0.91513696]]),
        (slope(2), [[0.76602261, 0], [0, 0.58495088]]),
        (Mul(slope(2), W_hh), [[0.38301130, 0.07660226], [0.05849509, 0.29247544]]),
        (Mul(W_hy, slope(2), W_hh), [[0.44150639, 0.36907770]]),
    ],
)
def test_values_of_the_examples(expr: Node, expected: list[list[float]]) -> None:
    assert np.allclose(computed(expr), expected, rtol=0, atol=DIGITS)


def paths() -> tuple[Node, Node]:
    """Return both paths from the first entry of W_xh to y_2 as expressions: through h_1, and directly."""
    through = Mul(W_hy, slope(2), W_hh, slope(1), FIRST, x.at(1))
    direct = Mul(W_hy, slope(2), FIRST, x.at(2))
    return through, direct


def test_the_two_paths_of_example_2() -> None:
    unit: dict[Node, np.ndarray] = {FIRST: np.array([[1.0], [0.0]])}
    through, direct = (evaluate(path, {**example(), **unit}, SIZES).item() for path in paths())
    assert through == pytest.approx(0.42430662, abs=DIGITS)
    assert direct == pytest.approx(1.53204521, abs=DIGITS)
    step = example(0.2 + 1e-30j)[y.at(2)].imag.item() / 1e-30
    assert through + direct == pytest.approx(step, rel=1e-15)
    assert through + direct == pytest.approx(1.95635183, abs=DIGITS)


@pytest.mark.parametrize(
    ("printed", "expr", "right"),
    [
        ([[0.1974], [0.2913]], h.at(1), True),
        ([[0.4887]], y.at(1), True),
        ([[0.5278], [0.7654]], pre_activation(2), True),
        ([[0.4832], [0.6437]], h.at(2), False),
        ([[1.1269]], y.at(2), False),
        ([[0.3833, 0.0767], [0.0586, 0.2928]], Mul(slope(2), W_hh), False),
    ],
)
def test_which_printed_digits_are_right(printed: list[list[float]], expr: Node, right: bool) -> None:
    off = np.abs(computed(expr) - np.array(printed))
    assert bool(np.all(off <= 0.5e-4)) is right  # half a unit of the fourth decimal
    assert np.all(off < 1.5e-3)


def test_the_long_range_product_of_example_3() -> None:
    """The source rounds 0.4⁹⁹ to 1e-39; it is 4.02e-40."""
    one = size("I")
    factor = Apply("identity", Leaf("factor", one, one))
    value = evaluate(Power(factor, 99), {Leaf("factor", one, one): np.array([[0.8 * 0.5]])}, SIZES).item()
    assert value == pytest.approx(0.4**99, rel=1e-13)
    assert 4.01e-40 < value < 4.03e-40
