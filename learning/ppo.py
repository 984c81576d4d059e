"""
Training the policy by policy gradient: the loop, and what has to survive the death of any process in it.

    while not training.over:
        training.exchange()      # outcomes and losses from the env runners; curriculum and seeds to them
        training.learn()         # RLlib: sample in parallel, learn, sync weights
        training.checkpoint()    # all of it, atomically
"""

from __future__ import annotations

import logging
import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from core.observation import ObservationLimits
from core.progress import Progress, Stage
from core.seeding import derive_seed
from data.store import read_tasks
from data.trajectories import compact
from envs.tasks.curriculum import Curriculum
from learning.algorithm import AlgorithmSettings, build_algorithm, learner_figures
from learning.checkpoints import ALGORITHM, POLICY, DriverState, latest_checkpoint, read_state, save_checkpoint
from learning.env_runner import Orders
from learning.episode_figures import episode_figures
from learning.grammar_meta import grammar_meta
from learning.meters import Meters
from learning.policy_weights import network_of, put_weights
from learning.profiling import python_profile
from learning.scoring_desk import DeskReport, DeskSettings
from learning.settings import Settings
from learning.training_env import EnvSettings
from learning.training_log import append_figures
from policies.checkpoint import load_policy, save_policy
from rewards.actor import start_actors

logger = logging.getLogger(__name__)
LOST_RUNNER = "env_runner_died"
EXCHANGE_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class TrainingJob:
    """
    ``tasks``: a task file. ``start``: the policy folder to start from. ``profile``: into ``run_dir/profiles``.
    ``creator``: see ``EnvSettings``.
    """

    settings: Settings
    run_dir: Path
    tasks: Path
    start: Path
    profile: bool = False
    creator: str = "bug_fix"

    @property
    def profiles(self) -> Path | None:
        """Where profiles go, None for none."""
        return (self.run_dir / "profiles").resolve() if self.profile else None


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """``policy``: the folder of the last policy. ``ran``: iterations done by this call; 0: nothing was left to do."""

    policy: Path
    iteration: int
    ran: int
    seconds: float
    lost: Mapping[str, int] = field(default_factory=dict)
    counts: Mapping[str, float] = field(default_factory=dict)


def train_policy(job: TrainingJob, progress: Progress, *, resume: bool = False) -> TrainingResult:
    """
    Trains from ``job.start`` on a Ray that is running, or goes on from the last checkpoint below ``job.run_dir``.

    Raises:
        CheckpointError: the start policy or the checkpoint can't be used.
        StorageError: a full disk; the last checkpoint stays.
    """
    checkpoints = job.run_dir / "checkpoints"
    last = latest_checkpoint(checkpoints) if resume else None
    state = read_state(last) if last else DriverState()
    if last and _over(job, state):
        logger.info("nothing is left to train: %d iterations, %.0f s", state.iteration, state.seconds)
        return _result(last, state, 0)
    compact(job.run_dir / "trajectories")
    with _training(job, last, state) as training:
        try:
            training.checkpoint()
            with progress.stage("train", **_extent(job, state)) as stage, python_profile(job.profiles, "driver"):
                training.run(stage)
        finally:
            training.stop()
            compact(job.run_dir / "trajectories")
    done = latest_checkpoint(checkpoints)
    assert done is not None
    return _result(done, training.state, training.state.iteration - state.iteration)


