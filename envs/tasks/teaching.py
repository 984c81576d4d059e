"""
What a category may tell a teacher: which edits lead on in a state. An optional part of a category, beside the contract
in ``envs.tasks.category``::

    teacher = teacher_of(task.category)
    if teacher is not None:
        right = teacher.helpful(task, source, candidates, executor)

Without one, the edits of the reference are all that is known to lead on, and where many answers are as good that is
little.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from core.protocols import Executor
from core.records import Task
from envs.edits.candidate import Candidate
from envs.tasks.registry import category_of


@runtime_checkable
class Teaching(Protocol):
    """A category that can tell, by execution, what leads on."""

    def helpful(self, task: Task, source: str, candidates: Sequence[Candidate], executor: Executor) -> Sequence[int]:
        """
        Indices, ascending, of those of ``candidates`` (of the state ``source``) that are the first step of a shortest
        way to a solved state which an episode can go; none where there is no such way from here. Hidden parts of the
        task may be used: the result is for labels of training samples, never for an observation.

        Raises:
            SandboxError: the sandbox failed.
        """
        ...


def teacher_of(category: str) -> Teaching | None:
    """The category, if it can teach."""
    found = category_of(category)
    return found if isinstance(found, Teaching) else None
