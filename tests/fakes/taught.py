"""The category of ``tests.fakes.loud`` with a teacher: taking texts away looks like progress, and is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.protocols import Executor
from core.records import Task
from envs.edits.candidate import Candidate
from tests.fakes.loud import Loud, quiet_task


class Taught(Loud):
    name = f"{__name__}:Taught"

    def helpful(self, task: Task, source: str, candidates: Sequence[Candidate], executor: Executor) -> Sequence[int]:
        """Nothing, once a text is gone."""
        gone = "''" in source
        return [] if gone else [at for at, each in enumerate(candidates) if each.edit.operator == "louder"]


def taught_task() -> Task:
    """The quiet task, as one of this category, with a reference that nobody needs."""
    return replace(quiet_task(), category=Taught.name, reference=())
