"""The tools are content, files and functions are short, and nothing in the project depends on one machine."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TOP_LEVEL = {"pyproject.toml", "README.md", "LICENSE", "symrnn", "templates", "generated", "tests"}

LONGEST_MODULE, LONGEST_FUNCTION = 400, 50  # lines
LONG_MODULES: dict[str, str] = {}  # path: why it may be longer
LONG_FUNCTIONS: dict[str, str] = {}  # path:name: why it may be longer

# A path of one machine, unless it is the tail of an address or of another path; and the hosts of package registries.
MACHINE = re.compile(r"(?<![\w.:~/\\-])/(?:work|root|home|tmp|Users|mnt)/|[A-Z]:\\Users")
REGISTRY = re.compile(
    r"\b(?:pypi\.org|pythonhosted\.org|anaconda\.(?:org|com)|npmjs\.(?:org|com)|crates\.io|proxy\.golang\.org)",
    re.IGNORECASE,
)
REGISTRIES_NAMED: dict[str, str] = {}  # path: why it names a registry
OPEN_ENDED = {"Exception", "BaseException"}


def git(*arguments: str, given: str = "") -> list[str] | None:
    """The lines that a git command prints, or None where there is no git or no repository (an unpacked release)."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        return None
    run = subprocess.run(["git", *arguments], cwd=ROOT, input=given, capture_output=True, text=True, check=False)
    return run.stdout.splitlines()


def text_files() -> Iterator[tuple[str, str]]:
    """Path and text of every file of the project: those that git tracks, and those in its folders that it will."""
    tracked = git("ls-files", "--cached", "--others", "--exclude-standard")
    if tracked is None:
        tracked = [str(p.relative_to(ROOT)) for name in TOP_LEVEL for p in (ROOT / name, *(ROOT / name).rglob("*"))]
    for path in sorted(tracked):
        if (ROOT / path).is_file() and "__pycache__" not in path:
            try:
                yield path, (ROOT / path).read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue  # not text


def python_files(*folders: str) -> Iterator[tuple[str, str]]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def long_modules(files: Iterable[tuple[str, str]]) -> list[str]:
    counted = ((path, len(text.splitlines())) for path, text in files)
    return [f"{path}: {n} lines" for path, n in counted if n > LONGEST_MODULE and path not in LONG_MODULES]


def long_functions(files: Iterable[tuple[str, str]]) -> list[str]:
    found = []
    for path, text in files:
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                count = (node.end_lineno or node.lineno) - node.lineno + 1
                if count > LONGEST_FUNCTION and f"{path}:{node.name}" not in LONG_FUNCTIONS:
                    found.append(f"{path}:{node.lineno}: {node.name} has {count} lines")
    return found


def lines_with(pattern: re.Pattern[str], files: Iterable[tuple[str, str]]) -> list[str]:
    return [
        f"{path}:{number}: {line.strip()}"
        for path, text in files
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    ]


def evaluations(files: Iterable[tuple[str, str]]) -> list[str]:
    """Calls of eval and exec, the built-in ones; `model.eval()` of another library is not one."""
    found = []
    for path, text in files:
        for node in ast.walk(ast.parse(text)):
            built_in = isinstance(node, ast.Attribute) and getattr(node.value, "id", "") in ("builtins", "__builtins__")
            name = node.attr if built_in else node.id if isinstance(node, ast.Name) else ""
            if name in ("eval", "exec"):
                found.append(f"{path}:{node.lineno}: {name}")
    return found


def open_handlers(files: Iterable[tuple[str, str]]) -> list[str]:
    """Handlers of everything, unless they only tidy up: the last thing such a one does is to raise again."""
    found = []
    for path, text in files:
        for node in ast.walk(ast.parse(text)):
            if not isinstance(node, ast.ExceptHandler) or (
                isinstance(node.body[-1], ast.Raise) and not node.body[-1].exc
            ):
                continue
            named = (
                {getattr(one, "id", getattr(one, "attr", "")) for one in ast.walk(node.type)} if node.type else set()
            )
            if node.type is None or named & OPEN_ENDED:
                found.append(f"{path}:{node.lineno}: except {ast.unparse(node.type) if node.type else ''}".rstrip())
    return found


def report(complaints: list[str]) -> str:
    return "\n" + "\n".join(complaints)


