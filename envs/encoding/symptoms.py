"""
How the failing checks fail, as words behind the program's tokens: the commonest exceptions, and the commonest ways in
which outcomes differ (``envs.sandbox.mismatch``). Only visible checks' results enter here, and no value of theirs.

A word that also stands in the program points to where it does first, so that "'x' referenced before assignment" leads
to ``x``; a word of an exception points to the line that raised it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from core.observation import EVIDENCE, RELATIONS
from core.records import CheckResult
from envs.encoding.evidence import Floats, Ints

MOST, WORDS = 3, 12  # of different symptoms, of words of each
_WORD = re.compile(r"\w+|[-+*/%&|^@<>=!~]+")
_PARENT, _SIBLING, _USE = (RELATIONS.index(name) for name in ("parent", "next_sibling", "last_use"))
_FAILING, _RAISED = EVIDENCE.index("covered_by_failing"), EVIDENCE.index("raised_here")


class Symptoms(NamedTuple):
    """One entry a word: its text, its row of ``RELATIONS`` [W, R] and of ``EVIDENCE`` [W, E]."""

    words: list[str]
    relations: np.ndarray[tuple[int, int], np.dtype[np.int16]]
    evidence: Floats


def symptoms(results: Sequence[CheckResult], places: Mapping[str, int], lines: Ints, room: int) -> Symptoms:
    """
    The words of a state's failing checks, at most ``room``.

    ``places``: the program's tokens by text. ``lines``: of each token. Each word has the share of failing checks with
    its symptom as its share of failing checks that cover it.
    """
    failing = [result for result in results if not result.passed]
    counts = Counter((_words(result.detail), result.raised_line) for result in failing if result.detail)
    shown = counts.most_common(MOST)
    words = [word for (said, _), _ in shown for word in said][:room]
    relations = np.full((len(words), len(RELATIONS)), -1, np.int16)
    evidence = np.zeros((len(words), len(EVIDENCE)), np.float32)
    at, tokens = 0, len(lines)
    for (said, raised), count in shown:
        rows = slice(at, min(at + len(said), len(words)))
        relations[rows, _SIBLING] = np.arange(rows.start, rows.stop) + tokens + 1
        relations[rows, _USE] = [places.get(word, -1) for word in words[rows]]
        evidence[rows, _FAILING] = count / len(failing)
        if raised is not None:
            relations[rows, _PARENT] = _first_on(lines, raised)
            evidence[rows, _RAISED] = 1
        if rows.stop > rows.start:
            relations[rows.stop - 1, _SIBLING] = -1
        at = rows.stop
    return Symptoms(words, relations, evidence)


@lru_cache(maxsize=4096)
def _words(detail: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(detail)[:WORDS])


def _first_on(lines: Ints, line: int) -> int:
    """The first token on the line, -1 where none is."""
    at = np.flatnonzero(lines == line)
    return int(at[0]) if len(at) else -1
