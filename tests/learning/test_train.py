import json
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

import pytest
import ray

from core.progress import SilentProgress
from core.records import Task
from core.seeding import rng
from data.store import write_tasks
from envs.sandbox.lane import FastLane
from envs.tasks.builtin import builtin_tasks
from envs.tasks.category import Bench, Material
from envs.tasks.mining.mine import mine_module, mining_sandbox, replay_sandbox
from envs.tasks.mining.settings import MiningSettings
from envs.tasks.packages import package
from envs.tasks.registry import category_of
from learning.settings import Settings
from learning.train import train

pytestmark = [pytest.mark.ray, pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module", autouse=True)
def _ray() -> Iterator[None]:
    ray.init(num_cpus=4, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()


def several_kinds() -> list[Task]:
    """Tasks of bug fixing and of three other categories."""
    settings, source = MiningSettings(generate_seconds=0.2, mutate_seconds=0.1), package("inflection")
    found = list(builtin_tasks())[:3]
    with FastLane(mining_sandbox()) as lane, FastLane(replay_sandbox(lane.config)) as second:
        only = frozenset(("camelize", "underscore"))
        mined = mine_module("inflection", package=source, lane=lane, second=second, settings=settings, only=only)
        for name, function in product(("documentation", "refactoring", "testing"), mined.functions):
            found += category_of(name).generate(Material(function), Bench(lane, rng(0, name), settings, second))
    return found


def quickly(tasks: Sequence[Task], folder: Path) -> Settings:
    file = str(folder / "tasks.parquet")
    write_tasks(folder / "tasks.parquet", tasks)
    return Settings.model_validate(
        {
            "tasks": {"file": file, "heldout_file": file, "heldout_limit": 6},
            "model": {"hidden_size": 32, "num_layers": 1, "num_heads": 2},
            "warm_start": {"seconds": 20, "validation": 10},
            "training": {"iterations": 2, "batch_size": 48, "minibatch_size": 24, "num_envs_per_env_runner": 4},
            "environment": {"budget": 6},
            "evaluation": {"budget": 10, "tempered_seeds": 1, "resamples": 100},
        }
    )


def test_from_tasks_to_a_report(tmp_path: Path) -> None:
    settings = quickly(builtin_tasks(), tmp_path)
    result = train(settings, tmp_path / "run", SilentProgress(), profile=True)
    assert result.did == ("mine", "warm", "learn", "measure")
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert set(report["heldout"]) == {"trained", "warm", "suspicious", "uniform"}
    assert report["tasks"] == 6
    profiles = {file.name for file in (tmp_path / "run" / "profiles").iterdir()}
    assert {"driver.prof", "learner.trace.json", "env-runner-1.prof"} <= profiles
    assert json.loads((tmp_path / "run" / "run.json").read_text())["finished"]
    again = train(settings, tmp_path / "run", SilentProgress())
    assert again.did == ()


def test_one_policy_learns_several_kinds_of_tasks(tmp_path: Path) -> None:
    tasks = several_kinds()
    kinds = {task.category for task in tasks}
    assert len(kinds) == 4
    result = train(quickly(tasks, tmp_path), tmp_path / "run", SilentProgress())
    assert not result.record.stages["learn"]["lost"]
    report = json.loads((tmp_path / "run" / "report.json").read_text())["heldout"]["trained"]
    assert set(report["per_category"]) == set(report["minus_per_category"]) == kinds
    assert set(result.record.stages["measure"]["categories"]) == kinds
