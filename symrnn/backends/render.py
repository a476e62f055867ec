"""The one Jinja environment. Templates are frames: they may loop and indent, they do not decide."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from symrnn.errors import OutputError


def templates_dir() -> Path:
    """Return the folder of the templates: inside the package in a wheel, beside the package in a checkout.

    Raises:
        OutputError: neither folder exists.
    """
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "_templates", package.parent / "templates"):
        if folder.is_dir():
            return folder
    raise OutputError(f"the templates of symrnn are neither in {package} nor beside it: install symrnn again.")


def render(template: str, **context: object) -> str:
    """Return a template of `templates_dir()`, such as `c/program.h.j2`, filled with the context."""
    return _environment().get_template(template).render(**context)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(templates_dir()),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
