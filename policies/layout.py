"""
How a batch of functions of mixed lengths is laid out without padding.

All tokens of a batch stand in one packed row, longest function first. Everything that works token by token runs on
that row; attention runs on *buckets*, neighbours of similar length padded to the longest of them. Padding to the
longest of the whole batch costs twice as much (docs/log.md).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Ints = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Bucket:
    """
    b functions padded to t tokens. Attributes:
        index: [b, t] positions in the packed row; padding repeats the function's last token.
        keep: [b, t] bool, False at padding.
        packed: [sum of lengths] positions in the flattened [b * t] of the tokens that count.
    """

    index: Tensor
    keep: Tensor
    packed: Tensor
    full: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """
    Attributes (B functions, N tokens in all, M candidates in all):
        rows, cols: [N] function and position of each packed token.
        offsets: [B] where each function starts in the packed row.
        counts: [B] its number of tokens.
        candidate_rows, candidate_cols: [M] function and index of each packed candidate.
        buckets: cover the packed row in order.
    """

    rows: Tensor
    cols: Tensor
    offsets: Tensor
    counts: Tensor
    candidate_rows: Tensor
    candidate_cols: Tensor
    buckets: tuple[Bucket, ...]


def lay_out(
    lengths: Tensor, max_tokens: int, max_candidates: int, smallest_bucket: int, device: torch.device
) -> Layout:
    """
    The layout, on ``device``, of a batch with ``lengths`` [B, 2] (tokens, candidates), which are best left on the CPU:
    shapes depend on them, and asking a GPU for them would wait for all that it still has to do. A function of length 0
    counts as one padding token, so that the dummy batches that frameworks probe a model with pass through.
    """
    sizes = lengths.detach().cpu().numpy()
    counts = np.clip(sizes[:, 0], 1, max_tokens).astype(np.int64)
    candidates = np.clip(sizes[:, 1], 0, max_candidates).astype(np.int64)
    order = np.argsort(-counts, kind="stable")
    starts = np.zeros(len(order), np.int64)
    starts[order] = np.cumsum(counts[order]) - counts[order]
    rows = np.repeat(order, counts[order])
    cand_rows = np.repeat(np.arange(len(counts)), candidates)
    first = np.cumsum(candidates) - candidates

    def put(array: Ints) -> Tensor:
        return torch.from_numpy(array).to(device, non_blocking=True)

    buckets = [
        _bucket(starts[order[low:high]], counts[order[low:high]], put)
        for low, high in _cuts(counts[order], smallest_bucket)
    ]
    return Layout(
        rows=put(rows),
        cols=put(np.arange(len(rows)) - starts[rows]),
        offsets=put(starts),
        counts=put(counts),
        candidate_rows=put(cand_rows),
        candidate_cols=put(np.arange(len(cand_rows)) - first[cand_rows]),
        buckets=tuple(buckets),
    )


def _cuts(descending: Ints, smallest: int) -> list[tuple[int, int]]:
    """Splits lengths into runs whose shortest is at least 3/4 of the longest, unless the run would be too small."""
    cuts, low = [], 0
    for position in range(1, len(descending) + 1):
        at_end = position == len(descending)
        far = not at_end and descending[position] < 0.75 * descending[low] - 4
        if at_end or (far and position - low >= smallest and len(descending) - position >= smallest):
            cuts.append((low, position))
            low = position
    return cuts


def _bucket(starts: Ints, counts: Ints, put: Callable[[Ints], Tensor]) -> Bucket:
    steps = np.arange(int(counts[0]))[None, :]
    keep = steps < counts[:, None]
    index = starts[:, None] + np.minimum(steps, counts[:, None] - 1)
    return Bucket(put(index), put(keep), put(np.flatnonzero(keep)), bool(keep.all()))
