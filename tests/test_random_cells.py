"""Random cells go the whole line, and every cell that once went wrong goes it again.

What is refused is refused with a clear error; what is not refused has the gradient that complex steps find, by the meaning of
the program and by emitted NumPy.
"""

import numpy as np
import pytest
import random_cells

from symrnn import cells
from symrnn.algebra.evaluate import evaluate
from symrnn.calculus.adjointness import one_step
from symrnn.calculus.derive import derive
from symrnn.calculus.jacobians import local_jacobians
from symrnn.errors import LanguageError, SymrnnError
from symrnn.ir.interpret import interpret
from symrnn.ir.walk import arguments_read
from symrnn.language.read import read_cell
from symrnn.lower import lower
from symrnn.model.composition import compose
from symrnn.passes import optimize
from symrnn.runtime import load
from symrnn.verify import gradients
from symrnn.verify.check import runner
from symrnn.verify.exact import exact
from symrnn.verify.steps import check_steps, point

HEADS = ("none", "linear", "squared_error", "softmax_cross_entropy", "random")
SAME_AT_EVERY_STEP = "the same at every step"
SIZE_NOT_TOLD = "cannot tell every size from the arrays that it reads"
ROUNDING = 1e-9  # random cells saturate, divide and cancel, which loses digits; a wrong formula is off by 1e-3 or more


def network(text, head="none"):
    cell = read_cell(text)
    if head.startswith("head"):
        return compose(cell, read_cell(head))
    return compose(cell, None if head == "none" else cells.load_head(head))


def interpreted(program, sizes):
    def call(procedure, arrays):
        return interpret(
            program, procedure, {b.name: arrays[b.name] for b in arguments_read(program, procedure)}, sizes
        )

    def run(arrays):
        kept = call(program.forward, arrays)
        found = {**kept, **call(program.backward, {**arrays, **kept})}
        return {**found, "loss": found[program.loss.name]} if program.loss is not None else found

    return run


def check_gradients(net, derivation, steps=4, batch=2, first=3, digits_lost=False):
    program = optimize(lower(derivation))
    data = gradients.case(net, steps, batch, seed=1, first=first)
    truth = gradients.truth(net, data)
    ways = {
        "the program": interpreted(program, dict(data.sizes)),
        "NumPy": runner(load(program, "numpy", "float64"), dict(data.sizes)),
    }
    for way, run in ways.items():
        for row in gradients.compare(net, data, truth, way, "float64", run):
            right = row.error < ROUNDING if digits_lost else row.passed
            assert right, f"{row.name} by {way}: {row.error:.1e}"


def check_jacobians(derivation):
    """Hold ∂v/∂u of every equation v = … against complex steps, one entry of u after the other."""
    here = point(derivation.network)
    for passage in derivation.passages:
        for leaf, jacobian in local_jacobians(passage).items():
            found = evaluate(jacobian, here.values, here.sizes)
            value = here.values[leaf].astype(complex)
            for entry in range(value.size):
                moved = {**here.values, leaf: value + 1j * 1e-30 * np.eye(value.size)[:, [entry]]}
                slope = evaluate(passage.equation.expr, moved, here.sizes).imag[:, 0] / 1e-30
                assert np.allclose(found[:, entry], slope, rtol=ROUNDING, atol=1e-14)


def readable(number: int) -> str:
    """Return a random text that is a cell: one whose state or output would never move is refused, and another is drawn."""
    while True:
        text = random_cells.cell_text(number)
        try:
            read_cell(text)
        except LanguageError as error:
            assert SAME_AT_EVERY_STEP in str(error)
            number += 1000
        else:
            return text


@pytest.mark.parametrize("number", range(36))
def test_a_random_cell_has_the_gradient_that_complex_steps_find(number):
    head = HEADS[number % len(HEADS)]
    net = network(readable(number), random_cells.head_text(number) if head == "random" else head)
    derivation = derive(net)
    for one in check_steps(derivation):
        assert one.error < ROUNDING, one.step.rule.name
    one_step(derivation)
    assert exact(derivation).holds
    check_jacobians(derivation)
    try:
        lower(derivation)
    except SymrnnError as error:
        assert SIZE_NOT_TOLD in str(error)
        return
    check_gradients(net, derivation, (4, 4, 1, 2)[number % 4], (2, 1, 3)[number % 3], digits_lost=True)


