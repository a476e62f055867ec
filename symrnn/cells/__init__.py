"""What there is: one `.cell` or `.head` file per cell and head, its paper cited. A new cell is one more file here.

A file's name is the name that its first line gives; it says its title, source, year, family and what it is for. Imports
language.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path

from symrnn.errors import LanguageError, OutputError
from symrnn.language.page import LONGEST_TEXT, did_you_mean
from symrnn.language.read import read_cell
from symrnn.model.equations import FAMILIES, Cell


def names() -> tuple[str, ...]:
    """Return the names of the built-in cells, in alphabetical order."""
    return _stems(".cell")


def heads() -> tuple[str, ...]:
    """Return the names of the built-in heads, in alphabetical order."""
    return _stems(".head")


def catalogue() -> tuple[Cell, ...]:
    """Return the built-in cells as one reads them: by family, then by year, then by name."""
    found = (load(name) for name in names())
    return tuple(sorted(found, key=lambda cell: (FAMILIES.index(cell.family), cell.year, cell.name)))


def load(name: str) -> Cell:
    """Return a built-in cell.

    Raises:
        LanguageError: there is none with this name.
    """
    return _load(name, ".cell", names())


def load_head(name: str) -> Cell:
    """Return a built-in head.

    Raises:
        LanguageError: there is none with this name.
    """
    return _load(name, ".head", heads())


def find(name_or_path: str | Path) -> Cell:
    """Return a built-in cell by its name, or read one from a file: anything with a suffix or a directory is a path.

    Raises:
        LanguageError: no built-in cell has this name, the file is not UTF-8, or its text is not a cell.
        OutputError: the file cannot be read.
    """
    written = str(name_or_path)
    path = Path(name_or_path)
    if isinstance(name_or_path, str) and not path.suffix and path.name == written:
        return load(written)
    return read_cell(_text(path), written)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(4 * LONGEST_TEXT + 1)  # no more than the longest text can take
    except IsADirectoryError as error:
        raise OutputError(f"{path}: is a directory; a cell is a file such as my.cell") from error
    except (OSError, ValueError) as error:
        raise OutputError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from error
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8").split("\n")
        line, column = len(before), len(before[-1]) + 1
        raise LanguageError(
            f"{path}:{line}:{column}: byte {error.start} is not UTF-8; save the file as UTF-8"
        ) from error


@cache
def _stems(suffix: str) -> tuple[str, ...]:
    files = (entry.name for entry in resources.files("symrnn.cells").iterdir())
    return tuple(sorted(name.removesuffix(suffix) for name in files if name.endswith(suffix)))


@cache
def _load(name: str, suffix: str, known: tuple[str, ...]) -> Cell:
    kind = suffix.removeprefix(".")
    if name not in known:
        more = " ".join(filter(None, (did_you_mean(name, known), f"built in: {', '.join(known)}.")))
        raise LanguageError(f"no {kind} is called {name}; {more} A file is given by its path, such as ./{name}.{kind}")
    file = f"{name}{suffix}"
    return read_cell(resources.files("symrnn.cells").joinpath(file).read_text("utf-8"), file)
