"""Printed numbers are right when they are the value rounded to the digits that are printed, and wrong one digit beside it."""

import math

import numpy as np
import pytest

from symrnn.claims.numbers import is_numeric, literal
from symrnn.claims.records import Answer
from symrnn.claims.verifying import verify_text
from symrnn.language.formulas.plain import read_plain
from symrnn.language.formulas.write import as_plain

DOCUMENT = """
h_t = tanh(W h_{t-1} + U x_t)
W = [[0.5, 0.1], [0.2, 0.4]]
U = [[1, 0.3], [0, 1]]
h_0 = [0.1, -0.2]
x = [[1, 2], [0.5, -1], [0, 1]]
"""
W, U = np.array([[0.5, 0.1], [0.2, 0.4]]), np.array([[1, 0.3], [0, 1]])
X = np.array([[1, 2], [0.5, -1], [0, 1]])


def states():
    h, found = np.array([0.1, -0.2]), []
    for x in X:
        h = np.tanh(W @ h + U @ x)
        found.append(h)
    return found


def answered(text, document=DOCUMENT):
    return verify_text(document + text).verdicts[-1]


@pytest.mark.parametrize("digits", [1, 2, 4, 6, 8])
@pytest.mark.parametrize("step", [1, 2, 3])
def test_a_state_rounded_to_its_digits_is_right(step, digits):
    printed = ", ".join(f"{number:.{digits}f}" for number in states()[step - 1])
    assert answered(f"h_{step} = [{printed}]").answer is Answer.AGREES


@pytest.mark.parametrize("digits", [2, 4, 6])
@pytest.mark.parametrize("step", [1, 2, 3])
@pytest.mark.parametrize("off", [-2, 2])
def test_a_state_that_is_off_in_its_last_digit_is_refuted_and_corrected(step, digits, off):
    exact = states()[step - 1]
    wrong = exact + np.array([0, off]) * 10.0**-digits
    verdict = answered(f"h_{step} = [{', '.join(f'{number:.{digits}f}' for number in wrong)}]")
    assert verdict.answer is Answer.REFUTED
    assert f"{abs(exact[1]):.{digits}f}" in as_plain(verdict.repairs[0].formula)


EDGES = {  # left side, printed, whether it is right: the value lies on the edge, or just beside it
    "0.48315": {"0.4831": True, "0.4832": True, "0.4830": False, "0.4833": False, "0.483": True, "0.48": True},
    "0.48325": {"0.4832": True, "0.4833": True, "0.4831": False, "0.4834": False},
    "0.4832501": {"0.4833": True, "0.4834": False},
    "0.125": {"0.13": True, "0.12": True, "0.1": True, "0.2": False},
    "1/3": {"0.3": True, "0.33": True, "0.333333": True, "0.34": False, "0.3334": False},
    "2/3": {"0.67": True, "0.667": True, "0.66": False, "0.666": False},
    "tanh(1)": {"0.76": True, "0.7616": True, "0.761594": True, "0.7615": False, "0.77": False},
    "sigma(0)": {"0.5": True, "0.50": True, "0.4999": False},
    "exp(1)": {"2.72": True, "2.71828": True, "2.7182": False},
    "0.9^10": {"0.35": True, "0.3487": True, "0.3486": False},
    "1 - 0.5^2": {"0.75": True, "0.8": True, "0.74": False},
    "2 + 3": {"5": True, "6": False, "5.0": True},
    "2 * (3 - 5)": {"-4": True, "4": False},
}


@pytest.mark.parametrize(("left", "right", "is_right"), [(a, b, c) for a, row in EDGES.items() for b, c in row.items()])
def test_a_printed_number_stands_for_all_that_rounds_to_it(left, right, is_right):
    verdict = answered(f"{left} = {right}")
    assert verdict.answer in ((Answer.AGREES, Answer.PROVED) if is_right else (Answer.REFUTED,))


def test_operands_with_many_digits_are_themselves_rounded():
    value = 0.5 * 0.7616 + 0.1 * 0.9640
    assert answered(f"0.5 * 0.7616 + 0.1 * 0.9640 = {value:.4f}").answer is Answer.AGREES
    assert answered(f"0.5 * 0.7616 + 0.1 * 0.9640 = {value + 0.001:.4f}").answer is Answer.REFUTED


def test_a_derivative_of_given_numbers_is_calculated():
    first = states()[0]
    factors = ", ".join(f"{1 - number * number:.5f}" for number in first)
    assert answered(f"1 - h_1^2 = [{factors}]").answer is Answer.AGREES
    assert answered(f"1 - h_2^2 = [{factors}]").answer is Answer.REFUTED


def test_a_formula_of_what_is_given_is_calculated():
    inner = W @ np.array([0.1, -0.2]) + U @ X[0]
    assert answered(f"W h_0 + U x_1 = [{inner[0]:.3f}, {inner[1]:.3f}]").answer is Answer.AGREES
    assert answered(f"W h_1 + U x_1 = [{inner[0]:.3f}, {inner[1]:.3f}]").answer is Answer.REFUTED


