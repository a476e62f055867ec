"""generated/ is what symrnn emits today for every built-in cell, byte for byte, whatever the hash seed and the folder.

`pytest --update-generated` rewrites it; the commit then shows what changed.
"""

import difflib
import os
import subprocess
import sys

import pytest

from symrnn import cells, driver
from symrnn.files import write_all

SCRIPT = """
import hashlib, sys
from symrnn import cells, driver
digest = hashlib.sha256()
for cell in cells.names():
    for name, text in sorted(driver.golden(cell).items()):
        digest.update(f"{cell}/{name}\\0{text}\\0".encode())
print(digest.hexdigest())
"""


@pytest.mark.parametrize("cell", cells.names())
def test_what_is_committed_is_what_is_emitted(cell, root, request):
    folder, files = root / "generated" / cell, driver.golden(cell)
    if request.config.getoption("--update-generated"):
        for stale in {path.name for path in folder.glob("*")} - set(files):
            (folder / stale).unlink()
        write_all(folder, files)
    assert {path.name for path in folder.glob("*")} == set(files), (
        "pytest --update-generated brings generated/ up to date"
    )
    for name, text in files.items():
        committed = (folder / name).read_text("utf-8")
        difference = difflib.unified_diff(
            committed.splitlines(), text.splitlines(), "committed", "emitted", lineterm="", n=1
        )
        assert committed == text, f"{cell}/{name}; pytest --update-generated if this is meant:\n" + "\n".join(
            difference
        )


def test_there_is_nothing_else(root):
    assert {path.name for path in (root / "generated").iterdir()} == set(cells.names())


def test_emission_does_not_depend_on_the_hash_seed_or_the_folder(tmp_path, root):
    found = set()
    for seed, folder in (("0", tmp_path), ("4242", root)):
        run = subprocess.run(
            [sys.executable, "-c", SCRIPT],
            cwd=folder,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        found.add(run.stdout.strip())
    assert len(found) == 1
