import numpy as np
import pytest
import torch
from transformers import BertConfig, BertModel, BertTokenizer

from core.errors import ConfigError
from core.protocols import Tokenizer
from policies.batch import collate
from policies.checkpoint import load_policy, save_policy
from policies.config import ModelConfig
from policies.network import RepairNetwork
from policies.tokenizer import PretrainedTokenizer
from tests.fakes.observations import random_observation


@pytest.fixture(scope="module")
def encoder(tmp_path_factory) -> str:
    """A real, tiny encoder in a folder, as ``save_pretrained`` writes it."""
    folder = tmp_path_factory.mktemp("encoder")
    shape = BertConfig(vocab_size=500, hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32)
    BertModel(shape).save_pretrained(folder)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "return", "total", "##s", "+"]
    (folder / "vocab.txt").write_text("\n".join(words) + "\n")
    BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder)
    return str(folder)


def test_any_encoder_by_path(encoder, tmp_path):
    network = RepairNetwork(ModelConfig(encoder=encoder)).eval()
    batch = collate([random_observation(np.random.default_rng(0), n, 30) for n in (8, 20)])
    logits, value = network(batch)
    assert logits.shape == (2, 32)
    (logits[:, 2:].clamp(min=-9).sum() + value.sum()).backward()
    assert network.text.weight.grad is not None
    save_policy(tmp_path, network, {})
    with torch.no_grad():
        torch.testing.assert_close(load_policy(tmp_path).network(batch)[0], logits.detach())


def test_its_tokenizer(encoder):
    tokenizer = PretrainedTokenizer(encoder)
    assert isinstance(tokenizer, Tokenizer)
    assert len(tokenizer.ids("totals")) == 2
    assert all(0 < i < tokenizer.vocab_size for text in ("totals", "", "§", "+") for i in tokenizer.ids(text))


def test_a_name_that_is_not_there(tmp_path):
    with pytest.raises(ConfigError, match="encoder"):
        RepairNetwork(ModelConfig(encoder=str(tmp_path)))
    with pytest.raises(ConfigError, match="tokenizer"):
        PretrainedTokenizer(str(tmp_path))
