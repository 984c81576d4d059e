"""The environment as env runners make it: tasks from a file, and the known repairs of every state beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import gymnasium as gym

from core.plugins import resolve


@dataclass(frozen=True, slots=True)
class EnvSettings:
    """``creator`` names a function from these settings to an environment; ``tasks`` is a file that all nodes see."""

    tasks: Path
    creator: str = "bug_fix"
    options: Mapping[str, Any] = field(default_factory=dict)


BUILT_IN = {"bug_fix": "learning.training_env:make_bug_fix"}


def make_training_env(context: Mapping[str, Any]) -> gym.Env[Any, Any]:
    """Called by RLlib in each env runner, once per environment."""
    settings: EnvSettings = context["env"]
    creator = cast(Any, resolve("environment", settings.creator, BUILT_IN))
    made: gym.Env[Any, Any] = creator(settings)
    return made
