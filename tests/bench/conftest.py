"""Keeps compiled code out of the user's cache."""

import pytest


@pytest.fixture(autouse=True, scope="session")
def cache(tmp_path_factory):
    """A cache of this run's own."""
    patch = pytest.MonkeyPatch()
    patch.setenv("SYMRNN_CACHE_DIR", str(tmp_path_factory.mktemp("cache", numbered=True)))
    yield
    patch.undo()
