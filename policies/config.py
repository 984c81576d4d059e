"""The policy's shape."""

from __future__ import annotations

from pydantic import Field, model_validator

from core.config import Config


class ModelConfig(Config):
    """
    Attributes:
        hidden_size: Width of the encoder and of the heads. Taken from the pretrained encoder where there is one.
        num_layers, num_heads: Of the encoder. Taken from the pretrained encoder where there is one.
        dropout: In the encoder. 0 by default: injected bugs never run out, so no sample is seen twice.
        max_sequence_length: The most lexical tokens of a function.
        vocab_size: Ids of the hashed tokenizer (``core.tokenizer``). Taken from the pretrained encoder's tokenizer.
        relation_rank: Channels that each relation carries from token to token in each layer; 0 leaves relations out.
        encoder: Name or path of a pretrained ``transformers`` encoder, instead of a small one from scratch.
    """

    hidden_size: int = Field(default=128, ge=8)
    num_layers: int = Field(default=4, ge=1)
    num_heads: int = Field(default=4, ge=1)
    dropout: float = Field(default=0.0, ge=0.0, lt=1.0)
    max_sequence_length: int = Field(default=512, ge=8)
    vocab_size: int = Field(default=8192, ge=16)
    relation_rank: int = Field(default=16, ge=0)
    encoder: str | None = None

    @model_validator(mode="after")
    def _heads_divide(self) -> ModelConfig:
        if self.encoder is None and self.hidden_size % (2 * self.num_heads):
            raise ValueError(
                f"hidden_size {self.hidden_size} is not a multiple of 2 * num_heads ({2 * self.num_heads})"
            )
        return self
