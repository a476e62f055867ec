"""The equations of a certificate with numbers in them: its text is read as Coq reads it, and evaluated by NumPy.

Nothing of symrnn is used: neither what wrote the text nor what emits code. The meaning of each constructor is that of `eval` in
Expressions.v, of networks and parts that of `trajectory` and `solves` in Networks.v.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np

TOKEN = re.compile(r'\s*("[^"]*"|[A-Za-z_]\w*|\d+|[-+*/()\[\];,])')
INFIX = {"+": 1, "-": 1, "*": 2, "/": 2}


class Reader:
    """A reader of the terms that certificates are made of: applications, arithmetic, lists and pairs."""

    def __init__(self, text):
        text = text.strip()
        self.tokens, place = [], 0
        while place < len(text):
            found = TOKEN.match(text, place)
            assert found, text[place : place + 40]
            self.tokens.append(found.group(1))
            place = found.end()
        self.place = 0

    def peek(self):
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def take(self, wanted=None):
        token = self.peek()
        assert wanted is None or token == wanted, (token, wanted)
        self.place += 1
        return token

    def term(self, least=1):
        left = self.applied()
        while INFIX.get(self.peek(), 0) >= least:
            sign = self.take()
            left = [sign, left, self.term(INFIX[sign] + 1)]
        return left

    def applied(self):
        if self.peek() in ("-", "/"):
            return [f"prefix {self.take()}", self.applied()]
        found = [self.atom()]
        while self.peek() and self.peek() not in (*INFIX, ")", "]", ";", ","):
            found.append(self.atom())
        return found[0] if len(found) == 1 else found

    def atom(self):
        token = self.take()
        if token == "(":
            found = self.term()
            if self.peek() == ",":
                self.take()
                found = ("pair", found, self.term())
            self.take(")")
            return found
        if token == "[":
            items = []
            while self.peek() != "]":
                items.append(self.term())
                if self.peek() == ";":
                    self.take()
            self.take("]")
            return ("list", *items)
        return int(token) if token.isdigit() else token


def definition(text, name):
    found = re.search(rf"^Definition {name}\b[^=]*:=(.*?)\.$", text, re.MULTILINE | re.DOTALL)
    return Reader(found.group(1)).term()


@dataclass
class Stage:
    first: int
    last: int
    upwards: bool
    equations: list


@dataclass
class Certified:
    """One sequence: sizes and numbers of steps, and the values of all quantities by name and step."""

    text: str
    sizes: dict  # of the Coq variables
    lengths: tuple
    values: dict = field(default_factory=dict)
    seeds: dict = field(default_factory=dict)
    bars: dict = field(default_factory=dict)

    def __post_init__(self):
        _, quantities, constants, stages, _ = definition(self.text, "net")
        self.quantities = {
            self.name(one[1]): (self.number(one[2]), self.number(one[3]), self.time(one[4]), self.time(one[5]))
            for one in quantities[1:]
        }
        self.constants = {self.name(one[1]): (self.number(one[2]), self.number(one[3])) for one in constants[1:]}
        self.stages = [
            Stage(self.time(one[1]), self.time(one[2]), one[3] == "true", [(self.name(e[1]), e[2]) for e in one[4][1:]])
            for one in stages[1:]
        ]
        self.parts = {self.name(one[1]): one[2][1:] for one in definition(self.text, "adj")[1:]}

    def name(self, token):
        return token.strip('"')

    def number(self, term):
        """A size or a factor."""
        if isinstance(term, int):
            return term
        if isinstance(term, str):
            return self.sizes[term]
        head, *args = term
        found = [self.number(one) for one in args]
        by = {"+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b, "/": lambda a, b: a / b}
        one = {"prefix -": lambda a: -a, "prefix /": lambda a: 1 / a, "INR": float, "sqrt": np.sqrt}
        return {**by, **one}[head](*found)

    def time(self, term):
        if term[0] == "Fixed":
            return self.number(term[1])
        assert term[0] == "Length"
        return self.lengths[self.number(term[1])] + self.number(term[2])

    def moment(self, term, t):
        """The step at which something is read."""
        if term in ("now", "always"):
            return t if term == "now" else 0
        return t - self.number(term[1]) if term[0] == "Ago" else self.time(term[1])

    def run(self):
        """Evaluate every equation at every step of its stage."""
        for stage in self.stages:
            steps = range(stage.first, stage.last + 1)
            for t in steps if stage.upwards else reversed(steps):
                for name, expr in stage.equations:
                    value = self.value(expr, t)
                    assert value.shape == self.quantities[name][:2], name
                    self.values[name, t] = value

    def bar(self, name, step):
        """The adjoint of a quantity at one step: its seed, and what every part of its equation hands on."""
        if (name, step) not in self.bars:
            total = np.zeros(self.quantities[name][:2]) + self.seeds.get((name, step), 0.0)
            for _, number, when, term in self.parts.get(name, ()):
                stage = self.stages[number]
                if when != "now" and (when == "always" or when[0] == "At"):
                    given = range(stage.first, stage.last + 1) if step == self.moment(when, 0) else ()
                else:
                    given = [t for t in range(stage.first, stage.last + 1) if self.moment(when, t) == step]
                total = total + sum((self.value(term, t) for t in given), np.zeros(total.shape))
            self.bars[name, step] = total
        return self.bars[name, step]

    def value(self, expr, t):
        head, *args = expr
        if head in ("Var", "Bar"):
            name, step = self.name(args[0]), self.moment(args[1], t)
            return self.values[name, step] if head == "Var" else self.bar(name, step)
        if head == "Number":
            return np.full((self.number(args[1]), self.number(args[2])), float(self.number(args[0])))
        if head == "Eye":
            return np.eye(self.number(args[0]))
        if head == "Apply":
            return FUNCTIONS[args[0]](self.value(args[1], t))
        if head == "Scale":
            return self.number(args[0]) * self.value(args[1], t)
        if head == "Power":
            return self.value(args[0], t) ** args[1]
        if head == "Slice":
            first = self.number(args[1])
            return self.value(args[0], t)[first : first + self.number(args[2])]
        return OPERATIONS[head](*(self.value(one, t) for one in args))


def softmax(z):
    found = np.exp(z - z.max(0))
    return found / found.sum(0)


OPERATIONS = {
    "Add": lambda a, b: a + b,
    "Multiple": lambda s, a: s[0, 0] * a,
    "Mul": lambda a, b: a @ b,
    "Transpose": lambda a: a.T,
    "Diag": lambda a: np.diag(a[:, 0]),
    "Had": lambda a, b: a * b,
    "Quot": lambda a, b: a / b,
    "Softmax": softmax,
    "LogSoftmax": lambda a: np.log(softmax(a)),
    "Concat": lambda a, b: np.concatenate([a, b]),
    "Trace": lambda a: np.trace(a).reshape(1, 1),
}
FUNCTIONS = {
    "Identity": lambda x: x,
    "Tanh": np.tanh,
    "Sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "Relu": lambda x: np.maximum(x, 0),
    "Step": lambda x: (x > 0).astype(float),
    "Exp": np.exp,
    "Log": np.log,
    "Softplus": lambda x: np.log1p(np.exp(x)),
    "Sqrt": np.sqrt,
    "Abs": np.abs,
    "Sign": np.sign,
    "Sin": np.sin,
    "Cos": np.cos,
}
