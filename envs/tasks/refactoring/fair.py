"""Whether a task can only be solved by what it asks for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from core.errors import EditError
from core.protocols import Executor
from core.records import Goal, Task
from envs.edits.grammar import apply, edit_of
from envs.tasks.lazy import lazy_answers
from envs.tasks.refactoring.catalogue import tempting
from envs.tasks.refactoring.goals import met, missed
from envs.tasks.refactoring.measures import Measures

# Of the edits that drop code: a long function has hundreds.
_MOST = 64


def climbs(goals: Sequence[Goal], path: Sequence[Measures]) -> bool:
    """Whether every step of a way reaches more visible goals than the one before: an episode keeps no other."""
    shown = [met(goals, each) for each in path]
    return all(one < other for one, other in pairwise(shown))


def fair(task: Task, path: Sequence[str], executor: Executor) -> bool:
    """
    Whether no lazy answer solves the task, and no edit that drops code does in the last state but one of ``path``:
    then the checks don't tell what the code is there for. The few that measure well are run.
    """
    suspects = [text for text in lazy_answers(task).values() if _solves(task, text)]
    suspects += [text for text in _shortcuts(path[-2], path[-1]) if _solves(task, text)]
    return not any(executor.run(task.program(text), task.checks).passed for text in suspects)


def _solves(task: Task, text: str) -> bool:
    try:
        return not missed(task, text)
    except (SyntaxError, ValueError, EditError):
        return False


def _shortcuts(before: str, after: str) -> Iterator[str]:
    """What dropping code makes of ``before``, but for ``after`` itself."""
    for proposal in tempting(before)[:_MOST]:
        text = apply(before, edit_of(proposal))
        if text != after:
            yield text
