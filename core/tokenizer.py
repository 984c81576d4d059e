"""The default tokenizer: sub-words of identifiers, hashed into a fixed vocabulary. It needs no training and no file."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache

# camelCase, snake_case, digits and runs of punctuation come apart (the sub-token split of BugLab, arXiv 2105.12787).
_PARTS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|[^\w\s]+|_+")


@lru_cache(maxsize=200_000)
def _hashed_ids(text: str, vocab_size: int) -> tuple[int, ...]:
    parts = [part for part in _PARTS.findall(text) if part.strip("_")] or [text]
    return tuple(
        1
        + int.from_bytes(hashlib.blake2b(p.encode("utf-8", "replace"), digest_size=8).digest(), "little")
        % (vocab_size - 1)
        for p in parts
    )


class HashedTokenizer:
    """Implements ``core.protocols.Tokenizer``. Two sub-words share an id with probability 1 / ``vocab_size``."""

    def __init__(self, vocab_size: int = 8192) -> None:
        self.vocab_size = vocab_size

    def ids(self, text: str) -> tuple[int, ...]:
        """The ids of the sub-words of ``text``, case kept apart; a text without word or sign is one sub-word."""
        return _hashed_ids(text, self.vocab_size)
