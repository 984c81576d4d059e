"""
Checks a task by rule 1 of the design, in fresh processes: the reference passes, the start state fails repeatably.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.errors import EditError
from core.protocols import Executor
from core.records import Check, Split, Task, Verdict
from envs.edits.grammar import apply
from envs.tasks.packages import split_of
from envs.tasks.splits import solution

MIN_CHECKS = 10


def validate(task: Task, executors: Sequence[Executor]) -> list[str]:
    """
    What is wrong with ``task``, one line each; nothing where it is fit. ``executors``: at least two whose processes
    differ in hash seed and time zone; every statement has to hold on each of them, in either order of the checks.
    """
    problems = _by_text(task)
    if problems:
        return problems
    repaired = solution(task)
    for executor in executors:
        for checks in (task.checks, tuple(reversed(task.checks))):
            problems += _reference(executor.run(task.program(repaired), checks))
            problems += _start(executor.run(task.program(), checks), checks)
        problems += _fresh(task, repaired, executor)
    if len(_failing_sets(task, executors)) > 1:
        problems.append("the start state fails different checks in different processes")
    return list(dict.fromkeys(problems))


def _by_text(task: Task) -> list[str]:
    """What reading alone shows."""
    problems = []
    if len(task.checks) < MIN_CHECKS:
        problems.append(f"only {len(task.checks)} checks")
    if not any(check.visible for check in task.checks) or all(check.visible for check in task.checks):
        problems.append("needs visible checks and hidden ones")
    if task.split is not Split.TRAIN and split_of(task.provenance.package) is not task.split:
        problems.append(f"the package {task.provenance.package} is not of the split {task.split.value}")
    try:
        text = task.source
        for edit in task.reference:
            text = apply(text, edit)
    except EditError as error:
        problems.append(f"the reference patch does not apply ({error})")
    return problems


def _reference(verdict: Verdict) -> list[str]:
    if verdict.error:
        return [f"the reference does not load ({verdict.error})"]
    failing = sum(not result.passed for result in verdict.results)
    return [f"the reference fails {failing} of {len(verdict.results)} checks"] if failing else []


def _start(verdict: Verdict, checks: Sequence[Check]) -> list[str]:
    if verdict.error:
        return [f"the start state does not load ({verdict.error})"]
    visible = [result.passed for result, check in zip(verdict.results, checks, strict=True) if check.visible]
    problems = [] if not all(visible) else ["the start state passes every visible check"]
    return problems if any(r.passed for r in verdict.results) else [*problems, "the start state passes no check"]


def _fresh(task: Task, repaired: str, executor: Executor) -> list[str]:
    if not task.fresh:
        return []
    hidden = [replace(check, visible=False) for check in task.fresh]
    failing = sum(not result.passed for result in executor.run(task.program(repaired), hidden).results)
    return [f"the reference fails {failing} of {len(hidden)} fresh checks"] if failing else []


def _failing_sets(task: Task, executors: Sequence[Executor]) -> set[frozenset[str]]:
    verdicts = [executor.run(task.program(), task.checks) for executor in executors]
    return {frozenset(r.check_id for r in verdict.results if not r.passed) for verdict in verdicts}
