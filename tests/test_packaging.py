"""What is installed from a wheel has everything that it needs: templates, cells, the grammar, and nothing beside the package."""

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    root = Path(__file__).parent.parent
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=root, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_every_file_of_the_package_and_the_templates(wheel, root):
    there = set(zipfile.ZipFile(wheel).namelist())
    package = {path.relative_to(root).as_posix() for path in (root / "symrnn").rglob("*") if path.is_file()}
    templates = {
        f"symrnn/_{path.relative_to(root).as_posix()}" for path in (root / "templates").rglob("*") if path.is_file()
    }
    wanted = {name for name in package | templates if "__pycache__" not in name}
    assert wanted <= there
    assert all(name.startswith(("symrnn/", "symrnn-")) for name in there)


def test_what_the_wheel_installs_makes_a_cell(wheel, tmp_path):
    """The wheel is unpacked into an environment that sees this one's dependencies but not this checkout."""
    venv.create(tmp_path / "env", with_pip=False)
    site = next((tmp_path / "env").glob("lib/python*/site-packages"))
    zipfile.ZipFile(wheel).extractall(site)
    dependencies = Path(pytest.__file__).parent.parent
    python = tmp_path / "env" / "bin" / "python"
    script = (
        "import sys, symrnn; assert symrnn.__file__.startswith(sys.argv[1]), symrnn.__file__\n"
        "from symrnn.cli import main; main(['make', 'elman', '--out', sys.argv[2]])"
    )
    done = subprocess.run(
        [
            python,
            "-I",
            "-c",
            f"import sys; sys.path.append({str(dependencies)!r})\n{script}",
            str(site),
            str(tmp_path / "out"),
        ],
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    assert (tmp_path / "out" / "derivation.html").exists()
