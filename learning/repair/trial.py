"""Runs of a repository's tests under changes that are not on its disk, several at a time, each in the sandbox."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType

from core.errors import SandboxError
from core.records import Outcome
from envs.encoding.evidence import Effect
from envs.sandbox.config import SandboxConfig
from envs.sandbox.suite import SuiteLane, SuiteVerdict, TestResult
from envs.sandbox.warm_suite import WarmStarter
from learning.repair.localise import TestTrace

_log = logging.getLogger(__name__)
Changes = Mapping[str, str]
# Failing tests are tried alone first, the quickest ones, up to so many and so much time.
_FIRST_TESTS = 16
_FIRST_SECONDS = 2.0
# No test of a suite that is worth trying a hundred candidates on takes longer.
_TEST_SECONDS = 5.0
_BROKEN = frozenset({Outcome.TIMEOUT, Outcome.DIED, Outcome.MISSING})
_TOO_LONG = "TestTooLong"


@dataclass(frozen=True, slots=True)
class SuiteState:
    """The repository under ``changes`` (texts by path) and what its tests showed. Skipped tests count for nothing."""

    changes: Changes
    verdict: SuiteVerdict

    @property
    def tests(self) -> tuple[TestResult, ...]:
        """The tests that ran, or were under way when the run was cut off."""
        return tuple(test for test in self.verdict.tests if test.outcome is not Outcome.MISSING)

    @property
    def failing(self) -> tuple[TestResult, ...]:
        """Those that don't pass."""
        return tuple(test for test in self.tests if test.outcome is not Outcome.PASSED)

    @property
    def passing(self) -> frozenset[str]:
        """The ids of those that pass."""
        return frozenset(test.id for test in self.tests if test.outcome is Outcome.PASSED)

    @property
    def share(self) -> float:
        """Share of the tests that pass."""
        return len(self.passing) / max(len(self.tests), 1)

    @property
    def seconds(self) -> float:
        """Wall seconds of the tests themselves."""
        return sum(test.seconds for test in self.tests)

    def traces(self) -> list[TestTrace]:
        """The tests as ``localise`` reads them."""
        return [TestTrace(test.id, test.outcome, test.lines, test.raised_at, test.message) for test in self.tests]

    def improves(self, other: SuiteState) -> bool:
        """Whether more tests pass than in ``other``, every test that passed there passes here, and none is new."""
        known = {test.id for test in other.verdict.tests}
        return self.passing > other.passing and self.passing <= known


@dataclass(frozen=True, slots=True)
class Trial:
    """What one change did: ``effect`` on the failing tests, and the new state where it is better than the old one."""

    effect: Effect
    better: SuiteState | None


class Trials:
    """A lane per worker; use as a context manager."""

    def __init__(
        self,
        repo: Path,
        targets: Sequence[str],
        *,
        cover: Sequence[str],
        workers: int,
        sandbox: SandboxConfig,
        timeout_s: float,
    ) -> None:
        self._repo, self._targets, self._cover, self._timeout_s = repo, tuple(targets), tuple(cover), timeout_s
        self._pool = ThreadPoolExecutor(workers)
        self._lanes: SimpleQueue[SuiteLane] = SimpleQueue()
        self._starters = [WarmStarter(_TEST_SECONDS) for _ in range(workers)]
        for starter in self._starters:
            self._lanes.put(SuiteLane(sandbox, start=starter))

    def __enter__(self) -> Trials:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)
        for starter in self._starters:
            starter.close()

    def measure(self, changes: Changes) -> SuiteState:
        """All tests, with the lines that each of them ran."""
        return SuiteState(changes, self._run(changes, self._targets, self._timeout_s, self._cover))

    def run(self, changes: Changes) -> SuiteState:
        """All tests, untraced."""
        return SuiteState(changes, self._run(changes, self._targets, self._timeout_s))

    def attempt(self, base: SuiteState, changes: Sequence[Changes]) -> list[Trial]:
        """Tries ``changes`` side by side, each instead of the changes of ``base``."""
        return list(self._pool.map(lambda each: self._attempt(base, each), changes))

    def confirmed(self, state: SuiteState, failing: Iterable[TestResult]) -> bool:
        """Whether the tests that failed at first pass once more: a test that comes and goes proves nothing."""
        again = self._run(state.changes, [test.id for test in failing], self._timeout_s)
        return bool(again.tests) and all(test.outcome is Outcome.PASSED for test in again.tests)

    def _attempt(self, base: SuiteState, changes: Changes) -> Trial:
        chosen = _quickest(base.failing)
        limit = min(self._timeout_s, 5.0 + 5.0 * sum(test.seconds for test in chosen))
        first = self._run(changes, [test.id for test in chosen], limit)
        if not any(test.outcome is Outcome.PASSED for test in first.tests):
            return Trial(_effect(chosen, first), None)
        everything = self._run(changes, self._targets, min(self._timeout_s, 10.0 + 5.0 * base.seconds))
        state = SuiteState(changes, everything)
        return Trial(Effect.OTHER, state if state.improves(base) else None)

    def _run(self, changes: Changes, targets: Sequence[str], limit: float, cover: Sequence[str] = ()) -> SuiteVerdict:
        lane = self._lanes.get()
        try:
            return lane.run(self._repo, changes, targets, cover=cover, timeout_s=limit)
        except SandboxError as error:
            _log.warning("a suite run failed, once more: %s", error)
            return lane.run(self._repo, changes, targets, cover=cover, timeout_s=limit)
        finally:
            self._lanes.put(lane)


def _quickest(failing: Sequence[TestResult]) -> list[TestResult]:
    chosen: list[TestResult] = []
    spent = 0.0
    for test in sorted(failing, key=lambda each: (each.seconds, each.id))[:_FIRST_TESTS]:
        if chosen and spent + test.seconds > _FIRST_SECONDS:
            break
        chosen.append(test)
        spent += test.seconds
    return chosen


def _effect(before: Sequence[TestResult], after: SuiteVerdict) -> Effect:
    now = {test.id: test for test in after.tests}
    found = [now.get(test.id) for test in before]
    if after.error or any(test is None or test.outcome in _BROKEN or _hung(test) for test in found):
        return Effect.BROKE
    same = all(test is not None and test.outcome is old.outcome for old, test in zip(before, found, strict=True))
    return Effect.SAME if same else Effect.OTHER


def _hung(test: TestResult) -> bool:
    return test.message.startswith(_TOO_LONG)
