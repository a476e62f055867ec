"""Writing files so that nothing is ever half-written, and saying what is wrong when it cannot be done."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from symrnn.errors import OutputError


def write_all(folder: Path, files: Mapping[str, str | bytes]) -> tuple[Path, ...]:
    """Write files into a folder, which is made if it is not there; return their paths.

    Every file is first written completely beside its place; only when all are written are they renamed over the old
    ones. Whoever reads a file sees its old text or its new one, also when the writing is interrupted.

    Raises:
        OutputError: if the folder cannot be made or a file cannot be written. Nothing is then replaced, unless the renaming
            itself fails half-way: each file is still its old or its new text.
    """
    drafts: list[tuple[str, Path]] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        taken = next((name for name in files if (folder / name).is_dir()), None)
        if taken is not None:
            raise OutputError(
                f"cannot write {folder / taken}: a folder has this name; choose another folder with --out"
            )
        for name, content in files.items():
            drafts.append((_draft(folder, content), folder / name))
        while drafts:
            draft, place = drafts[-1]
            os.replace(draft, place)
            drafts.pop()
    except OSError as error:
        raise OutputError(
            f"cannot write {error.filename2 or error.filename or folder}: {error.strerror}; choose another folder with --out"
        ) from error
    finally:
        for draft, _ in drafts:
            Path(draft).unlink(missing_ok=True)
    return tuple(folder / name for name in files)


def _draft(folder: Path, content: str | bytes) -> str:
    handle, name = tempfile.mkstemp(prefix=".symrnn-", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        os.chmod(name, 0o644)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return name
