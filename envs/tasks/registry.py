"""Categories by name: a built-in, an entry point of the group ``journeyman.category``, or ``module:Class``."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import cast

from core.observation import CATEGORY_KINDS, GRAMMAR_KINDS
from core.plugins import resolve
from core.records import CATEGORIES, Category
from envs.edits.grammar import KINDS
from envs.tasks.category import TaskCategory

BUILT_IN: dict[str, str] = {
    Category.BUG_FIX: "envs.tasks.categories.bug_fix:BugFix",
    Category.DOCUMENTATION: "envs.tasks.categories.documentation:Documentation",
    Category.REFACTORING: "envs.tasks.categories.refactoring:Refactoring",
    Category.TESTING: "envs.tasks.categories.testing:Testing",
    Category.PERFORMANCE: "envs.tasks.categories.performance:Performance",
    Category.FEATURE: "envs.tasks.categories.feature:Feature",
    Category.ARCHITECTURE: "envs.tasks.categories.architecture:Architecture",
}


@lru_cache(maxsize=64)
def category_of(name: str) -> TaskCategory:
    """
    The category called ``name``; one object a process.

    Raises:
        PluginError: with the names that exist, where nothing answers to ``name``.
    """
    made = cast("Callable[[], TaskCategory]", resolve("category", name, BUILT_IN))
    return made()


@lru_cache(maxsize=64)
def kind_ids(name: str) -> dict[str, int]:
    """The policy's number of each kind of edit that ``name`` may propose, the grammar's kinds included."""
    known = {kind: index + 1 for index, kind in enumerate(KINDS)}
    # A plug-in's kinds share the block of bug fixing: what they mean is learnt together with the plug-in.
    block = CATEGORIES.index(Category(name)) if name in CATEGORIES else CATEGORIES.index(Category.BUG_FIX)
    first = GRAMMAR_KINDS + CATEGORY_KINDS * block
    own = category_of(name).kinds
    if len(own) > CATEGORY_KINDS:
        raise ValueError(f"the category {name!r} has {len(own)} kinds of edits, at most {CATEGORY_KINDS} are possible")
    return known | {kind: first + index for index, kind in enumerate(own)}
