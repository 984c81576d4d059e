"""
Compares agents on tasks, in parallel: each worker takes a batch of tasks and lets every agent try it.

    evaluation = evaluate_policies(tasks, {"trained": ScorerSpec("network", folder), **baselines()}, config, workers=2)
    write_report(run_dir, make_report(evaluation, facts))
"""

from __future__ import annotations

import logging
import os
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ray
import torch
from ray.exceptions import RayActorError, RayTaskError

from core.errors import TaskError, UserError
from core.garbage import collect_less
from core.progress import Progress, SilentProgress, Stage
from core.records import Task
from envs.sandbox.lane import FastLane
from learning.attempts import Evaluator, facts_of, passes
from learning.evaluation import Attempt, Evaluation, Throughput, merge
from learning.evaluation_config import EvaluationConfig
from learning.scorers import BASELINES, ScorerSpec, load_scorer

_log = logging.getLogger(__name__)
_TRIES = 2


def evaluate_policies(
    tasks: Sequence[Task],
    scorers: Mapping[str, ScorerSpec],
    config: EvaluationConfig | None = None,
    *,
    workers: int = 0,
    progress: Progress | None = None,
) -> Evaluation:
    """
    Every agent of ``scorers`` (by its name in the report, the best first) tries every task.

    ``workers``: Ray actors, on the Ray that is running; 0 stays in this process. A worker that dies is replaced and its
    batch tried once more; then its attempts are counted as lost, by cause.

    Raises:
        TaskError: there are no tasks, or some of them twice.
        CheckpointError: a policy can't be loaded (found before any worker starts, unless only a worker can't).
        UserError: whatever else a worker finds wrong with its input.
    """
    if not tasks:
        raise TaskError("nothing to evaluate on: there are no tasks")
    if len({task.id for task in tasks}) < len(tasks):
        raise TaskError("some of the tasks are there twice", remedy="Leave out what has the same id as another")
    config = config or EvaluationConfig()
    for spec in scorers.values():
        load_scorer(spec)
    began = time.monotonic()
    with (progress or SilentProgress()).stage("evaluate", len(tasks), "tasks") as stage:
        batches = _batches(tasks, scorers, config)
        run = (
            _in_actors(batches, scorers, config, workers, stage) if workers else _here(batches, scorers, config, stage)
        )
        parts = sorted(run, key=lambda part: part.order)
    return merge([part.evaluation for part in parts], time.monotonic() - began)


@dataclass(frozen=True, slots=True)
class _Batch:
    """Tasks that are tried together, and the agents that try them."""

    tasks: list[Task]
    agents: dict[str, ScorerSpec]


def _batches(tasks: Sequence[Task], scorers: Mapping[str, ScorerSpec], config: EvaluationConfig) -> list[_Batch]:
    learned = {name: spec for name, spec in scorers.items() if spec.kind not in BASELINES}
    last = len(tasks) if config.baseline_tasks is None or not learned else config.baseline_tasks
    return [
        _Batch(list(tasks[at : at + config.lockstep]), dict(scorers) if at < last else learned)
        for at in range(0, len(tasks), config.lockstep)
    ]


@dataclass(frozen=True, slots=True)
class _Part:
    order: int
    evaluation: Evaluation


def _here(
    batches: Sequence[_Batch], scorers: Mapping[str, ScorerSpec], config: EvaluationConfig, stage: Stage
) -> Iterator[_Part]:
    with FastLane(config.sandbox) as lane:
        evaluator = Evaluator(scorers, config, lane)
        for order, batch in enumerate(batches):
            part = evaluator.attempt(batch.tasks, batch.agents)
            stage.advance(len(batch.tasks), **_fixed(part))
            yield _Part(order, part)


