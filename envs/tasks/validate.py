"""
Checks a task by rule 1 of the design, in fresh processes: the reference passes, the start state fails repeatably, and
no lazy answer passes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from core.errors import EditError
from core.protocols import Executor
from core.records import CheckResult, Outcome, Split, Task, Verdict
from envs.edits.grammar import apply
from envs.tasks.lazy import lazy_answers
from envs.tasks.packages import split_of
from envs.tasks.registry import category_of
from envs.tasks.splits import solution

MIN_CHECKS = 10
MIN_GOALS = 3
# Of a replacement; shorter ones stand in any sentence by chance.
_TELLING = 12


def validate(task: Task, executors: Sequence[Executor], names: Sequence[str] = ()) -> list[str]:
    """
    What is wrong with ``task``, one line each; nothing where it is fit. ``executors``: at least two whose processes
    differ in hash seed, time zone and date; every statement has to hold on each of them, in either order of the checks.
    ``names``: what to call each of them where a problem shows on some of them only (default: by number); such a
    problem's line begins with ``flaky``.
    """
    problems = _by_text(task)
    if problems:
        return problems
    called = names or [f"process {number}" for number in range(1, len(executors) + 1)]
    repaired = solution(task)
    found: dict[str, list[str]] = {}
    failing: dict[str, frozenset[str]] = {}
    for name, executor in zip(called, executors, strict=True):
        found[name], failing[name] = _in_process(task, repaired, executor)
    return [*_told(found), *_unlike(failing), *_lazy(task, executors[0])]


def _in_process(task: Task, repaired: str, executor: Executor) -> tuple[list[str], frozenset[str]]:
    """What is wrong in one process, and which checks the start state fails there."""
    verify = category_of(task.category).verify
    # In one order: where a check ends the process, those behind it are missing.
    start = verify(task, task.source, executor)
    forward = [*_reference(verify(task, repaired, executor)), *_start(task, start)]
    reverse = replace(task, checks=task.checks[::-1])
    backward = [*_reference(verify(reverse, repaired, executor)), *_uncut(task, verify(reverse, task.source, executor))]
    behind = [f"{problem}, in reverse" for problem in backward if problem not in forward]
    failing = frozenset(result.check_id for result in start.results if not result.passed)
    return [*forward, *behind, *_fresh(task, repaired, executor)], failing


def _told(found: Mapping[str, Sequence[str]]) -> list[str]:
    """Each problem once, with the processes where it shows if there are others."""
    where: dict[str, list[str]] = {}
    for name, problems in found.items():
        for problem in dict.fromkeys(problems):
            where.setdefault(problem, []).append(name)
    everywhere = len(found)
    return [p if len(names) == everywhere else f"flaky: {p} (with {' and '.join(names)})" for p, names in where.items()]


def _unlike(failing: Mapping[str, frozenset[str]]) -> list[str]:
    differing = frozenset.union(*failing.values()) - frozenset.intersection(*failing.values())
    told = f"flaky: the start state fails different checks in different processes ({', '.join(sorted(differing)[:3])})"
    return [told] if differing else []


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
    failing = [result for result in verdict.results if not result.passed]
    return [f"the reference fails {len(failing)} of {len(verdict.results)} checks{_first(failing)}"] if failing else []


def _start(task: Task, verdict: Verdict) -> list[str]:
    if verdict.error:
        return [f"the start state does not load ({verdict.error})"]
    problems = [] if not verdict.only(task.visible_ids).passed else ["the start state passes every visible check"]
    return problems if any(r.passed for r in verdict.results) else [*problems, "the start state passes no check"]


def _uncut(task: Task, verdict: Verdict) -> list[str]:
    """As ``_start``, in an order that is nobody's but ours: where hanging checks come first, the rest isn't tried."""
    return [] if any(result.outcome is Outcome.MISSING for result in verdict.results) else _start(task, verdict)


def _fresh(task: Task, repaired: str, executor: Executor) -> list[str]:
    if not task.fresh:
        return []
    hidden = [replace(check, visible=False) for check in task.fresh]
    failing = [result for result in executor.run(task.program(repaired), hidden).results if not result.passed]
    return [f"the reference fails {len(failing)} of {len(hidden)} fresh checks{_first(failing)}"] if failing else []


def _first(failing: Sequence[CheckResult]) -> str:
    """The one of the results that is the same in either order, in words for whoever looks for the cause."""
    shown = min(failing, key=lambda result: result.check_id)
    return f": {shown.check_id} {shown.outcome}" + (f" ({shown.detail})" if shown.detail else "")


def _lazy(task: Task, executor: Executor) -> list[str]:
    verify = category_of(task.category).verify
    return [
        f"a lazy answer passes: {name}"
        for name, text in lazy_answers(task).items()
        if verify(task, text, executor).passed
    ]
