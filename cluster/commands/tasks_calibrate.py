"""``journeyman tasks calibrate``: measure how hard the tasks of a file are."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import typer

from cluster.models import find_model
from cluster.progress import progress_for
from cluster.ray_runtime import RayOptions, ray_session
from cluster.runs import runs_directory
from data.store import read_tasks, write_tasks
from envs.tasks.difficulty import LEVELS
from envs.tasks.packages import package
from learning.calibrate import calibrate
from learning.scorers import NETWORK, ScorerSpec


def run(
    *,
    file: Path,
    out: Path | None,
    model: str | None,
    attempts: int,
    paths: Sequence[Path],
    address: str,
    runs: Path | None,
) -> int:
    """Writes the tasks back, or to ``out``, with the difficulties that were measured."""
    tasks = read_tasks(file)
    policy = None if model is None else ScorerSpec(NETWORK, str(find_model(model, runs_directory(runs))))
    extra = tuple(path for folder in paths for path in package(f"{folder}/").paths)
    with ExitStack() as stack:
        progress = progress_for(sys.stderr)
        stack.callback(progress.close)
        stack.enter_context(ray_session(RayOptions(address=address)))
        workers = len(os.sched_getaffinity(0))
        found = calibrate(tasks, policy, attempts=attempts, workers=workers, progress=progress, paths=extra)
    write_tasks(out or file, found)
    before, after = (Counter(task.difficulty for task in each) for each in (tasks, found))
    for name, _ in LEVELS:
        typer.echo(f"{name}: {after[name]} (was {before[name]})")
    return 0
