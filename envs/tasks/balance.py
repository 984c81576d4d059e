"""Chooses some of many tasks so that no category, package or function crowds out the others."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from core.records import Task
from core.seeding import digest


def balanced(tasks: Sequence[Task], count: int, seed: int = 0) -> list[Task]:
    """
    At most ``count`` of ``tasks``: categories take turns, within them packages, within these functions. What one of
    them lacks the others fill up. The same for equal arguments, whatever the order of ``tasks``.
    """
    ordered = sorted(tasks, key=lambda task: digest("balanced", str(seed), task.id))
    turns = _in_turn(ordered, ("category", "package", "function"))
    return [task for task, _ in zip(turns, range(count), strict=False)]


def _in_turn(tasks: Iterable[Task], levels: Sequence[str]) -> Iterator[Task]:
    if not levels:
        yield from tasks
        return
    groups: dict[str, list[Task]] = {}
    for task in tasks:
        groups.setdefault(_group(task, levels[0]), []).append(task)
    waiting = deque(_in_turn(groups[name], levels[1:]) for name in sorted(groups))
    while waiting:
        turn = waiting.popleft()
        for task in turn:
            yield task
            waiting.append(turn)
            break


def _group(task: Task, level: str) -> str:
    match level:
        case "category":
            return task.category
        case "package":
            return task.provenance.package
        case _:
            return f"{task.module}:{task.qualname}"
