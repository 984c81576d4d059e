"""Another day's date, as sandboxed code sees it."""

import json
import pickle
import time
from datetime import date
from typing import Any

import pytest

from core.records import Check, Outcome, Program
from envs.sandbox.config import SandboxConfig
from envs.sandbox.lane import FastLane

DAY = 86_400
SLACK_S = 10.0


def clocks(lane: FastLane) -> dict[str, Any]:
    reply = lane.call("tests.fakes.sandbox_jobs:clocks", b"")
    assert reply.data is not None, reply
    told: dict[str, Any] = json.loads(reply.data)
    return told


@pytest.mark.parametrize("days", [0, 1613, -400])
def test_every_clock_tells_the_other_date_and_goes_on(days: int) -> None:
    with FastLane(SandboxConfig(days=days)) as lane:
        before = time.time()
        first = clocks(lane)
        time.sleep(1.1)
        second = clocks(lane)
        after = time.time()
    for told in (first, second):
        assert all(before - 2 <= seconds - days * DAY <= after + 1 for seconds in told["seconds"]), told
        assert all(abs(day - date.today().toordinal() - days) <= 1 for day in told["days"])
        assert told["epoch"] == "Thu Jan  1 00:00:00 1970"
        assert abs(told["steady"] - time.monotonic()) < SLACK_S
        assert told["loaded"] == (["time_machine"] if days else [])
    # Each child is a fork of its own; none may begin with the time at which the first one began.
    assert all(b - a >= 1 for a, b in zip(first["seconds"], second["seconds"], strict=True))


def test_another_date_leaves_the_limits_alone() -> None:
    checks = [Check(f"c{at}", pickle.dumps(((text,), {})), b"") for at, text in enumerate(("hang", "a"))]
    program = Program("textwrap", "dedent", "def dedent(text):\n while text == 'hang': pass\n return text\n")
    with FastLane(SandboxConfig(days=1613)) as lane:
        verdict = lane.run(program, checks)
    assert [result.outcome for result in verdict.results] == [Outcome.TIMEOUT, Outcome.FAILED]
    assert verdict.cpu_s < 1
