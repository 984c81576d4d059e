"""Answers that cost no work: everything in one file, what no check runs deleted, imports hidden, an empty package."""

from __future__ import annotations

from collections.abc import Iterator

from core.records import Task
from envs.tasks.architecture.layout import Layout, arranged
from envs.tasks.architecture.moves import inside
from envs.tasks.architecture.reading import read


def cheats(task: Task) -> tuple[str, ...]:
    """States to hand in."""
    layout = read(task.source).layout
    return tuple(dict.fromkeys(text for text in _cheats(layout, task) if text != task.source))


def _cheats(layout: Layout, task: Task) -> Iterator[str]:
    yield "".join(f"# ---- file: {module.name}.py\n" for module in layout.modules)
    for module in layout.modules:
        yield arranged(layout, {m.name: () for m in layout.modules} | {module.name: tuple(layout.units)}).text
    yield _only_needed(layout, task).text
    yield _hidden(layout).text
    yield arranged(layout, {m.name: () for m in layout.modules} | {"package": tuple(layout.units)}).text
    yield task.source + "\n" + task.source


def _only_needed(layout: Layout, task: Task) -> Layout:
    """The function, with what it needs to run."""
    units = {unit.name: unit for unit in layout.units}
    kept, waiting = set[str](), [task.qualname.partition(".")[0]]
    while waiting:
        name = waiting.pop()
        if name in units and name not in kept:
            kept.add(name)
            waiting += units[name].uses
    return arranged(layout, {m.name: [u for u in m.units if u.name in kept] for m in layout.modules})


def _hidden(layout: Layout) -> Layout:
    for module in layout.modules:
        for name in sorted(layout.at_top(module)):
            layout = inside(layout, layout.module(module.name), name)
    return layout
