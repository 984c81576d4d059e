"""From what a child left, its frames and its end, to verdicts. Runs in the parent, where the expected values are."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass

from core.records import Check, CheckResult, Limit, Outcome
from envs.sandbox.child import EXIT_OUTPUT
from envs.sandbox.frames import LOAD_ERROR, TAGS, Frame
from envs.sandbox.mismatch import mismatch
from envs.sandbox.process import Ended, died_of


@dataclass(frozen=True, slots=True)
class Run:
    """A child's end, its frames, and whether the answer was whole."""

    ended: Ended
    frames: list[Frame]
    whole: bool
    limit: Limit | None


def missing(check: Check) -> CheckResult:
    """The result of a check that never ran."""
    return CheckResult(check.id, Outcome.MISSING)


def limit_shown(results: Sequence[CheckResult]) -> Limit | None:
    """A limit that the kernel didn't report: an exit in the middle of the checks, or a MemoryError."""
    if any(result.outcome is Outcome.DIED for result in results):
        return Limit.DIED
    short = any(not result.passed and result.detail.startswith("MemoryError") for result in results)
    return Limit.MEMORY if short else None


def load_error(frames: Sequence[Frame]) -> str:
    """Why the program could not be loaded; "" where it could."""
    return frames[0].detail if frames and frames[0].tag == LOAD_ERROR else ""


def limit_of(ended: Ended, whole: bool) -> Limit | None:
    """Which limit a child's end shows; None for a clean one."""
    if ended.cause:
        return Limit.WALL
    killed = died_of(ended.status)
    if killed is signal.SIGXCPU or (killed is signal.SIGKILL and ended.cpu_s > 1):
        return Limit.CPU
    if killed is not None:
        return Limit.DIED
    if os.waitstatus_to_exitcode(ended.status) == EXIT_OUTPUT:
        return Limit.OUTPUT
    return Limit.DIED if ended.status or not whole else None


_JUDGED = {tag: kind for kind, tag in TAGS.items()}


def judge(run: Run, checks: Sequence[Check]) -> list[CheckResult]:
    """One result per check, in the order in which they ran: what was said, what was cut off, what never began."""
    frames = run.frames if len(run.frames) <= len(checks) else []
    results = [_compare(check, frame) for check, frame in zip(checks, frames, strict=False)]
    hanging = run.limit in (Limit.CPU, Limit.WALL)
    gave_up = sum(result.outcome is Outcome.TIMEOUT for result in results) > 1
    if len(results) < len(checks) and not gave_up:
        cut_off = Outcome.TIMEOUT if hanging else Outcome.DIED
        results.append(CheckResult(checks[len(results)].id, cut_off))
    elif run.limit is not None and results and not gave_up:  # all was said, and yet the end was not clean
        results[-1] = CheckResult(results[-1].check_id, Outcome.TIMEOUT if hanging else Outcome.DIED)
    return results + [missing(check) for check in checks[len(results) :]]


def _compare(check: Check, frame: Frame) -> CheckResult:
    kind = _JUDGED.get(frame.tag, "unencodable")
    if kind == "timeout":
        outcome = Outcome.TIMEOUT
    elif frame.payload and frame.payload == check.expected:
        outcome = Outcome.PASSED
    elif kind == "raised":
        outcome = Outcome.RAISED
    else:
        outcome = Outcome.FAILED
        if frame.payload and not frame.detail:
            return CheckResult(
                check.id, outcome, frame.lines, frame.raised_line, mismatch(check.expected, frame.payload)
            )
    return CheckResult(check.id, outcome, frame.lines, frame.raised_line, frame.detail)
