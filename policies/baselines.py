"""What the trained policy is compared with: no knowledge at all, and the tests' suspicion alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.observation import EVIDENCE, FIRST_EDIT, UNDO
from core.protocols import Observation
from core.seeding import digest, rng

_SUSPICIOUSNESS = EVIDENCE.index("suspiciousness")


class UniformScorer:
    """
    A random order over the candidates. An observation is always scored alike under one seed, so that runs repeat;
    another state, or the same one after another try, is shuffled anew.
    """

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def logits(self, observations: Sequence[Observation]) -> list[NDArray[np.float32]]:
        """Random logits in [0, 1); undo and masked actions as ``_guarded`` says."""
        return [_guarded(self._noise(one), one) for one in observations]

    def _noise(self, observation: Observation) -> NDArray[np.float32]:
        state = digest(*(observation[name].tobytes() for name in ("tokens", "cand_tokens", "action_mask")))
        return rng(self.seed, state).random(len(observation["action_mask"]), dtype=np.float32)


class SuspiciousnessScorer:
    """Orders candidates by Ochiai of the lines that they touch, the most suspicious first; ties at random."""

    def __init__(self, seed: int = 0) -> None:
        self.ties = UniformScorer(seed)

    def logits(self, observations: Sequence[Observation]) -> list[NDArray[np.float32]]:
        """Suspiciousness in [0, 1], times 1000 so that a random part in [0, 1) only breaks ties."""
        shuffled = self.ties.logits(observations)
        return [base + 1000 * _suspicion(one) for base, one in zip(shuffled, observations, strict=True)]


def _suspicion(observation: Observation) -> NDArray[np.float32]:
    suspicion = np.zeros(len(observation["action_mask"]), np.float32)
    count = int(observation["lengths"][1])
    of_token = observation["evidence"][:, _SUSPICIOUSNESS]
    starts, ends = observation["cand_start"][:count], observation["cand_end"][:count]
    suspicion[FIRST_EDIT : FIRST_EDIT + count] = np.maximum(of_token[starts], of_token[ends])
    return suspicion


def _guarded(logits: NDArray[np.float32], observation: Observation) -> NDArray[np.float32]:
    """Undo comes last (a baseline that throws away what helped would be a straw man); masked actions are -inf."""
    logits = logits.copy()
    logits[UNDO] -= 1e6
    logits[observation["action_mask"] == 0] = -np.inf
    return logits
