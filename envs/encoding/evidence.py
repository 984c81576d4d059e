"""What executions showed, per token: only visible checks' results enter here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from core.observation import EVIDENCE, STATE
from core.records import CheckResult, Edit, Outcome, Verdict
from envs.encoding.infection import Infection

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
_FAILING, _PASSING, _SUSPICIOUS, _RAISED, _EDITED, _TRIED = range(6)
_ENDED = frozenset({Outcome.TIMEOUT, Outcome.DIED, Outcome.MISSING})


class Effect(IntEnum):
    """What an undone try did: the order of the ``tried_*`` columns of ``core.observation.EVIDENCE``."""

    SAME = 0
    OTHER = 1
    BROKE = 2


@dataclass(frozen=True, slots=True)
class Try:
    """An edit that was tried on this state and undone. ``[start, end)``: characters that it sat at."""

    start: int
    end: int
    effect: Effect


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """
    What an episode knows of the state that it is in. ``EvidenceView()`` knows nothing (a program that was never run).

    ``results``: of the visible checks, now. ``passing_at_start``: share of them that passed in the start state.
    ``edited``: character spans that kept edits put in. ``tries``: since the last kept edit. ``budget_left``: share.
    ``kept``: number of kept edits. ``improved``: whether the last of them raised the share of passing checks.
    ``infection``: what the candidates of the state would change.
    """

    results: tuple[CheckResult, ...] = ()
    passing_at_start: float = 0.0
    edited: tuple[tuple[int, int], ...] = ()
    tries: tuple[Try, ...] = ()
    budget_left: float = 1.0
    kept: int = 0
    improved: bool = False
    infection: Infection | None = None


def effect_of(before: Verdict, after: Verdict) -> Effect:
    """What an edit did to the visible checks (both verdicts are of those)."""
    if after.error or after.limit is not None or not any(result.passed for result in after.results):
        return Effect.BROKE
    same = all(a.outcome is b.outcome for a, b in zip(before.results, after.results, strict=True))
    return Effect.SAME if same else Effect.OTHER


def shift(spans: tuple[tuple[int, int], ...], edit: Edit) -> tuple[tuple[int, int], ...]:
    """``spans`` after ``edit``, and the span of what it put in. One that the edit cuts into covers its result too."""
    end = edit.start + len(edit.replacement)
    grown = end - edit.end
    moved = []
    for first, last in spans:
        begin = first if first <= edit.start else max(first + grown, edit.start)
        moved.append((begin, last if last <= edit.start else max(last + grown, end)))
    return (*moved, (edit.start, max(end, edit.start + 1)))


def state_features(view: EvidenceView) -> Floats:
    """``core.observation.STATE`` as float32."""
    total = len(view.results)
    failing = [result.outcome for result in view.results if result.outcome is not Outcome.PASSED]
    raising = sum(outcome is Outcome.RAISED for outcome in failing)
    row = np.empty(len(STATE), np.float32)
    row[0] = view.budget_left
    row[1] = (total - len(failing)) / total if total else 0.0
    row[2] = view.passing_at_start
    row[3] = raising / len(failing) if failing else 0.0
    row[4] = any(outcome in _ENDED for outcome in failing)
    row[5] = 1 - 0.5**view.kept
    row[6] = 1 - 0.9 ** len(view.tries)
    row[7] = view.improved
    return row


def token_evidence(view: EvidenceView, lines: Ints, statement_lines: Ints, starts: Ints, ends: Ints) -> Floats:
    """
    ``core.observation.EVIDENCE`` per token, [tokens, E].

    A token's line is the one that it starts on, or its statement's first where no check's trace names that line (the
    tail of a call that spans lines). Shares are of the checks that were traced: one that was killed shows no lines.
    Suspiciousness is Ochiai's (Abreu et al. 2007).
    """
    found = np.zeros((len(lines), len(EVIDENCE)), np.float32)
    if view.results and len(lines):
        found[:, :_EDITED] = _line_evidence(view.results, lines, statement_lines)
    for start, end in view.edited:
        found[_range(starts, ends, start, end), _EDITED] = 1
    for a_try in view.tries:
        # x -> 1 - (1 - x) / 2 makes 1 - 0.5**n after n tries
        tried = found[_range(starts, ends, a_try.start, a_try.end), _TRIED + a_try.effect]
        tried += (1 - tried) / 2
    return found


def _range(starts: Ints, ends: Ints, start: int, end: int) -> slice:
    first = int(np.searchsorted(ends, start, "right"))
    return slice(first, max(int(np.searchsorted(starts, end, "left")), first + 1))


def _line_evidence(results: Sequence[CheckResult], lines: Ints, statement_lines: Ints) -> Floats:
    size = int(max(lines.max(), statement_lines.max())) + 2
    traced = [result for result in results if result.lines]
    failing = [result for result in traced if result.outcome is not Outcome.PASSED]
    by_failing = _count(chain.from_iterable(result.lines for result in failing), size)
    covered = _count(chain.from_iterable(result.lines for result in traced), size)
    by_passing = covered - by_failing
    raised = [result.raised_line for result in results if result.raised_line is not None and not result.passed]
    table = np.zeros((size, _EDITED), np.float32)
    table[:, _FAILING] = by_failing / max(len(failing), 1)
    table[:, _PASSING] = by_passing / max(len(traced) - len(failing), 1)
    table[:, _SUSPICIOUS] = by_failing / np.sqrt(np.maximum(len(failing) * covered, 1))
    table[:, _RAISED] = _count(raised, size) / max(sum(not result.passed for result in results), 1)
    shown = covered[lines] > 0
    return table[np.where(shown, lines, statement_lines)]


def _count(lines: Iterable[int], size: int) -> Ints:
    numbers = np.fromiter(lines, np.int64)
    return np.bincount(numbers[numbers < size], minlength=size).astype(np.int32)
