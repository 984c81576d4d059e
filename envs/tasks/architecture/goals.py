"""A task's goals: the measures of its good layout as bounds, with steps on the way to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from core.records import CheckResult, Goal
from envs.tasks.architecture import measures
from envs.tasks.architecture.measures import culprits
from envs.tasks.architecture.outline import Outline, outline
from envs.tasks.architecture.rules import Rules
from envs.tasks.states import result_of

_VISIBLE = (
    *(measures.CYCLES, measures.LATE, measures.UPWARD, measures.UNUSED),
    *(measures.COUPLING, measures.MISPLACED, measures.LIMITS),
)
_HIDDEN = (measures.LOOSE, measures.CHANGED)


def goals_for(start: Mapping[str, float], good: Mapping[str, float]) -> tuple[Goal, ...]:
    """
    For each measure the good layout's value, and where the start state is more than one above it, also the middle of
    the two. Cohesion, and that nothing was lost, are hidden.
    """
    shown = [
        Goal(f"{name}_{bound:g}", name, bound) for name in _VISIBLE for bound in _bounds(int(start[name]), good[name])
    ]
    hidden = [Goal(f"{name}_most", name, good[name], visible=False) for name in _HIDDEN]
    return (*shown, *hidden)


def _bounds(start: int, good: float) -> Iterator[float]:
    if start > good + 1:
        yield (start + int(good)) // 2
    yield good


def reached(goal: Goal, found: Mapping[str, float], text: str, rules: Rules) -> CheckResult:
    """
    The goal's result. Where a visible one falls short, it says which definitions and modules are concerned, and its
    ``lines`` are theirs in the outline, so that the policy sees them as those of a failing check.
    """
    value = found[goal.measure]
    names = culprits(text, goal.measure, rules) if goal.visible and value > goal.bound else []
    said = f"{goal.measure} {value:g} limit {goal.bound:g}: {' '.join(names)}" if names else ""
    return replace(result_of(goal, value, said), lines=_lines(names, outline(text, rules)) if names else ())


def _lines(names: Sequence[str], shown: Outline) -> tuple[int, ...]:
    places = shown.modules | shown.units
    starts = [places[name][0] for name in names if name in places]
    return tuple(sorted({shown.text.count("\n", 0, start) + 1 for start in starts}))
