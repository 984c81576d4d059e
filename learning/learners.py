"""The learners: RLlib's PPO and APPO losses, imitation of verified solutions, AdamW."""

from __future__ import annotations

import copy
import os
from pathlib import Path
from typing import Any

import torch
from ray.rllib.algorithms.appo.torch.appo_torch_learner import APPOTorchLearner
from ray.rllib.algorithms.ppo.torch.ppo_torch_learner import PPOTorchLearner
from ray.rllib.connectors.learner import GeneralAdvantageEstimation
from ray.rllib.core.columns import Columns

from learning.connectors import POSITIVES, SampledValueAdvantages
from learning.profiling import torch_profile
from learning.training_config import TrainingConfig
from policies.losses import imitation_loss


def learner_threads(training: TrainingConfig) -> int:
    """
    PPO's env runners rest while it learns: a learner in the driver takes all cores, others what env runners leave.

    Threads that spin while they wait for each other, as OpenMP's do where nobody tells them not to, cost several times
    more than they bring as soon as anything else wants a core (docs/log.md); they get no core that is not free.
    """
    cores = os.cpu_count() or 1
    spinning = os.environ.get("OMP_WAIT_POLICY", "").lower() != "passive"
    alone = training.algorithm == "ppo" and training.num_learners == 0
    return cores if alone and not spinning else max(1, cores - training.num_env_runners)


class ImitationLearner:
    """
    Mixed into a learner: its loss, times ``policy_weight``, plus two more terms.

    ``imitation_weight`` times minus the log of the probability of any right action, over the steps that have one: the
    repairs of the bugs that are still in, and the actions that stayed in an episode that solved its task (self-
    imitation, Oh et al., ICML 2018, with verified success in place of a return above the value). ``start_penalty``
    times the divergence from the policy that training started from.
    """

    def build(self) -> None:
        """Called by RLlib."""
        super().build()  # type: ignore[misc]
        self._training: TrainingConfig = self.config.learner_config_dict["training"]  # type: ignore[attr-defined]
        torch.set_num_threads(learner_threads(self._training))
        self._profiles: Path | None = self.config.learner_config_dict["profiles"]  # type: ignore[attr-defined]
        self._updates, self._step, self._spent = 0, 0, 0.0
        self._start: dict[str, Any] = {}

    def update(self, *args: Any, **kwargs: Any) -> Any:
        """As RLlib's; the second update is traced where that is asked for."""
        self._updates += 1
        with torch_profile(self._profiles if self._updates == 2 else None, "learner"):
            return super().update(*args, **kwargs)  # type: ignore[misc]

    def set_clock(self, step: int, spent: float) -> None:
        """Optimizer steps done and the share of the run used up: what the learning rate follows."""
        self._step, self._spent = step, spent

    def apply_gradients(self, gradients: Any) -> None:
        """As RLlib's, at the rate of this step."""
        rate = self._training.rate_at(self._step, self._spent)
        for _, optimizer in self.get_optimizers_for_module():  # type: ignore[attr-defined]
            self._set_optimizer_lr(optimizer, rate)  # type: ignore[attr-defined]
        self._step += 1
        super().apply_gradients(gradients)  # type: ignore[misc]

    def remember_start(self) -> None:
        """Takes the present weights as those that ``start_penalty`` measures from."""
        if self._training.start_penalty:
            modules = self.module._rl_modules  # type: ignore[attr-defined]
            self._start = {name: copy.deepcopy(module.unwrapped().network) for name, module in modules.items()}

    def compute_loss_for_module(self, *, module_id: str, config: Any, batch: Any, fwd_out: Any) -> torch.Tensor:
        """See the class."""
        base = super().compute_loss_for_module(  # type: ignore[misc]
            module_id=module_id, config=config, batch=batch, fwd_out=fwd_out
        )
        logits = fwd_out[Columns.ACTION_DIST_INPUTS]
        known = batch[POSITIVES].bool() & (batch[Columns.OBS]["action_mask"] > 0)
        if Columns.LOSS_MASK in batch:
            known &= batch[Columns.LOSS_MASK].bool().unsqueeze(1)
        taught = known.any(1)
        imitation = imitation_loss(logits, known).sum() / taught.sum().clamp_min(1)
        start = self._divergence_from_start(module_id, batch, logits)
        self._log(module_id, imitation_loss=imitation, taught_share=taught.float().mean(), start_divergence=start)
        training = self._training
        total: torch.Tensor = (
            training.policy_weight * base + training.imitation_weight * imitation + training.start_penalty * start
        )
        return total

    def _divergence_from_start(self, module_id: str, batch: Any, logits: torch.Tensor) -> torch.Tensor:
        if module_id not in self._start:
            return logits.new_zeros(())
        with torch.no_grad():
            before = torch.log_softmax(self._start[module_id](batch[Columns.OBS])[0], -1)
        return (before.exp() * (before - torch.log_softmax(logits, -1))).sum(-1).mean()

    def _log(self, module_id: str, **figures: torch.Tensor) -> None:
        found = {name: figure.detach() for name, figure in figures.items()}
        self.metrics.log_dict(found, key=module_id, window=1)  # type: ignore[attr-defined]

    def configure_optimizers_for_module(self, module_id: str, config: Any = None) -> None:
        """AdamW in place of Adam."""
        parameters = self.get_parameters(self._module[module_id])  # type: ignore[attr-defined]
        decay = config.learner_config_dict["training"].weight_decay
        optimizer = torch.optim.AdamW(parameters, weight_decay=decay)
        self.register_optimizer(  # type: ignore[attr-defined]
            module_id=module_id, optimizer=optimizer, params=parameters, lr_or_lr_schedule=config.lr
        )


class ImitationPPOLearner(ImitationLearner, PPOTorchLearner):  # type: ignore[misc]
    """PPO with imitation."""

    def build(self) -> None:
        """Called by RLlib; advantages come from the values predicted while sampling."""
        super().build()
        pipeline = self._learner_connector
        if pipeline is not None:
            pipeline.remove(GeneralAdvantageEstimation)
            pipeline.append(SampledValueAdvantages(gamma=self.config.gamma, lambda_=self.config.lambda_))


class ImitationAPPOLearner(ImitationLearner, APPOTorchLearner):  # type: ignore[misc]
    """APPO with imitation."""
