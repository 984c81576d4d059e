"""``journeyman tasks show``: the tasks of a file as a table, or one task with its bug and its checks."""

from __future__ import annotations

import difflib
import json
import marshal
from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.syntax import Syntax
from rich.table import Table

from cluster.inputs.tasks_show import ShowInput
from core.records import Task
from envs.sandbox.lane import FastLane
from envs.tasks.splits import solution

ID_SHOWN, GOALS_SHOWN, TEXT_SHOWN, CHECKS_SHOWN = 10, 24, 40, 8
DESCRIBE = "envs.tasks.mining.jobs.calls:describe"


def run(given: ShowInput) -> int:
    """Prints to standard output."""
    console = Console(width=None if Console().is_terminal else 160)
    if given.task is None:
        console.print(listing(given.tasks[: given.limit]))
        console.print(summary(given.tasks), highlight=False)
        return 0
    if given.found:
        console.print(f"from {given.file}", markup=False, highlight=False, soft_wrap=True)
    show(console, given.task)
    for problem in given.problems:
        console.print(f"does not hold: {problem}", markup=False, highlight=False, soft_wrap=True)
    return 0


def listing(tasks: Sequence[Task]) -> Table:
    """One row per task."""
    table = Table(box=None, header_style="bold")
    for column in ("id", "category", "function", "package", "split", "difficulty", "edits", "checks", "goals", "by"):
        table.add_column(column, justify="right" if column in ("edits", "checks", "goals") else "left", no_wrap=True)
    for task in tasks:
        package = f"{task.provenance.package} {task.provenance.version}"
        name = f"{task.module}.{task.qualname}"
        numbers = (str(task.solution_edits), str(len(task.checks)), str(len(task.goals)))
        told = (
            task.id[:ID_SHOWN],
            task.category,
            name,
            package,
            task.split,
            task.difficulty,
            *numbers,
            ", ".join(task.operators),
        )
        table.add_row(*told)
    return table


def summary(tasks: Sequence[Task]) -> str:
    """How many tasks, of how many functions and packages."""
    functions = {(task.module, task.qualname) for task in tasks}
    packages = Counter(task.provenance.package for task in tasks)
    shown = ", ".join(f"{name} {count}" for name, count in packages.most_common(8))
    return f"{len(tasks)} tasks in {len(functions)} functions of {len(packages)} packages: {shown}"


def inputs(task: Task) -> list[str]:
    """The first inputs of a task's checks. They are read inside the sandbox: a pickle may run code."""
    if not task.checks:
        return []
    checks = sorted(task.checks, key=lambda check: not check.visible)
    count = min(len(checks), CHECKS_SHOWN)
    chosen = [checks[at * len(checks) // count] for at in range(count)]
    with FastLane() as lane:
        reply = lane.call(DESCRIBE, marshal.dumps([check.args for check in chosen]), modules=(task.module,))
    if reply.data is None:
        return [f"the checks' inputs can't be shown: {reply.error or reply.limit}"]
    texts = zip(chosen, json.loads(reply.data), strict=True)
    return [f"check: {task.qualname}{text}{'' if check.visible else '  (hidden)'}" for check, text in texts]


def show(console: Console, task: Task) -> None:
    """Where the task is from, what is broken, and what judges it. This shows the hidden solution: it is for people."""
    origin, visible = task.provenance, sum(check.visible for check in task.checks)
    console.print(f"{task.id}  {task.category}  {task.difficulty}  {task.split}", highlight=False)
    place = f"{origin.package} {origin.version}, {origin.path}:{origin.line}, {origin.licence}"
    console.print(f"{task.module}.{task.qualname}  ({place})", markup=False, highlight=False)
    hidden = len(task.checks) - visible
    console.print(f"{visible} visible, {hidden} hidden, {len(task.fresh)} fresh checks", highlight=False)
    for line in inputs(task):
        console.print(line, markup=False, highlight=False)
    if task.statement:
        console.print(task.statement, markup=False, highlight=False)
    for goal in task.goals[:GOALS_SHOWN]:
        told = goal.text if len(goal.text) <= TEXT_SHOWN and "\n" not in goal.text else "..."
        hides = "" if goal.visible else "  (hidden)"
        console.print(f"goal: {goal.measure} {told} at most {goal.bound:g}{hides}", markup=False, highlight=False)
    if len(task.goals) > GOALS_SHOWN:
        console.print(f"... and {len(task.goals) - GOALS_SHOWN} goals more", highlight=False)
    before, after = task.source.splitlines(keepends=True), solution(task).splitlines(keepends=True)
    diff = "".join(difflib.unified_diff(before, after, "start", "reference", n=40))
    console.print(Syntax(diff, "diff", background_color="default"))
