"""What is asked for: bounds on what is measured of a text, from the states that lead to the reference."""

from __future__ import annotations

from collections.abc import Sequence

from core.records import CheckResult, Goal, Task
from envs.tasks.refactoring.measures import NAMES, Measures, measured, quickly
from envs.tasks.refactoring.words import lost, words_of
from envs.tasks.states import result_of

# What a task may be about; the others only must not grow.
TARGETS = tuple(name for name in NAMES if name not in ("size", "wide"))
LOST = "lost"
_WEIGHTS = {
    "complexity": 2.0,
    "nesting": 3.0,
    "statements": 1.0,
    "duplication": 3.0,
    "magic": 2.0,
    "clumsy": 2.0,
    "dead": 2.0,
    "size": 0.1,
    "wide": 3.0,
    "findings": 2.0,
}


def score(measures: Measures) -> float:
    """One number for all: less is better. Only the search for references uses it, no task is judged by it."""
    return sum(_WEIGHTS[name] * measures.value(name) for name in NAMES)


def allowed(name: str, start: int) -> int:
    """How far a measure may rise that a task is not about: a name may be set, a few nodes may be added."""
    if name == "statements":
        return start + 1
    return start + start // 10 + 4 if name == "size" else start


def grown(start: Measures, now: Measures) -> bool:
    """Whether something is worse than is allowed."""
    return any(now.value(name) > allowed(name, start.value(name)) for name in NAMES)


def goals_of(path: Sequence[Measures], start: str, end: str) -> tuple[Goal, ...]:
    """
    The goals of a task whose reference leads over states of these measures from ``start`` to ``end``: for what gets
    better a bound at each step, for all else that it doesn't get worse. Hidden: the last bounds of the size and of the
    words that have to stay.
    """
    found = [goal for name in NAMES for goal in _bounds(name, [each.value(name) for each in path])]
    kept = sorted(words_of(start) & words_of(end))
    return (*found, Goal(LOST, LOST, 0, "\n".join(kept), visible=False))


def _bounds(name: str, values: list[int]) -> list[Goal]:
    first, last = values[0], values[-1]
    bounds = sorted({each for each in values if last <= each < first}, reverse=True) if name in TARGETS else []
    if not bounds:
        bounds = [max(last, allowed(name, first))]
    return [Goal(f"{name}<={bound}", name, bound, visible=name != "size") for bound in bounds]


def reached(task: Task, text: str) -> list[CheckResult]:
    """
    One result for each goal of the task.

    Raises:
        SyntaxError: the text is no Python.
        EditError: it is no program text.
    """
    measures = measured(text)
    return [result_of(goal, _value(goal, measures, text)) for goal in task.goals]


def missed(task: Task, text: str) -> bool:
    """Whether a state misses a goal; ruff is only asked where all else is reached. Raises as ``reached``."""
    quick = quickly(text)
    cheap = (goal for goal in task.goals if goal.measure != "findings")
    if any(_value(goal, quick, text) > goal.bound for goal in cheap):
        return True
    return not all(each.passed for each in reached(task, text))


def _value(goal: Goal, measures: Measures, text: str) -> int:
    if goal.measure == LOST:
        return lost(text, frozenset(goal.text.split("\n")) - {""})
    return measures.value(goal.measure)


def met(goals: Sequence[Goal], measures: Measures) -> int:
    """How many of the visible goals a state with these measures reaches."""
    return sum(goal.visible and measures.value(goal.measure) <= goal.bound for goal in goals)
