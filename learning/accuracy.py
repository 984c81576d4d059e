"""How often a policy's first guesses are right: the held-in check of the warm start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.protocols import Scorer
from learning.sample import Sample

_TOPS = (1, 5, 10)


@dataclass(frozen=True, slots=True)
class Accuracy:
    """
    ``top1``, ``top5``, ``top10``: share of samples with a right action among the first that many. ``by_operator``:
    (operator, samples, top1, top10), most frequent first.
    """

    top1: float
    top5: float
    top10: float
    samples: int
    by_operator: tuple[tuple[str, int, float, float], ...] = ()


def measure(scorer: Scorer, samples: Sequence[Sample]) -> Accuracy:
    """Ranks every sample's actions. Ties count against the policy."""
    if not samples:
        return Accuracy(0.0, 0.0, 0.0, 0)
    logits = scorer.logits([sample.observation for sample in samples])
    ranks = np.array([_rank(row, sample) for row, sample in zip(logits, samples, strict=True)])
    top1, top5, top10 = (float((ranks < top).mean()) for top in _TOPS)
    return Accuracy(top1, top5, top10, len(samples), _by_operator(ranks, samples))


def _rank(logits: NDArray[np.float32], sample: Sample) -> int:
    """How many other actions score at least as high as the best right one."""
    best = logits[sample.positives].max()
    return int((logits >= best).sum()) - int((logits[sample.positives] >= best).sum())


def _by_operator(ranks: NDArray[np.int64], samples: Sequence[Sample]) -> tuple[tuple[str, int, float, float], ...]:
    operators = np.array([sample.operator for sample in samples])
    names, counts = np.unique(operators, return_counts=True)
    rows = []
    for place in np.argsort(-counts, kind="stable"):
        of_it = ranks[operators == names[place]]
        rows.append((str(names[place]), int(counts[place]), float((of_it < 1).mean()), float((of_it < 10).mean())))
    return tuple(rows)
