"""Ways to better code: a few edits, each of them one that an agent can choose, each better than what it had."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from core.errors import EditError
from core.records import Edit
from envs.edits.grammar import apply, edit_of
from envs.tasks.refactoring.catalogue import improving
from envs.tasks.refactoring.goals import grown, score
from envs.tasks.refactoring.measures import Measures, measured, quickly

_TRIES = 4
_STEP = 0.3


@dataclass(frozen=True, slots=True)
class Way:
    """``texts``: the states from the start on, one more than ``edits``."""

    edits: tuple[Edit, ...]
    texts: tuple[str, ...]

    @property
    def measures(self) -> list[Measures]:
        """Of each state."""
        return [measured(text) for text in self.texts]


@dataclass(frozen=True, slots=True)
class Descent:
    """
    What to look for from ``start`` on: at most ``steps`` edits of the kinds ``kinds``, until the score is ``enough``.
    ``known``: states that ``start`` was made from, preferred where a step leads to one.
    """

    start: str
    kinds: frozenset[str]
    steps: int
    enough: float = float("-inf")
    known: tuple[str, ...] = ()


def way_down(descent: Descent, right: Callable[[str], bool]) -> Way:
    """
    Steps to ever better states, each to the best by ``score`` that is ``right``; it ends where that is good enough or
    nothing gets better.
    """
    edits: list[Edit] = []
    texts = [descent.start]
    while len(edits) < descent.steps and score(quickly(texts[-1])) > descent.enough:
        found = next((each for each in _better(texts[-1], descent) if right(each[1])), None)
        if found is None:
            break
        edits.append(found[0])
        texts.append(found[1])
    return Way(tuple(edits), tuple(texts))


def _better(text: str, descent: Descent) -> Iterator[tuple[Edit, str]]:
    """The best next states, by measures that cost little."""
    limits, now = quickly(descent.start), score(quickly(text))
    ranked: list[tuple[bool, float, int, Edit, str]] = []
    for number, proposal in enumerate(improving(text, descent.kinds)):
        edit = edit_of(proposal)
        after = apply(text, edit)
        measures = _quickly(after)
        if measures is None or grown(limits, measures):
            continue
        worth = score(measures) - (2.0 if edit.operator == "ruff_fix" else 0.0)
        if worth <= now - _STEP:
            ranked.append((after not in descent.known, worth, number, edit, after))
    ranked.sort(key=lambda each: each[:3])
    yield from (each[3:] for each in ranked[:_TRIES])


def _quickly(text: str) -> Measures | None:
    try:
        return quickly(text)
    except (SyntaxError, ValueError, EditError, RecursionError):
        return None
