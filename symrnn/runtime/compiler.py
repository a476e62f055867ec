"""From emitted C to a shared library: which compiler, and a cache that many processes may use at once.

An entry of the cache is a folder named by what it was made from; it is built beside its final place and renamed into
it, so it is either complete or absent. A library that is in use is never rewritten.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import platform
import shlex
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from symrnn.errors import BuildError, CompilerMissingError, OutputError

FLAGS = (
    *("-std=c11", "-O3", "-fPIC", "-shared", "-pthread"),
    *("-fno-math-errno", "-fno-trapping-math", "-ffp-contract=fast"),  # loops become vectors; NaN and Infinity remain
)
_NATIVE = "-march=native"
_DIGEST = "sha256"


@dataclass(frozen=True, slots=True)
class Compiler:
    """A C compiler: the command that starts it and what it says its version is."""

    command: tuple[str, ...]
    version: str


def find_compiler() -> Compiler:
    """Return the first that works of: $CC, cc, gcc, clang, the Python module ziglang.

    Raises:
        CompilerMissingError: there is none, or $CC names one that does not run.
    """
    wanted = shlex.split(os.environ.get("CC", ""))
    if wanted:
        found = _try(tuple(wanted))
        if found is None:
            raise CompilerMissingError(f"$CC is {shlex.join(wanted)!r}, which does not run: correct it, or unset it.")
        return found
    candidates: list[tuple[str, ...]] = [(name,) for name in ("cc", "gcc", "clang") if shutil.which(name)]
    if importlib.util.find_spec("ziglang"):
        candidates.append((sys.executable, "-m", "ziglang", "cc"))
    for command in candidates:
        found = _try(command)
        if found is not None:
            return found
    raise CompilerMissingError(
        "no C compiler: looked for $CC, cc, gcc, clang and the Python module ziglang. "
        'Install one of them, or use the backend "numpy".'
    )


@cache
def _try(command: tuple[str, ...]) -> Compiler | None:
    try:
        answer = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return None
    return Compiler(command, answer.stdout)


@cache
def native(command: tuple[str, ...]) -> tuple[str, ...]:
    """Return what is for this processor alone: the flag that compiles for it, and what the compiler predefines with it.

    The second says which instructions there are, so that a cache which machines share keeps their libraries apart.
    Nothing is returned where the compiler refuses the flag, or where `command` has chosen a processor already.
    """
    if any(part.startswith(("-march=", "-mcpu=")) for part in command):
        return ()
    ask = [*command, _NATIVE, "-dM", "-E", "-x", "c", "-"]
    try:
        answer = subprocess.run(ask, input="", capture_output=True, text=True, check=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return ()
    return _NATIVE, answer.stdout


def cache_folder() -> Path:
    """Return the folder of compiled code, made if need be: $SYMRNN_CACHE_DIR, or symrnn in the user's cache folder.

    Only its owner may write there, for what lies in it is executed.

    Raises:
        OutputError: it cannot be made or written, or others may write to it.
    """
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    folder = Path(os.environ.get("SYMRNN_CACHE_DIR") or os.path.join(home, "symrnn"))
    remedy = "Set SYMRNN_CACHE_DIR to a folder that you own and can write."
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.stat()
    except OSError as error:
        raise OutputError(f"the cache folder {folder} cannot be made: {error.strerror}. {remedy}") from error
    if os.name == "posix" and (status.st_uid != os.getuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)):
        raise OutputError(f"others may write to the cache folder {folder}, and its contents are executed. {remedy}")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"the cache folder {folder} cannot be written. {remedy}")
    return folder


REPORT = "This is a mistake in symrnn: please report it."


def library(files: Mapping[str, str], stem: str, linked: tuple[str, ...] = (), remedy: str = REPORT) -> Path:
    """Return the shared library compiled from `files`, which hold `<stem>.c`; compile it unless the cache has it.

    `linked` are flags for other libraries that it needs; `remedy` is what to do should the compiler refuse the source.

    Raises:
        CompilerMissingError: there is no compiler.
        BuildError: the compiler refused the source, or the cached library was damaged.
        OutputError: the cache cannot be written.
    """
    compiler = find_compiler()
    here = (platform.system(), platform.machine(), *native(compiler.command))
    key = _key(files, *FLAGS, *linked, *compiler.command, compiler.version, *here)
    entry = cache_folder() / f"{stem}-{key[:32]}"
    if not entry.is_dir():
        _install(entry, files, lambda folder: _compile(compiler, folder, stem, linked, remedy))
    return _checked(entry, f"{stem}.so")


def stored(files: Mapping[str, str], name: str) -> Path:
    """Return the path of the file `name` among `files`, which are put into the cache as they are.

    Raises:
        BuildError: the cached file was damaged.
        OutputError: the cache cannot be written.
    """
    entry = cache_folder() / f"{Path(name).stem}-{_key(files)[:32]}"
    if not entry.is_dir():
        _install(entry, files, lambda folder: folder / name)
    return _checked(entry, name)


def _key(files: Mapping[str, str], *more: str) -> str:
    digest = hashlib.sha256()
    for part in (*(part for name in sorted(files) for part in (name, files[name])), *more):
        encoded = part.encode()
        digest.update(len(encoded).to_bytes(8, "big") + encoded)
    return digest.hexdigest()


def _install(entry: Path, files: Mapping[str, str], build: Callable[[Path], Path]) -> None:
    """Make a cache entry: write files, build, note the digest of what was built, rename into place."""
    try:
        with tempfile.TemporaryDirectory(prefix=".building-", dir=entry.parent, ignore_cleanup_errors=True) as name:
            folder = Path(name) / "entry"
            folder.mkdir(mode=0o700)
            for file, text in files.items():
                (folder / file).write_text(text, encoding="utf-8")
            product = build(folder)
            (folder / _DIGEST).write_text(_digest(product), encoding="ascii")
            _rename(folder, entry)
    except OSError as error:
        raise OutputError(
            f"the cache folder {entry.parent} cannot be written: {error.strerror}. "
            "Set SYMRNN_CACHE_DIR to a folder that you own and can write."
        ) from error


def _rename(folder: Path, entry: Path) -> None:
    try:
        folder.rename(entry)
    except OSError:
        if not entry.is_dir():  # another process was first: its entry is as good as this one
            raise


def _compile(compiler: Compiler, folder: Path, stem: str, linked: tuple[str, ...], remedy: str) -> Path:
    product = folder / f"{stem}.so"
    flags = (*FLAGS, *native(compiler.command)[:1])
    command = [*compiler.command, *flags, f"{stem}.c", "-o", product.name, *linked, "-lm"]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if result.returncode != 0 or not product.is_file():
        raise BuildError(
            f"{stem}.c was refused by {shlex.join(compiler.command)} ({compiler.version.splitlines()[0]}):\n"
            f"{result.stderr.strip() or result.stdout.strip()}\n{remedy}"
        )
    return product


def _checked(entry: Path, name: str) -> Path:
    """Return a file of an entry if it has its digest: loading a truncated library would end the process."""
    try:
        intact = _digest(entry / name) == (entry / _DIGEST).read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        intact = False
    if not intact:
        raise BuildError(f"the cache entry {entry} is damaged: delete this folder and call again.")
    return entry / name


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