def test_data_are_definitions():
    verdicts = verify_text(DOCUMENT + "h_1 = [0.9, 0.9]").verdicts
    assert [one.answer for one in verdicts[1:5]] == [Answer.DEFINITION] * 4


SCALAR = "h_t = w h_{t-1} + u x_t\nw = 0.9\nu = 1\nh_0 = 0\nx = [1, 2, 3]\n"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("h_3 = 5.61", Answer.AGREES),
        ("h_3 = 5.6", Answer.AGREES),
        ("h_3 = 5.7", Answer.REFUTED),
        ("h_2 = 2.9", Answer.AGREES),
    ],
)
def test_numbers_of_a_scalar_recurrence_are_calculated(text, answer):
    assert answered(text, SCALAR).answer is answer


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("0.5", 0.5),
        ("-2", -2.0),
        ("[1, 2]", [1, 2]),
        ("[[1, 2], [3, 4]]", [[1, 2], [3, 4]]),
        ("[0.5, -1]", [0.5, -1]),
        ("[1, 2].T", [[1], [2]]),
    ],
)
def test_a_literal_is_read_as_an_array(text, wanted):
    assert literal(read_plain(text)) == pytest.approx(np.asarray(wanted))


@pytest.mark.parametrize("text", ["h_t", "[a, b]", "1 + 2", "[[1, h], [2, 3]]"])
def test_what_is_no_literal_has_no_array(text):
    assert literal(read_plain(text)) is None


@pytest.mark.parametrize(("text", "numeric"), [("0.5", True), ("h_t", False), ("2 h_t", False), ("[1, 2]", True)])
def test_a_formula_with_decimals_or_a_matrix_is_numeric(text, numeric):
    assert is_numeric(read_plain(text)) is numeric


def test_the_oracle_of_these_tests_is_the_recurrence_itself():
    assert states()[0][1] == pytest.approx(math.tanh(0.2 * 0.1 - 0.4 * 0.2 + 2))


ONE = "h_t = tanh(w h_{t-1} + u x_t)\nw = [[-0.25]]\nu = [[0.5]]\nh_0 = [-0.5]\nx = [[0.75], [-1]]\n"


def single(steps):
    """Return the states of the recurrence of one unit, every operation in single precision."""
    h = np.float32(-0.5)
    for x in (0.75, -1)[:steps]:
        h = np.tanh(np.float32(-0.25) * h + np.float32(0.5) * np.float32(x), dtype=np.float32)
    return h


@pytest.mark.parametrize("step", [1, 2])
def test_digits_beyond_single_precision_are_those_of_its_rounding(step):
    printed = float(single(step))
    double = float(f"{printed:.6g}")
    verdict = answered(f"h_{step} = [{printed!r}]", ONE)
    assert verdict.answer is Answer.CONVENTION and "single precision" in verdict.convention
    assert answered(f"h_{step} = [{double!r}]", ONE).answer is Answer.AGREES


def test_more_digits_than_are_right_are_wrong_unless_they_are_of_single_precision():
    near = float(single(1)) + 3e-9  # no number of single precision
    far = float(np.nextafter(single(1) * np.float32(1.001), np.float32(1)))
    assert answered(f"h_1 = [{near!r}]", ONE).answer is Answer.REFUTED
    assert answered(f"h_1 = [{far!r}]", ONE).answer is Answer.REFUTED


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("0.4^99 ≈ 10^(-39)", Answer.CONVENTION),
        ("0.4^99 ≈ 10^(-40)", Answer.REFUTED),
        ("0.4^99 = 10^(-39)", Answer.REFUTED),
        ("0.4^99 ≈ 2 * 10^(-39)", Answer.REFUTED),
        ("0.4^99 ≈ 4.0 * 10^(-40)", Answer.AGREES),
        ("0.4^99 ≈ 4.1 * 10^(-40)", Answer.REFUTED),
        ("1.1^100 ≈ 13781", Answer.AGREES),
        ("1.1^100 ≈ 13790", Answer.REFUTED),
        ("1000 / 3 ≈ 333", Answer.AGREES),
        ("1.1^100 ≈ 1.38e4", Answer.AGREES),
        ("1.1^100 ≈ 1.4e4", Answer.AGREES),
        ("1.1^100 ≈ 1.5e4", Answer.REFUTED),
        ("0.5^100 ≈ 8e-31", Answer.AGREES),
        ("1000 / 3 = 333", Answer.REFUTED),
    ],
)
def test_about_a_power_of_ten_is_the_order_of_magnitude(text, answer):
    assert answered(text).answer is answer


def test_a_number_is_not_mended_by_itself():
    assert answered("1000 / 3 = 333").repairs == ()
