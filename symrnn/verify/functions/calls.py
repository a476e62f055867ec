"""Somebody's function: loaded from a file, called, and its errors said in one line. Nothing but the function itself is run."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import sys
import textwrap
import traceback
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from symrnn.errors import SymrnnError
from symrnn.verify.functions.patience import SECONDS, TookTooLong, patience

Function = Callable[..., Any]


class FunctionError(SymrnnError):
    """A function that is to be verified cannot be loaded or called, or gives something that has no meaning."""


@dataclass(slots=True)
class Caught:
    """A context that notes what the code inside of it raised, in one line; somebody's code may raise anything at all."""

    message: str = ""

    def __enter__(self) -> Caught:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if error is None or not isinstance(error, Exception):
            return False  # an interruption is not an error of the function
        where = [one for one in traceback.extract_tb(trace) if one.filename != __file__]
        place = f" ({Path(where[-1].filename).name}:{where[-1].lineno})" if where else ""
        said = " ".join(str(error).split()) or "no message"
        self.message = f"{type(error).__name__}: {said[:300]}{place}"
        return True


def load_function(path: str | Path, name: str) -> Function:
    """Return a function of a Python file: the file is run, as by `python file.py` but under another name than `__main__`.

    Raises:
        FunctionError: if there is no such file, it raises an error, or has no function of that name.
    """
    file = Path(path)
    if not file.is_file() or file.suffix != ".py":
        raise FunctionError(f"{path} is not a Python file; write file.py::function")
    spec = importlib.util.spec_from_file_location(f"symrnn_verified_{file.stem}", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(file.resolve().parent))  # what the file imports from beside it
    caught = Caught()
    try:
        with caught, patience():
            sys.modules[spec.name] = module
            spec.loader.exec_module(module)
    except TookTooLong:
        caught.message = f"it was not done in {SECONDS:g} s"
    finally:
        sys.path.remove(str(file.resolve().parent))
        sys.modules.pop(spec.name, None)
    if caught.message:
        raise FunctionError(f"{file} cannot be loaded: {caught.message}")
    found = getattr(module, name, None)
    if not callable(found):
        others = [one for one, value in vars(module).items() if inspect.isfunction(value) and not one.startswith("_")]
        raise FunctionError(f"{file} has no function {name}; it has {', '.join(others) or 'none'}")
    function: Function = found
    return function


def name_of(function: Function) -> str:
    """Return what a function is called."""
    return getattr(function, "__name__", type(function).__name__)


def parameters(function: Function) -> Mapping[str, bool]:
    """Return the names of the parameters of a function, each with whether it has to be given.

    Raises:
        FunctionError: if the signature cannot be told, or takes anything.
    """
    if not callable(function):
        raise FunctionError(f"a function is needed, found {type(function).__name__}")
    try:
        found = inspect.signature(function).parameters.values()
    except (TypeError, ValueError) as error:
        raise FunctionError(f"the parameters of {name_of(function)} cannot be told: {error}") from error
    star = [one.name for one in found if one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD)]
    named = {one.name: one.default is one.empty for one in found if one.name not in star}
    if not named:
        raise FunctionError(
            f"{name_of(function)} does not name its parameters; wrap it in a function that does: def f(x, h0, W, dh): ..."
        )
    return named


def returned_names(function: Function) -> tuple[str, ...]:
    """Return the names in the last `return a, b, c` of a function, if its source can be read and has one."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return ()
    own = tree.body[0] if tree.body else None
    if not isinstance(own, ast.FunctionDef):
        return ()
    last = None
    for node in _own_statements(own):
        if isinstance(node, ast.Return) and node.value is not None:
            last = node.value
    if isinstance(last, ast.Name):
        last = _assigned(own, last.id) or last
    if isinstance(last, ast.Dict):
        return tuple(str(key.value) for key in last.keys if isinstance(key, ast.Constant))
    elements = last.elts if isinstance(last, ast.Tuple | ast.List) else [last] if last is not None else []
    return tuple(_name(one, place) for place, one in enumerate(elements))


def _assigned(function: ast.FunctionDef, name: str) -> ast.expr | None:
    """Return the dictionary or tuple that a name is assigned in a function."""
    for node in _own_statements(function):
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Dict | ast.Tuple)
            and (
                any(isinstance(target, ast.Name) and target.id == name for target in node.targets)
                and node.value is not None
            )
        ):
            return node.value
    return None


def _own_statements(function: ast.FunctionDef) -> list[ast.AST]:
    found: list[ast.AST] = []
    pending: list[ast.AST] = list(function.body)
    while pending:
        node = pending.pop(0)
        if isinstance(node, ast.FunctionDef | ast.Lambda | ast.ClassDef):
            continue
        found.append(node)
        pending[:0] = list(ast.iter_child_nodes(node))
    return found


def _name(node: ast.AST, place: int) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
        return node.slice.value
    for child in ast.walk(node):  # dx.transpose(1, 0, 2), dW / n: the first name in it
        if isinstance(child, ast.Name) and child.id not in ("np", "numpy", "torch"):
            return child.id
    return f"result {place + 1}"


def wants_tensors(function: Function) -> bool:
    """Return whether a function reads torch in its module, or in the functions around it."""
    torch = sys.modules.get("torch")
    if torch is None:
        return False
    module = inspect.getmodule(function)
    names = {*getattr(getattr(function, "__code__", None), "co_names", ())}
    spaces = getattr(function, "__globals__", {}) if module is None else vars(module)
    uses_numpy = any(spaces.get(name) is np for name in names)
    reads = [name for name, value in spaces.items() if value is torch or getattr(value, "__module__", "") == "torch"]
    return bool(reads) and not uses_numpy


def called(function: Function, arguments: Mapping[str, Any], tensors: bool) -> tuple[Any, str]:
    """Return what a function returns and "", or None and what it raised.

    Raises:
        TookTooLong: it did not come back.
    """
    given = {name: as_tensor(value) for name, value in arguments.items()} if tensors else dict(arguments)
    caught, found = Caught(), None
    with warnings.catch_warnings(), np.errstate(all="ignore"), caught, patience():
        warnings.simplefilter("ignore")
        found = function(**given) if _by_name(function) else function(*given.values())
    return found, caught.message


def _by_name(function: Function) -> bool:
    kinds = {one.kind for one in inspect.signature(function).parameters.values()}
    return inspect.Parameter.POSITIONAL_ONLY not in kinds


def as_tensor(value: Any) -> Any:
    """Return an array as a tensor of its own memory; lists and tuples of arrays likewise, anything else as it is."""
    if isinstance(value, np.ndarray):
        return sys.modules["torch"].from_numpy(value)
    if isinstance(value, list | tuple):
        return type(value)(as_tensor(one) for one in value)
    return value
