"""What ruff says of a text, and the fixes that it knows. Ruff only reads the text; nothing in it is run."""

from __future__ import annotations

import subprocess
from functools import lru_cache
from typing import Literal

from pydantic import BaseModel, TypeAdapter, ValidationError
from ruff import find_ruff_bin

from core.errors import SandboxError
from envs.encoding import syntax

_SECONDS = 20.0


class Place(BaseModel):
    """Row and column, from 1, in characters."""

    row: int
    column: int

    def offset(self, starts: tuple[int, ...]) -> int:
        """The character that it means, where ``starts`` are the offsets of the lines."""
        return starts[self.row - 1] + self.column - 1


class Replacement(BaseModel):
    """What stands from ``location`` to ``end_location`` becomes ``content``."""

    content: str
    location: Place
    end_location: Place


class Fix(BaseModel):
    """``applicability`` is ``safe`` where ruff takes it to keep what the code does."""

    applicability: Literal["safe", "unsafe", "display"]
    edits: list[Replacement]


class Finding(BaseModel):
    """One violation of the rule ``code``; ``fix`` is None where ruff knows none."""

    code: str | None
    message: str
    location: Place
    fix: Fix | None

    def mended(self, text: str) -> str:
        """
        ``text`` after the fix.

        Raises:
            ValueError: there is none.
        """
        if self.fix is None:
            raise ValueError(f"ruff knows no fix of {self.code}")
        starts = line_starts(text)
        # From the end on, so that what stands before stays where it is.
        for edit in sorted(self.fix.edits, key=lambda edit: (edit.location.row, edit.location.column), reverse=True):
            text = text[: edit.location.offset(starts)] + edit.content + text[edit.end_location.offset(starts) :]
        return text


_FINDINGS = TypeAdapter(list[Finding])


@lru_cache(maxsize=512)
def findings(text: str, rules: tuple[str, ...]) -> tuple[Finding, ...]:
    """
    What breaks ``rules`` (ruff's prefixes, ``("SIM", "D417")``) in ``text``, in the order of the lines. No file of
    settings has an influence. A text that is no Python gives none. About 10 ms a text that is new.

    Raises:
        SandboxError: ruff itself failed.
    """
    command = [find_ruff_bin(), "check", "--isolated", "--select", ",".join(rules), "--output-format", "json"]
    command += ["--unsafe-fixes", "--target-version", "py311", "--quiet", "--exit-zero", "--no-cache", "-"]
    try:
        ran = subprocess.run(command, input=text.encode(), capture_output=True, timeout=_SECONDS, check=True)
        found = _FINDINGS.validate_json(ran.stdout)
    except (OSError, subprocess.SubprocessError, ValidationError) as error:
        raise SandboxError(f"ruff failed ({error})") from error
    # A syntax error comes as a finding whose code is no rule's.
    return tuple(each for each in found if _is_rule(each.code))


def _is_rule(code: str | None) -> bool:
    """``SIM102``, and not ``invalid-syntax``."""
    return code is not None and code[-1:].isdigit()


def line_starts(text: str) -> tuple[int, ...]:
    """The offset of each line, and of the one behind the last."""
    return (*syntax.line_starts(text), len(text) + 1)
