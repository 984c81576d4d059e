"""Testing: a function without tests; solved when a few tests tell it from its mutants, those unseen too."""

from __future__ import annotations

from collections.abc import Sequence

from core.protocols import Executor
from core.records import Category, Task, Verdict
from envs.edits.candidate import Candidate, Proposal
from envs.tasks.category import Bench, Material
from envs.tasks.testing.edits import proposals
from envs.tasks.testing.judge import verdict_of
from envs.tasks.testing.lazy import lazy_suites
from envs.tasks.testing.make import tasks_of
from envs.tasks.testing.show import view_text
from envs.tasks.testing.suite import KINDS
from envs.tasks.testing.teach import helpful


class Testing:
    """
    Implements ``envs.tasks.category.TaskCategory`` and ``envs.tasks.teaching.Teaching``. The files of a task: the test
    function, the code under test, and inputs with what the code does on them.
    """

    name = Category.TESTING
    version = 2
    kinds: tuple[str, ...] = KINDS
    compares = False

    def generate(self, material: Material, bench: Bench) -> list[Task]:
        """At most one task. Raises TypeError where the bench's executor runs no jobs."""
        return tasks_of(material, bench)

    def propose(self, task: Task, source: str) -> Sequence[Proposal]:
        """Tests of the inputs, right ones, wrong ones and such as say nothing, and the removal of a test."""
        return proposals(task, source)

    def view(self, task: Task, source: str) -> str:
        """The test function with the code under test at its top, and then a name for each input."""
        return view_text(task, source)

    def verify(self, task: Task, source: str, executor: Executor) -> Verdict:
        """Goals alone: nothing but tests, that pass and say something, few enough, and the mutants killed."""
        return verdict_of(task, source, executor)

    def lazy(self, task: Task) -> Sequence[str]:
        """See ``envs.tasks.testing.lazy``."""
        return lazy_suites(task)

    def helpful(self, task: Task, source: str, candidates: Sequence[Candidate], executor: Executor) -> Sequence[int]:
        """See ``envs.tasks.testing.teach``."""
        return helpful(task, source, candidates, executor)
