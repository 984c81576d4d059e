"""
The encoder over a function's tokens: a small one from scratch, or any pretrained one of ``transformers``.

The small one is ModernBERT's block (pre-norm, rotary positions, gated MLP; arXiv 2412.13663) with one addition: before
each block every token reads from the tokens that it is related to (parent, last use of the same name, ...). A gather
of a few channels per relation does it, at a tenth of a block's cost, where a bias on every attention score (GREAT,
Hellendoorn et al., ICLR 2020) costs as much as half the network.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoModel, ModernBertConfig, ModernBertModel
from transformers.models.modernbert.modeling_modernbert import ModernBertEncoderLayer

from core.errors import ConfigError
from core.observation import RELATIONS
from policies.config import ModelConfig


class RelationMix(nn.Module):
    """Adds to each token what its related tokens say: [b, t, H] and pointers [b, t, R] to [b, t, H]."""

    def __init__(self, hidden_size: int, rank: int) -> None:
        super().__init__()
        self.rank = rank
        self.norm = nn.LayerNorm(hidden_size, bias=False)
        self.down = nn.Linear(hidden_size, len(RELATIONS) * rank, bias=False)
        self.up = nn.Linear(len(RELATIONS) * rank, hidden_size, bias=False)
        nn.init.zeros_(self.up.weight)  # starts as the plain block

    def forward(self, hidden: Tensor, pointers: Tensor) -> Tensor:
        """One step of reading; a pointer of -1 reads nothing."""
        b, t, r = pointers.shape
        said = self.down(self.norm(hidden)).view(b * t * r, self.rank)
        base = torch.arange(b, device=hidden.device).view(b, 1, 1) * t
        source = (base + pointers.clamp(min=0)) * r + torch.arange(r, device=hidden.device)
        heard = said.index_select(0, source.view(-1)).view(b, t, r, self.rank)
        heard = heard * (pointers >= 0).unsqueeze(-1).to(heard.dtype)
        mixed: Tensor = hidden + self.up(heard.view(b, t, r * self.rank))
        return mixed


class RelationalLayer(ModernBertEncoderLayer):  # type: ignore[misc]
    """ModernBERT's block behind a ``RelationMix``."""

    def __init__(self, config: Any, index: int, rank: int) -> None:
        super().__init__(config, index)
        self.relations = RelationMix(config.hidden_size, rank)

    def forward(self, hidden_states: Tensor, pointers: Tensor, **kwargs: Any) -> Tensor:
        """As the block, with pointers [b, t, R]."""
        hidden: Tensor = super().forward(self.relations(hidden_states, pointers), **kwargs)
        return hidden


def small_encoder(config: ModelConfig) -> Any:
    """A ModernBERT of the given size, from scratch, whose every layer attends to the whole function."""
    shape = ModernBertConfig(
        vocab_size=1,  # it is fed embeddings
        pad_token_id=0,
        bos_token_id=0,
        cls_token_id=0,
        eos_token_id=0,
        sep_token_id=0,
        hidden_size=config.hidden_size,
        intermediate_size=2 * config.hidden_size,
        num_hidden_layers=config.num_layers,
        num_attention_heads=config.num_heads,
        max_position_embeddings=config.max_sequence_length,
        layer_types=["full_attention"] * config.num_layers,
        initializer_range=0.6 * config.hidden_size**-0.5,
        embedding_dropout=config.dropout,
        mlp_dropout=config.dropout,
        attention_dropout=0.0,  # keeps the fused attention kernel
    )
    encoder = ModernBertModel(shape)
    if config.relation_rank:
        plain = list(encoder.layers)
        encoder.layers = nn.ModuleList(
            RelationalLayer(shape, index, config.relation_rank) for index in range(config.num_layers)
        )
        for layer, source in zip(encoder.layers, plain, strict=True):
            layer.load_state_dict(source.state_dict(), strict=False)
    return encoder


def pretrained_encoder(name: str) -> Any:
    """The encoder called ``name`` (of the model hub, or a folder). ``ConfigError`` where there is none."""
    try:
        encoder = AutoModel.from_pretrained(name)
    except (OSError, ValueError) as error:
        first = str(error).strip().splitlines()[0]
        raise ConfigError(
            f"can't load the encoder {name!r} ({first})", where="model.encoder", remedy="Give a name or a folder"
        ) from error
    if getattr(encoder.config, "is_encoder_decoder", False):
        raise ConfigError(f"{name!r} is an encoder-decoder", where="model.encoder", remedy="Give an encoder-only model")
    return encoder
