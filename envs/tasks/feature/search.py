"""The way back: edits that the category itself offers, from the start state to the reference."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from core.records import Edit
from envs.edits.candidate import Proposal
from envs.edits.grammar import apply, edit_of
from envs.edits.same import Normal, same_tree

Propose = Callable[[str], Sequence[Proposal]]
Helps = Callable[[str, str], bool]
MAX_TRIED = 3


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


def way_back(
    source: str, target: str, middles: Sequence[str], propose: Propose, helps: Helps, refine: Propose
) -> tuple[Edit, ...]:
    """
    One edit, or two of which the first already helps (``helps(text, than)``: it shows more checks passing than before);
    empty where none is found. ``middles``: texts that the first of two edits may lead to, such as the target with less
    missing than in ``source``; ``refine``: what else may come second, asked where ``propose`` does not know.
    """
    found = propose(source)
    edit = one_step(source, target, found)
    if edit is not None:
        return (edit,)
    firsts = [first for first in (one_step(source, middle, found) for middle in middles) if first is not None]
    for first in (*firsts[:MAX_TRIED], *_nearest(source, target, found)):
        text = apply(source, first)
        if not helps(text, source):
            continue
        second = one_step(text, target, propose(text)) or one_step(text, target, refine(text))
        if second is not None:
            return (first, second)
    return ()


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
