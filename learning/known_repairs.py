"""
Which actions of a state are known to lead towards the solution, whatever was edited on the way.

A state and the repaired program differ in a few places. An edit that makes any of these places right, and nothing else
wrong, is a right one: the inverse of an injected bug, and of an edit that the agent kept but had better not. So is the
next edit of the reference, where the state lies on its way. What an episode found that passed every check is right too
(a verified pass other than the inverse), in every later episode.

A category that teaches (``envs.tasks.teaching``) knows better than its reference does, where there is an executor.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from itertools import combinations, pairwise

from core.protocols import Executor
from core.records import Category, Task
from envs.edits.candidate import Candidate
from envs.edits.grammar import apply, matching
from envs.edits.places import differences, replaced, shared
from envs.edits.reparse import parses
from envs.tasks.teaching import teacher_of

# A swap is two places, a bug of three edits some more; beyond that all places at once is one more target.
MOST_PLACES = 4
_AROUND = 4  # characters


class KnownRepairs:
    """Remembers per (task, program text); one per process."""

    def __init__(self, capacity: int = 4096) -> None:
        self._capacity = capacity
        self._known: OrderedDict[tuple[str, str], tuple[int, ...]] = OrderedDict()
        self._verified: dict[tuple[str, str], set[int]] = {}

    def actions(
        self, task: Task, source: str, candidates: Sequence[Candidate], executor: Executor | None = None
    ) -> tuple[int, ...]:
        """
        Indices into ``candidates``, those of ``source``, ascending. ``executor``: where a category that teaches can
        find out what leads on.

        Raises:
            SandboxError: the sandbox failed.
        """
        key = (task.id, source)
        if key not in self._known:
            self._known[key] = tuple(_known(task, source, candidates, executor))
            if len(self._known) > self._capacity:
                self._known.popitem(last=False)
        self._known.move_to_end(key)
        verified = self._verified.get(key)
        return tuple(sorted({*self._known[key], *verified})) if verified else self._known[key]

    def verify(self, task: Task, source: str, candidate: int) -> None:
        """``candidate`` of ``source`` was part of an episode that passed every check."""
        self._verified.setdefault((task.id, source), set()).add(candidate)


def _known(task: Task, source: str, candidates: Sequence[Candidate], executor: Executor | None) -> Sequence[int]:
    if executor is not None and (teacher := teacher_of(task.category)) is not None:
        return teacher.helpful(task, source, candidates, executor)
    ways = _repairs if task.category == Category.BUG_FIX else _remaining
    return ways(source, reference_path(task), candidates)


def reference_path(task: Task) -> list[str]:
    """The task's program as the edits of the hidden reference are applied; it never leaves the learner's side."""
    path = [task.source]
    for edit in task.reference:
        path.append(apply(path[-1], edit))
    return path


def _repairs(source: str, path: list[str], candidates: Sequence[Candidate]) -> list[int]:
    places = differences(source, path[-1])
    found: set[int] = set()
    if source in path[:-1]:
        found.update(matching(source, path[path.index(source) + 1], candidates))
    for size in range(1, min(len(places), MOST_PLACES) + 1):
        for chosen in combinations(places, size):
            text = replaced(source, chosen)
            if parses(text):
                found.update(matching(source, text, candidates))
    return sorted(found)


def _remaining(source: str, path: list[str], candidates: Sequence[Candidate]) -> list[int]:
    """
    Candidates that give a later text of the path, and, since the order of a reference's edits is mostly of no account,
    those that do at another place of ``source`` what one of the edits that are left does.
    """
    left = path[path.index(source) + 1 :] if source in path else path[1:]
    ways = set(left)
    steps = [(before, after) for before, after in pairwise(path) if after in ways]
    changes = {_change(before, after) for before, after in steps}
    # What differs in length is another change; comparing texts is dear, and there may be a thousand of them.
    sizes = {len(after) - len(before) for before, after in [*steps, *((source, way) for way in ways)]}
    found = []
    for index, candidate in enumerate(candidates):
        edit = candidate.edit
        if len(edit.replacement) - (edit.end - edit.start) not in sizes:
            continue
        after = apply(source, edit)
        if after in ways or _change(source, after) in changes:
            found.append(index)
    return found


def _change(before: str, after: str) -> tuple[str, ...]:
    """What an edit took out and put in: whole lines wherever they stand, anything else with what is around it."""
    old, new = before.split("\n"), after.split("\n")
    same, last = _ends(old, new)
    gone, come = old[same : len(old) - last], new[same : len(new) - last]
    if not (gone and come):
        return "\n".join(gone), "\n".join(come)
    first, rest = _ends(before, after)
    around = before[max(0, first - _AROUND) : first], before[len(before) - rest :][:_AROUND]
    return before[first : len(before) - rest], after[first : len(after) - rest], *around


def _ends(one: Sequence[str], other: Sequence[str]) -> tuple[int, int]:
    """How much two sequences share at the start and, of what is left, at the end."""
    same = shared(one, other)
    return same, min(min(len(one), len(other)) - same, shared(one[::-1], other[::-1]))
