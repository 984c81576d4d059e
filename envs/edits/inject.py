"""Bugs put into a function: one edit of a kind drawn at even odds, of which the grammar knows the way back."""

from __future__ import annotations

import re
import warnings
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from core.errors import EditError
from core.records import Edit
from envs.edits.candidate import Proposal
from envs.edits.grammar import KINDS, apply, edit_of, matching, may_match, proposals
from envs.edits.operators import USUAL
from envs.edits.same import same_tree
from envs.edits.tree import parsed

# How many places of a kind are tried before another kind gets its turn.
_TRIES = 4
_WORD = re.compile(r"[A-Za-z_]\w*|'[^'\n]*'|\"[^\"\n]*\"")


@dataclass(frozen=True, slots=True)
class Injection:
    """
    A broken program: ``source`` after ``edits``; ``repairs``, applied in order to ``source``, give the original's tree.

    ``operators`` are the kinds of ``edits``, one each.
    """

    source: str
    edits: tuple[Edit, ...]
    repairs: tuple[Edit, ...]
    operators: tuple[str, ...]


def inject(source: str, rng: np.random.Generator, *, bugs: int = 1, kinds: Collection[str] | None = None) -> Injection:
    """
    Puts ``bugs`` bugs into a program text, one after the other.

    Each kind that has a place here is as likely as any other, however many places it has; a place is drawn at even
    odds inside its kind. Only edits that a candidate of the result undoes are used.

    Raises:
        EditError: no edit of ``kinds`` fits, or its way back is lost to a later one, or ``source`` is no program text.
    """
    texts = [source]
    edits: list[Edit] = []
    for _ in range(bugs):
        edit = _draw(texts[-1], texts, rng, frozenset(KINDS if kinds is None else kinds))
        edits.append(edit)
        texts.append(apply(texts[-1], edit))
    repairs = _way_back(texts)
    return Injection(texts[-1], tuple(edits), repairs, tuple(edit.operator for edit in edits))


def injectable(source: str, rng: np.random.Generator, *, kinds: Collection[str] | None = None) -> list[Edit]:
    """One edit that can be undone of every kind for which this function has a place, in random order of the kinds."""
    return list(_reversible(source, [source], rng, frozenset(KINDS if kinds is None else kinds)))


def _draw(text: str, before: list[str], rng: np.random.Generator, kinds: frozenset[str]) -> Edit:
    for edit in _reversible(text, before, rng, kinds):
        return edit
    raise EditError("no edit that can be undone fits this function")


def _reversible(text: str, before: list[str], rng: np.random.Generator, kinds: frozenset[str]) -> Iterator[Edit]:
    by_kind: dict[str, list[Proposal]] = {}
    for proposal in proposals(text):
        if proposal.kind in kinds:
            by_kind.setdefault(proposal.kind, []).append(proposal)
    names = sorted(by_kind)
    for index in rng.permutation(len(names)):
        sites = by_kind[names[index]]
        order = [sites[at] for at in rng.permutation(len(sites))]
        near = islice((each for each in order if _may_return(text, each)), _TRIES)
        found = next((each for each in near if _goes_back(text, each, before)), None)
        if found is not None:
            yield edit_of(found)


def _goes_back(text: str, edit: Proposal, before: list[str]) -> bool:
    result = apply(text, edit)
    return _new(result, before) and may_match(result, text) and bool(matching(result, text))


def _may_return(text: str, edit: Proposal) -> bool:
    """
    A quick look before the search: what the edit takes away can only come back if its words stand elsewhere.

    A statement comes back as a copy of another one that differs from it in one word at most.
    """
    removed = text[edit.start : edit.end]
    left = text[: edit.start] + edit.replacement + text[edit.end :]
    if edit.kind == "statement_removed":
        return _has_copy(removed.strip(), left)
    words = set(_WORD.findall(removed)) - USUAL
    # What isn't found as a text is no word either: the quicker look comes first.
    return not words or (all(word in left for word in words) and words <= set(_WORD.findall(left)))


def _has_copy(removed: str, left: str) -> bool:
    shape, words = _WORD.sub("w", removed), _WORD.findall(removed)
    for line in left.split("\n"):
        if _WORD.sub("w", line.strip()) == shape:
            others = _WORD.findall(line)
            if sum(one != other for one, other in zip(words, others, strict=True)) <= 1:
                return True
    # ``self.name = name`` comes back for a parameter that nothing else uses.
    return len(words) == 3 and words[0] == "self" and words[1].lstrip("_") == words[2]


def _new(result: str, before: list[str]) -> bool:
    """Whether the result compiles and is none of the programs before it."""
    try:
        with warnings.catch_warnings():  # "is" with a literal: what a bug may well look like
            warnings.simplefilter("ignore", SyntaxWarning)
            compile(result, "<program>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    tree = parsed(result)
    return not any(same_tree(tree, parsed(each)) for each in before)


def _way_back(texts: list[str]) -> tuple[Edit, ...]:
    current, repairs = texts[-1], []
    for target in reversed(texts[:-1]):
        ways = matching(current, target)
        if not ways:
            raise EditError("the way back is lost where two edits meet")
        edit = edit_of(proposals(current)[ways[0]])
        repairs.append(edit)
        current = apply(current, edit)
    return tuple(repairs)
