import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import ray
import torch

from core.errors import CheckpointError
from core.progress import SilentProgress
from core.records import Trajectory
from data.store import write_tasks
from data.trajectories import read_trajectories
from learning.checkpoints import latest_checkpoint, read_state
from learning.grammar_meta import grammar_meta
from learning.ppo import TrainingJob, train_policy
from learning.settings import Settings
from policies.checkpoint import load_policy, save_policy
from policies.config import ModelConfig
from policies.network import RepairNetwork
from tests.fakes import samples

pytestmark = pytest.mark.ray
MODEL = ModelConfig(hidden_size=32, num_layers=1, num_heads=2, vocab_size=64, max_sequence_length=16)


@pytest.fixture(scope="module", autouse=True)
def _ray() -> Iterator[None]:
    ray.init(num_cpus=4, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()


def job(folder: Path, **training: object) -> TrainingJob:
    folder.mkdir(parents=True, exist_ok=True)
    tasks = [samples.task(seed) for seed in range(8)]
    write_tasks(folder / "tasks.parquet", tasks)
    torch.manual_seed(0)
    start = save_policy(folder / "warm", RepairNetwork(MODEL), grammar_meta())
    chosen = {
        "batch_size": 96,
        "minibatch_size": 32,
        "num_epochs": 4,
        "num_env_runners": 1,
        "num_envs_per_env_runner": 4,
        "learning_rate": 3e-3,
        **training,
    }
    settings = Settings.model_validate({"training": chosen})
    return TrainingJob(settings, folder, folder / "tasks.parquet", start, creator="tests.fakes.riddle:make_riddle")


def solved_share(found: list[Trajectory]) -> float:
    return sum(trajectory.solved for trajectory in found) / len(found)


def by_weights(folder: Path) -> list[Trajectory]:
    found = read_trajectories(folder / "trajectories")
    return sorted(found, key=lambda trajectory: int(trajectory.policy_version.split("@")[1]))


def test_it_learns_and_goes_on_where_it_stopped(tmp_path: Path) -> None:
    result = train_policy(job(tmp_path, iterations=8), SilentProgress())
    assert (result.iteration, result.ran) == (8, 8)
    written = by_weights(tmp_path)
    assert len(written) >= result.counts["episodes"] > 100
    assert written[0].policy_version.startswith(tmp_path.name)
    assert solved_share(written[-60:]) > solved_share(written[:60]) + 0.15
    assert load_policy(result.policy, expect=grammar_meta()).config == MODEL
    assert list((tmp_path / "tensorboard").iterdir())
    assert len(list((tmp_path / "checkpoints").iterdir())) == 3

    before = latest_checkpoint(tmp_path / "checkpoints")
    assert before is not None
    state = read_state(before)
    on = train_policy(job(tmp_path, iterations=9), SilentProgress(), resume=True)
    assert (on.iteration, on.ran) == (9, 1)
    assert on.seconds > state.seconds
    resumed = by_weights(tmp_path)[len(written) :]
    assert solved_share(resumed) > solved_share(written[:60]) + 0.15

    again = train_policy(job(tmp_path, iterations=9), SilentProgress(), resume=True)
    assert (again.iteration, again.ran, again.counts) == (9, 0, on.counts)


def test_a_torn_checkpoint_is_named(tmp_path: Path) -> None:
    train_policy(job(tmp_path, iterations=0, num_env_runners=0), SilentProgress())
    checkpoint = latest_checkpoint(tmp_path / "checkpoints")
    assert checkpoint is not None
    assert json.loads((checkpoint / "state.json").read_text())["iteration"] == 0
    (checkpoint / "state.json").write_text('{"iteration":')
    with pytest.raises(CheckpointError, match=r"000000"):
        train_policy(job(tmp_path, iterations=1), SilentProgress(), resume=True)


@pytest.mark.slow
def test_asynchronous_sampling(tmp_path: Path) -> None:
    result = train_policy(job(tmp_path, iterations=3, algorithm="appo"), SilentProgress())
    assert result.iteration == 3
    assert result.counts["episodes"] > 0
