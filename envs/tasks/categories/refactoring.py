"""
Refactoring: the start state smells, by an injected smell or as it is in the wild; solved when it measures better and
behaves as before.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import EditError
from core.protocols import Executor
from core.records import Category, Task, Verdict
from envs.edits.candidate import Proposal
from envs.tasks.category import Bench, Material
from envs.tasks.refactoring.catalogue import KINDS, proposals
from envs.tasks.refactoring.cheats import cheats
from envs.tasks.refactoring.goals import reached
from envs.tasks.refactoring.make import tasks_of
from envs.tasks.states import judged, unreadable


class Refactoring:
    """Implements ``envs.tasks.category.TaskCategory``."""

    name = Category.REFACTORING
    version = 1
    kinds: tuple[str, ...] = KINDS
    compares = False

    def generate(self, material: Material, bench: Bench) -> list[Task]:
        """One task of the function as it is, where it can be made better, and tasks with one to three smells put in."""
        return tasks_of(material.function, bench)

    def propose(self, task: Task, source: str) -> Sequence[Proposal]:
        """Transformations that keep behaviour, what makes code worse, and what only looks like one of them."""
        return proposals(source)

    def view(self, task: Task, source: str) -> str:
        """The program text itself."""
        return source

    def verify(self, task: Task, source: str, executor: Executor) -> Verdict:
        """One run on all checks; the goals are measured of the text."""
        try:
            goals = reached(task, source)
        except (SyntaxError, ValueError, RecursionError, EditError) as error:
            return unreadable(task, type(error).__name__)
        return judged(executor.run(task.program(source), task.checks), task, goals)

    def lazy(self, task: Task) -> Sequence[str]:
        """Branches dropped, lines pressed together, the docstring deleted, all of it moved out of sight."""
        return cheats(task.source)
