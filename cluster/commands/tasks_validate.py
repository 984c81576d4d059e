"""``journeyman tasks validate``: exit code 0 where every task holds, 1 where one doesn't."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import typer

from cluster.progress import progress_for
from core.progress import Progress
from core.records import Task
from data.store import read_tasks
from envs.sandbox.config import SandboxConfig
from envs.sandbox.lane import FastLane
from envs.tasks.packages import package
from envs.tasks.validate import validate

# What holds has to hold in processes that differ in these.
CIRCUMSTANCES = (SandboxConfig(hash_seed=0, timezone="UTC"), SandboxConfig(hash_seed=4021, timezone="Asia/Kolkata"))


def run(*, file: Path, limit: int | None, paths: Sequence[Path], json_output: bool) -> int:
    """Prints what is wrong with which task, then how many were checked."""
    tasks = read_tasks(file)
    count = len(tasks) if limit is None else min(limit, len(tasks))
    chosen = [tasks[index * len(tasks) // count] for index in range(count)]
    with ExitStack() as stack:
        progress = progress_for(sys.stderr)
        stack.callback(progress.close)
        found = [package(f"{folder}/") for folder in paths]
        broken = check(chosen, progress, tuple(path for source in found for path in source.paths))
    if json_output:
        told = [{"id": task.id, "problems": problems} for task, problems in broken]
        typer.echo(json.dumps({"checked": count, "broken": told}, indent=2))
    else:
        for task, problems in broken:
            typer.echo(f"{task.id}  {task.module}.{task.qualname}: {'; '.join(problems)}")
        typer.echo(f"{count - len(broken)} of {count} tasks hold")
    return int(bool(broken))


def check(tasks: Sequence[Task], progress: Progress, paths: tuple[str, ...] = ()) -> list[tuple[Task, list[str]]]:
    """The tasks that don't hold, each with what is wrong, in their order. ``paths``: see ``SandboxConfig``."""
    broken = []
    with ExitStack() as stack:
        configs = [config.model_copy(update={"paths": paths}) for config in CIRCUMSTANCES]
        lanes = [stack.enter_context(FastLane(config)) for config in configs]
        stage = stack.enter_context(progress.stage("validate", len(tasks), "tasks"))
        for task in tasks:
            problems = validate(task, lanes)
            if problems:
                broken.append((task, problems))
            stage.advance(broken=len(broken))
    return broken
