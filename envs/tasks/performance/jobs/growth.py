"""Enlarged inputs: what a mined input becomes when its sequences and texts are made longer."""

from __future__ import annotations

import pickle
from collections import deque
from copy import copy
from functools import cached_property
from typing import Any

# Nothing grows beyond this, items or characters.
MOST_ITEMS, MOST_CHARACTERS = 1_000, 4_000
_LARGEST_NUMBER = 300
_DEPTH = 2
_HELD = (list, str, dict, tuple, set, frozenset, deque)


def grown(args_pickle: bytes, growth: int) -> bytes:
    """
    The pickle of ``(args, kwargs)`` with every list, tuple, deque, text, dict and set in it ``abs(growth)`` times as
    long. A positive growth repeats the items, a negative one also varies those repeated (numbers and texts), so that
    they differ. Where nothing can be made longer, small whole numbers are multiplied. Equal for equal arguments.
    """
    if growth == 1:
        return args_pickle
    args, kwargs = pickle.loads(args_pickle)
    times, vary = abs(growth), growth < 0
    larger = [_grown(value, times, vary, _DEPTH) for value in args]
    named = {name: _grown(value, times, vary, _DEPTH) for name, value in kwargs.items()}
    if pickle.dumps((tuple(larger), named), 4) == pickle.dumps((tuple(args), kwargs), 4):
        larger = [_multiplied(value, times) for value in args]
        named = {name: _multiplied(value, times) for name, value in kwargs.items()}
    return pickle.dumps((tuple(larger), named), 4)


def _multiplied(value: Any, times: int) -> Any:
    return value * times if type(value) is int and abs(value) <= _LARGEST_NUMBER else value


def _grown(value: Any, times: int, vary: bool, depth: int) -> Any:
    kind = type(value)
    if kind in (str, bytes, bytearray):
        return value * max(1, min(times, MOST_CHARACTERS // max(1, len(value))))
    if isinstance(value, list | dict | deque) or kind in (tuple, set, frozenset):
        return _container(value, max(1, min(times, MOST_ITEMS // max(1, len(value)))), vary)
    held = getattr(value, "__dict__", None)
    if depth and isinstance(held, dict) and not isinstance(value, type):
        _grow_attributes(value, held, times, vary, depth - 1)
    return value


def _grow_attributes(value: Any, held: dict[str, Any], times: int, vary: bool, depth: int) -> None:
    """What two names are bound to stays one thing; what was worked out of the others is forgotten."""
    known: dict[int, tuple[Any, Any]] = {}
    for name, item in list(held.items()):
        if isinstance(getattr(type(value), name, None), cached_property):
            del held[name]
        elif type(item) in _HELD:
            before, larger = known.setdefault(id(item), (item, None))
            if larger is None:
                larger = _grown(before, times, vary, depth)
                known[id(item)] = before, larger
            held[name] = larger


def _container(value: Any, times: int, vary: bool) -> Any:
    kind = type(value)
    if kind in (tuple, set, frozenset):
        turns = range(times)
        return kind(_varied(item, turn if vary or kind is not tuple else 0) for turn in turns for item in value)
    larger = copy(value)
    for turn in range(1, times):
        if not isinstance(value, dict):
            larger.extend(_varied(item, turn if vary else 0) for item in value)
            continue
        for key, item in value.items():
            larger[_varied(key, turn)] = item
    return larger


def _varied(item: Any, turn: int) -> Any:
    """The item itself in turn 0, later another one of its type where that can be had."""
    if turn == 0:
        return item
    if type(item) is int:
        return item + 1_000 * turn
    if type(item) is float:
        return item + turn
    if type(item) is str:
        return f"{item}{turn}"
    if type(item) is tuple:
        return tuple(_varied(each, turn) for each in item)
    return item
