"""Composition: what a head reads is bound to what the cell puts out, names and sizes that clash are renamed, seeds are given."""

import networks
import pytest

from symrnn import cells
from symrnn.algebra.nodes import Add, Apply, Leaf, Mul, Node, t
from symrnn.algebra.sizes import size
from symrnn.algebra.walk import leaves
from symrnn.errors import SymrnnError
from symrnn.language.read import read_cell
from symrnn.model.composition import compose
from symrnn.model.network import Map, Network, Scan

H, I, O = size("H"), size("I"), size("O")  # noqa: E741

CLASH = """
cell clash
  input x: I
  state h: H
  param W_hy: H x I
  z_y = W_hy @ x + b_y + U @ h[t-1]
  y_hat = tanh(z_y)
  h = y_hat + b2_y
"""
SAME_SIZE = """
cell same
  input x: I
  state h: O
  h = tanh(W @ x + U @ h[t-1])
"""
INPUT_Y = """
cell input_y
  input y: I
  state h: H
  h = tanh(W @ y + U @ h[t-1])
"""
READOUT = """
cell readout
  input x: I
  state h: H
  h = tanh(W @ x + U @ h[t-1])
  param V: O x H
  y = V @ h
  output y
"""
TWO = """
cell two
  input x: I
  state h: H, c: K
  c = tanh(W @ x + U @ h[t-1])
  h = tanh(V @ c + h[t-1])
"""
HEAD_OF_C = """
head of_c
  input c: N
  target y: M
  p = V @ c
  J = (p - y).T @ (p - y)
"""
HEAD_OF_BOTH = """
head of_both
  input first: N, h: M
  param P: G x N
  param Q: G x M
  y = P @ first + Q @ h
  output y
"""


def cell(text: str):
    return read_cell(text, "test")


def by_name(network: Network) -> dict[str, Leaf]:
    found = [leaf for line in network.equations for leaf in (line.target, *leaves(line.expr))]
    return {leaf.name: leaf for leaf in found}


# -- what holds for every network -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", networks.ALL)
def test_every_leaf_is_declared_and_computed_before_it_is_read(name):
    network = networks.network(name)
    known = {*network.inputs, *network.params, *network.constants, *network.targets}
    known |= {state.leaf.at(t - back) for state in network.states for back in range(1, state.lags + 1)}
    for line in network.equations:
        assert set(leaves(line.expr)) <= known, line
        assert line.target not in known, line
        known.add(line.target)
    assert {*network.outputs, *(state.leaf for state in network.states)} <= known


@pytest.mark.parametrize("name", networks.ALL)
def test_equations_are_numbered_and_names_and_sizes_are_unique(name):
    network = networks.network(name)
    assert [line.label for line in network.equations] == [str(n) for n in range(1, len(network.equations) + 1)]
    declared = (*network.inputs, *network.params, *network.constants, *network.targets)
    starts = {state.leaf.at(0) for state in network.states}  # learned: an equation of its own for the same quantity
    names = [leaf.name for leaf in declared]
    names += [line.target.name for line in network.equations if line.target not in starts]
    assert len(names) == len(set(names))
    used = {
        symbol for line in network.equations for leaf in (line.target, *leaves(line.expr)) for symbol in size_of(leaf)
    }
    assert used <= set(network.sizes)
    assert len({one.name for one in network.sizes}) == len(network.sizes)


def size_of(leaf: Leaf) -> set:
    return leaf.shape[0].free_symbols | leaf.shape[1].free_symbols


@pytest.mark.parametrize("name", networks.ALL)
def test_without_a_loss_every_output_of_the_last_stage_has_a_seed(name):
    network = networks.network(name)
    if network.loss is not None:
        assert network.seeds == ()
        return
    last = network.parts[-1]
    outputs = last.cell.outputs if isinstance(last, Scan) else last.head.outputs
    assert [out for out, _ in network.seeds] == list(outputs)
    assert all(seed == Leaf(f"d{out.name}", *out.shape, t) for out, seed in network.seeds)


