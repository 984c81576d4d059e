"""The input of ``journeyman tasks show``: which tasks of which file, looked for where none is named."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import typer

from cluster.runs import runs_directory
from core.errors import TaskError
from core.records import Task
from data.store import read_problems, read_tasks, task_ids

_ID = re.compile(r"[0-9a-f]{1,32}")
_TOLD = 3


@dataclass(frozen=True, slots=True)
class ShowInput:
    """
    A file's ``tasks`` to list, at most ``limit``; or ``task``, the one to show, with what was found to be wrong with
    it. ``found``: the file had to be looked for.
    """

    file: Path
    tasks: tuple[Task, ...]
    task: Task | None
    problems: tuple[str, ...]
    limit: int
    found: bool


def check(*, what: str | None, task: str | None, named: str | None, limit: int, runs: Path | None) -> ShowInput:
    """
    ``what``: a file, or an id (a prefix is enough) where no such file is there. ``task`` and ``named``: an id, given
    behind the file or as an option.

    Raises:
        TaskError: there is no such file or task, or there are several.
    """
    wanted = task or named
    if what is not None and (wanted is not None or _is_file(what)):
        return _of_file(Path(what), wanted, limit)
    wanted = wanted or what
    if not wanted:
        raise TaskError(
            "nothing to show", where="tasks show", remedy="Give a Parquet file of tasks, a task's id, or both"
        )
    return _of_file(*_look_for(wanted, runs_directory(runs)), limit, found=True)


def _is_file(what: str) -> bool:
    return Path(what).exists() or _ID.fullmatch(what) is None


def _of_file(file: Path, wanted: str | None, limit: int, *, found: bool = False) -> ShowInput:
    tasks = tuple(read_tasks(file))
    if wanted is None:
        return ShowInput(file, tasks, None, (), limit, found)
    task = find(tasks, wanted, file)
    return ShowInput(file, tasks, task, read_problems(file).get(task.id, ()), limit, found)


def find(tasks: tuple[Task, ...], prefix: str, file: Path) -> Task:
    """
    The only task whose id begins with ``prefix``.

    Raises:
        TaskError: where there is none, or more than one.
    """
    ids = {task.id: task for task in tasks if task.id.startswith(prefix)}
    if len(ids) == 1:
        return next(iter(ids.values()))
    raise _unclear(prefix, sorted(ids), str(file), "`journeyman tasks show FILE` lists them")


def _look_for(prefix: str, runs: Path) -> tuple[Path, str]:
    """The first file with the task, and its whole id: files of the current folder, then runs, the newest first."""
    places: dict[str, Path] = {}
    files = list(_files(runs))
    for file in files:
        for name in _ids(file):
            if name.startswith(prefix):
                places.setdefault(name, file)
    if len(places) == 1:
        name, file = next(iter(places.items()))
        return file, name
    where = f"{len(files)} Parquet files in the current folder and in {runs}"
    raise _unclear(prefix, sorted(places), where, "Name the file: `journeyman tasks show FILE ID`")


def _files(runs: Path) -> Iterator[Path]:
    yield from sorted(Path().glob("*.parquet"))
    yield from sorted(runs.glob("*/tasks/*.parquet"), key=lambda file: (file.parts[-3], file.name), reverse=True)


def _ids(file: Path) -> tuple[str, ...]:
    try:
        return task_ids(file)
    except TaskError as error:
        typer.echo(f"left out: {error}", err=True)  # what is looked for may be in it
        return ()


def _unclear(prefix: str, ids: list[str], where: str, remedy: str) -> TaskError:
    if not ids:
        return TaskError(f"no task has the id {prefix!r}", where=where, remedy=remedy)
    some = ", ".join(ids[:_TOLD]) + (", ..." if len(ids) > _TOLD else "")
    what = f"{len(ids)} tasks have ids that begin with {prefix!r}: {some}"
    return TaskError(what, where=where, remedy="Give more of the id")
