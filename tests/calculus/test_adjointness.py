"""The adjoint identity: proved for every cell, refused for every mutant, with the conditions that it needs and no others."""

from collections.abc import Iterator
from dataclasses import replace

import architectures
import networks
import pytest
from trajectories import derivation

from symrnn.algebra.decide import Answer, Decision
from symrnn.algebra.evaluate import evaluate
from symrnn.algebra.nodes import Add, Bar, D, Leaf, Node, Power, Scale, Transpose, t
from symrnn.algebra.sizes import size
from symrnn.calculus import adjointness
from symrnn.calculus.adjointness import (
    Condition,
    assembled,
    conditions,
    every_stage,
    local_identity,
    one_step,
    pairing,
    written_out,
)
from symrnn.calculus.derive import derive
from symrnn.calculus.records import Derivation, Passage
from symrnn.errors import ProofError, RuleError
from symrnn.language.read import read_cell
from symrnn.model.composition import compose
from symrnn.verify.steps import Point, point

H, I = size("H"), size("I")  # noqa: E741
TOLERANCE = 1e-12  # traces of sums of at most some dozen products of order one


# -- proved ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", networks.ALL)
def test_the_identity_of_one_step_is_proved(name):
    derived = derivation(name)
    theorems = every_stage(derived)
    found = [one for theorem in reversed(theorems) for one in theorem.identities]
    assert [one.equation for one in found] == [one.equation.label for one in derived.passages]
    assert not [one.doubt for one in found if one.doubt]


def usable_point(derived: Derivation) -> Point:
    """A random point at which every equation has a value: a constant under a square root must not be too negative."""
    for seed in range(4, 40):
        try:
            return point(derived.network, seed=seed)
        except RuntimeWarning:
            continue
    raise AssertionError("no point found")


@pytest.mark.parametrize("name", networks.RUNNABLE)
def test_the_two_sides_of_the_theorem_are_equal_by_numbers(name):
    """With independent differentials of what enters a step, and the adjoints of a random functional of what leaves it."""
    derived = derivation(name)
    here = usable_point(derived)
    values = {**here.values, **{Bar(key.leaf): value.T for key, value in here.jacobians.items()}}
    entering = [leaf for leaf in here.values if leaf not in derived.network.targets_of]
    passive = {*derived.network.targets, *derived.network.constants, *(seed for _, seed in derived.network.seeds)}
    for place, leaf in enumerate(entering):
        value = here.values[leaf]
        values[D(leaf)] = (value[::-1] if len(value) > 1 else value) * (leaf not in passive) * (0.3 + 0.1 * place)
    for one in reversed(derived.passages):
        values[D(one.equation.target)] = evaluate(one.expanded, values, here.sizes)
    ends = [pairing(Leaf("weight", *leaf.shape), D(leaf)) for leaf in here.outside]
    left = sum(
        evaluate(pair, {**values, Leaf("weight", *leaf.shape): weight}, here.sizes).item()
        for pair, (leaf, weight) in zip(ends, here.outside.items(), strict=True)
    )
    if derived.network.loss is not None:
        left += values[D(derived.network.loss)].item()
    right = evaluate(one_step(derived).right, values, here.sizes).item()
    assert abs(left - right) <= TOLERANCE * max(1.0, abs(left))
    assert abs(left) > 1e-3


# -- every single-site mutant of a contribution is refused ----------------------------------------------------------------


def mutants(expr: Node) -> Iterator[tuple[str, Node]]:
    """Yield what a hand derivation gets wrong: a sign, a factor, a transpose, a term, a power, a step of time."""
    yield "sign", Scale(-1, expr)
    yield "factor two", Scale(2, expr)
    if expr.shape[0] == expr.shape[1] and expr.shape[0] != 1:
        yield "transposed", expr.T
    yield from sites(expr)