# -- one cell, one head ---------------------------------------------------------------------------------------------------


def test_a_cell_alone():
    network = compose(cells.load("rnn"))
    h = network.states[0].leaf
    assert [type(part) for part in network.parts] == [Scan]
    assert (network.loss, network.targets, network.assumptions) == (None, (), ())
    assert network.outputs == (h,)
    assert network.state("h") is network.states[0]
    assert network.state("x") is None
    assert [line.target.name for line in network.equations] == ["z_h", "h"]
    assert network.targets_of[h].expr == Apply("tanh", Leaf("z_h", H, 1, t))


def test_a_head_with_a_loss():
    network = compose(cells.load("rnn"), cells.load_head("softmax_cross_entropy"))
    assert [type(part) for part in network.parts] == [Scan, Map]
    assert network.sizes == (I, H, O)
    assert [leaf.name for leaf in network.params] == ["W_xh", "W_hh", "b_h", "W_hy", "b_y"]
    assert network.targets == network.assumptions == (Leaf("y", O, 1, t),)
    assert network.loss == Leaf("J", 1, 1, t)
    assert network.title.count(" with ") == 1
    assert network.equations[2].expr == Leaf("W_hy", O, H) @ Leaf("h", H, 1, t) + Leaf("b_y", O)


def test_a_head_without_a_loss_has_its_own_seeds():
    network = compose(cells.load("irnn"), cells.load_head("linear"))
    assert network.seeds == ((Leaf("y", O, 1, t), Leaf("dy", O, 1, t)),)
    assert [leaf.name for leaf in network.outputs] == ["h", "y"]


# -- names and sizes that clash -------------------------------------------------------------------------------------------


def test_names_of_the_head_that_the_cell_uses_are_changed():
    network = compose(cell(CLASH), cells.load_head("softmax_cross_entropy"))
    found = by_name(network)
    assert found["W_hy"].shape == (H, I)
    assert found["W2_hy"].shape == (O, H)
    assert found["b_y"].shape == (H, 1)
    assert found["b3_y"].shape == (O, 1)  # b2_y is taken too
    assert [leaf.name for leaf in network.params[-2:]] == ["W2_hy", "b3_y"]
    targets = [line.target.name for line in network.equations]
    assert targets == ["z_y", "y_hat", "h", "z2_y", "y2_hat", "J"]
    logits = next(line for line in network.equations if line.target.name == "z2_y")
    assert logits.expr == Add(Mul(Leaf("W2_hy", O, H), Leaf("h", H, 1, t)), Leaf("b3_y", O))


def test_a_changed_name_is_not_that_of_something_else_in_the_head():
    """b of the head becomes b2, and the b2 that the head has of its own makes room."""
    head = "head two_b\n  input h: N\n  param b: N\n  param b2: N\n  y = b * h + b2\n  output y\n"
    text = "cell one_b\n  input x: I\n  state h: H\n  h = tanh(W @ x + U @ h[t-1] + b)\n"
    network = compose(cell(text), cell(head))
    names = [leaf.name for leaf in network.params]
    assert names[:4] == ["W", "U", "b", "b2"]
    assert len(set(names)) == 5
    scaled, added = (leaf.name for leaf in leaves(network.equations[-1].expr) if leaf.time is None)
    assert (scaled, added) == ("b2", names[4])


def test_a_target_of_the_head_that_the_cell_uses_is_changed():
    network = compose(cell(INPUT_Y), cells.load_head("squared_error"))
    assert [leaf.name for leaf in network.inputs] == ["y"]
    assert [leaf.name for leaf in network.targets] == ["y2"]
    error = next(line for line in network.equations if line.target.name == "e")
    assert [leaf.name for leaf in leaves(error.expr)] == ["y_hat", "y2"]


