"""Random matrix expressions, sound rewritings of them, and single-site mutants."""

from random import Random

from sympy import Rational, Symbol

from symrnn.algebra.nodes import (
    Add,
    Apply,
    Bar,
    Concat,
    D,
    Diag,
    Eye,
    Had,
    Jac,
    Leaf,
    Mul,
    Multiple,
    Node,
    Ones,
    Power,
    Quotient,
    Scale,
    Slice,
    T,
    Trace,
    Transpose,
    Zeros,
    t,
)
from symrnn.algebra.time import Binder, ProdT, SumT, reindex, swap_sums
from symrnn.errors import SymrnnError

N, M, P = (Symbol(name, integer=True, positive=True) for name in "nmp")
SIZES = (N, M, P, N + M)
J, K, L = (Symbol(name, integer=True) for name in "jkl")
SCALARS = (-1, 2, Rational(1, 2), -3, 1 / T, N, 1 / N, 1 / (N + M), N / M, (N + 1) / (N + M) ** 2)
FUNCTIONS = ("tanh", "sigmoid", "relu", "step", "softplus", "exp", "abs", "sign", "sin", "cos")


class Generator:
    """Random expressions of a given shape. With `plain` they hold nothing but leaves and what has a differential rule."""

    def __init__(self, seed, plain=False):
        self.random = Random(seed)
        self.plain = plain
        self.steps = [None, None, t, t - 1]

    def leaf(self, shape):
        leaf = Leaf(self.random.choice("ABq"), *shape, self.random.choice(self.steps))
        kind = 1.0 if self.plain else self.random.random()
        if kind < 0.06:
            return Bar(leaf)
        if kind < 0.12:
            return Jac(Leaf(leaf.name, shape[1], shape[0], leaf.time))
        return D(leaf) if kind < 0.16 else leaf

    def constant(self, shape):
        if shape[0] == shape[1] and shape[0] != 1 and self.random.random() < 0.6:
            return Eye(shape[0])
        return (Ones if self.random.random() < 0.8 else Zeros)(*shape)

    def size(self):
        return self.random.choice(SIZES)

    def expr(self, shape, depth):
        if depth <= 0 or self.random.random() < 0.12:
            return self.leaf(shape) if self.random.random() < 0.85 else self.constant(shape)
        makers = [self.sum, self.sum, self.product, self.product, self.product, self.had, self.had, self.scaled]
        makers += [
            self.transposed,
            self.applied,
            self.applied,
            self.powered,
            self.quotient,
            self.multiple,
            self.multiple,
        ]
        makers += [] if self.plain else [self.time_sum]
        if shape == (1, 1):
            makers += [self.traced] * 3
        if shape[1] == 1 and shape[0] != 1:
            makers += [self.column, self.concat_slice]
        if shape[0] == N + M:
            makers += [self.concat] * 4
        if shape[0] == shape[1] and shape[0] != 1:
            makers += [self.diag, self.diag] + ([] if self.plain else [self.ordered])
        return self.random.choice(makers)(shape, depth - 1)

    def sum(self, shape, depth):
        return Add(*(self.expr(shape, depth) for _ in range(self.random.choice((2, 2, 3)))))

    def product(self, shape, depth):
        inner = self.random.choice((*SIZES, 1))
        return Mul(self.expr((shape[0], inner), depth - 1), self.expr((inner, shape[1]), depth))

    def had(self, shape, depth):
        return Had(self.expr(shape, depth), self.expr(shape, depth))

    def scaled(self, shape, depth):
        return Scale(self.random.choice(SCALARS), self.expr(shape, depth))

    def multiple(self, shape, depth):
        body = Ones(*shape) if self.random.random() < 0.3 else self.expr(shape, depth)
        return Multiple(self.expr((1, 1), depth - 1), body)

    def transposed(self, shape, depth):
        return Transpose(self.expr((shape[1], shape[0]), depth))

    def applied(self, shape, depth):
        if self.random.random() < 0.2:
            return Apply(self.random.choice(("log", "sqrt")), self.above_zero(shape, depth))
        return Apply(self.random.choice(FUNCTIONS), self.expr(shape, depth))

    def above_zero(self, shape, depth):
        q = Leaf("q", *shape, self.random.choice((None, t)))
        body = self.expr(shape, min(depth, 2))
        choices = (q, Apply("exp", body), Apply("sigmoid", body), Add(q, Power(body, 2)), Had(q, Apply("exp", body)))
        choices += (Power(body, 2), Add(Ones(*shape), Apply("exp", body)), Power(q, -1), Scale(4, q))
        choices += (Add(Ones(*shape), Scale(-1, Apply("sigmoid", body))),)
        return self.random.choice(choices)

    def powered(self, shape, depth):
        return Power(self.expr(shape, min(depth, 1)), self.random.choice((2, 2, 3)))

    def quotient(self, shape, depth):
        below = self.random.choice((Leaf("q", *shape), Apply("exp", self.leaf(shape)), self.leaf(shape), None))
        below = self.expr(shape, min(depth, 2)) if below is None else below
        above = self.expr(shape, depth)
        return Quotient(Had(above, below) if self.random.random() < 0.3 else above, below)

    def traced(self, shape, depth):
        size = self.size()
        return Trace(self.expr((size, size), depth))

    def column(self, shape, depth):
        name = self.random.choice(("softmax", "log_softmax", "y"))
        return Leaf("y", shape[0], 1, t) if name == "y" else Apply(name, self.expr(shape, depth))

    def concat(self, shape, depth):
        return Concat(self.expr((N, shape[1]), depth), self.expr((M, shape[1]), depth))

    def concat_slice(self, shape, depth):
        whole = self.expr((N + M, 1), depth)
        if shape[0] == N:
            return Slice(whole, 0, N)
        return Slice(whole, N, M) if shape[0] == M else self.leaf(shape)

    def diag(self, shape, depth):
        return Diag(self.expr((shape[0], 1), depth))

    def time_sum(self, shape, depth):
        index = self.random.choice((K, L))
        low, high = self.random.choice(((1, t), (t, T), (1, T), (t, t), (1, 2), (t + 1, T)))
        if index in self.steps:
            return self.leaf(shape)
        self.steps += [index, index, index - 1, index + 1]
        body = self.expr(shape, depth)
        del self.steps[-4:]
        return SumT(body, index, low, high)

    def ordered(self, shape, depth):
        body = self.random.choice((Leaf("A", *shape, J), Transpose(Leaf("A", *shape, J)), Leaf("B", *shape, J - 1)))
        if self.random.random() < 0.3:
            self.steps += [J, J, J - 1]
            body = self.expr(shape, min(depth, 1))
            del self.steps[-3:]
        around = self.random.choice([*(step for step in self.steps if step is not None), t])
        low, high = self.random.choice(((1, t), (t, T), (t, t + 1), (t + 1, t), (1, around), (around + 1, T)))
        return self.leaf(shape) if body.has(J) and J in around.free_symbols else ProdT(body, J, low, high)


