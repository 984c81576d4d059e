"""
Steps per second of the environment: ``python -m benchmarks.env --json``.

The same environment (the built-in tasks, in the sandbox), the same network, sampled actions, one torch thread:
``bare/1`` one environment in a plain loop; ``bare/N`` N of them that share a forward pass, in a plain loop;
``vectorised/N`` Gymnasium's SyncVectorEnv; ``rllib/N`` inside the training's env runner, and ``rllib_rewards/N`` with
every trajectory scored by Ray actors meanwhile. ``env/1`` chooses at random: what the environment itself costs.

The cases take turns, each round starts with an empty result cache, and the median over the rounds counts; ratios are
the median of each round's ratio.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import torch

from core.protocols import Observation
from data.store import write_tasks
from envs.sandbox.config import SandboxConfig
from envs.tasks.builtin import builtin_tasks
from envs.workbench import process_workbench
from learning.algorithm import AlgorithmSettings, algorithm_config
from learning.env_runner import RepairEnvRunner
from learning.scorers import tokenizer_of
from learning.scoring_desk import DeskSettings
from learning.training_config import TrainingConfig
from learning.training_env import EnvSettings, make_training_env
from policies.config import ModelConfig
from policies.network import RepairNetwork
from policies.scorer import NetworkScorer
from rewards.actor import RewardActors, start_actors
from rewards.config import RewardsConfig

Logits = Sequence[np.ndarray[Any, Any]]


def draw(rows: Logits, rng: np.random.Generator) -> list[int]:
    """One action per row, by the softmax of its logits."""
    noise = [row + rng.gumbel(size=len(row)) for row in rows]
    return [int(np.argmax(row)) for row in noise]


class Bench:
    """The settings that every case shares; ``steps`` per case and round."""

    def __init__(self, folder: Path, envs: int, steps: int) -> None:
        self.folder, self.envs, self.steps = folder, envs, steps
        self.tasks = folder / "tasks.parquet"
        write_tasks(self.tasks, builtin_tasks())
        self.model = ModelConfig()
        self.settings = EnvSettings(tasks=self.tasks, model=self.model)
        torch.manual_seed(0)
        self.scorer = NetworkScorer(RepairNetwork(self.model))
        self.runners: dict[str, RepairEnvRunner] = {}

    def make(self) -> gym.Env[Any, Any]:
        """The environment as training makes it."""
        return make_training_env({"env": self.settings})

    def forget(self) -> None:
        """Empties the result cache of this process."""
        bench = process_workbench(SandboxConfig(), self.settings.limits, tokenizer_of(self.model))
        bench.cache.clear()

    def loop(self, choose: Callable[[list[Observation]], list[int]], count: int) -> float:
        """Steps per second of ``count`` environments in lockstep."""
        envs = [self.make() for _ in range(count)]
        seen = [env.reset(seed=index)[0] for index, env in enumerate(envs)]
        began = time.perf_counter()
        for _ in range(self.steps // count):
            for index, action in enumerate(choose(seen)):
                seen[index], _, terminated, truncated, _ = envs[index].step(action)
                if terminated or truncated:
                    seen[index], _ = envs[index].reset()
        return (self.steps // count * count) / (time.perf_counter() - began)

    def random(self) -> float:
        """No policy."""
        rng = np.random.default_rng(0)
        return self.loop(lambda seen: [int(rng.choice(np.flatnonzero(o["action_mask"]))) for o in seen], 1)

    def bare(self, count: int) -> float:
        """The plain loop."""
        rng = np.random.default_rng(0)
        return self.loop(lambda seen: draw(self.scorer.logits(seen), rng), count)

    def vectorised(self) -> float:
        """Gymnasium's synchronous vector environment."""
        rng, envs = np.random.default_rng(0), gym.vector.SyncVectorEnv([self.make] * self.envs)
        seen, _ = envs.reset(seed=0)
        began = time.perf_counter()
        for _ in range(self.steps // self.envs):
            rows = [{name: array[index] for name, array in seen.items()} for index in range(self.envs)]
            seen, *_ = envs.step(np.array(draw(self.scorer.logits(rows), rng)))
        return (self.steps // self.envs * self.envs) / (time.perf_counter() - began)

    def runner(self, name: str, actors: RewardActors | None) -> None:
        """Makes the training's env runner, in this process."""
        training = TrainingConfig(num_env_runners=0, num_envs_per_env_runner=self.envs)
        desk = DeskSettings(name, self.folder / name, RewardsConfig(), actors)
        config = algorithm_config(AlgorithmSettings(training, self.model, self.settings, desk, 0.99, 0))
        self.runners[name] = RepairEnvRunner(config=config.copy(copy_frozen=False), worker_index=0)

    def rllib(self, name: str) -> float:
        """Inside the env runner."""
        began = time.perf_counter()
        episodes = self.runners[name].sample(num_timesteps=self.steps, explore=True, force_reset=True)
        return sum(map(len, episodes)) / (time.perf_counter() - began)


def measure(bench: Bench, rounds: int) -> dict[str, list[float]]:
    """Steps per second of every case in every round, after one that warms up."""
    cases: dict[str, Callable[[], float]] = {
        "env/1": bench.random,
        "bare/1": lambda: bench.bare(1),
        f"bare/{bench.envs}": lambda: bench.bare(bench.envs),
        f"vectorised/{bench.envs}": bench.vectorised,
    }
    for name in bench.runners:
        cases[f"{name}/{bench.envs}"] = lambda name=name: bench.rllib(name)  # type: ignore[misc]
    found: dict[str, list[float]] = {name: [] for name in cases}
    for number in range(rounds + 1):
        for name, case in cases.items():
            bench.forget()
            rate = case()
            if number:
                found[name].append(rate)
    return found


def ratios(found: dict[str, list[float]], envs: int) -> dict[str, float]:
    """Medians of the rounds' ratios."""
    pairs = {
        "rllib/bare": (f"rllib/{envs}", f"bare/{envs}"),
        "rllib/bare_1": (f"rllib/{envs}", "bare/1"),
        "rllib_rewards/rllib": (f"rllib_rewards/{envs}", f"rllib/{envs}"),
        "vectorised/bare": (f"vectorised/{envs}", f"bare/{envs}"),
    }
    return {
        name: round(statistics.median(a / b for a, b in zip(found[above], found[below], strict=True)), 3)
        for name, (above, below) in pairs.items()
    }


def run(envs: int, steps: int, rounds: int) -> dict[str, Any]:
    """All cases and ratios."""
    import ray  # noqa: PLC0415  after the environment variables that quieten it are set

    ray.init(num_cpus=2, include_dashboard=False, logging_level=logging.ERROR, log_to_driver=False)
    try:
        with tempfile.TemporaryDirectory() as folder:
            bench = Bench(Path(folder), envs, steps)
            actors, handles = start_actors(RewardsConfig(), "bench")
            bench.runner("rllib", None)
            bench.runner("rllib_rewards", actors)
            found = measure(bench, rounds)
            for runner in bench.runners.values():
                runner.stop()
            del handles
    finally:
        ray.shutdown()
    cases = {
        name: {"value": round(statistics.median(rates), 1), "unit": "steps/s", "n": steps * rounds}
        for name, rates in found.items()
    }
    return {"cases": cases, "ratios": ratios(found, envs)}


def main() -> None:
    """Runs all cases and prints them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.env", description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--envs", type=int, default=8)
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    torch.set_num_threads(1)
    found = run(options.envs, options.steps, options.rounds)
    if options.json:
        print(json.dumps(found))
        return
    for name, case in found["cases"].items():
        print(f"{name:24} {case['value']:>8} {case['unit']}")
    for name, ratio in found["ratios"].items():
        print(f"{name:24} {ratio:>8}")


if __name__ == "__main__":
    main()
