"""How finished trajectories are scored."""

from __future__ import annotations

from pydantic import Field, field_validator

from core.config import Config


class RewardsConfig(Config):
    """
    Attributes:
        weights: Component name (built-in, entry point or ``module:Class``) to weight; weights needn't sum to 1.
        num_actors: Reward actors beside the env runners.
        batch_size: Trajectories that travel to an actor together.
        timeout_s: How long an env runner waits for its scores at the end of a sample; what is late is lost and counted.
    """

    weights: dict[str, float] = Field(default={"functionality": 0.8, "edit_economy": 0.2}, min_length=1)
    num_actors: int = Field(default=1, ge=1)
    batch_size: int = Field(default=8, ge=1)
    timeout_s: float = Field(default=10.0, gt=0)

    @field_validator("weights")
    @classmethod
    def _positive(cls, weights: dict[str, float]) -> dict[str, float]:
        if any(weight <= 0 for weight in weights.values()):
            raise ValueError("weights must be above 0; leave a component out instead")
        return weights
