"""
The grammar of edits: every one-step change of a function, in a fixed order, for injecting bugs and for repairing them.

An edit is one contiguous replacement. The kinds come in pairs (or are their own inverse), so that nearly every edit can
be taken back by another one of the resulting program; ``envs.edits.inject`` uses only those.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice

from core.errors import EditError
from core.observation import GRAMMAR_KINDS, ObservationLimits
from core.records import Edit
from envs.edits.candidate import Candidate, Proposal
from envs.edits.operators import FAMILIES
from envs.edits.same import Normal, Replacing, same_tree
from envs.edits.tree import parsed
from envs.edits.view import view_of

_MOST = ObservationLimits().max_candidates
# Part of every checkpoint: a policy's kinds mean something else under another grammar.
GRAMMAR_VERSION = 1
# A function that an observation holds whole has some thousands. They grow with the square of its length: a table of
# constants on a few long lines has millions, and gigabytes of them.
_MOST_PROPOSALS = 100_000
KINDS: tuple[str, ...] = tuple(kind for family in FAMILIES for kind in family.kinds)
# Kinds that put in what they find elsewhere: the first to be thinned out where there are too many candidates.
_WIDE = frozenset(
    {
        "plain_to_augmented",
        "string_other",
        "name_local",
        "name_global_to_local",
        "name_global",
        "name_local_to_global",
        "name_stored",
        "attribute",
        "condition_added",
        "call_wrapped",
        "method_wrapped",
        "item_wrapped",
        "offset_added",
        "minus_added",
        "operand_added",
        "argument_added",
        "keyword_added",
        "element_added",
        "statement_inserted",
        "jump_inserted",
        "block_wrapped",
        "guard_inserted",
        "start_inserted",
        "step_inserted",
    }
)
if not set(KINDS) >= _WIDE:
    raise AssertionError("a wide kind that isn't one")
_IDS = {kind: index + 1 for index, kind in enumerate(KINDS)}
if len(KINDS) >= GRAMMAR_KINDS or len(_IDS) != len(KINDS):
    raise AssertionError("the kinds of edits must differ and fit core.observation.GRAMMAR_KINDS")


def candidates(source: str, limit: int | None = None) -> list[Candidate]:
    """
    Every edit of a program text that the grammar knows, at most ``limit`` (default: what an observation holds).

    The order is fixed, no two give the same text, none gives the source. Only the function's body changes, never its
    signature or docstring. Where there are too many, the most numerous kinds among those that put in what they find
    elsewhere are thinned out evenly.

    Raises:
        EditError: ``source`` is not a program text.
    """
    return list(_candidates(source, _MOST if limit is None else limit))


def proposals(source: str) -> tuple[Proposal, ...]:
    """
    What ``candidates(source)`` is made of, one for one: cheaper for who looks at many texts and takes few edits.

    Raises:
        EditError: ``source`` is not a program text.
    """
    return _listed(source, _MOST)


def edit_of(proposal: Proposal) -> Edit:
    """The edit that a proposal stands for."""
    kind, start, end, replacement, *_ = proposal
    return Edit("", start, end, replacement, kind)


def apply(source: str, edit: Replacing) -> str:
    """
    The program text after the edit.

    Raises:
        EditError: the edit lies outside the text.
    """
    if not 0 <= edit.start <= edit.end <= len(source):
        raise EditError(f"the edit's span {edit.start}..{edit.end} lies outside the text of {len(source)} characters")
    return source[: edit.start] + edit.replacement + source[edit.end :]


def inverse(source: str, edit: Edit) -> Edit:
    """The edit that turns ``apply(source, edit)`` back into exactly ``source``."""
    end = edit.start + len(edit.replacement)
    return Edit(edit.path, edit.start, end, source[edit.start : edit.end], edit.operator)


def matching(source: str, target_source: str, found: Sequence[Candidate] | None = None) -> list[int]:
    """
    Indices of the candidates of ``source`` whose result is the target program: equal as a tree, not letter by letter.

    ``found``: the candidates of ``source``, where the caller has them.
    """
    own: Sequence[Replacing] = proposals(source) if found is None else [each.edit for each in found]
    near = Normal(source).same(Normal(target_source), own)
    if not near:
        return []
    target = parsed(target_source)
    return [index for index in near if _gives(apply(source, own[index]), target_source, target)]


def may_match(source: str, target_source: str) -> bool:
    """
    A cheaper look before ``matching``: False only where no edit of ``source`` gives ``target_source``.

    It stops before duplicates are dropped and candidates are made, which is most of what a list of them costs.
    """
    return bool(Normal(source).same(Normal(target_source), _proposals(source)))


def _gives(result: str, target_source: str, target: ast.Module) -> bool:
    if result == target_source:
        return True
    try:
        return same_tree(ast.parse(result), target)
    except (SyntaxError, ValueError):
        return False


@lru_cache(maxsize=16)
def _candidates(source: str, limit: int) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(edit_of(each), _IDS[each.kind], each.anchor, each.text, each.ref) for each in _listed(source, limit)
    )


@lru_cache(maxsize=32)
def _listed(source: str, limit: int) -> tuple[Proposal, ...]:
    seen: set[tuple[int, int, str]] = set()
    kept: list[Proposal] = []
    for proposal in _proposals(source):
        _, start, end, text, _, _, _ = proposal
        if not (start < end and text and source[start] != text[0] and source[end - 1] != text[-1]):
            key = _canonical(source, start, end, text)
            if key is None:
                continue
            start, end, text = key
        if (start, end, text) not in seen:
            seen.add((start, end, text))
            kept.append(proposal)
    return tuple(_thinned(kept, limit))


@lru_cache(maxsize=4)
def _proposals(source: str) -> tuple[Proposal, ...]:
    view = view_of(source)
    found: list[Proposal] = []
    for family in FAMILIES:
        found.extend(islice(family.propose(view), _MOST_PROPOSALS))
        if len(found) > _MOST_PROPOSALS:
            raise EditError(f"a function of {len(source)} characters has too many edits to be listed")
    return tuple(found)


def _canonical(source: str, start: int, end: int, text: str) -> tuple[int, int, str] | None:
    """The smallest leftmost span whose replacement gives the same text; None where nothing changes."""
    if start < end and text:
        start, end, text = _trimmed(source, start, end, text)
    if start == end:
        if not text:
            return None
        while source[start - 1] == text[-1]:
            start, end, text = start - 1, end - 1, text[-1] + text[:-1]
    elif not text:
        while source[start - 1] == source[end - 1]:
            start, end = start - 1, end - 1
    return start, end, text


def _trimmed(source: str, start: int, end: int, text: str) -> tuple[int, int, str]:
    """The replacement without what it leaves as it was, at its start first and then at its end."""
    old = source[start:end]
    if text.startswith(old):
        return end, end, text[len(old) :]
    if text.endswith(old):
        return start, start, text[: -len(old)]
    size = 0
    for one, other in zip(old, text, strict=False):
        if one != other:
            break
        size += 1
    start, old, text = start + size, old[size:], text[size:]
    size = 0
    for one, other in zip(reversed(old), reversed(text), strict=False):
        if one != other:
            break
        size += 1
    return start, end - size, text[: len(text) - size]


def _thinned(proposals: list[Proposal], limit: int) -> Iterator[Proposal]:
    """At most ``limit``: each wide kind may keep as many as the level to which the widest have to come down."""
    if len(proposals) <= limit:
        yield from proposals
        return
    sizes: dict[str, int] = {}
    for proposal in proposals:
        sizes[proposal.kind] = sizes.get(proposal.kind, 0) + 1
    narrow = sum(size for kind, size in sizes.items() if kind not in _WIDE)
    wide = _WIDE if narrow <= limit // 2 else frozenset(sizes)
    room = limit - sum(size for kind, size in sizes.items() if kind not in wide)
    level = _level(sorted(size for kind, size in sizes.items() if kind in wide), room)
    at = dict.fromkeys(sizes, 0)
    for proposal in proposals:
        size, index = sizes[proposal.kind], at[proposal.kind]
        at[proposal.kind] = index + 1
        if proposal.kind not in wide or size <= level or (index + 1) * level // size > index * level // size:
            yield proposal


def _level(sizes: list[int], limit: int) -> int:
    left = limit
    for index, size in enumerate(sizes):
        share = left // (len(sizes) - index)
        if size > share:
            return share
        left -= size
    return left
