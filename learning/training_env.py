"""The environment as env runners make it: tasks from a file, and the known repairs of every state beside it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import gymnasium as gym

from core.errors import SandboxError
from core.observation import FIRST_EDIT, ObservationLimits
from core.plugins import resolve
from core.records import Task
from data.store import read_tasks
from envs.bug_fix_env import BugFixEnv
from envs.encoding.encode import Arrays
from envs.episode_settings import EpisodeSettings
from envs.sandbox.config import SandboxConfig
from learning.connectors import POSITIVES
from learning.known_repairs import KnownRepairs
from learning.scorers import tokenizer_of
from learning.scoring_desk import TRAJECTORY
from policies.config import ModelConfig

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EnvSettings:
    """``creator`` names a function from these settings to an environment; ``tasks`` is a file that all nodes see."""

    tasks: Path
    model: ModelConfig = field(default_factory=ModelConfig)
    episode: EpisodeSettings = field(default_factory=EpisodeSettings)
    limits: ObservationLimits = field(default_factory=ObservationLimits)
    sandbox: SandboxConfig = field(default_factory=SandboxConfig)
    creator: str = "bug_fix"


BUILT_IN = {"bug_fix": "learning.training_env:make_bug_fix"}


def make_training_env(context: Mapping[str, Any]) -> gym.Env[Any, Any]:
    """Called by RLlib in each env runner, once per environment."""
    settings: EnvSettings = context["env"]
    creator = cast(Any, resolve("environment", settings.creator, BUILT_IN))
    made: gym.Env[Any, Any] = creator(settings)
    return made


def make_bug_fix(settings: EnvSettings) -> gym.Env[Any, Any]:
    """The environment of the category ``bug_fix``; those of one process share tasks, sandbox and known repairs."""
    env = BugFixEnv(
        list(_tasks(settings.tasks)),
        settings=settings.episode,
        limits=settings.limits,
        sandbox=settings.sandbox,
        tokenizer=tokenizer_of(settings.model),
    )
    return Supervised(env, _known_repairs(settings.tasks))


@lru_cache(maxsize=2)
def _tasks(path: Path) -> tuple[Task, ...]:
    return tuple(read_tasks(path))


@lru_cache(maxsize=2)
def _known_repairs(path: Path) -> KnownRepairs:
    return KnownRepairs()


class Supervised(gym.Wrapper[Arrays, int, Arrays, int]):  # type: ignore[misc]
    """
    Adds ``info["positives"]``: the actions that are known to be right. They go to the learner, never to the policy.

    What solved a task is remembered for every later episode on it in this process.
    """

    def __init__(self, env: BugFixEnv, known: KnownRepairs) -> None:
        super().__init__(env)
        self._known = known
        self._steps: list[tuple[str, int]] = []

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Arrays, dict[str, Any]]:
        """As ``BugFixEnv.reset``."""
        observation, info = super().reset(seed=seed, options=options)
        self._steps = []
        return observation, info | {POSITIVES: self._positives()}

    def step(self, action: int) -> tuple[Arrays, float, bool, bool, dict[str, Any]]:
        """As ``BugFixEnv.step``."""
        self._steps.append((self._bug_fix.episode.source, int(action)))
        observation, reward, terminated, truncated, info = super().step(action)
        if TRAJECTORY in info:
            self._remember(info[TRAJECTORY])
        return observation, float(reward), terminated, truncated, info | {POSITIVES: self._positives()}

    @property
    def _bug_fix(self) -> Any:
        return self.unwrapped

    def _positives(self) -> tuple[int, ...]:
        episode = self._bug_fix.episode
        if episode.done:
            return ()
        executor = self._bug_fix.executor
        try:
            known = self._known.actions(episode.task, episode.source, episode.candidates, executor)
        except SandboxError as error:
            log.warning("what leads on in task %s is lost to the sandbox: %s", episode.task.id, error)
            return ()
        return tuple(FIRST_EDIT + index for index in known)

    def _remember(self, trajectory: Any) -> None:
        if not trajectory.solved:
            return
        for (source, action), step in zip(self._steps, trajectory.steps, strict=False):
            if step.edit is not None and step.kept:
                self._known.verify(self._bug_fix.episode.task, source, action - FIRST_EDIT)
