import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.observation import FIRST_EDIT, ObservationLimits, array_shapes
from policies.batch import collate, collate_positives
from policies.config import ModelConfig
from policies.layout import lay_out
from policies.losses import imitation_loss
from policies.network import MASKED, RepairNetwork, distinct, gathered
from tests.fakes.observations import padded, random_observation

SMALL = ModelConfig(hidden_size=32, num_layers=2, num_heads=2, vocab_size=500)


@pytest.fixture(scope="module")
def network() -> RepairNetwork:
    torch.manual_seed(0)
    network = RepairNetwork(SMALL).eval()
    for parameter in network.parameters():  # what starts at zero takes part too
        if not parameter.any():
            torch.nn.init.normal_(parameter, std=0.1)
    return network


def observations(seed: int, sizes: list[tuple[int, int]]):
    rng = np.random.default_rng(seed)
    return [random_observation(rng, tokens, candidates) for tokens, candidates in sizes]


def test_shapes_and_mask(network):
    batch = collate(observations(1, [(7, 20), (30, 5), (12, 0)]))
    logits, value = network(batch)
    assert logits.shape == (3, FIRST_EDIT + 20)
    assert value.shape == (3,)
    forbidden = batch["action_mask"] == 0
    assert (logits[forbidden] == MASKED).all()
    assert torch.isfinite(logits).all()
    assert (logits[~forbidden] > MASKED).all()


@given(st.lists(st.tuples(st.integers(1, 60), st.integers(0, 40)), min_size=1, max_size=20), st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_company_and_padding_do_not_change_the_scores(network, sizes, seed):
    batch = observations(seed, sizes)
    with torch.no_grad():
        together, values = network(collate(batch))
        whole, _ = network(collate([padded(one, 64, 50) for one in batch]))
        for row, one in enumerate(batch):
            alone, value = network(collate([one]))
            width = alone.shape[1]
            torch.testing.assert_close(together[row, :width], alone[0], rtol=1e-3, atol=1e-4)
            torch.testing.assert_close(whole[row, :width], alone[0], rtol=1e-3, atol=1e-4)
            torch.testing.assert_close(values[row], value[0], rtol=1e-3, atol=1e-4)


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 90)), min_size=1, max_size=64), st.integers(1, 9))
@settings(max_examples=50, deadline=None)
def test_layout_covers_every_token_and_candidate_once(lengths, smallest):
    layout = lay_out(torch.tensor(lengths, dtype=torch.int32), 512, 100, smallest, torch.device("cpu"))
    expected = {(row, col) for row, (tokens, _) in enumerate(lengths) for col in range(max(1, tokens))}
    seen = list(zip(layout.rows.tolist(), layout.cols.tolist(), strict=True))
    assert len(seen) == len(expected)
    assert set(seen) == expected
    in_buckets = torch.cat([bucket.index.view(-1)[bucket.packed] for bucket in layout.buckets])
    assert in_buckets.tolist() == list(range(len(seen)))
    candidates = list(zip(layout.candidate_rows.tolist(), layout.candidate_cols.tolist(), strict=True))
    assert candidates == [(row, col) for row, (_, count) in enumerate(lengths) for col in range(count)]


def test_bucketing_halves_the_padding():
    lengths = torch.tensor([[n, 0] for n in np.random.default_rng(0).lognormal(4.2, 0.6, 64).astype(int)])
    layout = lay_out(lengths, 512, 0, 4, torch.device("cpu"))
    laid_out = sum(bucket.index.numel() for bucket in layout.buckets)
    assert laid_out < 1.25 * lengths[:, 0].sum()
    assert laid_out < 0.6 * 64 * lengths[:, 0].max()


def test_every_input_matters(network):
    (one,) = observations(3, [(20, 30)])
    one["action_mask"][:] = 1
    with torch.no_grad():
        base, base_value = network(collate([one]))
        for name in ("tokens", "node", "relations", "evidence", "cand_kind", "cand_ref", "cand_tokens", "state"):
            other = random_observation(np.random.default_rng(4), 20, 30)
            changed, value = network(collate([one | {name: other[name]}]))
            assert not torch.allclose(base, changed), name
            if not name.startswith("cand"):
                assert not torch.allclose(base_value, value), name


def test_dummy_batch_of_zeros_passes(network):
    zeros = {name: np.zeros(shape, dtype) for name, (shape, dtype) in array_shapes(ObservationLimits(16, 8)).items()}
    logits, _ = network({name: torch.from_numpy(array)[None] for name, array in zeros.items()})
    assert (logits == MASKED).all()


def test_imitation_learns_a_tiny_batch_by_heart():
    torch.manual_seed(1)
    network = RepairNetwork(SMALL)
    batch = observations(5, [(10, 30), (25, 60), (17, 44), (30, 12)])
    for one in batch:
        one["action_mask"][:] = 1
    inputs = collate(batch)
    positives = collate_positives([np.array([2 + i, 5 + i]) for i in range(4)], inputs["action_mask"].shape[1])
    optimiser = torch.optim.AdamW(network.parameters(), lr=3e-3)
    losses = []
    for _ in range(60):
        loss = imitation_loss(network(inputs)[0], positives).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[0] > 2.0
    assert losses[-1] < 0.05


def test_every_parameter_gets_a_gradient(network):
    batch = collate(observations(6, [(12, 30), (40, 50)]))
    positives = torch.zeros_like(batch["action_mask"], dtype=torch.bool)
    positives[:, 4:8] = True
    logits, values = network(batch)
    network.zero_grad()
    (imitation_loss(logits, positives).mean() + values.square().mean() + logits[:, :2].clamp(-5, 5).sum()).backward()
    without = [name for name, parameter in network.named_parameters() if parameter.grad is None]
    assert without == ["encoder.embeddings.tok_embeddings.weight"]


def test_model_config_is_checked():
    with pytest.raises(ValueError, match="num_heads"):
        ModelConfig(hidden_size=30, num_heads=4)
    assert not dataclasses.is_dataclass(ModelConfig)


def test_gathered_rows_are_those_of_their_tables():
    tables = [torch.randn(size, 5, requires_grad=True) for size in (3, 7, 1)]
    indices = [torch.randint(len(table), (11,)) for table in tables]
    expected = sum(table[index] for table, index in zip(tables, indices, strict=True))
    found = gathered(*zip(tables, indices, strict=True))
    torch.testing.assert_close(found, expected)
    weights = torch.randn(11, 5)
    torch.testing.assert_close(
        torch.autograd.grad((found * weights).sum(), tables), torch.autograd.grad((expected * weights).sum(), tables)
    )


@pytest.mark.parametrize("bound", [8, 8192, 2**31 - 1])  # the largest don't fit into one number side by side
@pytest.mark.parametrize("count", [0, 1, 200])
def test_distinct_rows_give_every_row_back(bound, count):
    ids = torch.randint(4, (count, 4), dtype=torch.int32) + bound - 4
    rows, which = distinct(ids, bound)
    assert torch.equal(rows[which], ids.long())
    assert len(rows) == len({tuple(row) for row in ids.tolist()})
