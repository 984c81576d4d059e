"""Deaths of processes mid-training, with the real environment: the run goes on, every finished trajectory is there."""

import json
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from data.store import write_tasks
from data.trajectories import read_trajectories
from envs.tasks.builtin import builtin_tasks
from learning.checkpoints import latest_checkpoint, read_state
from learning.grammar_meta import grammar_meta
from policies.checkpoint import save_policy
from policies.config import ModelConfig
from policies.network import RepairNetwork

pytestmark = [pytest.mark.ray, pytest.mark.slow, pytest.mark.timeout(600)]
SCRIPT = """
    import json, sys
    from pathlib import Path
    import ray
    from core.progress import SilentProgress
    from learning.ppo import TrainingJob, train_policy
    from learning.settings import Settings

    folder, iterations, resume = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "resume"
    training = {"batch_size": 48, "minibatch_size": 48, "num_epochs": 1, "num_env_runners": 2,
                "num_envs_per_env_runner": 2, "iterations": iterations}
    settings = Settings.model_validate({"training": training, "environment": {"budget": 4}})
    ray.init(num_cpus=4, include_dashboard=False, log_to_driver=False)
    result = train_policy(
        TrainingJob(settings, folder, folder / "tasks.parquet", folder / "warm"), SilentProgress(), resume=resume
    )
    print(json.dumps({"iteration": result.iteration, "ran": result.ran, "lost": dict(result.lost)}))
"""
MODEL = ModelConfig(hidden_size=32, num_layers=1, num_heads=2, vocab_size=512)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_tasks(tmp_path / "tasks.parquet", builtin_tasks())
    save_policy(tmp_path / "warm", RepairNetwork(MODEL), grammar_meta())
    return tmp_path


class Running:
    """A training in a process of its own."""

    def __init__(self, folder: Path, iterations: int, mode: str = "fresh") -> None:
        self.folder = folder
        self.errors = (folder / f"{mode}.err").open("w")
        self.process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(SCRIPT), str(folder), str(iterations), mode],
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
        )

    def wait_for(self, ready: Callable[[], bool], seconds: float = 240.0) -> None:
        deadline = time.monotonic() + seconds
        while not ready():
            assert self.process.poll() is None, (self.folder / "fresh.err").read_text()[-3000:]
            assert time.monotonic() < deadline
            time.sleep(0.1)

    def iteration(self) -> int:
        last = latest_checkpoint(self.folder / "checkpoints")
        return -1 if last is None else int(last.name)

    def named(self, text: str) -> list[psutil.Process]:
        family = psutil.Process(self.process.pid).children(recursive=True)
        return [member for member in family if any(text in part for part in _command(member))]

    def result(self) -> dict:
        out, _ = self.process.communicate(timeout=300)
        assert self.process.returncode == 0, (self.folder / "fresh.err").read_text()[-3000:]
        return json.loads(out.strip().splitlines()[-1])

    def close(self) -> None:
        if self.process.poll() is None:
            for member in psutil.Process(self.process.pid).children(recursive=True):
                _kill(member)
            self.process.kill()
            self.process.wait()
        self.errors.close()


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def _kill(process: psutil.Process) -> None:
    try:
        process.send_signal(signal.SIGKILL)
    except psutil.NoSuchProcess:
        return


@pytest.fixture
def running(folder: Path) -> Iterator[Running]:
    started = Running(folder, iterations=8)
    yield started
    started.close()


def finished(folder: Path) -> set[str]:
    return {trajectory.id for trajectory in read_trajectories(folder / "trajectories")}


@pytest.mark.parametrize("victim", ["env_runner", "reward", "zygote"])
def test_the_run_goes_on(running: Running, victim: str) -> None:
    running.wait_for(lambda: running.iteration() >= 2)
    runners = running.named("RepairEnvRunner")
    assert len(runners) == 2
    doomed = {
        "env_runner": lambda: runners[:1],
        "reward": lambda: running.named("RewardWorker"),
        "zygote": lambda: [child for runner in runners for child in runner.children()],
    }[victim]()
    assert doomed
    before = finished(running.folder)
    for process in doomed:
        _kill(process)
    result = running.result()
    assert result["iteration"] == 8
    assert before <= finished(running.folder)
    assert ("env_runner_died" in result["lost"]) == (victim == "env_runner")
    state = read_state(latest_checkpoint(running.folder / "checkpoints") or running.folder)
    assert len(finished(running.folder)) >= state.counts["episodes"]


def test_a_killed_driver_resumes(running: Running) -> None:
    running.wait_for(lambda: running.iteration() >= 3)
    family = psutil.Process(running.process.pid).children(recursive=True)
    running.process.kill()
    running.process.wait()
    psutil.wait_procs(family, timeout=60)
    reached, before = running.iteration(), finished(running.folder)
    again = Running(running.folder, 8, "resume")
    try:
        result = again.result()
    finally:
        again.close()
    assert result["iteration"] == 8
    assert result["ran"] == 8 - reached
    assert before <= finished(running.folder)