def cell(equations, declarations="input x: H"):
    lines = ["cell a", "  state h: H", *(f"  {line}" for line in declarations.split(";"))]
    return "\n".join([*lines, *(f"  {line.strip()}" for line in equations.split(";"))]) + "\n"


# name: (text, head, options of check_gradients). Each one was refused, crashed, or computed something wrong.
MENDED = {
    "a matrix of parameters entry by entry": (cell("h = tanh((W * V) @ h[t-1] + x)"), "none", {}),
    # the adjoint of a state that nothing but the next step's loss reads was not carried: dc0 was 0
    "a carry of an adjoint that nothing reads": (
        cell("h = tanh(c[t-1]); c = tanh(W @ x); output h, c", "state c: H;input x: H"),
        "none",
        {},
    ),
    "a state without effect on the loss": (
        cell("h = tanh(W @ x + V @ h[t-1]); c = h * c[t-1]", "state c: H;input x: H"),
        "softmax_cross_entropy",
        {},
    ),
    "a parameter without effect on the loss": (
        cell("h = tanh(W @ x + h[t-1]); v = U @ x; output h, v", "input x: H;param U: H x H"),
        "linear",
        {},
    ),
    "a bias times a matrix": (cell("h = tanh(W @ b + V @ h[t-1] + x)", "input x: H;param b: K"), "none", {}),
    "rows of a bias": (cell("h = b[0:H] * h[t-1] + b[H:2*H] * x", "input x: H;param b: 2*H"), "linear", {}),
    "a column times a number": (cell("h = tanh(x @ (x.T @ h[t-1]) + x)"), "squared_error", {}),
    "a column times a sum": (cell("h = tanh(x @ sum(W @ h[t-1]))", "input x: H;param W: K x H"), "linear", {}),
    "a form between columns": (cell("h = tanh(x @ (x.T @ W @ h[t-1]))"), "linear", {}),
    "a state of one entry": (
        "cell a\n  input x: I\n  state s: 1\n  s = tanh(w @ x + v * s[t-1] + b)\n",
        "squared_error",
        {},
    ),
    "a number spread by a weight": (
        cell("s = sigmoid(w @ x + v.T @ h[t-1] + b); h = tanh(U @ s + h[t-1])", "state s: 1;input x: I;output h, s"),
        "softmax_cross_entropy",
        {},
    ),
    "the root": (cell("h = sqrt(1 + h[t-1] ** 2) * tanh(x)"), "linear", {}),
    "the root of a parameter": (cell("h = tanh(sqrt(b) * h[t-1] + x)"), "linear", {}),
    "the logarithm of an input": (cell("h = tanh(log(x) + W @ h[t-1])"), "linear", {}),
    "steps": (cell("h = tanh(step(x) * h[t-1] + sign(W @ h[t-1]))"), "linear", {}),
    "log softmax": (cell("h = log_softmax(W @ h[t-1] + x)"), "squared_error", {}),
    "what cancels": (cell("h = tanh(W @ h[t-1] + x - x + b - b)"), "linear", {}),
    "a weight that cancels": (cell("h = tanh(W @ h[t-1] - W @ h[t-1] + x)"), "linear", {}),
    "softmax as attention": (cell("p = softmax(W @ h[t-1]); h = tanh(p * x + U @ h[t-1])"), "squared_error", {}),
    "a probability as the state": (cell("h = softmax(W @ h[t-1] + x)"), "softmax_cross_entropy", {}),
    "more lags than steps": (cell("h = tanh(W @ h[t-3] + V @ h[t-1] + x)"), "linear", {"steps": 2}),
    "one step of one sequence": (cell("h = tanh(W @ h[t-3] + x)"), "squared_error", {"steps": 1, "batch": 1}),
    "sizes of one": (cell("h = tanh(W @ x + V @ h[t-1])", "input x: I"), "squared_error", {"first": 1}),
    "sizes that are numbers": (
        "cell a\n  input x: 2\n  state h: 3\n  h = tanh(W @ x + V @ h[t-1])\n",
        "squared_error",
        {},
    ),
    "a state whose size is a multiple": (
        "cell a\n  input x: H + 1\n  state h: 2*H\n  h = tanh(W @ x + V @ h[t-1])\n",
        "linear",
        {},
    ),
    "a state whose size is called as one of the head": (
        "cell a\n  input x: I\n  state h: O\n  h = tanh(W @ x + V @ h[t-1])\n",
        "squared_error",
        {},
    ),
    "a weight called as a size of the head": (cell("h = tanh(O @ x + V @ h[t-1])"), "squared_error", {}),
    "a size called as a quantity of the head": (
        cell("h = tanh(W @ x + V @ h[t-1])", "input x: y"),
        "squared_error",
        {},
    ),
    "quantities called as scratch and carries": (
        cell("scratch = W @ x; carry_h = tanh(U @ h[t-1]); h = tanh(scratch * carry_h)"),
        "linear",
        {},
    ),
    "a second carry called as another state's": (
        cell("h = tanh(x + h[t-2] + h2[t-1]); h2 = 0.5 * h2[t-2] + h * h2[t-1]", "state h2: H;input x: H"),
        "linear",
        {},
    ),
    "a loss that holds a parameter twice": (
        cell("h = tanh(W @ h[t-1] + x)"),
        "head r\n  input h: H\n  target y: H\n  e = h - y\n  J = sum(w * e * e) + 0.1 * (w.T @ w)\n",
        {},
    ),
    "a loss that is a product of sums": (
        cell("h = tanh(W @ h[t-1] + x)"),
        "head r\n  input h: H\n  target y: H\n  J = sum(softplus(h)) - y.T @ h + 2 * (sum(h) @ sum(y))\n",
        {},
    ),
}


