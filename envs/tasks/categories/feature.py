"""Feature implementation: something is missing from a real function, and has to be written again."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

import numpy as np

from core.errors import EditError
from core.protocols import Executor
from core.records import Category, SourceFile, Task, Verdict
from envs.edits.candidate import Proposal
from envs.edits.program import function_node
from envs.edits.view import view_of
from envs.tasks.category import Bench, Material
from envs.tasks.drafts import Draft
from envs.tasks.feature import listing
from envs.tasks.feature.drafting import drafts
from envs.tasks.feature.making import tasks_of
from envs.tasks.feature.shown import shown
from envs.tasks.feature.signature import differences
from envs.tasks.states import judged, result_of, unreadable

_GIVING_UP = ("return None", "return False", "return []", "return {}", "return NotImplemented", "raise ValueError")


class Feature:
    """
    Implements ``envs.tasks.category.TaskCategory``. What is missing is judged by the function's own checks; one goal
    beside them says that the signature and the docstring are as they were.
    """

    name: str = Category.FEATURE
    version: int = 2
    kinds: tuple[str, ...] = listing.KINDS
    compares: bool = False

    def generate(self, material: Material, bench: Bench) -> list[Task]:
        """Tasks of different missing parts, those of one edit first."""
        return tasks_of(material, bench, self)

    def propose(self, task: Task, source: str) -> Sequence[Proposal]:
        """What is composed or taken from the siblings that the task shows, then the grammar's edits of what is new."""
        return listing.listed(source, task.source, [file.text for file in task.files[1:]], task.statement)

    def drafts(self, text: str, siblings: Sequence[SourceFile], rng: np.random.Generator) -> Iterator[Draft]:
        """See ``envs.tasks.drafts.Drafting``."""
        return drafts(text, siblings, rng)

    def view(self, task: Task, source: str) -> str:
        """The program text with what the statement tells in a last line."""
        return shown(source, task.statement)

    def verify(self, task: Task, source: str, executor: Executor) -> Verdict:
        """One run on all checks of the task, and a look at the signature."""
        try:
            function_node(ast.parse(source))
        except (SyntaxError, ValueError, RecursionError, EditError) as error:
            return unreadable(task, str(error))
        changed = differences(task.source, source)
        detail = "signature or docstring changed"
        reached = [result_of(goal, changed, detail) for goal in task.goals]
        return judged(executor.run(task.program(source), task.checks), task, reached)

    def lazy(self, task: Task) -> Sequence[str]:
        """The function gives up at its start, in ways that a guard of the missing part may have."""
        view = view_of(task.source)
        first = next((block.statements[0] for block in view.blocks if block.owner is view.function), None)
        if first is None:
            return ()
        at, indent = view.lines(first)[0], view.indent(first)
        return [task.source[:at] + f"{indent}{way}\n" + task.source[at:] for way in _GIVING_UP]
