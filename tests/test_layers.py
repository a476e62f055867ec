"""Imports go down only: who may import whom, read off the syntax trees of every module."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "symrnn"

MATHEMATICS = {"errors", "algebra", "model"}
PROGRAMS = {"errors", "ir"}
BELOW_DRIVER = {
    *("errors", "files", "rendering", "algebra", "model", "language", "cells", "calculus", "documents", "certificates"),
    *("ir", "lower", "passes", "backends", "runtime", "verify", "verify.numeric", "claims", "claims.telling"),
}

# What each layer may import besides itself. `verify.numeric` is a layer of its own: the oracle is independent; so is
# `claims.telling`: what judges knows nothing of pages.
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "files": {"errors"},
    "rendering": {"errors"},
    "algebra": {"errors"},
    "model": {"errors", "algebra"},
    "language": MATHEMATICS,
    "cells": MATHEMATICS | {"language"},
    "calculus": MATHEMATICS,
    "documents": MATHEMATICS | {"calculus", "rendering"},
    "certificates": MATHEMATICS | {"calculus", "rendering"},
    "ir": {"errors"},
    "passes": PROGRAMS,
    "backends": PROGRAMS | {"rendering"},
    "runtime": PROGRAMS | {"passes", "backends", "files"},
    "lower": MATHEMATICS | PROGRAMS | {"calculus"},
    "verify.numeric": set(),
    "verify": MATHEMATICS | PROGRAMS | {"calculus", "certificates", "runtime", "verify.numeric"},
    "claims": MATHEMATICS | {"language", "calculus", "verify", "verify.numeric"},
    "claims.telling": MATHEMATICS | {"language", "claims", "documents", "rendering", "verify"},
    "driver": BELOW_DRIVER,
    "verdicts": BELOW_DRIVER | {"driver"},
    "proofs": BELOW_DRIVER | {"driver"},
    "golden": BELOW_DRIVER | {"driver"},
    "bench": BELOW_DRIVER | {"driver", "proofs", "symrnn"},
    "report": BELOW_DRIVER | {"driver"},
    "options": BELOW_DRIVER | {"driver"},
    "testing": BELOW_DRIVER | {"driver"},
    "cli_bench": BELOW_DRIVER | {"bench", "options"},
    "cli_prove": BELOW_DRIVER | {"driver", "proofs", "report", "options"},
    "cli": BELOW_DRIVER | {"driver", "verdicts", "cli_bench", "cli_prove", "report", "options", "symrnn"},
    "__main__": {"cli"},
    "symrnn": BELOW_DRIVER
    | {"driver", "verdicts", "proofs"},  # the package itself: its public names, loaded on first use
}
LAZY = {
    "symrnn",
    "cli",
    "cli_bench",
    "cli_prove",
    "testing",
    "options",
}  # may import inside a function, so that starting up is quick
ONLY_NUMPY = {"verify.numeric"}


@dataclass(frozen=True, slots=True)
class Module:
    """A source file under its dotted name; `is_package` for an `__init__`, which goes by the name of its package."""

    name: str
    source: str
    path: str
    is_package: bool = False


@dataclass(frozen=True, slots=True)
class Import:
    """One imported module, where it is imported, and whether that is at the top of the file or inside of something."""

    target: str
    line: int
    inside: ast.AST | None


def modules(root: Path = PACKAGE) -> tuple[Module, ...]:
    found = []
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root.parent).with_suffix("").parts
        is_package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if is_package else parts)
        where = path.relative_to(root.parent).as_posix()
        found.append(Module(name, path.read_text(encoding="utf-8"), where, is_package))
    return tuple(found)


def layer(name: str) -> str:
    """The layer of a dotted name: `symrnn.ir.nodes` is in ir, `symrnn` itself in symrnn."""
    parts = name.split(".")
    if ".".join(parts[1:3]) in MAY_IMPORT:
        return ".".join(parts[1:3])
    return parts[1] if len(parts) > 1 else "symrnn"


def imports(module: Module, known: frozenset[str]) -> Iterator[Import]:
    """Every import of a module, wherever it stands; `from a import b` is a.b if that is a module, else a."""
    for node, inside in _nested(ast.parse(module.source), None):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, node.lineno, inside)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(module, node)
            for alias in node.names:
                full = f"{base}.{alias.name}"
                yield Import(full if full in known else base, node.lineno, inside)
        elif isinstance(node, ast.Call) and (target := _called(node)):
            yield Import(target, node.lineno, inside)


def _nested(node: ast.AST, inside: ast.AST | None) -> Iterator[tuple[ast.AST, ast.AST | None]]:
    """All nodes, each with the statement it is inside of: the innermost function, or else the innermost block."""
    for child in ast.iter_child_nodes(node):
        yield child, inside
        function = isinstance(inside, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        block = isinstance(child, ast.stmt | ast.Lambda) and not isinstance(
            child, ast.Expr | ast.Assign | ast.AnnAssign
        )
        opens = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) or (block and not function)
        yield from _nested(child, child if opens else inside)


def _absolute(module: Module, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    parents = module.name.split(".")
    base = parents[: len(parents) - node.level + module.is_package]
    return ".".join([*base, *([node.module] if node.module else [])])


def _called(node: ast.Call) -> str | None:
    """The module in `import_module("x")` or `__import__("x")`; "…" if it is computed."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name not in ("import_module", "__import__") or not node.args:
        return None
    first = node.args[0]
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else "symrnn.…"


