"""The policy's weights, into an algorithm and out of it, wherever its learners are."""

from __future__ import annotations

from typing import Any

import torch
from ray.rllib.core import DEFAULT_MODULE_ID

from policies.config import ModelConfig
from policies.network import RepairNetwork

_PREFIX = "network."


def put_weights(algorithm: Any, network: RepairNetwork) -> None:
    """Makes every learner and env runner start from ``network``."""
    weights = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    outcome = algorithm.learner_group.foreach_learner(lambda learner: _start_from(learner, weights))
    for result in outcome:
        result.get()
    algorithm.env_runner_group.sync_weights(
        from_worker_or_learner_group=algorithm.learner_group, timeout_seconds=60.0, inference_only=True
    )


def _start_from(learner: Any, weights: dict[str, torch.Tensor]) -> None:
    module = learner.module[DEFAULT_MODULE_ID].unwrapped()
    module.network.load_state_dict(weights)
    if hasattr(module, "target"):
        module.target.load_state_dict(weights)
    learner.remember_start()


def network_of(algorithm: Any, model: ModelConfig) -> RepairNetwork:
    """A copy of the network that the learners have now, in evaluation mode."""
    state = algorithm.learner_group.get_weights()[DEFAULT_MODULE_ID]
    weights = {
        name.removeprefix(_PREFIX): torch.as_tensor(array) for name, array in state.items() if name.startswith(_PREFIX)
    }
    network = RepairNetwork(model)
    network.load_state_dict(weights)
    return network.eval()
