import pytest
from programs import NUMBERS, PROGRAMS, call, column, load, row, tanh_rnn

from symrnn.ir.buffers import Size, size
from symrnn.ir.cost import Cost, cost
from symrnn.ir.nodes import At, Gemm, Number, Ref
from symrnn.ir.text import at_text, line, scalar_text, text

FORWARD = """\
forward(x, h0, y, W_xh, W_hh, b_h, W_hy, b_y, h, p, J)
  h[0] = h0
  J = 0
  for t = 0 … T−1:
    (h) h = tanh(W_xh x + W_hh h[t−1] + b_h)
      z = x[t] @ W_xhᵀ
      z += h[t] @ W_hhᵀ
      h[t + 1] = tanh(z + row(b_h))
    (p) p = softmax(W_hy h + b_y)
      a = h[t + 1] @ W_hyᵀ
      a = a + row(b_y)
      m = max over columns of a
      a = a − column(m)
      m = sum over columns of exp(a)
      a = a − log(column(m))
      p[t] = exp(a)
      J += sum over all of −(y[t] ∘ a)
"""


def test_a_procedure_reads_like_mathematics() -> None:
    assert FORWARD in text(tanh_rnn())


def test_the_text_begins_with_title_and_source_and_tells_every_size_and_buffer() -> None:
    program = tanh_rnn()
    printed = text(program)
    assert printed.startswith(
        "program tanh_rnn: Tanh RNN with softmax cross-entropy\nsource: Elman 1990\n\nsizes\n  T  steps\n"
    )
    assert all(f"\n  {buffer.name} " in printed for buffer in program.buffers)
    assert "\n  h      (T + 1, B, H)  output         states, h[0] is the initial one\n" in printed


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (call("sub", call("sub", "a", "b"), "c"), "a − b − c"),
        (call("sub", "a", call("sub", "b", "c")), "a − (b − c)"),
        (call("mul", call("add", "a", "b"), "c"), "(a + b) ∘ c"),
        (call("div", "a", call("mul", "b", "c")), "a / (b ∘ c)"),
        (call("neg", call("add", "a", "b")), "−(a + b)"),
        (call("power", call("neg", "a"), 2), "(−a)²"),
        (call("power", "a", -1), "a⁻¹"),
        (call("power", "a", Number(1, 2)), "a^(1/2)"),
        (call("mul", Number(-1, 2), "a"), "−1/2 ∘ a"),
        (call("add", row("b"), column("m")), "row(b) + column(m)"),
        (call("tanh", call("tanh", "a")), "tanh(tanh(a))"),
    ],
)
def test_parentheses_stand_where_they_are_needed(value, expected) -> None:
    assert scalar_text(value, 2) == expected


def test_steps_and_column_ranges_are_shown() -> None:
    assert [at_text(at) for at in (At("t"), At("t", 1), At("T", -1), At("", 0))] == ["t", "t + 1", "T − 1", "0"]
    gemm = Gemm(Ref("z"), Ref("c", At("t"), (size("I"), size("H"))), Ref("W"), trans_b=True, accumulate=True)
    assert line(tanh_rnn(), gemm) == "z += c[t][:, I : I + H] @ Wᵀ"
    assert scalar_text(load(Ref("c", None, (Size(), size("I")))), 2) == "c[:, 0 : I]"


def test_cost_counts_products_and_memory() -> None:
    T, B, I, H, O = (NUMBERS[name] for name in "TBIHO")  # noqa: E741
    found = cost(tanh_rnn(), NUMBERS)
    assert found.products == 9 * T
    assert found.flops == 2 * T * B * (3 * H * I + 3 * H * H + 3 * O * H)
    assert found.kept == (T + 1) * B * H + T * B * O
    assert found.work == max(B * H + B * O + B, B * O + 3 * B * H)


def test_cost_is_linear_in_the_steps() -> None:
    for make in PROGRAMS.values():
        program = make()
        one, two, three = (cost(program, NUMBERS | {"T": steps}) for steps in (1, 2, 3))
        assert isinstance(one, Cost)
        assert three.operations - two.operations == two.operations - one.operations
        assert three.flops - two.flops == two.flops - one.flops
