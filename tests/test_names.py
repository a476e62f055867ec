"""Names say what a module is about, and every package says it in a sentence."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "symrnn"

# Words that name where something was put rather than what it is.
EMPTY_WORDS = {"util", "utils", "helper", "helpers", "manager", "managers", "common", "misc", "stuff", "tools"}


def empty_names(paths: Iterable[Path]) -> list[str]:
    """The paths with such a word in the name of a module or of a folder."""
    return [
        path.as_posix() for path in paths if EMPTY_WORDS & set("_".join(path.with_suffix("").parts).lower().split("_"))
    ]


def modules(*folders: str) -> list[Path]:
    return [path.relative_to(ROOT) for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def packages() -> list[Path]:
    return sorted({path.parent for path in PACKAGE.rglob("*.py")})


def test_modules_are_named_for_what_they_are():
    assert not empty_names(modules("symrnn", "tests"))


@pytest.mark.parametrize(
    "path", ["symrnn/utils.py", "symrnn/ir/shape_helpers.py", "symrnn/Manager.py", "tests/common/a.py"]
)
def test_an_empty_name_is_found(path):
    assert empty_names([Path("symrnn/ir/shapes.py"), Path(path)]) == [path]


def test_a_word_inside_of_a_word_is_fine():
    assert not empty_names([Path("symrnn/utilisation.py"), Path("symrnn/commons.py")])


@pytest.mark.parametrize("package", packages(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_package_says_what_it_is(package):
    init = package / "__init__.py"
    assert init.is_file()
    docstring = ast.get_docstring(ast.parse(init.read_text(encoding="utf-8")))
    assert docstring
    assert docstring.split("\n")[0].endswith((".", ":"))


def test_ruff_asks_for_the_docstrings_of_everything_public():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]["lint"]
    assert "D1" in settings["select"]
    asked = {"D100", "D101", "D102", "D103", "D104"}  # modules, classes, methods, functions, packages
    assert asked.isdisjoint(settings["ignore"])
    assert all(where == "tests/**" for where, rules in settings["per-file-ignores"].items() if "D1" in rules)
