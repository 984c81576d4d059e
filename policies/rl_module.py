"""The repair network as an RLModule of RLlib's new API stack."""

from __future__ import annotations

from typing import Any

from ray.rllib.core.columns import Columns
from ray.rllib.core.rl_module.apis import ValueFunctionAPI
from ray.rllib.core.rl_module.torch import TorchRLModule
from torch import Tensor

from policies.config import ModelConfig
from policies.network import RepairNetwork


class RepairRLModule(TorchRLModule, ValueFunctionAPI):  # type: ignore[misc]
    """
    ``model_config`` is a ``ModelConfig`` as a dict. The action distribution is RLlib's categorical one; the network has
    masked the logits already. One pass gives logits and values; ``compute_values`` reuses them in a training step.
    """

    def setup(self) -> None:
        """Builds the network; called by RLlib."""
        self.network = RepairNetwork(ModelConfig.model_validate(dict(self.model_config)))

    def _forward(self, batch: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        logits, _ = self.network(batch[Columns.OBS])
        return {Columns.ACTION_DIST_INPUTS: logits}

    def _forward_train(self, batch: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        logits, values = self.network(batch[Columns.OBS])
        return {Columns.ACTION_DIST_INPUTS: logits, Columns.EMBEDDINGS: values}

    def compute_values(self, batch: dict[str, Any], embeddings: Any = None) -> Tensor:
        """Values [B]. ``embeddings``: what ``forward_train`` returned under that name, the values themselves."""
        if embeddings is not None:
            found: Tensor = embeddings
            return found
        values: Tensor = self.network(batch[Columns.OBS])[1]
        return values
