"""
What an evaluation saw: one attempt per task, agent and seed.

An attempt is *plausible* when the state that it submitted passes the visible checks, and *correct* when that state also
passes the hidden checks and agrees with the reference on the fresh ones. Fix rates are shares of correct attempts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.records import Category
from learning.statistics import Floats


@dataclass(frozen=True, slots=True)
class TaskFacts:
    """What the tables are split by. ``function`` is the cluster of the bootstrap."""

    id: str
    package: str
    function: str
    operators: tuple[str, ...]
    bugs: int
    category: str = Category.BUG_FIX


@dataclass(frozen=True, slots=True)
class Attempt:
    """
    One agent's try at one task. ``plausible_at``: executions spent when the visible checks passed, None if they never
    did. ``temperature`` 0 is greedy. ``lost`` names the fault that cut the attempt off; it then counts as not fixed,
    and where all attempts behind a figure were lost, the figure is not measured.
    """

    task_id: str
    agent: str
    seed: int
    temperature: float
    plausible_at: int | None
    correct: bool
    executions: int
    seconds: float
    lost: str = ""


@dataclass(frozen=True, slots=True)
class Throughput:
    """``executions`` counts every execution of an attempt's budget; ``fresh_executions`` those that had to be run."""

    attempts: int
    executions: int
    fresh_executions: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All attempts at ``tasks`` with at most ``budget`` executions each. ``agents`` in the order of the report."""

    tasks: tuple[TaskFacts, ...]
    agents: tuple[str, ...]
    attempts: tuple[Attempt, ...]
    budget: int
    throughput: Throughput

    def fixed_at(self, agent: str, *, correct: bool = True, greedy: bool = True) -> Floats:
        """
        Executions until fixed, ``inf`` where never and NaN where the attempt was lost, of ``agent`` on each task that
        it tried: shape [tried], or [tried * seeds] where it tried several times (task by task, seeds in order).
        """
        found: dict[str, list[tuple[int, float]]] = {task.id: [] for task in self.tasks}
        for attempt in self.attempts:
            if attempt.agent == agent and (attempt.temperature == 0.0) is greedy:
                found[attempt.task_id].append((attempt.seed, _fixed_at(attempt, correct)))
        return np.array([at for task in self.tasks for _, at in sorted(found[task.id])], dtype=np.float64)

    def tried(self, agent: str) -> tuple[int, ...]:
        """Which of ``tasks`` the agent tried: places, ascending."""
        ids = {attempt.task_id for attempt in self.attempts if attempt.agent == agent}
        return tuple(at for at, task in enumerate(self.tasks) if task.id in ids)

    def seeds(self, agent: str, *, greedy: bool = True) -> int:
        """How often ``agent`` tried each of its tasks."""
        return len(self.fixed_at(agent, greedy=greedy)) // max(1, len(self.tried(agent)))


def merge(parts: Sequence[Evaluation], seconds: float) -> Evaluation:
    """One evaluation from those of disjoint task sets; ``seconds`` is the wall time of all of them together."""
    first = parts[0]
    throughput = Throughput(
        sum(part.throughput.attempts for part in parts),
        sum(part.throughput.executions for part in parts),
        sum(part.throughput.fresh_executions for part in parts),
        seconds,
    )
    tasks = tuple(task for part in parts for task in part.tasks)
    attempts = tuple(attempt for part in parts for attempt in part.attempts)
    return Evaluation(tasks, first.agents, attempts, first.budget, throughput)


def _fixed_at(attempt: Attempt, correct: bool) -> float:
    if attempt.lost:
        return float("nan")
    fixed = attempt.plausible_at is not None and (attempt.correct or not correct)
    return float(attempt.plausible_at) if fixed and attempt.plausible_at is not None else float("inf")
