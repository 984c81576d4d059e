"""What the second process of the miner is for: functions that show something else there are turned down."""

from pathlib import Path

import pytest

from envs.sandbox.config import SandboxConfig
from envs.sandbox.lane import FastLane
from envs.tasks.mining.mine import mine_module, mining_sandbox, replay_sandbox
from envs.tasks.mining.settings import MiningSettings
from envs.tasks.packages import package

# Nothing in the functions' own text tells that they ask for the date, or for where modules are imported from.
MODULE = """
from datetime import date
from sys import path as _roots

_now = date.today


def age(year, month):
    passed = (_now().year - year) * 12 + _now().month - month
    if passed < 0:
        return 0
    return passed // 12


def place(name, number):
    told = name + ":" + str(number)
    if number > 10:
        return told + _roots[-1]
    return told


def steady(name, number):
    told = name + ":" + str(number)
    if number > 10:
        return told + "!"
    return told
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "dates.py").write_text(MODULE)
    return tmp_path / "shop"


def test_a_function_that_asks_for_the_date_or_the_import_path_is_turned_down(repository: Path) -> None:
    source = package(str(repository))
    config = mining_sandbox(SandboxConfig(paths=source.paths))
    settings = MiningSettings(generate_seconds=0.2, mutate_seconds=0.1)
    with FastLane(config) as lane, FastLane(replay_sandbox(config)) as second:
        mined = mine_module("dates", package=source, lane=lane, second=second, settings=settings)
    assert [function.qualname for function in mined.functions] == ["steady"], mined.rejects
    assert mined.rejects == {"nondeterministic": 2}
