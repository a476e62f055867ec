"""Every kind of formula has one meaning by each reading: its value at a sample is that of a calculation written here."""

import numpy as np
import pytest
from sympy import Integer

from symrnn import driver
from symrnn.algebra.nodes import t
from symrnn.claims import values
from symrnn.claims.context import OPTIONS, Context, Reading
from symrnn.claims.partial import Partial
from symrnn.claims.reading import Reader
from symrnn.claims.sampling import Sampler
from symrnn.claims.trees import NotUnderstood
from symrnn.claims.world import total_loss
from symrnn.errors import ShapeError, SymrnnError
from symrnn.language.formulas.latex import read_latex
from symrnn.language.formulas.plain import read_plain

NETWORK = driver.network("rnn", head="squared_error")
CONTEXT = Context(NETWORK)
SAMPLER = Sampler(NETWORK)
WORLD = SAMPLER.world(SAMPLER.usual_sizes(), 0)
STEP, LAST = 3, 5


def of(name, step=None):
    return np.asarray(WORLD.values[name, step])


def leaf(name, step=None):
    found = CONTEXT.leaves[name]
    return found if step is None else found.at(Integer(step))


def read(text, **reading):
    reader = Reader(CONTEXT, Reading(**reading))
    formula = read_latex(text) if "\\" in text else read_plain(text)
    return WORLD.value(values.as_node(reader.read(formula)), {t: STEP}), reader


H, BEFORE, AFTER, X, Z = of("h", 3), of("h", 2), of("h", 4), of("x", 3), of("z_h", 3)
W, U, V = of("W_hh"), of("W_xh"), of("W_hy")
SIGMA = 1 / (1 + np.exp(-Z))
EXPRESSIONS = {
    "h_t": H,
    "h_{t-1}": BEFORE,
    "h_{t+1}": AFTER,
    "h_0": of("h", 0),
    "h_T": of("h", LAST),
    "h_{T-1}": of("h", 4),
    "W_hh": W,
    "W_hh^T": W.T,
    "W_hh'": W.T,
    "(W_hh h_t)^T": (W @ H).T,
    "W_hh h_{t-1} + W_xh x_t": W @ BEFORE + U @ X,
    "W_hh @ h_t": W @ H,
    "W_hh * W_hh": W * W,
    "h_t * h_t": H * H,
    "h_t^2": H**2,
    "h_t ⊙ z_h_t": H * Z,
    "1 - h_t^2": 1 - H**2,
    "h_t / z_h_t": H / Z,
    "h_t / 2": H / 2,
    "2 h_t": 2 * H,
    "-h_t": -H,
    "h_t h_{t-1}^T": H @ BEFORE.T,
    "h_t^T h_t": H.T @ H,
    "tanh(z_h_t)": np.tanh(Z),
    "tanh'(z_h_t)": 1 - np.tanh(Z) ** 2,
    "sigmoid(z_h_t)": SIGMA,
    "sigma'(z_h_t)": SIGMA * (1 - SIGMA),
    "tanh^2(z_h_t)": np.tanh(Z) ** 2,
    "exp(z_h_t)": np.exp(Z),
    "abs(z_h_t)": np.abs(Z),
    "diag(h_t)": np.diag(H.ravel()),
    "diag(h_t) W_hh": H * W,
    "tr(W_hh)": np.trace(W).reshape(1, 1),
    "sum(h_t)": H.sum().reshape(1, 1),
    r"\operatorname{sech}^2(z_{h,t})": 1 / np.cosh(Z) ** 2,
    r"\mathbf 1 - h_t": 1 - H,
    r"\operatorname{softmax}(z_{h,t})": np.exp(Z) / np.exp(Z).sum(),
    r"\frac{h_t}{z_{h,t}}": H / Z,
    r"\frac12 h_t": H / 2,
    r"\sum_{t=1}^T h_t": sum(of("h", k) for k in range(1, 6)),
    r"\sum_t h_t": sum(of("h", k) for k in range(1, 6)),
    r"\sum_{k=t}^{T} h_k": sum(of("h", k) for k in range(3, 6)),
    r"\sum_{k=t+1}^{T} h_k h_{k-1}^\top": sum(of("h", k) @ of("h", k - 1).T for k in range(4, 6)),
    r"\sum_{k=T+1}^{T} h_k": np.zeros_like(H),
    r"\prod_{k=2}^{3} \operatorname{diag}(h_k) W_{hh}": (of("h", 2) * W) @ (of("h", 3) * W),
    r"W_{hh} \cdot h_t": W @ H,
    r"h_t \circ z_{h,t}": H * Z,
    r"{h_t}^{\odot 2}": H**2,
    r"\lVert h_t \rVert^2": H.T @ H,
}


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_an_expression_has_the_value_that_it_says(text):
    found, _ = read(text)
    assert found == pytest.approx(EXPRESSIONS[text], abs=1e-12)


def derivative(of_, by, route="all", flat=False):
    return WORLD.derivative(Partial(of_, by, route, flat))