@pytest.mark.parametrize("text", [SAME_SIZE, READOUT], ids=["same", "readout"])
def test_a_size_of_the_head_that_the_cell_uses_is_changed(text):
    network = compose(cell(text), cells.load_head("softmax_cross_entropy"))
    assert [one.name for one in network.sizes] == (["I", "O", "O2"] if text == SAME_SIZE else ["I", "H", "O", "O2"])
    found, other = by_name(network), network.sizes[-1]
    assert found["h" if text == SAME_SIZE else "y"].shape == (O, 1)
    assert found["W_hy"].shape == (other, O)
    assert found["b_y"].shape == (other, 1)
    assert set(network.params) >= {found["W_hy"], found["b_y"]}


@pytest.mark.parametrize("head", [name for name in cells.heads() if not name.endswith("transposed")])
@pytest.mark.parametrize("text", [CLASH, INPUT_Y, SAME_SIZE, READOUT], ids=["clash", "input_y", "same", "readout"])
def test_what_is_declared_is_what_is_read(text, head):
    network = compose(cell(text), cells.load_head(head))
    read = {leaf for line in network.equations for leaf in leaves(line.expr)}
    assert {*network.params, *network.inputs, *network.targets} <= read
    assert all(line.expr.shape == line.target.shape for line in network.equations)


# -- what the head reads --------------------------------------------------------------------------------------------------


def test_an_input_of_a_head_is_bound_by_name_first():
    network = compose(cell(TWO), cell(HEAD_OF_C))
    prediction = next(line for line in network.equations if line.target.name == "p")
    (weight, read) = leaves(prediction.expr)
    assert read == Leaf("c", size("K"), 1, t)
    assert weight.name == "V2"
    assert weight.shape[1] == size("K")


def test_an_input_of_a_head_with_another_name_is_bound_by_position():
    network = compose(cell(TWO), cell(HEAD_OF_BOTH))
    answer = next(line for line in network.equations if line.target.name == "y")
    read = [leaf for leaf in leaves(answer.expr) if leaf.time is not None]
    assert read == [Leaf("c", size("K"), 1, t), Leaf("h", H, 1, t)]
    transposed = compose(cells.load("rnn_transposed"), cells.load_head("linear"))
    assert Leaf("a", size("n_a"), 1, t) in leaves(transposed.equations[-1].expr)


# -- what is refused ------------------------------------------------------------------------------------------------------


def test_a_head_in_the_place_of_a_cell_is_refused():
    with pytest.raises(SymrnnError, match="linear is a head; a cell was needed here"):
        compose(cells.load_head("linear"))


def test_a_cell_in_the_place_of_a_head_is_refused():
    with pytest.raises(SymrnnError, match="irnn is a cell; a head was needed here"):
        compose(cells.load("rnn"), cells.load("irnn"))


def test_a_head_that_reads_too_much_is_refused_with_what_there_is():
    with pytest.raises(SymrnnError) as caught:
        compose(cells.load("rnn"), cell(HEAD_OF_BOTH.replace("h: M", "k: M").replace("@ h", "@ k")))
    assert str(caught.value) == (
        "head of_both reads k, but cell rnn puts out only h; add an `output` line to the cell or use another head"
    )


def test_a_missing_leaf_would_be_noticed():
    """The check of the first test fails for an equation that reads what nobody declares."""
    line = compose(cells.load("rnn")).equations[0]
    wrong: Node = line.expr + Leaf("unknown", H)
    assert not set(leaves(wrong)) <= set(leaves(line.expr))


def test_activations_are_the_equations_that_apply_one_function_to_one_quantity():
    found = compose(cells.load("lstm"), cells.load_head("softmax_cross_entropy")).activations
    assert {name: (function, inner.name) for name, (function, inner) in found.items()} == {
        "i": ("sigmoid", "z_i"),
        "f": ("sigmoid", "z_f"),
        "g": ("tanh", "z_g"),
        "o": ("sigmoid", "z_o"),
        "a_h": ("tanh", "c"),
        "y_hat": ("softmax", "z_y"),
    }
