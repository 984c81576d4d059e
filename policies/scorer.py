"""The network as a ``core.protocols.Scorer``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from core.protocols import Observation
from policies.batch import collate, to_device
from policies.network import MASKED, RepairNetwork

TOKENS_PER_BATCH = 16_384


class NetworkScorer:
    """Scores with a trained network, batches cut by size so that memory stays bounded."""

    def __init__(self, network: RepairNetwork, device: str = "cpu") -> None:
        self.device = torch.device(device)
        self.network = network.to(self.device).eval()

    def logits(self, observations: Sequence[Observation]) -> list[NDArray[np.float32]]:
        """One array [actions] per observation; masked actions are ``-inf``."""
        found: list[NDArray[np.float32]] = []
        for part in _parts(observations):
            with torch.inference_mode():
                logits, _ = self.network(to_device(collate(part), self.device))
            found += [_unpad(row, one) for row, one in zip(logits.cpu().numpy(), part, strict=True)]
        return found


def _parts(observations: Sequence[Observation]) -> Iterator[list[Observation]]:
    part: list[Observation] = []
    tokens = 0
    for observation in observations:
        size = int(observation["lengths"].sum())
        if part and tokens + size > TOKENS_PER_BATCH:
            yield part
            part, tokens = [], 0
        part.append(observation)
        tokens += size
    if part:
        yield part


def _unpad(row: NDArray[np.float32], observation: Observation) -> NDArray[np.float32]:
    """The row at the length of the observation's own action mask."""
    logits = np.full(len(observation["action_mask"]), -np.inf, np.float32)
    size = min(len(row), len(logits))
    logits[:size] = np.where(row[:size] > MASKED, row[:size], -np.inf)
    return logits
