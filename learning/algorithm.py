"""RLlib's configuration, made from ours."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ray.rllib.algorithms.algorithm import Algorithm
from ray.rllib.algorithms.appo import APPOConfig
from ray.rllib.algorithms.ppo import PPOConfig
from ray.rllib.core.rl_module.rl_module import RLModuleSpec
from ray.tune.registry import register_env

from learning.connectors import SampleActions, StackObservations
from learning.env_runner import DeskCallbacks, RepairEnvRunner
from learning.learners import ImitationAPPOLearner, ImitationPPOLearner
from learning.modules import SamplingRLModule, TargetRLModule
from learning.scoring_desk import DeskSettings
from learning.training_config import TrainingConfig
from learning.training_env import EnvSettings, make_training_env
from policies.config import ModelConfig

ENV = "journeyman-bug-fix"
HEALTH_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class AlgorithmSettings:
    """
    Everything that RLlib needs to know. ``gamma`` is the one that the environment shapes rewards with; ``profiles`` a
    folder for profiles, None for none.
    """

    training: TrainingConfig
    model: ModelConfig
    env: EnvSettings
    desk: DeskSettings
    gamma: float
    seed: int
    profiles: Path | None = None


def build_algorithm(settings: AlgorithmSettings) -> Algorithm:
    """The algorithm, its env runners started. Ray must be running."""
    algorithm: Algorithm = algorithm_config(settings).build_algo()
    # RLlib makes a folder for its own loggers in ~/ray_results, wherever one is told to write; ours are in the run.
    with suppress(OSError):
        Path(algorithm.logdir).rmdir()
    return algorithm


def algorithm_config(settings: AlgorithmSettings) -> Any:
    """The same, not built yet: benchmarks make a single env runner from it."""
    register_env(ENV, make_training_env)
    config = _ppo(settings) if settings.training.algorithm == "ppo" else _appo(settings)
    _shared(config, settings)
    return config


def _ppo(settings: AlgorithmSettings) -> Any:
    training = settings.training
    return PPOConfig().training(
        train_batch_size_per_learner=max(1, training.batch_size // max(1, training.num_learners)),
        minibatch_size=training.minibatch_size,
        num_epochs=training.num_epochs,
        shuffle_batch_per_epoch=True,
        lambda_=training.trace_decay,
        clip_param=training.clip,
        vf_loss_coeff=training.value_weight,
        vf_clip_param=10.0,
        entropy_coeff=training.entropy_weight,
        use_kl_loss=False,
    )


def _appo(settings: AlgorithmSettings) -> Any:
    training = settings.training
    config = APPOConfig().training(
        train_batch_size_per_learner=training.batch_size,
        lambda_=training.trace_decay,
        clip_param=training.clip,
        vf_loss_coeff=training.value_weight,
        entropy_coeff=training.entropy_weight,
        use_kl_loss=False,
    )
    return config.reporting(min_sample_timesteps_per_iteration=training.batch_size, min_time_s_per_iteration=0)


def _shared(config: Any, settings: AlgorithmSettings) -> None:
    training = settings.training
    ppo = training.algorithm == "ppo"
    module = SamplingRLModule if ppo else TargetRLModule
    config.environment(ENV, env_config={"env": settings.env, "desk": settings.desk, "profiles": settings.profiles})
    config.training(
        lr=training.learning_rate,
        gamma=settings.gamma,
        grad_clip=training.gradient_clip_norm,
        grad_clip_by="global_norm",
    )
    config.learners(
        learner_class=ImitationPPOLearner if ppo else ImitationAPPOLearner,
        num_learners=training.num_learners,
        num_gpus_per_learner=training.gpus_per_learner,
        learner_config_dict={"training": training, "profiles": settings.profiles},
    )
    config.rl_module(
        rl_module_spec=RLModuleSpec(module_class=module, model_config=settings.model.model_dump(mode="json"))
    )
    config.callbacks(DeskCallbacks)
    config.debugging(seed=settings.seed % 2**31, log_level="WARN")
    _sampling(config, training)


def _sampling(config: Any, training: TrainingConfig) -> None:
    config.env_runners(
        env_runner_cls=RepairEnvRunner,
        num_env_runners=training.num_env_runners,
        num_envs_per_env_runner=training.num_envs_per_env_runner,
        rollout_fragment_length="auto" if training.algorithm == "ppo" else training.fragment_length,
        env_to_module_connector=lambda env, spaces, device: StackObservations(),
        module_to_env_connector=lambda env, spaces: SampleActions(),
        add_default_connectors_to_env_to_module_pipeline=False,
        add_default_connectors_to_module_to_env_pipeline=False,
        sample_timeout_s=180.0,
    )
    config.fault_tolerance(
        restart_failed_env_runners=True,
        ignore_env_runner_failures=True,
        delay_between_env_runner_restarts_s=1.0,
        env_runner_health_probe_timeout_s=HEALTH_TIMEOUT_S,
    )


def learner_figures(result: Mapping[str, Any]) -> dict[str, float]:
    """The learner's scalars of one iteration."""
    figures = result.get("learners", {}).get("default_policy", {})
    return {name: float(value) for name, value in figures.items() if isinstance(value, int | float)}
