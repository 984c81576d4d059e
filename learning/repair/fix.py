"""
Fixes a repository whose tests fail: run, localise, rank, try, keep what helps, until every test of the target passes.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import Field

from core.config import Config
from core.errors import UserError
from core.progress import Progress, SilentProgress, Stage
from envs.encoding.encode import StateEncoder
from envs.sandbox.config import SandboxConfig
from learning.repair.localise import localise
from learning.repair.ranking import Proposal, Ranking, Situation
from learning.repair.trial import Changes, SuiteState, Trial, Trials
from learning.repair.workspace import Workspace
from learning.scorers import LoadedScorer

# States that are worked on in turn.
_FRONTS = 3


class FixConfig(Config):
    """
    Attributes:
        budget: The most candidates that are executed. One execution is one candidate: the failing tests, and the whole
            target where one of those passes.
        functions: How many of the most suspicious functions are considered.
        workers: Candidates tried side by side; 0 means one per core.
        suite_seconds: Wall time that one run of the whole target may take.
        sandbox: Limits and the weakest isolation that is accepted.
    """

    budget: int = Field(default=100, ge=1)
    functions: int = Field(default=10, ge=1)
    workers: int = Field(default=0, ge=0)
    suite_seconds: float = Field(default=300.0, gt=0)
    sandbox: SandboxConfig = SandboxConfig()


@dataclass(frozen=True, slots=True)
class SuiteCount:
    """How many tests pass, and which don't."""

    passed: int
    failing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FixResult:
    """
    ``diff`` is unified, from the files on disk; where the tests are not all fixed, it holds the edits that made more of
    them pass. ``changes``: new texts by path. ``considered``: candidates that were ranked. ``model``: the version.
    """

    fixed: bool
    diff: str
    changes: Changes
    executions: int
    considered: int
    before: SuiteCount
    after: SuiteCount
    model: str
    seconds: float
    workspace: Workspace = field(repr=False)

    def write(self) -> None:
        """
        Puts ``changes`` on disk.

        Raises:
            UserError: a file changed meanwhile, or can't be written.
        """
        self.workspace.write(self.changes)

    def as_json(self) -> dict[str, object]:
        """The result as JSON values, without the texts."""
        return {
            "fixed": self.fixed,
            "diff": self.diff,
            "executions": self.executions,
            "candidates": self.considered,
            "tests": {"before": _count_json(self.before), "after": _count_json(self.after)},
            "model": self.model,
            "seconds": round(self.seconds, 2),
        }


def fix(
    repo: Path,
    targets: Sequence[str],
    loaded: LoadedScorer,
    config: FixConfig | None = None,
    progress: Progress | None = None,
) -> FixResult:
    """
    Looks for edits of ``repo``'s own code that make the pytest ``targets`` (relative to it) pass. Nothing on disk is
    changed: ``FixResult.write`` does that.

    Raises:
        UserError: nothing fails, nothing can be collected, or there is nothing to run.
    """
    config = config or FixConfig()
    workspace = Workspace(repo)
    cover = workspace.sources(targets)
    workers = config.workers or len(os.sched_getaffinity(0))
    with Trials(
        workspace.repo, targets, cover=cover, workers=workers, sandbox=config.sandbox, timeout_s=config.suite_seconds
    ) as trials:
        repair = _Repair(workspace, cover, trials, loaded, config, workers)
        with (progress or SilentProgress()).stage("fix", config.budget, "executions") as stage:
            return repair.run(targets, stage)


@dataclass(slots=True)
class _Front:
    """A state that candidates are tried on, and their order. ``kept``: edits that led to it."""

    state: SuiteState
    ranking: Ranking | None
    kept: int
    exhausted: bool = False


