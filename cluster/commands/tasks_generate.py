"""``journeyman tasks generate``: mine tasks into a Parquet file."""

from __future__ import annotations

import math
import os
import sys
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import typer

from cluster.inputs.tasks_generate import GenerateInput
from cluster.progress import progress_for
from cluster.ray_runtime import RayOptions, ray_session
from core.errors import TaskError
from core.progress import Progress
from core.records import Category
from data.store import write_tasks
from envs.tasks.balance import balanced
from learning.mine import Mined, mine
from learning.mine_commits import MinedCommits, mine_commits
from learning.quota import MARGIN, Quota
from learning.train import user_cache

_SHOWN_FAILURES = 5


def run(given: GenerateInput) -> int:
    """Mines until there is enough or time is up; what was mined before comes from the cache."""
    settings = given.settings
    categories = settings.mining.categories
    with ExitStack() as stack:
        progress = progress_for(sys.stderr)
        stack.callback(progress.close)
        started = time.monotonic()
        commits = _of_commits(given, progress)
        left = max(1.0, given.seconds - (time.monotonic() - started))
        stack.enter_context(ray_session(RayOptions(address=given.address)))
        mined = mine(
            settings.mining,
            packages=given.packages,
            split=given.split,
            deadline_s=left,
            cache_dir=_cache(given),
            workers=settings.tasks.workers or len(os.sched_getaffinity(0)),
            progress=progress,
            quota=Quota(None if given.count is None else math.ceil(MARGIN * given.count / len(categories))),
        )
    _tell_losses(mined)
    for line in commits.told:
        typer.echo(line, err=True)
    # What is taken out of a function may be just what a commit had put in.
    found = list({task.id: task for task in (*mined.tasks, *commits.tasks)}.values())
    if not found:
        raise TaskError(
            "no task was found", where=", ".join(given.packages), remedy="Give more --seconds, or other code"
        )
    tasks = found if given.count is None else balanced(found, given.count, settings.mining.seed)
    write_tasks(given.out, tasks)
    counts = Counter(task.category for task in tasks)
    functions = len({(task.module, task.qualname) for task in tasks})
    told = ", ".join(f"{name} {counts[name]}" for name in categories)
    typer.echo(f"{len(tasks)} tasks ({told}) in {functions} functions: {given.out}")
    if given.count is not None and len(tasks) < given.count:
        typer.echo(f"fewer than the {given.count} that were asked for: give more --seconds, or more code", err=True)
    return 0


def _of_commits(given: GenerateInput, progress: Progress) -> MinedCommits:
    """What the repositories' commits give in half of the time, if one of the categories is asked for that they can."""
    if not (given.commits and {Category.BUG_FIX, Category.FEATURE} & set(given.settings.mining.categories)):
        return MinedCommits()
    return mine_commits(
        given.settings.mining,
        homes=given.repositories,
        most=given.commits,
        split=given.split,
        deadline_s=given.seconds / 2,
        cache_dir=_cache(given),
        progress=progress,
    )


def _cache(given: GenerateInput) -> Path:
    return given.settings.tasks.cache or user_cache()


def _tell_losses(mined: Mined) -> None:
    """What was left out, by cause, and the modules that could not be mined."""
    if mined.rejects:
        causes = ", ".join(f"{cause} {count}" for cause, count in mined.rejects.most_common())
        typer.echo(f"functions left out: {causes}", err=True)
    for module, cause in list(mined.failed.items())[:_SHOWN_FAILURES]:
        typer.echo(f"not mined: {module}: {cause}", err=True)
    if len(mined.failed) > _SHOWN_FAILURES:
        typer.echo(f"... and {len(mined.failed) - _SHOWN_FAILURES} modules more that could not be mined", err=True)
