"""What a browser shows: a page that is not blank, and every bar, wherever it falls between the pixels."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from symrnn import driver
from symrnn.documents.html import to_html
from symrnn.documents.mathematics import mathml
from symrnn.documents.telling import tell
from symrnn.rendering import render

SECONDS = 60
COLUMNS, WIDE, HIGH = 24, 40, 60
LETTERS = (r"\mathbf{z}_h^{(t)}", r"\bar{\mathbf{z}}_h^{(t)}", "X", r"\bar{X}")
LEAST = 500  # of darkness: about three dark pixels; a bar has eight or more
RULE = re.compile(r"border-top: max\(1px, 0\.055em\) solid currentColor;")


def shown(page: str, folder: Path, width: int, height: int, *flags: str):
    """A picture of a page in shades of grey: rows of numbers from 0, black, to 255."""
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if browser is None:
        pytest.skip("chromium is not installed")
    image = pytest.importorskip("PIL.Image", reason="pillow is not installed")
    (folder / "page.html").write_text(page, "utf-8")
    command = [
        browser,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        f"--user-data-dir={folder / 'user'}",
    ]
    command += [f"--window-size={width},{height}", f"--screenshot={folder / 'page.png'}", *flags]
    command.append((folder / "page.html").as_uri())
    run = subprocess.run(command, capture_output=True, check=False, timeout=SECONDS)
    if not (folder / "page.png").exists():
        pytest.skip(f"chromium took no picture: {run.stderr.decode(errors='replace')[-200:]}")
    return image.open(folder / "page.png").convert("L")


def letters(style: str) -> str:
    """A page with each formula at many offsets of a fraction of a pixel."""
    rows = []
    for row, latex in enumerate(LETTERS):
        for column in range(COLUMNS):
            left, top = 8 + column * (WIDE + 0.125), 8 + row * HIGH + column * 0.093
            rows.append(f'<div style="position:absolute;left:{left:.3f}px;top:{top:.3f}px">{mathml(latex, True)}</div>')
    return (
        '<!doctype html><html><head><meta charset="utf-8"><meta name="color-scheme" content="light dark">'
        f"<style>{style}</style></head><body>{''.join(rows)}</body></html>"
    )


def contrast(picture, row: int, column: int) -> int:
    """How much ink there is around one formula, on any paper."""
    left, top = round(8 + column * (WIDE + 0.125)) - 4, 8 + row * HIGH - 6
    part = picture.crop((left, top, left + WIDE, top + HIGH))
    paper = part.getpixel((0, 0))
    return sum(count * abs(shade - paper) for shade, count in enumerate(part.histogram()))


def invisible(picture) -> list[tuple[str, int]]:
    """The bars that add no ink to their letter."""
    return [
        (LETTERS[row + 1], column)
        for row in range(0, len(LETTERS), 2)
        for column in range(COLUMNS)
        if contrast(picture, row + 1, column) - contrast(picture, row, column) < LEAST
    ]


@pytest.mark.parametrize("flags", [(), ("--blink-settings=preferredColorScheme=0",)], ids=["light", "dark"])
def test_every_bar_is_seen(flags, tmp_path):
    style = render("html/style.css")
    assert not invisible(shown(letters(style), tmp_path, COLUMNS * (WIDE + 1) + 16, len(LETTERS) * HIGH + 20, *flags))


def test_a_bar_that_is_not_drawn_is_missed(tmp_path):
    style, count = RULE.subn("", render("html/style.css"))
    assert count == 1
    picture = shown(letters(style), tmp_path, COLUMNS * (WIDE + 1) + 16, len(LETTERS) * HIGH + 20)
    assert len(invisible(picture)) == COLUMNS * len(LETTERS) // 2


@pytest.mark.parametrize("width", [1280, 390])
def test_a_page_is_not_blank(width, tmp_path):
    picture = shown(to_html(tell(driver.derive("rnn"))), tmp_path, width, 3000)
    paper = picture.getpixel((1, 1))
    for top in range(0, 3000, 500):
        part = picture.crop((0, top, width, top + 500))
        assert sum(part.histogram()[shade] for shade in range(256) if abs(shade - paper) > 60) > 300
