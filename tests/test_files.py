"""Files are written whole or not at all, and what cannot be done is said in one message."""

import os

import pytest

from symrnn.errors import OutputError
from symrnn.files import write_all


def test_files_are_written_and_folders_made(tmp_path):
    paths = write_all(tmp_path / "a" / "b", {"one.txt": "1", "two.bin": b"\x00\x01"})
    assert [path.read_bytes() for path in paths] == [b"1", b"\x00\x01"]


def test_other_files_are_left_alone_and_old_ones_replaced(tmp_path):
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "one.txt").write_text("old")
    write_all(tmp_path, {"one.txt": "new"})
    assert (tmp_path / "mine").read_text() == "mine"
    assert (tmp_path / "one.txt").read_text() == "new"
    assert {path.name for path in tmp_path.iterdir()} == {"mine", "one.txt"}


@pytest.mark.parametrize("failing", [0, 1, 2])
def test_when_a_draft_cannot_be_written_nothing_has_changed(tmp_path, monkeypatch, failing):
    (tmp_path / "a").write_text("old")
    calls = []
    fdopen = os.fdopen

    def full(*arguments, **options):
        calls.append(arguments)
        if len(calls) == failing + 1:
            os.close(arguments[0])
            raise OSError(28, "No space left on device")
        return fdopen(*arguments, **options)

    monkeypatch.setattr(os, "fdopen", full)
    with pytest.raises(OutputError, match="No space left on device"):
        write_all(tmp_path, {"a": "new", "b": "new", "c": "new"})
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a": "old"}


def test_an_interrupt_leaves_no_drafts(tmp_path, monkeypatch):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_all(tmp_path, {"a": "new", "b": "new"})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["file in the way", "folder in the way"])
def test_a_place_that_is_taken_is_said(tmp_path, kind):
    if kind == "file in the way":
        (tmp_path / "out").write_text("a file")
        with pytest.raises(OutputError, match="choose another folder"):
            write_all(tmp_path / "out", {"a": "1"})
        assert (tmp_path / "out").read_text() == "a file"
    else:
        (tmp_path / "a").mkdir()
        with pytest.raises(OutputError, match="a"):
            write_all(tmp_path, {"a": "1"})
        assert [path.name for path in tmp_path.iterdir()] == ["a"]
