"""Random observations of the agreed shape, trimmed, for tests that need no code."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.observation import CANDIDATE_EVIDENCE, EVIDENCE, FIRST_EDIT, RELATIONS, STATE, SUBTOKENS


def random_observation(
    rng: np.random.Generator, tokens: int, candidates: int, *, kinds: int = 30, vocab: int = 500
) -> dict[str, NDArray[np.generic]]:
    starts = rng.integers(0, tokens, candidates)
    return {
        "tokens": rng.integers(0, vocab, (tokens, SUBTOKENS)).astype(np.int32),
        "node": rng.integers(1, 60, tokens).astype(np.int16),
        "relations": rng.integers(-1, tokens, (tokens, len(RELATIONS))).astype(np.int16),
        "evidence": rng.random((tokens, len(EVIDENCE))).astype(np.float32),
        "cand_kind": rng.integers(1, kinds, candidates).astype(np.int16),
        "cand_start": starts.astype(np.int16),
        "cand_end": np.minimum(starts + rng.integers(0, 5, candidates), tokens - 1).astype(np.int16),
        "cand_ref": rng.integers(-1, tokens, candidates).astype(np.int16),
        "cand_tokens": rng.integers(0, vocab, (candidates, SUBTOKENS)).astype(np.int32),
        "cand_evidence": rng.random((candidates, len(CANDIDATE_EVIDENCE))).astype(np.float32),
        "state": rng.random(len(STATE)).astype(np.float32),
        "category": np.zeros(1, np.int64),
        "lengths": np.array([tokens, candidates], np.int32),
        "action_mask": (rng.random(FIRST_EDIT + candidates) < 0.9).astype(np.int8),
    }


def padded(
    observation: dict[str, NDArray[np.generic]], max_tokens: int, max_candidates: int
) -> dict[str, NDArray[np.generic]]:
    """The same observation padded the way that an environment pads it."""
    per_token = {"tokens", "node", "relations", "evidence"}
    out = {}
    for name, array in observation.items():
        if name in per_token:
            size = max_tokens
        elif name.startswith("cand_"):
            size = max_candidates
        elif name == "action_mask":
            size = FIRST_EDIT + max_candidates
        else:
            out[name] = array
            continue
        whole = np.full((size, *array.shape[1:]), -1 if name in ("relations", "cand_ref") else 0, array.dtype)
        whole[: len(array)] = array
        out[name] = whole
    return out
