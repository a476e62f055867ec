"""Which terms a truncated gradient keeps, and the equations of the steps whose losses do not count."""

from __future__ import annotations

import pytest

from symrnn import driver
from symrnn.algebra.nodes import Add, Zeros
from symrnn.algebra.text import text
from symrnn.calculus.truncated import (
    Chunk,
    Truncated,
    Window,
    blocks,
    carries_only,
    counts,
    held,
    keeps,
    split,
    truncate,
)
from symrnn.calculus.unrolled import unrolled
from symrnn.errors import SymrnnError
from symrnn.language.read import read_cell


def kept(cut, steps: int) -> set[tuple[int, int]]:
    return {(s, u) for s in range(1, steps + 1) for u in range(1, s + 1) if keeps(cut, steps, s, u)}


def test_a_window_reaches_back_k_steps_from_every_loss() -> None:
    assert kept(Window(2), 4) == {(1, 1), (2, 1), (2, 2), (3, 2), (3, 3), (4, 3), (4, 4)}


def test_a_chunk_reaches_back_from_the_end_of_its_block() -> None:
    assert list(blocks(Chunk(2, 3), 5)) == [(0, 2), (2, 4), (4, 5)]
    assert [held(Chunk(2, 3), 5, s) for s in range(1, 6)] == [-1, -1, 1, 1, 2]
    assert kept(Chunk(2, 3), 5) == {
        (1, 1),
        (2, 1),
        (2, 2),
        (3, 2),
        (3, 3),
        (4, 2),
        (4, 3),
        (4, 4),
        (5, 3),
        (5, 4),
        (5, 5),
    }
    assert kept(Chunk(2, 2), 4) == {(1, 1), (2, 1), (2, 2), (3, 3), (4, 3), (4, 4)}
    assert kept(Chunk(3, 2), 4) == {(2, 2), (3, 2), (3, 3), (4, 3), (4, 4)}  # what is before its window falls out


@pytest.mark.parametrize("steps", [1, 4, 7])
@pytest.mark.parametrize("k", [1, 2, 3, 6])
def test_a_window_is_a_chunk_of_one_step(k, steps) -> None:
    assert (
        kept(Window(k), steps) == kept(Chunk(1, k), steps) == {(s, u) for s, u in kept(Window(9), steps) if s - u < k}
    )


@pytest.mark.parametrize("cut", [Window(7), Chunk(3, 7), Chunk(7, 7), Chunk(9, 8)])
def test_a_window_over_all_steps_keeps_all_terms(cut) -> None:
    assert len(kept(cut, 7)) == 28


@pytest.mark.parametrize(("k1", "k2"), [(1, 3), (2, 3), (3, 3), (2, 5)])
def test_what_is_kept_by_distance(k1, k2) -> None:
    """As the document says: all paths shorter than k2 − k1 + 1, none of k2 or more; in between some."""
    pairs = {(s, u) for s in range(1, 13) for u in range(1, s + 1)}
    found = kept(Chunk(k1, k2), 12)
    assert {(s, u) for s, u in pairs if s - u < k2 - k1 + 1} <= found
    assert not {(s, u) for s, u in pairs if s - u >= k2} & found


@pytest.mark.parametrize("make", [lambda: Window(0), lambda: Window(1.0), lambda: Chunk(0, 1), lambda: Chunk(1, True)])
def test_numbers_of_steps_are_whole_and_positive(make) -> None:
    with pytest.raises(SymrnnError, match="is a whole number of steps from 1"):
        make()


def test_the_terms_of_an_unrolled_gradient_are_kept_or_dropped() -> None:
    derivation = driver.derive("rnn")
    whole = unrolled(derivation, "W_hh", 4)
    left, gone = split(derivation, "W_hh", 4, Chunk(2, 3))
    assert [(one.loss_step, one.use_step) for one in gone] == [(3, 1), (4, 1)]
    assert sorted((*left, *gone), key=whole.index) == list(whole)
    assert "W_hhᵀ diag(1 − h[2]²) W_hhᵀ diag(1 − h[3]²) W_hyᵀ (y_hat[3] − y[3])" in text(gone[0].value)
    assert split(derivation, "W_hy", 4, Chunk(2, 3)) == (unrolled(derivation, "W_hy", 4), ())