def violations(checked: tuple[Module, ...]) -> list[str]:
    """What breaks the order of the layers, one line each: file:line, what was found, what is allowed."""
    known = frozenset(module.name for module in checked)
    return [complaint for module in checked for complaint in _complaints(module, known)]


def _complaints(module: Module, known: frozenset[str]) -> Iterator[str]:
    own = layer(module.name)
    if own not in MAY_IMPORT:
        yield f"{module.path}:1: {own} is in no layer; give it a row in MAY_IMPORT"
        return
    for found in imports(module, known):
        where, top = f"{module.path}:{found.line}", found.target.split(".")[0]
        if top != "symrnn":
            if own in ONLY_NUMPY and top != "numpy" and top not in sys.stdlib_module_names:
                yield f"{where}: {own} imports {found.target}; it knows NumPy only"
            continue
        target = layer(found.target)
        if target != own and target not in MAY_IMPORT[own] and not found.target.endswith("…"):
            allowed = ", ".join(sorted(MAY_IMPORT[own])) or "nothing of symrnn"
            yield f"{where}: {own} imports {found.target}; it may import {allowed}"
        if found.inside is not None and not (own in LAZY and isinstance(found.inside, ast.FunctionDef)):
            yield f"{where}: {found.target} is imported inside a {type(found.inside).__name__}; import it at the top"
        elif found.inside is None and found.target.endswith("…"):
            yield f"{where}: a computed import; write an import statement"


