"""The input of ``journeyman train``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cluster.models import find_model
from cluster.runs import CONFIG, find_run, new_run, runs_directory
from cluster.settings import load_settings
from core.config import load
from core.errors import ConfigError, TaskError
from envs.tasks.packages import package
from learning.grammar_meta import grammar_meta
from learning.settings import Settings
from policies.description import read_description
from rewards.component import make_component

DEFAULT_CONFIG = "standard"


@dataclass(frozen=True, slots=True)
class TrainInput:
    """What is to be trained. ``start``: a policy's folder."""

    settings: Settings
    run_dir: Path
    start: Path | None
    address: str
    profile: bool
    dashboard: bool


def check(
    *,
    config: str | None,
    overrides: list[str],
    address: str,
    resume: str | None,
    from_pretrained: str | None,
    runs: Path | None,
    profile: bool,
    dashboard: bool,
) -> TrainInput:
    """
    Settings, directory and start of the run; a new run's directory is made.

    Raises:
        UserError: an option or a setting is wrong, or two options contradict each other.
    """
    folder = runs_directory(runs)
    if resume is not None:
        settings, run_dir, start = *_going_on(resume, overrides, config, from_pretrained, folder), None
    else:
        settings, start = _beginning(config, overrides, from_pretrained, folder)
        run_dir = settings.run_dir or new_run(folder)
    return TrainInput(settings, run_dir, start, address, profile, dashboard)


def _beginning(
    config: str | None, overrides: Sequence[str], from_pretrained: str | None, runs: Path
) -> tuple[Settings, Path | None]:
    settings = load_settings(config or DEFAULT_CONFIG, overrides)
    _names(settings)
    if from_pretrained is None:
        return settings, None
    start = find_model(from_pretrained, runs)
    read_description(start, grammar_meta())
    return settings, start


def _names(settings: Settings) -> None:
    """What the settings name has to be there, or it would be missed after minutes."""
    tasks = settings.tasks
    for file in (tasks.file, tasks.heldout_file):
        if file is not None and not file.is_file():
            raise TaskError("no such file", where=str(file), remedy="`journeyman tasks generate --out FILE` makes one")
    for name in (*(tasks.packages or ()), *(tasks.heldout_packages or ())):
        package(name)
    for name in settings.rewards.weights:
        make_component(name)


def _going_on(
    resume: str, overrides: Sequence[str], config: str | None, from_pretrained: str | None, runs: Path
) -> tuple[Settings, Path]:
    for option, value in (("--config", config), ("--from-pretrained", from_pretrained)):
        if value is not None:
            remedy = "A run goes on with its own configuration; change single values with --set"
            raise ConfigError(f"--resume and {option} exclude each other", where="command line", remedy=remedy)
    found = find_run(resume, runs)
    return load(Settings, found / CONFIG, overrides), found
