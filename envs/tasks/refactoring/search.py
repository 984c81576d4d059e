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


def way_down(start: str, kinds: frozenset[str], steps: int, right: Callable[[str], bool], enough: float) -> Way:
    """
    Steps of the better kinds ``kinds`` from ``start`` on, at most ``steps``, each to the best state by ``score`` that
    is ``right``; it ends where the score is ``enough`` or nothing gets better.
    """
    edits: list[Edit] = []
    texts = [start]
    while len(edits) < steps and score(quickly(texts[-1])) > enough:
        found = next((each for each in _better(texts[-1], start, kinds) if right(each[1])), None)
        if found is None:
            break
        edits.append(found[0])
        texts.append(found[1])
    return Way(tuple(edits), tuple(texts))


def _better(text: str, start: str, kinds: frozenset[str]) -> Iterator[tuple[Edit, str]]:
    """The best next states, by measures that cost little."""
    limits, now = quickly(start), score(quickly(text))
    ranked: list[tuple[float, int, Edit, str]] = []
    for number, proposal in enumerate(improving(text, kinds)):
        edit = edit_of(proposal)
        after = apply(text, edit)
        measures = _quickly(after)
        if measures is None or grown(limits, measures):
            continue
        worth = score(measures) - (2.0 if edit.operator == "ruff_fix" else 0.0)
        if worth <= now - _STEP:
            ranked.append((worth, number, edit, after))
    ranked.sort(key=lambda each: each[:2])
    yield from ((edit, after) for _, _, edit, after in ranked[:_TRIES])


def _quickly(text: str) -> Measures | None:
    try:
        return quickly(text)
    except (SyntaxError, ValueError, EditError, RecursionError):
        return None