class Training:
    """One run's algorithm, curriculum and counts, between two checkpoints."""

    def __init__(self, job: TrainingJob, algorithm: Any, meters: Meters, state: DriverState) -> None:
        self.job, self.algorithm, self.state = job, algorithm, state
        self._meters = meters
        settings = job.settings
        self._curriculum = Curriculum({task.id: task.category for task in read_tasks(job.tasks)}, settings.curriculum)
        if state.curriculum:
            self._curriculum.load_state_dict(state.curriculum)
        self._model = load_policy(job.start).config
        self._restarts = 0

    def run(self, stage: Stage) -> None:
        """Iterations until the job's iterations or seconds are used up."""
        while not _over(self.job, self.state):
            began = time.monotonic()
            reports = self.exchange()
            result = self.learn()
            figures = self.account(reports, result, time.monotonic() - began)
            self.checkpoint()
            spent = time.monotonic() - began
            by_clock = self.job.settings.training.seconds is not None
            stage.advance(spent if by_clock else 1, **{name: figures[name] for name in _SHOWN if name in figures})

    def exchange(self) -> list[DeskReport]:
        """Orders to the env runners, reports from them; one that is dead or late is left out."""
        seed, iteration = self.job.settings.seed, self.state.iteration
        orders = Orders(iteration, seed, self._curriculum.weights())
        learning_seed = derive_seed(seed, "learning", iteration)
        torch.manual_seed(learning_seed)
        np.random.seed(learning_seed % 2**32)
        random.seed(learning_seed)
        group = self.algorithm.env_runner_group
        found: list[DeskReport] = group.foreach_env_runner(
            lambda runner: runner.exchange(orders), timeout_seconds=EXCHANGE_TIMEOUT_S
        )
        return found

    def learn(self) -> Mapping[str, Any]:
        """One iteration of RLlib's algorithm, at the learning rate that is due."""
        step = self.state.iteration * self.job.settings.training.steps_per_update
        spent = _spent(self.job, self.state)
        self.algorithm.learner_group.foreach_learner(lambda learner: learner.set_clock(step, spent))
        result: Mapping[str, Any] = self.algorithm.train()
        return result

    def account(self, reports: list[DeskReport], result: Mapping[str, Any], seconds: float) -> dict[str, float]:
        """Takes up what the iteration brought: curriculum, counts, meters."""
        outcomes = [outcome for report in reports for outcome in report.outcomes]
        for outcome in outcomes:
            self._curriculum.record(outcome.task_id, outcome.solved)
        lost = Counter(self.state.lost)
        for report in reports:
            lost.update(report.lost)
        lost.update(self._runner_losses())
        figures = episode_figures(reports) | {f"learner/{k}": v for k, v in learner_figures(result).items()}
        figures |= {f"lost/{cause}": float(count) for cause, count in lost.items()}
        figures["time/iteration_s"] = seconds
        counts = Counter(self.state.counts)
        counts.update({"episodes": len(outcomes), "solved": sum(outcome.solved for outcome in outcomes)})
        counts.update({"executions": sum(outcome.executions for outcome in outcomes)})
        self.state = DriverState(
            iteration=self.state.iteration + 1,
            seconds=self.state.seconds + seconds,
            curriculum=self._curriculum.state_dict(),
            lost=dict(lost),
            counts=dict(counts),
        )
        self._meters.log(figures, self.state.iteration)
        append_figures(self.job.run_dir, self.state.iteration, figures)
        return figures

    def checkpoint(self) -> Path:
        """Writes everything that a resumed run needs."""
        keep = self.job.settings.training.keep_checkpoints
        return save_checkpoint(self.job.run_dir / "checkpoints", self.state, self._fill, keep=keep)

    def stop(self) -> None:
        """Ends env runners and learners."""
        self.algorithm.stop()

    def _fill(self, folder: Path) -> None:
        self.algorithm.save_to_path(folder / ALGORITHM)
        meta = grammar_meta() | {
            "version": f"{self.job.run_dir.name}@{self.state.iteration}",
            "stage": "policy gradient",
        }
        save_policy(folder / POLICY, network_of(self.algorithm, self._model), meta)

    def _runner_losses(self) -> dict[str, int]:
        """Episodes that were under way in env runners that died and were replaced."""
        restarts = self.algorithm.env_runner_group.num_remote_worker_restarts()
        new, self._restarts = restarts - self._restarts, restarts
        return {LOST_RUNNER: new * self.job.settings.training.num_envs_per_env_runner} if new else {}


_SHOWN = ("solved", "score", "executions")


@contextmanager
def _training(job: TrainingJob, last: Path | None, state: DriverState) -> Iterator[Training]:
    """Starts the reward actors and the algorithm, with the start policy's weights or the checkpoint's state."""
    settings = job.settings
    start = load_policy(job.start, expect=grammar_meta())
    actors, handles = start_actors(settings.rewards, f"{job.run_dir.name}-{state.iteration}")
    algorithm = build_algorithm(
        AlgorithmSettings(
            training=settings.training,
            model=start.config,
            env=EnvSettings(
                tasks=job.tasks.resolve(),
                model=start.config,
                episode=settings.environment,
                limits=ObservationLimits(max_tokens=start.config.max_sequence_length),
                sandbox=settings.sandbox,
                creator=job.creator,
            ),
            desk=DeskSettings(job.run_dir.name, (job.run_dir / "trajectories").resolve(), settings.rewards, actors),
            gamma=settings.environment.gamma,
            seed=settings.seed,
            profiles=job.profiles,
        )
    )
    put_weights(algorithm, start.network)
    if last is not None:
        algorithm.restore_from_path(str((last / ALGORITHM).resolve()))
    with Meters(job.run_dir / "tensorboard", job.run_dir.name) as meters:
        yield Training(job, algorithm, meters, state)
    del handles


def _over(job: TrainingJob, state: DriverState) -> bool:
    return _spent(job, state) >= 1.0


def _spent(job: TrainingJob, state: DriverState) -> float:
    """Share of the iterations or the seconds, whichever is further."""
    training = job.settings.training
    by_clock = state.seconds / training.seconds if training.seconds is not None else 0.0
    return max(by_clock, state.iteration / training.iterations if training.iterations else 1.0)


def _extent(job: TrainingJob, state: DriverState) -> dict[str, Any]:
    training = job.settings.training
    if training.seconds is not None:
        return {"total": training.seconds, "unit": "s", "done": state.seconds}
    return {"total": training.iterations, "unit": "iterations", "done": state.iteration}


def _result(checkpoint: Path, state: DriverState, ran: int) -> TrainingResult:
    return TrainingResult(checkpoint / POLICY, state.iteration, ran, state.seconds, state.lost, state.counts)
