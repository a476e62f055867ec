"""What is committed under generated/, for reviewers to read with git diff: of every built-in cell and of some networks."""

from __future__ import annotations

from typing import Any

from symrnn.backends import BACKENDS, SMALL
from symrnn.calculus.records import Derivation
from symrnn.certificates.writing import certificate
from symrnn.driver import code, derive, document, emit, program, written
from symrnn.ir.text import text
from symrnn.passes import FOR, optimize

# Networks shown under generated/ beside the cells; and those whose LaTeX is there too, which says what the Markdown says, with
# the programs that the code of each backend is made from.
EXAMPLES: dict[str, dict[str, Any]] = {
    "network_rnn_bidirectional": {"cell": "rnn", "bidirectional": True},
    "network_gru_encoder_decoder": {"cell": "gru", "mode": "encoder-decoder", "context": "every-step"},
    "network_lstm_two_layers_last": {"cell": "lstm", "layers": 2, "mode": "many-to-one", "masked": True},
    "network_rnn_truncated": {"cell": "rnn", "truncate": "chunk"},
}
SMALL_SIZES = {
    "gru": {"T": 20, "B": 1, "I": 6, "H": 16, "O": 4}
}  # what is shown as C for small devices, and for which sizes
WITH_LATEX = ("rnn", "rnn_transposed", "gru", "lstm", *EXAMPLES)


def golden(name: str) -> dict[str, str]:
    """Return what is committed under generated/ for a built-in cell or an example network: everything a reviewer reads."""
    derivation = derive(**EXAMPLES[name]) if name in EXAMPLES else derive(name)
    lowered, told = program(derivation), document(derivation)
    emitted = code(lowered, dtype="float64")
    files = {"program.txt": text(lowered), **emitted, **_certificate(derivation, emitted)}
    if name not in WITH_LATEX:
        return {**written(told, "markdown"), **files}
    fast = {f"program_{backend}.txt": text(optimize(lowered, FOR[backend])) for backend in BACKENDS}
    small = emit(derivation, SMALL, "float32", SMALL_SIZES[name]) if name in SMALL_SIZES else {}
    return {**written(told, "latex"), **written(told, "markdown"), **files, **fast, **small}


def _certificate(derivation: Derivation, emitted: dict[str, str]) -> dict[str, str]:
    found = certificate(derivation, emitted)
    return {f"{found.module}.v": found.text}
