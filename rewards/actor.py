"""
A pool of Ray actors that score finished trajectories while the env runners go on.

The driver starts the actors; env runners find them by name, so that nothing but names travels in a configuration. A
pool client sends batches round robin. An actor that dies is restarted and its batch tried once more, both by Ray. Who
waits, waits with a bound.
"""

from __future__ import annotations

import logging
import time
from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import ray
from ray.exceptions import GetTimeoutError, RayActorError, RayError

from core.records import Score, Trajectory
from core.seeding import digest
from rewards.composite import CompositeReward
from rewards.config import RewardsConfig

logger = logging.getLogger(__name__)

CACHED = 4096
UNSCORED_LATE, UNSCORED_DIED, UNSCORED_FAILED = "reward_late", "reward_actor_died", "reward_failed"


class RewardWorker:
    """
    What runs inside an actor: a composite and the scores that it gave, by content: a retry costs nothing, nor does an
    episode that went just like another one.
    """

    def __init__(self, weights: Mapping[str, float]) -> None:
        self._composite = CompositeReward(weights)
        self._known: OrderedDict[str, Score] = OrderedDict()

    def score(self, trajectories: Sequence[Trajectory]) -> list[Score]:
        """One score per trajectory, in order."""
        return [self._score(trajectory) for trajectory in trajectories]

    def _score(self, trajectory: Trajectory) -> Score:
        key = content(trajectory)
        if key not in self._known:
            self._known[key] = self._composite.score(trajectory)
            if len(self._known) > CACHED:
                self._known.popitem(last=False)
        return replace(self._known[key], trajectory_id=trajectory.id)


def content(trajectory: Trajectory) -> str:
    """Content hash of what was done and what it showed, apart from who did it, how likely it was and what it took."""
    steps = tuple(replace(s, log_probability=None, executed=False, seconds=0.0) for s in trajectory.steps)
    return digest(repr(replace(trajectory, id="", policy_version="", seed=0, steps=steps)))


@dataclass(frozen=True, slots=True)
class RewardActors:
    """The actors' names; whoever has them can connect."""

    names: tuple[str, ...]
    namespace: str


def start_actors(config: RewardsConfig, prefix: str) -> tuple[RewardActors, list[Any]]:
    """Starts the actors and gives their names and handles; they live as long as the handles are kept."""
    remote = ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=1)(RewardWorker)
    names = tuple(f"{prefix}-reward-{index}" for index in range(config.num_actors))
    handles = [remote.options(name=name).remote(dict(config.weights)) for name in names]
    ray.get([handle.score.remote([]) for handle in handles])
    return RewardActors(names, ray.get_runtime_context().namespace), handles


@dataclass(frozen=True, slots=True)
class _Sent:
    reference: Any
    trajectory_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gathered:
    """Scores by trajectory id, and the cause for each trajectory that has none."""

    scores: dict[str, Score]
    unscored: dict[str, str]

    def causes(self) -> Counter[str]:
        """How many have no score, by cause."""
        return Counter(self.unscored.values())


class RewardPool:
    """One client of the actors; each env runner has its own."""

    def __init__(self, actors: RewardActors, config: RewardsConfig, *, first: int = 0) -> None:
        self._handles = [ray.get_actor(name, namespace=actors.namespace) for name in actors.names]
        self._config, self._next = config, first
        self._waiting: list[Trajectory] = []
        self._sent: list[_Sent] = []

    def submit(self, trajectory: Trajectory) -> None:
        """Hands over one trajectory; returns at once."""
        self._waiting.append(trajectory)
        if len(self._waiting) >= self._config.batch_size:
            self._flush()

    def gather(self, timeout_s: float | None = None) -> Gathered:
        """The scores of everything submitted since the last call, waiting at most ``timeout_s`` in all."""
        self._flush()
        deadline = time.monotonic() + (self._config.timeout_s if timeout_s is None else timeout_s)
        scores: dict[str, Score] = {}
        unscored: dict[str, str] = {}
        for sent in self._sent:
            cause = _collect(sent, deadline, scores)
            if cause:
                unscored.update(dict.fromkeys(sent.trajectory_ids, cause))
        self._sent = []
        return Gathered(scores, unscored)

    def _flush(self) -> None:
        if not self._waiting:
            return
        handle = self._handles[self._next % len(self._handles)]
        self._next += 1
        ids = tuple(trajectory.id for trajectory in self._waiting)
        self._sent.append(_Sent(handle.score.remote(self._waiting), ids))
        self._waiting = []


def _collect(sent: _Sent, deadline: float, scores: dict[str, Score]) -> str:
    """Adds the batch's scores; the cause where there are none."""
    try:
        for score in ray.get(sent.reference, timeout=max(0.0, deadline - time.monotonic())):
            scores[score.trajectory_id] = score
    except GetTimeoutError:
        return UNSCORED_LATE
    except RayActorError:
        return UNSCORED_DIED
    except RayError:
        logger.exception("a reward actor failed on a batch of %d", len(sent.trajectory_ids))
        return UNSCORED_FAILED
    return ""
