"""What cannot be lowered is refused, with the equation and the way out; names that the code needs are not silently shared."""

from dataclasses import replace

import networks
import pytest
import sympy
from lowered import compared, derivation

from symrnn.algebra.nodes import Leaf, Node, Scale, t
from symrnn.algebra.sizes import size
from symrnn.calculus.derive import derive
from symrnn.errors import LanguageError, RuleError, SymrnnError
from symrnn.language.read import read_cell
from symrnn.lower import lower
from symrnn.lower.memory import as_size, stored
from symrnn.model.composition import compose

H, I = size("H"), size("I")  # noqa: E741
TOLERANCE = 2e-14  # as in test_values


@pytest.mark.parametrize("name", [name for name in networks.ALL if name not in networks.RUNNABLE])
def test_a_diagonal_matrix_that_is_added_is_refused(name):
    with pytest.raises(RuleError, match=r"no lowering for .* as a matrix that is added: multiply each part"):
        lower(derivation(name))


def with_line(expr: Node):
    """Return the derivation of the vanilla cell with another right-hand side in its first equation."""
    derived = derivation("rnn+none")
    forward = (replace(derived.forward[0], expr=expr), *derived.forward[1:])
    return replace(derived, forward=forward)


@pytest.mark.parametrize("factor", [sympy.sqrt(2), sympy.pi, sympy.Float("0.1"), sympy.Symbol("alpha")], ids=str)
def test_a_number_that_is_not_a_fraction_is_refused(factor):
    h = Leaf("h", H, 1, t - 1)
    with pytest.raises(RuleError, match="is not a fraction of numbers and sizes; only these can stand in emitted code"):
        lower(with_line(Scale(factor, h)))


MATRICES = """
cell matrices
  input x: I
  state C: H x H
  C = C[t-1] @ C[t-1] + (W @ x) @ (V @ x).T
  param u: H
  output y
  y = C @ u
"""


def test_a_product_of_two_matrices_that_vary_is_refused():
    with pytest.raises(RuleError, match=r"no lowering for C.* multiply column by column instead"):
        lower(derive(compose(read_cell(MATRICES))))


@pytest.mark.parametrize("length", [H / 2, -H, H - I, H * I, H**2, sympy.Rational(1, 2)], ids=str)
def test_a_size_that_no_buffer_can_have_is_refused(length):
    with pytest.raises(RuleError, match="is not a sum of named sizes, so no buffer can have it"):
        as_size(length)


@pytest.mark.parametrize(
    ("length", "written"), [(H, "H"), (I + H, "H + I"), (2 * H + 1, "2*H + 1"), (sympy.Integer(3), "3")]
)
def test_sums_of_named_sizes_are_sizes(length, written):
    assert sorted(str(as_size(length)).split(" + ")) == sorted(written.split(" + "))


def test_how_a_matrix_is_stored_follows_from_its_symbols():
    assert stored((H, I)) == (as_size(H), as_size(I))
    assert stored((H, sympy.Integer(1))) == (as_size(H),)
    assert stored((sympy.Integer(1), sympy.Integer(1))) == ()
    assert stored((sympy.Integer(1), H)) == (as_size(sympy.Integer(1)), as_size(H))


# -- names ----------------------------------------------------------------------------------------------------------------

NEEDED = (
    "h0",
    "dh",
    "dx",
    "dh0",
    "dW",
    "dU",
    "db",
    "dz_h",
    "dh_total",
    "carry_h",
    "scratch",
    "inner",
    "total",
    "largest",
)
BODIES = {
    "a parameter": "  h = tanh(W @ x + U @ h[t-1] + b) + {name}\n",
    "a column of a step": "  {name} = W @ x + b\n  h = tanh({name} + U @ h[t-1])\n",
    "a kept column": "  {name} = tanh(W @ x + b)\n  h = {name} * tanh(U @ h[t-1])\n",
    "an input": "  input {name}: H\n  h = tanh(W @ x + U @ h[t-1] + b) * {name}\n",
    "a state": "  state {name}: H\n  {name} = tanh(W @ x + b)\n  h = tanh(U @ h[t-1] + {name}[t-1])\n",
    "a size": "  param W: H x {name}\n  input s: {name}\n  h = tanh(W @ s + U @ h[t-1] + b) + V @ x\n",
}


@pytest.mark.parametrize("name", NEEDED)
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_name_that_the_code_needs_is_refused_or_does_no_harm(body, name):
    """Never two things under one name: the gradients are right, or the message says which name to change."""
    text = f"cell a\n  input x: I\n  state h: H\n{body.format(name=name)}"
    try:
        network = compose(read_cell(text, "a"))
        lowered = lower(derive(network))
    except SymrnnError as error:
        assert name in str(error)
        assert "rename" in str(error) or isinstance(error, LanguageError)
        return
    for gradient, error in compared(network, lowered, (4, 2, 3, 5, 6)[: 2 + len(network.sizes)]).items():
        assert error < TOLERANCE, gradient


def test_a_name_taken_by_a_gradient_is_refused_with_advice():
    network = compose(read_cell("cell a\n  input x: I\n  state h: H\n  h = tanh(W @ x + h[t-1]) + dW\n", "a"))
    with pytest.raises(RuleError, match=r"dW.*rename"):
        lower(derive(network))
