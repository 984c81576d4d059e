"""Whether one agent is better than another, in one number and one test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.errors import TaskError
from learning.evaluation import Evaluation
from learning.figures import MARKS
from learning.statistics import Bootstrap, Estimate, Floats


@dataclass(frozen=True, slots=True)
class Comparison:
    """
    ``score``: candidate minus baseline, where an agent's score on a task is the share of ``marks`` (numbers of
    executions) by which it had solved it: solving sooner counts more. ``tasks``: those that both tried to the end.
    """

    score: Estimate
    marks: tuple[int, ...]
    tasks: int

    @property
    def verdict(self) -> str:
        """``better``, ``worse`` or ``no difference``: whether the interval leaves out 0, and on which side."""
        if not self.score.apart_from_zero:
            return "no difference"
        return "better" if self.score.value > 0 else "worse"


def compare(evaluation: Evaluation, candidate: str, baseline: str, resamples: int = 2000, seed: int = 0) -> Comparison:
    """
    Paired by task, resampled by function. One figure and one interval, so that there is nothing to correct for: with
    an interval at each mark, equals would differ at one of them far more often than in 5 % of the cases.

    Raises:
        TaskError: there is no task that both agents tried to the end.
    """
    marks = tuple(mark for mark in MARKS if mark <= evaluation.budget) or (evaluation.budget,)
    ours, theirs = (_scores(evaluation, agent, marks) for agent in (candidate, baseline))
    both = ~np.isnan(ours) & ~np.isnan(theirs)
    if not both.any():
        raise TaskError(f"no task was tried to the end by both {candidate} and {baseline}", where="comparison")
    clusters = [task.function for task, counts in zip(evaluation.tasks, both, strict=True) if counts]
    score = Bootstrap(clusters, resamples, seed).difference(ours[both], theirs[both])
    return Comparison(score, marks, int(both.sum()))


def _scores(evaluation: Evaluation, agent: str, marks: tuple[int, ...]) -> Floats:
    """Shape [tasks]; NaN where the agent didn't try the task, or an attempt was lost. Greedy attempts."""
    scores = np.full(len(evaluation.tasks), np.nan)
    fixed = evaluation.fixed_at(agent)
    solved = np.mean([(fixed <= mark).astype(np.float64) for mark in marks], axis=0)
    rows = list(evaluation.tried(agent))
    scores[rows] = np.where(np.isnan(fixed), np.nan, solved)
    return scores
