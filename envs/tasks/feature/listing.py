"""Every edit that is open in a state of a feature task, the likeliest first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from heapq import nsmallest
from operator import itemgetter

from core.errors import EditError
from envs.edits.candidate import Proposal
from envs.edits.grammar import proposals
from envs.edits.view import view_of
from envs.tasks.feature import arms, composed, guards, taken
from envs.tasks.feature.ideas import Idea
from envs.tasks.feature.places import Site, anchor, place, site_of, touches
from envs.tasks.feature.vocabulary import Vocabulary, vocabulary

KINDS = (*guards.KINDS, *composed.KINDS, *taken.KINDS, *arms.KINDS)
MOST_OF_GRAMMAR = 400
# How many of each kind, so that none crowds out the others; by how often each is what is missing from real code.
MOST: dict[str, int] = {
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
    "statement_taken": 150,
    "block_taken": 70,
    "body_taken": 20,
    "else_added": 70,
    "elif_added": 50,
    "handler_added": 30,
    "wrapped_in_try": 60,
}
_LONGEST_SAY = 48
Costed = tuple[float, Idea | Proposal]
Part = Callable[[Site, Vocabulary], Iterator[Costed]]


def listed(source: str, siblings: Sequence[str], statement: str) -> tuple[Proposal, ...]:
    """The category's own edits and, as far as there is room, those of the grammar."""
    return (*own(source, tuple(siblings), statement), *of_grammar(source))


@lru_cache(maxsize=16)
def own(source: str, siblings: tuple[str, ...], statement: str) -> tuple[Proposal, ...]:
    """What is composed and taken from siblings: at most ``MOST`` of each kind, the cheapest in bits."""
    made = _site(source, siblings, statement)
    return _first(made[0], _ideas(*made, _PARTS)) if made is not None else ()


def own_towards(source: str, target: str, siblings: tuple[str, ...], statement: str) -> tuple[Proposal, ...]:
    """Those of ``own`` that stand where ``source`` differs from ``target``, and some that ``own`` leaves out."""
    made = _site(source, siblings, statement)
    if made is None:
        return ()
    site, words = made
    lines, wanted = source.split("\n"), target.split("\n")
    first, last = _differing(lines, wanted)
    near = site._replace(gaps=tuple(gap for gap in site.gaps if touches(site, gap, first - 1, last + 1)))
    return _first(near, _ideas(near, words, _parts(wanted[first - 1 : len(wanted) - len(lines) + last])))


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


def _ideas(site: Site, words: Vocabulary, parts: Sequence[Part]) -> list[Costed]:
    return [costed for part in parts for costed in part(site, words)]


def _guards(site: Site, words: Vocabulary) -> Iterator[Costed]:
    return ((idea.bits, idea) for gap in site.gaps for idea in guards.guards(site, gap, words))


def _composed(site: Site, words: Vocabulary) -> Iterator[Costed]:
    return ((idea.bits, idea) for gap in site.gaps for idea in composed.composed(site, gap, words))


def _taken(site: Site, words: Vocabulary) -> Iterator[Costed]:
    return ((idea.bits, idea) for gap in site.gaps for idea in taken.taken(site, gap, words))


_PARTS: tuple[Part, ...] = (arms.arms, _guards, _composed, _taken)


def _first(site: Site, found: list[Costed]) -> tuple[Proposal, ...]:
    """The cheapest of each kind; of those that give the same text, the first."""
    by_kind: dict[str, list[Costed]] = {kind: [] for kind in MOST}
    for costed in found:
        by_kind[costed[1].kind].append(costed)
    kept: dict[tuple[int, int, str], Proposal] = {}
    for kind, same in by_kind.items():
        for _, each in nsmallest(MOST[kind], same, key=itemgetter(0)):
            made = _proposal(site, each) if isinstance(each, Idea) else each
            kept.setdefault((made.start, made.end, made.replacement), made)
    return tuple(kept.values())


def _proposal(site: Site, idea: Idea) -> Proposal:
    ref = site.scope.nearest(idea.name, idea.gap.position) if idea.name else None
    say = " ".join(idea.say.split())[:_LONGEST_SAY]
    return Proposal(idea.kind, *place(site, idea.gap, idea.text), anchor(site, idea.gap), say, ref)


def of_grammar(source: str) -> Sequence[Proposal]:
    """The grammar's edits, evenly thinned, where they are many."""
    try:
        found = proposals(source)
    except EditError:
        return ()
    if len(found) <= MOST_OF_GRAMMAR:
        return found
    return [found[index * len(found) // MOST_OF_GRAMMAR] for index in range(MOST_OF_GRAMMAR)]
