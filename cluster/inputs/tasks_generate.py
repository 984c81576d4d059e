"""The input of ``journeyman tasks generate``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cluster.inputs.train import DEFAULT_CONFIG
from cluster.settings import load_settings
from core.errors import TaskError
from core.records import Split
from envs.tasks.commits.history import is_bare
from envs.tasks.packages import package, packages_of
from envs.tasks.registry import BUILT_IN, category_of
from learning.settings import Settings

ALL = "all"


@dataclass(frozen=True, slots=True)
class GenerateInput:
    """
    Which ``packages`` (names, or paths of repositories) to mine for at most ``seconds``, how many tasks to keep (None:
    all that are found), and where they go. The categories are in ``settings.mining``. ``commits``: how many of each
    repository are looked at.
    """

    out: Path
    packages: tuple[str, ...]
    split: Split
    seconds: float
    count: int | None
    settings: Settings
    address: str
    commits: int = 0

    @property
    def repositories(self) -> tuple[str, ...]:
        """Those of ``packages`` that are paths."""
        return tuple(name for name in self.packages if "/" in name)


def check(
    *,
    out: Path,
    sources: list[str],
    commits: int,
    categories: list[str],
    count: int | None,
    split: str,
    seconds: float,
    config: str | None,
    overrides: list[str],
    address: str,
) -> GenerateInput:
    """
    The settings and what is to be mined.

    Raises:
        UserError: a setting is wrong, there is no such split or category, a package isn't installed or of another
            split, a path holds no Python, ``out`` can't be written, or commits are asked for of what is no repository.
    """
    settings = load_settings(config or DEFAULT_CONFIG, overrides)
    wanted = find_split(split)
    names = packages_of(wanted) if ALL in sources or not sources else tuple(map(_absolute, sources))
    if commits:
        _check_repositories(names)
    for name in names:
        _check_split(name, wanted)
    for category in categories:
        category_of(category)
    if out.is_dir():
        raise TaskError("is a folder", where=str(out), remedy="Give the name of a file: --out tasks.parquet")
    mining = settings.mining.model_copy(update={"categories": tuple(dict.fromkeys(categories or BUILT_IN))})
    settings = settings.model_copy(update={"mining": mining})
    return GenerateInput(out, names, wanted, seconds, count, settings, address, commits)


def _absolute(source: str) -> str:
    """A package's name as it is; a path, also one without a slash where such a folder is, as workers can find it."""
    folder = Path(source).expanduser()
    return str(folder.resolve()) if "/" in source or source in (".", "..") else source


def _check_repositories(names: Sequence[str]) -> None:
    """What makes mining a folder's files impossible, too. A folder without history is no error: it is told later."""
    folders = [Path(name) for name in names if "/" in name]
    if not folders:
        raise TaskError("commits are of repositories", where="--commits", remedy="Give one: --from PATH")
    for folder in folders:
        if folder.is_dir() and is_bare(folder):
            raise TaskError("a bare repository has no files to mine", where=str(folder), remedy="Give a clone of it")


def _check_split(name: str, wanted: Split) -> None:
    found = package(name)
    if found.split is not wanted:
        remedy = f"Give --split {found.split.value}"
        raise TaskError(f"{name!r} serves {found.split.value}, not {wanted.value}", where="--from", remedy=remedy)


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
