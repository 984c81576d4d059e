"""Every run of `make test` tries the same examples; `make test-all` looks for new ones."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from envs.sandbox.lane import FastLane
from envs.tasks.mining.mine import mining_sandbox, replay_sandbox

settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("searching", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


@pytest.fixture(scope="module")
def lanes() -> Iterator[tuple[FastLane, FastLane]]:
    """The two sandboxes of a miner: what is the same in both doesn't depend on hash seed, time zone or date."""
    config = mining_sandbox()
    with FastLane(config) as first, FastLane(replay_sandbox(config)) as second:
        yield first, second