@pytest.mark.parametrize("name", MENDED)
def test_what_once_went_wrong_goes_right(name):
    text, head, options = MENDED[name]
    net = network(text, head)
    derivation = derive(net)
    assert all(one.error < ROUNDING for one in check_steps(derivation))
    one_step(derivation)
    check_jacobians(derivation)
    check_gradients(net, derivation, **options)


REFUSED = {
    "an adjoint's name": (cell("dh = tanh(x); h = dh + h[t-1]"), "dh is the name of the adjoint of h"),
    "a gradient's name": (cell("dx = tanh(x); h = dx * h[t-1]"), "two things would be called dx"),
    "a gradient's name for a parameter": (cell("h = dW @ x + W @ h[t-1]"), "two things would be called dW"),
    "an initial state's name": (cell("h0 = tanh(x); h = h0 * h[t-1]"), "two things would be called h0"),
    "an initial state's name for a size": (cell("h = W @ x + h[t-1]", "input x: h0"), "two things would be called h0"),
    "an initial state's name for a state": (
        cell("h = tanh(x + h[t-1]); h0 = h * h0[t-1]", "state h0: H;input x: H"),
        "two things would be called h0",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_emitted_is_refused_and_said(name):
    text, message = REFUSED[name]
    with pytest.raises(SymrnnError, match=message):
        lower(derive(network(text)))


def test_heads_that_do_not_fit_are_refused():
    text = cell("h = tanh(W @ x + h[t-1]); c = tanh(U @ h + c[t-1])", "state c: K;input x: H")
    two = "head r\n  input h: N, c: N\n  target y: N\n  e = h + c - y\n  J = e.T @ e\n"
    with pytest.raises(SymrnnError, match="reads c with H entries, but c has K"):
        network(text, two)
    one = "head r\n  input h: 1\n  target y: 1\n  e = h - y\n  J = e.T @ e\n"
    with pytest.raises(SymrnnError, match="reads h with 1 entries, but h has H"):
        network(text, one)


def test_a_loss_that_is_not_a_number_is_said():
    net = network(cell("h = log(tanh(x)) + h[t-1]"), "linear")
    with np.errstate(all="ignore"), pytest.raises(SymrnnError, match="is nan at random data"):
        gradients.truth(net, gradients.case(net))


def test_random_texts_are_the_same_every_time():
    assert random_cells.cell_text(7) == random_cells.cell_text(7)
    assert len({random_cells.cell_text(number) for number in range(50)}) == 50
