"""What one run with alternative expressions beside the program's own showed of each candidate edit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from core.observation import CANDIDATE_EVIDENCE
from core.records import Check, CheckResult, Program
from envs.edits.alternatives import alternatives
from envs.edits.candidate import Candidate
from envs.sandbox.infection import CURES, OTHER, RAISES, UNKNOWN

Floats = NDArray[np.float32]
_KNOWN, _FAILING, _PASSING, _RAISES_FAILING, _RAISES_PASSING, _EVERY, _NONE, _SUSPICIOUS, _CURES = range(9)
_COVERED_FAILING, _COVERED_PASSING, _COVERED_SUSPICIOUS = 0, 1, 2  # columns of core.observation.EVIDENCE


@runtime_checkable
class Comparer(Protocol):
    """An executor that can also evaluate alternatives; where it can't, coverage is all that is known of candidates."""

    def compare(self, program: Program, checks: Sequence[Check], sites: Sequence[Any], pairs: Sequence[Any]) -> bytes:
        """One byte of ``envs.sandbox.infection`` per check and pair, row by row; empty where it failed."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Infection:
    """``codes``: uint8 [checks, candidates] of ``envs.sandbox.infection``, for the visible checks in their order."""

    codes: NDArray[np.uint8]


def infection(
    executor: object, program: Program, checks: Sequence[Check], candidates: Sequence[Candidate]
) -> Infection | None:
    """
    What each of ``candidates`` would change in ``program`` at once, check by check; None where it can't be known.

    Raises:
        SandboxError: the sandbox failed.
    """
    if not isinstance(executor, Comparer) or not checks:
        return None
    found = alternatives(program.source, candidates)
    data = executor.compare(program, checks, found.sites, found.pairs) if found.pairs else b""
    if not data:
        return None
    rows = np.frombuffer(data, np.uint8).reshape(len(checks), len(found.pairs))
    codes = np.full((len(checks), len(candidates)), UNKNOWN, np.uint8)
    codes[:, [candidate for _, _, candidate in found.pairs]] = rows
    return Infection(codes)


def candidate_evidence(
    seen: Infection | None, results: Sequence[CheckResult], token_evidence: Floats, first_tokens: NDArray[Any]
) -> Floats:
    """
    ``core.observation.CANDIDATE_EVIDENCE`` [C, E] from the checks' ``results`` and, where a candidate's effect isn't
    known, from how far its first token is covered: ``token_evidence`` [T, ...] at ``first_tokens`` [C]. Shares are of
    the checks in which alternatives were evaluated.
    """
    found = np.zeros((len(first_tokens), len(CANDIDATE_EVIDENCE)), np.float32)
    if not results or not len(first_tokens):
        return found
    covered = token_evidence[first_tokens]
    found[:, _FAILING], found[:, _PASSING] = covered[:, _COVERED_FAILING], covered[:, _COVERED_PASSING]
    found[:, _SUSPICIOUS] = covered[:, _COVERED_SUSPICIOUS]
    if seen is not None:
        reached = (seen.codes != UNKNOWN).any(axis=1)  # the run may have been too long for the rest
        failing = np.array([not result.passed for result in results])[reached]
        if failing.any():
            _enter(found, seen.codes[reached], failing)
    found[:, _EVERY] = found[:, _FAILING] > 0.999
    found[:, _NONE] = found[:, _FAILING] < 0.001
    return found


def _enter(found: Floats, codes: NDArray[np.uint8], failing: NDArray[np.bool_]) -> None:
    known = (codes != UNKNOWN).all(axis=0)
    changed, raises = codes[:, known] >= OTHER, codes[:, known] == RAISES
    by_failing, by_passing = changed[failing].sum(axis=0), changed[~failing].sum(axis=0)
    fails, passes = max(int(failing.sum()), 1), max(int((~failing).sum()), 1)
    found[known, _KNOWN] = 1
    found[known, _FAILING], found[known, _PASSING] = by_failing / fails, by_passing / passes
    found[known, _RAISES_FAILING] = raises[failing].sum(axis=0) / fails
    found[known, _CURES] = (codes[:, known] == CURES)[failing].sum(axis=0) / fails
    found[known, _RAISES_PASSING] = raises[~failing].sum(axis=0) / passes
    found[known, _SUSPICIOUS] = by_failing / np.sqrt(np.maximum(fails * (by_failing + by_passing), 1))
