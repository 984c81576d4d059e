"""Which functions of the module are shown along with a task: those that share most words with what is left of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from core.records import SourceFile

MOST = 6
_LONGEST = 3_500
_WORD = re.compile(r"[A-Za-z_]\w*")


def nearest(source: str, siblings: Sequence[SourceFile]) -> tuple[SourceFile, ...]:
    """At most ``MOST``, the nearest first; a word counts the more, the fewer functions have it."""
    fit = [each for each in siblings if len(each.text) <= _LONGEST]
    words = [_words(each.text) for each in fit]
    spread = Counter(word for each in words for word in each)
    own = _words(source)
    shared = [sum(1.0 / spread[word] for word in sorted(each & own)) / (8 + len(each)) ** 0.5 for each in words]
    order = sorted(range(len(fit)), key=lambda index: (-shared[index], index))
    return tuple(fit[index] for index in order[:MOST])


@lru_cache(maxsize=512)
def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text))
