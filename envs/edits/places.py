"""Where two texts differ."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import accumulate

_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")

Place = tuple[int, int, str]


def differences(source: str, target: str) -> list[Place]:
    """Where ``source`` has to change to become ``target``: (start, end, text) by position, token by token."""
    return _places(_TOKEN.findall(source), _TOKEN.findall(target))


def line_differences(source: str, target: str) -> list[Place]:
    """The same line by line: as many lines in place of as many others are one place each."""
    found: list[Place] = []
    for start, end, text in _places(source.splitlines(keepends=True), target.splitlines(keepends=True)):
        old, new = source[start:end].splitlines(keepends=True), text.splitlines(keepends=True)
        if len(old) != len(new):
            found.append((start, end, text))
            continue
        ends = [start + size for size in accumulate(map(len, old), initial=0)]
        found += [(ends[at], ends[at + 1], line) for at, line in enumerate(new)]
    return found


def replaced(source: str, places: Sequence[Place]) -> str:
    """``source`` with the places, which are in the order of the text, made right."""
    for start, end, text in reversed(places):
        source = source[:start] + text + source[end:]
    return source


def _places(before: Sequence[str], after: Sequence[str]) -> list[Place]:
    offsets = [0, *accumulate(map(len, before))]
    same = shared(before, after)
    # The matcher takes the square of what it is given, and most of two such texts is the same.
    room = min(len(before), len(after)) - same
    last = min(room, shared(before[::-1], after[::-1]))
    old, new = before[same : len(before) - last], after[same : len(after) - last]
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    return [
        (offsets[same + i1], offsets[same + i2], "".join(new[j1:j2]))
        for kind, i1, i2, j1, j2 in matcher.get_opcodes()
        if kind != "equal"
    ]


def shared(one: Sequence[str], other: Sequence[str]) -> int:
    """How many items (lines, words, characters) both begin with."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
