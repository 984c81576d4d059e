"""The contract of a task category; the categories are in ``envs.tasks.categories``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from core.protocols import Executor
from core.records import Category, Edit, Task, Verdict
from envs.tasks.mining.record import MinedFunction
from envs.tasks.mining.settings import MiningSettings


class TaskCategory(Protocol):
    """
    One kind of development task: how tasks are made of a mined function, what can be done in a state of a task, and
    how a state is judged::

        for task in category.generate(function, executor, rng, settings):
            edit = category.propose(task.source)[0]
            verdict = category.verify(task, apply(task.source, edit), executor)
    """

    category: Category

    def generate(
        self, function: MinedFunction, executor: Executor, rng: np.random.Generator, settings: MiningSettings
    ) -> list[Task]:
        """Distinct tasks of the function, each verified by execution; equal inputs give equal tasks."""
        ...

    def propose(self, source: str) -> Sequence[Edit]:
        """The edits that are open in a state, in a fixed order."""
        ...

    def verify(self, task: Task, source: str, executor: Executor) -> Verdict:
        """What every check of the task, hidden ones included, shows of a state."""
        ...
