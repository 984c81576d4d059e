"""
The conformance check of task categories: the whole test that a plug-in needs.

    problems = check_category("module:Class", materials, [lane, lane_of_another_environment])
    assert problems == []
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from core.errors import EditError
from core.protocols import Executor
from core.records import Task, Verdict
from core.seeding import rng
from envs.edits.grammar import apply, edit_of
from envs.edits.program import function_node
from envs.edits.tree import parsed
from envs.tasks.category import Bench, Material, TaskCategory
from envs.tasks.mining.settings import MiningSettings
from envs.tasks.registry import category_of, kind_ids
from envs.tasks.splits import solution
from envs.tasks.states import candidates_of
from envs.tasks.validate import validate


def check_category(
    name: str, materials: Sequence[Material], executors: Sequence[Executor], settings: MiningSettings | None = None
) -> list[str]:
    """
    What is wrong with the category called ``name``, one line each. ``materials``: some mined functions that it should
    be able to use. ``executors``: two of different environments, as ``envs.tasks.validate`` takes them.

    Raises:
        PluginError: nothing answers to ``name``.
    """
    settings = settings or MiningSettings()
    category = category_of(name)
    problems = list(_itself(category, name))
    made = 0
    for material in materials:
        tasks = _generated(category, material, executors, settings)
        if tasks != _generated(category, material, executors, settings):
            problems.append(f"{material.function.qualname}: equal seeds make different tasks")
        if len({task.id for task in tasks}) < len(tasks):
            problems.append(f"{material.function.qualname}: two tasks are the same")
        for task in tasks:
            made += 1
            found = [*_task(category, task, executors[0]), *validate(task, executors)]
            problems += [f"{material.function.qualname}: {problem}" for problem in found]
    if not made:
        problems.append(f"none of {len(materials)} functions gave a task")
    return list(dict.fromkeys(problems))


def _generated(
    category: TaskCategory, material: Material, executors: Sequence[Executor], settings: MiningSettings
) -> list[Task]:
    random = rng(0, "conformance", material.function.digest)
    return category.generate(material, Bench(executors[0], random, settings, executors[1]))


def _itself(category: TaskCategory, name: str) -> Iterator[str]:
    if category.name != name and ":" not in name:
        yield f"says that it is called {category.name!r}, and is called {name!r}"
    if len(set(category.kinds)) != len(category.kinds):
        yield "two of its kinds of edits have the same name"
    try:
        kind_ids(name)
    except ValueError as error:
        yield str(error)


def _task(category: TaskCategory, task: Task, executor: Executor) -> Iterator[str]:
    if task.category != category.name:
        yield f"a task says that it is of {task.category!r}"
    yield from _proposals(category, task)
    yield from _view(category, task)
    yield from _order(task, category.verify(task, task.source, executor))
    if not category.verify(task, "def (", executor).error:
        yield "a state that is no Python has a verdict without an error"
    yield from _reachable(task)


def _proposals(category: TaskCategory, task: Task) -> Iterator[str]:
    shown = category.propose(task, task.source)
    if list(shown) != list(category.propose(task, task.source)):
        yield "proposes something else each time"
    if unknown := {each.kind for each in shown} - set(kind_ids(task.category)):
        yield f"proposes edits of kinds that it doesn't name: {', '.join(sorted(unknown))}"
    for each in shown:
        try:
            apply(task.source, edit_of(each))
        except EditError as error:
            yield f"proposes an edit that doesn't apply ({error})"
    blind = replace(
        task,
        checks=tuple(check for check in task.checks if check.visible),
        goals=tuple(goal for goal in task.goals if goal.visible),
        fresh=(),
        reference=(),
    )
    if list(category.propose(blind, task.source)) != list(shown):
        yield "what it proposes depends on what is hidden"
    if category.view(blind, task.source) != category.view(task, task.source):
        yield "what it shows depends on what is hidden"


def _view(category: TaskCategory, task: Task) -> Iterator[str]:
    text = category.view(task, task.source)
    try:
        function_node(parsed(text))
    except (SyntaxError, EditError) as error:
        yield f"what it shows is no program text ({error})"
        return
    if any(
        not 0 <= start <= end <= len(text) for start, end in (p.anchor for p in category.propose(task, task.source))
    ):
        yield "an anchor lies outside of what it shows"


def _order(task: Task, verdict: Verdict) -> Iterator[str]:
    wanted = [*(check.id for check in task.checks), *(goal.id for goal in task.goals)]
    if [result.check_id for result in verdict.results] != wanted:
        yield "a verdict isn't of the checks and then the goals, in their order"


def _reachable(task: Task) -> Iterator[str]:
    """Each edit of the reference has to be open where it is due, or nobody could find it."""
    text = task.source
    for edit in task.reference:
        after = apply(text, edit)
        if after not in {apply(text, candidate.edit) for candidate in candidates_of(task, text)}:
            yield f"the reference's edit {edit.operator!r} is not among the candidates"
        text = after
    if text != solution(task):
        yield "the reference's edits don't give its result"
