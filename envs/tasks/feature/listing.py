"""Every edit that is open in a state of a feature task, the likeliest first."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from heapq import nsmallest
from operator import itemgetter

from core.errors import EditError
from envs.edits.candidate import Proposal
from envs.edits.grammar import proposals
from envs.edits.view import view_of
from envs.tasks.feature import arms, composed, guards, taken
from envs.tasks.feature.ideas import Idea
from envs.tasks.feature.places import Site, anchor, place, site_of
from envs.tasks.feature.vocabulary import vocabulary

KINDS = (*guards.KINDS, *composed.KINDS, *taken.KINDS, *arms.KINDS)
MOST = 1000
MOST_OF_GRAMMAR = 400
_LONGEST_SAY = 48
Costed = tuple[float, int, Proposal]


def listed(source: str, siblings: Sequence[str], statement: str) -> tuple[Proposal, ...]:
    """The category's own edits and, as far as there is room, those of the grammar."""
    return (*own(source, tuple(siblings), statement), *of_grammar(source))


@lru_cache(maxsize=16)
def own(source: str, siblings: tuple[str, ...], statement: str, most: int = MOST) -> tuple[Proposal, ...]:
    """What is composed and taken from siblings: at most ``most``, the cheapest in bits first."""
    try:
        view = view_of(source)
    except EditError:
        return ()
    words = vocabulary(source, siblings, statement)
    if words is None:
        return ()
    site = site_of(view, words.known)
    found: list[tuple[float, Idea | Proposal]] = list(arms.arms(site, words))
    for gap in site.gaps:
        for part in (guards.guards, composed.composed, taken.taken):
            found += [(idea.bits, idea) for idea in part(site, gap, words)]
    return _first(site, found, most)


def _first(site: Site, found: list[tuple[float, Idea | Proposal]], most: int) -> tuple[Proposal, ...]:
    """The cheapest; of those that give the same text, the first."""
    kept: dict[tuple[int, int, str], Proposal] = {}
    for _, each in nsmallest(most + most // 2, found, key=itemgetter(0)):
        made = _proposal(site, each) if isinstance(each, Idea) else each
        kept.setdefault((made.start, made.end, made.replacement), made)
    return tuple(kept.values())[:most]


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
