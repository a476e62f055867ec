"""The benchmark apart from libraries: jobs, arithmetic, who is refused, tables, files, and the machine. No time is asserted."""

from __future__ import annotations

import io
import json
import math
import os
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest
from click.testing import CliRunner

from symrnn.bench.speed import command, plot, run, worker
from symrnn.bench.speed.data import drawn
from symrnn.bench.speed.forms import FormError
from symrnn.bench.speed.job import BACKENDS, CELLS, CLOCKS, GRID, Job, Point, from_dict, read_grid
from symrnn.bench.speed.limit import SETS, Limit, Machine, limit, measured
from symrnn.bench.speed.measure import CLOCKS as CLOCKS_THERE
from symrnn.bench.speed.measure import Spread, error, geometric_mean, ratios, turns
from symrnn.bench.speed.rows import entrant, peers_of, row
from symrnn.bench.speed.run import Found, environment
from symrnn.bench.speed.table import HEAD, as_json, best, lines, means, share, summary
from symrnn.cli import main
from symrnn.driver import derive
from symrnn.errors import BuildError, SymrnnError
from symrnn.ir.nodes import Role
from symrnn.lower import lower
from symrnn.runtime import load
from symrnn.runtime.compiler import find_compiler

MACHINE = Machine(1e9, {16384: 4e9, 1 << 20: 2e9}, 1e-8, "cc 1")
WANTED = {"dW": np.array([[1.0, -4.0]]), "db": np.array([0.0])}


class Fake:
    """A form that takes a known time by a clock of its own, and has known gradients."""

    now = 0.0
    turns: tuple[str, ...] = ()

    def __init__(self, name="fake", takes=1.0, gradients=WANTED):
        self.name, self.takes, self.found = name, takes, gradients

    def run(self):
        Fake.now += self.takes
        Fake.turns += (self.name,)

    def gradients(self):
        return self.found


@pytest.fixture
def clock(monkeypatch):
    Fake.now, Fake.turns = 0.0, ()
    monkeypatch.setitem(CLOCKS_THERE, "wall", lambda: Fake.now)
    return CLOCKS_THERE["wall"]


# -- jobs ------------------------------------------------------------------------------------------------------------------


def test_a_job_survives_json():
    job = Job(grid=read_grid("5,2,3,4;6,1,1,1"), dtype="float64", backends=("c",), unrolls=(1,))
    assert from_dict(json.loads(json.dumps(job.as_dict()))) == job


def test_a_grid_is_read():
    assert read_grid(" 5,2,3,4 ; 6,1,1,1;") == (Point(5, 2, 3, 4), Point(6, 1, 1, 1))
    assert read_grid(";".join(map(str, GRID))) == GRID


@pytest.mark.parametrize("text", ["1,2,3", "1,2,3,4,5", "a,b,c,d", "0,1,1,1", "-1,1,1,1", "1.5,1,1,1", ";"])
def test_what_is_no_grid_is_refused(text):
    with pytest.raises(SymrnnError, match="--grid"):
        read_grid(text)


def test_options_make_a_job():
    options = {"chosen": "gru,rnn", "grid": "", "backends": "c", "quick": False, "rounds": None, "dtype": "float64"}
    assert command.job(**options) == Job(cells=("gru", "rnn"), backends=("c",), dtype="float64")
    wanted = replace(Job().quick, cells=("gru", "rnn"), backends=("c",), dtype="float64", rounds=5)
    quick = command.job(**{**options, "quick": True, "grid": "5,2,3,4", "rounds": 5})
    assert quick == replace(wanted, grid=(Point(5, 2, 3, 4),))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--cells", "gru,brc"], "--cells brc: there is nothing to measure"),
        (["--cells", ","], "--cells names nothing"),
        (["--backends", "fortran"], "--backends fortran: there is nothing"),
        (["--grid", "1,2"], "--grid 1,2: a point is four whole numbers"),
        (["--threads", "2", "--clock", "cpu"], "--clock cpu adds up the time of all threads"),
        (["--threads", "1024"], "--threads 1024: this process may use"),
        (["--plot", "speed.gif"], "--plot speed.gif: a picture is one of .png, .svg, .pdf"),
    ],
)
def test_what_makes_no_job_is_one_line(words, message, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(4)), raising=False)
    outcome = CliRunner().invoke(main, ["bench", "speed", *words])
    assert outcome.exit_code == 2 and outcome.output.startswith(f"symrnn: {message}"), outcome.output
    assert outcome.output.count("\n") == 1


