"""The one Jinja environment. Templates are frames: they may loop and indent, not decide. Nothing is escaped here."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from symrnn.errors import OutputError


def templates_dir() -> Path:
    """Return the folder of the templates: inside the package when installed from a wheel, beside it in a checkout.

    Raises: OutputError, if there is neither.
    """
    here = Path(__file__).resolve().parent
    for candidate in (here / "_templates", here.parent / "templates"):
        if candidate.is_dir():
            return candidate
    raise OutputError(f"no templates beside {here}: the installation is incomplete; install symrnn again")


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


def render(template: str, **context: object) -> str:
    """Return the template, filled in. Values are put in as they are: escape them for their format before."""
    return _environment().get_template(template).render(context)
