"""What every test may use."""

import importlib.util
import os
import sys
from pathlib import Path

import pytest


def pytest_addoption(parser):
    parser.addoption("--update-generated", action="store_true", help="rewrite generated/ instead of comparing with it")


def _module(name: str):
    """Load a module of this folder under its own name, once; test folders are not packages."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).parent / f"{name}.py")
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


english = _module("english")
architectures = _module("architectures")
networks = _module("networks")
random_cells = _module("random_cells")
running = _module("running")


@pytest.fixture(autouse=True, scope="session")
def cache_of_code(tmp_path_factory):
    """One cache for this run, and not the user's: the workers of pytest-xdist compile nothing twice."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "symrnn-cache"
    patch = pytest.MonkeyPatch()
    patch.setenv("SYMRNN_CACHE_DIR", str(folder))
    yield folder
    patch.undo()


@pytest.fixture(scope="module")
def unoptimized():
    """Compile without optimization, several times as fast: for tests of what is emitted, not of what a compiler makes of it."""
    from symrnn.runtime import compiler

    patch = pytest.MonkeyPatch()
    patch.setattr(compiler, "FLAGS", tuple("-O0" if flag == "-O3" else flag for flag in compiler.FLAGS))
    yield
    patch.undo()


@pytest.fixture
def root() -> Path:
    """The top folder of the project."""
    return Path(__file__).parent.parent


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """With SYMRNN_REQUIRE_ALL set, as in CI, a skipped test is a failed one: everything it needs is installed there."""
    outcome = yield
    report = outcome.get_result()
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("SYMRNN_REQUIRE_ALL"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped where nothing may be missing: {report.longrepr[2]}"
