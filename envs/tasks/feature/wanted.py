"""What a statement says is missing, and which edits may bring it back."""

from __future__ import annotations

import re
from collections.abc import Iterable

_SAID = re.compile(r" lacks ([a-z ]+)\.(?: |$)")
_LACKS = {
    "guard": "an early way out",
    "default": "a default",
    "branch": "the handling of a case",
    "else": "what to do otherwise",
    "elif": "the handling of another case",
    "handler": "the handling of another error",
    "try": "the handling of an error",
    "return": "a result",
    "statement": "a step",
    "group": "two steps",
    "block": "a part",
    "body": "all but its docstring",
}
_KIND_OF = {said: kind for kind, said in _LACKS.items()}
_STEPS = ("name_given", "name_changed", "collected", "stored", "called", "raised", "statement_taken")
_GUARDS = ("guard_returns", "guard_raises", "guard_jumps")
_WAYS: dict[str, tuple[str, ...]] = {
    "guard": (*_GUARDS, "block_taken"),
    "default": ("default_set", "branch_added", "block_taken"),
    "branch": ("branch_added", "block_taken", "default_set", "elif_added"),
    "else": ("else_added",),
    "elif": ("elif_added",),
    "handler": ("handler_added",),
    "try": ("wrapped_in_try",),
    "return": ("returned",),
    "statement": _STEPS,
    "group": (*_STEPS, *_GUARDS, "default_set", "branch_added", "returned", "block_taken"),
    "block": ("block_taken", "collected", "name_given"),
    "body": ("returned", "body_taken", *_STEPS, "block_taken", *_GUARDS),
}


def lack_line(kinds: Iterable[str]) -> str:
    """The end of "f lacks …" for kinds of removals."""
    return " and ".join(dict.fromkeys(_LACKS[kind] for kind in kinds))


def lacking(statement: str) -> tuple[str, ...]:
    """The kinds of removals that a statement tells of; none where it isn't one of this category's."""
    said = _SAID.search(statement)
    return tuple(_KIND_OF[each] for each in said[1].split(" and ") if each in _KIND_OF) if said else ()


def wanted_kinds(statement: str, every: Iterable[str]) -> frozenset[str]:
    """Which of the kinds of edits may be what is missing: all of them where the statement tells nothing."""
    kinds = lacking(statement)
    return frozenset(way for kind in kinds for way in _WAYS[kind]) if kinds else frozenset(every)
