"""Feature implementation: something is missing from a real function, and has to be written again."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from core.errors import EditError
from core.protocols import Executor
from core.records import Category, Task, Verdict
from envs.edits.candidate import Proposal
from envs.edits.program import function_node
from envs.tasks.category import Bench, Material
from envs.tasks.feature import listing
from envs.tasks.feature.making import tasks_of
from envs.tasks.feature.signature import differences
from envs.tasks.states import judged, result_of, unreadable


class Feature:
    """
    Implements ``envs.tasks.category.TaskCategory``. What is missing is judged by the function's own checks; one goal
    beside them says that the signature and the docstring are as they were.
    """

    name: str = Category.FEATURE
    version: int = 1
    kinds: tuple[str, ...] = listing.KINDS
    compares: bool = False

    def generate(self, material: Material, bench: Bench) -> list[Task]:
        """Tasks of different missing parts, those of one edit first."""
        return tasks_of(material, bench, self)

    def propose(self, task: Task, source: str) -> Sequence[Proposal]:
        """What is composed or taken from the siblings that the task shows, then the grammar's own edits."""
        return listing.listed(source, [file.text for file in task.files[1:]], task.statement)

    def view(self, task: Task, source: str) -> str:
        """The program text itself."""
        return source

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
        """Whatever comes in is swallowed by other parameters."""
        header = next(line for line in task.source.split("\n") if line.lstrip().startswith(("def ", "async def ")))
        name = function_node(ast.parse(task.source)).name
        return [task.source.replace(header, header.partition(name)[0] + f"{name}(*_, **__): return None\n" + header, 1)]
