"""The whole configuration of a run: the sections that each part keeps beside its code."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, model_validator

from core.config import Config
from envs.episode_settings import EpisodeSettings
from envs.sandbox.config import SandboxConfig
from envs.tasks.curriculum import CurriculumConfig
from envs.tasks.mining.settings import MiningSettings
from learning.evaluation_config import EvaluationConfig
from learning.training_config import TrainingConfig
from learning.warm_start_config import WarmStartConfig
from policies.config import ModelConfig
from rewards.config import RewardsConfig


class TasksConfig(Config):
    """
    Attributes:
        seconds, heldout_seconds: Wall time to mine training and held-out tasks for; what earlier runs mined comes
            from the cache at no cost.
        packages, heldout_packages: Import names; None: the lists in ``envs.tasks.packages``.
        file, heldout_file: Tasks that were mined before (Parquet), instead of mining.
        per_category: At most about so many training tasks of each category but bug fixing: they take longer to make,
            and categories take turns in what is learnt.
        heldout_limit: At most so many held-out tasks.
        cache: Where mined functions are kept for later runs; None: the user's cache folder.
        workers: Parallel miners; 0: one per core.
    """

    seconds: float = Field(default=300.0, gt=0)
    heldout_seconds: float = Field(default=60.0, gt=0)
    packages: tuple[str, ...] | None = None
    heldout_packages: tuple[str, ...] | None = None
    file: Path | None = None
    heldout_file: Path | None = None
    per_category: int | None = Field(default=None, ge=1)
    heldout_limit: int | None = Field(default=None, ge=1)
    cache: Path | None = None
    workers: int = Field(default=0, ge=0)


class Settings(Config):
    """Every section has defaults that make a run; ``configs/`` holds presets."""

    seed: int = 0
    run_dir: Path | None = None
    model: ModelConfig = ModelConfig()
    tasks: TasksConfig = TasksConfig()
    mining: MiningSettings = MiningSettings()
    warm_start: WarmStartConfig = WarmStartConfig()
    environment: EpisodeSettings = EpisodeSettings()
    sandbox: SandboxConfig = SandboxConfig()
    curriculum: CurriculumConfig = CurriculumConfig()
    training: TrainingConfig = TrainingConfig()
    rewards: RewardsConfig = RewardsConfig()
    evaluation: EvaluationConfig = EvaluationConfig()

    @model_validator(mode="after")
    def _one_terminal_reward(self) -> Settings:
        if self.environment.terminal_reward:
            raise ValueError("environment.terminal_reward: the reward actors give it in a run; leave it at 0")
        return self