class _Worker:
    """A Ray actor: one sandbox, all agents, one core."""

    def __init__(self, scorers: Mapping[str, ScorerSpec], config: EvaluationConfig) -> None:
        torch.set_num_threads(1)
        logging.basicConfig(level=logging.DEBUG if os.environ.get("DEBUG") else logging.WARNING)
        self._scorers, self._config = scorers, config
        self._evaluator: Evaluator | None = None

    def attempt(self, batch: _Batch) -> Evaluation:
        """The attempts at one batch."""
        if self._evaluator is None:
            # Not in the constructor: what fails there reaches the driver as a dead actor, and its cause only as text.
            self._evaluator = Evaluator(self._scorers, self._config, FastLane(self._config.sandbox))
            collect_less()
        return self._evaluator.attempt(batch.tasks, batch.agents)


def _in_actors(
    batches: Sequence[_Batch],
    scorers: Mapping[str, ScorerSpec],
    config: EvaluationConfig,
    workers: int,
    stage: Stage,
) -> Iterator[_Part]:
    pool = _Pool(scorers, config, min(workers, len(batches)))
    try:
        waiting = deque((order, 1) for order in range(len(batches)))
        while waiting or pool.busy:
            while waiting and pool.idle:
                order, attempt = waiting.popleft()
                pool.start(order, attempt, batches[order])
            order, attempt, part, cause = pool.wait()
            if part is None and attempt < _TRIES:
                waiting.append((order, attempt + 1))
                continue
            part = part or _lost(batches[order], config, cause)
            stage.advance(len(batches[order].tasks), **_fixed(part))
            yield _Part(order, part)
    finally:
        pool.close()


class _Pool:
    """Actors, what each of them is busy with, and a new one for each that dies."""

    def __init__(self, scorers: Mapping[str, ScorerSpec], config: EvaluationConfig, size: int) -> None:
        self._scorers, self._config = dict(scorers), config
        self._idle = [self._make() for _ in range(size)]
        self._running: dict[Any, tuple[Any, int, int]] = {}

    def _make(self) -> Any:
        actor: Any = ray.remote(num_cpus=1)(_Worker)
        return actor.remote(self._scorers, self._config)

    @property
    def busy(self) -> bool:
        return bool(self._running)

    @property
    def idle(self) -> bool:
        return bool(self._idle)

    def start(self, order: int, attempt: int, batch: _Batch) -> None:
        actor = self._idle.pop()
        self._running[actor.attempt.remote(batch)] = (actor, order, attempt)

    def wait(self) -> tuple[int, int, Evaluation | None, str]:
        """The next batch that ends: its number, which try it was, the result or None, and what went wrong."""
        (done,), _ = ray.wait(list(self._running), num_returns=1)
        actor, order, attempt = self._running.pop(done)
        try:
            part: Evaluation = ray.get(done)
        except (RayActorError, RayTaskError) as error:
            if isinstance(error, RayTaskError) and isinstance(error.cause, UserError):
                raise error.cause from error
            _log.warning("evaluation batch %d, try %d: %s", order, attempt, error)
            ray.kill(actor)
            self._idle.append(self._make())
            return order, attempt, None, type(error).__name__
        self._idle.append(actor)
        return order, attempt, part, ""

    def close(self) -> None:
        for actor in [*self._idle, *(actor for actor, _, _ in self._running.values())]:
            ray.kill(actor)


def _lost(batch: _Batch, config: EvaluationConfig, cause: str) -> Evaluation:
    attempts = tuple(
        Attempt(task.id, one.agent, one.seed, one.temperature, None, False, 0, 0.0, cause)
        for task in batch.tasks
        for one in passes(batch.agents, config)
    )
    facts = tuple(facts_of(task) for task in batch.tasks)
    return Evaluation(facts, tuple(batch.agents), attempts, config.budget, Throughput(len(attempts), 0, 0, 0.0))


def _fixed(part: Evaluation) -> dict[str, float]:
    """What the progress shows: the first agent's share of tasks fixed within the budget, in this batch."""
    first = part.agents[0]
    return {f"fixed_{first}": float((part.fixed_at(first) <= part.budget).mean())}
