"""A task category whose judging fails in the ways that a task's statement names; and code that asks for the date."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

from core.errors import SandboxError
from core.protocols import Executor
from core.records import Task, Verdict
from envs.edits.candidate import Proposal
from envs.tasks.category import Bench, Material


def years(since: int) -> int:
    passed = time.localtime().tm_year - since
    return passed


class Frail:
    name = f"{__name__}:Frail"
    version = 1
    kinds = ()
    compares = False

    def generate(self, material: Material, bench: Bench) -> list[Task]:
        return []

    def propose(self, task: Task, source: str) -> Sequence[Proposal]:
        return []

    def view(self, task: Task, source: str) -> str:
        return source

    def verify(self, task: Task, source: str, executor: Executor) -> Verdict:
        if task.statement == "die":
            os._exit(3)
        if task.statement == "lane":
            raise SandboxError("twice in a row: the zygote is gone")
        raise ValueError(task.statement)

    def lazy(self, task: Task) -> Sequence[str]:
        return []
