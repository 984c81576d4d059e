"""Which tasks to practise on: those whose solve rate is neither 0 nor 1."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from core.config import Config
from core.errors import CheckpointError

Floats = NDArray[np.float64]


class CurriculumConfig(Config):
    """
    ``floor``: the least weight of a task, so that none is given up for good (the most is 1). ``prior``: pseudo-counts
    of solved and of failed episodes. ``decay``: what an earlier episode's count is worth after each newer one of its
    task, since the policy moves. ``shares``: of several categories, how much each is practised beside the others,
    however many tasks it has; 1 where it isn't named.
    """

    floor: float = 0.1
    prior: float = 1.0
    decay: float = 0.9
    shares: dict[str, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)


class Curriculum:
    """
    Beta-smoothed solve rate per task; a task is drawn with a weight of ``floor + (1 - floor) * E[4p(1-p)]``, the
    expectation under its rate's posterior, so that a task that was seen once isn't taken for hopeless. Tasks of several
    categories are weighed by their category's share over its number of tasks besides; the greatest such factor is 1.

    It lives in the driver, which hears of every finished episode; its ``state_dict`` goes into the checkpoint.
    """

    def __init__(self, categories: Mapping[str, str], config: CurriculumConfig | None = None) -> None:
        """``categories``: of each task id its category."""
        self.config = config or CurriculumConfig()
        self._index = {task_id: index for index, task_id in enumerate(categories)}
        self._factors = _factors(list(categories.values()), self.config.shares)
        self._solved = np.zeros(len(self._index))
        self._failed = np.zeros(len(self._index))

    def record(self, task_id: str, solved: bool) -> None:
        """Counts one finished episode. Episodes lost to a fault aren't recorded; an unknown task is an error."""
        index = self._index[task_id]
        self._solved[index] *= self.config.decay
        self._failed[index] *= self.config.decay
        (self._solved if solved else self._failed)[index] += 1

    def rates(self) -> dict[str, float]:
        """The smoothed solve rate of every task."""
        a, b = self._counts()
        return dict(zip(self._index, (a / (a + b)).tolist(), strict=True))

    def weights(self) -> dict[str, float]:
        """The sampling weight of every task, in (0, 1]; what ``BugFixEnv.set_curriculum`` takes."""
        a, b = self._counts()
        total = a + b
        open_question = 4 * a * b / (total * (total + 1))
        weights = self.config.floor + (1 - self.config.floor) * open_question
        return dict(zip(self._index, (weights * self._factors).tolist(), strict=True))

    def state_dict(self) -> dict[str, Any]:
        """Everything that ``load_state_dict`` needs, JSON-ready."""
        return {
            "tasks": list(self._index),
            "solved": self._solved.tolist(),
            "failed": self._failed.tolist(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """
        Takes up the counts of ``state``. Tasks that it doesn't know start afresh, ones that are gone are dropped.

        Raises:
            CheckpointError: the lists don't fit together.
        """
        tasks, solved, failed = state["tasks"], state["solved"], state["failed"]
        if not len(tasks) == len(solved) == len(failed):
            raise CheckpointError("the curriculum's lists differ in length", remedy="Take an earlier checkpoint")
        for task_id, won, lost in zip(tasks, solved, failed, strict=True):
            index = self._index.get(task_id)
            if index is not None:
                self._solved[index], self._failed[index] = won, lost

    def _counts(self) -> tuple[Floats, Floats]:
        return self._solved + self.config.prior, self._failed + self.config.prior


def _factors(categories: Sequence[str], shares: Mapping[str, float]) -> Floats:
    counts = Counter(categories)
    factors = np.array([shares.get(name, 1.0) / counts[name] for name in categories])
    found: Floats = factors / factors.max(initial=1e-12)
    return found
