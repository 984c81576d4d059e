"""Finds and reads a configuration: a preset's name or a YAML file, with overrides from the command line."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path

from cluster.runs import PROJECT
from core.config import load
from core.errors import ConfigError
from learning.settings import Settings

PRESETS = PROJECT / "configs"


def presets() -> list[str]:
    """The names of the configurations that come with the project."""
    return sorted(path.stem for path in PRESETS.glob("*.yaml"))


def find_config(name: str) -> Path:
    """
    The file that ``name`` stands for: a path, or a preset (``quick``).

    Raises:
        ConfigError: with the nearest preset, where there is no such file.
    """
    path = Path(name)
    if path.is_file():
        return path
    if path.name == name and (PRESETS / f"{name}.yaml").is_file():
        return PRESETS / f"{name}.yaml"
    near = difflib.get_close_matches(path.stem, presets(), n=1)
    hint = f"Did you mean {near[0]!r}? " if near else ""
    raise ConfigError("no such file or preset", where=name, remedy=f"{hint}Presets: {', '.join(presets())}")


def load_settings(name: str | None, overrides: Sequence[str] = ()) -> Settings:
    """The settings that ``name`` (None: all defaults) and ``overrides`` (``training.batch_size=64``) describe."""
    return load(Settings, find_config(name) if name is not None else None, overrides)
