"""What a lowered program computes is the loss and its gradient: every cell with every head, at small, odd and degenerate sizes."""

from dataclasses import replace

import networks
import pytest
from lowered import compared, derivation, drawn, gradients, program

from symrnn.calculus.derive import derive
from symrnn.ir.buffers import Role
from symrnn.ir.validate import validate
from symrnn.language.read import read_cell
from symrnn.lower import lower
from symrnn.model.composition import compose

# Sums of at most some hundred products of order one over at most seven steps: some ten roundings of the largest entry.
TOLERANCE = 2e-14
DEMANDED = 1e-12
#          T  B  and the sizes of the network in their order: I, H, O or I, H, K
SIZES = ((1,) * 12, (5, 2, 3, 4, 6, 7, 8, 9, 10, 11), (7, 3, 2, 5, 4, 6, 8, 9, 10, 11))


def of(name_or_network, numbers):
    return numbers[: 2 + len(name_or_network.sizes)]


CASES = [(name, SIZES[1]) for name in networks.RUNNABLE]
CASES += [(name, numbers) for name in networks.THOROUGH for numbers in (SIZES[0], SIZES[2])]


@pytest.mark.parametrize(
    ("name", "numbers"), CASES, ids=lambda one: one if isinstance(one, str) else "-".join(map(str, one[:5]))
)
def test_every_gradient_is_the_numerical_one(name, numbers):
    network = networks.network(name)
    errors = compared(network, program(name), of(network, numbers), seed=11)
    wanted = [leaf.name for leaf in (*network.params, *network.inputs)]
    wanted += [f"{state.leaf.name}0" for state in network.states if state.initial == "given"]
    assert {f"d{one}" for one in wanted} <= set(errors)
    tolerance = DEMANDED if name.startswith("mlstm") else TOLERANCE  # its gates cancel in C q / max(|nᵀ q|, 1)
    for gradient, error in errors.items():
        assert error < tolerance, gradient


LAGS = {
    "three lags": "h = tanh(W @ x + U_1 @ h[t-1] + U_2 @ h[t-2] + U_3 @ h[t-3])",
    "a lag left out": "h = tanh(W @ x + U @ h[t-2])",
    "a lag read twice": "h = tanh(W @ x + U @ h[t-2]) * h[t-2] + u * h[t-1]",
    "only the third": "h = (W @ x) * h[t-3]",
}


@pytest.mark.parametrize("numbers", [(1, 2, 3, 4), (2, 1, 4, 3), (7, 3, 2, 5)])
@pytest.mark.parametrize("line", LAGS.values(), ids=LAGS)
def test_carries_over_several_steps(line, numbers):
    """Also when the sequence is shorter than the lag."""
    network = compose(read_cell(f"cell lags\n  input x: I\n  state h: H\n  {line}\n", "test"))
    lowered = lower(derive(network))
    assert lowered.buffer("h0").steps
    for gradient, error in compared(network, lowered, numbers).items():
        assert error < TOLERANCE, gradient


FORMS = {
    "quotient and power": "  h = (W @ x) / (1 + exp(U @ h[t-1])) ** 2\n",
    "every function": "  a = sin(W @ x) + cos(U @ h[t-1])\n  c = identity(a)\n"
    "  h = softplus(a) * abs(a) + log(exp(a)) + sigmoid(c)\n",
    "softmax inside": "  p = softmax(U @ h[t-1])\n  h = p * tanh(W @ x) + log(p)\n",
    "inner product": "  h = h[t-1] @ (h[t-1].T @ m) + W @ x\n  param m: H\n",
    "outer product": "  h = a @ b.T @ h[t-1] + W @ x\n  param a: H\n  param b: H\n",
    "a product in steps": "  h = tanh(P @ Q @ x + h[t-1])\n  param P: H x K\n",
    "fractions": "  h = tanh(W @ x / 3 - 0.1 * h[t-1]) * 2.5\n",
    "slices": "  param V: 2*H x I\n  z = V @ x\n  h = tanh(z[0:H]) * z[H:2*H] + h[t-1]\n",
    "concatenation of three": "  h = tanh(W @ concat(x, h[t-1], x) + b)\n  param W: H x 2*I + H\n",
    "constant": "  const m: H\n  h = m * tanh(W @ x + U @ h[t-1])\n",
    "a state that is not read": "  h = tanh(W @ x) + 0 * h[t-1]\n",
    "the same weight twice": "  a = tanh(U @ h[t-1] + W @ x)\n  h = tanh(U @ a) + a\n",
    "a transposed weight": "  h = tanh(U @ h[t-1] + U.T @ h[t-1] + W @ x)\n  param U: H x H\n",
    "an output that is no state": "  h = tanh(W @ x + U @ h[t-1])\n  param V: K x H\n  y = V @ h\n  output y\n",
    "a state and an output": "  h = tanh(W @ x + U @ h[t-1])\n  y = h * h[t-1]\n  output y, h\n",
    "the past alone": "  y = tanh(W @ x + U @ h[t-1])\n  h = y + h[t-1]\n  output y\n",
    "step": "  h = step(W @ x) * h[t-1] + sqrt(exp(V @ x))\n",
}


@pytest.mark.parametrize("numbers", [(1, 1, 1, 1, 1), (4, 3, 2, 5, 6)], ids=["one", "four"])
@pytest.mark.parametrize("body", FORMS.values(), ids=FORMS)
def test_every_form_of_an_equation(body, numbers):
    network = compose(read_cell(f"cell form\n  input x: I\n  state h: H\n{body}", "test"))
    for gradient, error in compared(network, lower(derive(network)), of(network, numbers), seed=3).items():
        assert error < TOLERANCE, gradient


@pytest.mark.parametrize("name", ["rnn+softmax_cross_entropy", "lstm+none", "two_lags+none"])
def test_two_calls_in_a_row_give_the_same(name):
    """Gradients are written, not added to what the caller's arrays hold."""
    network = networks.network(name)
    sizes = {size: value for value, size in enumerate(network.sizes, 3)}
    numbers = {"T": 5, "B": 2, **{size.name: value for size, value in sizes.items()}}
    arrays = drawn(network, sizes, 5, 2, 0)
    first = gradients(program(name), arrays, numbers)
    again = gradients(program(name), {**arrays, **first}, numbers)
    assert all((first[key] == again[key]).all() for key in first)


@pytest.mark.parametrize("name", ["rnn+softmax_cross_entropy", "elman+squared_error", "lstm+none"])
def test_a_wrong_program_is_noticed(name):
    """Without one block of the backward loop some gradient is wrong or was never written."""
    lowered, network = program(name), derivation(name).network
    place = next(i for i, statement in enumerate(lowered.backward.body) if hasattr(statement, "reverse"))
    loop = lowered.backward.body[place]
    for number in range(len(loop.body)):
        shorter = replace(loop, body=(*loop.body[:number], *loop.body[number + 1 :]))
        body = (*lowered.backward.body[:place], shorter, *lowered.backward.body[place + 1 :])
        try:
            wrong = validate(replace(lowered, backward=replace(lowered.backward, body=body)))
        except ValueError:
            continue  # noticed before it ran
        errors = compared(network, wrong, of(network, SIZES[1]))
        assert max(errors.values()) > 1e-3, loop.body[number]


def test_every_role_is_used_by_some_network():
    roles = {buffer.role for name in networks.RUNNABLE for buffer in program(name).buffers}
    assert roles == set(Role) - {Role.LOCAL}  # which only a pass makes
