"""What a user asks for: layers of cells, a head, and how sequences go in and come out. Data only; `composition` builds it."""

from __future__ import annotations

from dataclasses import dataclass

from symrnn.errors import SymrnnError
from symrnn.model.equations import Cell

MODES = {
    "many-to-many": "an output at every step, as many as inputs",
    "many-to-one": "one output, from the last step",
    "one-to-many": "one input, an output at every step; with feedback each output is the next input",
    "one-to-one": "one step: one input, one output",
    "encoder-decoder": "an output sequence of its own length: the decoder starts from the last states of the encoder",
}
INITIAL = {
    "given": "an array of the caller, with a gradient",
    "zero": "zero at the beginning of every sequence",
    "learned": "a parameter, the same for every sequence",
}
CONTEXT = {
    "initial": "the decoder starts from the last states of the encoder",
    "every-step": "the decoder reads the last state of the encoder at every step, beside its input",
}


@dataclass(frozen=True, slots=True)
class Layer:
    """A cell over the steps upwards, and perhaps one downwards beside it (their outputs are stacked)."""

    forward: Cell
    backward: Cell | None = None


@dataclass(frozen=True, slots=True)
class Architecture:
    """A network as one says it: "two layers of GRU, bidirectional, many to one".

    Fields:
        layers: from the input upwards.
        head: what is put on the last layer; None leaves the adjoints of the outputs to the caller.
        mode: one of MODES.
        initial: where states start, one of INITIAL; None is what each cell says ("given" unless it has an `initial` line).
        masked: sequences of different lengths in one batch: where the mask m^(t) is 0 states stay and the loss is 0.
        weighted: the loss of every step is multiplied by a given number w^(t).
        feedback: the output of a step is the input of the next one (one-to-many, encoder-decoder).
        decoder: the layers of the decoder of an encoder-decoder; () are those of the encoder.
        context: how the decoder knows the encoder, one of CONTEXT.
        tied: pairs of parameters by name in the composed network; the second one becomes the first one.
    """

    layers: tuple[Layer, ...]
    head: Cell | None = None
    mode: str = "many-to-many"
    initial: str | None = None
    masked: bool = False
    weighted: bool = False
    feedback: bool = False
    decoder: tuple[Layer, ...] = ()
    context: str = "initial"
    tied: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if not self.layers:
            raise SymrnnError("a network needs a layer, such as one cell")
        _one_of("mode", self.mode, MODES)
        _one_of("context", self.context, CONTEXT)
        if self.initial is not None:
            _one_of("initial", self.initial, INITIAL)
        for layer in (*self.layers, *self.decoder):
            for cell in (layer.forward, *((layer.backward,) if layer.backward else ())):
                expect(cell, "cell")
        if self.head is not None:
            expect(self.head, "head")
        self._check_combinations()

    def _check_combinations(self) -> None:
        generates = self.mode in ("one-to-many", "encoder-decoder")
        written = self.decoder or self.layers if self.mode == "encoder-decoder" else self.layers
        if self.feedback and not generates:
            raise SymrnnError(f"feedback is for one-to-many and encoder-decoder; with {self.mode} every input is given")
        if self.feedback and self.head is None:
            raise SymrnnError("feedback needs a head: it is the head's output that is fed back")
        if self.mode == "one-to-many" and any(layer.backward for layer in self.layers):
            raise SymrnnError(
                "one-to-many goes upwards only: a later input does not exist when the downward pass starts"
            )
        if self.mode == "encoder-decoder" and any(layer.backward for layer in self.decoder):
            raise SymrnnError(
                "a decoder goes upwards only: its later inputs do not exist yet; make the encoder bidirectional"
            )
        if self.decoder and self.mode != "encoder-decoder":
            raise SymrnnError(f"a decoder is for the mode encoder-decoder, not for {self.mode}")
        if self.weighted and (self.head is None or self.head.loss is None):
            raise SymrnnError("weights need a head with a loss to multiply")
        if self.context != "initial" and self.mode != "encoder-decoder":
            raise SymrnnError("a context at every step is what a decoder reads; use the mode encoder-decoder")
        if self.mode == "one-to-one" and (self.masked or any(layer.backward for layer in written)):
            raise SymrnnError("one-to-one is one step: it has no direction and no length")


def expect(cell: Cell, kind: str) -> None:
    """Refuse a head where a cell is needed, and the other way round."""
    if cell.kind != kind:
        raise SymrnnError(f"{cell.name} is a {cell.kind}; a {kind} was needed here")


def _one_of(what: str, found: str, known: dict[str, str]) -> None:
    if found not in known:
        raise SymrnnError(f"{what} {found!r} is not known; use one of {', '.join(known)}")