# Positions


def places(expr):
    """Yield every way down to a matrix inside an expression, as a tuple of argument numbers."""
    yield ()
    if isinstance(expr, Leaf | Bar | D | Jac):
        return
    for number, arg in enumerate(expr.args):
        if isinstance(arg, Node):
            for rest in places(arg):
                yield (number, *rest)


def part_at(expr, place):
    for number in place:
        expr = expr.args[number]
    return expr


def with_part(expr, place, part):
    if not place:
        return part
    args = list(expr.args)
    args[place[0]] = with_part(args[place[0]], place[1:], part)
    return expr.func(*args)


# Sound rewritings, each None where it does not apply


def shuffled(random, node):
    if not isinstance(node, Add | Had):
        return None
    args = list(node.args)
    random.shuffle(args)
    return node.func(*args)


def rotated(random, node):
    if isinstance(node, Trace) and isinstance(node.args[0], Mul):
        first, *rest = node.args[0].args
        return Trace(Mul(*rest, first))
    return Trace(node.args[0].T) if isinstance(node, Trace) else None


def transposed_product(random, node):
    if isinstance(node, Transpose) and isinstance(node.args[0], Mul):
        return Mul(*(factor.T for factor in reversed(node.args[0].args)))
    if isinstance(node, Transpose) and isinstance(node.args[0], Add | Had):
        return node.args[0].func(*(term.T for term in node.args[0].args))
    if isinstance(node, Mul):
        return Transpose(Mul(*(factor.T for factor in reversed(node.args))))
    return None


def distributed(random, node):
    if not isinstance(node, Mul | Had):
        return None
    for place, factor in enumerate(node.args):
        if isinstance(factor, Add):
            return Add(*(node.func(*node.args[:place], term, *node.args[place + 1 :]) for term in factor.args))
    return None


def through_function(random, node):
    if not isinstance(node, Apply):
        return None
    body = node.body
    negative = Apply(node.function, Scale(-1, body))
    one = Ones(*node.shape)
    table = {
        "tanh": Scale(-1, negative),
        "sin": Scale(-1, negative),
        "cos": negative,
        "abs": Had(body, Apply("sign", body)),
        "sign": Scale(-1, negative),
        "sigmoid": Add(one, Scale(-1, negative)),
        "softplus": Add(negative, body),
        "relu": Had(Apply("step", body), body),
        "exp": Quotient(one, negative),
        "step": Apply("step", Apply("relu", body)),
    }
    if node.function in table and random.random() < 0.7:
        return table[node.function]
    if node.function == "softmax":
        return Apply("softmax", Add(Ones(*node.shape), body))
    if node.function == "log_softmax":
        return Apply("log", Apply("softmax", body))
    return Transpose(Apply(node.function, body.T))


def column_rewritings(random, node):
    if isinstance(node, Diag):
        return Had(Mul(node.args[0], Ones(1, node.shape[0])), Eye(node.shape[0]))
    if isinstance(node, Mul) and isinstance(node.args[0], Diag) and len(node.args) == 2 and node.args[1].is_column:
        return Had(node.args[0].args[0], node.args[1])
    if isinstance(node, Concat):
        return Concat(*(Slice(node, *cut) for cut in ((0, N), (N, M)))) if node.shape[0] == N + M else None
    return None


