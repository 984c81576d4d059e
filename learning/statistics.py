"""
Intervals for evaluation figures: bootstrap over whole functions, paired differences, executions to reach a fix rate.

Tasks of one function are alike, so a bootstrap over tasks would give intervals that are too narrow. Functions are drawn
instead, with all of their tasks (cluster bootstrap; Davison and Hinkley, "Bootstrap Methods and their Application",
1997, section 3.8). One draw of weights serves every figure of a report, so that differences between agents are paired:
in each resample both see the same functions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.seeding import rng

Floats = NDArray[np.float64]
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval (percentile bootstrap); all three are NaN where nothing could be measured."""

    value: float
    low: float
    high: float

    @property
    def measured(self) -> bool:
        """Whether there is a figure."""
        return not math.isnan(self.value)

    @property
    def apart_from_zero(self) -> bool:
        """Whether the interval leaves zero out: the difference is unlikely to be chance."""
        return self.low > 0.0 or self.high < 0.0


UNMEASURED = Estimate(math.nan, math.nan, math.nan)


@dataclass(frozen=True, slots=True)
class Reach:
    """
    Executions needed until a share of the tasks is fixed; None where the curve never gets there. ``high`` is None where
    more than 2.5 % of the resamples never get there.
    """

    value: int | None
    low: int | None
    high: int | None


class Bootstrap:
    """Resampled cluster weights, drawn once: row r says how often each function counts in resample r."""

    def __init__(self, clusters: Sequence[str], resamples: int = 2000, seed: int = 0) -> None:
        if not clusters:
            raise ValueError("a bootstrap needs at least one observation")
        names, self._index = np.unique(np.asarray(clusters), return_inverse=True)
        self._clusters = len(names)
        even = np.full(self._clusters, 1.0 / self._clusters)
        self._weights = rng(seed, "bootstrap").multinomial(self._clusters, even, size=resamples).astype(np.float64)

    def resampled_means(self, values: Floats) -> Floats:
        """Means of ``values`` (shape [n] or [n, m], one row per observation) in each resample: [R] or [R, m]."""
        rows = np.asarray(values, dtype=np.float64)
        sums = np.zeros((self._clusters, *rows.shape[1:]))
        np.add.at(sums, self._index, rows)
        counts = self._weights @ np.bincount(self._index, minlength=self._clusters)
        return (self._weights @ sums) / (counts if rows.ndim == 1 else counts[:, None])

    def mean(self, values: Floats) -> Estimate:
        """The mean of ``values`` (shape [n]) and its interval."""
        means = self.resampled_means(np.asarray(values, dtype=np.float64))
        low, high = _interval(means)
        return Estimate(float(np.mean(values)), low, high)

    def difference(self, ours: Floats, theirs: Floats) -> Estimate:
        """Mean of ``ours - theirs``, observation by observation (paired)."""
        return self.mean(np.asarray(ours, dtype=np.float64) - np.asarray(theirs, dtype=np.float64))

    def reach(self, fixed_at: Floats, share: float, budget: int) -> Reach:
        """Executions until ``share`` of all observations is fixed. ``fixed_at``: [n], ``inf`` where never."""
        curves = self.resampled_means(fixed_by(fixed_at, budget))
        reached = np.sort(_first_at_least(curves, share))
        tail = (1.0 - LEVEL) / 2.0
        low = reached[int(tail * (len(reached) - 1))]
        high = reached[int(np.ceil((1.0 - tail) * (len(reached) - 1)))]
        value = _first_at_least(fixed_by(fixed_at, budget).mean(axis=0, keepdims=True), share)[0]
        return Reach(*(int(x) if np.isfinite(x) else None for x in (value, low, high)))


def fixed_by(fixed_at: Floats, budget: int) -> Floats:
    """[n, budget] of 0 and 1: whether observation i is fixed after k + 1 executions. NaN (lost) counts as not fixed."""
    at = np.asarray(fixed_at, dtype=np.float64)
    return (at[:, None] <= np.arange(1, budget + 1)[None, :]).astype(np.float64)


def curve(fixed_at: Floats, budget: int) -> Floats:
    """Share fixed after 1 .. ``budget`` executions, shape [budget]."""
    shares: Floats = fixed_by(fixed_at, budget).mean(axis=0)
    return shares


def wilson(successes: int, n: int) -> Estimate:
    """A share of independent trials with Wilson's 95 % score interval (JASA 22, 1927)."""
    if n <= 0:
        raise ValueError("a share needs at least one trial")
    z = 1.959963984540054
    p = successes / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return Estimate(p, float(max(0.0, middle - half)), float(min(1.0, middle + half)))


def _interval(samples: Floats) -> tuple[float, float]:
    tail = (1.0 - LEVEL) / 2.0
    low, high = np.quantile(samples, [tail, 1.0 - tail])
    return float(low), float(high)


def _first_at_least(curves: Floats, share: float) -> Floats:
    """For each row the first column (from 1) at or over ``share``, ``inf`` where there is none."""
    over = curves >= share - 1e-12
    return np.where(over.any(axis=1), over.argmax(axis=1) + 1.0, np.inf)
