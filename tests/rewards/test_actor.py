import importlib
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
import ray

from core.records import Trajectory
from rewards.actor import UNSCORED_FAILED, UNSCORED_LATE, RewardPool, RewardWorker, start_actors
from rewards.config import RewardsConfig
from tests.fakes import samples


class Slow:
    name = "slow"

    def calculate(self, trajectory: Trajectory) -> float | None:
        time.sleep(3.0)
        return 1.0


class Broken:
    name = "broken"

    def calculate(self, trajectory: Trajectory) -> float | None:
        raise RuntimeError("no")


class Where:
    name = "where"

    def calculate(self, trajectory: Trajectory) -> float | None:
        return os.getpid() / 2**32


@pytest.fixture(scope="module")
def _ray() -> Iterator[None]:
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()


def _pool(prefix: str, **settings: object) -> tuple[RewardPool, list]:
    config = RewardsConfig.model_validate(settings)
    actors, handles = start_actors(config, prefix)
    return RewardPool(actors, config), handles


class Counted:
    name = "counted"
    calls = 0

    def calculate(self, trajectory: Trajectory) -> float | None:
        Counted.calls += 1
        return 1.0


def test_equal_episodes_are_scored_once_each_under_its_own_id() -> None:
    worker = RewardWorker({"tests.rewards.test_actor:Counted": 1.0})
    first = samples.trajectory("t0")
    slower = replace(first, id="t1", seed=9, steps=tuple(replace(s, seconds=9.0, executed=False) for s in first.steps))
    before = _calls()
    scores = worker.score([first, slower, samples.trajectory("t2", solved=False), first])
    assert [score.trajectory_id for score in scores] == ["t0", "t1", "t2", "t0"]
    assert _calls() - before == 2


def _calls() -> int:
    return importlib.import_module("tests.rewards.test_actor").Counted.calls


@pytest.mark.ray
@pytest.mark.usefixtures("_ray")
class TestRewardPool:
    def test_everything_submitted_is_scored(self) -> None:
        pool, _handles = _pool("all", num_actors=2, batch_size=3)
        for index in range(8):
            pool.submit(samples.trajectory(f"t{index}", solved=index % 2 == 0))
        gathered = pool.gather()
        assert len(gathered.scores) == 8
        assert gathered.scores["t0"].total == 1.0
        assert gathered.scores["t1"].total < 0.5
        assert not gathered.unscored
        assert not pool.gather().scores

    def test_waiting_has_a_bound(self) -> None:
        pool, _handles = _pool("late", weights={"tests.rewards.test_actor:Slow": 1.0})
        pool.submit(samples.trajectory("t0"))
        begun = time.monotonic()
        assert pool.gather(0.2).causes() == {UNSCORED_LATE: 1}
        assert time.monotonic() - begun < 2.0

    def test_a_broken_component_costs_its_batch_only(self) -> None:
        pool, _handles = _pool("broken", weights={"tests.rewards.test_actor:Broken": 1.0})
        pool.submit(samples.trajectory("t0"))
        assert pool.gather().causes() == {UNSCORED_FAILED: 1}

    def test_a_killed_actor_comes_back_and_its_batch_is_tried_again(self) -> None:
        pool, _handles = _pool("killed", weights={"tests.rewards.test_actor:Where": 1.0})
        pool.submit(samples.trajectory("t0"))
        victim = round(pool.gather().scores["t0"].total * 2**32)
        os.kill(victim, signal.SIGKILL)
        pool.submit(samples.trajectory("t1"))
        gathered = pool.gather(30.0)
        assert round(gathered.scores["t1"].total * 2**32) != victim
