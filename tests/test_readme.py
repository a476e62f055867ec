"""What the README shows is true: its Python runs, its cell is a cell, and the first two commands are the ones promised."""

import re

import pytest
from click.testing import CliRunner

import symrnn

COMMANDS = [
    "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/symrnn make rnn",
    "python3 -m venv .venv && .venv/bin/pip install -e '.[dev]' && .venv/bin/pytest",
]


@pytest.fixture
def readme(root):
    return (root / "README.md").read_text("utf-8")


def blocks(text: str, language: str) -> list[str]:
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [body for tag, body in fenced if tag == language]


def test_it_opens_with_the_two_commands(readme):
    assert [block.strip() for block in blocks(readme, "sh")] == COMMANDS


def test_its_python_runs(readme):
    (script,) = blocks(readme, "python")
    exec(compile(script, "README.md", "exec"), {})


def test_its_cell_is_read_and_derived(readme):
    (text,) = (block for block in blocks(readme, "") if block.startswith("cell "))
    assert len(symrnn.derive(symrnn.cell(text)).gradients) >= 5


def test_its_code_for_a_microcontroller_is_what_is_written(readme, tmp_path, monkeypatch):
    """How many bytes of code there are is for the compiler to say; everything else is compared."""
    from symrnn.cli import main

    (console,) = blocks(readme, "console")
    (constants,) = blocks(readme, "c")
    command, *shown = console.splitlines()
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, command.removeprefix("$ symrnn ").split(), catch_exceptions=False)
    written = [line for line in shown if line.startswith("src/")]
    assert result.output.splitlines()[: len(written)] == written
    header = (tmp_path / written[0]).read_text("utf-8")
    assert constants in header and header.count("_BYTES ") == constants.count("_BYTES ")


def test_its_verdict_is_what_is_printed(readme):
    notes, shown = blocks(readme, "txt")
    assert symrnn.verify(notes, cell="rnn", source="notes.txt").report() == shown.rstrip("\n")


def test_every_folder_it_names_is_there_and_every_folder_is_named(readme, root):
    named = set(re.findall(r"^\| `symrnn/(\w+)/`", readme, re.MULTILINE))
    there = {path.parent.name for path in (root / "symrnn").glob("*/__init__.py")}
    assert named == there


def test_every_command_it_names_exists(readme):
    from symrnn.cli import main

    for command in re.findall(r"^\| `symrnn (\w+)", readme, re.MULTILINE):
        assert command in main.commands


def test_every_built_in_cell_is_named(readme):
    from symrnn import cells

    for name in cells.names():
        assert f"`{name}`" in readme
