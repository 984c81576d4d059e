"""When two programs are the same: equal trees, and a cheap test that rules most others out."""

from __future__ import annotations

import ast
import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Protocol

import numpy as np

_DROPPED_SIGNS = " \t\n\f\\(),;'\"_"
_DROPPED = str.maketrans("", "", _DROPPED_SIGNS)
_COMMENT_OR_STRING = re.compile(
    r"('''|\"\"\")(?s:(?:\\.|.)*?)\1|'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"|(?P<comment>#[^\n]*)"
)
# Of each ASCII character, whether a normal text keeps it.
_KEPT = np.array([chr(code) not in _DROPPED_SIGNS for code in range(128)], np.int64)
_IGNORED = frozenset({"ctx", "kind", "type_comment", "type_ignores"})


class Replacing(Protocol):
    """What ``Normal.same`` needs of an edit or of the proposal of one."""

    @property
    def start(self) -> int:
        """Where what is replaced begins."""
        ...

    @property
    def end(self) -> int:
        """Where it ends."""
        ...

    @property
    def replacement(self) -> str:
        """What takes its place."""
        ...


class Normal:
    """
    A text without the characters that may differ between equal trees: space, parentheses, quotes, comments.

    Equal trees nearly always have equal normal texts; the trees decide where these agree.
    """

    def __init__(self, source: str) -> None:
        bare = _uncommented(source)
        self.text = normal(bare)
        self._bare = bare

    def same(self, target: Normal, edits: Sequence[Replacing]) -> list[int]:
        """Indices of the edits whose result has the target's normal text."""
        at = _offsets(self._bare)
        left = common_prefix(self.text, target.text)
        right = common_prefix(self.text[::-1], target.text[::-1])
        size, wanted = len(self.text), len(target.text)
        # Offsets grow, so that two of them tell which edits leave alone nothing that must change.
        latest, earliest = bisect_right(at, left) - 1, bisect_left(at, size - right)
        found = []
        for index, edit in enumerate(edits):
            if edit.start <= latest and edit.end >= earliest:
                start = at[edit.start]
                room = wanted - start - (size - at[edit.end])
                if room >= 0 and _normal_is(edit.replacement, target.text[start : start + room]):
                    found.append(index)
        return found


def _normal_is(text: str, wanted: str) -> bool:
    first = text[:1]
    if first.isalnum() and first.isascii() and first.lower() != wanted[:1]:  # the most frequent answer, and quick
        return False
    return normal(_uncommented(text)) == wanted


def common_prefix(one: str, other: str) -> int:
    """Length of the common prefix, by bisection: comparing slices is quicker than characters."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def normal(text: str) -> str:
    """The text in lower case, without space, brackets of grouping, quotes and commas."""
    return text.translate(_DROPPED).lower()


def _uncommented(source: str) -> str:
    """The text with comments blanked out; every other character keeps its offset."""
    if "#" not in source:
        return source
    return _COMMENT_OR_STRING.sub(lambda m: " " * len(m[0]) if m["comment"] else m[0], source)


def _offsets(bare: str) -> list[int]:
    """For each offset of a text, how many characters before it the normal text keeps."""
    if bare.isascii():
        kept = _KEPT[np.frombuffer(bare.encode(), np.uint8)]
    else:
        kept = np.fromiter((len(normal(sign)) for sign in bare), np.int64, len(bare))
    at: list[int] = np.cumsum(kept).tolist()
    return [0, *at]


def same_tree(one: object, other: object) -> bool:
    """Whether two trees mean the same program; positions and comments don't count."""
    if isinstance(one, ast.AST):
        if type(one) is not type(other):
            return False
        return all(
            same_tree(getattr(one, field, None), getattr(other, field, None))
            for field in one._fields
            if field not in _IGNORED
        )
    if isinstance(one, list):
        return (
            isinstance(other, list)
            and len(one) == len(other)
            and all(same_tree(a, b) for a, b in zip(one, other, strict=True))
        )
    return type(one) is type(other) and repr(one) == repr(other)
