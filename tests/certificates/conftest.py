"""Makes `coq_values`, the certified equations with numbers, and `wrong`, wrong derivations, importable here; says where Coq is."""

import sys
from pathlib import Path

import pytest

from symrnn.certificates import checker
from symrnn.certificates.answers import Status

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    """A cache of this run's own, which its processes share: the Coq library is compiled in it once, or, at the same time, twice."""
    own = tmp_path_factory.getbasetemp()
    shared = (own.parent if own.name.startswith("popen-") else own) / "certificates"
    shared.mkdir(mode=0o700, exist_ok=True)
    return shared


@pytest.fixture(scope="session")
def coq(cache):
    """The compiler of Coq and the folder of the compiled library; the test is skipped where there is none."""
    try:
        found = checker.find_coq()
        return found, checker.library(found, cache)[1]
    except checker.Unavailable as missing:
        pytest.skip(f"{Status.NOT_CHECKED.value}: {missing}")
