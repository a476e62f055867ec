"""The emitted NumPy file itself: what it needs, how it is written, what it refuses."""

from __future__ import annotations

import ast
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from forms import all_functions, every_form
from programs import PROGRAMS, SIZES, B, H, I, T, arguments, assign, at, call, load, objective, procedures, vector
from spreads import reductions, spreads
from wide import OBJECTIVES, WIDE

from symrnn.backends import numpy as backend
from symrnn.errors import IRError
from symrnn.ir.buffers import Buffer, Role, Size, size
from symrnn.ir.nodes import Loop, Program, Reduce, Ref
from symrnn.ir.rename import rename

ALL = {**PROGRAMS, **WIDE, "every_form": every_form, "all_functions": all_functions, "reductions": reductions}


def source(program: Program) -> str:
    return backend.files(program)[f"{program.name}.py"]


def namespace(program: Program) -> dict:
    names: dict = {"__name__": "emitted"}
    sys.modules["emitted"] = type(sys)("emitted")
    exec(compile(source(program), "emitted.py", "exec"), names)
    return names


@pytest.mark.parametrize("name", ALL)
def test_loops_allocate_nothing(name) -> None:
    """In a time loop stands nothing but calls that write into memory that exists, and the ends of a window."""
    tree = ast.parse(source(ALL[name]()))
    loops = [node for node in ast.walk(tree) if isinstance(node, ast.For)]
    assert loops
    statements = [statement for loop in loops for statement in loop.body]
    while statements:
        statement = statements.pop()
        if isinstance(statement, ast.If) and not statement.orelse:
            statements += statement.body
            continue
        if isinstance(statement, ast.For):
            continue  # its statements are in the list
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) in ("end", "first"):
            continue  # a whole number
        assert isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call), ast.unparse(statement)
        call = statement.value
        assert _writes(call), ast.unparse(statement)


def _writes(call: ast.Call) -> bool:
    """Return whether a call says where its result goes: by name, or as one argument more than the function reads."""
    name = ast.unparse(call.func)
    if any(keyword.arg == "out" for keyword in call.keywords) or name == "np.copyto":
        return True
    read = 1 if name.startswith("_") else 2 if name == "np.dot" else getattr(np, name.removeprefix("np.")).nin
    return len(call.args) == read + 1 and isinstance(call.args[-1], ast.Name | ast.Subscript)


