import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import ray

from core.progress import SilentProgress
from data.store import write_tasks
from envs.tasks.builtin import builtin_tasks
from learning.settings import Settings
from learning.train import train

pytestmark = [pytest.mark.ray, pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module", autouse=True)
def _ray() -> Iterator[None]:
    ray.init(num_cpus=4, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()


def test_from_tasks_to_a_report(tmp_path: Path) -> None:
    write_tasks(tmp_path / "tasks.parquet", builtin_tasks())
    file = str(tmp_path / "tasks.parquet")
    settings = Settings.model_validate(
        {
            "tasks": {"file": file, "heldout_file": file, "heldout_limit": 6},
            "model": {"hidden_size": 32, "num_layers": 1, "num_heads": 2},
            "warm_start": {"seconds": 20, "validation": 10},
            "training": {"iterations": 2, "batch_size": 48, "minibatch_size": 24, "num_envs_per_env_runner": 4},
            "environment": {"budget": 6},
            "evaluation": {"budget": 10, "tempered_seeds": 1, "resamples": 100},
        }
    )
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
