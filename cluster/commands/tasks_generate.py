"""``journeyman tasks generate``: mine tasks into a Parquet file."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from pathlib import Path

import typer

from cluster.commands.train import DEFAULT_CONFIG
from cluster.progress import progress_for
from cluster.ray_runtime import RayOptions, ray_session
from cluster.settings import load_settings
from core.errors import TaskError
from core.records import Split
from data.store import write_tasks
from envs.tasks.packages import package, packages_of
from learning.mine import mine_tasks
from learning.train import user_cache


def run(
    *,
    out: Path,
    packages: list[str],
    split: str,
    seconds: float,
    config: str | None,
    overrides: list[str],
    address: str,
) -> int:
    """Mines for ``seconds``; what was mined before comes from the cache."""
    settings = load_settings(config or DEFAULT_CONFIG, overrides)
    wanted = find_split(split)
    names = tuple(packages) or packages_of(wanted)
    for name in names:
        package(name)  # raises where it isn't installed, before anything starts
    with ExitStack() as stack:
        progress = progress_for(sys.stderr)
        stack.callback(progress.close)
        stack.enter_context(ray_session(RayOptions(address=address)))
        tasks = mine_tasks(
            settings.mining,
            packages=names,
            split=wanted,
            deadline_s=seconds,
            cache_dir=settings.tasks.cache or user_cache(),
            workers=settings.tasks.workers or len(os.sched_getaffinity(0)),
            progress=progress,
        )
    write_tasks(out, tasks)
    functions = len({(task.module, task.qualname) for task in tasks})
    typer.echo(f"{len(tasks)} tasks in {functions} functions: {out}")
    return 0


def find_split(name: str) -> Split:
    """
    The split called ``name``.

    Raises:
        TaskError: there is none.
    """
    try:
        return Split(name)
    except ValueError as error:
        known = ", ".join(split.value for split in Split)
        raise TaskError(f"no split is called {name!r}", remedy=f"There are: {known}") from error
