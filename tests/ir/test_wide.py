"""The interpreter on matrices for each sequence, several loops, conditions and given sizes, against plain NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from programs import NUMBERS, B, H, I, T, arguments, assign, at, call, column, last, load, procedures, step
from spreads import CASES, DOMAINS, OVERS, VALUES, label, reductions, spread_by_hand, spreads
from wide import OBJECTIVES, STACK, WIDE, K, S, composed, matrix_memory, stack, truncated, truncated_gradients

from symrnn.ir.buffers import Buffer, Role, Size
from symrnn.ir.cost import cost
from symrnn.ir.interpret import interpret
from symrnn.ir.nodes import At, Extent, Loop, Number, Program, Reduce, Ref, Stretch, When, Windows, full
from symrnn.ir.rename import rename
from symrnn.ir.shapes import given_sizes_used, sizes_used
from symrnn.ir.text import line, scalar_text, text
from symrnn.ir.validate import validate

STEP = 1e-30  # the complex step has no cancellation: the smaller the better


def both(program: Program, arrays: dict, numbers: dict = NUMBERS) -> dict:
    kept = interpret(program, program.forward, arrays, numbers)
    return {**kept, **interpret(program, program.backward, {**arrays, **kept}, numbers)}


def complex_step(name: str, arrays: dict, of: str) -> np.ndarray:
    gradient = np.empty_like(arrays[of])
    for index in np.ndindex(gradient.shape):
        shifted = {key: array.astype(complex) for key, array in arrays.items() if isinstance(array, np.ndarray)}
        shifted[of][index] += 1j * STEP
        gradient[index] = OBJECTIVES[name]({**arrays, **shifted}).imag / STEP
    return gradient


@pytest.mark.parametrize("name", [*WIDE, "spreads", "reductions"])
def test_programs_are_well_formed(name) -> None:
    program = {**WIDE, "spreads": spreads, "reductions": reductions}[name]()
    assert validate(program) is program


@pytest.mark.parametrize("name", OBJECTIVES)
def test_every_gradient_is_the_complex_step_derivative(name) -> None:
    program = WIDE[name]()
    arrays = arguments(program)
    gradients = {key: array for key, array in both(program, arrays).items() if key.startswith("d")}
    assert gradients
    for key, gradient in gradients.items():
        # at most 7 + 5 steps of sums over a dozen terms of size 1
        np.testing.assert_allclose(gradient, complex_step(name, arrays, key[1:]), rtol=1e-12, atol=1e-14, err_msg=key)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_the_interpreter_itself_can_be_differentiated(name) -> None:
    program = WIDE[name]()
    arrays = arguments(program)
    of = {"matrix_memory": "D", "composed": "W", "self_driven": "h0"}[name]
    shifted = {key: np.asarray(array).astype(complex) for key, array in arrays.items() if key not in NUMBERS}
    shifted[of][1, 2] += 1j * STEP
    kept = interpret(program, program.forward, shifted, NUMBERS)
    value = kept.get("J", 0)
    for seed in program.having(Role.SEED):
        output = kept[seed.name[1:]]
        value = value + np.sum(arrays[seed.name] * output[len(output) - len(arrays[seed.name]) :])
    np.testing.assert_allclose(value.imag / STEP, complex_step(name, arrays, of)[1, 2], rtol=1e-12)


@pytest.mark.parametrize("every", [1, 2, 3, 5, 9])
@pytest.mark.parametrize("span", [1, 2, 3, 4, 5, 9])
def test_a_gradient_is_cut_off_every_few_steps(span, every) -> None:
    program = truncated()
    numbers = {**NUMBERS, "K": span, "N": every}
    arrays = arguments(program, numbers=numbers)
    found = both(program, arrays, numbers)
    for key, wanted in truncated_gradients(arrays, span, every).items():
        np.testing.assert_allclose(found[key], wanted, rtol=1e-14, atol=1e-15, err_msg=key)  # sums in another order


def test_a_condition_of_a_step_that_does_not_occur_does_nothing() -> None:
    """With two steps there is no step T − 3."""
    program = composed()
    first, loop, *rest = program.backward.body[4:]
    body = (*program.backward.body[:4], first, Loop((When(At("T", -3), (assign("g", 7, True),)), *loop.body), True))
    other = validate(
        Program(
            **{
                **{name: getattr(program, name) for name in program.__slots__},
                "backward": type(program.backward)("backward", program.backward.arguments, (*body, *rest)),
            }
        )
    )
    for steps, same in ((2, True), (3, False)):
        numbers = {**NUMBERS, "T": steps}
        arrays = arguments(program, numbers=numbers)
        assert np.array_equal(both(program, arrays, numbers)["dh0"], both(other, arrays, numbers)["dh0"]) is same


@pytest.mark.parametrize(("rank", "axes"), CASES)
def test_a_load_is_spread_along_its_axes(rank, axes) -> None:
    program = spreads()
    arrays = arguments(program)
    kept = interpret(program, program.forward, arrays, NUMBERS)
    shape = tuple(one.value(NUMBERS) for one in DOMAINS[rank])
    end = f"{rank}_{label(axes)}"
    wanted = spread_by_hand(arrays[f"p{end}"], axes, shape)
    np.testing.assert_array_equal(kept[f"copy{end}"], wanted)
    np.testing.assert_allclose(kept[f"sum{end}"], wanted * wanted + wanted - 3, rtol=1e-15, atol=1e-15)
    np.testing.assert_array_equal(kept[f"largest{end}"], wanted.max(axis=0))


def test_reductions_are_over_the_axes_named() -> None:
    program = reductions()
    arrays = arguments(program)
    kept = interpret(program, program.forward, arrays, NUMBERS)
    shape = tuple(one.value(NUMBERS) for one in STACK)
    steps = [
        {key: array[t] if key in "xqk" else array for key, array in arrays.items()} for t in range(len(arrays["x"]))
    ]
    for name, (_, meaning) in VALUES.items():
        values = [np.broadcast_to(meaning(one), shape) for one in steps]
        for over in OVERS:
            end = f"{name}_{label(over)}"
            np.testing.assert_allclose(kept[f"sum_{end}"], values[-1].sum(over), rtol=1e-14, atol=1e-15)
            np.testing.assert_array_equal(kept[f"max_{end}"], values[-1].max(over))
            np.testing.assert_allclose(kept[f"all_{end}"], sum(values).sum(over), rtol=1e-13, atol=1e-14)
    wide, inputs = arrays["wide"], NUMBERS["I"]
    np.testing.assert_array_equal(kept["cut"][3][..., inputs:], wide[..., inputs:])
    first = wide[..., :inputs] * arrays["x"][3] + arrays["q"][3][:, np.newaxis, :]
    np.testing.assert_allclose(kept["cut"][3][..., :inputs], first, rtol=1e-15)


def test_the_text_names_axes_where_rows_and_columns_do_not_tell() -> None:
    printed = text(matrix_memory())
    assert "    C[t + 1] = tanh(Dⱼₖ ∘ C[t] + x[t] + wⱼ ∘ k[t]ᵢₖ)\n    y[t] = sumₖ of C[t + 1] ∘ k[t]ᵢₖ\n" in printed
    assert "    dw += sumᵢₖ of g ∘ k[t]ᵢₖ\n" in printed
    assert "  C      (T + 1, B, H, I)  output         states; the first is initial\n" in printed
    found = [scalar_text(load("m", axes), 2) for axes in ((), (0,), (1,), (0, 1), (1, 0), (0, None), (None, 1))]
    assert found == ["m", "column(m)", "row(m)", "m", "mᵀ", "mᵢ₁", "m₁ⱼ"]
    assert scalar_text(load("m", (0,)), 1) == "m" and scalar_text(load("m", full(3)), 3) == "m"
    assert line(matrix_memory(), Reduce(Ref("s"), stack("g"), STACK, full(3))) == "s = sum over all of g"
    assert line(matrix_memory(), Reduce(Ref("w"), load("w", (0,)), (H,), (0,), "max")) == "w = max over all of w"


def test_the_text_tells_lengths_conditions_and_given_sizes() -> None:
    printed = text(composed())
    assert "  for t = S−1 … 0:\n    z = u[t] @ Wᵀ\n" in printed and "  for t = 0 … S−1:\n" in printed
    assert "  v[S] = h[T]\n" in printed
    assert "      when t = T − 1:\n        g += a[S]\n" in printed
    assert "J += sum over all of y / T ∘ h[t + 1]" in printed
    cut = text(truncated())
    assert "\n  K  steps before the gradient is cut off (given by the caller)\n" in cut
    head = "for begin = 0, N, 2·N, … < T, end = min(begin + N, T), first = max(end − K, 0):"
    assert f"  {head}\n    (cut) every N steps\n      carry = 0\n    for t = end−1 … max(begin, first):\n" in cut
    assert "    for t = begin−1 … first:\n      dz = (1 − h[t + 1]²) ∘ carry\n" in cut
    assert scalar_text(call("mul", Extent(Size((("T", 1),), 1)), Extent(H)), 2) == "(T + 1) ∘ H"


def test_cost_counts_lengths_and_conditions() -> None:
    steps, second, batch, inputs, hidden = (NUMBERS[name] for name in "TSBIH")
    found = cost(composed(), NUMBERS)
    assert found.products == 3 * (steps + second)
    assert found.flops == 2 * batch * hidden * inputs * 3 * (steps + second)
    # y / T ∘ h[t + 1] and z + r ∘ h[t] with tanh, in each direction; (1 − h²) ∘ g, dz ∘ h and r ∘ dz; the last step
    terms = steps * (3 + 3) + second * 3 + 2 + second * (3 + 2 + 1) + steps * (2 + 3 + 2 + 1) + 1
    assert found.operations == terms * batch * hidden
    assert found.kept == (steps + 1 + second + 1) * batch * hidden
    stacks = cost(matrix_memory(), NUMBERS)
    size = batch * hidden * inputs
    assert stacks.operations == steps * size * ((5 + 2) + (6 + 2 + 2 + 2 + 2 + 1)) and stacks.work == 2 * size


def test_sizes_used_are_those_mentioned() -> None:
    program = truncated()
    assert sizes_used(program, program.forward) == {"T", "B", "H"}
    assert sizes_used(program, program.backward) == {"T", "B", "H", "K", "N"}
    assert given_sizes_used(program, program.forward) == () and given_sizes_used(program, program.backward) == (
        "K",
        "N",
    )
    program = composed()
    assert sizes_used(program, program.forward) == {"T", "S", "B", "H", "I"}


@pytest.mark.parametrize("name", WIDE)
def test_renaming_reaches_every_statement(name) -> None:
    program = WIDE[name]()
    names = {buffer.name: f"new_{buffer.name}" for buffer in program.buffers if buffer.role is Role.WORK}
    renamed = validate(rename(program, names))
    back = rename(renamed, {new: old for old, new in names.items()})
    assert names and renamed != program and back == program


def test_a_loop_may_run_over_any_size_in_either_direction() -> None:
    """A cumulative sum from either end, over the columns of another array's steps."""
    buffers = (
        Buffer("x", (S, B, I), Role.INPUT, True),
        Buffer("h", (Size((("S", 1),), 1), B, I), Role.OUTPUT, True),
        Buffer("g", (Size((("S", 1),), 1), B, I), Role.OUTPUT, True),
        Buffer("w", (T, B), Role.INPUT, True),
        Buffer("m", (B, I), Role.OUTPUT),
        Buffer("dw", (T, B), Role.GRADIENT, True),
    )
    forward = (
        assign(step("h", 0), 0),
        Loop((assign(at("h", 1), call("add", at("h"), at("x"))),), length="S"),
        assign(Ref("g", At("S")), 0),
        Loop((assign(at("g"), call("add", at("g", 1), at("x"))),), reverse=True, length="S"),
        assign("m", call("mul", call("sub", Ref("h", At("S")), step("g", 0)), column(last("w", -1)))),
    )
    backward = (Loop((assign(at("dw"), load(at("w"), full(1))),)),)
    sizes = (("T", ""), ("S", ""), ("B", ""), ("I", ""))
    program = validate(Program("sums", "", "", sizes, buffers, *procedures(buffers, forward, backward)))
    arrays = arguments(program)
    kept = interpret(program, program.forward, arrays, NUMBERS)
    np.testing.assert_allclose(kept["h"][1:], np.cumsum(arrays["x"], 0), rtol=1e-14, atol=1e-15)
    np.testing.assert_allclose(kept["g"][:-1], np.cumsum(arrays["x"][::-1], 0)[::-1], rtol=1e-14, atol=1e-15)
    np.testing.assert_allclose(kept["m"], 0, atol=1e-14)


