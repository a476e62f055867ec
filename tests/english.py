"""Running English text: the manual that comes with Python (`pydoc_data`), so it is at hand wherever the tests run."""

import re
import string
from pydoc_data.topics import topics

import numpy as np

ALPHABET = string.ascii_lowercase + " .,;:()'-\n"


def english() -> np.ndarray:
    """Return running English text as indices into the alphabet: the paragraphs of the manual that are prose."""
    text = "\n\n".join(topics[name] for name in sorted(topics))
    paragraphs = (block for block in re.split(r"\n\s*\n", text) if re.match(r"[A-Z][a-z]+ [a-z]+ [a-z]+", block))
    plain = re.sub(r"[ \n]+", " ", " ".join(paragraphs)).lower()
    return np.array([ALPHABET.index(letter) for letter in plain if letter in ALPHABET])