def sites(expr: Node) -> Iterator[tuple[str, Node]]:
    if isinstance(expr, Add) and len(expr.args) > 1:
        for place in range(len(expr.args)):
            yield "dropped term", Add(*expr.args[:place], *expr.args[place + 1 :])
    if isinstance(expr, Power):
        yield "power", Power(expr.args[0], expr.args[1] + 1)
    if isinstance(expr, Transpose) and expr.shape[0] == expr.shape[1]:
        yield "missing transpose", expr.args[0]
    if isinstance(expr, Leaf) and expr.shape[0] == expr.shape[1] and expr.shape[0] != 1:
        yield "surplus transpose", expr.T
    if isinstance(expr, Leaf) and expr.time is not None:
        yield "one step early", expr.at(expr.time - 1)
        yield "one step late", expr.at(expr.time + 1)
    if isinstance(expr, Bar) or not isinstance(expr, Node):
        return
    for place, arg in enumerate(expr.args):
        if isinstance(arg, Node):
            for kind, wrong in sites(arg):
                yield kind, expr.func(*expr.args[:place], wrong, *expr.args[place + 1 :])


def with_gradient(passage: Passage, place: int, gradient: Node) -> Passage:
    changed = replace(passage.contributions[place], gradient=gradient)
    given = (*passage.contributions[:place], changed, *passage.contributions[place + 1 :])
    return replace(passage, contributions=given)


MUTATED = (
    "rnn+softmax_cross_entropy",
    "rnn_transposed+softmax_cross_entropy_transposed",
    "elman+squared_error",
    "irnn+linear",
    "gru_before+none",
    "lstm_peephole+none",
    "two_lags+none",
)


@pytest.mark.parametrize("name", MUTATED)
def test_every_mutant_of_a_contribution_is_refused(name):
    derived = derivation(name)
    kinds: set[str] = set()
    for passage in derived.passages:
        for place, contribution in enumerate(passage.contributions):
            for kind, wrong in mutants(contribution.gradient):
                kinds.add(kind)
                with pytest.raises(ProofError, match=rf"equation \({passage.equation.label}\)"):
                    local_identity(with_gradient(passage, place, wrong), derived.network.loss)
    assert {"sign", "factor two"} < kinds


def test_the_mutants_are_of_every_kind():
    found = {
        kind
        for name in MUTATED
        for passage in derivation(name).passages
        for one in passage.contributions
        for kind, _ in mutants(one.gradient)
    }
    assert found == {
        *("sign", "factor two", "transposed", "dropped term", "power"),
        *("missing transpose", "surplus transpose", "one step early", "one step late"),
    }


@pytest.mark.parametrize("name", ["rnn+softmax_cross_entropy", "lstm+none"])
def test_a_missing_contribution_is_refused(name):
    derived = derivation(name)
    for passage in derived.passages:
        for place in range(len(passage.contributions)):
            given = passage.contributions[:place] + passage.contributions[place + 1 :]
            with pytest.raises(ProofError):
                local_identity(replace(passage, contributions=given), derived.network.loss)


def test_one_wrong_equation_refuses_the_whole_theorem():
    derived = derivation("lstm+none")
    wrong = with_gradient(derived.passages[3], 0, Scale(-1, derived.passages[3].contributions[0].gradient))
    with pytest.raises(ProofError):
        one_step(replace(derived, passages=(*derived.passages[:3], wrong, *derived.passages[4:])))


# -- composed steps -------------------------------------------------------------------------------------------------------

LINEAR = """
cell linear
  input x: I
  state h: H
  h = W @ x + U @ h[t-1]
"""
GATED = """
cell gated
  input x: I
  state h: H
  h = u * h[t-1] + sigmoid(W @ x) * h[t-1]
"""
LAGS = """
cell lags
  input x: I
  state h: H
  h = W @ x + U_1 @ h[t-1] + U_2 @ h[t-2]
"""
PAIR = """
cell pair
  input x: I
  state h: H, c: K
  c = W @ x + V @ h[t-1]
  h = tanh(Q @ c)
"""
SMALL: dict[str, Derivation] = {
    text.split()[1]: derive(compose(read_cell(text, "test"))) for text in (LINEAR, GATED, LAGS, PAIR)
}
SMALL |= {name: derivation(f"{name}+none") for name in ("rnn", "rnn_transposed", "elman", "irnn", "two_lags", "indrnn")}


