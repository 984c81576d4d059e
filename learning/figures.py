"""The figures of a report, made from the attempts of an evaluation: fix rates with intervals, by kind, by package."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from learning.evaluation import Attempt, Evaluation, TaskFacts
from learning.statistics import UNMEASURED, Bootstrap, Estimate, Floats, Reach, curve

MARKS = (1, 5, 10, 25, 100)
REACHES = (0.75, 0.95)


@dataclass(frozen=True, slots=True)
class Rates:
    """Fix rates after so many executions, with intervals; not measured where every attempt behind them was lost."""

    tasks: int
    at: dict[int, Estimate]


@dataclass(frozen=True, slots=True)
class AgentFigures:
    """
    Everything that the report says of one agent. ``paired``: ours minus theirs, by the other agent's name;
    ``category_paired``: the same on the tasks of each category. ``lost``: how many of all its ``attempts`` were lost,
    by cause.
    """

    fix: Rates
    plausible: Rates
    single: Rates | None
    combined: Rates | None
    per_operator: dict[str, Rates]
    per_package: dict[str, Rates]
    per_category: dict[str, Rates]
    reach: dict[float, Reach]
    paired: dict[str, dict[int, Estimate]]
    category_paired: dict[str, dict[str, dict[int, Estimate]]]
    curve: tuple[float, ...]
    tempered: Rates | None
    tempered_paired: dict[str, dict[int, Estimate]]
    temperature: float
    tempered_seeds: int
    attempts: int
    lost: dict[str, int] = field(default_factory=dict)

    @property
    def measured(self) -> bool:
        """Whether at least one greedy attempt came to an end."""
        return all(estimate.measured for estimate in self.fix.at.values())

    @property
    def losses(self) -> str:
        """``12 of 40 attempts lost (ActorDiedError 12)``; empty where none was lost."""
        causes = ", ".join(f"{cause} {count}" for cause, count in self.lost.items())
        return f"{sum(self.lost.values())} of {self.attempts} attempts lost ({causes})" if causes else ""


@dataclass(frozen=True, slots=True)
class Series:
    """One curve of the training: ``points`` are (x, y) pairs; ``meaning`` says in plain words what y is."""

    name: str
    meaning: str
    x_label: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class RunFacts:
    """
    What the report tells beside the evaluation. ``throughput``: rates by name (tasks mined per CPU minute, steps per
    second); the evaluation's own are added. ``wall_s``: the whole run's wall time.
    """

    title: str
    wall_s: float
    throughput: Mapping[str, float] = field(default_factory=dict)
    training: Sequence[Series] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """The figures with what goes beside them."""

    evaluation: Evaluation
    agents: Mapping[str, AgentFigures]
    facts: RunFacts

    @property
    def packages(self) -> list[str]:
        """The packages that the tasks come from, by name."""
        return sorted({task.package for task in self.evaluation.tasks})

    @property
    def throughput(self) -> dict[str, float]:
        """The run's rates and the evaluation's."""
        ran = self.evaluation.throughput
        seconds = max(ran.seconds, 1e-9)
        own = {
            "evaluation_attempts_per_s": ran.attempts / seconds,
            "evaluation_executions_per_s": ran.executions / seconds,
            "evaluation_fresh_executions_per_s": ran.fresh_executions / seconds,
            "evaluation_wall_s": ran.seconds,
        }
        return dict(self.facts.throughput) | {name: round(value, 3) for name, value in own.items()}


def make_report(evaluation: Evaluation, facts: RunFacts, resamples: int = 2000) -> Report:
    """Works the figures out."""
    return Report(evaluation, figures(evaluation, resamples), facts)


def figures(evaluation: Evaluation, resamples: int = 2000, seed: int = 0) -> dict[str, AgentFigures]:
    """The figures of each agent; resampled weights are shared, so that every difference is paired by function."""
    view = _View(evaluation, resamples, seed)
    return {agent: view.agent(agent) for agent in evaluation.agents}


class _Tries(NamedTuple):
    """``fixed`` [rows * seeds]: ``Evaluation.fixed_at`` of the tasks at the places ``rows``."""

    rows: tuple[int, ...]
    fixed: Floats

    @property
    def seeds(self) -> int:
        return len(self.fixed) // max(1, len(self.rows))

    def on(self, rows: Collection[int]) -> tuple[tuple[int, ...], Floats]:
        """Those of ``rows`` that were tried, and their figures."""
        places = {row: at for at, row in enumerate(self.rows)}
        tried = tuple(row for row in rows if row in places)
        return tried, self.fixed.reshape(len(self.rows), -1)[[places[row] for row in tried]].ravel()


class _View:
    """Cuts the attempts into slices and keeps one bootstrap per slice."""

    def __init__(self, evaluation: Evaluation, resamples: int, seed: int) -> None:
        self._evaluation, self._resamples, self._seed = evaluation, resamples, seed
        self._marks = tuple(mark for mark in MARKS if mark <= evaluation.budget) or (evaluation.budget,)
        self._bootstraps: dict[tuple[tuple[int, ...], int], Bootstrap] = {}

    def agent(self, agent: str) -> AgentFigures:
        run, tasks = self._evaluation, self._evaluation.tasks
        fixed, sampled = self._tries(agent), self._tries(agent, greedy=False)
        everything = range(len(tasks))
        return AgentFigures(
            fix=self._rates(fixed, everything),
            plausible=self._rates(self._tries(agent, correct=False), everything),
            single=self._where(fixed, lambda task: task.bugs == 1),
            combined=self._where(fixed, lambda task: task.bugs > 1),
            per_operator=self._per(fixed, {n for t in tasks if t.bugs == 1 for n in t.operators}, _single_of),
            per_package=self._per(fixed, {task.package for task in tasks}, lambda t, name: t.package == name),
            per_category=self._per(fixed, {task.category for task in tasks}, lambda t, name: t.category == name),
            reach={share: self._reach(fixed, share) for share in REACHES},
            paired=self._paired(agent, fixed, greedy=True),
            category_paired=self._paired_by_category(agent, fixed),
            curve=tuple(float(x) for x in curve(fixed.fixed, run.budget)),
            tempered=self._rates(sampled, everything) if sampled.seeds else None,
            tempered_paired=self._paired(agent, sampled, greedy=False) if sampled.seeds else {},
            temperature=max((a.temperature for a in run.attempts if a.agent == agent), default=0.0),
            tempered_seeds=sampled.seeds,
            attempts=sum(attempt.agent == agent for attempt in run.attempts),
            lost=_lost(run.attempts, agent),
        )

    def _tries(self, agent: str, *, correct: bool = True, greedy: bool = True) -> _Tries:
        run = self._evaluation
        return _Tries(run.tried(agent), run.fixed_at(agent, correct=correct, greedy=greedy))

    def _rates(self, fixed: _Tries, rows: Collection[int]) -> Rates:
        tried, chosen = fixed.on(rows)
        if np.isnan(chosen).all():
            return Rates(len(tried), dict.fromkeys(self._marks, UNMEASURED))
        bootstrap = self._bootstrap(tried, fixed.seeds)
        return Rates(len(tried), {mark: bootstrap.mean(_within(chosen, mark)) for mark in self._marks})

    def _where(self, fixed: _Tries, wanted: Callable[[TaskFacts], bool]) -> Rates | None:
        rows = [i for i, task in enumerate(self._evaluation.tasks) if wanted(task)]
        return self._rates(fixed, rows) if rows else None

    def _per(self, fixed: _Tries, names: set[str], belongs: Callable[[TaskFacts, str], bool]) -> dict[str, Rates]:
        found = {}
        for name in sorted(names):
            rates = self._where(fixed, lambda task, name=name: belongs(task, name))  # type: ignore[misc]
            if rates is not None:
                found[name] = rates
        return found

    def _reach(self, fixed: _Tries, share: float) -> Reach:
        bootstrap = self._bootstrap(fixed.rows, fixed.seeds)
        return bootstrap.reach(fixed.fixed, share, self._evaluation.budget)

    def _paired(
        self, agent: str, fixed: _Tries, *, greedy: bool, rows: Collection[int] | None = None
    ) -> dict[str, dict[int, Estimate]]:
        found = {}
        for other in self._evaluation.agents:
            theirs = self._tries(other, greedy=greedy)
            if other != agent and theirs.seeds:
                found[other] = self._differences(fixed, theirs, rows)
        return found

    def _paired_by_category(self, agent: str, fixed: _Tries) -> dict[str, dict[str, dict[int, Estimate]]]:
        rows: dict[str, list[int]] = {}
        for row, task in enumerate(self._evaluation.tasks):
            rows.setdefault(task.category, []).append(row)
        return {name: self._paired(agent, fixed, greedy=True, rows=rows[name]) for name in sorted(rows)}

    def _differences(self, ours: _Tries, theirs: _Tries, rows: Collection[int] | None) -> dict[int, Estimate]:
        """On the tasks that both tried, of ``rows`` where they are given."""
        both, mine = ours.on([row for row in theirs.rows if rows is None or row in rows])
        _, their = theirs.on(both)
        if np.isnan(mine).all() or np.isnan(their).all():
            return dict.fromkeys(self._marks, UNMEASURED)
        count, bootstrap = len(both), self._bootstrap(both, 1)
        return {
            mark: bootstrap.difference(_per_task(mine, count, mark), _per_task(their, count, mark))
            for mark in self._marks
        }

    def _bootstrap(self, rows: tuple[int, ...], repeats: int) -> Bootstrap:
        key = (rows, repeats)
        if key not in self._bootstraps:
            clusters = [self._evaluation.tasks[row].function for row in rows for _ in range(repeats)]
            self._bootstraps[key] = Bootstrap(clusters, self._resamples, self._seed)
        return self._bootstraps[key]


def _within(fixed: Floats, mark: int) -> Floats:
    return (fixed <= mark).astype(np.float64)


def _per_task(fixed: Floats, tasks: int, mark: int) -> Floats:
    means: Floats = _within(fixed, mark).reshape(tasks, -1).mean(axis=1)
    return means


def _single_of(task: TaskFacts, operator: str) -> bool:
    return task.bugs == 1 and operator in task.operators


def _lost(attempts: Sequence[Attempt], agent: str) -> dict[str, int]:
    causes: dict[str, int] = {}
    for attempt in attempts:
        if attempt.agent == agent and attempt.lost:
            causes[attempt.lost] = causes.get(attempt.lost, 0) + 1
    return causes
