"""LaTeX to PDF by the TeX that is installed, if there is one."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from symrnn.errors import BuildError

SECONDS = 120


def has_tex() -> bool:
    """Return whether pdflatex is there."""
    return shutil.which("pdflatex") is not None


def to_pdf(tex: str) -> bytes:
    """Return the PDF of a LaTeX document; it is compiled twice, for its references.

    Raises:
        BuildError: if pdflatex is missing, refuses the document or does not finish; the message holds its complaint.
    """
    program = shutil.which("pdflatex")
    if program is None:
        raise BuildError("pdflatex was not found; install TeX (texlive-latex-recommended and lmodern are enough)")
    with tempfile.TemporaryDirectory(prefix="symrnn-") as folder:
        Path(folder, "document.tex").write_text(tex, "utf-8")
        command = [program, "-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", "document.tex"]
        for _ in range(2):
            try:
                run = subprocess.run(command, cwd=folder, capture_output=True, timeout=SECONDS, check=False)
            except subprocess.TimeoutExpired as error:
                raise BuildError(f"pdflatex did not finish within {SECONDS} s") from error
            if run.returncode != 0:
                raise BuildError(f"pdflatex refused the document: {_complaint(run.stdout.decode(errors='replace'))}")
        return Path(folder, "document.pdf").read_bytes()


def _complaint(log: str) -> str:
    lines = log.splitlines()
    first = next((place for place, line in enumerate(lines) if line.startswith("!")), max(len(lines) - 3, 0))
    return " ".join(lines[first : first + 3])
