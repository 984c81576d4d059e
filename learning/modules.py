"""The repair policy as sampling and learning need it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ray.rllib.core.columns import Columns
from ray.rllib.core.rl_module.apis import TARGET_NETWORK_ACTION_DIST_INPUTS, TargetNetworkAPI

from policies.config import ModelConfig
from policies.network import RepairNetwork
from policies.rl_module import RepairRLModule


class SamplingRLModule(RepairRLModule):
    """Gives the value beside the logits while sampling, so that the learner needs no pass of its own for it."""

    def setup(self) -> None:
        """Builds the network; called by RLlib."""
        self.network = RepairNetwork(_shape(self.model_config))

    def _forward(self, batch: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        logits, values = self.network(batch[Columns.OBS])
        return {Columns.ACTION_DIST_INPUTS: logits, Columns.VF_PREDS: values}


class TargetRLModule(SamplingRLModule, TargetNetworkAPI):  # type: ignore[misc]
    """With the target network that APPO clips against (IMPACT, arXiv 1912.00167)."""

    def make_target_networks(self) -> None:
        """Called by RLlib."""
        self.target = RepairNetwork(_shape(self.model_config))
        self.target.load_state_dict(self.network.state_dict())
        self.target.requires_grad_(False)

    def get_target_network_pairs(self) -> list[tuple[Any, Any]]:
        """The network and its slow copy."""
        return [(self.network, self.target)]

    def forward_target(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Logits of the slow copy."""
        logits, _ = self.target(batch[Columns.OBS])
        return {TARGET_NETWORK_ACTION_DIST_INPUTS: logits}


def _shape(model_config: Mapping[str, Any]) -> ModelConfig:
    """Ours, without what RLlib adds to it."""
    return ModelConfig.model_validate({name: model_config[name] for name in ModelConfig.model_fields})