# -- equations of carries alone --------------------------------------------------------------------------------------------


def equations(derivation) -> dict[str, str]:
    older = carries_only(derivation)
    return {
        one.of.name: text(Add(*one.terms, *(term for _, term in one.carries)))
        for one in older.adjoints
        if one.of.time is not None
    }


def test_the_loss_is_left_out_and_nothing_else() -> None:
    assert equations(driver.derive("rnn")) == {"h": "W_hhᵀ z̄_h[t+1]", "z_h": "h̄[t] ∘ (1 − h[t]²)"}
    full, lstm = driver.derive("lstm"), equations(driver.derive("lstm"))
    assert set(lstm) == {one.of.name for one in full.adjoints} - {"y_hat", "z_y"}
    c = full.adjoint(next(state.leaf for state in full.network.states if state.leaf.name == "c"))
    assert lstm["c"] == text(Add(*c.terms, *(term for _, term in c.carries)))  # the loss reads h alone
    assert lstm["h"].startswith("W_hoᵀ z̄_o[t+1]") and "z̄_y" not in lstm["h"]


def test_a_given_adjoint_is_a_loss_too() -> None:
    older = carries_only(driver.derive("gru", head="none"))
    assert all(one.seed is None for one in older.adjoints)


def test_parameters_of_the_head_receive_nothing_from_older_steps() -> None:
    older = carries_only(driver.derive("gru"))
    assert [one.of.name for one in older.gradients if not one.terms] == ["W_hy", "b_y"]


def test_what_only_the_loss_reads_of_the_past_is_no_carry() -> None:
    """The output reads h[t−1] beside the recurrence; what it gives there is a loss's, not a carry."""
    cell = read_cell(
        "cell C\n  input x: I\n  state h: H\n  o = tanh(V @ h[t-1] + x)\n  h = tanh(W @ h[t-1] + U @ x)\n  output o\n"
    )
    derivation = driver.derive(cell, head="none")
    assert "V" in text(Add(*(term for _, term in derivation.adjoint(derivation.network.states[0].leaf).carries)))
    assert equations(derivation) == {"h": "Wᵀ z̄_h[t+1]", "z_h": "h̄[t] ∘ (1 − h[t]²)"}


def test_a_state_that_only_the_loss_reads_hands_on_nothing() -> None:
    cell = read_cell(
        "cell C\n  input x: I\n  state h: H\n  param V: O x H\n  o = V @ h[t-1]\n  h = tanh(U @ x)\n  output o\n"
    )
    older = carries_only(driver.derive(cell, head="none"))
    (state,) = [one for one in older.adjoints if one.carries]
    assert isinstance(state.carries[0][1], Zeros) and [one.of.name for one in older.gradients if one.terms] == [
        "U",
        "x",
    ]


# -- networks --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {"bidirectional": True},
        {"mode": "many-to-one"},
        {"mode": "encoder-decoder"},
        {"mode": "one-to-one"},
        {"initial": "learned"},
    ],
    ids=lambda options: "-".join(map(str, options.values())),
)
def test_other_networks_are_refused(options) -> None:
    with pytest.raises(SymrnnError, match="cannot be truncated: windows are of the steps of one recurrence upwards"):
        driver.network("rnn", truncate="window", **options)


def test_there_are_two_ways_and_they_have_names() -> None:
    with pytest.raises(SymrnnError, match=r'by "window" or by "chunk"; found .blocks.$'):
        driver.network("rnn", truncate="blocks")
    plain = driver.network("rnn")
    assert isinstance(truncate(plain, "chunk"), Truncated) and not isinstance(plain, Truncated)
    assert driver.network(plain, truncate="chunk") == truncate(plain, "chunk") != plain


def test_the_numbers_of_steps_have_free_names() -> None:
    assert counts(driver.network("rnn", truncate="window")) == ("K",)
    assert counts(driver.network("rnn", truncate="chunk")) == ("K1", "K2")
    assert counts(driver.network("mlstm", truncate="window")) == ("K_window",)  # whose keys have K entries
