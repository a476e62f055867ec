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


def test_a_derivation_prints_itself_in_a_line():
    shown = repr(symrnn.derive("rnn"))
    assert "rnn" in shown and "dW_hh" in shown and len(shown) < 300
    assert "z_h[t]" in repr(symrnn.derive("rnn").steps)


@pytest.mark.parametrize(
    "call",
    [
        lambda: symrnn.compile("rnn"),
        lambda: symrnn.check("rnn"),
        lambda: symrnn.document("rnn"),
        lambda: symrnn.emit("rnn"),
        lambda: symrnn.derive(3),
        lambda: symrnn.check(symrnn.derive("rnn"), backend="x"),
        lambda: symrnn.check(symrnn.derive("rnn"), seed=-1),
        lambda: symrnn.check(symrnn.derive("rnn"), steps=0),
        lambda: symrnn.check(symrnn.derive("rnn"), steps=2.5),
    ],
)
def test_what_makes_no_sense_is_a_symrnn_error(call):
    with pytest.raises(symrnn.SymrnnError):
        call()


def test_a_dtype_may_be_given_as_numpy_gives_it():
    assert symrnn.compile(symrnn.derive("rnn"), dtype=np.float32).dtype == "float32"


@pytest.mark.parametrize("spoil", [lambda y: 2 * y, lambda y: y * 0, lambda y: y * np.nan])
def test_targets_that_do_not_sum_to_one_are_refused(spoil):
    """The gradients were derived under this assumption: without it they are not those of the loss."""
    derivation = symrnn.derive("rnn")
    arrays = arrays_for(derivation)
    with pytest.raises(symrnn.SymrnnError, match="must sum to 1"):
        symrnn.compile(derivation).loss_and_gradient(**{**arrays, "y": spoil(arrays["y"])})


def test_the_emitted_files_say_that_targets_sum_to_one():
    for name, text in symrnn.emit(symrnn.derive("rnn"), dtype="float64").items():
        assert "sums to 1" in text or name.endswith((".c", "_test.c"))


def test_a_masked_array_is_refused():
    derivation = symrnn.derive("rnn")
    arrays = arrays_for(derivation)
    with pytest.raises(symrnn.SymrnnError, match="masked"):
        symrnn.compile(derivation).loss_and_gradient(**{**arrays, "b_h": np.ma.array(arrays["b_h"])})
