import numpy as np
import torch

from core.observation import EVIDENCE, FIRST_EDIT, SUBMIT, UNDO
from core.protocols import Scorer
from policies.baselines import SuspiciousnessScorer, UniformScorer
from policies.config import ModelConfig
from policies.network import RepairNetwork
from policies.scorer import NetworkScorer
from tests.fakes.observations import padded, random_observation

SMALL = ModelConfig(hidden_size=32, num_layers=1, num_heads=2, vocab_size=500)


def scorers() -> list[Scorer]:
    torch.manual_seed(0)
    return [UniformScorer(1), SuspiciousnessScorer(1), NetworkScorer(RepairNetwork(SMALL))]


def test_one_row_per_observation_masked_and_repeatable():
    rng = np.random.default_rng(0)
    batch = [random_observation(rng, 20, 40), padded(random_observation(rng, 9, 12), 64, 50)]
    for scorer in scorers():
        assert isinstance(scorer, Scorer)
        first, second = scorer.logits(batch), scorer.logits(batch)
        for row, again, one in zip(first, second, batch, strict=True):
            assert row.shape == one["action_mask"].shape
            assert row.dtype == np.float32
            np.testing.assert_array_equal(row, again)
            np.testing.assert_array_equal(np.isneginf(row), one["action_mask"] == 0)


def test_no_observations_no_rows():
    assert all(scorer.logits([]) == [] for scorer in scorers())


def test_suspicious_lines_come_first():
    one = random_observation(np.random.default_rng(2), 30, 60)
    one["action_mask"][:] = 1
    one["evidence"][:, EVIDENCE.index("suspiciousness")] = 0.25
    one["evidence"][7, EVIDENCE.index("suspiciousness")] = 0.75
    one["cand_start"][:] = one["cand_end"][:] = 3
    one["cand_start"][[5, 9]] = one["cand_end"][[5, 9]] = 7
    (row,) = SuspiciousnessScorer(0).logits([one])
    assert set(np.argsort(-row)[:2].tolist()) == {FIRST_EDIT + 5, FIRST_EDIT + 9}
    assert row[UNDO] < row[FIRST_EDIT:].min()
    assert row[SUBMIT] < row[FIRST_EDIT:].max()


def test_seeds_shuffle_differently():
    one = random_observation(np.random.default_rng(3), 10, 50)
    assert not np.array_equal(UniformScorer(0).logits([one])[0], UniformScorer(1).logits([one])[0])


def test_network_scores_large_batches_in_parts():
    torch.manual_seed(0)
    scorer = NetworkScorer(RepairNetwork(SMALL))
    rng = np.random.default_rng(4)
    batch = [random_observation(rng, 200, 900) for _ in range(40)]
    rows = scorer.logits(batch)
    (alone,) = scorer.logits(batch[-1:])
    np.testing.assert_allclose(rows[-1], alone, rtol=1e-3, atol=1e-4)