@pytest.mark.parametrize("name", ALL)
def test_only_numpy_is_imported(name) -> None:
    imports = [
        node for node in ast.walk(ast.parse(source(ALL[name]()))) if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert [ast.unparse(node) for node in imports] == [
        "from __future__ import annotations",
        "from typing import NamedTuple",
        "import numpy as np",
    ]


def test_the_file_runs_alone(tmp_path) -> None:
    """Without symrnn on the path, with warnings as errors."""
    program = PROGRAMS["tanh_rnn"]()
    (tmp_path / "tanh_rnn.py").write_text(source(program), encoding="utf-8")
    arrays = arguments(program)
    np.savez(tmp_path / "arrays.npz", **arrays)
    script = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "import numpy as np, tanh_rnn\n"
        f"J, gradients = tanh_rnn.loss_and_gradient(**np.load({str(tmp_path / 'arrays.npz')!r}))\n"
        "print(repr(float(J)), gradients.dW_hh.shape, gradients._fields)\n"
    )
    answer = subprocess.run([sys.executable, "-I", "-W", "error", "-c", script], capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    assert abs(float(answer.stdout.split()[0]) - objective("tanh_rnn", arrays)) < 1e-13
    assert "(4, 4)" in answer.stdout and "dW_xh" in answer.stdout


def test_the_combined_function_is_both_procedures() -> None:
    for name, make in PROGRAMS.items():
        program = make()
        functions, arrays = namespace(program), arguments(program)
        kept = functions["forward"](*(arrays[key] for key in program.forward.arguments if key in arrays))
        given = {**arrays, **kept._asdict()}
        gradients = functions["backward"](*(given[key] for key in program.backward.arguments if key in given))
        combined = functions["loss_and_gradient" if program.loss else "gradient"](**arrays)
        loss, found = combined if program.loss else (None, combined)
        assert loss is None or loss == kept.J == pytest.approx(objective(name, arrays), rel=1e-14)
        assert all(np.array_equal(a, b) for a, b in zip(found, gradients, strict=True))


def test_wrong_arrays_are_refused_by_name() -> None:
    program = PROGRAMS["tanh_rnn"]()
    functions, arrays = namespace(program), arguments(program)
    with pytest.raises(ValueError, match=r"W_hh is float64 \(4, 5\); needed is float64 \(4, 4\)"):
        functions["loss_and_gradient"](**{**arrays, "W_hh": np.zeros((4, 5))})
    with pytest.raises(ValueError, match="b_y is float32"):
        functions["loss_and_gradient"](**{**arrays, "b_y": arrays["b_y"].astype("float32")})
    with pytest.raises(ValueError, match="x is int64"):
        functions["loss_and_gradient"](**{key: array.astype("int64") for key, array in arrays.items()})


def test_comments_carry_the_labels_of_the_derivation() -> None:
    text = source(PROGRAMS["tanh_rnn"]())
    assert (
        "                # (h) h = tanh(W_xh x + W_hh h[t−1] + b_h)\n                np.dot(x_t, W_xh.T, z)\n" in text
    )
    assert "# (dz) dz = (1 − h∘h) ∘ dh" in text


def test_only_functions_that_are_used_are_emitted() -> None:
    assert "_sigmoid" not in source(PROGRAMS["tanh_rnn"]())
    assert source(all_functions()).count("def _sigmoid") == 1


def test_text_from_outside_cannot_leave_its_comment() -> None:
    evil = replace(
        PROGRAMS["tanh_rnn"](),
        title='x """ + 1/0 \\',
        source="a\nimport os  # */ int main;",
        equations=(('"""', "raise SystemExit\n\\"),),
    )
    text = source(evil)
    assert ast.unparse(ast.parse(text).body[1]) == ast.unparse(ast.parse(source(PROGRAMS["tanh_rnn"]())).body[1])
    compile(text, "evil.py", "exec")


def elementwise(*names: tuple[str, str]) -> Program:
    """y = x with the two names changed."""
    rename = dict(names)
    x, y = rename.get("x", "x"), rename.get("y", "y")
    buffers = (
        Buffer(x, (T, B, I), Role.INPUT, True),
        Buffer(y, (T, B, I), Role.OUTPUT, True),
        Buffer(f"d{x}", (T, B, I), Role.GRADIENT, True),
    )
    both = procedures(buffers, (Loop((assign(at(y), at(x)),)),), (Loop((assign(at(f"d{x}"), at(x)),)),))
    return Program("elementwise", "y = x", "", SIZES[:3], buffers, *both)


@pytest.mark.parametrize(
    "name", ["np", "t", "page", "kept", "int", "restrict", "tanhf", "real", "_x", "x_", "a__b", "range", "class"]
)
def test_names_that_the_emitted_code_needs_are_refused(name) -> None:
    with pytest.raises(IRError, match=r"rename it|plain identifier"):
        backend.files(elementwise(("x", name)))


@pytest.mark.parametrize(
    "name", ["i", "f", "g", "n", "e", "k", "at1", "total", "largest", "scratch", "inner", "y1", "gamma"]
)
def test_names_that_people_use_are_fine(name) -> None:
    namespace(elementwise(("x", name)))


def test_workspace_may_have_any_name() -> None:
    """The adjoint of a gate `o` is called do, which is a keyword of C; the adjoint of `ef` would be one of Python."""
    program = PROGRAMS["seeded_rnn"]()
    for name in ("do", "def", "t", "at"):
        respelled = rename(program, {"dz": name})
        assert f" {name}_ = np.empty((B, H), dtype)\n" in source(respelled)
        assert namespace(respelled)["gradient"](**arguments(program)).dx.shape == (5, 2, 3)


def test_two_scratch_arrays_never_share_a_name() -> None:
    """A size called IpH would make the scratch of (B, IpH) and of (B, I + H) the same."""
    program = every_form()
    renamed = replace(program, sizes=(*program.sizes, ("IpH", "")))
    clash = (
        Buffer("one", (B, size("IpH")), Role.PARAMETER),
        Buffer("two", (B, Size((("I", 1), ("H", 1)))), Role.PARAMETER),
        Buffer("one_out", (B, size("IpH")), Role.OUTPUT),
        Buffer("two_out", (B, Size((("I", 1), ("H", 1)))), Role.OUTPUT),
    )
    double = tuple(
        assign(f"{name}_out", call("mul", call("neg", name), call("neg", name)), False) for name in ("one", "two")
    )
    more = tuple(assign(f"{name}_out", call("neg", name), True) for name in ("one", "two"))
    buffers = (*program.buffers, *clash)
    both = procedures(buffers, (*program.forward.body, *double, *more), program.backward.body)
    with pytest.raises(IRError, match="looks like a sum"):
        backend.files(replace(renamed, buffers=buffers, forward=both[0], backward=both[1]))


def test_sizes_are_solved_for() -> None:
    """Where H stands only in I + 2 H + 1, the file subtracts and divides."""
    x, w = Buffer("x", (T, B, I), Role.INPUT, True), Buffer("w", (Size((("I", 1), ("H", 2)), 1),), Role.PARAMETER)
    y = Buffer("y", (T, H), Role.OUTPUT, True)
    gradients = Buffer("dx", x.dims, Role.GRADIENT, True), Buffer("dw", w.dims, Role.GRADIENT)
    forward = Loop((Reduce(Ref("n"), load(at("x")), (B, I), (0,)), assign(at("y"), vector(Ref("w", None, (I, H))))))
    backward = Loop((assign(at("dx"), at("x")),)), assign("dw", vector("w"))
    buffers = (x, w, y, *gradients, Buffer("n", (I,), Role.WORK))
    program = Program("sums", "sums", "", SIZES[:4], buffers, *procedures(buffers, (forward,), backward))
    assert "    H = (w.shape[0] - (I + 1)) // 2\n" in source(program)
    arrays = {"x": np.ones((5, 2, 3)), "w": np.arange(12.0)}
    functions = namespace(program)
    np.testing.assert_array_equal(functions["gradient"](**arrays).dw, arrays["w"])
    np.testing.assert_array_equal(functions["forward"](**arrays).y[4], [3, 4, 5, 6])
    with pytest.raises(ValueError, match="w is float64"):
        functions["forward"](x=arrays["x"], w=np.arange(11.0))


def test_the_combined_function_of_wide_programs_is_both_procedures() -> None:
    for name in OBJECTIVES:
        program = WIDE[name]()
        arrays = arguments(program)
        combined = namespace(program)["loss_and_gradient" if program.loss else "gradient"](**arrays)
        value = OBJECTIVES[name](arrays)
        assert not program.loss or combined[0] == pytest.approx(value, rel=1e-14)
        gradients = combined[1] if program.loss else combined
        of = gradients._fields[0][1:]
        shifted = {**arrays, of: arrays[of].astype(complex)}
        shifted[of][(0,) * arrays[of].ndim] += 1e-30j
        slope = OBJECTIVES[name](shifted).imag / 1e-30
        assert gradients[0][(0,) * arrays[of].ndim] == pytest.approx(slope, rel=1e-12)


def test_views_are_as_a_person_writes_them() -> None:
    text = source(spreads())
    for lines in (
        "np.copyto(copy3_02, p3_02[:, np.newaxis, :])",
        "np.copyto(copy3_01, p3_01[:, :, np.newaxis])",
        "np.copyto(copy3_12, p3_12)",
        "np.copyto(copy3_0, p3_0[:, np.newaxis, np.newaxis])",
        "np.copyto(copy3_1, p3_1[:, np.newaxis])",
        "np.copyto(copy3_10, p3_10.T[:, :, np.newaxis])",
        "np.copyto(copy3_201, p3_201.transpose(1, 2, 0))",
        "np.copyto(copy2_10, p2_10.T)",
        "np.copyto(copy2_0, p2_0[:, np.newaxis])",
        "np.copyto(copy2_0n, p2_0n)",
        "np.copyto(copy2_n0, p2_n0[0, :, np.newaxis])",
        "np.copyto(copy1_0n, p1_0n[:, 0])",
        "np.copyto(copy1_n0, p1_n0[0, :])",
        "np.copyto(copy3_2n0, p3_2n0[:, 0, :].T[:, np.newaxis, :])",
    ):
        assert f"            {lines}\n" in text, lines


def test_products_of_a_matrix_for_each_sequence_need_no_room_for_their_terms() -> None:
    text = source(reductions())
    for lines in (
        "np.matmul(x_t, q_t[:, :, np.newaxis], sum_pair_2[:, :, np.newaxis])",
        "np.matmul(k_t[:, np.newaxis, :], x_t, sum_keys_1[:, np.newaxis, :])",
        'np.einsum("ijk,ik->jk", x_t, q_t, out=sum_pair_0)',
        'np.einsum("ijk,k->ij", x_t, v, out=sum_alone_2)',
        'np.einsum("i,ijk->jk", one[:, 0], x_t, out=sum_gated_0)',
        'np.einsum("ij,jki,i->k", k_t, flip, one[:, 0], out=sum_three_01)',
    ):
        assert f"                {lines}\n" in text, lines
    assert "np.einsum" not in "".join(line for line in text.splitlines() if "_short_" in line)  # no factor has axis k


def test_sizes_that_no_array_tells_are_given_by_name() -> None:
    program = WIDE["truncated"]()
    assert "    *,\n    K,  # at least 1: steps before the gradient is cut off\n" in source(program)
    functions, arrays = namespace(program), arguments(program)
    for wrong in (0, -1, 1.0, True, "2", None):
        with pytest.raises(ValueError, match=r"K is .*; needed is a whole number, at least 1"):
            functions["gradient"](**{**arrays, "K": wrong})
    with pytest.raises(TypeError, match="K"):
        functions["gradient"](**{key: array for key, array in arrays.items() if key != "K"})
    assert "_check_size" not in source(PROGRAMS["tanh_rnn"]())


def test_a_loop_goes_through_views() -> None:
    """Arrays are gone through as they are; t is there only where something needs its number."""
    text = source(PROGRAMS["tanh_rnn"]())
    assert "            for x_t, h_t, " in text and "in range(T)" not in text
    assert "[::-1]" in text.partition("def backward")[2]
    truncated = source(WIDE["truncated"]())
    assert "for t in reversed(range(" in truncated  # the steps of a window are not all steps


def test_a_bound_call_computes_anew_in_the_same_memory() -> None:
    program = PROGRAMS["tanh_rnn"]()
    functions, arrays = namespace(program), arguments(program)
    given = [arrays[key] for key in program.forward.arguments if key in arrays]
    kept, run = functions["bind_forward"](*given)
    run()
    first = functions["forward"](*given)
    assert all(np.array_equal(a, b) for a, b in zip(kept, first, strict=True)) and kept.h is not first.h
    arrays["b_h"] += 1.0
    run()
    assert not np.array_equal(kept.h, first.h) and np.array_equal(kept.h, functions["forward"](*given).h)
    other = functions["Kept"](*map(np.empty_like, kept))
    functions["bind_forward"](*given, into=other)[1]()
    assert all(np.array_equal(a, b) for a, b in zip(kept, other, strict=True))


def test_numbers_in_a_loop_are_arrays() -> None:
    text = source(PROGRAMS["tanh_rnn"]())
    assert "            number_1 = np.array(1.0, dtype)\n" in text and "np.subtract(number_1, " in text
