"""``journeyman tasks generate``: mine tasks into a Parquet file."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack

import typer

from cluster.inputs.tasks_generate import GenerateInput
from cluster.progress import progress_for
from cluster.ray_runtime import RayOptions, ray_session
from data.store import write_tasks
from learning.mine import mine
from learning.train import user_cache


def run(given: GenerateInput) -> int:
    """Mines for the time given; what was mined before comes from the cache."""
    settings = given.settings
    with ExitStack() as stack:
        progress = progress_for(sys.stderr)
        stack.callback(progress.close)
        stack.enter_context(ray_session(RayOptions(address=given.address)))
        tasks = mine(
            settings.mining,
            packages=given.packages,
            split=given.split,
            deadline_s=given.seconds,
            cache_dir=settings.tasks.cache or user_cache(),
            workers=settings.tasks.workers or len(os.sched_getaffinity(0)),
            progress=progress,
        ).tasks
    write_tasks(given.out, tasks)
    functions = len({(task.module, task.qualname) for task in tasks})
    typer.echo(f"{len(tasks)} tasks in {functions} functions: {given.out}")
    return 0
