"""
States of a task as the encoder takes them, and what they show: the same for every category.

Bug fixing has the grammar's own way, which lists thousands of candidates fast; the others propose tens to hundreds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.observation import ObservationLimits
from core.records import Category, CheckResult, Goal, Outcome, Task, Verdict
from envs.edits.candidate import Candidate, Proposal
from envs.edits.grammar import apply, edit_of
from envs.edits.reparse import Reparsed
from envs.tasks.registry import category_of, kind_ids

_MOST = ObservationLimits().max_candidates


@dataclass(frozen=True, slots=True)
class TaskView:
    """Implements ``envs.encoding.encode.Shown`` for a task."""

    task: Task

    @property
    def key(self) -> str:
        """What is proposed may depend on all of a task."""
        return self.task.id

    def text(self, source: str) -> str:
        """See ``TaskCategory.view``."""
        return category_of(self.task.category).view(self.task, source)

    def candidates(self, source: str) -> Sequence[Candidate]:
        """See ``candidates_of``."""
        return candidates_of(self.task, source)


def shown(task: Task) -> TaskView | None:
    """What an encoder is told of the task; None where it is the grammar's own."""
    return None if task.category == Category.BUG_FIX else TaskView(task)


def candidates_of(task: Task, source: str, limit: int = _MOST) -> list[Candidate]:
    """
    What the task's category proposes in a state: each parses, changes the text, and differs from all before it; at
    most ``limit``, evenly thinned out.
    """
    ids = kind_ids(task.category)
    seen, reparsed = {source}, Reparsed(source)
    kept: list[Proposal] = []
    for proposal in category_of(task.category).propose(task, source):
        edit = edit_of(proposal)
        text = apply(source, edit)
        if text not in seen and reparsed.parses(edit):
            seen.add(text)
            kept.append(proposal)
    every = [kept[index * len(kept) // limit] for index in range(limit)] if len(kept) > limit else kept
    return [Candidate(edit_of(each), ids[each.kind], each.anchor, each.text, each.ref) for each in every]


def judged(verdict: Verdict, task: Task, reached: Sequence[CheckResult]) -> Verdict:
    """``verdict`` of the task's checks, with the results of its goals behind them."""
    if [result.check_id for result in reached] != [goal.id for goal in task.goals]:
        raise ValueError("one result for each goal of the task, in their order, expected")
    return Verdict((*verdict.results, *reached), verdict.cpu_s, verdict.tier, verdict.limit, verdict.error)


def result_of(goal: Goal, value: float, detail: str = "") -> CheckResult:
    """What a goal's measure gave. ``detail``: in words, where it fell short (default: the measure and both numbers)."""
    if value <= goal.bound:
        return CheckResult(goal.id, Outcome.PASSED)
    return CheckResult(goal.id, Outcome.FAILED, detail=detail or f"{goal.measure} {value:g} limit {goal.bound:g}")


def unreadable(task: Task, error: str) -> Verdict:
    """The verdict of a state that is no Python."""
    ids = (*(check.id for check in task.checks), *(goal.id for goal in task.goals))
    missing = [CheckResult(each, Outcome.MISSING) for each in ids]
    return Verdict(tuple(missing), 0.0, "", error=error)
