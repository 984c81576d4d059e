"""Keeps splits apart: by package, and near-copies of what is evaluated out of what is trained on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from core.errors import EditError, TaskError
from core.records import Split, Task
from envs.edits.program import programs
from envs.tasks.dedup import shape
from envs.tasks.mining.discover import read_source
from envs.tasks.packages import modules, package, packages_of, split_of

# Below this many lines, equal shapes are idioms (a getter, a one-line loop), not copies.
_SHORTEST_COPY = 5


@lru_cache(maxsize=4)
def protected_shapes(splits: tuple[Split, ...] = (Split.HELDOUT, Split.VALIDATION)) -> frozenset[str]:
    """The shapes of all functions in the packages of ``splits``, mined or not: nothing equal is trained on."""
    names = [name for split in splits for name in packages_of(split)]
    files = [module.file for name in names for module in modules(package(name))]
    return frozenset(key for file in files for key in _shapes_of(file))


def _shapes_of(file: Path) -> Iterable[str]:
    try:
        found = list(programs(read_source(file)))
    except (EditError, TaskError):
        # A file for another Python: nothing in it runs here either.
        return
    for _, program in found:
        if is_copyable(program.text):
            yield shape(program.text)


def is_copyable(source: str) -> bool:
    """Whether a program is long enough that an equal shape means a copy."""
    return source.count("\n") >= _SHORTEST_COPY


def assign(tasks: Sequence[Task], split: Split) -> list[Task]:
    """
    The tasks of ``split``: those of its packages. Of training tasks, near-copies of evaluated code are left out: a
    task whose repaired program, or a program that it gives to be read, has the shape of a function of the other splits.
    """
    own = [task for task in tasks if split_of(task.provenance.package) is split]
    if split is not Split.TRAIN:
        return own
    foreign = protected_shapes()
    return [task for task in own if not any(_is_copy(text, foreign) for text in _programs(task))]


def _programs(task: Task) -> list[str]:
    return [solution(task), *(file.text for file in task.files[1:] if file.path.endswith(".py"))]


def _is_copy(source: str, foreign: frozenset[str]) -> bool:
    return is_copyable(source) and shape(source) in foreign


def solution(task: Task) -> str:
    """The program text after the task's reference patch."""
    text = task.source
    for edit in task.reference:
        text = text[: edit.start] + edit.replacement + text[edit.end :]
    return text