def test_the_environment_fixes_the_threads_of_every_library():
    one, two = environment(1, "float32"), environment(2, "float64")
    assert one["OMP_NUM_THREADS"] == one["OPENBLAS_NUM_THREADS"] == one["MKL_NUM_THREADS"] == "1"
    assert "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1" in one["XLA_FLAGS"]
    assert "--xla_cpu_multi_thread_eigen=true intra_op_parallelism_threads=2" in two["XLA_FLAGS"]
    assert (one["JAX_ENABLE_X64"], two["JAX_ENABLE_X64"]) == ("0", "1")


def test_every_clock_of_a_job_is_there():
    assert tuple(CLOCKS_THERE) == CLOCKS


# -- data ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cell", CELLS)
def test_the_data_fit_the_program_and_are_far_from_kinks(cell):
    program, point = lower(derive(cell, "none")), Point(50, 3, 4, 6)
    arrays = drawn(program, point, "float32")
    assert all(np.array_equal(array, drawn(program, point, "float32")[name]) for name, array in arrays.items())
    assert arrays["x"].shape == (50, 3, 4) and arrays["dh"].shape == (50, 3, 6) and arrays["x"].dtype == "float32"
    h = load(program, "numpy", "float32").forward(**arrays)["h"]
    assert np.isfinite(h).all() and np.abs(h).max() < 100
    if cell == "indrnn":
        before = h[1:][h[1:] > 0]
        assert 0.3 < len(before) / h[1:].size < 0.7 and before.min() > 0.5


# -- who is measured -------------------------------------------------------------------------------------------------------


def test_an_error_is_relative_to_the_largest_entry_of_its_gradient():
    assert error(WANTED, WANTED) == 0
    assert error({**WANTED, "dW": np.array([[1.0, -3.0]])}, WANTED) == 0.25
    assert error({**WANTED, "db": np.array([0.5])}, WANTED) == 0.5  # of a gradient that is zero, as it is
    assert error({**WANTED, "more": np.zeros(1)}, WANTED) == 0
    assert error({"dW": WANTED["dW"]}, WANTED) == math.inf
    assert error({**WANTED, "dW": WANTED["dW"].T}, WANTED) == math.inf
    assert error({**WANTED, "dW": np.full((1, 2), np.nan)}, WANTED) == math.inf


def test_the_quickest_form_that_is_right_is_chosen(clock):
    wrong = Fake("wrong", 0.001, {**WANTED, "dW": np.array([[1.0, -4.01]])})
    forms = [Fake("slow", 3.0), wrong, FormError("there is no other"), Fake("quick", 2.0)]
    found = entrant("somebody", forms, WANTED, Job())
    assert found.form is forms[3] and found.tried == {"slow": 3.0, "quick": 2.0}
    assert found.refused == ["somebody wrong: a gradient is off by 2.5e-03 of its largest entry: not timed"]
    assert found.absent == ["there is no other"]
    assert "wrong" not in Fake.turns


def test_who_is_not_right_takes_no_part(clock):
    wrong = entrant("numpy", [Fake("wrong", 1.0, {**WANTED, "db": np.array([np.nan])})], WANTED, Job())
    found = row("rnn", Point(1, 1, 1, 1), [wrong, entrant("torch", [Fake()], WANTED, Job())], None, Job())
    assert list(found["times"]) == ["torch"] and found["ratios"] == {} and "off by inf" in found["refused"][0]
    assert list(lines(found)) == [f"  rnn 1,1,1,1: {found['refused'][0]}"]


def test_everybody_has_a_turn_in_every_round_and_another_one_begins(clock):
    forms = {name: Fake(name, takes) for name, takes in (("a", 1.0), ("b", 2.0), ("c", 0.001))}
    times = turns(forms, {"a": 1.0, "b": 2.0, "c": 0.001}, 4, 100.0, clock)
    assert {name: len(one) for name, one in times.items()} == {"a": 4, "b": 4, "c": 4}
    assert times["b"] == pytest.approx([2.0] * 4) and times["c"] == pytest.approx([0.001] * 4)
    assert "".join(Fake.turns) == "abcc" + "bcca" + "ccab" + "abcc"


def test_rounds_are_fewer_where_they_take_long_but_never_too_few(clock):
    for seconds, count in ((100.0, 31), (10.0, 10), (0.0, 3)):
        assert len(turns({"a": Fake()}, {"a": 1.0}, 31, seconds, clock)["a"]) == count


def test_ratios_are_of_each_round():
    assert ratios([2.0, 6.0, 20.0], [1.0, 2.0, 4.0]) == Spread(3.0, 2.5, 4.0)
    assert ratios([2.0], [4.0]) == Spread(0.5, 0.5, 0.5)
    assert geometric_mean([2.0, 8.0]) == pytest.approx(4.0) and geometric_mean([]) == 1.0


