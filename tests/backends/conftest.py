"""Makes `programs` of tests/ir and `product_layer` of this folder importable, and keeps compiled code out of the user's cache."""

import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parents[1] / "ir"), str(Path(__file__).parent)]


@pytest.fixture(autouse=True, scope="session")
def cache(tmp_path_factory):
    """A cache of this run's own."""
    patch = pytest.MonkeyPatch()
    folder = tmp_path_factory.mktemp("cache", numbered=True)
    patch.setenv("SYMRNN_CACHE_DIR", str(folder))
    yield folder
    patch.undo()
