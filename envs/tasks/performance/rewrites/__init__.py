"""
What can be done to a slow function: one change each, as a single contiguous replacement.

Each module beside this one has ``KINDS`` and ``rewrites(sheet)``. Whether a change keeps the behaviour is not asked: an
agent has to see that, and the checks tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import chain

from core.errors import EditError
from envs.edits.candidate import Proposal
from envs.tasks.performance.rewrites import calls, containers, folds, moving, tempting
from envs.tasks.performance.sheet import Rewrite, Sheet, sheet_of

_FAMILIES = (moving, containers, folds, calls, tempting)
KINDS: tuple[str, ...] = tuple(chain.from_iterable(family.KINDS for family in _FAMILIES))
_MOST = 300


@lru_cache(maxsize=64)
def proposals(source: str) -> tuple[Proposal, ...]:
    """The edits of a program text in a fixed order, no two with the same result, at most 300."""
    try:
        sheet = sheet_of(source)
    except (SyntaxError, ValueError, EditError):
        return ()
    found: dict[str, Proposal] = {}
    for rewrite in _every(sheet):
        text = sheet.patched(rewrite.patches)
        if text != source and text not in found:
            found[text] = proposal(source, text, rewrite)
    kept = list(found.values())
    return tuple(kept[index * len(kept) // _MOST] for index in range(_MOST)) if len(kept) > _MOST else tuple(kept)


def _every(sheet: Sheet) -> Iterator[Rewrite]:
    for family in _FAMILIES:
        yield from family.rewrites(sheet)


def proposal(source: str, text: str, rewrite: Rewrite) -> Proposal:
    """The smallest contiguous replacement that makes ``text`` of ``source``."""
    start, end = min(p.start for p in rewrite.patches), max(p.end for p in rewrite.patches)
    stop = len(text) - (len(source) - end)
    while start < min(end, stop) and source[start] == text[start]:
        start += 1
    while start < min(end, stop) and source[end - 1] == text[stop - 1]:
        end, stop = end - 1, stop - 1
    ref = None if rewrite.anchor[0] <= start <= rewrite.anchor[1] else min(start, len(source) - 1)
    return Proposal(rewrite.kind, start, end, text[start:stop], rewrite.anchor, rewrite.salient, ref)
