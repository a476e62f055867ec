"""The answer about a function, and how it is told on a terminal. How it is found is in the modules beside this one."""

from __future__ import annotations

from dataclasses import dataclass

from symrnn.verify.functions.regimes import Counterexample

AGREES, REFUTED, NOT_UNDERSTOOD = "AGREES", "REFUTED", "NOT UNDERSTOOD"


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One result: its name, its shape in the function's layout, its largest relative error, and where that is.

    `where`, `theirs` and `true` are of the entry with the largest error, in the layout of the network.
    """

    name: str
    shape: tuple[int, ...]
    error: float
    right: bool
    where: str = ""
    theirs: float = 0.0
    true: float = 0.0

    def __str__(self) -> str:
        shape = str(self.shape)
        if self.right:
            return f"{self.name:<12} {shape:<14} right, error {self.error:.0e}"
        return f"{self.name:<12} {shape:<14} WRONG, error {self.error:.2g}; {self.where} is {self.theirs:.6g}, true {self.true:.6g}"


@dataclass(frozen=True, slots=True)
class Named:
    """One mistake: its class, what is done instead of what, and the equations as they should be."""

    kind: str
    words: str
    equations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One explanation of everything that is wrong: its mistakes, each of which has to be repaired."""

    mistakes: tuple[Named, ...]

    @property
    def kinds(self) -> tuple[str, ...]:
        """The classes of the mistakes."""
        return tuple(one.kind for one in self.mistakes)


@dataclass(frozen=True, slots=True)
class FunctionVerdict:
    """The answer about a function that computes gradients.

    Fields:
        answer: "AGREES", "REFUTED" or "NOT UNDERSTOOD".
        function, network: what was verified against what. samples: how many it agrees on.
        rows: every result. convention: the reading in which it was understood.
        diagnosis: explanations of what is wrong, each complete; several are alternatives. repair: what to write.
        counterexample: the smallest one. hidden: the conditions under which nobody would have noticed.
        forward: what was found about the forward function. remarks: what else was seen. message: why it was not understood.
    """

    answer: str
    function: str
    network: str
    samples: int = 0
    rows: tuple[ResultRow, ...] = ()
    convention: tuple[str, ...] = ()
    diagnosis: tuple[Diagnosis, ...] = ()
    repair: tuple[str, ...] = ()
    counterexample: Counterexample | None = None
    hidden: tuple[str, ...] = ()
    forward: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    message: str = ""

    @property
    def agrees(self) -> bool:
        """Whether the function is right."""
        return self.answer == AGREES

    @property
    def row(self) -> dict[str, ResultRow]:
        """The rows by the names of the results."""
        return {one.name: one for one in self.rows}

    def __str__(self) -> str:
        said = {AGREES: f"AGREES on {self.samples} samples", REFUTED: REFUTED, NOT_UNDERSTOOD: NOT_UNDERSTOOD}
        lines = [f"{self.function} against {self.network}: {said[self.answer]}"]
        lines += [f"  {self.message}"] if self.message else []
        lines += [f"  {row}" for row in self.rows]
        lines += _block("convention", self.convention)
        lines += _block("forward", self.forward)
        for place, one in enumerate(self.diagnosis):
            lines += _explained("or" if place else "mistake", one)
        lines += _block("repair", self.repair)
        if self.counterexample is not None:
            lines += _block("smallest", (str(self.counterexample),))
        lines += _block("hidden by", self.hidden)
        lines += _block("remark", self.remarks)
        return "\n".join(lines)


def _block(title: str, said: tuple[str, ...]) -> list[str]:
    return [f"  {title if place == 0 else '':<11} {line}" for place, line in enumerate(said)]


def _explained(title: str, diagnosis: Diagnosis) -> list[str]:
    lines: list[str] = []
    for one in diagnosis.mistakes:
        lines += _block("and" if lines else title, (f"{one.kind}: {one.words}",))
        lines += _block("", tuple(f"  {line}" for line in one.equations))
    return lines
