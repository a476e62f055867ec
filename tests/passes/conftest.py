"""Makes `programs`, the hand-written programs of tests/ir, importable, and keeps compiled code out of the user's cache."""

import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "ir")]


@pytest.fixture(autouse=True, scope="session")
def cache(tmp_path_factory):
    """A cache of this run's own."""
    patch = pytest.MonkeyPatch()
    folder = tmp_path_factory.mktemp("cache", numbered=True)
    patch.setenv("SYMRNN_CACHE_DIR", str(folder))
    yield folder
    patch.undo()