@pytest.mark.parametrize("steps", [1, 2, 3])
@pytest.mark.parametrize("name", SMALL)
def test_composed_steps_are_proved_with_everything_written_out(name, steps):
    found = written_out(SMALL[name], steps)
    assert found.steps == steps
    inner = {
        part.leaf.time for part in parts_of(found.left, D) | parts_of(found.right, D) if part.leaf.time is not None
    }
    states = {state.leaf.name: state.lags for state in SMALL[name].network.states}
    last = t + steps - 1
    for part in parts_of(found.left, D) | parts_of(found.right, D):
        if part.leaf.name in states:  # nothing but the states before the first step
            assert part.leaf.time in {t - back for back in range(1, states[part.leaf.name] + 1)}
    cotangents = {part.leaf for part in parts_of(found.right, Bar)}
    assert cotangents <= {
        state.leaf.at(last - back) for state in SMALL[name].network.states for back in range(state.lags)
    }
    assert {t + shift for shift in range(steps)} <= inner  # the input of every step


def parts_of(expr: Node, kind: type) -> set:
    if isinstance(expr, kind):
        return {expr}
    return {one for arg in expr.args if isinstance(arg, Node) for one in parts_of(arg, kind)}


@pytest.mark.parametrize("steps", [1, 2, 3])
@pytest.mark.parametrize("name", ["linear", "rnn", "gated", "lags"])
def test_composed_steps_of_a_wrong_cell_are_refused(name, steps):
    derived = SMALL[name]
    for number, passage in enumerate(derived.passages):
        for place, one in enumerate(passage.contributions):
            wrong = with_gradient(passage, place, Scale(-1, one.gradient))
            passages = (*derived.passages[:number], wrong, *derived.passages[number + 1 :])
            with pytest.raises(ProofError, match=f"{steps} composed steps"):
                written_out(replace(derived, passages=passages), steps)


def test_two_composed_steps_as_source_000_states_them():
    """h' = tanh(W [x; h] + b) twice: the tangent of the first state goes through the second step."""
    found = written_out(derivation("elman+none"), 2)
    x, h = Leaf("x", I, 1, t), Leaf("h", H, 1, t)
    entering = {part.leaf for part in parts_of(found.right, D)}
    assert entering == {x, x.at(t + 1), h.at(t - 1), Leaf("W", H, I + H), Leaf("b", H)}
    assert parts_of(found.left, Bar) == {Bar(h.at(t + 1))}


# -- conditions -----------------------------------------------------------------------------------------------------------


def column(name: str, rows=H) -> Leaf:
    return Leaf(name, rows, 1, t)


def of_text(body: str) -> tuple[Condition, ...]:
    return conditions(derive(compose(read_cell(f"cell a\n  input x: H\n  state h: H\n{body}", "test"))))


@pytest.mark.parametrize("name", ["rnn+none", "elman+linear", "lstm+none", "gru_before+none", "rnn+squared_error"])
def test_smooth_cells_need_no_condition(name):
    assert conditions(derivation(name)) == ()


@pytest.mark.parametrize("head", ["none", "softmax_cross_entropy"])
def test_relu_needs_arguments_that_are_not_zero(head):
    assert conditions(derivation(f"irnn+{head}")) == (Condition("2", "nonzero", column("z_h")),)


def test_the_logarithm_of_a_softmax_needs_nothing():
    derived = derivation("rnn+softmax_cross_entropy")
    assert any(line.expr.has(Leaf("y_hat", size("O"), 1, t)) for line in derived.network.equations)
    assert conditions(derived) == ()


@pytest.mark.parametrize("function", ["softmax", "exp", "sigmoid", "softplus"])
def test_the_logarithm_of_what_is_always_positive_needs_nothing(function):
    assert of_text(f"  p = {function}(h[t-1])\n  h = log(p) + x\n") == ()


def test_the_logarithm_of_a_free_quantity_needs_it_to_be_positive():
    assert of_text("  h = log(x) + h[t-1]\n") == (Condition("1", "positive", column("x")),)
    assert of_text("  p = tanh(h[t-1])\n  h = log(p) + x\n")[0].kind == "positive"
    assert of_text("  h = sqrt(x) * h[t-1]\n") == (Condition("1", "positive", column("x")),)


def test_a_quotient_needs_a_divisor_that_is_not_zero():
    assert of_text("  h = x / h[t-1]\n") == (Condition("1", "nonzero", Leaf("h", H, 1, t - 1)),)
    assert of_text("  p = exp(h[t-1])\n  h = x / p\n") == ()