J = total_loss(NETWORK)
DERIVATIVES = {
    ("dL/dh_t", "gradient"): derivative(J, leaf("h", 3)).T,
    ("dL/dh_t", "numerator"): derivative(J, leaf("h", 3)),
    ("dL/dh_t", "denominator"): derivative(J, leaf("h", 3)).T,
    ("dh_t/dh_{t-1}", "gradient"): derivative(leaf("h", 3), leaf("h", 2)),
    ("dh_t/dh_{t-1}", "numerator"): derivative(leaf("h", 3), leaf("h", 2)),
    ("dh_t/dh_{t-1}", "denominator"): derivative(leaf("h", 3), leaf("h", 2)).T,
    ("dL/dW_hy", "gradient"): derivative(J, leaf("W_hy")).T,
    ("dL/dW_hy", "numerator"): derivative(J, leaf("W_hy")),
    ("dL_t/dh_t", "gradient"): derivative(J.at(Integer(3)), leaf("h", 3)).T,
    ("dL/dh_0", "gradient"): derivative(J, leaf("h", 0)).T,
    ("dL/dh_T", "gradient"): derivative(J, leaf("h", LAST)).T,
    ("dh_t", "gradient"): derivative(J, leaf("h", 3)).T,
    ("h_bar_t", "gradient"): derivative(J, leaf("h", 3)).T,
    ("dW_hh", "gradient"): derivative(J, leaf("W_hh")).T,
    ("dW_hh^T", "gradient"): derivative(J, leaf("W_hh")),
    ("dh_t^T", "gradient"): derivative(J, leaf("h", 3)),
    (r"\bar{W}_{hh}", "gradient"): derivative(J, leaf("W_hh")).T,
    (r"\bar h_t", "gradient"): derivative(J, leaf("h", 3)).T,
    (r"\delta h_t", "gradient"): derivative(J, leaf("h", 3)).T,
    (r"\mathrm{d} W_{hh}^\top", "gradient"): derivative(J, leaf("W_hh")),
    (r"\nabla_{h_t} L", "numerator"): derivative(J, leaf("h", 3)).T,
    (r"\nabla_{W_{hh}} L", "gradient"): derivative(J, leaf("W_hh")).T,
    (r"\nabla_{W_{hh}}^{(t)} L", "gradient"): derivative(J, leaf("W_hh", 3)).T,
    (r"\frac{\partial L}{\partial h_{t-1}}", "gradient"): derivative(J, leaf("h", 2)).T,
    (r"\left(\frac{\partial h_t}{\partial h_{t-1}}\right)^\top", "gradient"): derivative(leaf("h", 3), leaf("h", 2)).T,
}


@pytest.mark.parametrize(("text", "layout"), DERIVATIVES)
def test_a_derivative_has_the_layout_of_the_reading(text, layout):
    found, _ = read(text, layout=layout)
    assert found == pytest.approx(DERIVATIVES[text, layout], abs=1e-12)


READINGS = {
    ("weights", "total"): ("dL/dW_hh", derivative(J, leaf("W_hh")).T),
    ("weights", "step"): ("dL/dW_hh", derivative(J, leaf("W_hh", 3)).T),
    ("weights", "immediate"): ("dh_t/dW_hh", derivative(leaf("h", 3), leaf("W_hh", 3))),
    ("route", "all"): ("dL/dh_t", derivative(J, leaf("h", 3)).T),
    ("route", "now"): ("dL/dh_t", derivative(J, leaf("h", 3), "now").T),
    ("route", "later"): ("dL/dh_t", derivative(J, leaf("h", 3), "later").T),
    ("flat", True): ("dL/dW_hh", derivative(J, leaf("W_hh"), "all", True).T),
    ("flat", False): ("dL/dW_hh", derivative(J, leaf("W_hh")).T),
    ("product", "written"): (r"\prod_{k=1}^{2} W_{hh} \operatorname{diag}(h_k)", W * of("h", 1).T @ W * of("h", 2).T),
    ("product", "reversed"): (r"\prod_{k=1}^{2} W_{hh} \operatorname{diag}(h_k)", W * of("h", 2).T @ W * of("h", 1).T),
}


@pytest.mark.parametrize(("option", "value"), READINGS)
def test_an_option_of_the_reading_changes_what_is_meant_and_is_noted(option, value):
    text, wanted = READINGS[option, value]
    found, reader = read(text, **{option: value})
    assert found == pytest.approx(wanted, abs=1e-12)
    assert option in reader.asked


def test_every_option_is_known_to_the_reading():
    for name, choices in OPTIONS.items():
        assert getattr(Reading(), name) == choices[0] and len(set(choices)) > 1


def test_what_has_no_options_asks_for_none():
    assert read("W_hh h_t + b_h")[1].asked == set()


def test_a_guess_by_shapes_is_noted():
    assert read("h_t z_h_t")[1].notes and not read("h_t * z_h_t")[1].notes


def test_an_adjoint_of_the_next_step_is_what_comes_later():
    found, _ = read("dh_next_t")
    assert found == pytest.approx(derivative(J, leaf("h", 3), "later").T)


NOT_READ = {
    "Q h_t": "Q",
    "W_hh^2": "square matrix",
    "2^(10^10)": "digits",
    "W_hh_{t}": "W_hh",
    "h_t, z_h_t": "list",
    r"\frac{\partial (h_t + z_{h,t})}{\partial x_t}": "named",
    r"\frac{\partial h_t}{\partial (2 x_t)}": "named",
}


@pytest.mark.parametrize("text", NOT_READ)
def test_what_has_no_meaning_is_refused_with_its_name(text):
    with pytest.raises(SymrnnError, match=NOT_READ[text]):
        read(text)


@pytest.mark.parametrize("text", ["W_hh + h_t", "W_hh x_t", "h_t ⊙ x_t", "diag(W_hh)"])
def test_parts_that_do_not_fit_are_refused(text):
    with pytest.raises(ShapeError):
        read(text)


def test_an_unknown_name_is_refused_with_its_place():
    with pytest.raises(NotUnderstood) as found:
        read(r"W_{hh} h_t + \mathbf{q}_t")
    assert found.value.where.column > 10 and "let q" in found.value.help