@pytest.mark.parametrize("tool", [("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",)], ids=" ".join)
def test_the_tools_are_content(tool):
    run = subprocess.run([sys.executable, "-m", *tool], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, f"\n{run.stdout}{run.stderr}"


def test_modules_are_short():
    found = long_modules(python_files("symrnn", "tests"))
    assert not found, report(found)


def test_functions_are_short():
    found = long_functions(python_files("symrnn", "tests"))
    assert not found, report(found)


def test_exceptions_are_still_needed():
    files = dict(python_files("symrnn", "tests"))
    assert LONG_MODULES.keys() <= files.keys()
    assert {key.rsplit(":", 1)[0] for key in LONG_FUNCTIONS} <= files.keys()
    assert all((ROOT / path).is_file() for path in REGISTRIES_NAMED)


def test_no_file_names_a_path_of_one_machine():
    found = lines_with(MACHINE, text_files())
    assert not found, report(found)


def test_no_file_names_a_registry():
    found = lines_with(REGISTRY, ((path, text) for path, text in text_files() if path not in REGISTRIES_NAMED))
    assert not found, report(found)


def test_nothing_is_evaluated_as_code():
    found = evaluations(python_files("symrnn"))
    assert not found, report(found)


def test_handlers_name_what_they_handle():
    found = open_handlers(python_files("symrnn"))
    assert not found, report(found)


def test_the_top_level_is_what_it_says():
    names = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    ignored = git("check-ignore", "--stdin", given="\n".join(sorted(names)))
    if ignored is None:
        pytest.skip("not a git checkout: what is ignored is not known")
    assert names - set(ignored) == TOP_LEVEL


def test_the_files_of_the_project_are_seen():
    seen = {path for path, _ in text_files()}
    assert {"pyproject.toml", "symrnn/errors.py", "tests/test_style.py"} <= seen


# ---- the checks fail where they should


def test_a_long_module_is_found():
    assert long_modules([("a.py", "x = 1\n" * 400), ("b.py", "x = 1\n" * 401)]) == ["b.py: 401 lines"]


def test_a_long_function_is_found():
    short, long = ("def f():\n" + "    x = 1\n" * count for count in (49, 50))
    assert long_functions([("a.py", short), ("b.py", "\n" + long)]) == ["b.py:2: f has 51 lines"]
    assert long_functions([("c.py", "class A:\n    async " + long.replace("\n", "\n    ").rstrip())])


@pytest.mark.parametrize("folder", ["work", "root", "home", "tmp"])
@pytest.mark.parametrize("before", ["", '"', "see ", "(", "=", "-I "])
def test_a_path_of_one_machine_is_found(folder, before):
    path = "/" + folder + "/main"
    assert lines_with(MACHINE, [("a.md", f"fine\n{before}{path}")]) == [f"a.md:2: {(before + path).strip()}"]


@pytest.mark.parametrize("before", ["https://example.org", "..", "a", "tests", "~"])
def test_a_path_inside_of_something_is_fine(before):
    assert not lines_with(MACHINE, [("a.md", before + "/" + "work/main")])


@pytest.mark.parametrize("host", ["pypi.", "files.pythonhosted.", "registry.npmjs.", "conda.anaconda."])
def test_a_registry_is_found(host):
    assert lines_with(REGISTRY, [("a.toml", f'index = "https://{host}' + 'org/simple"')])


@pytest.mark.parametrize("source", ["eval('1')", "f = exec", "import builtins\nbuiltins.eval('1')"])
def test_an_evaluation_is_found(source):
    assert len(evaluations([("a.py", source)])) == 1


def test_a_method_called_eval_is_fine():
    assert not evaluations([("a.py", "model.eval()\nevaluate(x)\n'eval(x)'")])


@pytest.mark.parametrize("kind", ["", " Exception", " (ValueError, Exception) as error", " builtins.BaseException"])
def test_an_open_handler_is_found(kind):
    source = f"try:\n    f()\nexcept{kind}:\n    "
    assert len(open_handlers([("a.py", source + "pass")])) == 1
    assert len(open_handlers([("a.py", source + "raise ValueError")])) == 1
    assert not open_handlers([("a.py", source + "tidy_up()\n    raise")])


def test_a_handler_of_something_is_fine():
    assert not open_handlers([("a.py", "try:\n    f()\nexcept (ValueError, errors.ShapeError):\n    pass")])