def test_windows_count_by_any_given_form() -> None:
    """Blocks of three steps by a literal, windows of K + 1 by a size; each step counts how often it is reached, and as what."""
    buffers = (
        Buffer("x", (T, B), Role.INPUT, True),
        Buffer("r", (B,), Role.PARAMETER),
        Buffer("own", (T, B), Role.OUTPUT, True),
        Buffer("old", (T, B), Role.OUTPUT, True),
        Buffer("n", (B,), Role.OUTPUT),
        Buffer("dr", (B,), Role.GRADIENT),
    )

    def add(name: str) -> tuple:
        return (assign(at(name), load(at("x"), (0,)), accumulate=True),)

    body = (assign("n", Number(1), accumulate=True), Stretch(add("own")), Stretch(add("old"), older=True))
    zeros = Loop((assign(at("own"), Number(0)), assign(at("old"), Number(0))))
    forward = (assign("n", Number(0)), zeros, Windows(Size((), 3), K + Size((), 1), body))
    both_ways = procedures(buffers, forward, (assign("dr", load("r", (0,))),))
    sizes = (("T", ""), ("B", ""), ("K", ""))
    program = validate(Program("counts", "", "", sizes, buffers, *both_ways, given_sizes=("K",)))
    for span, own, old in (
        (1, "01101111", "00000000"),
        (3, "11111111", "00101100"),
        (5, "11111111", "11211100"),
        (9, "11111111", "22211100"),
    ):
        numbers = {"T": 8, "B": 2, "K": span}
        found = interpret(program, program.forward, {"x": np.ones((8, 2))}, numbers)
        got = ["".join(str(int(one)) for one in found[name][:, 0]) for name in ("own", "old")]
        assert (span, got, found["n"][0]) == (span, [own, old], 3)
        assert cost(program, numbers).operations == 2 * (3 + sum(map(int, own + old)))
