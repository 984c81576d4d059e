"""
Tells Gymnasium about the environments. Since Gymnasium 1.0 it has to be imported, by name or in the id itself::

    gymnasium.make("envs.registration:journeyman/BugFix-v0")

Earlier versions call ``register_all`` by themselves where the package is installed. This module is the one exception to
the rule that importing has no effect: it is Gymnasium's convention that importing registers.
"""

from __future__ import annotations

import gymnasium as gym

BUG_FIX = "journeyman/BugFix-v0"


def register_all() -> None:
    """Registers every environment that isn't registered yet."""
    if BUG_FIX not in gym.registry:
        gym.register(id=BUG_FIX, entry_point="envs.bug_fix_env:BugFixEnv")


register_all()
