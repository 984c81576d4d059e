"""The way back: edits that the category itself offers, from the start state to the reference."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Protocol

from core.records import Edit
from envs.edits.candidate import Proposal
from envs.edits.grammar import apply, edit_of
from envs.edits.same import Normal, same_tree

MAX_TRIED = 3


class Offers(Protocol):
    """What the category offers in a state, as a search for a known end asks for it."""

    def towards(self, source: str, target: str) -> Sequence[Proposal]:
        """Its own edits at the places where the two texts differ; some may be too unlikely to be offered."""
        ...

    def has(self, source: str, edit: Edit) -> bool:
        """Whether an edit that leads ``towards`` something is offered indeed."""
        ...

    def grammar(self, source: str) -> Sequence[Proposal]:
        """What of the grammar's edits is offered."""
        ...

    def helps(self, text: str, than: str) -> bool:
        """Whether more checks pass than before, so that an episode goes on from ``text``."""
        ...


def one_step(source: str, target: str, found: Sequence[Proposal]) -> Edit | None:
    """The first of ``found`` that gives the target's tree."""
    wanted = ast.parse(target)
    for index in Normal(source).same(Normal(target), found):
        result = apply(source, edit_of(found[index]))
        try:
            if same_tree(ast.parse(result), wanted):
                return edit_of(found[index])
        except SyntaxError:
            continue
    return None


def way_back(source: str, target: str, middles: Sequence[str], offers: Offers) -> tuple[Edit, ...]:
    """
    One edit, or two of which the first already helps; empty where none is found. ``middles``: texts that the first of
    two edits may lead to, such as the target with less missing than in ``source``.
    """
    found = offers.towards(source, target)
    edit = one_step(source, target, found)
    if edit is not None:
        return (edit,) if offers.has(source, edit) else ()
    for first in _firsts(source, target, middles, found):
        text = apply(source, first)
        if not (offers.helps(text, source) and offers.has(source, first)):
            continue
        second = one_step(text, target, offers.towards(text, target))
        if second is not None and offers.has(text, second):
            return (first, second)
        second = one_step(text, target, offers.grammar(text))
        if second is not None:
            return (first, second)
    return ()


def _firsts(source: str, target: str, middles: Sequence[str], found: Sequence[Proposal]) -> Iterator[Edit]:
    """Edits that lead to one of the middles, then those that give nearly what is missing."""
    tried = 0
    for middle in middles:
        first = one_step(source, middle, found) if tried < MAX_TRIED else None
        if first is not None:
            tried += 1
            yield first
    yield from _nearest(source, target, found)


def _nearest(source: str, target: str, found: Sequence[Proposal]) -> list[Edit]:
    """The edits that put most of what is missing, and little else, where it is missing."""
    goal = Normal(target).text
    left = _prefix(Normal(source).text, goal)
    right = _prefix(Normal(source).text[::-1], goal[::-1])
    missing = goal[left : len(goal) - right] if left + right < len(goal) else ""
    if not missing:
        return []
    scored = []
    for index, proposal in enumerate(found):
        put = Normal(apply("", Edit("", 0, 0, proposal.replacement, ""))).text if proposal.start == proposal.end else ""
        shared = _prefix(put, missing) + _prefix(put[::-1], missing[::-1])
        if put and shared >= 0.6 * max(len(missing), len(put)):
            scored.append((-shared / max(len(missing), len(put)), index))
    return [edit_of(found[index]) for _, index in sorted(scored)[:MAX_TRIED]]


def _prefix(one: str, other: str) -> int:
    size = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        size += 1
    return size
