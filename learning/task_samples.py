"""
Training samples from tasks of any category: the states on the way of a task's reference, each with the edits that lead
on, now and then after some edits that didn't help. Everything is really executed, in an episode like those to come.
Where a category teaches (``envs.tasks.teaching``), from a state where nothing leads on it is right to go back.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

import numpy as np

from core.errors import SandboxError
from core.observation import FIRST_EDIT, UNDO
from core.protocols import Executor
from core.records import Category, Task
from envs.encoding.encode import StateEncoder
from envs.episode import Episode
from envs.episode_settings import EpisodeSettings
from envs.tasks.teaching import teacher_of
from envs.workbench import ResultCache
from learning.known_repairs import KnownRepairs
from learning.sample import Rng, Sample
from learning.warm_start_config import SampleConfig

log = logging.getLogger(__name__)
FAULTS = 5


def other_tasks(tasks: Sequence[object]) -> tuple[Task, ...]:
    """The tasks among ``tasks`` that are of another category than bug fixing, which has samples of its own."""
    return tuple(task for task in tasks if isinstance(task, Task) and task.category != Category.BUG_FIX)


class TaskSource:
    """Samples without end; categories take turns, so that the one with the fewest tasks is learnt as much."""

    def __init__(
        self, tasks: Sequence[Task], executor: Executor, encoder: StateEncoder, config: SampleConfig, rng: Rng
    ) -> None:
        self._executor, self._encoder, self._config, self._rng = executor, encoder, config, rng
        self._tasks: dict[str, list[Task]] = {}
        for task in tasks:
            self._tasks.setdefault(task.category, []).append(task)
        self._cache, self._known = ResultCache(), KnownRepairs()

    def __iter__(self) -> Iterator[Sample]:
        """``FAULTS`` tasks in a row that are lost to the sandbox, or that give nothing, are raised."""
        in_a_row = 0
        while True:
            for category in sorted(self._tasks):
                tasks = self._tasks[category]
                found = self._walked(tasks[int(self._rng.integers(len(tasks)))])
                in_a_row = 0 if found else in_a_row + 1
                if in_a_row >= FAULTS * len(self._tasks):
                    raise SandboxError(f"{in_a_row} tasks in a row gave no sample, the last of {category}")
                yield from found

    def _walked(self, task: Task) -> list[Sample]:
        try:
            return list(self.walk(task))
        except SandboxError as error:  # an episode is lost to it instead; what leads on is found out beside it
            log.warning("what leads on in task %s is lost to the sandbox: %s", task.id, error)
            return []

    def walk(self, task: Task) -> Iterator[Sample]:
        """The samples of one way through ``task``; it ends where nothing is known to lead on."""
        budget = int(self._rng.integers(*self._config.budgets, endpoint=True))
        settings = EpisodeSettings(budget=budget, compare_alternatives=True)
        episode = Episode(task, self._executor, self._encoder, settings, self._cache)
        while not (episode.done or episode.lost):
            if self._rng.random() < self._config.tried_share:
                self._try_others(episode)
            right = [] if episode.done else self._right(episode)
            if not right:
                break
            positives = np.array(right, np.int64)
            yield Sample(episode.observation(pad=False), positives, task.category, True)
            if not self._goes_on(episode, right[int(self._rng.integers(len(right)))]):
                break
        if episode.lost:
            log.warning("a way through task %s is lost to the sandbox: %s", task.id, episode.lost)

    @staticmethod
    def _goes_on(episode: Episode, action: int) -> bool:
        """Does ``action``; whether there is a state to go on from."""
        return episode.step(action).kept or episode.done or action == UNDO or episode.hold(action)

    def _right(self, episode: Episode) -> list[int]:
        """Allowed actions that are known to lead on; where it is known that no edit does, taking the last one back."""
        known = self._known.actions(episode.task, episode.source, episode.candidates, self._executor)
        right = [FIRST_EDIT + index for index in known if episode.allowed(FIRST_EDIT + index)]
        if known or not episode.allowed(UNDO) or teacher_of(episode.task.category) is None:
            return right
        return [UNDO]

    def _try_others(self, episode: Episode) -> None:
        """Some random edits that aren't known to be right, as an agent would try them."""
        right = set(self._right(episode))  # never mind taking back: only edits are tried here
        source = episode.source
        for _ in range(int(self._rng.geometric(1 / self._config.tries))):
            open_ = [FIRST_EDIT + index for index in range(len(episode.candidates))]
            wrong = [action for action in open_ if action not in right and episode.allowed(action)]
            if not wrong or episode.done or episode.source != source:
                return
            episode.step(wrong[int(self._rng.integers(len(wrong)))])
