"""How the policy gradient is run."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from core.config import Config


class TrainingConfig(Config):
    """
    Attributes:
        algorithm: ``ppo``: sample, learn, sync in turn; ``appo``: sampling goes on while learning (many machines).
        iterations: The most updates of the training batch.
        seconds: Wall time for the updates, None for no limit. Whichever of the two comes first ends training.
        batch_size: Environment steps per update, over all env runners.
        minibatch_size: Steps per optimizer step.
        num_epochs: Passes over the batch per update.
        learning_rate: Of AdamW; it rises linearly from 0 over ``warmup_steps`` optimizer steps, and falls linearly to
            ``final_rate`` of itself as the run's iterations or seconds are used up.
        weight_decay, gradient_clip_norm: Of AdamW; over all weights together.
        clip: PPO's bound on the ratio of new to old probabilities.
        trace_decay: Lambda of generalised advantage estimation.
        value_weight, entropy_weight: Of the value loss and the entropy bonus.
        policy_weight: Of the policy gradient loss with its value and entropy terms; 0 leaves imitation alone.
        imitation_weight: Of imitating verified solutions: known repairs, and what solved an episode.
        start_penalty: Of the divergence from the policy that training started from; 0 spares its forward pass.
        num_env_runners: Parallel env runners; 0 samples in the driver.
        num_envs_per_env_runner: Environments that share one forward pass.
        num_learners, gpus_per_learner: 0 learners: learn in the driver.
        keep_checkpoints: Older ones are deleted.
    """

    algorithm: Literal["ppo", "appo"] = "ppo"
    iterations: int = Field(default=200, ge=0)
    seconds: float | None = Field(default=None, gt=0)
    batch_size: int = Field(default=512, ge=8)
    minibatch_size: int = Field(default=64, ge=1)
    num_epochs: int = Field(default=2, ge=1)
    learning_rate: float = Field(default=3e-4, gt=0)
    warmup_steps: int = Field(default=0, ge=0)
    final_rate: float = Field(default=0.1, ge=0, le=1)
    weight_decay: float = Field(default=0.01, ge=0)
    gradient_clip_norm: float = Field(default=1.0, gt=0)
    clip: float = Field(default=0.2, gt=0)
    trace_decay: float = Field(default=0.95, ge=0, le=1)
    value_weight: float = Field(default=0.5, ge=0)
    entropy_weight: float = Field(default=0.003, ge=0)
    policy_weight: float = Field(default=1.0, ge=0)
    imitation_weight: float = Field(default=0.5, ge=0)
    start_penalty: float = Field(default=0.0, ge=0)
    num_env_runners: int = Field(default=2, ge=0)
    num_envs_per_env_runner: int = Field(default=8, ge=1)
    num_learners: int = Field(default=0, ge=0)
    gpus_per_learner: float = Field(default=0.0, ge=0)
    keep_checkpoints: int = Field(default=3, ge=1)

    @model_validator(mode="after")
    def _fits(self) -> TrainingConfig:
        if self.minibatch_size > self.batch_size:
            raise ValueError(f"minibatch_size {self.minibatch_size} is larger than batch_size {self.batch_size}")
        return self

    def rate_at(self, step: int, spent: float) -> float:
        """The learning rate of optimizer step ``step`` (from 0), with a share ``spent`` of the run used up."""
        rising = min(1.0, (step + 1) / self.warmup_steps) if self.warmup_steps else 1.0
        return self.learning_rate * rising * (1.0 - (1.0 - self.final_rate) * min(1.0, spent))

    @property
    def steps_per_update(self) -> int:
        """Optimizer steps per update."""
        return self.num_epochs * max(1, self.batch_size // self.minibatch_size) if self.algorithm == "ppo" else 1

    @property
    def fragment_length(self) -> int:
        """Steps that each environment takes per update."""
        return max(1, round(self.batch_size / (max(1, self.num_env_runners) * self.num_envs_per_env_runner)))
