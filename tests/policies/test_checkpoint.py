import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from core.errors import CheckpointError
from policies.batch import collate
from policies.checkpoint import load_policy, save_policy
from policies.config import ModelConfig
from policies.description import DESCRIPTION, WEIGHTS
from policies.network import RepairNetwork
from tests.fakes.observations import random_observation

SMALL = ModelConfig(hidden_size=32, num_layers=1, num_heads=2, vocab_size=500)


@pytest.fixture
def network():
    torch.manual_seed(0)
    return RepairNetwork(SMALL).eval()


def test_round_trip(tmp_path, network):
    save_policy(tmp_path / "p", network, {"grammar": 3, "kinds": ["a", "b"]})
    loaded = load_policy(tmp_path / "p", {"grammar": 3, "kinds": ["a", "b"]})
    batch = collate([random_observation(np.random.default_rng(0), 20, 30)])
    with torch.no_grad():
        torch.testing.assert_close(loaded.network(batch), network(batch))
    assert loaded.config == SMALL
    assert not [path for path in (tmp_path / "p").iterdir() if path.suffix == ".part"]


def test_a_policy_from_before_there_were_other_categories_is_read_whole(tmp_path, network):
    folder = save_policy(tmp_path / "p", network, {})
    weights = load_file(folder / WEIGHTS)
    name = "candidates.kind.weight"
    save_file(weights | {name: weights[name][:96].clone()}, folder / WEIGHTS)
    loaded = load_policy(folder).network
    torch.testing.assert_close(loaded.state_dict()[name][:96], network.state_dict()[name][:96])
    assert loaded.state_dict()[name].shape == network.state_dict()[name].shape


def test_half_precision_halves_the_file(tmp_path, network):
    save_policy(tmp_path / "whole", network, {})
    save_policy(tmp_path / "half", network, {}, dtype=torch.float16)
    sizes = [(tmp_path / name / WEIGHTS).stat().st_size for name in ("half", "whole")]
    assert sizes[0] < 0.6 * sizes[1]
    assert load_policy(tmp_path / "half").network.value.weight.dtype == torch.float32


def test_missing_torn_and_foreign_policies_are_refused(tmp_path, network):
    with pytest.raises(CheckpointError, match="no policy here"):
        load_policy(tmp_path / "nowhere")
    folder = save_policy(tmp_path / "p", network, {"grammar": 3})
    with pytest.raises(CheckpointError, match="another grammar"):
        load_policy(folder, {"grammar": 4})
    description = json.loads((folder / DESCRIPTION).read_text())
    whole = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CheckpointError):
        load_policy(folder)
    (folder / WEIGHTS).write_bytes(whole)
    for shape in ({"hidden_size": 64}, {"num_layers": 2}, {"relation_rank": 0}):
        changed = description | {"model": description["model"] | shape}
        (folder / DESCRIPTION).write_text(json.dumps(changed))
        with pytest.raises(CheckpointError, match="can't be loaded"):
            load_policy(folder)
    (folder / DESCRIPTION).write_text("{")
    with pytest.raises(CheckpointError, match="can't be read"):
        load_policy(folder)
