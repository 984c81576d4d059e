from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.statistics import Bootstrap, curve, fixed_by, wilson


def test_mean_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    generator = np.random.default_rng(3)
    covered = 0
    for trial in range(200):
        values = (generator.random(80) < 0.4).astype(float)
        estimate = Bootstrap([str(i) for i in range(80)], 400, trial).mean(values)
        covered += estimate.low <= 0.4 <= estimate.high
    assert 0.87 <= covered / 200 <= 1.0


def test_tasks_of_one_function_widen_the_interval() -> None:
    values = np.repeat(np.arange(20) % 2, 10).astype(float)
    alone = Bootstrap([str(i) for i in range(200)], 1000).mean(values)
    together = Bootstrap([str(i // 10) for i in range(200)], 1000).mean(values)
    assert together.high - together.low > 2 * (alone.high - alone.low)
    assert alone.value == together.value == 0.5


def test_paired_difference_of_equal_agents_is_exactly_zero() -> None:
    values = np.random.default_rng(0).random(50)
    estimate = Bootstrap([str(i // 2) for i in range(50)]).difference(values, values)
    assert (estimate.value, estimate.low, estimate.high) == (0.0, 0.0, 0.0)
    assert not estimate.apart_from_zero


def test_pairing_shows_a_difference_that_unpaired_intervals_hide() -> None:
    generator = np.random.default_rng(1)
    base = generator.random(60)
    better = base + 0.05 + 0.01 * generator.random(60)
    bootstrap = Bootstrap([str(i) for i in range(60)])
    assert bootstrap.difference(better, base).apart_from_zero
    assert bootstrap.mean(base).high > bootstrap.mean(better).low


def test_reach_counts_executions_and_says_when_the_share_is_never_reached() -> None:
    fixed_at = np.array([1.0] * 70 + [5.0] * 10 + [np.inf] * 20)
    bootstrap = Bootstrap([str(i) for i in range(100)])
    assert bootstrap.reach(fixed_at, 0.75, 10).value == 5
    assert bootstrap.reach(fixed_at, 0.95, 10) == bootstrap.reach(np.full(100, np.inf), 0.95, 10)
    assert bootstrap.reach(fixed_at, 0.95, 10).value is None


@given(st.lists(st.one_of(st.integers(1, 30).map(float), st.just(float("inf"))), min_size=1, max_size=40))
def test_a_curve_rises_and_stays_a_share(fixed_at: list[float]) -> None:
    shares = curve(np.array(fixed_at), 20)
    assert np.all(np.diff(shares) >= 0)
    assert np.all((shares >= 0) & (shares <= 1))
    assert shares[-1] == pytest.approx(np.mean(np.array(fixed_at) <= 20))
    assert fixed_by(np.array(fixed_at), 20).shape == (len(fixed_at), 20)


@given(st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_share_and_stays_in_range(case: tuple[int, int]) -> None:
    estimate = wilson(*case)
    assert 0.0 <= estimate.low <= estimate.value + 1e-12
    assert estimate.value - 1e-12 <= estimate.high <= 1.0


def test_nothing_observed_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Bootstrap([])
    with pytest.raises(ValueError, match="at least one"):
        wilson(0, 0)
