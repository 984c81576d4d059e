"""Ruff's own fixes."""

from __future__ import annotations

from collections.abc import Iterator

from envs.edits.candidate import Proposal
from envs.tasks.refactoring.measures import RULES
from envs.tasks.refactoring.reading import Code
from envs.tasks.ruff_rules import findings, line_starts


def fixed(code: Code) -> Iterator[Proposal]:
    """One edit for each finding that ruff can mend, the fixes that it calls unsafe too."""
    starts = line_starts(code.text)
    for finding in findings(code.text, RULES):
        if finding.fix is not None:
            start = finding.location.offset(starts)
            end = max(start + 1, code.text.find("\n", start))
            new = finding.mended(code.text)
            yield from code.swap("ruff_fix", (0, len(code.text)), new, (start, end), finding.code or "")
