"""An environment with BugFix's arrays whose right answer shows: the candidate of the highest kind repairs the task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import gymnasium as gym
import numpy as np

from core.observation import FIRST_EDIT, NODE_TYPES, ObservationLimits, array_shapes
from core.records import Step
from data.store import read_tasks
from tests.fakes import samples

LIMITS = ObservationLimits(max_tokens=16, max_candidates=8)
BUDGET = 4


def observation_space(limits: ObservationLimits) -> gym.spaces.Dict:
    spaces: dict[str, gym.Space] = {}
    for name, (shape, dtype) in array_shapes(limits).items():
        if np.issubdtype(dtype, np.floating):
            spaces[name] = gym.spaces.Box(0.0, 1.0, shape, dtype)
        else:
            spaces[name] = gym.spaces.Box(-1, 100, shape, dtype)
    return gym.spaces.Dict(spaces)


class RiddleEnv(gym.Env):
    def __init__(self, task_ids: list[str]) -> None:
        self.task_ids = task_ids
        self.observation_space = observation_space(LIMITS)
        self.action_space = gym.spaces.Discrete(LIMITS.actions)
        self.weights: Mapping[str, float] = {}

    def set_curriculum(self, weights: Mapping[str, float]) -> None:
        self.weights = dict(weights)

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        super().reset(seed=seed)
        self._task = self.task_ids[self.np_random.integers(len(self.task_ids))]
        self._kinds = self.np_random.permutation(np.arange(1, 9)).astype(np.int16)
        self._tokens = self.np_random.integers(1, 64, (6, 4)).astype(np.int32)
        self._tried: list[int] = []
        return self._observation(), {"positives": (FIRST_EDIT + self._right,)}

    def step(self, action: Any) -> tuple[dict[str, np.ndarray], float, bool, bool, dict[str, Any]]:
        choice = int(action) - FIRST_EDIT
        right = choice == self._right
        self._tried.append(choice)
        done = right or len(self._tried) >= BUDGET
        info: dict[str, Any] = {"positives": (FIRST_EDIT + self._right,)}
        if done:
            info["trajectory"] = self._trajectory(right)
        return self._observation(), 0.2 if right else -0.05, done, False, info

    @property
    def _right(self) -> int:
        return int(np.argmax(self._kinds))

    def _observation(self) -> dict[str, np.ndarray]:
        found = {name: np.zeros(shape, dtype) for name, (shape, dtype) in array_shapes(LIMITS).items()}
        found["tokens"][:6] = self._tokens
        found["node"][:6] = np.arange(1, 7) % NODE_TYPES
        found["relations"][:] = -1
        found["cand_kind"][:] = self._kinds
        found["cand_start"][:] = np.arange(8) % 6
        found["cand_end"][:] = np.arange(8) % 6
        found["cand_ref"][:] = -1
        found["lengths"][:] = (6, 8)
        found["action_mask"][FIRST_EDIT:] = 1
        for tried in self._tried:
            found["action_mask"][FIRST_EDIT + tried] = 0
        found["state"][0] = 1 - len(self._tried) / BUDGET
        return found

    def _trajectory(self, solved: bool) -> Any:
        name = f"{self.np_random.integers(2**62):x}"
        base = samples.trajectory(name, solved=solved, tries=len(self._tried))
        submit: Step = base.steps[-1]
        return replace(base, task_id=self._task, steps=(*base.steps[:-1], submit)[: len(self._tried)])


def make_riddle(settings: Any) -> gym.Env:
    return RiddleEnv([task.id for task in read_tasks(settings.tasks)])
