"""Wrong derivations: each is a right one with one record changed before it is exported. No certificate of one may be accepted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from symrnn.algebra.nodes import Add, Apply, Bar, Had, Leaf, Node, Power, Scale, t
from symrnn.calculus.records import Derivation

Change = Callable[[Derivation], Derivation]


@dataclass(frozen=True)
class Wrong:
    """What is wrong, with which network, and the change."""

    what: str
    network: str
    change: Change


NETWORKS = {
    "rnn": {"cell": "rnn", "head": "none"},
    "relu": {"cell": "irnn", "head": "none"},
    "gru": {"cell": "gru", "head": "none"},
    "lstm": {"cell": "lstm", "head": "none"},
    "loss": {"cell": "rnn"},
    "squares": {"cell": "rnn", "head": "squared-error", "mode": "many-to-one"},
    "both": {"cell": "rnn", "head": "none", "bidirectional": True},
}


# -- changes ---------------------------------------------------------------------------------------------------------------


def gradient(name: str, change: Callable[[Node], Node | None], only: int | None = None) -> Change:
    """Change or drop the terms of one gradient."""

    def changed(of: Derivation) -> Derivation:
        old = of.gradient(name)
        kept = [
            (new, stage)
            for place, (term, stage) in enumerate(zip(old.terms, old.stages, strict=True))
            if (new := change(term) if only in (None, place) else term) is not None
        ]
        new = replace(old, terms=tuple(one for one, _ in kept), stages=tuple(stage for _, stage in kept))
        return replace(of, gradients=tuple(new if one is old else one for one in of.gradients))

    return changed


def adjoint(name: str, **fields: Callable[[tuple], tuple]) -> Change:
    """Change fields of the adjoint equation of one quantity."""

    def changed(of: Derivation) -> Derivation:
        old = next(one for one in of.adjoints if one.of.name == name and one.of.time is not None)
        new = replace(old, **{field: change(getattr(old, field)) for field, change in fields.items()})
        return replace(of, adjoints=tuple(new if one is old else one for one in of.adjoints))

    return changed


def consistently(name: str, change: Callable[[tuple], tuple]) -> Change:
    """Change the carries of a state, and in the same way those that leave the sequence: one wrong equation for all steps."""

    def changed(of: Derivation) -> Derivation:
        inner = adjoint(name, carries=change)(of)
        initial = tuple(replace(one, carries=change(one.carries)) if one.of.name == name else one for one in of.initial)
        return replace(inner, initial=initial)

    return changed


def forward(name: str, change: Callable[[Node], Node]) -> Change:
    """Change the equation of a quantity, and nothing of what was derived from it."""

    def changed(of: Derivation) -> Derivation:
        stages = tuple(
            replace(
                stage,
                equations=tuple(
                    replace(line, expr=change(line.expr)) if line.target.name == name else line
                    for line in stage.equations
                ),
            )
            for stage in of.network.stages
        )
        return replace(of, network=replace(of.network, stages=stages))

    return changed


def exchanged(one: str, other: str) -> Change:
    """Exchange the terms of two adjoint equations."""

    def changed(of: Derivation) -> Derivation:
        found = {of_one.of.name: of_one.terms for of_one in of.adjoints}
        return adjoint(other, terms=lambda _: found[one])(adjoint(one, terms=lambda _: found[other])(of))

    return changed


def network(**fields: object) -> Change:
    return lambda of: replace(of, network=replace(of.network, **fields))


def terms(change: Callable[[Node], Node]) -> Callable[[tuple], tuple]:
    return lambda all_of_them: tuple(map(change, all_of_them))


def carried(change: Callable[[Node], Node]) -> Callable[[tuple], tuple]:
    return lambda carries: tuple((lag, change(term)) for lag, term in carries)


def without(place: int) -> Callable[[tuple], tuple]:
    return lambda found: found[:place] + found[place + 1 :]


def negated(term: Node) -> Node:
    return Scale(-1, term)


def dropped(term: Node) -> None:
    return None


def untransposed(term: Node) -> Node:
    """Wᵀ x as W x, which fits for square W."""
    return term.func(term.args[0].T, *term.args[1:])


def swapped(old: str, new: str) -> Callable[[Node], Node]:
    """One name for another, also of what a bar is of."""
    return lambda term: term.xreplace(
        {leaf: Leaf(new, *leaf.args[1:]) for leaf in term.atoms(Leaf) if leaf.name == old}
    )


def moved(name: str, by: int) -> Callable[[Node], Node]:
    """A quantity read some steps later."""
    return lambda term: term.xreplace({leaf: leaf.at(leaf.time + by) for leaf in term.atoms(Leaf) if leaf.name == name})


def with_power(power: int) -> Callable[[Node], Node]:
    return lambda term: term.xreplace({one: Power(one.args[0], power) for one in term.atoms(Power)})


def initial(change: Callable[[Node], Node]) -> Change:
    return lambda of: replace(
        of, initial=tuple(replace(one, carries=carried(change)(one.carries)) for one in of.initial)
    )


# -- all of them -----------------------------------------------------------------------------------------------------------

WRONG = (
    Wrong("sign of a gradient", "rnn", gradient("W_hh", negated)),
    Wrong("state of the wrong step", "rnn", gradient("W_hh", moved("h", 1))),
    Wrong("gradient twice", "rnn", gradient("W_xh", lambda term: Scale(2, term))),
    Wrong("gradient of a bias dropped", "rnn", gradient("b_h", dropped)),
    Wrong("gradient of the state instead of the sum", "rnn", gradient("b_h", swapped("z_h", "h"))),
    Wrong("gradient of the input with the other weight's sign", "rnn", gradient("x", negated)),
    Wrong("carry without transpose", "rnn", consistently("h", carried(untransposed))),
    Wrong("carry dropped", "rnn", consistently("h", lambda carries: ())),
    Wrong("carry of two steps", "rnn", consistently("h", lambda carries: tuple((2 * lag, term) for lag, term in carries))),
    Wrong("carry twice", "rnn", consistently("h", lambda carries: carries * 2)),
    Wrong("derivative 1 - h^3", "rnn", adjoint("z_h", terms=terms(with_power(3)))),
    Wrong("derivative at the step before", "rnn", adjoint("z_h", terms=terms(lambda term: moved("h", -1)(term)))),
    Wrong("derivative left out", "rnn", adjoint("z_h", terms=lambda found: (Bar(found[0].args[0].leaf),))),
    Wrong("adjoint equation dropped", "rnn", lambda of: replace(of, adjoints=of.adjoints[:1])),
    Wrong("another function", "rnn", forward("h", lambda expr: Apply("sigmoid", expr.body))),
    Wrong("another sign", "rnn", forward("z_h", lambda expr: Add(negated(expr.args[0]), *expr.args[1:]))),
    Wrong("a path of its own", "rnn", forward("z_h", lambda expr: Add(*expr.args, Leaf("h", *expr.shape, t - 1)))),
    Wrong("reads from the future", "rnn", forward("z_h", moved("h", 2))),
    Wrong("initial state without transpose", "rnn", initial(untransposed)),
    Wrong("no equation for the initial state", "rnn", lambda of: replace(of, initial=())),
    Wrong("no adjoint from outside", "rnn", adjoint("h", seed=lambda seed: None)),
    Wrong("no gradient of a parameter", "rnn", lambda of: replace(of, gradients=of.gradients[1:])),
    Wrong("sign of a step function", "relu", adjoint("z_h", terms=terms(negated))),
    Wrong("update gate exchanged", "gru", adjoint("n", terms=terms(lambda one: Had(one.args[0], Leaf("z", *one.shape, t))))),
    Wrong("one of four carries", "gru", consistently("h", without(2))),
    Wrong("gates exchanged in a gradient", "gru", gradient("W_hr", swapped("z_r", "z_z"))),
    Wrong("one of three parts of an input", "gru", gradient("x", dropped, only=1)),
    Wrong("cell's carry without the forget gate", "lstm", consistently("c", carried(lambda term: Bar(term.args[0].leaf)))),
    Wrong("cell's own path dropped", "lstm", adjoint("c", terms=lambda found: ())),
    Wrong("cell of the wrong step", "lstm", adjoint("f", terms=terms(moved("c", 1)))),
    Wrong("sum instead of difference", "loss", adjoint("z_y", terms=terms(lambda term: Add(term.args[0], term.args[1].body)))),
    Wrong("targets that need not sum to one", "loss", network(assumptions=())),
    Wrong("loss with the other sign", "loss", forward("J", negated)),
    Wrong("weights of the state before", "loss", gradient("W_hy", moved("h", -1))),
    Wrong("loss not halved", "squares", forward("J", lambda expr: expr.body)),
    Wrong("last step but one", "squares", adjoint("h", ends=lambda ends: tuple((step - 1, term) for step, term in ends))),
    Wrong("last step dropped", "squares", adjoint("h", ends=lambda ends: ())),
    Wrong("halves exchanged", "both", exchanged("h_f", "h_b")),
    Wrong("of the other direction", "both", gradient("W_hh_b", moved("h_b", -2))),
    Wrong("one direction dropped", "both", gradient("x", dropped, only=0)),
)  # fmt: skip
