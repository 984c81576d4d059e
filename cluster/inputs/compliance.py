"""What ``journeyman compliance`` was asked for, checked."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field

from core.compliance.limits import ComplianceLimits
from core.config import Config, load, parse
from core.errors import ConfigError, TaskError

_PROJECT = "pyproject.toml"


class ComplianceRules(Config):
    """
    Attributes:
        limits: What code should keep to.
        exclude: Patterns of paths, relative to the path that is judged, that are left out.
        min_score: Where the score is less, the exit code is 1; 0 for never.
    """

    limits: ComplianceLimits = ComplianceLimits()
    exclude: tuple[str, ...] = ()
    min_score: float = Field(default=0.0, ge=0, le=100)


@dataclass(frozen=True, slots=True)
class ComplianceInput:
    """``coverage``: per cent by path relative to ``path``; empty: none was given. ``shown``: files in the table."""

    path: Path
    rules: ComplianceRules
    coverage: Mapping[str, float]
    shown: int
    json_output: bool


def check(
    *,
    path: Path,
    config: Path | None,
    overrides: Sequence[str],
    exclude: Sequence[str],
    min_score: float | None,
    coverage: Path | None,
    limit: int,
    json_output: bool,
) -> ComplianceInput:
    """
    The rules: of ``config``, or of ``[tool.journeyman.compliance]`` in the nearest ``pyproject.toml`` at or above the
    path, or the defaults; then what the command line says.

    Raises:
        UserError: the path, the rules or the coverage can't be read.
    """
    if not path.exists():
        raise TaskError("no such file or folder", where=str(path))
    path = path.resolve()
    rules = load(ComplianceRules, config, overrides) if config else _of_project(path, overrides)
    given = {"exclude": (*rules.exclude, *exclude)} | ({} if min_score is None else {"min_score": min_score})
    root = path if path.is_dir() else path.parent
    measured = {} if coverage is None else _coverage(coverage, root)
    return ComplianceInput(path, rules.model_copy(update=given), measured, limit, json_output)


def _of_project(path: Path, overrides: Sequence[str]) -> ComplianceRules:
    for folder in (path, *path.parents):
        file = folder / _PROJECT
        if file.is_file():
            return parse(ComplianceRules, _section(file), overrides, where=f"{file} [tool.journeyman.compliance]")
    return parse(ComplianceRules, {}, overrides, where="command line")


def _section(file: Path) -> dict[str, Any]:
    try:
        tree = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise ConfigError(f"not readable as TOML ({error})", where=str(file)) from error
    section = tree.get("tool", {}).get("journeyman", {}).get("compliance", {})
    if not isinstance(section, dict):
        raise ConfigError("tool.journeyman.compliance: expected a table", where=str(file))
    return section


def _coverage(file: Path, root: Path) -> dict[str, float]:
    """What ``coverage json`` wrote: per cent by path relative to ``root``. Paths in it are relative to its folder."""
    try:
        files = json.loads(file.read_text(encoding="utf-8"))["files"]
        shares = {name: float(each["summary"]["percent_covered"]) for name, each in files.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        remedy = "Make it with `coverage json`"
        raise TaskError(f"not a coverage report ({error})", where=str(file), remedy=remedy) from error
    places = {(file.resolve().parent / name).resolve(): share for name, share in shares.items()}
    return {place.relative_to(root).as_posix(): share for place, share in places.items() if place.is_relative_to(root)}
