"""
The parts of the codec that look into instances: attributes and slots, what extends a built-in type, exceptions,
iterators, and types written in C by the recipe that pickle would use.
"""

from __future__ import annotations

import copyreg
import re
from collections.abc import Callable
from itertools import islice
from types import GetSetDescriptorType, MemberDescriptorType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from envs.sandbox.codec import Encoder

MAX_DRAINED = 50
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,16}\b")
_SLOTS_SKIPPED = frozenset(("__dict__", "__weakref__"))


class Drained(NamedTuple):
    """What an iterator gave: its first items, and how it went on: ``end``, ``more`` or the exception it raised."""

    kind: str
    items: list[Any]
    ending: Any


def drain(iterator: Any) -> Drained:
    """Takes the first 50 items of an iterator (the code behind it runs here)."""
    items: list[Any] = []
    try:
        for item in islice(iterator, MAX_DRAINED):
            items.append(item)
        ending: Any = "end" if len(items) < MAX_DRAINED else "more"
    except Exception as error:  # noqa: BLE001  whatever the iterator raises is part of what it does
        ending = error
    return Drained(type(iterator).__name__, items, ending)


def is_iterator(value: Any) -> bool:
    """Whether a value is an iterator that can be drained; files are not."""
    kind = type(value)
    return hasattr(kind, "__next__") and hasattr(kind, "__iter__") and not hasattr(kind, "readline")


def strip_addresses(text: str) -> str:
    """The text with memory addresses blanked."""
    return _ADDRESS.sub("0x", text) if "0x" in text else text


def class_name(kind: type) -> str:
    """With its module."""
    return f"{kind.__module__}.{kind.__qualname__}"


def write_exception(encoder: Encoder, value: BaseException, depth: int) -> None:
    """Class, message without addresses, and attributes."""
    below = encoder.head(b"x", 2, depth)
    encoder.text(b"s", class_name(type(value)))
    encoder.text(b"s", describe(value))
    state = {name: item for name, item in vars(value).items() if not name.startswith("__")}
    encoder.write(state, below)


def describe(error: BaseException) -> str:
    """The message of an exception without addresses, cut at 2000 characters."""
    try:
        return strip_addresses(str(error))[:2000]
    except Exception as second:  # noqa: BLE001  a message that can't be made is told by what prevented it
        return f"<no message: {type(second).__name__}>"


def write_content(encoder: Encoder, value: Any, depth: int) -> None:
    """An instance: the built-in value that it extends, then its attributes."""
    base = next((base for base in _BASES if isinstance(value, base)), None)
    if base is not None:
        _BASES[base](encoder, base, value, depth)
    state = _state(value)
    if state is not None:
        encoder.write(state, depth)
    elif base is None:
        _write_reduced(encoder, value, depth)


def _write_ordered(encoder: Encoder, base: Any, value: Any, depth: int) -> None:
    ordered = hasattr(value, "move_to_end")
    content: Any = [list(pair) for pair in dict.items(value)] if ordered else dict(dict.items(value))
    encoder.write(content, depth)
    factory = getattr(value, "default_factory", None)
    if factory is not None:
        encoder.write(factory, depth)


def _write_based(encoder: Encoder, base: Any, value: Any, depth: int) -> None:
    encoder.write(base(base.__iter__(value)) if hasattr(base, "__iter__") and base is not str else base(value), depth)


def _write_scalar(encoder: Encoder, base: Any, value: Any, depth: int) -> None:
    encoder.write(base.__new__(base, base.__str__(value) if base is str else base.__add__(value, base())), depth)


_BASES: dict[type, Callable[[Encoder, Any, Any, int], None]] = {
    dict: _write_ordered,
    list: _write_based,
    tuple: _write_based,
    set: _write_based,
    frozenset: _write_based,
    bytes: _write_scalar,
    bytearray: _write_scalar,
    str: _write_scalar,
    int: _write_scalar,
    float: _write_scalar,
    complex: _write_scalar,
}


def _state(value: Any) -> dict[str, Any] | None:
    """Attributes and slots by name; None for an instance that has neither."""
    state: dict[str, Any] = {}
    found = False
    for base in type(value).__mro__:
        slots = base.__dict__.get("__slots__", ())
        found = found or "__slots__" in base.__dict__
        for name in (slots,) if isinstance(slots, str) else slots:
            _add_slot(state, value, base, name)
    own = getattr(value, "__dict__", None)
    if type(own) is dict:
        state.update(own)
        found = True
    return state if found and (state or not _opaque_base(value)) else None


def _opaque_base(value: Any) -> bool:
    """Whether a class of the C kind, which keeps its content out of sight, is among the bases."""
    return any(not base.__flags__ & (1 << 9) for base in type(value).__mro__ if base is not object)


def _add_slot(state: dict[str, Any], value: Any, base: type, name: str) -> None:
    if name in _SLOTS_SKIPPED:
        return
    mangled = f"_{base.__name__.lstrip('_')}{name}" if name.startswith("__") and not name.endswith("__") else name
    member = base.__dict__.get(mangled)
    if isinstance(member, MemberDescriptorType | GetSetDescriptorType):
        try:
            state[mangled] = member.__get__(value)
        except AttributeError:  # an empty slot
            return


def _write_reduced(encoder: Encoder, value: Any, depth: int) -> None:
    """Types written in C: by the recipe that pickle would use; where there is none the type's name has to do."""
    reducer = copyreg.dispatch_table.get(type(value))
    recipe: Any
    try:
        recipe = reducer(value) if reducer is not None else value.__reduce_ex__(4)
    except Exception as error:  # noqa: BLE001  "cannot pickle": nothing more can be seen of it
        encoder.text(b"q", type(error).__name__)
        return
    if isinstance(recipe, str):
        encoder.text(b"s", recipe)
        return
    listed = [list(part) if is_iterator(part) else part for part in recipe]
    encoder.items(b"R", listed, depth)
