"""Gymnasium spaces of ``core.observation``'s arrays."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np

from core.observation import MAX_KINDS, NODE_TYPES, ObservationLimits, array_shapes
from core.records import CATEGORIES


def observation_space(limits: ObservationLimits, vocab_size: int) -> Any:
    """A ``Dict`` of one ``Box`` per array, with the bounds that the arrays keep."""
    t, c = limits.max_tokens, limits.max_candidates
    bounds: dict[str, tuple[float, float]] = {
        "tokens": (0, vocab_size - 1),
        "node": (0, NODE_TYPES - 1),
        "relations": (-1, t - 1),
        "evidence": (0, 1),
        "cand_kind": (0, MAX_KINDS),
        "cand_start": (0, t - 1),
        "cand_end": (0, t - 1),
        "cand_ref": (-1, t - 1),
        "cand_tokens": (0, vocab_size - 1),
        "cand_evidence": (0, 1),
        "state": (0, 1),
        "category": (0, len(CATEGORIES) - 1),
        "lengths": (0, max(t, c)),
        "action_mask": (0, 1),
    }
    shapes = array_shapes(limits)
    return gym.spaces.Dict({name: _box(*bounds[name], *shapes[name]) for name in shapes})


def action_space(limits: ObservationLimits) -> Any:
    """Submit, undo, and the candidates."""
    return gym.spaces.Discrete(limits.actions)


def _box(low: float, high: float, shape: tuple[int, ...], dtype: type[np.generic]) -> Any:
    return gym.spaces.Box(low, high, shape, dtype)
