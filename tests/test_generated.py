"""generated/ is what symrnn emits today for every built-in cell and the example networks, byte for byte.

Neither the hash seed nor the folder matters; generated/verdicts is compared by tests/claims/test_verdict_pages.py.
`pytest --update-generated` rewrites it; the commit then shows what changed.
"""

import difflib
import hashlib
import os
import subprocess
import sys

import pytest

from symrnn import cells, golden
from symrnn.files import write_all

SCRIPT = """
import hashlib, sys
from symrnn import golden
digest = hashlib.sha256()
for cell in sys.argv[1:]:
    for name, text in sorted(golden.golden(cell).items()):
        digest.update(f"{cell}/{name}\\0{text}\\0".encode())
print(digest.hexdigest())
"""


SHOWN = (*cells.names(), *golden.EXAMPLES)
# One of every kind: static equations, matrix states, several states, masks, two directions, two lengths.
SEEDED = ("rnn", "lstm", "mlstm", "lstm_layer_norm", "clockwork", "narx", *golden.EXAMPLES)


@pytest.mark.parametrize("cell", SHOWN)
def test_what_is_committed_is_what_is_emitted(cell, root, request):
    folder, files = root / "generated" / cell, golden.golden(cell)
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
    assert {path.name for path in (root / "generated").iterdir()} == {*SHOWN, "verdicts"}


def test_emission_does_not_depend_on_the_hash_seed_or_the_folder(tmp_path, root):
    """What is committed is what this process emits, with another hash seed and in another folder."""
    environment = {**os.environ, "PYTHONHASHSEED": "0" if os.environ.get("PYTHONHASHSEED") == "4242" else "4242"}
    command = [sys.executable, "-c", SCRIPT, *SEEDED]
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    committed = hashlib.sha256()
    for cell in SEEDED:
        for path in sorted((root / "generated" / cell).iterdir()):
            committed.update(f"{cell}/{path.name}\0{path.read_text('utf-8')}\0".encode())
    assert run.stdout.strip() == committed.hexdigest()
