"""Observations (numpy, each trimmed or padded as it likes) to one batch of tensors, and back to ranked actions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.observation import FIRST_EDIT, PER_CANDIDATE, PER_TOKEN
from core.protocols import Array, Observation

_FILL = {"relations": -1, "cand_ref": -1}


def collate(observations: Sequence[Observation]) -> dict[str, Tensor]:
    """Stacks observations, cut to the longest of them."""
    return tensors(stack(observations))


def tensors(batch: Mapping[str, Array]) -> dict[str, Tensor]:
    """The same memory as tensors."""
    return {name: torch.from_numpy(array) for name, array in batch.items()}


def stack(observations: Sequence[Observation]) -> dict[str, Array]:
    """As ``collate``, without tensors: arrays travel between processes by pipe, wherever shared memory is scarce."""
    sizes = np.stack([np.asarray(observation["lengths"]) for observation in observations])
    tokens, candidates = int(max(1, sizes[:, 0].max())), int(sizes[:, 1].max())
    batch = {name: _stack(observations, name, tokens) for name in PER_TOKEN}
    batch |= {name: _stack(observations, name, candidates) for name in PER_CANDIDATE}
    batch["action_mask"] = _stack(observations, "action_mask", FIRST_EDIT + candidates)
    for name in ("state", "category", "lengths"):
        batch[name] = np.stack([np.asarray(observation[name]) for observation in observations])
    return batch


def _stack(observations: Sequence[Observation], name: str, size: int) -> Array:
    first = observations[0][name]
    stacked = np.full((len(observations), size, *first.shape[1:]), _FILL.get(name, 0), first.dtype)
    for row, observation in zip(stacked, observations, strict=True):
        array = observation[name][:size]
        row[: len(array)] = array
    return stacked


def stack_positives(positives: Sequence[NDArray[np.integer[Any]]], actions: int) -> NDArray[np.bool_]:
    """Lists of right actions to a mask [B, ``actions``]."""
    mask = np.zeros((len(positives), actions), np.bool_)
    for row, right in zip(mask, positives, strict=True):
        row[right] = True
    return mask


def collate_positives(positives: Sequence[NDArray[np.integer[Any]]], actions: int) -> Tensor:
    """As ``stack_positives``, as a tensor."""
    return torch.from_numpy(stack_positives(positives, actions))


def to_device(batch: Mapping[str, Tensor], device: torch.device) -> dict[str, Tensor]:
    """The batch on ``device``; lengths stay, for shapes are worked out on the CPU."""
    return {n: tensor if n == "lengths" else tensor.to(device, non_blocking=True) for n, tensor in batch.items()}
