"""RLlib's env runner with a scoring desk, and orders from the driver between samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from ray.rllib.callbacks.callbacks import RLlibCallback
from ray.rllib.env.single_agent_env_runner import SingleAgentEnvRunner

from core.seeding import derive_seed
from learning.profiling import python_profile
from learning.scoring_desk import DeskReport, ScoringDesk


@dataclass(frozen=True, slots=True)
class Orders:
    """``weights``: how often each task is to be drawn, by id (a task that isn't named keeps its weight)."""

    iteration: int
    seed: int
    weights: Mapping[str, float]


class RepairEnvRunner(SingleAgentEnvRunner):  # type: ignore[misc]
    """One torch thread each: there are as many env runners as cores."""

    def __init__(self, *, config: Any, **kwargs: Any) -> None:
        worker = int(kwargs.get("worker_index") or 0)
        if worker > 0:
            torch.set_num_threads(1)
        self.desk = ScoringDesk(config.env_config["desk"], worker)
        self._profiles: Path | None = config.env_config.get("profiles") if worker > 0 else None
        self._samples = 0
        super().__init__(config=config, **kwargs)

    def exchange(self, orders: Orders) -> DeskReport:
        """
        Takes the driver's orders and reports on what was finished since the last ones.

        The random streams are set by (seed, iteration, env runner), so that a resumed run draws what it would have.
        """
        if self.env is None:
            return DeskReport()
        seed = derive_seed(orders.seed, "sampling", orders.iteration, self.worker_index)
        torch.manual_seed(seed)
        for index, env in enumerate(self.env.unwrapped.envs):
            env.unwrapped.set_curriculum(orders.weights)
            env.unwrapped.np_random = np.random.default_rng([seed, index])
        return self.desk.report()

    def sample(self, **kwargs: Any) -> list[Any]:
        """As RLlib's; the second sample, with everything warm, is profiled where that is asked for."""
        self._samples += 1
        folder = self._profiles if self._samples == 2 else None
        with python_profile(folder, f"env-runner-{self.worker_index}"):
            found: list[Any] = super().sample(**kwargs)
        return found

    def stop(self) -> None:
        """Called by RLlib."""
        self.desk.close()
        super().stop()


class DeskCallbacks(RLlibCallback):  # type: ignore[misc]
    """Tells the desk of episodes and samples that end."""

    def on_episode_end(self, *, episode: Any, env_runner: Any, **kwargs: Any) -> None:
        """Called before the episode is turned into arrays."""
        env_runner.desk.finish(episode)

    def on_sample_end(self, *, env_runner: Any, samples: Any, **kwargs: Any) -> None:
        """Called before the sample leaves the env runner."""
        env_runner.desk.settle(samples)
