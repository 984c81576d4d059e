from __future__ import annotations

from dataclasses import replace

import pytest

from core.records import Task
from envs.tasks.mining.record import Harvest
from learning.quota import Quota
from tests.fakes.loud import quiet_task

BOTH = ("bug_fix", "testing")


def harvest(**counts: int) -> Harvest:
    tasks: list[Task] = []
    for category, count in counts.items():
        tasks += [replace(quiet_task(), id=f"{category}{index}", category=category) for index in range(count)]
    return Harvest((), tuple(tasks), {}, 0.0)


def test_without_a_quota_nothing_is_ever_enough() -> None:
    assert Quota().reached([harvest(bug_fix=100, testing=100)], BOTH) == frozenset()
    assert not Quota().met(frozenset(), BOTH)


def test_it_is_met_where_there_is_enough_of_every_category() -> None:
    quota = Quota(enough=2)
    reached = quota.reached([harvest(bug_fix=1), harvest(bug_fix=1, testing=1)], BOTH)
    assert reached == {"bug_fix"}
    assert not quota.met(reached, BOTH)
    assert quota.met(quota.reached([harvest(bug_fix=2, testing=3)], BOTH), BOTH)


@pytest.mark.parametrize(("count", "reached"), [(2, set()), (3, {"testing"})])
def test_a_limit_leaves_bug_fixing_alone_and_never_ends_mining(count: int, reached: set[str]) -> None:
    quota = Quota(most=3)
    found = quota.reached([harvest(bug_fix=count, testing=count)], BOTH)
    assert found == reached
    assert not quota.met(frozenset(BOTH), BOTH)
