"""What the Coq kernel says of a certificate: the library compiled once, the certificate compiled, its statement and axioms read.

The statement and the axioms are not asked by the certificate, but by a second file that is written here: a certificate that
states something weaker, or that means something else by its words, does not have the type that is asked for.

The library is compiled in a folder beside its place in the cache and renamed into it: it is complete there, or absent.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from symrnn.algebra.nodes import Bar
from symrnn.algebra.text import text
from symrnn.certificates.answers import INSTALL, Answer, Status
from symrnn.certificates.library import sources
from symrnn.certificates.writing import Certificate

# Of Coq's reals and of classical logic; nothing else may be assumed.
AXIOMS = (
    "ClassicalDedekindReals.sig_forall_dec",
    "ClassicalDedekindReals.sig_not_dec",
    "FunctionalExtensionality.functional_extensionality_dep",
    "Classical_Prop.classic",
)
_ASSUMES = re.compile(
    r"\b(Admitted|admit|give_up|Axioms?|Parameters?|Conjectures?|Hypothes[ei]s|Variables?|Context|bypass_check|Declare|Load"
    r"|Unset|Set|Redirect|Drop|Extract\w*|Ltac2?|Notation|Tactic)\b"
)
_ASSUMES_OF_LIBRARY = re.compile(
    r"\b(Admitted|admit|give_up|Axioms?|Parameters?|Conjectures?|bypass_check|Declare ML|Unset)\b"
)
_BUILD_SECONDS = 900.0  # for the library, which takes ten
_LOCATING_SECONDS = 60.0
_LONGEST = 500  # characters of a message of Coq's
_FLAGS = ("-q", "-w", "-ambiguous-paths")
_BY_STATEMENT = {
    "gradient": "the printed equations were not proved to be the adjoint equations",
    "solved": "it was not proved that values and adjoints exist which satisfy the equations",
    "regular": "the conditions were not proved to be enough for every equation to be differentiable",
}


@dataclass(frozen=True, slots=True)
class Coq:
    """The compiler of Coq files and what it says its version is."""

    command: str
    version: str


class Unavailable(Exception):
    """Coq or a part of it cannot be used; the message says how to install it."""


def check(
    certificate: Certificate,
    store: Path,
    seconds: float = 60.0,
    *,
    recheck: bool = False,
    say: Callable[[str], None] = lambda what: None,
) -> Answer:
    """Return what the Coq kernel says of a certificate.

    Args:
        store: the folder in which the compiled library is kept.
        seconds: the time limit of coqc for the certificate; the library, compiled once, has its own.
        recheck: let coqchk read the compiled proof as well.
        say: is told what takes long.
    """
    blank = Answer(Status.NOT_CHECKED, certificate.name, certificate=certificate)
    try:
        coq = find_coq()
        key, folder = library(coq, store, say)
    except Unavailable as missing:
        return replace(blank, reason=str(missing))
    known = replace(blank, status=Status.NOT_CERTIFIED, version=coq.version, library=key)
    assumed = _ASSUMES.search(bare(certificate.text))
    if assumed is not None:
        return replace(known, reason=f"the certificate says {assumed.group()}, which assumes or redefines something")
    with tempfile.TemporaryDirectory(prefix="symrnn-certificate-") as name:
        run = _Run(coq, folder, Path(name), certificate, seconds)
        found = run.answer(known, recheck)
    if found.certified and certificate.complaints:
        return replace(found, status=Status.NOT_CERTIFIED, reason=certificate.complaints[0])
    return found


# -- Coq and the library ---------------------------------------------------------------------------------------------------


def find_coq() -> Coq:
    """Return the coqc that is found first."""
    command = shutil.which("coqc")
    if command is None:
        raise Unavailable(f"there is no coqc. {INSTALL}")
    version = _version(command)
    if not version:
        raise Unavailable(f"{command} does not run. {INSTALL}")
    return Coq(command, version)


@cache
def _version(command: str) -> str:
    try:
        said = subprocess.run([command, "--version"], capture_output=True, text=True, check=True, timeout=60).stdout
    except (OSError, subprocess.SubprocessError):
        return ""
    found = re.search(r"version\s+(\S+)", said)
    return found.group(1) if found else ""


def library(coq: Coq, store: Path, say: Callable[[str], None] = lambda what: None) -> tuple[str, Path]:
    """Return the key of the library and the folder where it is compiled; compile it unless it is there."""
    files = sources()
    for name, body in files.items():
        assumed = _ASSUMES_OF_LIBRARY.search(bare(body))
        if assumed is not None:
            raise Unavailable(f"{name} of the library says {assumed.group()}, which assumes something")
    key = hashlib.sha256(
        "\0".join((coq.version, *(part for file in files.items() for part in file))).encode()
    ).hexdigest()
    place = store / f"coq-{key[:32]}"
    if not place.is_dir():
        say(f"compiling the Coq library for Coq {coq.version}, once")
        _build(coq, files, place)
    return key, place


def _build(coq: Coq, files: dict[str, str], place: Path) -> None:
    with tempfile.TemporaryDirectory(prefix=".building-", dir=place.parent, ignore_cleanup_errors=True) as name:
        folder = Path(name) / "library"
        folder.mkdir(mode=0o700)
        for file, body in files.items():
            (folder / file).write_text(body, encoding="utf-8")
            done = _call([coq.command, *_FLAGS, "-Q", ".", "Symrnn", file], folder, _BUILD_SECONDS)
            if done.status != 0:
                raise Unavailable(_why_not_built(coq, file, done.errors))
        try:
            folder.rename(place)
        except OSError:
            if not place.is_dir():  # another process was first: what it compiled is as good
                raise


def _why_not_built(coq: Coq, file: str, message: str) -> str:
    if "Coquelicot" in message and "Cannot find" in message:
        return f"Coq {coq.version} is here, and Coquelicot is not. {INSTALL}"
    return f"{file} of the library does not compile with Coq {coq.version}: {_short(message)}"


def bare(body: str) -> str:
    """Return a Coq file without comments, which may be nested, and without strings."""
    depth, kept = 0, []
    for token in re.findall(r'\(\*|\*\)|"[^"]*"|.', body, re.DOTALL):
        depth += {"(*": 1, "*)": -1}.get(token, 0)
        if depth == 0 and token != "*)" and not token.startswith('"'):
            kept.append(token)
    return "".join(kept)


# -- one certificate -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Done:
    status: int | None  # None: not finished in time
    output: str
    errors: str


def _call(command: list[str], folder: Path, seconds: float) -> _Done:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=max(seconds, 0.1))
    except subprocess.TimeoutExpired as late:
        output = late.stdout or b""
        return _Done(None, output.decode(errors="replace") if isinstance(output, bytes) else output, "")
    except OSError as error:
        return _Done(127, "", str(error))
    return _Done(done.returncode, done.stdout, done.stderr)


@dataclass(frozen=True, slots=True)
class _Run:
    """One certificate in a folder of its own."""

    coq: Coq
    library: Path
    folder: Path
    certificate: Certificate
    seconds: float

    def answer(self, known: Answer, recheck: bool) -> Answer:
        """Compile, ask for statement and axioms, and let coqchk read it."""
        started = time.perf_counter()
        done = self._compile(self.certificate.module, self.certificate.text, self.seconds)
        known = replace(known, seconds=time.perf_counter() - started)
        if done.status is None:
            return replace(known, reason=f"coqc did not finish within {self.seconds:g} s")
        if done.status != 0:
            return self._failed(known, done.errors)
        asked = self._compile("statement", self._question(), self.seconds)
        known = replace(known, seconds=time.perf_counter() - started)
        if asked.status != 0:
            return replace(known, reason=f"the statement is not the one that was asked for: {_short(asked.errors)}")
        axioms = tuple(assumptions(asked.output))
        known = replace(known, axioms=axioms)
        if not set(axioms) <= set(AXIOMS):
            return replace(known, reason=f"the proof assumes {', '.join(sorted(set(axioms) - set(AXIOMS)))}")
        if recheck:
            refused = self._recheck()
            if refused:
                return replace(known, reason=refused)
        return replace(known, status=Status.CERTIFIED, rechecked=recheck)

    def _compile(self, module: str, body: str, seconds: float) -> _Done:
        (self.folder / f"{module}.v").write_text(body, encoding="utf-8")
        return _call([self.coq.command, *_FLAGS, *self._paths, f"{module}.v"], self.folder, seconds)

    @property
    def _paths(self) -> tuple[str, ...]:
        return "-Q", str(self.library), "Symrnn", "-Q", ".", "Certificate"

    def _question(self) -> str:
        """Return the file that asks whether the theorems have the statements that they should have, and for their axioms."""
        one, own = self.certificate, f"Certificate.{self.certificate.module}"
        asked = ""
        for theorem, stated in (("exact", one.statement), ("solved", one.about_something)):
            stated = re.sub(r"\b(net|adj|conditions)\b", rf"{own}.\1", stated)
            stated = re.sub(r"\b(certified|under)\b", r"Symrnn.Networks.\1", stated)
            stated = re.sub(r"\bsolvable\b", "Symrnn.Existence.solvable", stated)
            stated = re.sub(r"\bloss\b", lambda _: f"(Symrnn.Networks.{one.goal})", stated)
            asked += f"Definition {theorem} : {stated} := {own}.{theorem}.\n"
        head = f"From Coq Require Import String.\nRequire Symrnn.Existence {own}.\nOpen Scope string_scope.\n"
        return f"{head}{asked}Print Assumptions exact.\nPrint Assumptions solved.\n"

    def _failed(self, known: Answer, message: str) -> Answer:
        """Say which theorem failed, and which printed equations, if that can be told."""
        line = re.search(r"line (\d+), characters", message)
        before = self.certificate.text.splitlines()[: int(line.group(1))] if line else []
        theorems = [found.group(1) for one in before if (found := re.match(r"Theorem (\w+)", one))]
        last = theorems[-1] if theorems else ""
        where = tuple(self._open()) if last == "gradient" else ()
        said = _BY_STATEMENT.get(last, "the certificate was refused")
        return replace(known, reason=f"{said}: {_short(message)}", where=where)

    def _open(self) -> Iterator[str]:
        """Yield the printed equations whose goals stay open, each once; nothing if it fails before there are any."""
        asking = 'Ltac entry ::= first [ solve [decided]; idtac "closed" | idtac "open" ].\n\n'
        head, theorem, rest = self.certificate.text.partition("Theorem gradient")
        done = self._compile("open_goals", f"{head}{asking}{theorem}{rest}", _LOCATING_SECONDS)
        said = re.findall(r"^(open|closed)$", done.output, re.MULTILINE)
        places = self.certificate.places
        if len(said) == len(places):
            yield from dict.fromkeys(
                text(Bar(leaf)) for (leaf, _), one in zip(places, said, strict=True) if one == "open"
            )

    def _recheck(self) -> str:
        """Let coqchk read the compiled proof; return why it refused it, or nothing."""
        command = shutil.which("coqchk")
        if command is None:
            return "there is no coqchk beside coqc"
        module = f"Certificate.{self.certificate.module}"
        done = _call([command, "-silent", *self._paths, "-norec", module], self.folder, self.seconds)
        if done.status is None:
            return f"coqchk did not finish within {self.seconds:g} s"
        return "" if done.status == 0 else f"coqchk refused the proof: {_short(done.errors or done.output)}"


def assumptions(output: str) -> Iterator[str]:
    """Yield the names of the axioms that `Print Assumptions` lists, each once."""
    listed = re.split(r"^(?:Axioms:|Closed under the global context)$", output, flags=re.MULTILINE)[1:]
    yield from dict.fromkeys(re.findall(r"^([\w.']+)(?=\s*:|$)", "\n".join(listed), re.MULTILINE))


def _short(message: str) -> str:
    """Return what Coq said, without places of files, in one line."""
    kept = [line.strip() for line in message.splitlines() if line.strip() and not line.startswith("File ")]
    found = " ".join(kept)
    return found if len(found) <= _LONGEST else f"{found[:_LONGEST]}…"
