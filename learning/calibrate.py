"""Measures how hard tasks are, by letting baselines and, if there is one, a policy try them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.progress import Progress
from core.records import Task
from envs.tasks.difficulty import BUDGET, graded
from learning.evaluate import evaluate_policies
from learning.evaluation import Evaluation
from learning.evaluation_config import EvaluationConfig
from learning.scorers import ScorerSpec

UNIFORM = "uniform"


def calibrate(
    tasks: Sequence[Task],
    policy: ScorerSpec | None = None,
    *,
    attempts: int = 3,
    workers: int = 0,
    progress: Progress | None = None,
    paths: tuple[str, ...] = (),
) -> list[Task]:
    """
    ``tasks`` with their difficulty measured: ``attempts`` of uniform choice at each and, where there is a ``policy``,
    as many of it. ``paths``: see ``SandboxConfig``. Attempts that were lost to a fault don't count.

    Raises:
        TaskError: there are no tasks.
    """
    config = EvaluationConfig(budget=BUDGET, tempered_seeds=0 if policy is None else attempts - 1)
    config = config.model_copy(update={"sandbox": config.sandbox.model_copy(update={"paths": paths})})
    agents: dict[str, ScorerSpec] = {f"{UNIFORM}{seed}": ScorerSpec(UNIFORM, seed=seed) for seed in range(attempts)}
    if policy is not None:
        agents["policy"] = policy
    evaluation = evaluate_policies(tasks, agents, config, workers=workers, progress=progress)
    counts = _counts(evaluation)
    return [graded(task, *counts.get(task.id, (0, 0))) for task in tasks]


def _counts(evaluation: Evaluation) -> Mapping[str, tuple[int, int]]:
    """Solved and tried, by task."""
    found: dict[str, tuple[int, int]] = {}
    for attempt in evaluation.attempts:
        if attempt.lost:
            continue
        solved, tried = found.get(attempt.task_id, (0, 0))
        right = attempt.plausible_at is not None and attempt.correct
        found[attempt.task_id] = solved + int(right), tried + 1
    return found
