from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from envs.sandbox.probe import probe

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
SLOW = pytest.mark.slow
CASES = [
    pytest.param("A", "self"),
    pytest.param("A", "nobody"),
    pytest.param("B", "self", marks=SLOW),
    pytest.param("B", "nobody"),
    pytest.param("C", "self", marks=SLOW),
    pytest.param("C", "nobody"),
]
SUITE_CASES = [
    pytest.param("A", "self", "fresh"),
    pytest.param("A", "self", "warm", marks=SLOW),
    pytest.param("A", "nobody", "fresh", marks=SLOW),
    pytest.param("B", "self", "warm", marks=SLOW),
    pytest.param("B", "nobody", "fresh"),
]


def run(module: str, tier: str, user: str, *more: str) -> dict[str, Any]:
    start = ["-B", "-m"] if user == "self" else [str(HERE / "as_nobody.py")]
    if user == "nobody" and os.geteuid() != 0:
        pytest.skip("only root can become nobody")
    done = subprocess.run(
        [sys.executable, *start, module, tier, *more],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    report: dict[str, Any] = json.loads(done.stdout)
    return report


@pytest.mark.parametrize(("tier", "user"), CASES)
def test_no_attack_on_the_fast_lane_gets_anything(tier: str, user: str) -> None:
    if probe().tier > tier:
        pytest.skip(f"this machine offers tier {probe().tier}")
    report = run("tests.envs.sandbox.battery", tier, user)
    assert report["tier"] == tier
    assert report["forged"] == []
    assert report["not_contained"] == {}
    assert report["left_over"] == []
    assert report["files"] == []
    assert report["folder"] == ["secret.txt", "u.sock", "victim"]
    assert report["connected"] == 0
    assert report["healthy"]
    assert not report["traces"]
    assert report["restarts"] == {}


@pytest.mark.parametrize("user", ["self", "nobody"])
def test_the_search_of_the_workers_memory_does_forge_where_nothing_isolates(user: str) -> None:
    """The control: without it the tests above could pass because the attack doesn't work."""
    assert run("tests.envs.sandbox.battery", "D", user)["forged"] == ["expected in the worker's memory"]


@pytest.mark.parametrize(("tier", "user", "start"), SUITE_CASES)
def test_no_attack_on_the_slow_lane_gets_anything(tier: str, user: str, start: str) -> None:
    if probe().tier > tier:
        pytest.skip(f"this machine offers tier {probe().tier}")
    report = run("tests.envs.sandbox.suite_battery", tier, user, start)
    assert report["forged"] == []
    assert report["left_over"] == []
    assert report["files"] == []
    assert report["connected"] == 0
    assert report["got"] == {}
    assert report["healthy"]
