"""Every statement of the transcriptions, with what is true about it."""

from __future__ import annotations

import expected_000_001
import expected_002
import expected_003
import expected_003_examples
import expected_004
import expected_gated
import expected_mistakes
from statement import Statement

STATEMENTS: tuple[Statement, ...] = tuple(
    sorted(
        (
            *expected_000_001.STATEMENTS,
            *expected_002.STATEMENTS,
            *expected_003.RULES,
            *expected_003_examples.EXAMPLES,
            *expected_004.STATEMENTS,
            *expected_mistakes.STATEMENTS,
            *expected_gated.STATEMENTS,
        ),
        key=lambda one: (one.file, one.number, one.link),
    )
)
