"""Fixing a broken function as a Gymnasium environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np

from core.errors import TaskError
from core.observation import ObservationLimits
from core.plugins import resolve
from core.protocols import Executor, Tokenizer
from core.records import Task
from core.tokenizer import HashedTokenizer
from envs.encoding.encode import Arrays, StateEncoder
from envs.episode import Episode
from envs.episode_settings import EpisodeSettings
from envs.render import render
from envs.sandbox.config import SandboxConfig
from envs.spaces import action_space, observation_space
from envs.tasks.builtin import builtin_tasks
from envs.workbench import ResultCache, Workbench, process_workbench

# Siblings don't import each other: what reads task files is found by name, like any plug-in.
TASK_LOADERS = {"parquet": "data.store:read_tasks"}


class BugFixEnv(gym.Env):  # type: ignore[misc]
    """
    One episode, one task drawn by the curriculum's weights. The observation is ``core.observation``'s, the action the
    index of a candidate edit, submit or undo, under ``observation["action_mask"]``; the rest is ``envs.episode``'s.

    ``info`` holds ``task_id``, ``executions``, ``passing``, and after the last step ``trajectory``, the finished
    ``core.records.Trajectory`` (with ``lost`` set where a fault ended it, which no episode is spared by an exception).

    An action outside the mask changes nothing and costs a step, so that any sampled action may be given.
    """

    metadata = {"render_modes": ["ansi"], "render_fps": 4}  # noqa: RUF012  Gymnasium's own attribute

    def __init__(
        self,
        tasks: str | Path | Sequence[Task] | None = None,
        *,
        settings: EpisodeSettings | None = None,
        limits: ObservationLimits | None = None,
        sandbox: SandboxConfig | None = None,
        tokenizer: Tokenizer | None = None,
        executor: Executor | None = None,
        loader: str = "parquet",
        render_mode: str | None = None,
    ) -> None:
        """
        ``tasks``: a file that ``loader`` (a name or ``module:function``) reads, or tasks, or None for a few built-in
        ones. Without an ``executor`` the environments of a process share one sandbox.

        Raises:
            TaskError: no tasks.
            SandboxUnavailable: this machine can't isolate code as ``sandbox`` demands (at the first ``reset``).
        """
        self.tasks = _read(tasks, loader)
        self.settings = settings or EpisodeSettings()
        self._sandbox, self._limits = sandbox, limits or ObservationLimits()
        self._tokenizer = tokenizer or HashedTokenizer()
        self._executor = executor
        self._own: Workbench | None = None
        self.render_mode = render_mode
        self.observation_space = observation_space(self._limits, self._tokenizer.vocab_size)
        self.action_space = action_space(self._limits)
        self.episode: Episode | None = None
        self._weights = np.ones(len(self.tasks))
        self.set_curriculum({})

    @property
    def executor(self) -> Executor:
        """What runs its tasks; made when first needed."""
        return self._bench().executor

    def set_curriculum(self, weights: Mapping[str, float]) -> None:
        """From the next reset on a task is drawn with a weight of ``weights[task.id]``; one not named keeps its own."""
        given = self._weights.copy()
        for index, task in enumerate(self.tasks):
            given[index] = weights.get(task.id, given[index])
        if not np.isfinite(given).all() or (given < 0).any() or given.sum() <= 0:
            raise TaskError("the curriculum's weights must be finite, not negative, and not all zero")
        self._weights = given
        self._cumulative = np.cumsum(given / given.sum())

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Arrays, dict[str, Any]]:
        """Starts an episode. ``options={"task": index or task id}`` picks the task."""
        super().reset(seed=seed)
        task = self._pick(options or {})
        bench, episode_seed = self._bench(), int(self.np_random.integers(2**31))
        self.episode = Episode(task, bench.executor, bench.encoder, self.settings, bench.cache, seed=episode_seed)
        return self.episode.observation(), self._info()

    def step(self, action: int) -> tuple[Arrays, float, bool, bool, dict[str, Any]]:
        """Gymnasium's step: observation, reward, terminated, truncated, info."""
        if self.episode is None:
            raise gym.error.ResetNeeded("call reset() before step()")
        outcome = self.episode.step(int(action))
        info = self._info()
        if self.episode.done:
            info["trajectory"] = self.episode.trajectory()
        return self.episode.observation(), outcome.reward, outcome.terminated, outcome.truncated, info

    def render(self) -> str | None:
        """A coloured diff and the visible checks, in the mode ``ansi``."""
        if self.render_mode != "ansi" or self.episode is None:
            return None
        return render(self.episode)

    def _bench(self) -> Workbench:
        """Made when first needed, in the process that needs it."""
        if self._executor is None:
            return process_workbench(self._sandbox, self._limits, self._tokenizer)
        if self._own is None:
            self._own = Workbench(self._executor, StateEncoder(self._tokenizer, self._limits), ResultCache())
        return self._own

    def _pick(self, options: dict[str, Any]) -> Task:
        wanted = options.get("task")
        if wanted is None:
            index = int(np.searchsorted(self._cumulative, self.np_random.random(), "right"))
            return self.tasks[min(index, len(self.tasks) - 1)]
        found = [task for index, task in enumerate(self.tasks) if wanted in (index, task.id)]
        if not found:
            raise TaskError(f"no task {wanted!r}", remedy=f"Give an id or an index below {len(self.tasks)}")
        return found[0]

    def _info(self) -> dict[str, Any]:
        episode = self.episode
        assert episode is not None
        return {"task_id": episode.task.id, "executions": episode.executions, "passing": episode.passing}

    def close(self) -> None:
        """Forgets the episode. The process's sandbox stays, for the environments beside this one; it dies with it."""
        self.episode = None


def _read(tasks: str | Path | Sequence[Task] | None, loader: str) -> tuple[Task, ...]:
    if tasks is None:
        return builtin_tasks()
    if isinstance(tasks, str | Path):
        load: Any = resolve("task_loaders", loader, TASK_LOADERS)
        found, where = tuple(load(Path(tasks))), str(tasks)
    else:
        found, where = tuple(tasks), "tasks"
    if not found:
        raise TaskError("there are no tasks", where=where, remedy="Make some: journeyman tasks generate")
    return found
