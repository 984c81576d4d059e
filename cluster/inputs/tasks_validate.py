"""The input of ``journeyman tasks validate``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import TaskError
from core.records import Task
from data.store import read_problems, read_tasks


@dataclass(frozen=True, slots=True)
class ValidateInput:
    """
    The ``tasks`` to check, all of a file or some, evenly spread. ``quarantine``: where those go that don't hold, beside
    ``held``, the tasks that are there already, with ``causes``, what is wrong with them by id. ``keep``: where those go
    that hold. ``paths``: folders of repositories that the tasks are of.
    """

    tasks: tuple[Task, ...]
    quarantine: Path | None
    keep: Path | None
    held: tuple[Task, ...]
    causes: dict[str, tuple[str, ...]]
    paths: tuple[Path, ...]
    json_output: bool


def check(
    *,
    file: Path,
    limit: int | None,
    quarantine: Path | None,
    keep: Path | None,
    paths: Sequence[Path],
    json_output: bool,
) -> ValidateInput:
    """
    What is to be checked.

    Raises:
        TaskError: a file can't be read; what is to be written would overwrite tasks or leave some out.
    """
    tasks = read_tasks(file)
    count = len(tasks) if limit is None else min(limit, len(tasks))
    chosen = tuple(tasks[index * len(tasks) // count] for index in range(count))
    _check_keep(keep, file, quarantine, limit)
    held: tuple[Task, ...] = ()
    causes: dict[str, tuple[str, ...]] = {}
    if quarantine is not None:
        _check_target(quarantine, file, "--quarantine")
        if quarantine.exists():
            held, causes = tuple(read_tasks(quarantine)), read_problems(quarantine)
    return ValidateInput(chosen, quarantine, keep, held, causes, tuple(paths), json_output)


def _check_keep(keep: Path | None, file: Path, quarantine: Path | None, limit: int | None) -> None:
    if keep is None:
        return
    if quarantine is None:
        raise TaskError(
            "tasks that don't hold would be left out of it", where="--keep", remedy="Give --quarantine, too"
        )
    if limit is not None:
        raise TaskError("with --limit, most tasks would be in neither file", where="--keep", remedy="Check all of them")
    _check_target(keep, file, "--keep")
    if keep.resolve() == quarantine.resolve():
        raise TaskError(f"{keep} is the quarantine", where="--keep", remedy="Give another name")
    if keep.exists():
        raise TaskError(f"{keep} is there already", where="--keep", remedy="Give another name, or move it away")


def _check_target(path: Path, file: Path, option: str) -> None:
    if path.is_dir():
        raise TaskError(f"{path} is a folder", where=option, remedy="Give the name of a Parquet file")
    if path.exists() and path.samefile(file):
        raise TaskError(f"{path} is the file that is checked", where=option, remedy="Give another name")
