"""Repairs of several bugs in one text: each as an edit of the text as it is, and what is left once one is done."""

from __future__ import annotations

from collections.abc import Sequence

from core.records import Edit
from envs.edits.grammar import apply
from envs.edits.tree import parsed


def single_repairs(source: str, repairs: Sequence[Edit]) -> list[Edit]:
    """
    ``repairs`` (applied in order, each to the text that the one before left) as edits of ``source`` itself, so that
    any of them can be done first. One that overlaps an earlier one waits for it and is left out, as is one that alone
    gives no valid text.
    """
    singles: list[Edit] = []
    done: list[Edit] = []
    for repair in repairs:
        moved = _moved_before(repair, done)
        done.append(repair)
        if moved is not None and _parses(apply(source, moved)):
            singles.append(moved)
    return singles


def _moved_before(edit: Edit, done: Sequence[Edit]) -> Edit | None:
    """``edit`` in the coordinates before ``done`` were applied; None where it touches what one of them put in."""
    start, end = edit.start, edit.end
    for earlier in reversed(done):
        growth = len(earlier.replacement) - (earlier.end - earlier.start)
        if start >= earlier.start + len(earlier.replacement):
            start, end = start - growth, end - growth
        elif end > earlier.start:
            return None
    return Edit(edit.path, start, end, edit.replacement, edit.operator)


def _moved_after(edit: Edit, done: Edit) -> Edit | None:
    """``edit`` in the coordinates after ``done`` was applied; None where they overlap."""
    growth = len(done.replacement) - (done.end - done.start)
    if edit.start >= done.end:
        return Edit(edit.path, edit.start + growth, edit.end + growth, edit.replacement, edit.operator)
    return edit if edit.end <= done.start else None


def advance(
    source: str, singles: Sequence[Edit], chosen: int, edited: tuple[tuple[int, int], ...]
) -> tuple[str, tuple[Edit, ...], tuple[tuple[int, int], ...]]:
    """Does one of several independent repairs: the text, what is left to repair, and where kept edits stand."""
    done = singles[chosen]
    left = [_moved_after(edit, done) for place, edit in enumerate(singles) if place != chosen]
    growth = len(done.replacement) - (done.end - done.start)
    spans = [(a + growth, b + growth) if a >= done.end else (a, b) for a, b in edited]
    here = (done.start, done.start + max(1, len(done.replacement)))
    remaining = tuple(edit for edit in left if edit is not None)
    return apply(source, done), _in_order(remaining), (*spans, here)


def _in_order(edits: Sequence[Edit]) -> tuple[Edit, ...]:
    """Independent edits of one text, last first: applied in this order none moves another."""
    return tuple(sorted(edits, key=lambda edit: -edit.start))


def _parses(source: str) -> bool:
    try:
        parsed(source)
    except (SyntaxError, ValueError):
        return False
    return True
