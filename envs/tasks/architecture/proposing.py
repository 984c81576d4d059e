"""From steps between layouts to edits of the text."""

from __future__ import annotations

from collections.abc import Iterator

from envs.edits.candidate import Proposal
from envs.tasks.architecture import moves
from envs.tasks.architecture.moves import Step, steps
from envs.tasks.architecture.outline import Outline, Span, outline
from envs.tasks.architecture.reading import read
from envs.tasks.architecture.rules import Rules


def proposals(text: str, rules: Rules) -> Iterator[Proposal]:
    """Every step from the state ``text``; none where it is no package that could be laid out anew."""
    try:
        state = read(text)
    except (SyntaxError, ValueError, RecursionError):
        return
    if state.odd or not state.layout.modules or max(state.definitions.values(), default=0) > 1:
        return
    shown = outline(text, rules)
    for step in steps(state.layout, rules.layers):
        yield proposal(text, step, shown)


def proposal(text: str, step: Step, shown: Outline) -> Proposal:
    """A step as one contiguous replacement, from the first character that changes to the last."""
    after = step.layout.text
    start = _shared(text, after)
    same = _shared(text[start:][::-1], after[start:][::-1])
    anchor = (shown.modules if step.kind == moves.MERGE else shown.units)[step.subject]
    return Proposal(
        step.kind, start, len(text) - same, after[start : len(after) - same], anchor, step.target, _place(step, shown)
    )


def _shared(one: str, other: str) -> int:
    """Characters that both begin with, by halving."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[low:middle] == other[low:middle] else (low, middle - 1)
    return low


def _place(step: Step, shown: Outline) -> int | None:
    """Where the target stands; None for a module that is to be made."""
    places: dict[str, Span] = shown.units if step.kind == moves.SWAP else shown.modules
    return places[step.target][0] if step.target in places else None
