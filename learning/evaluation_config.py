"""How agents are compared."""

from __future__ import annotations

from pydantic import Field

from core.config import Config
from envs.sandbox.config import SandboxConfig


class EvaluationConfig(Config):
    """
    Attributes:
        budget: Executions per task.
        temperature: Of the tempered attempts of trained agents; the others are greedy.
        tempered_seeds: Tempered attempts per task; 0 leaves them out.
        lockstep: Episodes of one agent that are scored at once.
        resamples: Of the bootstrap.
        sandbox: Limits and the weakest isolation that is accepted.
    """

    budget: int = Field(default=100, ge=1)
    temperature: float = Field(default=0.5, gt=0.0)
    tempered_seeds: int = Field(default=2, ge=0)
    lockstep: int = Field(default=16, ge=1)
    resamples: int = Field(default=2000, ge=100)
    sandbox: SandboxConfig = SandboxConfig()
