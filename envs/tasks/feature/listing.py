"""Every edit that is open in a state of a feature task, the likeliest first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from heapq import nsmallest

from core.errors import EditError
from envs.edits.candidate import Proposal
from envs.edits.grammar import proposals
from envs.edits.view import view_of
from envs.tasks.feature import arms, composed, guards, taken
from envs.tasks.feature.ideas import Arm, Idea
from envs.tasks.feature.places import Site, anchor, place, site_of, touches
from envs.tasks.feature.salient import first_local, salient
from envs.tasks.feature.vocabulary import Vocabulary, vocabulary
from envs.tasks.feature.wanted import wanted_kinds

KINDS = (*guards.KINDS, *composed.KINDS, *taken.KINDS, *arms.KINDS)
MOST_OF_GRAMMAR = 120
MOST = 200
# How many of each kind, so that none crowds out the others; by how often each is what is missing from real code.
MOST_OF_KIND: dict[str, int] = {
    "guard_returns": 200,
    "guard_raises": 110,
    "guard_jumps": 70,
    "default_set": 50,
    "branch_added": 90,
    "name_given": 150,
    "name_changed": 70,
    "collected": 80,
    "stored": 50,
    "returned": 110,
    "called": 20,
    "raised": 20,
    "statement_taken": 150,
    "block_taken": 70,
    "body_taken": 20,
    "else_added": 70,
    "elif_added": 50,
    "handler_added": 30,
    "wrapped_in_try": 60,
}
Found = Idea | Arm
Part = Callable[[Site, Vocabulary, frozenset[str]], Iterator[Found]]


def listed(source: str, start: str, siblings: Sequence[str], statement: str) -> tuple[Proposal, ...]:
    """The category's own edits, and of the grammar's those of what is new since the state ``start``."""
    return (*own(source, tuple(siblings), statement), *of_grammar(source, start))


@lru_cache(maxsize=16)
def own(source: str, siblings: tuple[str, ...], statement: str) -> tuple[Proposal, ...]:
    """What is composed and taken from siblings, of the kinds that may be what the statement says is missing."""
    made = _site(source, siblings, statement)
    if made is None:
        return ()
    kinds = wanted_kinds(statement, KINDS)
    return _first(made[0], _found(*made, kinds, _PARTS), kinds)


def own_towards(source: str, target: str, siblings: tuple[str, ...], statement: str) -> tuple[Proposal, ...]:
    """Those of ``own`` that stand where ``source`` differs from ``target``, and some that ``own`` leaves out."""
    made = _site(source, siblings, statement)
    if made is None:
        return ()
    site, words = made
    lines, wanted = source.split("\n"), target.split("\n")
    first, last = _differing(lines, wanted)
    near = site._replace(gaps=tuple(gap for gap in site.gaps if touches(site, gap, first - 1, last + 1)))
    kinds = wanted_kinds(statement, KINDS)
    parts = _parts(wanted[first - 1 : len(wanted) - len(lines) + last])
    return _first(near, _found(near, words, kinds, parts), kinds, told=False)


def _parts(missing: Sequence[str]) -> tuple[Part, ...]:
    """What may make one of the lines that are missing."""
    kinds = {_kind(line.lstrip()) for line in missing if line.strip() and not line.lstrip().startswith("#")}
    return tuple(part for part in _PARTS if part in kinds or part is _taken)


def _kind(line: str) -> Part:
    if line.startswith(("else:", "elif ", "except", "try:")):
        return arms.arms
    return _guards if line.startswith("if ") else _composed


def _differing(one: list[str], other: list[str]) -> tuple[int, int]:
    """The first and last line of ``one`` (from 1) that the other text has not."""
    size = min(len(one), len(other))
    first = next((at for at in range(size) if one[at] != other[at]), size)
    last = next((at for at in range(size - first) if one[-1 - at] != other[-1 - at]), size - first)
    return first + 1, len(one) - last


def _site(source: str, siblings: tuple[str, ...], statement: str) -> tuple[Site, Vocabulary] | None:
    try:
        view = view_of(source)
    except EditError:
        return None
    words = vocabulary(source, siblings, statement)
    return (site_of(view, words.known), words) if words is not None else None


def _found(site: Site, words: Vocabulary, kinds: frozenset[str], parts: Sequence[Part]) -> list[Found]:
    return [each for part in parts for each in part(site, words, kinds)]


def _guards(site: Site, words: Vocabulary, kinds: frozenset[str]) -> Iterator[Idea]:
    return (idea for gap in site.gaps for idea in guards.guards(site, gap, words, kinds))


def _composed(site: Site, words: Vocabulary, kinds: frozenset[str]) -> Iterator[Idea]:
    return (idea for gap in site.gaps for idea in composed.composed(site, gap, words, kinds))


def _taken(site: Site, words: Vocabulary, kinds: frozenset[str]) -> Iterator[Idea]:
    return (idea for gap in site.gaps for idea in taken.taken(site, gap, words, kinds))


_PARTS: tuple[Part, ...] = (arms.arms, _guards, _composed, _taken)


def _first(site: Site, found: list[Found], kinds: frozenset[str], told: bool = True) -> tuple[Proposal, ...]:
    """The cheapest of each kind, and of all; of those that give the same text, the first; see ``_proposal``."""
    by_kind: dict[str, list[Found]] = {kind: [] for kind in MOST_OF_KIND if kind in kinds}
    for each in found:
        by_kind[each.kind].append(each)
    cheapest = [each for kind, same in by_kind.items() for each in nsmallest(MOST_OF_KIND[kind], same, key=_bits)]
    kept: dict[tuple[int, int, str], Proposal] = {}
    for rank, each in enumerate(nsmallest(MOST, cheapest, key=_bits)):
        made = _proposal(site, each, rank if told else None)
        kept.setdefault((made.start, made.end, made.replacement), made)
    return tuple(kept.values())


def _bits(found: Found) -> float:
    return found.bits


def _proposal(site: Site, found: Found, rank: int | None) -> Proposal:
    """The edit, with what a policy is told of it where it has a ``rank``."""
    gap = found.gap
    if rank is None:
        edit = (found.start, found.end, found.replacement) if isinstance(found, Arm) else place(site, gap, found.text)
        return Proposal(found.kind, *edit, (0, 0))
    name = (found.name if isinstance(found, Idea) else "") or first_local(found.text, gap.weights)
    ref = site.scope.nearest(name, gap.position) if name else None
    say = salient(found.text, name if ref is not None else "", rank)
    if isinstance(found, Arm):
        return Proposal(found.kind, found.start, found.end, found.replacement, found.anchor, say, ref)
    return Proposal(found.kind, *place(site, gap, found.text), anchor(site, gap), say, ref)


def of_grammar(source: str, start: str) -> Sequence[Proposal]:
    """The grammar's edits of the lines that ``start`` has not, evenly thinned, where they are many."""
    lines, before = source.split("\n"), start.split("\n")
    first, last = _differing(lines, before)
    if first > last:
        return ()
    low, high = (len("\n".join(lines[:at])) for at in (first - 1, last))
    try:
        found = [each for each in proposals(source) if low <= each.start and each.end <= high + 1]
    except EditError:
        return ()
    if len(found) <= MOST_OF_GRAMMAR:
        return found
    return [found[index * len(found) // MOST_OF_GRAMMAR] for index in range(MOST_OF_GRAMMAR)]
