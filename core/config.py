"""
The base of every configuration: frozen, refuses unknown keys, reads YAML with ``a.b=c`` overrides.

Each part keeps its own model beside its code; ``cluster/settings.py`` joins them.
"""

from __future__ import annotations

import copy
import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from core.errors import ConfigError

C = TypeVar("C", bound="Config")


class Config(BaseModel):
    """A frozen section of the configuration. Unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


def load(model: type[C], path: Path | None, overrides: Sequence[str] = ()) -> C:
    """
    Reads ``path`` (YAML; None means all defaults), applies ``overrides`` (``training.batch_size=64``), and checks.

    Raises:
        ConfigError: one line that names the file, the key, and the nearest key that exists.
    """
    return parse(model, _read(path) if path else {}, overrides, where=str(path) if path else "command line")


def parse(model: type[C], tree: dict[str, Any], overrides: Sequence[str] = (), *, where: str) -> C:
    """As ``load``, of values that were read elsewhere, at ``where``."""
    tree = copy.deepcopy(tree)
    for override in overrides:
        _apply(tree, override)
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        raise ConfigError(_explain(model, error), where=where) from error


def dump(config: Config) -> str:
    """The configuration as YAML that ``load`` reads back to an equal one."""
    return yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False)


def _read(path: Path) -> dict[str, Any]:
    try:
        tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError("no such file", where=str(path), remedy="See configs/ for the presets") from error
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        raise ConfigError(f"not readable as YAML ({' '.join(str(error).split())})", where=str(path)) from error
    if tree is None:
        return {}
    if not isinstance(tree, dict):
        raise ConfigError(f"expected a mapping at the top, got {type(tree).__name__}", where=str(path))
    return tree


def _apply(tree: dict[str, Any], override: str) -> None:
    key, sign, text = override.partition("=")
    if not sign or not key:
        raise ConfigError(f"override {override!r} is not of the form a.b=c", where="command line")
    *sections, last = key.split(".")
    for section in sections:
        below = tree.setdefault(section, {})
        if not isinstance(below, dict):
            raise ConfigError(f"{section!r} in {override!r} is a value, not a section", where="command line")
        tree = below
    try:
        tree[last] = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"the value in {override!r} is not valid YAML", where="command line") from error


def _explain(model: type[BaseModel], error: ValidationError) -> str:
    first = error.errors()[0]
    location = [str(part) for part in first["loc"]]
    key = ".".join(location)
    if first["type"] != "extra_forbidden":
        return f"{key or 'configuration'}: {first['msg']} (got {first.get('input')!r})"
    known = _fields_at(model, location[:-1])
    near = difflib.get_close_matches(location[-1], known, n=1)
    hint = (
        f"did you mean {'.'.join([*location[:-1], near[0]])!r}?" if near else f"known here: {', '.join(sorted(known))}"
    )
    return f"unknown key {key!r}; {hint}"


def _fields_at(model: type[BaseModel], sections: Sequence[str]) -> Mapping[str, object]:
    for section in sections:
        field = model.model_fields.get(section)
        if field is None:
            return {}
        options = [field.annotation, *get_args(field.annotation)]
        nested = [option for option in options if isinstance(option, type) and issubclass(option, BaseModel)]
        if not nested:
            return {}
        model = nested[0]
    return model.model_fields
