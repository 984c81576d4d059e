"""
The few words by which a policy tells an edit from others of its kind at its place.

An observation has room for ``SUBTOKENS`` sub-tokens of a candidate, so that what all of them share is left out: the
name that the candidate refers to anyway, brackets, what its kind says already.
"""

from __future__ import annotations

import re
from functools import lru_cache

from core.observation import SUBTOKENS

ROOM = SUBTOKENS - 1
# The first, the next two, the next four, ...
_LIKELY = ("surest", "likeliest", "likelier", "likely", "thinkable", "unlikely", "remote", "farfetched")
# As ``core.tokenizer`` takes words apart; what is empty is a word of its own, and so is each operator.
_PART = re.compile(
    r"\[\]|\{\}|\(\)|''|[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|\*\*|//|[=!<>]=|<<|>>|[-+*/%<>&|^~]=?"
)
_NAME = re.compile(r"[A-Za-z_]\w*")
_OPENING = re.compile(r"^(?:if|elif|except) (.+?):\n\s*", re.DOTALL)
# Said by the kind, or by nearly every candidate.
_SHARED = frozenset(["if", "elif", "else", "for", "return", "raise", "self", "cls", "from", "pass"])
_DULL = frozenset(("isinstance", "()", "==", "in", "is", "and", "or", "Error", "get", "format"))


def salient(text: str, name: str, rank: int) -> str:
    """
    How likely the edit is by its ``rank`` in the list, and behind it at most ``ROOM`` words of the code ``text``, the
    local ``name`` left out; where it has a test, one or two of them are of that.
    """
    opening = _OPENING.match(text)
    then = _words(text[opening.end() :] if opening else text, name)
    test = _words(opening[1], name) if opening else ()
    then = then[: max(1, ROOM - len(test))]
    return " ".join((_LIKELY[min((rank + 1).bit_length(), len(_LIKELY)) - 1], *then, *test[: ROOM - len(then)]))


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
