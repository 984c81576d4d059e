"""
The way from a function as it was to the function as it came to be, by edits that the grammar offers.

Both texts differ in some places. A state on the way has some of them right; an edit that the grammar offers in one
state and that gives another one is a step. Of the shortest ways the one is taken on which most steps help by
themselves, since an episode takes back what doesn't.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice, pairwise

from core.records import Edit
from envs.edits.grammar import apply, edit_of, matching, proposals
from envs.edits.places import Place, differences, line_differences, replaced
from envs.edits.reparse import parses
from envs.edits.same import same_tree
from envs.edits.tree import parsed

MOST_EDITS = 4
MOST_PLACES = 5
_MOST_WAYS = 24
_MOST_BACK = 30

Score = Callable[[str], float]


def way(source: str, target: str, score: Score) -> tuple[Edit, ...]:
    """
    At most ``MOST_EDITS`` edits that turn ``source`` into a program of ``target``'s tree, each offered in the state
    that it is for; empty where none are found. ``score``: how good a state is, the more the better.

    Raises:
        EditError: a state has too many edits to be listed.
    """
    for found in (differences(source, target), line_differences(source, target)):
        places = _telling(source, found)
        # Where they are too many, one edit may still change all of them.
        ways = _shortest(_states(source, target, places if len(places) <= MOST_PLACES else []))
        ways.sort(key=lambda texts: -_helping(texts, score))
        made = next(filter(None, map(_edits, ways)), ())
        if made:
            return made
    return ()


def remainder(source: str, target: str, score: Score) -> tuple[str, tuple[Edit, ...]]:
    """
    Where ``target`` is out of reach from ``source``: a state in between from which it is not, as far back as
    ``MOST_EDITS`` edits may be, with the way. Of the places where both differ, those are as in ``source`` which an edit
    makes right. The way is empty where there are none.

    Raises:
        EditError: a state has too many edits to be listed.
    """
    back = _telling(target, differences(target, source))[:_MOST_BACK]
    single = [place for place in back if _one_edit(replaced(target, [place]), target)]
    for count in range(min(len(single), MOST_EDITS), 0, -1):
        start = replaced(target, single[:count])
        found = way(start, target, score) if parses(start) else ()
        if found:
            return start, found
    return target, ()


def _one_edit(source: str, target: str) -> bool:
    return parses(source) and bool(matching(source, target))


def _telling(source: str, places: Sequence[Place]) -> list[Place]:
    """Those that change more than space and comments. Where one alone gives no program, it may still matter."""
    tree = parsed(source)
    texts = [(place, replaced(source, [place])) for place in places]
    return [place for place, text in texts if not parses(text) or not same_tree(parsed(text), tree)]


def _states(source: str, target: str, places: Sequence[Place]) -> dict[int, str]:
    """The programs by which of the places are right, as bits, ascending; the last one is the target."""
    whole = max(1, (1 << len(places)) - 1)
    texts = {0: source}
    for chosen in range(1, whole):
        text = replaced(source, [place for at, place in enumerate(places) if chosen >> at & 1])
        if parses(text):
            texts[chosen] = text
    return texts | {whole: target}


def _shortest(texts: dict[int, str]) -> list[list[str]]:
    """The ways with fewest steps, each as its states, some of them where there are many."""
    whole = max(texts)
    reached: dict[int, list[int]] = {0: []}  # each state with those that lead to it
    newest = [0]
    for _ in range(MOST_EDITS):
        fresh: dict[int, list[int]] = {}
        for start in newest:
            for end in texts:
                if end & start == start and end not in reached and matching(texts[start], texts[end]):
                    fresh.setdefault(end, []).append(start)
        reached |= fresh
        if whole in fresh:
            return [[texts[at] for at in path] for path in islice(_paths(whole, reached), _MOST_WAYS)]
        newest = list(fresh)
    return []


def _paths(end: int, reached: dict[int, list[int]]) -> Iterator[list[int]]:
    if end == 0:
        yield [0]
    for before in reached[end]:
        yield from ([*path, end] for path in _paths(before, reached))


def _helping(texts: Sequence[str], score: Score) -> int:
    """How many steps of a way help; where there is but one, nobody has to ask."""
    if len(texts) == 2:
        return 1
    scores = [score(text) for text in texts]
    return sum(after > before for before, after in pairwise(scores))


def _edits(texts: Sequence[str]) -> tuple[Edit, ...]:
    """
    The edits along a way. What an edit gives has the next state's tree, not its letters, and the edits after it are
    those of the text that is there.
    """
    current, edits = texts[0], []
    for text in texts[1:]:
        found = matching(current, text)
        if not found:
            return ()
        edits.append(edit_of(proposals(current)[found[0]]))
        current = apply(current, edits[-1])
    return tuple(edits)
