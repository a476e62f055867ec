"""How many bytes of code a compiler makes of emitted C: what the header cannot say, for it depends on the compiler."""

from __future__ import annotations

import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

FLAGS = ("-std=c11", "-Os", "-ffreestanding", "-ffunction-sections", "-c")
_CORTEX_M4 = ("-mcpu=cortex-m4", "-mthumb", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard")
COMPILERS: dict[str, tuple[str, ...]] = {
    "this machine": ("cc",),
    "Cortex-M4, gcc": ("arm-none-eabi-gcc", *_CORTEX_M4),
    "Cortex-M4, clang": ("clang", "--target=thumbv7em-none-eabihf", *_CORTEX_M4),
}
"""Those that are tried, by what they make code for."""


@dataclass(frozen=True, slots=True)
class CodeSize:
    """The bytes of code and of constants that one compiler made of one source: everything, and without backward."""

    source: str
    target: str
    whole: int
    forward: int


def code_sizes(files: Mapping[str, str]) -> Iterator[CodeSize]:
    """Yield the size of every source but self-tests, by every compiler that is here and takes it; nothing is raised."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, text in files.items():
            (folder / file).write_text(text, encoding="utf-8")
        for file in files:
            if not file.endswith(".c") or file.endswith("_test.c"):
                continue
            for target, command in COMPILERS.items():
                found = _sections(folder, file, command)
                if found:
                    whole = sum(found.values())
                    later = sum(size for one, size in found.items() if one.endswith(("_backward", "gradient")))
                    yield CodeSize(file, target, whole, whole - later)


def _sections(folder: Path, file: str, command: tuple[str, ...]) -> dict[str, int]:
    """Return the sections of code and constants that a compiler makes, with their sizes; none if it cannot be run."""
    if shutil.which(command[0]) is None:
        return {}
    try:
        done = subprocess.run([*command, *FLAGS, file, "-o", "made.o"], cwd=folder, capture_output=True, timeout=120)
    except (OSError, subprocess.SubprocessError):
        return {}
    return sections((folder / "made.o").read_bytes()) if done.returncode == 0 else {}


def sections(binary: bytes) -> dict[str, int]:
    """Return the sections of an ELF file that are code or constants, with their sizes; none if it is no such file.

    Source: Tool Interface Standard, Executable and Linking Format, 1995: the header, then the table of sections.
    """
    if binary[:4] != b"\x7fELF" or binary[5] != 1:  # little-endian
        return {}
    wide = binary[4] == 2
    table, entry, count, names = _header(binary, wide)
    form = "<IIQQQQ" if wide else "<IIIIII"
    rows = [struct.unpack_from(form, binary, table + number * entry) for number in range(count)]
    found: dict[str, int] = {}
    for at, _, _, _, _, size in rows:
        start = rows[names][4] + at
        name = binary[start : binary.index(b"\0", start)].decode("ascii", "replace")
        if name.startswith((".text", ".rodata")):
            found[name] = found.get(name, 0) + size
    return found


def _header(binary: bytes, wide: bool) -> tuple[int, int, int, int]:
    """Return where the table of sections begins, the size and the number of its entries, and which one holds the names."""
    table = struct.unpack_from("<Q" if wide else "<I", binary, 0x28 if wide else 0x20)[0]
    entry, count, names = struct.unpack_from("<HHH", binary, 0x3A if wide else 0x2E)
    return table, entry, count, names
