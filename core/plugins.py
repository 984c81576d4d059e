"""
Plug-ins are names. Each process resolves them itself, so that no object has to travel to a Ray worker.

A name is a built-in's, an installed package's entry point in the group ``journeyman.<kind>``, or ``module:Object``.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Mapping
from importlib.metadata import entry_points

from core.errors import PluginError


def resolve(kind: str, name: str, built_in: Mapping[str, str]) -> object:
    """
    The object that ``name`` stands for. ``built_in`` maps names to ``module:Object``.

    Raises:
        PluginError: with the names that exist, where nothing answers to ``name`` or it can't be imported.
    """
    if ":" in name:
        return _load(kind, name)
    if name in built_in:
        return _load(kind, built_in[name])
    installed = {point.name: point for point in entry_points(group=f"journeyman.{kind}")}
    if name in installed:
        return _load(kind, installed[name].value)
    known = sorted({*built_in, *installed})
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"Did you mean {near[0]!r}? " if near else ""
    raise PluginError(
        f"no {kind} is called {name!r}", remedy=f"{hint}There are: {', '.join(known)}; or give module:Object"
    )


def _load(kind: str, target: str) -> object:
    module_name, _, attribute = target.partition(":")
    try:
        found: object = importlib.import_module(module_name)
        for part in attribute.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise PluginError(
            f"can't load the {kind} {target!r} ({error})", remedy="Check the spelling and PYTHONPATH"
        ) from error
    return found