def cycles(checked: tuple[Module, ...]) -> list[str]:
    """A cycle of modules that import one another at the top, if there is one."""
    known = frozenset(module.name for module in checked)
    graph = {
        module.name: {found.target for found in imports(module, known) if found.inside is None} & known - {module.name}
        for module in checked
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return [" imports ".join(reversed(error.args[1]))]
    return []


def test_imports_go_down_only():
    assert not violations(modules()), "\n" + "\n".join(violations(modules()))


def test_no_modules_import_one_another():
    assert not cycles(modules()), "\n" + "\n".join(cycles(modules()))


def test_the_layers_themselves_are_in_order():
    TopologicalSorter(MAY_IMPORT).prepare()  # raises CycleError
    assert all(allowed <= MAY_IMPORT.keys() for allowed in MAY_IMPORT.values())


@pytest.mark.parametrize("low", ["ir", "passes", "backends"])
def test_programs_never_reach_the_mathematics(low):
    reached = {low}
    while (more := reached.union(*(MAY_IMPORT[name] for name in reached))) != reached:
        reached = more
    assert reached.isdisjoint({"algebra", "model", "calculus"})


def test_every_module_is_seen():
    names = {module.name for module in modules()}
    assert {"symrnn", "symrnn.errors", "symrnn.algebra", "symrnn.algebra.nodes", "symrnn.verify.numeric"} <= names


# ---- the checks fail where they should

UNDER_TYPE_CHECKING = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from symrnn.ir.text import show"
VIOLATIONS = {
    "up": ("algebra.x", "from symrnn.model import equations", "x.py:1: algebra imports symrnn.model"),
    "up, as a name": ("algebra.x", "from symrnn import model", "algebra imports symrnn.model"),
    "up, plainly": ("model.x", "import os\nimport symrnn.language.read", "x.py:2: model imports symrnn.language.read"),
    "up, relatively": ("algebra.x", "from ..calculus import sweep", "algebra imports symrnn.calculus"),
    "up, from a package": ("algebra", "from ..calculus import sweep", "algebra imports symrnn.calculus"),
    "across, to mathematics": ("ir.x", "from symrnn.algebra.nodes import Leaf", "ir imports symrnn.algebra.nodes"),
    "across, from a pass": ("passes.x", "import symrnn.calculus", "passes imports symrnn.calculus"),
    "across, from a backend": ("backends.x", "from symrnn.algebra import nodes", "backends imports symrnn.algebra"),
    "across, to the loop language": ("calculus.x", "from symrnn.ir.nodes import Gemm", "calculus imports symrnn.ir"),
    "the oracle": ("verify.numeric", "from symrnn.errors import ShapeError", "may import nothing of symrnn"),
    "the oracle, elsewhere": ("verify.numeric", "import sympy", "verify.numeric imports sympy; it knows NumPy only"),
    "the command line": ("bench", "from symrnn.cli import main", "bench imports symrnn.cli"),
    "the package itself": ("ir.x", "from symrnn import __version__", "ir imports symrnn;"),
    "in a function": ("ir.x", "def f():\n    import symrnn.ir.text", "x.py:2: symrnn.ir.text is imported inside a Fun"),
    "in a method": ("ir.x", "class A:\n    def f(self):\n        import symrnn.ir.text", "inside a FunctionDef"),
    "in a branch": ("ir.x", UNDER_TYPE_CHECKING, "x.py:3: symrnn.ir.text is imported inside a If"),
    "in a try": ("ir.x", "try:\n    import symrnn.ir.text\nexcept ImportError:\n    pass", "imported inside a Try"),
    "in a branch of the command line": ("cli", UNDER_TYPE_CHECKING, "cli.py:3: symrnn.ir.text is imported inside a If"),
    "by a call": (
        "ir.x",
        "import importlib\nimportlib.import_module('symrnn.algebra')",
        "x.py:2: ir imports symrnn.alg",
    ),
    "by a call in a function": ("ir.x", "def f():\n    __import__('symrnn.ir.text')", "inside a FunctionDef"),
    "by a computed name": (
        "ir.x",
        "import importlib\nx = importlib.import_module('symrnn' + '.algebra')",
        "a computed",
    ),
    "nowhere": ("novelty", "", "novelty is in no layer"),
}


def made_up(name: str, source: str) -> tuple[Module, ...]:
    """A project of a few empty modules and one that says `source`."""
    empty = ("algebra", "calculus", "errors", "ir.text", "language.read", "model", "model.equations", "cli")
    others = tuple(Module(f"symrnn.{one}", "", f"{one}.py") for one in empty if one != name)
    path = f"symrnn/{name.replace('.', '/')}.py"
    return (*others, Module(f"symrnn.{name}", source, path, is_package=name == "algebra"))


@pytest.mark.parametrize("case", VIOLATIONS)
def test_a_violation_is_found_with_its_line(case):
    name, source, complaint = VIOLATIONS[case]
    (found,) = violations(made_up(name, source))
    assert complaint in found


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("lower", "from symrnn.algebra import nodes\nfrom symrnn.ir.text import show\nfrom symrnn import errors"),
        ("ir.x", "from symrnn.ir import text\nfrom . import text as again\nimport numpy"),
        ("verify.numeric", "import numpy as np\nfrom collections.abc import Mapping"),
        ("cli", "def run():\n    from symrnn import driver"),
        ("ir.x", "def f():\n    import scipy\n    return 'import symrnn.algebra'"),
    ],
)
def test_what_is_allowed_is_not_complained_about(name, source):
    assert not violations(made_up(name, source))


def test_a_cycle_is_found():
    one = Module("symrnn.ir.a", "from symrnn.ir import b", "a.py")
    two = Module("symrnn.ir.b", "from symrnn.ir.a import name", "b.py")
    assert not cycles((one, Module("symrnn.ir.b", "", "b.py")))
    (found,) = cycles((one, two))
    assert "symrnn.ir.a imports symrnn.ir.b" in found
