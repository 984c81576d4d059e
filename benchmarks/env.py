"""
Steps per second of the environment: ``python -m benchmarks.env --json``.

The same environment (the built-in tasks, in the sandbox), the same network, sampled actions, one torch thread:
``bare/1`` one environment in a plain loop; ``bare/N`` N of them that share a forward pass, in a plain loop;
``vectorised/N`` Gymnasium's SyncVectorEnv; ``rllib/N`` inside the training's env runner, and ``rllib_rewards/N`` with
every trajectory scored by Ray actors meanwhile. ``env/1`` chooses at random: what the environment itself costs.

``NAME/cpu`` is the CPU time of this process alone: without the sandbox's children, which cost the same in all cases,
and steadier than the clock on a busy machine. ``encode/new`` and ``encode/again`` are what an observation costs of a
program text that was never seen (its candidate edits included) and of one that was.

The cases take turns, each round starts with an empty result cache, and the median over the rounds counts; ratios are
the median of each round's ratio.
"""

from __future__ import annotations

import argparse
import calendar
import difflib
import inspect
import json
import logging
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import torch

from core.protocols import Observation
from core.records import CheckResult, Outcome
from core.tokenizer import HashedTokenizer
from data.store import write_tasks
from envs.edits.program import programs
from envs.encoding.encode import StateEncoder
from envs.encoding.evidence import EvidenceView
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


@dataclass(frozen=True, slots=True)
class Rate:
    """Of one case in one round: steps, seconds by the clock, CPU seconds of this process."""

    steps: int
    wall_s: float
    cpu_s: float

    @property
    def per_second(self) -> float:
        """Steps per second by the clock."""
        return self.steps / self.wall_s

    @property
    def cpu_ms(self) -> float:
        """CPU milliseconds per step."""
        return 1000 * self.cpu_s / self.steps


