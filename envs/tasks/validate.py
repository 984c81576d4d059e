"""
Checks a task by rule 1 of the design, in fresh processes: the reference passes, the start state fails repeatably, and
no lazy answer passes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.errors import EditError
from core.protocols import Executor
from core.records import Split, Task, Verdict
from envs.edits.grammar import apply
from envs.tasks.lazy import lazy_answers
from envs.tasks.packages import split_of
from envs.tasks.registry import category_of
from envs.tasks.splits import solution

MIN_CHECKS = 10
MIN_GOALS = 3
# Of a replacement; shorter ones stand in any sentence by chance.
_TELLING = 12


def validate(task: Task, executors: Sequence[Executor]) -> list[str]:
    """
    What is wrong with ``task``, one line each; nothing where it is fit. ``executors``: at least two whose processes
    differ in hash seed and time zone; every statement has to hold on each of them, in either order of the checks.
    """
    problems = _by_text(task)
    if problems:
        return problems
    verify, repaired = category_of(task.category).verify, solution(task)
    failing: set[frozenset[str]] = set()
    for executor in executors:
        # In one order: where a check ends the process, those behind it are missing.
        seen = verify(task, task.source, executor)
        failing.add(frozenset(result.check_id for result in seen.results if not result.passed))
        for checks in (task.checks, tuple(reversed(task.checks))):
            ordered = replace(task, checks=checks)
            problems += _reference(verify(ordered, repaired, executor))
            problems += _start(task, verify(ordered, ordered.source, executor))
        problems += _fresh(task, repaired, executor)
    if len(failing) > 1:
        problems.append("the start state fails different checks in different processes")
    problems += _lazy(task, executors[0])
    return list(dict.fromkeys(problems))


def _by_text(task: Task) -> list[str]:
    """What reading alone shows."""
    problems = []
    if len(task.checks) < MIN_CHECKS and (task.checks or len(task.goals) < MIN_GOALS):
        problems.append(f"only {len(task.checks)} checks and {len(task.goals)} goals")
    shown = len(task.visible_ids)
    if not 0 < shown < len(task.checks) + len(task.goals):
        problems.append("needs visible checks and hidden ones")
    if task.split is not Split.TRAIN and split_of(task.provenance.package) is not task.split:
        problems.append(f"the package {task.provenance.package} is not of the split {task.split.value}")
    try:
        text = task.source
        for edit in task.reference:
            text = apply(text, edit)
    except EditError as error:
        problems.append(f"the reference patch does not apply ({error})")
    told = [e for e in task.reference if len(e.replacement) >= _TELLING and e.replacement.strip() in task.statement]
    return [*problems, "the statement holds the answer"] if told else problems


def _reference(verdict: Verdict) -> list[str]:
    if verdict.error:
        return [f"the reference does not load ({verdict.error})"]
    failing = sum(not result.passed for result in verdict.results)
    return [f"the reference fails {failing} of {len(verdict.results)} checks"] if failing else []


def _start(task: Task, verdict: Verdict) -> list[str]:
    if verdict.error:
        return [f"the start state does not load ({verdict.error})"]
    problems = [] if not verdict.only(task.visible_ids).passed else ["the start state passes every visible check"]
    return problems if any(r.passed for r in verdict.results) else [*problems, "the start state passes no check"]


def _fresh(task: Task, repaired: str, executor: Executor) -> list[str]:
    if not task.fresh:
        return []
    hidden = [replace(check, visible=False) for check in task.fresh]
    failing = sum(not result.passed for result in executor.run(task.program(repaired), hidden).results)
    return [f"the reference fails {failing} of {len(hidden)} fresh checks"] if failing else []


def _lazy(task: Task, executor: Executor) -> list[str]:
    verify = category_of(task.category).verify
    return [
        f"a lazy answer passes: {name}"
        for name, text in lazy_answers(task).items()
        if verify(task, text, executor).passed
    ]
