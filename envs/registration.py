"""
Tells Gymnasium about the environments. Gymnasium (since 1.0) looks for none by itself, so that this module has to be
imported first, or named in the id, which imports it::

    import envs.registration
    gymnasium.make("journeyman/BugFix-v0")

    gymnasium.make("envs.registration:journeyman/BugFix-v0")

It is the one exception to the rule that importing has no effect: in Gymnasium, importing registers.
"""

from __future__ import annotations

import gymnasium as gym

BUG_FIX = "journeyman/BugFix-v0"


def register_all() -> None:
    """Registers every environment that isn't registered yet."""
    if BUG_FIX not in gym.registry:
        gym.register(id=BUG_FIX, entry_point="envs.bug_fix_env:BugFixEnv")


register_all()