def test_each_condition_is_told_once():
    found = of_text("  p = x / h[t-1]\n  h = relu(x) + relu(x) + p\n")
    assert len(found) == len(set(found))
    assert [one.kind for one in found] == ["nonzero", "nonzero"]


def test_a_power_below_zero_needs_a_base_that_is_not_zero():
    derived = derive(compose(read_cell("cell a\n  input x: H\n  state h: H\n  h = x + h[t-1]\n", "test")))
    line = replace(derived.network.equations[0], expr=Power(column("x"), -1))
    stage = replace(derived.network.stages[0], equations=(line,))
    changed = replace(derived, network=replace(derived.network, stages=(stage,)))
    assert conditions(changed) == (Condition("1", "nonzero", column("x")),)


# -- networks of several stages: every part in its place --------------------------------------------------------------------


@pytest.mark.parametrize("name", architectures.ARCHITECTURES)
def test_the_identity_of_every_stage_is_proved(name):
    derived = derive(architectures.network(name))
    for theorem, stage in zip(every_stage(derived), derived.network.stages, strict=True):
        assert {one.equation for one in theorem.identities} == {line.label for line in stage.equations}
        assert not theorem.unproved
        assert not {of for of, _ in theorem.entering} & {line.target for line in stage.equations}


@pytest.mark.parametrize("name", architectures.ARCHITECTURES)
def test_what_leaves_a_stage_enters_another_one_or_is_an_output(name):
    derived = derive(architectures.network(name))
    theorems = every_stage(derived)
    outputs = {output.name for output, _ in derived.network.seeds}
    for theorem in theorems:
        states = {state.leaf for state in derived.network.stages[theorem.stage].states}
        read = {of.name for other in theorems if other != theorem for of, _ in other.entering}
        assert {of.name for of in theorem.leaving if of not in states} <= read | outputs


def broken(derived: Derivation) -> Iterator[tuple[str, Derivation]]:
    """Every derivation with one part dropped, doubled, or moved to another step or stage."""
    for place, one in enumerate(derived.adjoints):
        for what in ("terms", "carries", "ends", "sums"):
            parts = getattr(one, what)
            for number, part in enumerate(parts):
                changes = {"dropped": parts[:number] + parts[number + 1 :], "doubled": (*parts, part)}
                if what != "terms":
                    changes["moved"] = (*parts[:number], (part[0] + 1, part[1]), *parts[number + 1 :])
                for how, changed in changes.items():
                    adjoints = list(derived.adjoints)
                    adjoints[place] = replace(one, **{what: changed})
                    yield f"{how} {what} of {one.of}", replace(derived, adjoints=tuple(adjoints))
    for place, one in enumerate(derived.gradients):
        for number in range(len(one.terms)):
            terms, stages = list(one.terms), list(one.stages)
            del terms[number], stages[number]
            gradients = list(derived.gradients)
            gradients[place] = replace(one, terms=tuple(terms), stages=tuple(stages))
            yield f"gradient of {one.of}", replace(derived, gradients=tuple(gradients))
    for place, one in enumerate(derived.initial):
        initial = list(derived.initial)
        initial[place] = replace(one, carries=one.carries[1:], ends=())
        yield f"initial {one.of}", replace(derived, initial=tuple(initial))
        yield f"no initial {one.of}", replace(derived, initial=tuple(initial[:place] + initial[place + 1 :]))


@pytest.mark.parametrize("name", architectures.ARCHITECTURES)
def test_a_part_that_is_missing_or_elsewhere_is_noticed(name):
    derived = derive(architectures.network(name))
    assembled(derived)
    count = 0
    for what, changed in broken(derived):
        with pytest.raises(ProofError):
            assembled(changed)
            pytest.fail(what)
        count += 1
    assert count > 10


def test_what_cannot_be_decided_is_returned_with_the_doubt(monkeypatch):
    derived = derivation("rnn+none")
    monkeypatch.setattr(adjointness, "decide", lambda *sides, **given: Decision(Answer.UNDECIDED, "too large"))
    assert one_step(derived).unproved == tuple(one.equation.label for one in derived.passages)


def test_what_has_no_value_is_a_doubt_and_no_crash(monkeypatch):
    def refuse(*sides, **given):
        raise RuleError("no value")

    monkeypatch.setattr(adjointness, "decide", refuse)
    assert one_step(derivation("rnn+none")).unproved
