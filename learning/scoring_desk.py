"""
What an env runner does with a finished episode: puts its trajectory on disk, has it scored, and pays the score out.

Scoring overlaps with sampling: a trajectory goes to the reward actors as its episode ends, and the scores are gathered
once, when the sample is full. An episode without a score, or cut off by a fault, is counted by cause and not learnt
from; its trajectory is kept all the same.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from core.records import Trajectory
from core.seeding import digest
from data.files import StorageError
from data.trajectories import TrajectoryWriter
from learning.connectors import POSITIVES
from rewards.actor import RewardActors, RewardPool
from rewards.config import RewardsConfig

logger = logging.getLogger(__name__)
TRAJECTORY = "trajectory"
LOST_UNWRITTEN = "trajectory_unwritten"


@dataclass(frozen=True, slots=True)
class DeskSettings:
    """``trajectories`` is a folder that every env runner can write to; ``actors`` None scores nothing."""

    run_id: str
    trajectories: Path
    rewards: RewardsConfig
    actors: RewardActors | None


@dataclass(frozen=True, slots=True)
class EpisodeOutcome:
    """One finished episode, for the curriculum and the metrics. ``first_hit``: the first edit stayed."""

    task_id: str
    solved: bool
    plausible: bool
    first_hit: bool
    executions: int
    steps: int
    score: float


@dataclass(slots=True)
class DeskReport:
    """What happened since the last report; ``lost`` counts episodes by cause."""

    outcomes: list[EpisodeOutcome] = field(default_factory=list)
    lost: Counter[str] = field(default_factory=Counter)
    components: dict[str, list[float]] = field(default_factory=dict)


class ScoringDesk:
    """One per env runner."""

    def __init__(self, settings: DeskSettings, worker: int) -> None:
        self._settings, self._worker = settings, worker
        self._writer = TrajectoryWriter(settings.trajectories, f"runner-{worker:03d}")
        self._pool: RewardPool | None = None
        self._open: dict[str, Trajectory] = {}
        self._report = DeskReport()

    def finish(self, episode: Any) -> None:
        """An episode ended; its last info holds its trajectory, which travels no further with it."""
        trajectory: Trajectory = episode.get_infos(-1).pop(TRAJECTORY)
        # Equal episodes have equal ids; each of them counts.
        name = digest(trajectory.id, episode.id_)
        trajectory = replace(trajectory, id=name, policy_version=f"{self._settings.run_id}@{_weights(episode)}")
        self._open[episode.id_] = trajectory
        self._write(trajectory)
        if trajectory.lost:
            self._report.lost[trajectory.lost] += 1
        elif self._settings.actors is not None:
            self._connected(self._settings.actors).submit(trajectory)

    def settle(self, samples: list[Any]) -> None:
        """A sample is full: pays scores out, marks what solved its task, and takes out what can't be learnt from."""
        totals = self._totals()
        kept = [episode for episode in samples if self._settle(episode, totals)]
        samples[:] = kept
        self._open.clear()
        self._roll()

    def report(self) -> DeskReport:
        """What happened since the last call."""
        found, self._report = self._report, DeskReport()
        return found

    def close(self) -> None:
        """Writes what is left."""
        self._roll()

    def _totals(self) -> dict[str, float] | None:
        """Total by trajectory id; None where nobody scores."""
        if self._settings.actors is None:
            return None
        gathered = self._connected(self._settings.actors).gather()
        self._report.lost.update(gathered.causes())
        for score in gathered.scores.values():
            for name, value in score.components.items():
                if value is not None:
                    self._report.components.setdefault(name, []).append(value)
        return {name: score.total for name, score in gathered.scores.items()}

    def _settle(self, episode: Any, totals: dict[str, float] | None) -> bool:
        trajectory = self._open.get(episode.id_)
        if trajectory is None:
            return True
        total = 0.0 if totals is None else totals.get(trajectory.id)
        if trajectory.lost or total is None:
            return False
        self._report.outcomes.append(_outcome(trajectory, total))
        episode.set_rewards(new_data=[float(episode.get_rewards(-1)) + total], at_indices=[-1])
        if trajectory.solved:
            _mark_kept_actions(episode, trajectory)
        return True

    def _write(self, trajectory: Trajectory) -> None:
        try:
            self._writer.add(trajectory)
        except StorageError:
            # The writer keeps it and tries again with the next part; the driver's checkpoint ends a run on a full disk.
            logger.exception("a trajectory is not on disk yet")
            self._report.lost[LOST_UNWRITTEN] += 1

    def _roll(self) -> None:
        try:
            self._writer.roll()
        except StorageError:
            logger.exception("trajectories are not on disk yet")

    def _connected(self, actors: RewardActors) -> RewardPool:
        if self._pool is None:
            self._pool = RewardPool(actors, self._settings.rewards, first=self._worker)
        return self._pool


def _weights(episode: Any) -> int:
    """The number of the weights that chose the last action."""
    return int(episode.get_extra_model_outputs(key="weights_seq_no", indices=-1))


def _outcome(trajectory: Trajectory, score: float) -> EpisodeOutcome:
    edits = [step for step in trajectory.steps if step.edit is not None]
    return EpisodeOutcome(
        task_id=trajectory.task_id,
        solved=trajectory.solved,
        plausible=bool(edits) and edits[-1].verdict is not None and edits[-1].verdict.passed,
        first_hit=bool(edits) and edits[0].kept,
        executions=len(edits),
        steps=len(trajectory.steps),
        score=score,
    )


def _mark_kept_actions(episode: Any, trajectory: Trajectory) -> None:
    """Adds the actions that stayed to the right ones, in the part of the episode that this sample holds."""
    steps = trajectory.steps[-len(episode) :]
    rows = episode.get_extra_model_outputs(key=POSITIVES)
    actions = episode.get_actions()
    for row, action, step in zip(rows, actions, steps, strict=False):
        if step.edit is not None and step.kept:
            row[int(action)] = 1