def timed(work: Callable[[], int]) -> Rate:
    """``work`` gives the number of steps that it made."""
    wall, cpu = time.perf_counter(), time.process_time()
    steps = work()
    return Rate(steps, time.perf_counter() - wall, time.process_time() - cpu)


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
        self.made = {1: [self.make()], envs: [self.make() for _ in range(envs)]}
        self.vector = gym.vector.SyncVectorEnv([self.make] * envs)

    def make(self) -> gym.Env[Any, Any]:
        """The environment as training makes it."""
        return make_training_env({"env": self.settings})

    def forget(self) -> None:
        """Empties the result cache of this process."""
        bench = process_workbench(SandboxConfig(), self.settings.limits, tokenizer_of(self.model))
        bench.cache.clear()

    def loop(self, choose: Callable[[list[Observation]], list[int]], count: int) -> int:
        """Steps of ``count`` environments in lockstep."""
        envs = self.made[count]
        seen = [env.reset(seed=index)[0] for index, env in enumerate(envs)]
        for _ in range(self.steps // count):
            for index, action in enumerate(choose(seen)):
                seen[index], _, terminated, truncated, _ = envs[index].step(action)
                if terminated or truncated:
                    seen[index], _ = envs[index].reset()
        return self.steps // count * count

    def random(self) -> int:
        """No policy."""
        rng = np.random.default_rng(0)
        return self.loop(lambda seen: [int(rng.choice(np.flatnonzero(o["action_mask"]))) for o in seen], 1)

    def bare(self, count: int) -> int:
        """The plain loop."""
        rng = np.random.default_rng(0)
        return self.loop(lambda seen: draw(self.scorer.logits(seen), rng), count)

    def vectorised(self) -> int:
        """Gymnasium's synchronous vector environment. A step that only resets isn't counted."""
        rng, steps = np.random.default_rng(0), 0
        seen, _ = self.vector.reset(seed=0)
        over = np.zeros(self.envs, bool)
        while steps < self.steps:
            rows = [{name: array[index] for name, array in seen.items()} for index in range(self.envs)]
            steps += int((~over).sum())
            seen, _, terminated, truncated, _ = self.vector.step(np.array(draw(self.scorer.logits(rows), rng)))
            over = terminated | truncated
        return steps

    def runner(self, name: str, actors: RewardActors | None) -> None:
        """Makes the training's env runner, in this process."""
        training = TrainingConfig(num_env_runners=0, num_envs_per_env_runner=self.envs)
        desk = DeskSettings(name, self.folder / name, RewardsConfig(), actors)
        config = algorithm_config(AlgorithmSettings(training, self.model, self.settings, desk, 0.99, 0))
        self.runners[name] = RepairEnvRunner(config=config.copy(copy_frozen=False), worker_index=0)

    def rllib(self, name: str) -> int:
        """Inside the env runner."""
        episodes = self.runners[name].sample(num_timesteps=self.steps, explore=True, force_reset=True)
        return sum(map(len, episodes))

    def cases(self) -> dict[str, Callable[[], int]]:
        """Every case by name."""
        found: dict[str, Callable[[], int]] = {
            "env/1": self.random,
            "bare/1": lambda: self.bare(1),
            f"bare/{self.envs}": lambda: self.bare(self.envs),
            f"vectorised/{self.envs}": self.vectorised,
        }
        return found | {f"{name}/{self.envs}": partial(self.rllib, name) for name in self.runners}


def measure(bench: Bench, rounds: int) -> dict[str, list[Rate]]:
    """Every case in every round, after one that warms up."""
    found: dict[str, list[Rate]] = {name: [] for name in bench.cases()}
    for number in range(rounds + 1):
        for name, case in bench.cases().items():
            bench.forget()
            rate = timed(case)
            if number:
                found[name].append(rate)
    return found


def encoding() -> dict[str, dict[str, Any]]:
    """CPU time per observation, over functions of 15 to 25 lines of the standard library."""
    texts = [
        text.text
        for module in (statistics, calendar, difflib, argparse)
        for _, text in programs(inspect.getsource(module))
        if 15 <= text.text.count("\n") <= 25
    ]
    encoder = StateEncoder(HashedTokenizer(), capacity=len(texts))
    view = EvidenceView(tuple(CheckResult(f"c{i}", Outcome.PASSED, tuple(range(2, 2 + i))) for i in range(20)))
    rates = {}
    for name in ("encode/new", "encode/again"):
        rate = timed(lambda: len([encoder.observe(encoder.static(text), view) for text in texts]))
        rates[name] = {"value": round(rate.cpu_ms, 3), "unit": "CPU ms", "n": len(texts)}
    return rates


def ratios(found: dict[str, list[Rate]], envs: int) -> dict[str, float]:
    """Medians of the rounds' ratios of steps per second; ``/cpu``: of the CPU time per step, the other way round."""
    pairs = {
        "rllib/bare": (f"rllib/{envs}", f"bare/{envs}"),
        "rllib/bare_1": (f"rllib/{envs}", "bare/1"),
        "rllib_rewards/rllib": (f"rllib_rewards/{envs}", f"rllib/{envs}"),
        "vectorised/bare": (f"vectorised/{envs}", f"bare/{envs}"),
    }
    medians: dict[str, float] = {}
    for name, (above, below) in pairs.items():
        both = list(zip(found[above], found[below], strict=True))
        medians[name] = round(statistics.median(a.per_second / b.per_second for a, b in both), 3)
        medians[f"{name}/cpu"] = round(statistics.median(b.cpu_ms / a.cpu_ms for a, b in both), 3)
    return medians


def run(envs: int, steps: int, rounds: int) -> dict[str, Any]:
    """All cases and ratios."""
    import ray  # noqa: PLC0415  after the environment variables that quieten it are set

    ray.init("local", num_cpus=2, include_dashboard=False, logging_level=logging.ERROR, log_to_driver=False)
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
    return {"cases": table(found) | encoding(), "ratios": ratios(found, envs)}


def table(found: dict[str, list[Rate]]) -> dict[str, dict[str, Any]]:
    """The medians over the rounds."""
    cases: dict[str, dict[str, Any]] = {}
    for name, rates in found.items():
        count = sum(rate.steps for rate in rates)
        by_clock, by_cpu = (
            statistics.median(getattr(rate, kind) for rate in rates) for kind in ("per_second", "cpu_ms")
        )
        cases[name] = {"value": round(by_clock, 1), "unit": "steps/s", "n": count}
        cases[f"{name}/cpu"] = {"value": round(by_cpu, 2), "unit": "CPU ms/step", "n": count}
    return cases


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
