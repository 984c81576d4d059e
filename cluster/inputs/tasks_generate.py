"""The input of ``journeyman tasks generate``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cluster.inputs.train import DEFAULT_CONFIG
from cluster.settings import load_settings
from core.errors import TaskError
from core.records import Split
from envs.tasks.packages import package, packages_of
from learning.settings import Settings


@dataclass(frozen=True, slots=True)
class GenerateInput:
    """Which ``packages`` to mine for ``seconds``, and where the tasks go."""

    out: Path
    packages: tuple[str, ...]
    split: Split
    seconds: float
    settings: Settings
    address: str


def check(
    *,
    out: Path,
    packages: list[str],
    split: str,
    seconds: float,
    config: str | None,
    overrides: list[str],
    address: str,
) -> GenerateInput:
    """
    The settings and the packages.

    Raises:
        UserError: a setting is wrong, there is no such split, or a package isn't installed.
    """
    settings = load_settings(config or DEFAULT_CONFIG, overrides)
    wanted = find_split(split)
    names = tuple(packages) or packages_of(wanted)
    for name in names:
        package(name)
    return GenerateInput(out, names, wanted, seconds, settings, address)


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
