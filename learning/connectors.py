"""
How data passes between environments, module and learner (RLlib's ConnectorV2 pieces).

The observation is a dict of padded arrays. It is neither flattened nor copied more than once on its way to the module:
the latest observations are cut to the longest of them and stacked into tensors in one step.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from ray.rllib.connectors.connector_v2 import ConnectorV2
from ray.rllib.connectors.learner import GeneralAdvantageEstimation
from ray.rllib.core.columns import Columns
from ray.rllib.core.rl_module.apis import ValueFunctionAPI
from ray.rllib.evaluation.postprocessing import Postprocessing
from ray.rllib.utils.postprocessing.value_predictions import compute_value_targets

from core.observation import SUBMIT
from policies.batch import collate

# Column of the right actions of a step [2 + C] int8: known repairs, and what solved the episode.
POSITIVES = "positives"


class StackObservations(ConnectorV2):  # type: ignore[misc]
    """
    Env to module: the latest observation of every episode, cut and stacked; the action mask stays at full width.

    An episode that is over gets an action too, which nobody uses: it is asked for one token's.
    """

    def __call__(self, *, rl_module: Any, batch: Any, episodes: Any, **kwargs: Any) -> dict[str, Any]:
        """See the class."""
        latest = [_latest(episode) for episode in episodes]
        stacked = collate(latest)
        stacked["action_mask"] = torch.from_numpy(np.stack([observation["action_mask"] for observation in latest]))
        return {Columns.OBS: stacked}


def _latest(episode: Any) -> dict[str, Any]:
    observation: dict[str, Any] = episode.get_observations(-1)
    if not episode.is_done:
        return observation
    mask = np.zeros_like(observation["action_mask"])
    mask[SUBMIT] = 1
    return observation | {"lengths": np.array([1, 0], np.int32), "action_mask": mask}


class SampleActions(ConnectorV2):  # type: ignore[misc]
    """Module to env: samples (or takes the best) action, and adds the right actions that the environment told of."""

    def __call__(self, *, rl_module: Any, batch: Any, episodes: Any, explore: bool, **kwargs: Any) -> dict[str, Any]:
        """See the class."""
        logits = batch[Columns.ACTION_DIST_INPUTS]
        log_p = torch.log_softmax(logits, -1)
        actions = torch.multinomial(log_p.exp(), 1) if explore else log_p.argmax(-1, keepdim=True)
        columns = {
            Columns.ACTIONS: actions.squeeze(-1),
            Columns.ACTION_LOGP: log_p.gather(-1, actions).squeeze(-1),
            Columns.ACTION_DIST_INPUTS: logits,
            Columns.VF_PREDS: batch[Columns.VF_PREDS],
        }
        found: dict[str, Any] = {name: column.numpy() for name, column in columns.items()}
        return found | {POSITIVES: _positives(episodes, logits.shape[-1])}


def _positives(episodes: Any, actions: int) -> np.ndarray[Any, np.dtype[np.int8]]:
    found = np.zeros((len(episodes), actions), np.int8)
    for row, episode in zip(found, episodes, strict=True):
        if episode.is_reset:  # an episode that just ended has made room for one that is still empty
            row[list(episode.get_infos(-1).get(POSITIVES, ()))] = 1
    return found


class SampledValueAdvantages(GeneralAdvantageEstimation):  # type: ignore[misc]
    """
    Learner: generalised advantage estimation from the values that were predicted while sampling.

    The weights are the same, so the default's second pass over the whole batch is saved; only the observations at
    which a chunk was cut are valued. The artificial last steps that RLlib adds for them leave the batch afterwards.
    """

    def __call__(self, *, rl_module: Any, episodes: Any, batch: Any, **kwargs: Any) -> Any:
        """See the class."""
        for name in list(batch):
            module = rl_module[name]
            if isinstance(module, ValueFunctionAPI):
                batch[name] = self._with_advantages(module, batch[name])
        return batch

    def _with_advantages(self, module: Any, columns: dict[str, Any]) -> dict[str, Any]:
        real = columns[Columns.LOSS_MASK].bool()
        values = columns[Columns.VF_PREDS].float().clone()
        cut = ~real & columns[Columns.TRUNCATEDS].bool().roll(1, 0)
        if cut.any():
            seen = {name: array[cut] for name, array in columns[Columns.OBS].items()}
            with torch.no_grad():
                values[cut] = module.compute_values({Columns.OBS: seen}).float()
        columns = dict(columns)
        targets = self._targets(columns, values)
        columns[Postprocessing.VALUE_TARGETS] = targets
        columns[Postprocessing.ADVANTAGES] = _standardised(targets - values, real)
        return {name: _rows(column, real) for name, column in columns.items() if name != Columns.LOSS_MASK}

    def _targets(self, columns: dict[str, Any], values: torch.Tensor) -> torch.Tensor:
        found = compute_value_targets(
            values=values.cpu().numpy(),
            rewards=columns[Columns.REWARDS].cpu().numpy(),
            terminateds=columns[Columns.TERMINATEDS].float().cpu().numpy(),
            truncateds=columns[Columns.TRUNCATEDS].float().cpu().numpy(),
            gamma=self.gamma,
            lambda_=self.lambda_,
        )
        return torch.from_numpy(found).to(values.device)


def _standardised(advantages: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
    kept = advantages[real]
    return (advantages - kept.mean()) / kept.std(correction=0).clamp_min(1e-4)


def _rows(column: Any, real: torch.Tensor) -> Any:
    if isinstance(column, dict):
        return {name: _rows(inner, real) for name, inner in column.items()}
    return column[real]
