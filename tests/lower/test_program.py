"""The text of a lowered program, its blocks and their numbers, and what it keeps for the backward pass."""

import re
from dataclasses import fields, is_dataclass

import networks
import pytest
from lowered import blocks, derivation, program

from symrnn.calculus.derive import derive
from symrnn.ir.buffers import Role
from symrnn.ir.nodes import Number
from symrnn.ir.text import text
from symrnn.ir.validate import validate
from symrnn.ir.walk import touched
from symrnn.language.read import read_cell
from symrnn.lower import lower
from symrnn.model.composition import compose

FORWARD = """\
  for t = 0 … T−1:
    (1) z_h[t] = W_xh x[t] + W_hh h[t−1] + b_h
      z_h = x[t] @ W_xhᵀ
      z_h += h[t] @ W_hhᵀ
      z_h += row(b_h)
    (2) h[t] = tanh(z_h[t])
      h[t + 1] = tanh(z_h)
"""
BACKWARD = """\
  dW_xh = 0
  dW_hh = 0
  db_h = 0
  carry_h = 0
  for t = T−1 … 0:
    (3) h̄[t] = dh[t] + W_hhᵀ z̄_h[t+1]
      dh_total = dh[t] + carry_h
    (4) z̄_h[t] = h̄[t] ∘ (1 − h[t]²)
      dz_h = dh_total ∘ (1 − h[t + 1]²)
    (5) W̄_xh += z̄_h[t] x[t]ᵀ
      dW_xh += dz_hᵀ @ x[t]
    (6) W̄_hh += z̄_h[t] h[t−1]ᵀ
      dW_hh += dz_hᵀ @ h[t]
    (7) b̄_h += z̄_h[t]
      db_h += sum over rows of dz_h
    (8) x̄[t] = W_xhᵀ z̄_h[t]
      dx[t] = dz_h @ W_xh
    (3) what step t gives to h of earlier steps: W_hhᵀ z̄_h[t]
      carry_h = dz_h @ W_hh
  (9) h̄[0] = W_hhᵀ z̄_h[1]
    dh0 = carry_h
"""
HEAD_FORWARD = """\
    (3) z_y[t] = W_hy h[t] + b_y
      z_y = h[t + 1] @ W_hyᵀ
      z_y += row(b_y)
    (4) y_hat[t] = softmax(z_y[t])
      largest = max over columns of z_y
      y_hat[t] = exp(z_y − column(largest))
      total = sum over columns of y_hat[t]
      y_hat[t] = y_hat[t] / column(total)
    (5) J += −y[t]ᵀ log_softmax(z_y[t])
      log_total = log(total)
      J += sum over all of −(y[t] ∘ (z_y − column(largest) − column(log_total)))
"""
HEAD_BACKWARD = """\
    (7) z̄_y[t] = y_hat[t] − y[t]
      dz_y = y_hat[t] − y[t]
    (8) h̄[t] = W_hyᵀ z̄_y[t] + W_hhᵀ z̄_h[t+1]
      dh = dz_y @ W_hy
      dh += carry_h
"""
TWO_LAGS_BACKWARD = """\
    (3) what step t gives to h of earlier steps: U_1ᵀ z̄_h[t] + U_2ᵀ z̄_h[t]
      carry_h = dz_h @ U_1
      carry_h += carry_h2
      carry_h2 = dz_h @ U_2
"""


def procedure(name: str, which: str) -> str:
    """Return the statements of one procedure, without its first lines."""
    whole = text(program(name))
    found = whole.split("\nforward(")[1] if which == "forward" else whole.split("\nbackward(")[1]
    return found.split("\n\n")[0].split("\n", 2)[2].rstrip("\n") + "\n"


# -- exact text -----------------------------------------------------------------------------------------------------------


def test_the_forward_pass_of_the_rnn():
    assert procedure("rnn+none", "forward") == "  h[0] = h0\n" + FORWARD


def test_the_backward_pass_of_the_rnn():
    assert procedure("rnn+none", "backward") == BACKWARD


def test_a_softmax_and_its_loss_are_computed_without_overflow():
    assert procedure("rnn+softmax_cross_entropy", "forward") == "  J = 0\n  h[0] = h0\n" + FORWARD + HEAD_FORWARD


def test_the_adjoint_of_a_softmax_with_cross_entropy_is_one_difference():
    assert HEAD_BACKWARD in procedure("rnn+softmax_cross_entropy", "backward")


def test_a_second_lag_has_a_carry_of_its_own():
    found = procedure("two_lags+none", "backward")
    assert TWO_LAGS_BACKWARD in found
    assert found.endswith("    dh0[1] = carry_h\n  (11) h̄[−1] = U_2ᵀ z̄_h[1]\n    dh0[0] = carry_h2\n")
    assert procedure("two_lags+none", "forward").startswith("  h[0] = h0[0]\n  h[1] = h0[1]\n")


def test_a_concatenation_is_written_into_columns():
    found = procedure("elman+none", "forward")
    assert "[:, 0 : I] = x[t]\n" in found
    assert "[:, I : H] = h[t]\n" in found or re.search(r"\[:, I : I \+ H\] = h\[t\]\n", found)


SLICES = """cell Slices
  input x: I
  state h: H
  param V: {rows} x I
  z = V @ x
  h = tanh(z[0:H]) * z[{part}] + h[t-1]
"""