class _Repair:
    """One call of ``fix``: what was spent so far, and the parts that it uses."""

    def __init__(
        self,
        workspace: Workspace,
        cover: Sequence[str],
        trials: Trials,
        loaded: LoadedScorer,
        config: FixConfig,
        workers: int,
    ) -> None:
        self._workspace, self._cover, self._trials, self._loaded = workspace, cover, trials, loaded
        self._config, self._workers = config, workers
        self._encoder = StateEncoder(loaded.tokenizer)
        self._executions = self._considered = 0

    def run(self, targets: Sequence[str], stage: Stage) -> FixResult:
        began = time.monotonic()
        start = self._trials.measure({})
        _require_failing(start, targets)
        state = self._search(start, stage)
        fixed = state.verdict.passed and self._trials.confirmed(state, start.failing)
        return FixResult(
            fixed=fixed,
            diff=self._workspace.diff(state.changes),
            changes=state.changes,
            executions=self._executions,
            considered=self._considered,
            before=_count(start),
            after=_count(state),
            model=self._loaded.version,
            seconds=time.monotonic() - began,
            workspace=self._workspace,
        )

    def _search(self, start: SuiteState, stage: Stage) -> SuiteState:
        """
        The first state in which all tests pass, or the best one when the budget or the candidates run out.

        An edit that makes more tests pass opens a front of its own, since there may be several faults. It may also be a
        dead end, so that the fronts before it go on, in turn.
        """
        fronts = [_Front(start, self._rank(start), 0)]
        best = start
        while fronts and self._left > 0:
            front = fronts.pop(0)
            better = self._advance(front, start, stage)
            if front.ranking is not None and not front.exhausted:
                fronts.append(front)
            if better is not None:
                best = max(best, better, key=lambda each: len(each.passing))
                if better.verdict.passed:
                    return better
                fronts = [self._open(better, front.kept + 1), *fronts][:_FRONTS]
        return best

    def _open(self, better: SuiteState, kept: int) -> _Front:
        measured = self._trials.measure(better.changes)
        return _Front(measured, self._rank(measured), kept)

    def _advance(self, front: _Front, start: SuiteState, stage: Stage) -> SuiteState | None:
        """Tries the next candidates of a front side by side; the best state that they lead to, if one is better."""
        if front.ranking is None:
            return None
        situation = Situation(start.share, self._left / self._config.budget, front.kept)
        proposals = front.ranking.best(min(self._workers, self._left), situation)
        front.exhausted = not proposals
        return self._try(front.state, front.ranking, proposals, stage) if proposals else None

    def _rank(self, state: SuiteState) -> Ranking | None:
        texts = {path: self._workspace.read(path).text for path in self._cover} | dict(state.changes)
        suspects = localise(texts, state.traces(), self._config.functions)
        if not suspects:
            return None
        ranking = Ranking(suspects, texts, self._loaded.scorer, self._encoder)
        self._considered += ranking.candidates
        return ranking

    def _try(
        self, state: SuiteState, ranking: Ranking, proposals: Sequence[Proposal], stage: Stage
    ) -> SuiteState | None:
        """Tries ``proposals`` side by side; the best of the states that they make better."""
        changes = [{**state.changes, each.suspect.path: each.text} for each in proposals]
        trials: list[Trial] = self._trials.attempt(state, changes)
        self._executions += len(trials)
        stage.advance(len(trials), failing=len(state.failing))
        for proposal, trial in zip(proposals, trials, strict=True):
            ranking.record(proposal, trial.effect)
        better = [trial.better for trial in trials if trial.better is not None]
        return max(better, key=lambda each: len(each.passing), default=None)

    @property
    def _left(self) -> int:
        return self._config.budget - self._executions


def _require_failing(start: SuiteState, targets: Sequence[str]) -> None:
    where = " ".join(targets)
    if start.failing:
        return
    if start.verdict.error:
        reason = " ".join(start.verdict.error.split())[:400]
        raise UserError(f"the tests can't be run ({reason})", where=where, remedy="pytest must be able to collect them")
    if not start.tests:
        raise UserError("no test ran here", where=where, remedy="Give a pytest target relative to --repo")
    raise UserError(f"all {len(start.passing)} tests pass: nothing to fix", where=where)


def _count(state: SuiteState) -> SuiteCount:
    return SuiteCount(len(state.passing), tuple(test.id for test in state.failing))


def _count_json(count: SuiteCount) -> dict[str, object]:
    return {"passed": count.passed, "failed": len(count.failing), "failing": list(count.failing)}