def test_a_peer_that_is_not_installed_is_left_out():
    class Nobody:
        name, version, remedy = "nobody", "", "pip install nobody"

        def forms(self, cell, arrays):
            raise AssertionError

    assert list(peers_of([Nobody()], "rnn", {}, {}, Job())) == []


# -- what is printed -------------------------------------------------------------------------------------------------------


def made(cells=("rnn", "gru"), peers=("torch", "jax"), machine=True):
    """A run with known times: c takes 2 ms, numpy 8, torch 4, jax 6 or 1; the limit is 1 ms."""
    found = Found(Job(cells=cells, grid=(Point(5, 2, 3, 4), Point(6, 1, 1, 1))))
    found.machine = MACHINE.as_dict() if machine else None
    for cell in cells:
        for place, point in enumerate(found.job.grid):
            seconds = {"c": 2e-3, "numpy": 8e-3, "torch": 4e-3, "jax": (6e-3, 1e-3)[place]}
            who = ("c", "numpy", *peers)
            times = {
                one: {**Spread(seconds[one], seconds[one], seconds[one]).as_dict(), "form": "f", "error": 1e-7}
                for one in who
            }
            compared = {
                one: {peer: Spread.of([seconds[peer] / seconds[one]]).as_dict() for peer in peers} for one in who[:2]
            }
            parts = {"seconds": 1e-3, "products": 1e-3, "reading": 0.0, "functions": 0.0} if machine else None
            line = {"cell": cell, "sizes": point.sizes, "rounds": 3, "limit": parts, "times": times, "ratios": compared}
            found.add({"row": {**line, "tried": {}, "refused": [], "absent": ["no compiled loop"]}})
    return found


def test_a_line_has_ours_the_best_peer_and_the_limit():
    first, second = list(lines(made().rows[0]))
    assert first.split() == [
        "rnn",
        "5,2,3,4",
        "c",
        "2.000",
        "torch",
        "f",
        "4.000",
        "2.00",
        "2.00–2.00",
        "50%",
        "1e-07",
        "1e-07",
    ]
    assert second.split()[2:9] == ["numpy", "8.000", "torch", "f", "4.000", "0.50", "0.50–0.50"]
    assert best(made().rows[1]) == "jax" and share(made().rows[1], "numpy") == 0.125
    assert len(first) == len(second) == len(HEAD)


def test_means_are_geometric():
    found = means(made())
    assert found["c"].keys() == {"rnn", "gru", "all"}
    assert found["c"]["all"] == pytest.approx({"best peer": 1.0, "torch": 2.0, "jax": math.sqrt(3 * 0.5), "limit": 0.5})
    assert found["numpy"]["rnn"]["best peer"] == pytest.approx(0.25)


def test_the_summary_has_the_means_the_machine_and_what_is_missing():
    text = "\n".join(summary(made()))
    assert "best peer/ours" in text and "torch/ours" in text and "limit/ours" in text
    assert "float32, 1 thread, wall time" in text
    assert "one core: 1 GFLOP/s; reads GB/s from 16 KiB 4, 1 MiB 2; tanh 10.00 ns" in text
    assert text.count("no compiled loop") == 1


def test_without_peers_and_without_a_limit_there_are_still_lines():
    found = made(peers=(), machine=False)
    (first, *_) = lines(found.rows[0])
    assert first.split() == ["rnn", "5,2,3,4", "c", "2.000", "none", "1e-07"]
    assert means(found) == {}
    assert "float32" in "\n".join(summary(found))


def test_the_json_has_everything():
    read = json.loads(as_json(made()))
    assert read.keys() == {"about", "job", "machine", "missing", "means", "rows"}
    assert len(read["rows"]) == 4 and read["missing"] == ["no compiled loop"]
    assert read["rows"][0]["ratios"]["c"]["torch"]["median"] == 2.0
    assert from_dict(read["job"]) == made().job


