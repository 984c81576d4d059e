import gymnasium as gym
import numpy as np
import torch
from ray.rllib.core.columns import Columns
from ray.rllib.core.rl_module.rl_module import RLModuleSpec

from core.observation import ObservationLimits, array_shapes
from policies.batch import collate
from policies.config import ModelConfig
from policies.network import MASKED
from policies.rl_module import RepairRLModule
from tests.fakes.observations import padded, random_observation

LIMITS = ObservationLimits(32, 40)


def module() -> RepairRLModule:
    spaces = {name: gym.spaces.Box(-1, 100, shape, dtype) for name, (shape, dtype) in array_shapes(LIMITS).items()}
    spec = RLModuleSpec(
        module_class=RepairRLModule,
        observation_space=gym.spaces.Dict(spaces),
        action_space=gym.spaces.Discrete(LIMITS.actions),
        model_config=ModelConfig(hidden_size=32, num_layers=1, num_heads=2, vocab_size=500).model_dump(),
    )
    return spec.build()


def test_samples_only_allowed_actions_and_reuses_values():
    rng = np.random.default_rng(0)
    obs = collate([padded(random_observation(rng, 20, 30), 32, 40) for _ in range(6)])
    rl_module = module()
    out = rl_module.forward_exploration({Columns.OBS: obs})
    logits = out[Columns.ACTION_DIST_INPUTS]
    allowed = logits > MASKED
    distribution = rl_module.get_exploration_action_dist_cls().from_logits(logits)
    for _ in range(20):
        assert allowed.gather(1, distribution.sample().long().unsqueeze(1)).all()
    assert torch.isfinite(distribution.entropy()).all()
    trained = rl_module.forward_train({Columns.OBS: obs})
    values = rl_module.compute_values({Columns.OBS: obs}, embeddings=trained[Columns.EMBEDDINGS])
    torch.testing.assert_close(values, rl_module.compute_values({Columns.OBS: obs}))
    assert values.shape == (6,)


def test_state_round_trip():
    first, second = module(), module()
    second.set_state(first.get_state())
    obs = collate([random_observation(np.random.default_rng(1), 20, 30)])
    one, other = (m.forward_inference({Columns.OBS: obs})[Columns.ACTION_DIST_INPUTS] for m in (first, second))
    torch.testing.assert_close(one, other)
