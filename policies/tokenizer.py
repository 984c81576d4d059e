"""A pretrained encoder's own tokenizer as a ``core.protocols.Tokenizer``."""

from __future__ import annotations

from functools import lru_cache

from transformers import AutoTokenizer

from core.errors import ConfigError


class PretrainedTokenizer:
    """Sub-tokens of ``transformers``' tokenizer called ``name`` (of the model hub, or a folder)."""

    def __init__(self, name: str) -> None:
        try:
            self._tokenizer = AutoTokenizer.from_pretrained(name)
        except (OSError, ValueError) as error:
            first = str(error).strip().splitlines()[0]
            raise ConfigError(f"can't load the tokenizer of {name!r} ({first})", where="model.encoder") from error
        self.vocab_size = len(self._tokenizer)
        self._unknown = self._tokenizer.unk_token_id or self.vocab_size - 1
        self.ids = lru_cache(maxsize=200_000)(self._ids)

    def _ids(self, text: str) -> tuple[int, ...]:
        """Ids of the sub-tokens of ``text`` without special tokens; 0 means padding here, so it never occurs."""
        found = tuple(int(i) for i in self._tokenizer.encode(text, add_special_tokens=False) if i != 0)
        return found or (self._unknown,)
