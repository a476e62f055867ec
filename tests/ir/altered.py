"""The programs of programs.py and wide.py with one thing changed, most of them for the worse."""

from __future__ import annotations

from dataclasses import replace

from programs import (
    T1,
    B,
    H,
    I,
    assign,
    at,
    call,
    concatenated_rnn,
    load,
    procedures,
    step,
    tanh_rnn,
)
from wide import K, composed

from symrnn.ir.buffers import Buffer, Role, Size
from symrnn.ir.nodes import At, Each, Extent, Loop, Program, Reduce, Ref, Share, Statement, Windows
from symrnn.ir.shapes import arguments
from symrnn.ir.walk import touched


def arguments_found(program: Program) -> Program:
    """The program with its argument lists made right, so that only what a test breaks is broken."""

    def one(procedure):
        names = touched(procedure)
        return replace(
            procedure, arguments=tuple(b.name for b in program.buffers if b.name in names and b.role is not Role.WORK)
        )

    return replace(program, forward=one(program.forward), backward=one(program.backward))


def forward(*statements: Statement, first: tuple[Statement, ...] = (), inside: tuple[Statement, ...] = ()) -> Program:
    """The tanh RNN with statements before its forward loop, at the end of the loop, or after it."""
    program = tanh_rnn()
    *before, loop = program.forward.body
    body = (*first, *before, Loop((*loop.body, *inside)), *statements)
    return arguments_found(replace(program, forward=replace(program.forward, body=body)))


def backward(*statements: Statement, first: tuple[Statement, ...] = ()) -> Program:
    program = tanh_rnn()
    body = (*first, *program.backward.body, *statements)
    return arguments_found(replace(program, backward=replace(program.backward, body=body)))


def without(name: str, position: int, procedure: str = "backward") -> Program:
    """The tanh RNN without one statement at the top level of a procedure, which writes the buffer `name`."""
    program = tanh_rnn()
    body = getattr(program, procedure).body
    assert body[position].out.buffer == name
    shorter = replace(getattr(program, procedure), body=body[:position] + body[position + 1 :])
    return arguments_found(replace(program, **{procedure: shorter}))


def changed(name: str, **fields: object) -> Program:
    """The tanh RNN with one buffer changed."""
    program = tanh_rnn()
    buffers = tuple(replace(buffer, **fields) if buffer.name == name else buffer for buffer in program.buffers)
    return arguments_found(replace(program, buffers=buffers))


def with_buffers(*buffers: Buffer) -> Program:
    program = tanh_rnn()
    return arguments_found(replace(program, buffers=(*program.buffers, *buffers)))


def scratch(program: Program, *dims: Size, steps: bool = False) -> Program:
    """The program with one more workspace buffer, `w`."""
    return replace(program, buffers=(*program.buffers, Buffer("w", dims, Role.WORK, steps)))


def z(value: object) -> Program:
    """A forward loop that ends with z = value."""
    return forward(inside=(assign("z", value),))


def half_written() -> Program:
    """The concatenation without its columns I : I + H."""
    program = concatenated_rnn()
    first, loop = program.forward.body
    body = tuple(statement for statement in loop.body if statement.out.columns != (I, H))
    return replace(program, forward=replace(program.forward, body=(first, replace(loop, body=body))))


def no_sequences() -> Program:
    """A state that drives itself: no array that forward is given has T in its shape."""
    buffers = (
        Buffer("h0", (B, H), Role.INITIAL),
        Buffer("h", (T1, B, H), Role.OUTPUT, True),
        Buffer("dh0", (B, H), Role.GRADIENT),
    )
    forward = (assign(step("h", 0), "h0"), Loop((assign(at("h", 1), call("tanh", at("h"))),)))
    backward = (assign("dh0", step("h", 0)),)
    sizes = tuple(size for size in tanh_rnn().sizes if size[0] in "TBH")
    return Program("driven", "Driven by itself", "", sizes, buffers, *procedures(buffers, forward, backward))


def dead_dimension() -> Program:
    """Its backward uses T only for an array that it writes, so that the input is an argument for its shape alone."""
    program = concatenated_rnn()
    zeros = (assign("dW", 0), assign("db", load("b", (0,))), assign("dh0", 0), Loop((assign(at("dx"), 0),)))
    changed = replace(program, backward=replace(program.backward, body=zeros))
    return replace(changed, backward=replace(changed.backward, arguments=arguments(changed, changed.backward)))


def truncating(*statements: Statement) -> Program:
    """The tanh RNN with statements after its forward loop, and a size K that the caller gives."""
    program = forward(Loop((assign("z", Extent(K)),)), *statements)
    return replace(program, sizes=(*program.sizes, ("K", "")), given_sizes=("K",))


def windowed(*statements: Statement, after: tuple[Statement, ...] = ()) -> Program:
    """The tanh RNN with windows of K steps for every K steps after its forward loop, and statements behind them."""
    return truncating(Windows(K, K, statements), *after)


def total(out: str, *reduction: object) -> Program:
    return forward(inside=(Reduce(Ref(out), *reduction),))


def over_batch(ref: Ref) -> Program:
    """A loop of length B that reads a step of a buffer over T."""
    return forward(Loop((assign("z", ref),), length="B"))


def two_loops(read: Ref, length: str) -> Program:
    """Workspace over (B + 2) steps, of which a loop of some length writes all but the first two; one step is read."""
    program = forward(Loop((assign(at("w", 2), 0),), length=length), assign("z", read))
    return scratch(program, B + Size((), 2), B, H, steps=True)


def short_loop() -> Program:
    """The loop over S does not write v[S]."""
    program = composed()
    body = tuple(one for one in program.forward.body if getattr(one, "out", None) != Ref("v", At("S")))
    reversed_loop = next(one for one in body if isinstance(one, Loop) and one.length == "S")
    copied = Loop((assign(at("v"), "z"),), length="S")
    *before, final = (copied if one is reversed_loop else one for one in body)
    return replace(program, forward=replace(program.forward, body=(*before, final)))


def with_panels(*inside) -> Program:
    """Return the RNN with a matrix P (H, H) in panels, a copy of W_hh, and more statements in its forward loop."""
    program = with_buffers(Buffer("P", (H, H), Role.WORK, panels=True))
    filled = replace(program.forward, body=(assign("P", "W_hh"), *program.forward.body))
    first = next(number for number, one in enumerate(filled.body) if isinstance(one, Loop))
    loop = filled.body[first]
    body = (*filled.body[:first], replace(loop, body=(*loop.body, *inside)), *filled.body[first + 1 :])
    return replace(program, forward=replace(filled, body=body))


def together(*maps) -> Program:
    """Return the RNN with Maps of u and v carried out together after its forward loop."""
    return _after(Each, maps)


def sharing(*statements) -> Program:
    """Return the RNN with statements about u and v that threads share after its forward loop."""
    return _after(Share, statements)


def _after(around, inside) -> Program:
    """Return the RNN with workspace u and v (H, H), filled before its forward loop, and statements about them after it."""
    program = with_buffers(*(Buffer(name, (H, H), Role.WORK) for name in "uv"))
    first = tuple(assign(name, "W_hh") for name in "uv")
    body = (*first, *program.forward.body, around(inside))
    return replace(program, forward=replace(program.forward, body=body))
