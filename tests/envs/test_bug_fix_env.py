from __future__ import annotations

import os
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from core.errors import PluginError, TaskError
from core.observation import FIRST_EDIT
from data.store import write_tasks
from envs.bug_fix_env import BugFixEnv
from envs.episode_settings import EpisodeSettings
from envs.registration import BUG_FIX, register_all
from envs.tasks.builtin import builtin_tasks
from tests.fakes.clamp import ONE_BUG, RIGHT, TWO_BUGS, action_to, clamp_task
from tests.fakes.executor import InlineExecutor

ROOT = Path(__file__).resolve().parents[2]
TASKS = [clamp_task(ONE_BUG), clamp_task(TWO_BUGS)]
ANSI = re.compile(r"\x1b\[\d+m")


@pytest.fixture
def env() -> Iterator[BugFixEnv]:
    made = BugFixEnv(TASKS, executor=InlineExecutor(), render_mode="ansi", settings=EpisodeSettings(budget=4))
    yield made
    made.close()


def sample(env: gym.Env, observation: dict[str, np.ndarray], rng: np.random.Generator) -> int:
    return int(rng.choice(np.flatnonzero(observation["action_mask"])))


def test_it_holds_to_gymnasiums_contract_in_the_sandbox() -> None:
    register_all()
    env = gym.make(BUG_FIX)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(env.unwrapped)
    env.close()


def test_equal_episodes_tell_the_same_whatever_they_took() -> None:
    """``check_env`` compares what two equal first steps tell; with these settings they end their episodes."""
    env = BugFixEnv(TASKS[:1], executor=InlineExecutor(), settings=EpisodeSettings(budget=1))
    told = []
    for _ in range(2):
        env.reset(seed=3)
        told.append(env.step(FIRST_EDIT)[-1])
    first, second = (info["trajectory"] for info in told)
    assert told[0] == told[1]
    assert (first.steps[0].executed, second.steps[0].executed) == (True, False)


def test_the_readmes_example_runs_as_it_stands(tmp_path: Path) -> None:
    """In a new process: this one has registered the environment already."""
    (example,) = re.findall(r"```python\n(.*?gymnasium\.make.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    write_tasks(tmp_path / "tasks.parquet", builtin_tasks()[:2])
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", example + "env.close()\nprint(reward)"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    float(done.stdout)


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_it_can_be_vectorised(mode: str) -> None:
    envs = gym.make_vec(BUG_FIX, num_envs=2, vectorization_mode=mode, tasks=None, settings=EpisodeSettings(budget=2))
    rng = np.random.default_rng(0)
    observation, _ = envs.reset(seed=[3, 4])
    finished = 0
    for _ in range(6):
        actions = np.array([rng.choice(np.flatnonzero(mask)) for mask in observation["action_mask"]])
        observation, rewards, ended, cut, info = envs.step(actions)
        assert observation["tokens"].shape[0] == len(rewards) == 2
        for index in np.flatnonzero(ended | cut):
            finished += 1
            assert info["trajectory"][index].budget == 2
    envs.close()
    assert finished >= 2


def test_seeds_decide_everything(env: BugFixEnv) -> None:
    def play() -> list[float]:
        rng, (observation, info) = np.random.default_rng(1), env.reset(seed=5)
        seen: list[float] = [float(info["passing"])]
        done = False
        while not done:
            observation, reward, ended, cut, info = env.step(sample(env, observation, rng))
            seen.append(reward)
            done = ended or cut
        return [*seen, info["trajectory"].id]

    assert play() == play()


def test_observations_stay_inside_their_space(env: BugFixEnv) -> None:
    rng, (observation, _) = np.random.default_rng(0), env.reset(seed=0)
    done = False
    while not done:
        assert env.observation_space.contains(observation)
        observation, _, ended, cut, info = env.step(sample(env, observation, rng))
        done = ended or cut
    assert env.observation_space.contains(observation)
    assert info["trajectory"].task_id == info["task_id"]


def test_the_curriculum_picks_the_tasks(env: BugFixEnv) -> None:
    env.set_curriculum({TASKS[0].id: 0.0, TASKS[1].id: 2.0})
    assert {env.reset(seed=seed)[1]["task_id"] for seed in range(10)} == {TASKS[1].id}
    env.set_curriculum({TASKS[0].id: 2.0})
    assert {env.reset(seed=seed)[1]["task_id"] for seed in range(30)} == {task.id for task in TASKS}
    with pytest.raises(TaskError, match="weights"):
        env.set_curriculum({task.id: 0.0 for task in TASKS})


def test_a_task_can_be_asked_for(env: BugFixEnv) -> None:
    assert env.reset(options={"task": 1})[1]["task_id"] == TASKS[1].id
    assert env.reset(options={"task": TASKS[0].id})[1]["task_id"] == TASKS[0].id
    with pytest.raises(TaskError, match="no task"):
        env.reset(options={"task": 7})


def test_rendering_shows_the_diff_and_the_checks(env: BugFixEnv) -> None:
    env.reset(options={"task": 0})
    assert env.episode is not None
    env.step(action_to(env.episode.candidates, env.episode.source, RIGHT))
    shown = env.render()
    assert shown is not None
    assert "\x1b[32m+" in shown
    plain = ANSI.sub("", shown)
    assert "-    if value >= low:" in plain
    assert "+    if value < low:" in plain
    assert "8/8 visible checks pass, 1 of 4 executions used, submitted" in plain


def test_a_lost_sandbox_is_told_and_crashes_nothing() -> None:
    env = BugFixEnv(TASKS, executor=InlineExecutor(fails_at=[0]))
    env.reset(seed=0)
    _, _, ended, cut, info = env.step(5)
    assert (ended, cut) == (False, True)
    assert info["trajectory"].lost == "SandboxError"
    observation, _ = env.reset()
    assert env.observation_space.contains(observation)


def test_bad_task_sources_get_a_clear_line() -> None:
    with pytest.raises(TaskError, match="no tasks"):
        BugFixEnv([])
    with pytest.raises(PluginError, match="no task_loaders is called 'csv'"):
        BugFixEnv("tasks.csv", loader="csv")


def test_a_step_needs_a_reset(env: BugFixEnv) -> None:
    with pytest.raises(gym.error.ResetNeeded):
        env.step(0)