@pytest.mark.parametrize(
    ("rows", "part", "expected"),
    [
        ("2*H", "H:2*H", "      dz[:, H : 2*H] = ds_h\n      dz[:, 0 : H] = dz_h\n"),
        ("3*H", "2*H:3*H", "      dz = 0\n      dz[:, 2*H : 3*H] += ds_h\n      dz[:, 0 : H] += dz_h\n"),
    ],
    ids=["all rows are taken", "some rows are not"],
)
def test_what_slices_hand_back_is_written_in_its_place(rows, part, expected):
    """Zeros are written only where no slice was taken."""
    found = text(lower(derive(compose(read_cell(SLICES.format(rows=rows, part=part)), None))))
    assert f"    (10) z̄[t] = [0; s̄_h[t]] + [z̄_h[t]; 0]\n{expected}    (11)" in found


# -- blocks ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", networks.RUNNABLE)
def test_every_block_carries_the_number_of_its_equation(name):
    derived, lowered = derivation(name), program(name)
    lines = {line.label for line in derived.network.equations}
    assert [block.label for block in blocks(lowered.forward.body)] == [line.label for line in derived.network.equations]
    known = [*derived.adjoints, *derived.gradients, *derived.initial]
    numbers = [one.label for one in known]
    assert len(set(numbers)) == len(numbers) and not lines & set(numbers)
    used = {block.label for block in blocks(lowered.backward.body)}
    assert used <= set(numbers)
    assert {one.label for one in derived.gradients if one.terms} <= used
    assert {one.label for one in derived.initial} <= used


@pytest.mark.parametrize("name", networks.RUNNABLE)
def test_the_formula_of_a_block_is_about_what_it_writes(name):
    derived, lowered = derivation(name), program(name)
    names = {one.label: one.of.name for one in (*derived.adjoints, *derived.gradients, *derived.initial)}
    for block in blocks(lowered.backward.body):
        plain = block.formula.replace("̄", "")
        assert names[block.label] in plain, block
        assert block.body, block


def test_the_equations_of_the_program_are_those_of_the_network():
    assert [label for label, _ in program("lstm+softmax_cross_entropy").equations] == [
        line.label for line in derivation("lstm+softmax_cross_entropy").network.equations
    ]


# -- what is kept ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", networks.RUNNABLE)
def test_only_what_the_backward_pass_reads_is_kept(name):
    lowered = program(name)
    read = touched(lowered.backward)
    once = {line.target.name for line in derivation(name).network.equations if line.target.time is None}
    for buffer in lowered.having(Role.SAVED):
        assert buffer.name in read, f"{buffer.name} is kept for nothing"
        assert buffer.steps is (buffer.name not in once)
    for buffer in lowered.having(Role.WORK):
        assert not (buffer.name in read and buffer.name in touched(lowered.forward)), f"{buffer.name} is not kept"


KEPT = {
    "rnn+none": set(),
    "rnn+softmax_cross_entropy": {"y_hat"},
    "rnn+squared_error": {"e"},
    "rnn+linear": set(),
    "irnn+none": set(),
    "lstm+none": {"i", "f", "o", "g", "a_h"},
    "two_lags+none": set(),
}


@pytest.mark.parametrize("name", KEPT)
def test_what_is_kept_is_what_a_hand_derivation_keeps(name):
    """The output of tanh, relu and the gates, not their arguments."""
    lowered = program(name)
    kept = {buffer.name for buffer in lowered.having(Role.SAVED, Role.OUTPUT)} & touched(lowered.backward)
    assert kept - {state.leaf.name for state in networks.network(name).states} == KEPT[name]


def test_a_quantity_kept_for_nothing_would_be_noticed():
    lowered = program("rnn+none")
    names = {buffer.name for buffer in lowered.having(Role.WORK)}
    assert "z_h" in names and "z_h" not in touched(lowered.backward)


@pytest.mark.parametrize("name", networks.RUNNABLE)
def test_nothing_grows_with_the_number_of_steps_but_sequences(name):
    for buffer in program(name).buffers:
        assert buffer.steps == any("T" in dict(size.terms) for size in buffer.dims) or buffer.role in (
            Role.INITIAL,
            Role.GRADIENT,
        )


@pytest.mark.parametrize("name", networks.RUNNABLE)
def test_the_program_is_well_formed(name):
    assert validate(program(name)) is program(name)


# -- numbers --------------------------------------------------------------------------------------------------------------


def numbers(part: object) -> set[Number]:
    """Return every literal in a program, or in any part of it."""
    if isinstance(part, Number):
        return {part}
    if isinstance(part, tuple):
        return set().union(*map(numbers, part))
    return numbers(tuple(getattr(part, field.name) for field in fields(part))) if is_dataclass(part) else set()


@pytest.mark.parametrize(
    ("factor", "expected"),
    [("0.1", (1, 10)), ("2.5", (5, 2)), ("3", (3, 1)), ("0.125", (1, 8)), ("1e-3", (1, 1000))],
)
def test_numbers_are_fractions(factor, expected):
    network = compose(read_cell(f"cell a\n  input x: I\n  state h: H\n  h = tanh(W @ x + {factor} * h[t-1])\n", "a"))
    found = {(number.numerator, number.denominator) for number in numbers(lower(derive(network)))}
    assert found <= {expected, (0, 1), (1, 1), (2, 1)}
    assert expected in found


@pytest.mark.parametrize("name", networks.RUNNABLE)
def test_numbers_are_whole_and_positive_denominators(name):
    for number in numbers(program(name)):
        assert type(number.numerator) is int and type(number.denominator) is int and number.denominator > 0