def in_front(random, node):
    """s X is X with s at every entry, and a product with s on either side where that is one row or column."""
    if isinstance(node, Add | Had | Mul) and random.random() < 0.6:
        for place, part in enumerate(node.args):
            if isinstance(part, Multiple) and not isinstance(node, Add):
                return Multiple(part.scalar, node.func(*node.args[:place], part.body, *node.args[place + 1 :]))
    if not isinstance(node, Multiple):
        return None
    scalar, body = node.args
    rows, columns = node.shape
    choices = [
        Had(Mul(Ones(rows), scalar, Ones(1, columns)), body),
        Multiple(scalar, body.T).T,
        Multiple(Trace(scalar), body),
        Mul(Multiple(scalar, Eye(rows)), body),
        Had(Multiple(scalar, Ones(rows, columns)), body),
    ]
    choices += [Mul(body, scalar)] if columns == 1 else []
    choices += [Mul(scalar, body)] if rows == 1 else []
    choices += [Add(*(Multiple(scalar, term) for term in body.args))] if isinstance(body, Add) else []
    choices += [Add(*(Multiple(term, body) for term in scalar.args))] if isinstance(scalar, Add) else []
    choices += [Multiple(body.scalar, Multiple(scalar, body.body))] if isinstance(body, Multiple) else []
    return random.choice(choices)


def averaged(random, node):
    """The mean of equal numbers is this number, for a size that is a symbol and for a sum of sizes."""
    size = random.choice((N, M, N + M))
    return Scale(1 / size, Multiple(Mul(Ones(1, size), Ones(size)), node)) if random.random() < 0.3 else None


def trivial(random, node):
    choices = [
        Add(node, Zeros(*node.shape)),
        Had(node, Ones(*node.shape)),
        Mul(Eye(node.shape[0]), node),
        Add(Scale(2, node), Scale(-1, node)),
        Scale(Rational(1, 2), Add(node, node)),
        SumT(Had(node, Ones(*node.shape)), J, 3, 3) if not node.has(J) else node,
    ]
    return random.choice(choices)


def powers(random, node):
    if isinstance(node, Power) and node.args[1] > 0:
        return Had(*([node.args[0]] * int(node.args[1])))
    if isinstance(node, Quotient):
        return Had(Power(node.args[1], -1), node.args[0])
    return None


def over_time(random, node):
    if isinstance(node, ProdT):
        return reindex(node, L, random.choice((1, -2))).after if not node.has(L) else None
    if not isinstance(node, SumT):
        return None
    if isinstance(node.body, SumT) and random.random() < 0.5:
        try:
            return swap_sums(node).after
        except SymrnnError:
            return None
    fresh = Symbol("r", integer=True)
    if node.has(fresh):
        return None
    if isinstance(node.body, Add) and random.random() < 0.4:
        return Add(*(node.with_body(term) for term in node.body.args))
    return reindex(node, fresh, random.choice((1, -1, t, 3))).after


REWRITINGS = (
    shuffled,
    rotated,
    transposed_product,
    distributed,
    through_function,
    column_rewritings,
    in_front,
    averaged,
    trivial,
    powers,
    over_time,
)


def soundly_rewritten(random, expr, count):
    for _ in range(count):
        place = random.choice(list(places(expr)))
        options = [found for rule in REWRITINGS if (found := rule(random, part_at(expr, place))) is not None]
        expr = with_part(expr, place, random.choice(options))
    return expr


# Mutations at a single place


def mutants(random, node):
    yield Scale(-1, node)
    yield Scale(2, node)
    if isinstance(node, Add | Had) and len(node.args) > 1:
        yield node.func(*node.args[1:])
    if isinstance(node, Mul):
        for place in range(len(node.args)):
            if node.args[place].shape[0] == node.args[place].shape[1]:
                yield Mul(*node.args[:place], node.args[place].T, *node.args[place + 1 :])
    if isinstance(node, Multiple):
        yield node.body
        yield Multiple(node.scalar, Multiple(*node.args))
    if isinstance(node, Scale):
        yield Scale(node.factor / N, node.body)
    if isinstance(node, Leaf):
        yield node.at(t if node.time is None else node.time - 1)
        yield Leaf("B" if node.name == "A" else "A", *node.shape, node.time)
    if node.shape[0] == node.shape[1]:
        yield Transpose(node)
    if isinstance(node, Apply) and node.function in FUNCTIONS:
        yield Apply(random.choice(FUNCTIONS), node.body)
    if isinstance(node, Binder):
        yield node.over(node.low + 1, node.high)
        yield node.over(node.low, node.high - 1)
    yield Power(node, 2)


def mutated(random, expr):
    place = random.choice(list(places(expr)))
    return with_part(expr, place, random.choice(list(mutants(random, part_at(expr, place)))))
