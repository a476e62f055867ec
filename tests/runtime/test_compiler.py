"""The compiler and the cache: found, missing, raced for, damaged, not writable."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from programs import arguments, seeded_rnn

from symrnn.errors import BuildError, CompilerMissingError, OutputError
from symrnn.runtime import compiler, load

SOURCE = {"small.c": "int small(void);\nint small(void)\n{\n    return 7;\n}\n"}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A cache of this test's own."""
    monkeypatch.setenv("SYMRNN_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_the_order_is_cc_then_the_known_names(monkeypatch, tmp_path) -> None:
    for name in ("clang", "gcc"):
        (tmp_path / name).write_text(f"#!/bin/sh\necho {name} 1.0\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert compiler.find_compiler() == compiler.Compiler(("gcc",), "gcc 1.0\n")
    monkeypatch.setenv("CC", f"{tmp_path / 'clang'} -m64")
    assert compiler.find_compiler().command == (str(tmp_path / "clang"), "-m64")


def test_no_compiler_is_an_error_that_names_all(monkeypatch, tmp_path, folder) -> None:
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(compiler.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(CompilerMissingError, match=r"\$CC, cc, gcc, clang and the Python module ziglang.*numpy"):
        load(seeded_rnn(), "c")
    load(seeded_rnn(), "numpy")


def test_a_wrong_cc_is_an_error(monkeypatch) -> None:
    monkeypatch.setenv("CC", "no-such-compiler -O2")
    with pytest.raises(CompilerMissingError, match=r"\$CC is 'no-such-compiler -O2', which does not run"):
        compiler.find_compiler()


def test_a_library_is_built_once(folder) -> None:
    first = compiler.library(SOURCE, "small")
    built = first.stat().st_mtime_ns, first.stat().st_ino
    assert compiler.library(SOURCE, "small") == first
    assert (first.stat().st_mtime_ns, first.stat().st_ino) == built
    assert sorted(path.name for path in first.parent.iterdir()) == ["sha256", "small.c", "small.so"]
    other = compiler.library({"small.c": SOURCE["small.c"].replace("7", "8")}, "small")
    assert other != first and sorted(folder.iterdir()) == sorted([first.parent, other.parent])


def test_the_key_knows_source_flags_and_compiler(folder, monkeypatch) -> None:
    first = compiler.library(SOURCE, "small")
    monkeypatch.setattr(compiler, "FLAGS", (*compiler.FLAGS, "-DNOTHING"))
    second = compiler.library(SOURCE, "small")
    monkeypatch.setattr(compiler, "find_compiler", lambda: compiler.Compiler(("cc",), "another version"))
    assert len({first, second, compiler.library(SOURCE, "small")}) == 3


def test_the_key_knows_the_processor(folder, monkeypatch) -> None:
    """A cache that machines share: code for another processor is not loaded, though all else is the same."""
    first = compiler.library(SOURCE, "small")
    monkeypatch.setattr(compiler, "native", lambda command: ("-O3", "#define __OTHER__ 1"))
    assert compiler.library(SOURCE, "small") != first


def test_what_is_native_says_which_instructions_there_are() -> None:
    flag, *macros = compiler.native(compiler.find_compiler().command)
    assert flag == "-march=native" and "#define __STDC__ 1" in macros[0]


def test_a_compiler_that_refuses_the_processor_does_without(folder, monkeypatch, tmp_path) -> None:
    picky = tmp_path / "picky"
    picky.write_text('#!/bin/sh\ncase "$*" in *march=native*) exit 1 ;; esac\nexec cc "$@"\n', encoding="utf-8")
    picky.chmod(0o755)
    monkeypatch.setenv("CC", str(picky))
    assert compiler.native((str(picky),)) == ()
    assert compiler.library(SOURCE, "small").is_file()


def test_a_processor_that_was_chosen_is_kept() -> None:
    assert compiler.native(("cc", "-march=x86-64")) == compiler.native(("cc", "-mcpu=generic")) == ()


def test_names_and_texts_of_files_are_kept_apart_in_the_key() -> None:
    assert compiler._key({"a": "bc"}) != compiler._key({"ab": "c"})
    assert compiler._key({"a": "b"}, "c") != compiler._key({"a": "b", "c": ""})


def test_the_cache_belongs_to_its_owner_alone(folder) -> None:
    compiler.library(SOURCE, "small")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    folder.chmod(0o777)
    with pytest.raises(OutputError, match=r"others may write to the cache folder .* Set SYMRNN_CACHE_DIR"):
        compiler.library(SOURCE, "small")


def test_the_cache_is_where_the_user_keeps_caches(monkeypatch, tmp_path) -> None:
    monkeypatch.delenv("SYMRNN_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert compiler.cache_folder() == tmp_path / "xdg" / "symrnn"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert compiler.cache_folder() == tmp_path / "home" / ".cache" / "symrnn"


def test_a_cache_that_cannot_be_made_is_an_error(monkeypatch, tmp_path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("SYMRNN_CACHE_DIR", str(tmp_path / "file" / "cache"))
    with pytest.raises(OutputError, match=r"cannot be made: Not a directory\. Set SYMRNN_CACHE_DIR"):
        load(seeded_rnn(), "c")


def test_a_full_disk_is_an_error_and_leaves_nothing(monkeypatch, folder) -> None:
    def full(*_args: object, **_keywords: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OutputError, match="cannot be written: No space left on device"):
        compiler.library(SOURCE, "small")
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("backend", ["numpy", "c"])
def test_a_damaged_entry_is_an_error_that_says_what_to_delete(backend, folder) -> None:
    load(seeded_rnn(), backend)
    (entry,) = folder.iterdir()
    product = next(path for path in entry.iterdir() if path.suffix in (".so", ".py"))
    whole = product.read_bytes()
    replacement = entry / "half"
    replacement.write_bytes(whole[: len(whole) // 2])
    os.replace(replacement, product)  # a loaded library must not change under its process
    with pytest.raises(BuildError, match=f"{entry} is damaged: delete this folder and call again"):
        load(seeded_rnn(), backend)
    shutil.rmtree(entry)
    load(seeded_rnn(), backend)
    (entry / "sha256").unlink()
    with pytest.raises(BuildError, match="is damaged"):
        load(seeded_rnn(), backend)


def test_a_refused_source_shows_what_the_compiler_said(folder) -> None:
    with pytest.raises(BuildError, match=r"(?s)small\.c was refused by .*error.*report it"):
        compiler.library({"small.c": "int small(void) { return }\n"}, "small")
    assert list(folder.iterdir()) == []


def test_processes_that_race_share_one_entry(folder, tmp_path) -> None:
    script = (
        "import sys; sys.path[:0] = sys.argv[1:]\n"
        "from programs import seeded_rnn, arguments\n"
        "from symrnn.runtime import load\n"
        "print(load(seeded_rnn(), 'c').gradient(**arguments(seeded_rnn()))['dW_hh'].sum())\n"
    )
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", script, str(root), str(root / "tests" / "ir")]
    racers = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(6)]
    answers = [racer.communicate() for racer in racers]
    assert all(racer.returncode == 0 for racer in racers), answers
    expected = load(seeded_rnn(), "c").gradient(**arguments(seeded_rnn()))["dW_hh"].sum()
    assert {float(out) for out, _ in answers} == {float(expected)}
    assert len(list(folder.iterdir())) == 1


def test_a_traceback_shows_the_emitted_line(folder) -> None:
    """The NumPy file is imported from the cache, not from a string."""
    compiled = load(seeded_rnn(), "numpy")
    path = Path(compiled.engine.module.forward.__code__.co_filename)
    assert path.is_file() and path.read_text(encoding="utf-8") == compiled.source["seeded_rnn.py"]
