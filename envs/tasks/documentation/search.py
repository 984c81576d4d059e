"""A docstring that reaches every goal, found step by step among the edits that are proposed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from core.protocols import Executor
from core.records import Edit, Goal, Task
from envs.edits.candidate import Proposal
from envs.edits.grammar import apply, edit_of
from envs.edits.reparse import parses
from envs.tasks.documentation.conventions import YIELDS
from envs.tasks.documentation.measures import (
    CLAIMS,
    EXAMPLE,
    INVENTED,
    MEASURES,
    PARAMETER,
    PRESENT,
    RAISES,
    RETURNS,
    State,
    convention,
    is_summary,
)
from envs.tasks.documentation.phrases import mended, of_error, of_parameter, of_result, summaries
from envs.tasks.documentation.proposals import FRAME, SUMMARY, Given, proposals
from envs.tasks.documentation.style import faults
from envs.tasks.documentation.visible import examples_of, neighbours_of

Rank = Callable[[State], float]
_TRIES = 6
# What comes first among the sentences is more apt than what comes last: a later one has to be that much closer.
_LATER = 0.004
_GUESSED = 0.1
_DONE = Goal("", INVENTED)


def given(task: Task) -> Given:
    """What the task shows beside its source."""
    return Given(convention(task), examples_of(task.files), neighbours_of(task.files))


def solution_of(task: Task, executor: Executor, claims: Goal, rank: Rank, order: Sequence[int]) -> list[Edit] | None:
    """
    Edits that together reach the goals which the text alone shows, or None: summary first, then the parts in the
    ``order`` of their indices. ``rank``: how good a text is beside that; ``claims``: what no text may say wrongly.
    """
    source, edits = task.source, []
    goals = [goal for goal in task.goals if goal.measure in (PARAMETER, RAISES, RETURNS, EXAMPLE)]
    wanted = [next(goal for goal in task.goals if goal.measure == PRESENT), *(goals[index] for index in order)]
    for goal in wanted:
        state = State(task, source, executor)
        if _reached(state, goal):
            continue
        best = _best(state, goal, claims, rank)
        if best is None:
            return None
        edits.append(edit_of(best))
        source = apply(source, edits[-1])
    return edits


def _reached(state: State, goal: Goal) -> bool:
    if goal.measure == PRESENT:
        return not MEASURES[PRESENT](state, goal)[0] and not faults(state.source, state.convention)
    if goal.measure == EXAMPLE:
        return bool(state.reading.examples)
    return not MEASURES[goal.measure](state, goal)[0]


def _best(state: State, goal: Goal, claims: Goal, rank: Rank) -> Proposal | None:
    ranked: list[tuple[float, Proposal, str]] = []
    apt = _apt(state, goal)
    for proposal in _fitting(state, goal):
        text = apply(state.source, edit_of(proposal))
        after = State(state.task, text, state.executor) if parses(text) else None
        place = _place(after, goal, apt) if after else None
        if after is not None and place is not None and _sound(after, goal, claims):
            ranked.append((rank(after) - _LATER * place - _guess(after, goal), proposal, text))
    ranked.sort(key=lambda each: -each[0])
    clean = (p for _, p, text in ranked[:_TRIES] if goal.measure != PRESENT or not faults(text, state.convention))
    return next(clean, None)


def _apt(state: State, goal: Goal) -> list[str]:
    """The sentences that fit what a goal asks for; of an example its outcome, which is the run's."""
    facts = state.facts
    if goal.measure == PRESENT:
        old = state.reading.summary
        return [*(mended(old) if is_summary(old, facts.name) else []), *summaries(facts, ()).apt]
    if goal.measure == PARAMETER:
        return [text for each in facts.parameters if each.name == goal.text for text in of_parameter(facts, each).apt]
    if goal.measure == RAISES:
        return [text for each in facts.raised if each.name == goal.text for text in of_error(facts, each).apt]
    return list(of_result(facts).apt) if goal.measure == RETURNS else []


def _place(after: State, goal: Goal, apt: Sequence[str]) -> int | None:
    """Which of the ``apt`` sentences the new text says, None for none of them."""
    if goal.measure == EXAMPLE:
        return 0
    said = [after.reading.summary]
    if goal.measure == PARAMETER:
        said = [each.says for each in after.reading.parameters if each.name == goal.text]
    elif goal.measure == RAISES:
        said = [each.says for each in after.reading.raises if each.name == goal.text]
    elif goal.measure == RETURNS:
        said = [each.says for each in (*after.reading.gives, *after.reading.yields)]
    heard = {_heard(text) for text in said}
    return next((index for index, text in enumerate(apt) if _heard(text) in heard), None)


def _guess(after: State, goal: Goal) -> float:
    """What a type costs that the code doesn't tell."""
    kinds = {each.name: each.kind for each in after.facts.parameters} | {"": after.facts.result}
    entries = after.reading.gives if goal.measure == RETURNS else after.reading.parameters
    said = [each for each in entries if each.name == goal.text]
    return _GUESSED * any(each.typed not in ("", "object", kinds[each.name]) for each in said)


def _heard(text: str) -> str:
    return text.rstrip(".").lower()


def _fitting(state: State, goal: Goal) -> Iterator[Proposal]:
    """The proposals that are about a goal."""
    for each in proposals(state.source, given(state.task)):
        named = each.text.split(" ")[0] == goal.text
        if goal.measure == PRESENT:
            fits = each.kind in (FRAME, SUMMARY)
        elif goal.measure in (PARAMETER, RAISES):
            fits = each.kind == goal.measure and named
        elif goal.measure == RETURNS:
            fits = each.kind == (YIELDS if state.facts.yields else RETURNS)
        else:
            fits = each.kind == EXAMPLE
        if fits:
            yield each


def _sound(state: State, goal: Goal, claims: Goal) -> bool:
    """Whether the goal is reached and nothing else broken, as far as it shows without a run."""
    if goal.measure == EXAMPLE:
        known = {(each.call, each.shown) for each in examples_of(state.task.files)}
        found = [(each.source.strip(), each.want.strip()) for each in state.reading.examples]
        return bool(found) and all(each in known for each in found)
    reached = not MEASURES[goal.measure](state, goal)[0]
    return reached and not MEASURES[INVENTED](state, _DONE)[0] and not MEASURES[CLAIMS](state, claims)[0]
