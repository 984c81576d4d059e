"""Inputs whose order isn't theirs: a set of texts is gone through in another order under another hash seed."""

from __future__ import annotations

import pickle
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

# Numbers hash to themselves; texts and bytes, and what is made of them, hash by the seed; all else by its address.
_STEADY = (bool, int, float, complex)
_DEEPEST = 12


def order_depends_on_hashes(args: bytes) -> bool:
    """
    Whether the pickled input holds a set, at any depth, whose order may be another one in another process. What can't
    be read again here is left to the replays.
    """
    try:
        return _unsteady(pickle.loads(args), _DEEPEST)
    except Exception:  # noqa: BLE001  unpickling runs the code of the classes that are mined
        return False


def _unsteady(value: Any, depth: int) -> bool:
    if depth == 0:
        return False
    if isinstance(value, (set, frozenset)) and len(value) > 1 and not all(isinstance(each, _STEADY) for each in value):
        return True
    if isinstance(value, Mapping):
        return any(_unsteady(part, depth - 1) for item in value.items() for part in item)
    if isinstance(value, (list, tuple, set, frozenset, deque)):
        return any(_unsteady(part, depth - 1) for part in value)
    return any(_unsteady(part, depth - 1) for part in _attributes(value))


def _attributes(value: Any) -> Iterator[Any]:
    yield from getattr(value, "__dict__", {}).values()
    for holder in type(value).__mro__:
        slots = vars(holder).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            yield getattr(value, name, None)
