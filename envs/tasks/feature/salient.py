"""
The few words by which a policy tells an edit from others of its kind at its place.

An observation has room for ``SUBTOKENS`` sub-tokens of a candidate, so that what all of them share is left out: the
name that the candidate refers to anyway, brackets, what its kind says already.
"""

from __future__ import annotations

import re
from functools import lru_cache

from core.observation import SUBTOKENS

# As ``core.tokenizer`` takes words apart; what is empty is a word of its own, and so is each operator.
_PART = re.compile(
    r"\[\]|\{\}|\(\)|''|[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|\*\*|//|[=!<>]=|<<|>>|[-+*/%<>&|^~]=?"
)
_NAME = re.compile(r"[A-Za-z_]\w*")
_OPENING = re.compile(r"^(?:if|elif|except) (.+?):\n\s*", re.DOTALL)
# Said by the kind, or by nearly every candidate.
_SHARED = frozenset(["if", "elif", "else", "for", "return", "raise", "self", "cls", "from", "pass"])
_DULL = frozenset(("isinstance", "()", "==", "in", "is", "and", "or", "Error", "get", "format"))


def salient(text: str, name: str) -> str:
    """At most ``SUBTOKENS`` words of the code ``text``, the local ``name`` left out; half of them are of a test."""
    opening = _OPENING.match(text)
    if opening is None:
        return " ".join(_words(text, name)[:SUBTOKENS])
    test, then = _words(opening[1], name), _words(text[opening.end() :], name)
    room = max(SUBTOKENS // 2, SUBTOKENS - len(test))
    then = then[:room]
    return " ".join((*then, *test[: SUBTOKENS - len(then)]))


@lru_cache(maxsize=20_000)
def _words(text: str, name: str) -> tuple[str, ...]:
    """The words, those that tell much first."""
    bare = re.sub(rf"(?<![\w.]){name}(?!\w)", " ", text) if name else text
    found = [part for part in _PART.findall(bare.replace('"', "'")) if part not in _SHARED]
    if not found:
        return ("nothing",) if bare == text else ("it",)
    return tuple(dict.fromkeys((*(p for p in found if p not in _DULL), *(p for p in found if p in _DULL))))


def first_local(text: str, local: dict[str, float]) -> str:
    """The first of the names that may be read at a place (its keys) that ``text`` has, or ""."""
    return next((word for word in _NAME.findall(text) if word in local), "")
