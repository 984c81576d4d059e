"""Architecture: a small package cut out of a real module is to be put in order, and still to work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.protocols import Executor
from core.records import Category, Task, Verdict
from envs.edits.candidate import Proposal
from envs.tasks.architecture import make
from envs.tasks.architecture.cheats import cheats
from envs.tasks.architecture.goals import reached
from envs.tasks.architecture.measures import values
from envs.tasks.architecture.moves import KINDS
from envs.tasks.architecture.outline import outline
from envs.tasks.architecture.proposing import proposals
from envs.tasks.architecture.reading import read
from envs.tasks.architecture.rules import rules_of
from envs.tasks.architecture.runs import run
from envs.tasks.base import CategoryBase
from envs.tasks.category import Bench, Material
from envs.tasks.states import judged, unreadable


class Architecture(CategoryBase):
    """
    Implements ``envs.tasks.category.TaskCategory``. A state is the package's files in one text (``envs.tasks.
    architecture``); the policy sees an outline of it. Needs an executor with ``call``, as ``FastLane`` has it.
    """

    name = Category.ARCHITECTURE
    version = 2
    kinds = KINDS

    def generate(self, material: Material, bench: Bench) -> list[Task]:
        """See ``envs.tasks.architecture.make``."""
        return make.generate(material, bench)

    def propose(self, task: Task, source: str) -> Sequence[Proposal]:
        """Every step to another layout of the same definitions."""
        return tuple(proposals(source, rules_of(task.files[1])))

    def view(self, task: Task, source: str) -> str:
        """Modules, what they import, and their definitions with what each uses."""
        return outline(source, rules_of(task.files[1])).text

    def verify(self, task: Task, source: str, executor: Executor) -> Verdict:
        """One run of the package on all checks, and its structure measured; nothing passes if it can't be imported."""
        rules = rules_of(task.files[1])
        try:
            state, found = read(source), values(source, task.source, rules)
        except (SyntaxError, ValueError, RecursionError):
            return unreadable(task, "no Python")
        entry = task.qualname.partition(".")[0]
        if not state.layout.home or (entry in read(task.source).layout.home and entry not in state.layout.home):
            return unreadable(task, f"no {entry} in the package")
        shown = run(executor, state, task.module, task.qualname, task.checks)
        if shown.error:
            return replace(unreadable(task, shown.error), cpu_s=shown.cpu_s, tier=shown.tier, limit=shown.limit)
        return judged(shown, task, [reached(goal, found, source, rules) for goal in task.goals])

    def lazy(self, task: Task) -> Sequence[str]:
        """See ``envs.tasks.architecture.cheats``."""
        return cheats(task)