@pytest.mark.parametrize("suffix", plot.FORMATS)
def test_a_picture_is_drawn(suffix):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    for found in (made(), made(cells=("rnn", "gru", "lstm", "mgu")), made(peers=(), machine=False)):
        drawing = plot.drawn(found, suffix)
        assert drawing.startswith({".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}[suffix])
    if suffix == ".svg":
        assert "rnn" in io.BytesIO(drawing).read().decode()


def test_a_picture_without_matplotlib_is_refused_before_anything_is_measured(monkeypatch):
    monkeypatch.setattr(plot.importlib.util, "find_spec", lambda name: None)
    outcome = CliRunner().invoke(main, ["bench", "speed", "--plot", "speed.png"])
    assert outcome.exit_code == 2 and "needs matplotlib" in outcome.output and "pip install" in outcome.output


# -- the process -----------------------------------------------------------------------------------------------------------


def test_the_command_prints_and_writes_what_the_process_says(monkeypatch, tmp_path):
    said = [
        {"about": {"numpy": "1"}},
        {"missing": "jax is not installed: pip install it"},
        *({"row": one} for one in made().rows),
    ]
    monkeypatch.setattr(command, "run", lambda job: iter(said))
    target = tmp_path / "speed.json"
    outcome = CliRunner().invoke(main, ["bench", "speed", "--cells", "rnn,gru", "--json", str(target)])
    assert outcome.exit_code == 0, outcome.output
    assert HEAD in outcome.output and "jax is not installed: pip install it" in outcome.output
    assert json.loads(target.read_text("utf-8"))["about"] == {"numpy": "1"}


def test_what_was_measured_before_an_interrupt_is_kept(monkeypatch, tmp_path):
    def interrupted(job):
        yield {"row": made().rows[0]}
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "run", interrupted)
    target = tmp_path / "speed.json"
    outcome = CliRunner().invoke(main, ["bench", "speed", "--json", str(target)])
    assert outcome.exit_code == 0 and "interrupted: the rest was not measured" in outcome.output
    assert len(json.loads(target.read_text("utf-8"))["rows"]) == 1


def test_a_process_that_fails_is_one_line(monkeypatch):
    monkeypatch.setattr(run, "environment", lambda threads, dtype: {"PYTHONPATH": "nowhere"})
    monkeypatch.setattr(run, "_WORKER", "symrnn.there_is_no_such_module")
    with pytest.raises(SymrnnError, match="the measuring process ended with status 1"):
        list(run.run(Job()))


# -- the limit -------------------------------------------------------------------------------------------------------------


def test_the_limit_of_a_recurrence_is_what_its_program_counts():
    program = lower(derive("rnn", "none"))
    found = limit(program, {"T": 10, "B": 2, "I": 3, "H": 4}, "float32", MACHINE)
    products = (
        2 * 10 * 2 * 3 * (3 * 4 + 4 * 4)
    )  # forward, to the weights, and to what they multiply: 2·T·B·(I·H + H·H) each
    assert found.products == pytest.approx(products / 1e9)
    assert found.reading == pytest.approx(2 * 10 * 4 * 4 * 4 / 4e9)  # W_hh forward and backward in every step
    assert found.functions == pytest.approx(10 * 2 * 4 * 1e-8)
    assert found.seconds == max(found.products, found.reading) + found.functions


def test_weights_are_read_from_the_cache_that_holds_all_of_them():
    program, sizes = lower(derive("lstm", "none")), {"T": 10, "B": 1, "I": 3, "H": 400}
    recurrent = 4 * 400 * 400 * 4
    assert limit(program, sizes, "float32", MACHINE).reading == pytest.approx(2 * 10 * recurrent / 2e9)
    assert [MACHINE.reading(size) for size in (1, 16384, 16385, 1 << 20, 1 << 30)] == [4e9, 4e9, 4e9, 2e9, 2e9]
    one, two = (limit(program, sizes, "float32", MACHINE, threads).seconds for threads in (1, 2))
    assert one == 2 * two


@pytest.mark.parametrize("cell", CELLS)
def test_every_cell_has_a_limit(cell):
    found = limit(lower(derive(cell, "none")), {"T": 10, "B": 2, "I": 3, "H": 4}, "float64", MACHINE)
    assert (
        found.products > 0 and (found.reading > 0) == (cell != "indrnn") and (found.functions > 0) == (cell != "indrnn")
    )
    assert Limit(1.0, 2.0, 0.5).seconds == 2.5


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_machine_is_measured(dtype):
    try:
        find_compiler()
    except BuildError as problem:
        pytest.skip(str(problem))
    machine = measured(dtype)
    assert machine.peak > 0 and machine.tanh > 0 and all(speed > 0 for speed in machine.bandwidth.values())
    assert tuple(machine.bandwidth) == SETS and machine.compiler


def test_backends_are_those_of_the_runtime():
    from symrnn.runtime.engines import ENGINES

    left_out = {
        "c-small",
        "c-openblas",
        "c-mkl",
    }  # arrays are copied for the first; the others are BLAS's speed, not ours
    assert {*BACKENDS, *left_out} == set(ENGINES)
    assert Role.SEED in {buffer.role for buffer in lower(derive("rnn", "none")).buffers}


def test_our_c_takes_as_many_threads_as_everybody():
    ours = worker._compiled(lower(derive("rnn", "none")), replace(Job(), threads=2), print)
    assert {one.backend: getattr(one.engine, "threads", 1) for one in ours} == {"c": 2, "numpy": 1}


def test_the_worker_can_be_started_without_peers():
    assert find_spec("symrnn.bench.speed.worker") is not None
