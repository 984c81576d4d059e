"""What most categories have in common, so that a new one is little more than what is new about it."""

from __future__ import annotations

from collections.abc import Sequence

from core.protocols import Executor
from core.records import Edit, Goal, SourceFile, Task, Verdict, task_id
from core.seeding import derive_seed
from envs.edits.reparse import parses
from envs.tasks.category import Bench, Material
from envs.tasks.packages import split_of
from envs.tasks.states import judged, result_of, unreadable


class CategoryBase:
    """
    ``envs.tasks.category.TaskCategory`` but for ``name``, ``generate`` and ``propose``: the state is shown as it is,
    judged by one run of the checks and by ``measure`` for each goal, and there are no lazy answers of its own.
    """

    name = ""
    version = 1
    kinds: tuple[str, ...] = ()
    compares = False

    def view(self, task: Task, source: str) -> str:
        """The state itself."""
        return source

    def lazy(self, task: Task) -> Sequence[str]:
        """None."""
        return ()

    def measure(self, goal: Goal, task: Task, source: str) -> float:
        """What ``goal`` measures of ``source``, which parses; at most ``goal.bound`` reaches it."""
        raise NotImplementedError(f"{type(self).__name__} makes goals and doesn't measure them")

    def verify(self, task: Task, source: str, executor: Executor) -> Verdict:
        """One run on all checks, and every goal measured."""
        if not parses(source):
            return unreadable(task, "no Python")
        reached = [result_of(goal, self.measure(goal, task, source)) for goal in task.goals]
        return judged(executor.run(task.program(source), task.checks), task, reached)


def make_task(
    category: str,
    material: Material,
    bench: Bench,
    *,
    start: str,
    reference: Sequence[Edit],
    statement: str,
    goals: Sequence[Goal] = (),
    operators: Sequence[str] = (),
    read: Sequence[SourceFile] = (),
) -> Task:
    """
    A task on ``material``'s function whose start state is the program text ``start``, judged by the function's own
    checks and by ``goals``. ``operators``: what was done to the function, for reports (default: the kinds of the
    reference's edits). ``read``: files beside it.
    """
    function = material.function
    file = SourceFile(function.provenance.path, start, function.provenance.line, function.header_lines)
    aims = tuple(goals)
    identity = task_id(category, function.module, function.qualname, start, function.checks, aims)
    return Task(
        id=identity,
        category=category,
        difficulty="",  # measured later (``envs.tasks.difficulty``)
        language="python",
        statement=statement,
        files=(file, *read),
        module=function.module,
        qualname=function.qualname,
        checks=function.checks,
        fresh=function.fresh,
        reference=tuple(reference),
        operators=tuple(operators) or tuple(edit.operator for edit in reference),
        provenance=function.provenance,
        split=split_of(function.provenance.package),
        seed=derive_seed(bench.settings.seed, identity),
        solution_edits=len(reference),
        goals=aims,
    )
