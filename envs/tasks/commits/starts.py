"""From which states the edits lead to what a commit made of a function: found by reading alone, nothing is run."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from core.errors import EditError
from core.records import Category
from envs.edits.places import line_differences
from envs.edits.reparse import parses
from envs.edits.same import same_tree
from envs.edits.tree import parsed
from envs.edits.view import View
from envs.tasks.commits.changes import Change
from envs.tasks.commits.reference import remainder, way
from envs.tasks.feature.removals import Removal, removals

WHOLE, PART = "commit", "commit_part"


@dataclass(frozen=True, slots=True)
class Start:
    """
    A start state for a task of ``category``. ``operator``: ``commit`` where it is the function as it was before, and
    ``commit_part`` where some of what the commit did is done already. ``piece``: what is missing from it, in a feature.
    """

    source: str
    category: Category
    operator: str
    piece: Removal | None = None


def starts(change: Change, categories: Collection[str]) -> list[Start]:
    """The states to begin with, the function as it was before them; parts only where that is out of reach."""
    try:
        return list(_whole(change, categories)) or list(_parts(change, categories))
    except EditError:
        return []


def _whole(change: Change, categories: Collection[str]) -> Iterator[Start]:
    if Category.BUG_FIX in categories and way(change.before, change.after, _equal):
        yield Start(change.before, Category.BUG_FIX, WHOLE)
    if Category.FEATURE in categories:
        for piece in _pieces(change.after):
            text = piece.applied(change.after)
            if parses(text) and same_tree(parsed(text), parsed(change.before)):
                yield Start(change.before, Category.FEATURE, WHOLE, piece)
                return


def _parts(change: Change, categories: Collection[str]) -> Iterator[Start]:
    if Category.BUG_FIX in categories:
        text, edits = remainder(change.before, change.after, _equal)
        if edits:
            yield Start(text, Category.BUG_FIX, PART)
    if Category.FEATURE in categories:
        come = [(start, end) for start, end, text in line_differences(change.after, change.before) if not text]
        inside = [p for p in _pieces(change.after) if any(start <= p.start and p.end <= end for start, end in come)]
        found = [piece for piece in inside if parses(piece.applied(change.after))]
        if found:
            largest = max(found, key=lambda piece: (piece.end - piece.start, -piece.start))
            yield Start(largest.applied(change.after), Category.FEATURE, PART, largest)


def _pieces(text: str) -> list[Removal]:
    return [each for each in removals(View(text)) if each.kind != "body"]


def _equal(text: str) -> float:
    """Nothing is known of any state."""
    return 0.0
