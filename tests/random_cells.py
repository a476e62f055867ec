"""Random cells: texts that are well shaped by construction, and read every kind of thing that a cell may be written with.

`cell_text(number)` and `head_text(number)` always give the same text for the same number. Values stay of order one: what is
squared, divided by or put into a logarithm is bounded first, so that the numerical derivative is right to rounding.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field

from symrnn import cells
from symrnn.errors import SymrnnError
from symrnn.language.read import read_cell
from symrnn.model.architecture import MODES, Architecture, Layer
from symrnn.model.composition import build
from symrnn.model.equations import Cell
from symrnn.model.network import Network

SIZES = ("H", "I", "K")
ANYWHERE = ("tanh", "sigmoid", "softplus", "sin", "cos", "identity")
KINKED = ("relu", "abs", "sign", "step")
NUMBERS = ("0.5", "2", "0.1", "1.5", "3")


@dataclass
class Draft:
    """A text under construction: which columns of which size may be read, and which weights there are."""

    draw: random.Random
    columns: dict[str, list[str]] = field(default_factory=dict)  # size → names, with their lag
    weights: dict[tuple[str, str], list[str]] = field(default_factory=dict)  # (rows, columns) → names
    declared: list[str] = field(default_factory=list)
    kinks: bool = False
    count: int = 0
    sizes: tuple[str, ...] = SIZES

    def fresh(self, letter: str) -> str:
        self.count += 1
        return f"{letter}_{self.count}"

    def offer(self, name: str, size: str) -> None:
        self.columns.setdefault(size, []).append(name)

    def column(self, size: str, depth: int) -> str:
        """Return an expression for a column of this size, safe to stand as an operand of anything."""
        kinds = [self.leaf, self.leaf] if depth <= 0 else [self.leaf, *COLUMNS]
        return self.draw.choice(kinds)(self, size, depth) if depth > 0 else self.leaf(self, size, depth)

    @staticmethod
    def leaf(draft: Draft, size: str, depth: int) -> str:
        known = draft.columns.get(size, [])
        if known and draft.draw.random() < 0.8:
            return draft.draw.choice(known)
        name = draft.fresh("b")
        draft.declared.append(f"param {name}: {size}")
        draft.offer(name, size)
        return name

    def weight(self, rows: str, cols: str) -> str:
        """Return a matrix; half of the time one that was used before, sometimes as the transpose of one."""
        known = [*self.weights.get((rows, cols), [])]
        known += [f"{name}.T" for name in self.weights.get((cols, rows), []) if self.draw.random() < 0.5]
        if known and self.draw.random() < 0.5:
            return self.draw.choice(known)
        name = self.fresh("W")
        turned = self.draw.random() < 0.3
        shape = (cols, rows) if turned else (rows, cols)
        word = "const" if self.draw.random() < 0.1 else "param"
        self.declared.append(f"{word} {name}: {shape[0]} x {shape[1]}")
        self.weights.setdefault(shape, []).append(name)
        return f"{name}.T" if turned else name


def _product(draft: Draft, size: str, depth: int) -> str:
    inner = draft.draw.choice(draft.sizes)
    return f"({draft.weight(size, inner)} @ {draft.column(inner, depth - 1)})"


def _two_products(draft: Draft, size: str, depth: int) -> str:
    first, second = draft.draw.choice(draft.sizes), draft.draw.choice(draft.sizes)
    left, right = draft.weight(size, first), draft.weight(first, second)
    column = draft.column(second, depth - 1)
    return draft.draw.choice([f"({left} @ {right} @ {column})", f"(({left} @ {right}) @ {column})"])


def _sum(draft: Draft, size: str, depth: int) -> str:
    terms = [draft.column(size, depth - 1) for _ in range(draft.draw.randint(2, 4))]
    if draft.draw.random() < 0.3:
        terms.insert(draft.draw.randrange(len(terms) + 1), draft.draw.choice(NUMBERS))
    text = terms[0] if draft.draw.random() < 0.8 else f"-{terms[0]}"
    for term in terms[1:]:
        text += f" {draft.draw.choice('+-')} {term}"
    return f"({text})"


def _entrywise(draft: Draft, size: str, depth: int) -> str:
    factors = [draft.column(size, depth - 1) for _ in range(draft.draw.randint(2, 3))]
    return f"({' * '.join(factors)})"


def _multiple(draft: Draft, size: str, depth: int) -> str:
    number = draft.draw.choice(NUMBERS)
    body = draft.column(size, depth - 1)
    return draft.draw.choice([f"({number} * {body})", f"({body} * {number})", f"({body} / {number})", f"(-{body})"])


def _quotient(draft: Draft, size: str, depth: int) -> str:
    above, below = draft.column(size, depth - 1), draft.column(size, depth - 1)
    bottom = draft.draw.choice(
        [f"(1 + exp({below}))", f"(2 + sin({below}))", f"(1 + {below} ** 2)", f"exp(tanh({below}))"]
    )
    top = draft.draw.choice([above, above, "1", "2"])
    return f"({top} / {bottom})"


def _power(draft: Draft, size: str, depth: int) -> str:
    return f"(tanh({draft.column(size, depth - 1)}) ** {draft.draw.choice((2, 3, 4))})"


def _function(draft: Draft, size: str, depth: int) -> str:
    name = draft.draw.choice(KINKED if draft.kinks and draft.draw.random() < 0.4 else ANYWHERE)
    return f"{name}({draft.column(size, depth - 1)})"


def _bounded(draft: Draft, size: str, depth: int) -> str:
    body = draft.column(size, depth - 1)
    return draft.draw.choice(
        [
            f"exp(sin({body}))",
            f"log(2 + cos({body}))",
            f"sqrt(1 + {body} ** 2)",
            f"log(softplus({body}))",
            f"sqrt(exp({body}))",
        ]
    )


def _over_the_column(draft: Draft, size: str, depth: int) -> str:
    return f"{draft.draw.choice(('softmax', 'log_softmax'))}({draft.column(size, depth - 1)})"


def _log_of_softmax(draft: Draft, size: str, depth: int) -> str:
    return f"log(softmax({draft.column(size, depth - 1)}))"


def _cut(draft: Draft, size: str, depth: int) -> str:
    other = draft.draw.choice([one for one in SIZES if one != size])
    mine, its = draft.column(size, depth - 1), draft.column(other, depth - 1)
    if draft.draw.random() < 0.5:
        return f"concat({mine}, {its})[0:{size}]"
    return f"concat({its}, {mine})[{other}:{other} + {size}]"


def _stacked(draft: Draft, size: str, depth: int) -> str:
    first, second = draft.draw.choice(SIZES), draft.draw.choice(SIZES)
    stack = f"concat({draft.column(first, depth - 1)}, {draft.column(second, depth - 1)})"
    return f"({draft.weight(size, f'{first} + {second}')} @ {stack})"


def _number_times(draft: Draft, size: str, depth: int) -> str:
    inner = draft.draw.choice(SIZES)
    left, right = draft.column(inner, depth - 1), draft.column(inner, depth - 1)
    number = draft.draw.choice([f"sin({left}).T @ {right}", f"sum(tanh({left}))", f"sum(sin({left}) * {right})"])
    return f"({draft.column(size, depth - 1)} @ ({number}))"


COLUMNS = (
    *(
        _product,
        _product,
        _product,
        _two_products,
        _sum,
        _sum,
        _sum,
        _entrywise,
        _entrywise,
        _multiple,
        _quotient,
        _power,
    ),
    *(_function, _function, _function, _bounded, _over_the_column, _log_of_softmax, _cut, _stacked, _number_times),
)


def cell_text(number: int) -> str:
    """Return the text of a random cell."""
    draw = random.Random(f"cell {number}")
    draft = Draft(draw, kinks=draw.random() < 0.2)
    inputs = {name: draw.choice(SIZES) for name in ("x", "u")[: draw.randint(1, 2)]}
    states = {name: draw.choice(("H", "H", *SIZES)) for name in ("h", "c", "m")[: draw.randint(1, 3)]}
    declarations = [f"state {name}: {size}" for name, size in states.items()]
    for name, size in inputs.items():
        draft.offer(name, size)
    for name, size in states.items():
        for lag in range(1, 4 if draw.random() < 0.2 else 2):
            draft.offer(f"{name}[t-{lag}]", size)
    if draw.random() < 0.3:
        declarations.append("const k: H")
        draft.offer("k", "H")
    equations = _equations(draft, states)
    if draw.random() < 0.9:
        equations = _anchored(draft, inputs, states, equations)
    equations = _moved(inputs, states, equations)
    declarations += [f"input {name}: {size}" for name, size in inputs.items()]
    return _used("\n  ".join(["cell random", *declarations, *draft.declared, *equations]), tuple(states), draw)


def _intermediate(place: int, size: str) -> tuple[str, str]:
    """Return the name of a column between the states, which ends with its size, and the size."""
    return f"v_{place}{size}", size


def _equations(draft: Draft, states: dict[str, str]) -> list[str]:
    draw = draft.draw
    targets = list(states.items())
    for place in range(draw.randint(0, 3)):
        targets.insert(draw.randrange(len(targets) + 1), _intermediate(place, draw.choice(SIZES)))
    equations = []
    for name, size in targets:
        body = draft.column(size, draw.randint(1, 3))
        wrapped = draw.choice([f"tanh({body})", f"tanh(0.3 * {body})", f"sigmoid(0.3 * {body})", f"0.3 * {body}", body])
        equations.append(f"{name} = {wrapped}")
        draft.columns[size] = [*draft.columns.get(size, []), name, name]  # twice: new values are read often
    return equations


def _anchored(draft: Draft, inputs: dict[str, str], states: dict[str, str], equations: list[str]) -> list[str]:
    """Let h read an input of every size, each through a weight: then both passes can tell every size from an array."""
    words = set().union(*map(_words, (*draft.declared, *equations)), states.values(), inputs.values())
    terms = []
    for size in (one for one in SIZES if one in words):
        name = next((name for name, found in inputs.items() if found == size), f"x_{size}")
        inputs[name] = size
        draft.declared.append(f"param A_{size}: {states['h']} x {size}")
        terms.append(f" + 0.2 * (A_{size} @ {name})")
    return [line + "".join(terms) if line.startswith("h = ") else line for line in equations]


def _moved(inputs: dict[str, str], states: dict[str, str], equations: list[str]) -> list[str]:
    """Let a line that would be the same at every step read an input, if it is a state or nothing reads it.

    The others stay as they are: such a quantity is computed once.
    """
    found: list[str] = []
    moving = {*inputs, *states}
    for place, line in enumerate(equations):
        name, _, value = line.partition(" = ")
        size = states.get(name) or name[-1]
        read = any(name in _words(other.partition("=")[2]) for other in equations[:place] + equations[place + 1 :])
        if not _words(value) & moving and (name in states or not read):
            given = next((one for one, its in inputs.items() if its == size), f"x_{size}")
            inputs[given] = size
            line += f" + 0.1 * {given}"
        if _words(line.partition("=")[2]) & moving:
            moving.add(name)
        found.append(line)
    return found


def _used(text: str, states: tuple[str, ...], draw: random.Random) -> str:
    """Put out what no equation reads: the language refuses what is of no use. Inputs and constants that are not read go."""
    lines = text.splitlines()
    reads = {word for line in lines if "=" in line for word in _words(line.partition("=")[2])}
    targets = [line.partition("=")[0].strip() for line in lines if "=" in line]
    outputs = [*states, *(name for name in targets if name not in reads and name not in states)]
    draw.shuffle(outputs)
    kept = [line for line in lines if not _declares(line) or _declares(line) in reads]
    return "\n".join([*kept, *([f"  output {', '.join(outputs)}"] if outputs != [*states] else [])]) + "\n"


def _declares(line: str) -> str:
    words = line.split()
    return words[1].rstrip(":") if words and words[0] in ("input", "const", "param") else ""


LOSSES = (
    "J = 0.5 * (e.T @ e)",
    "J = sum(e * e) / 2",
    "J = sum(w * e * e)",
    "J = sum(e ** 2) + 0.1 * (w.T @ w)",
    "J = -y.T @ log(softmax(p))",
    "J = -y.T @ log_softmax(p) + 0.5 * sum(w * w)",
    "J = (w * y).T @ p",
    "J = sum(softplus(p)) - y.T @ p",
    "J = -2 * (y.T @ log(softmax(p + w))) + e.T @ e",
)


def head_text(number: int, size: str = "H") -> str:
    """Return the text of a random head with a loss on `h` of this size."""
    draw = random.Random(f"head {number}")
    draft = Draft(draw, sizes=(size, "O"))
    draft.offer("h", size)
    prediction = f"{draft.weight('O', size)} @ h + {draft.column('O', draw.randint(1, 2))}"
    loss = draw.choice(LOSSES)
    known = _words(prediction)
    declared = [line for line in draft.declared if _declares(line) in known]
    lines = [f"input h: {size}", "target y: O", *declared, f"p = {prediction}"]
    lines[1] += " sums to 1" if draw.random() < 0.5 else ""
    lines += ["e = p - y"] if "e" in _words(loss) else []
    lines += ["output p"] if "p" not in _words(loss) and "e" not in _words(loss) else []
    lines += ["param w: O"] if "w" in _words(loss) else []
    return "\n  ".join(["head random", *lines, loss]) + "\n"


def _words(text: str) -> set[str]:
    return set(re.findall(r"[A-Za-z_]\w*", text))


# -- networks -------------------------------------------------------------------------------------------------------------

OWN_HEADS = ("none", *(name for name in cells.heads() if not name.endswith("transposed")))
BUILT_IN = ("gru", "lstm", "lstm_projection", "elman", "antisymmetric", "narx", "scrn", "mgu")


def _cell(draw: random.Random) -> Cell:
    if draw.random() < 0.3:
        return cells.load(draw.choice(BUILT_IN))
    return read_cell(cell_text(draw.randrange(10**6)))


def architecture(number: int) -> Architecture:
    """Return a random architecture over random and built-in cells; not every one of them can be built."""
    draw = random.Random(f"architecture {number}")
    mode = draw.choice(list(MODES))
    both = mode not in ("one-to-many", "one-to-one")
    layers = tuple(
        Layer(_cell(draw), _cell(draw) if both and draw.random() < 0.4 else None)
        for _ in range(draw.choice((1, 1, 2, 3)))
    )
    name = draw.choice((*OWN_HEADS, "random", "random"))
    head = None if name == "none" else read_cell(head_text(draw.randrange(10**6))) if name == "random" else None
    return Architecture(
        layers,
        cells.load_head(name) if name not in ("none", "random") else head,
        mode,
        draw.choice((None, None, "given", "zero", "learned")),
        mode != "one-to-one" and draw.random() < 0.3,
        head is not None and head.loss is not None and draw.random() < 0.3,
        mode in ("one-to-many", "encoder-decoder") and name != "none" and draw.random() < 0.5,
        tuple(Layer(_cell(draw)) for _ in layers) if mode == "encoder-decoder" and draw.random() < 0.4 else (),
        "every-step" if mode == "encoder-decoder" and draw.random() < 0.5 else "initial",
    )


def network(number: int) -> Network:
    """Return the first random network from this number on whose sizes fit: most do not fit for the reason that is said."""
    for attempt in range(1000 * number, 1000 * number + 1000):
        try:
            return build(architecture(attempt))
        except SymrnnError:
            continue
    raise AssertionError("no architecture could be built")
