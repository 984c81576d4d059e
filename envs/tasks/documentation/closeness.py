"""How close two texts are: the cosine of their weighted counts of hashed words. No model, no file."""

from __future__ import annotations

import math
import re
from collections import Counter
from functools import lru_cache

from core.tokenizer import HashedTokenizer

_WORD = re.compile(r"[a-z]+|\d+")
_STEM = 5
_COMMON = 0.1
_STEM_WEIGHT = 0.7
# Stand in nearly every docstring; a table of how rare words are would have to be made and kept.
_STOP_WORDS = """
a an and any are as at be been both but by can do does each else every for from given has have if in into is it its may
method more must no none not object of on one only or other otherwise out over return returned returns self should so
that the their them then there these they this those to true false two up used value values was were when where whether
which will with without function argument arguments parameter parameters result default defaults
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())
_TOKENIZER = HashedTokenizer(1 << 16)


def closeness(one: str, other: str) -> float:
    """
    The cosine in [0, 1] of two texts' vectors: words and their first five letters (``returned`` is near ``returns``),
    logarithmic in how often they come, with stop words damped as inverse document frequency would.
    """
    a, b = _vector(one), _vector(other)
    shared = sum(weight * b[key] for key, weight in a.items() if key in b)
    return shared / (_norm(a) * _norm(b)) if a and b else 0.0


@lru_cache(maxsize=4096)
def _vector(text: str) -> dict[int, float]:
    words = _WORD.findall(text.lower())
    found: dict[int, float] = {}
    for word, count in Counter(words).items():
        weight = (1 + math.log(count)) * (_COMMON if word in STOP_WORDS else 1.0)
        _add(found, word, weight)
        _add(found, word[:_STEM] + " ", weight * _STEM_WEIGHT)
    return found


def _add(found: dict[int, float], word: str, weight: float) -> None:
    # The blank keeps a stem apart from a word of five letters.
    key = _TOKENIZER.ids(word.rstrip())[0] + (len(word) > len(word.rstrip())) * _TOKENIZER.vocab_size
    found[key] = found.get(key, 0.0) + weight


def _norm(vector: dict[int, float]) -> float:
    return math.sqrt(sum(weight * weight for weight in vector.values()))
