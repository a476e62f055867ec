"""Statements in differentials mean what calculus says, whatever is held fixed."""

import pytest

from symrnn import driver
from symrnn.claims.records import Answer
from symrnn.claims.verifying import verify_text

RIGHT = {Answer.PROVED, Answer.AGREES, Answer.CONVENTION}
WRONG = {Answer.REFUTED, Answer.ILL_TYPED, Answer.CONDITION}
NETWORK = driver.network("rnn_transposed", head="softmax_cross_entropy_transposed")
LOSS = r"\mathrm{d}J = \operatorname{tr}\left( (\hat y^{(t)} - y^{(t)})^\top \mathrm{d} z_y^{(t)} \right)"


@pytest.fixture(autouse=True)
def undiagnosed(monkeypatch):
    """Repairs are the matter of other tests."""
    monkeypatch.setattr("symrnn.claims.reviewing.diagnosed", lambda *given: ())


def answered(text):
    return verify_text("\\begin{align}\n" + LOSS + " \\\\\n" + text + "\n\\end{align}", NETWORK).verdicts[-1]


INPUTS = r" + \mathrm{d}W_{ax}^\top x^{(t)}"  # what comes in from outside

STAND = [
    LOSS,
    r"\mathrm{d} z_a^{(t)} = \mathrm{d}W_{aa}^\top a^{(t-1)} + W_{aa}^\top \mathrm{d}a^{(t-1)}"
    + INPUTS
    + r" + \mathrm{d}b_a",
    r"\mathrm{d} z_y^{(t)} = \mathrm{d}W_{ya}^\top a^{(t)} + W_{ya}^\top \mathrm{d}a^{(t)} + \mathrm{d}b_y",
    r"\mathrm{d} a^{(t)} = (1 - a^{(t)} \odot a^{(t)}) \odot \mathrm{d}z_a^{(t)}",
    r"\mathrm{d} a^{(t)} = \operatorname{diag}(1 - a^{(t)} \odot a^{(t)}) \mathrm{d}z_a^{(t)}",
    r"\mathrm{d} \hat y^{(t)} = (\operatorname{diag}(\hat y^{(t)}) - \hat y^{(t)} \hat y^{(t)\top}) \mathrm{d}z_y^{(t)}",
    r"\mathrm{d}J = \operatorname{tr}\left( (\hat y^{(t)} - y^{(t)})^\top \mathrm{d} W_{ya}^\top a^{(t)} \right)",
    r"\mathrm{d}J = \operatorname{tr}\left( a^{(t)} (\hat y^{(t)} - y^{(t)})^\top \mathrm{d} W_{ya}^\top \right)",
    r"\mathrm{d}J = (\hat y^{(t)} - y^{(t)})^\top \mathrm{d} z_y^{(t)}",
    r"\mathrm{d}J = (\hat y^{(t)} - y^{(t)})^\top \mathrm{d} b_y",
    r"\mathrm{d}J = \operatorname{tr}\left( (W_{ya} (\hat y^{(t)} - y^{(t)}))^\top \mathrm{d} a^{(t)} \right)",
    r"\mathrm{d}(W_{aa}^\top a^{(t)}) = \mathrm{d}W_{aa}^\top a^{(t)} + W_{aa}^\top \mathrm{d}a^{(t)}",
    r"\mathrm{d}J = \sum_t \operatorname{tr}\left( (\hat y^{(t)} - y^{(t)})^\top \mathrm{d} W_{ya}^\top a^{(t)} \right)",
]
FALL = [
    r"\mathrm{d}J = \operatorname{tr}\left( (y^{(t)} - \hat y^{(t)})^\top \mathrm{d} z_y^{(t)} \right)",
    r"\mathrm{d}J = \operatorname{tr}\left( \hat y^{(t)\top} \mathrm{d} z_y^{(t)} \right)",
    r"\mathrm{d} z_a^{(t)} = \mathrm{d}W_{aa} a^{(t-1)} + W_{aa}^\top \mathrm{d}a^{(t-1)}"
    + INPUTS
    + r" + \mathrm{d}b_a",
    r"\mathrm{d} z_a^{(t)} = \mathrm{d}W_{aa}^\top a^{(t)} + W_{aa}^\top \mathrm{d}a^{(t-1)}"
    + INPUTS
    + r" + \mathrm{d}b_a",
    r"\mathrm{d} z_a^{(t)} = \mathrm{d}W_{aa}^\top a^{(t-1)} + W_{aa}^\top \mathrm{d}a^{(t-1)}" + INPUTS,
    r"\mathrm{d} z_a^{(t)} = \mathrm{d}W_{aa}^\top a^{(t-1)}" + INPUTS + r" + \mathrm{d}b_a",
    r"\mathrm{d} a^{(t)} = (1 - z_a^{(t)} \odot z_a^{(t)}) \odot \mathrm{d}z_a^{(t)}",
    r"\mathrm{d} \hat y^{(t)} = \operatorname{diag}(\hat y^{(t)}) \mathrm{d}z_y^{(t)}",
    r"\mathrm{d}J = \operatorname{tr}\left( (\hat y^{(t)} - y^{(t)})^\top \mathrm{d} W_{ya}^\top a^{(t-1)} \right)",
    r"\mathrm{d}(W_{aa}^\top a^{(t)}) = W_{aa}^\top \mathrm{d}a^{(t)}",
    r"\mathrm{d}J = \sum_t \operatorname{tr}\left( (\hat y^{(t)} - y^{(t)})^\top \mathrm{d} W_{ya}^\top a^{(t-1)} \right)",
    r"\mathrm{d}J = 2 \operatorname{tr}\left( (\hat y^{(t)} - y^{(t)})^\top \mathrm{d} z_y^{(t)} \right)",
]


@pytest.mark.parametrize("text", STAND)
def test_a_right_differential_stands(text):
    verdict = answered(text)
    assert verdict.answer in RIGHT, verdict.reason


@pytest.mark.parametrize("text", FALL)
def test_a_wrong_differential_falls(text):
    verdict = answered(text)
    assert verdict.answer in WRONG, verdict.reason


def test_a_quantity_held_fixed_is_a_definition():
    assert answered(r"\mathrm{d}x^{(t)} = 0").answer is Answer.DEFINITION


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (r"dW_{aa}^\top = \sum_t dz_a^{(t)} a^{(t-1)\top}", Answer.PROVED),
        (r"dW_{aa}^\top = \sum_t a^{(t-1)} dz_a^{(t)\top}", Answer.REFUTED),
        (r"dW_{aa} = \sum_t a^{(t-1)} dz_a^{(t)\top}", Answer.PROVED),
        (r"dW_{aa}' = \sum_t a^{(t-1)} dz_a^{(t)\top}", Answer.REFUTED),
        (r"\delta W_{aa}^\top = \sum_t a^{(t-1)} \delta z_a^{(t)\top}", Answer.REFUTED),
    ],
)
def test_without_the_differential_of_the_loss_a_d_is_a_gradient_and_keeps_its_transpose(text, answer):
    assert verify_text("\\[" + text + "\\]", NETWORK).verdicts[-1].answer is answer
