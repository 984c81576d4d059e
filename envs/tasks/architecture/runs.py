"""Runs a package on a task's checks, and compares in this process what came of it."""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import SandboxUnavailable
from core.records import Check, CheckResult, Limit, Outcome, Verdict
from envs.sandbox.lane import Caller, Reply
from envs.sandbox.mismatch import mismatch
from envs.tasks.architecture.reading import State
from envs.tasks.mining.frames import pack, unpack

OBSERVED = "envs.tasks.architecture.jobs:observed"
_SECONDS = 0.15


def run(executor: object, state: State, module: str, qualname: str, checks: Sequence[Check]) -> Verdict:
    """
    What the package ``state`` shows on ``checks`` when it takes the place of its definitions in ``module``. ``error``
    is set where it can't be imported.

    Raises:
        SandboxUnavailable: ``executor`` only runs single functions.
        SandboxError: the sandbox failed.
    """
    if not isinstance(executor, Caller):
        raise SandboxUnavailable("a package is run by an executor with `call`, such as FastLane", where="architecture")
    order = sorted(range(len(checks)), key=lambda index: not checks[index].visible)
    home = state.layout.home
    header = {
        **{"module": module, "qualname": qualname, "names": home, "home": home.get(qualname.partition(".")[0], "")},
        **{"files": state.files, "seconds": _SECONDS},
    }
    reply = executor.call(OBSERVED, pack(header, [checks[index].args for index in order]), modules=(module,))
    tier = str(getattr(executor, "tier", ""))
    if reply.error:
        return _nothing(checks, reply, tier, reply.error)
    if reply.data is None:
        return _nothing(checks, reply, tier, "")
    try:
        return _verdict(checks, order, reply, tier)
    except (ValueError, KeyError, TypeError, IndexError):  # the package shared a process with what reports on it
        return _nothing(checks, reply, tier, "torn answer")


def _nothing(checks: Sequence[Check], reply: Reply, tier: str, error: str) -> Verdict:
    cut = Outcome.TIMEOUT if reply.limit in (Limit.CPU, Limit.WALL) else Outcome.DIED
    outcome = Outcome.MISSING if error else cut
    return Verdict(tuple(CheckResult(each.id, outcome) for each in checks), reply.cpu_s, tier, reply.limit, error)


def _verdict(checks: Sequence[Check], order: Sequence[int], reply: Reply, tier: str) -> Verdict:
    header, outcomes = unpack(reply.data or b"")
    if header["error"]:
        return _nothing(checks, reply, tier, str(header["error"]))
    results = [CheckResult(check.id, Outcome.MISSING) for check in checks]
    if len(header["results"]) != len(outcomes) or len(outcomes) > len(order):
        raise ValueError("as many outcomes as results expected")
    for index, (kind, detail), outcome in zip(order, header["results"], outcomes, strict=False):
        results[index] = _compared(checks[index], str(kind), str(detail)[:200], outcome)
    return Verdict(tuple(results), reply.cpu_s, tier, reply.limit)


def _compared(check: Check, kind: str, detail: str, outcome: bytes) -> CheckResult:
    if kind == "timeout":
        return CheckResult(check.id, Outcome.TIMEOUT, detail=detail)
    if outcome and outcome == check.expected:
        return CheckResult(check.id, Outcome.PASSED)
    if kind == "raised":
        return CheckResult(check.id, Outcome.RAISED, detail=detail)
    said = detail or (mismatch(check.expected, outcome) if outcome else "")
    return CheckResult(check.id, Outcome.FAILED, detail=said)
