"""Norms are computed, bounds between numbers are refuted where they are broken, and never said to hold."""

import numpy as np
import pytest

from symrnn import driver
from symrnn.algebra.evaluate import evaluate
from symrnn.algebra.nodes import Leaf
from symrnn.claims.norms import Norm, bounded
from symrnn.claims.records import Answer
from symrnn.claims.verifying import verify_text

NETWORK = driver.network("rnn", head="squared_error")
DRAW = np.random.default_rng(4)


def answered(text):
    return verify_text(text, NETWORK).verdicts[-1]


@pytest.mark.parametrize(("rows", "columns"), [(3, 4), (4, 1), (1, 5), (1, 1)])
@pytest.mark.parametrize(
    ("kind", "value"), [("2", lambda a: np.linalg.svd(a)[1].max()), ("F", lambda a: np.sqrt((a * a).sum()))]
)
def test_a_norm_has_its_value(rows, columns, kind, value):
    matrix, array = Leaf("A", rows, columns), DRAW.normal(size=(rows, columns))
    found = evaluate(Norm(matrix, kind), {matrix: array}, {})
    assert found.shape == (1, 1) and found.item() == pytest.approx(value(array))


@pytest.mark.parametrize(
    "text",
    [
        "‖h_t‖^2 = h_t^T h_t",
        "‖W_hh‖_F^2 = tr(W_hh^T W_hh)",
        "‖h_t‖ = ‖h_t‖_F",
        "‖W_hh^T‖ = ‖W_hh‖",
        "‖2 h_t‖ = 2 ‖h_t‖",
    ],
)
def test_an_equality_of_norms_stands(text):
    assert answered(text).answer in (Answer.PROVED, Answer.AGREES)


@pytest.mark.parametrize("text", ["‖W_hh‖ = ‖W_hh‖_F", "‖h_t‖ = h_t^T h_t", "‖2 h_t‖ = 4 ‖h_t‖", "‖h_t‖ = ‖h_{t-1}‖"])
def test_a_wrong_equality_of_norms_falls(text):
    assert answered(text).answer is Answer.REFUTED


@pytest.mark.parametrize(
    "text",
    [
        "‖∂h_t/∂h_{t-1}‖ ≤ ‖diag(1 - h_t^2)‖",
        "‖h_t‖ < ‖h_t‖",
        "‖h_t h_t^T‖ > ‖h_t‖ ‖h_t‖",
        "‖W_hh h_t‖_F ≥ 2 ‖W_hh‖ ‖h_t‖",
        r"\lVert h_t \rVert \ge 10 \lVert h_t \rVert",
    ],
)
def test_a_bound_that_is_broken_falls_with_a_counterexample_and_no_repair(text):
    verdict = answered(text)
    assert verdict.answer is Answer.REFUTED and verdict.difference is not None and verdict.repairs == ()


@pytest.mark.parametrize("text", ["‖∂h_t/∂h_{t-1}‖ ≤ ‖diag(1 - h_t^2)‖ ‖W_hh‖", "‖W_hh h_t‖ ≤ ‖W_hh‖ ‖h_t‖"])
def test_a_bound_that_holds_in_every_sample_is_not_decided(text):
    verdict = answered(text)
    assert verdict.answer is Answer.NOT_UNDERSTOOD and "not proved" in verdict.reason


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("h_t ≤ z_h_t", "write norms"),
        ("‖h_t‖_1 ≤ ‖h_t‖", "index 1"),
        ("|h_t| ≤ ‖h_t‖", "absolute value"),
        ("‖Q h_t‖ ≤ ‖h_t‖", "what Q is"),
    ],
)
def test_what_has_no_order_or_meaning_is_not_understood(text, part):
    verdict = answered(text)
    assert verdict.answer is Answer.NOT_UNDERSTOOD and part in verdict.reason


@pytest.mark.parametrize(
    "text",
    ["‖W_hh‖ > 10", "‖∂h_t/∂h_{t-1}‖ < 0.001", "‖h_t‖ > ‖W_hh‖", "‖h_t‖ ≥ 9 ‖x_t‖ ⇒ ‖h_t‖ ≥ 5 ‖x_t‖"],
)
def test_a_condition_is_not_accused(text):
    assert answered(text).answer is Answer.NOT_UNDERSTOOD


@pytest.mark.parametrize(
    ("relation", "left", "right", "holds"),
    [
        ("<=", 1.0, 2.0, True),
        ("<=", 2.0, 2.0, True),
        ("<=", 2.0, 1.0, False),
        ("<", 2.0, 2.0, False),
        ("<", 1.0, 2.0, True),
        (">=", 2.0, 1.0, True),
        (">=", 1.0, 2.0, False),
        (">", 0.0, 0.0, False),
        (">", 3.0, 2.0, True),
    ],
)
def test_a_broken_bound_differs_from_the_left_side(relation, left, right, holds):
    one, other = np.array([[left]]), np.array([[right]])
    assert (bounded(one, other, relation) == one).all() == holds
