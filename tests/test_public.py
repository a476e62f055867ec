"""The public names of `symrnn`, as a Python user meets them."""

import numpy as np
import pytest

import symrnn
from symrnn.verify import oracle


def arrays_for(derivation, dtype="float64", steps=6, batch=3):
    network = derivation.network
    found = oracle.samples(network, oracle.distinct_sizes(network), steps, batch, seed=4)
    return {name: array.astype(dtype) for name, array in found.items()}


def test_every_public_name_is_there():
    for name in symrnn.__all__:
        assert getattr(symrnn, name) is not None
    assert set(symrnn.__all__) == set(dir(symrnn))


def test_an_unknown_name_is_an_attribute_error_with_the_names():
    with pytest.raises(AttributeError, match=r"public names: .*derive"):
        _ = symrnn.deriv


@pytest.mark.parametrize("backend", ["numpy", "c"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_compiled_code_leaves_its_inputs_alone_and_repeats_itself(backend, dtype):
    derivation = symrnn.derive("elman")
    try:
        compiled = symrnn.compile(derivation, backend, dtype)
    except symrnn.SymrnnError as error:
        pytest.skip(str(error))
    arrays = arrays_for(derivation, dtype)
    before = {name: array.copy() for name, array in arrays.items()}
    for array in arrays.values():
        array.flags.writeable = False
    first, second = compiled.loss_and_gradient(**arrays), compiled.loss_and_gradient(**arrays)
    assert first.loss == second.loss
    for name in first:
        assert np.array_equal(first[name], second[name])
        assert first[name].dtype == dtype
    for name, array in arrays.items():
        assert np.array_equal(array, before[name])
        if name != "y":
            assert first[f"d{name}"].shape == array.shape


def test_forward_and_backward_separately_give_what_one_call_gives():
    derivation = symrnn.derive("rnn")
    compiled = symrnn.compile(derivation)
    arrays = arrays_for(derivation)
    kept = compiled.forward(**arrays)
    apart, together = compiled.backward(kept, **arrays), compiled.loss_and_gradient(**arrays)
    assert kept.loss == together.loss
    for name in apart:
        assert np.array_equal(apart[name], together[name])


def test_the_prediction_of_a_head_is_an_output():
    derivation = symrnn.derive("rnn")
    kept = symrnn.compile(derivation).forward(**arrays_for(derivation))
    assert np.allclose(kept["y_hat"].sum(-1), 1.0)


def test_emitted_files_have_names_of_the_cell():
    names = set(symrnn.emit(symrnn.derive("rnn")))
    assert names == {"rnn.py", *(f"rnn_{kind}{end}" for kind in ("f32", "f64") for end in (".h", ".c", "_test.c"))}


def test_check_reports_every_gradient():
    report = symrnn.check(symrnn.derive("irnn"), backend="numpy", steps=4)
    assert report.passed
    assert {row.name for row in report.rows} == {"J", "dx", "dh0", "dW_xh", "dW_hh", "db_h", "dW_hy", "db_y"}


@pytest.mark.parametrize("bad", [{"head": "nonsense"}, {"cell": "rn"}, {"cell": "softmax_cross_entropy"}])
def test_a_wrong_name_is_a_symrnn_error(bad):
    with pytest.raises(symrnn.SymrnnError):
        symrnn.derive(bad.get("cell", "rnn"), bad.get("head"))


def test_a_head_is_not_a_cell():
    head = symrnn.cells.load_head("linear")
    with pytest.raises(symrnn.SymrnnError, match="is a head; a cell was needed"):
        symrnn.derive(head)


def test_a_notebook_shows_the_equations():
    shown = symrnn.derive("rnn")._repr_latex_()
    assert shown.startswith(r"$\displaystyle \begin{aligned}") and shown.endswith(r"\end{aligned}$")
    assert r"\bar{\mathbf{z}}_h^{(t)}" in shown and r"\boxed" in shown


def test_a_derivation_prints_itself():
    assert "z_h[t]" in repr(symrnn.derive("rnn"))
