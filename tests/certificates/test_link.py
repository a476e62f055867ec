"""What is certified is what is computed: the equations in the certificate, with numbers in them, are the emitted NumPy and C."""

import hashlib
from functools import cache

import numpy as np
import pytest
from coq_values import Certified

from symrnn import driver, proofs
from symrnn.algebra.nodes import T
from symrnn.errors import CompilerMissingError
from symrnn.model.schedule import initials, stored_place
from symrnn.verify import oracle

STEPS, BATCH = 3, 2
CLOSE = 1e-12  # of the largest entry: the same sums of some ten terms in another order
NETWORKS = {
    "rnn": {},
    "gru": {},
    "lstm": {},
    "lstm_layer_norm": {},
    "mlstm": {},  # a matrix for every sequence
    "two directions": {"cell": "rnn", "bidirectional": True, "mode": "many-to-one"},
    "encoder and decoder": {"cell": "gru", "head": "none", "mode": "encoder-decoder", "context": "every-step"},
}
IN_C = ("rnn", "gru", "lstm", "lstm_layer_norm", "mlstm")  # each is compiled


@cache
def derived(name):
    return driver.derive(**{"cell": name, **NETWORKS[name]})


@cache
def drawn(name):
    """Random arrays, and the sizes, pairwise different."""
    network = derived(name).network
    sizes = oracle.distinct_sizes(network, 4)
    return oracle.samples(network, sizes, STEPS, BATCH, 1), sizes


def certified(name, text, sequence):
    """The equations of one sequence, evaluated."""
    network, (arrays, sizes) = derived(name).network, drawn(name)
    lengths = tuple(int({T: STEPS, **sizes}[length]) for length in network.lengths)
    one = Certified(text, {f"n_{size.name}": number for size, number in sizes.items()}, lengths)
    steps = dict(zip(network.lengths, lengths, strict=True))
    shapes = {**{key: value[:2] for key, value in one.quantities.items()}, **one.constants}

    def put(of, step, array):
        one.values[of, step] = np.asarray(array).reshape(shapes[of])

    for leaf in (*network.params, *network.constants):
        put(leaf.name, 0, arrays[leaf.name])
    for leaf in (*network.inputs, *network.targets, *network.masks):
        array = arrays[leaf.name]
        if leaf.moves:
            for step, row in enumerate(array, 1):
                put(leaf.name, step, row[sequence])
        else:
            put(leaf.name, int(leaf.time.subs(steps)), array[sequence])
    for state, when, back in initials(network):
        step = int(when.initial(back).subs(steps))
        if state.initial == "given":
            array, place = arrays[f"{state.leaf.name}0"], stored_place(state, when, back)
            row = array if place is None else array[place]
            put(state.leaf.name, step, row[sequence])
        elif state.initial == "zero":
            put(state.leaf.name, step, np.zeros(shapes[state.leaf.name]))
    for output, seed in network.seeds:
        array = arrays[seed.name]
        for step, row in enumerate(array, 1) if output.moves else [(int(output.time.subs(steps)), array)]:
            one.seeds[output.name, step] = np.asarray(row[sequence]).reshape(shapes[output.name])
    if network.loss is not None:
        first, last = one.quantities[network.loss.name][2:]
        one.seeds |= {(network.loss.name, step): np.ones((1, 1)) for step in range(first, last + 1)}
    one.run()
    return one


def gradients(name, text):
    """The loss and every gradient, in the arrays of emitted code."""
    network, (arrays, _) = derived(name).network, drawn(name)
    begun = [f"{state.leaf.name}0" for state, _, _ in initials(network) if state.initial == "given"]
    active = [*(leaf.name for leaf in (*network.params, *network.inputs)), *begun]
    found = {f"d{key}": np.zeros_like(arrays[key]) for key in active}
    total = 0.0
    for sequence in range(BATCH):
        one = certified(name, text, sequence)
        steps = dict(zip(network.lengths, one.lengths, strict=True))
        if network.loss is not None:
            total += sum(value.item() for (key, _), value in one.values.items() if key == network.loss.name)
        for leaf in network.params:
            found[f"d{leaf.name}"] += one.bar(leaf.name, 0).reshape(arrays[leaf.name].shape)
        for leaf in network.inputs:
            into = found[f"d{leaf.name}"]
            for step, row in enumerate(into, 1) if leaf.moves else [(int(leaf.time.subs(steps)), into)]:
                row[sequence] = one.bar(leaf.name, step).reshape(row[sequence].shape)
        for state, when, back in initials(network):
            if state.initial == "given":
                into, place = found[f"d{state.leaf.name}0"], stored_place(state, when, back)
                row = into if place is None else into[place]
                row[sequence] = one.bar(state.leaf.name, int(when.initial(back).subs(steps))).reshape(
                    row[sequence].shape
                )
    return total, found


def errors(name, text, backend):
    """The largest error of every gradient of emitted code, held against those that are certified."""
    total, wanted = gradients(name, text)
    compiled = driver.compile(derived(name), backend)
    arrays, sizes = drawn(name)
    told = {size.name: number for size, number in sizes.items() if size.name in compiled.program.given_sizes}
    if derived(name).network.loss is None:
        found = compiled.gradient(**arrays, **told)
    else:
        found = compiled.loss_and_gradient(**arrays, **told)
        assert abs(found.loss - total) <= CLOSE * abs(total)
    return {key: np.abs(found[key] - value).max() / max(np.abs(value).max(), 1e-3) for key, value in wanted.items()}


@pytest.mark.parametrize(
    ("name", "backend"), [*((name, "numpy") for name in NETWORKS), *((name, "c") for name in IN_C)]
)
def test_emitted_code_computes_the_certified_equations(name, backend):
    try:
        worst = errors(name, proofs.certificate(derived(name)).text, backend)
    except CompilerMissingError as error:
        pytest.skip(str(error))
    assert max(worst.values()) <= CLOSE, worst


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('Part 0 (Ago 1) (Mul (Transpose (Var "W_hh" always))', 'Part 0 (Ago 1) (Mul (Var "W_hh" always)'),
        ('Part 0 always (Bar "z_h" now)', 'Part 0 always (Scale 2 (Bar "z_h" now))'),
        ("(Apply Tanh", "(Apply Sigmoid"),
    ],
)
def test_other_equations_are_not_what_is_computed(old, new):
    text = proofs.certificate(derived("rnn")).text
    assert text.count(old) == 1
    with np.errstate(all="ignore"):
        try:
            worst = errors("rnn", text.replace(old, new), "numpy")
        except AssertionError:  # of the loss
            return
    assert max(worst.values()) > 1e-3


def test_a_certificate_carries_the_hashes_of_the_emitted_files():
    written = proofs.certificate(derived("rnn")).text
    for name, text in driver.emit(derived("rnn"), dtype="float64").items():
        assert f"{hashlib.sha256(text.encode()).hexdigest()}  {name}" in written
