"""Values as Python expressions that a person could have written. Runs inside the confined child."""

from __future__ import annotations

import collections
import datetime
import decimal
import enum
import fractions
import inspect
import io
import math
import re
from collections.abc import Mapping
from types import ModuleType
from typing import Any

MAX_TEXT = 110
_DEEPEST = 5
_SCALARS = (type(None), bool, int, str, bytes)
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,16}\b")
# How a set is written depends on the hash seed.
_UNORDERED = ("{", "set(")


# What a test may use beside the names of the module that it is for.
IMPORTED = {each.__name__: each for each in (collections, datetime, decimal, fractions, io)}
_PUBLIC = {"_io": "io"}


def names_of(module: ModuleType) -> dict[str, Any]:
    """The names that a test of ``module`` can use."""
    return {**IMPORTED, **vars(module)}


def literal(value: object, depth: int = 0) -> str | None:
    """The literal that stands for ``value``; None where there is none. A set's items are sorted by their texts."""
    kind = type(value)
    if kind in _SCALARS:
        return repr(value)
    if isinstance(value, float) and kind is float:
        return repr(value) if math.isfinite(value) else None
    if depth > _DEEPEST:
        return None
    if isinstance(value, dict) and kind is dict:
        pairs = [(literal(key, depth + 1), literal(item, depth + 1)) for key, item in value.items()]
        return _joined("{", [f"{k}: {v}" if k is not None and v is not None else None for k, v in pairs], "}")
    if isinstance(value, list | tuple | set) and kind in (list, tuple, set):
        return _sequence(value, [literal(item, depth + 1) for item in value])
    return None


def expression(value: object, names: Mapping[str, Any], depth: int = 0) -> str | None:
    """
    An expression over the module's ``names`` that makes such a value: a literal, the name of a class or function, a
    member of an enumeration, a call of a constructor with what the instance says of itself. None where none is known.
    """
    known = literal(value)
    if known is not None or depth > _DEEPEST:
        return known
    if type(value) is float:
        return f"float({str(value)!r})"
    if isinstance(value, list | tuple | set) and type(value) in (list, tuple, set):
        return _sequence(value, [expression(item, names, depth + 1) for item in value])
    if isinstance(value, type) or inspect.isroutine(value):
        return _verified(str(getattr(value, "__qualname__", "")), value, names)
    if isinstance(value, enum.Enum):
        return _verified(f"{type(value).__qualname__}.{value.name}", value, names)
    return _instance(value, names, depth)


def wrapped(call: str, value: object, names: Mapping[str, Any]) -> tuple[str, str] | None:
    """
    The expression to compare and what to compare it with, where ``call`` gave ``value``; objects that nothing written
    equals are compared by their ``repr``. None where that says nothing, or other things in another process.
    """
    text = expression(value, names)
    if text is not None and (literal(value) == text or _evaluated(text, names) == value):
        return (call, text) if len(text) <= MAX_TEXT else None
    shown = repr(value)
    if len(shown) > MAX_TEXT or _ADDRESS.search(shown) or any(sign in shown for sign in _UNORDERED):
        return None
    return (f"repr({call})", repr(shown)) if not shown.startswith("<") else None


def _joined(opening: str, parts: list[str | None], closing: str) -> str | None:
    texts = [part for part in parts if part is not None]
    return opening + ", ".join(texts) + closing if len(texts) == len(parts) else None


def _sequence(value: object, parts: list[str | None]) -> str | None:
    if isinstance(value, list):
        return _joined("[", parts, "]")
    if isinstance(value, tuple):
        return _joined("(", parts, ",)" if len(parts) == 1 else ")")
    return _joined("{", [*sorted(filter(None, parts)), *(p for p in parts if p is None)], "}") if parts else "set()"


def _verified(text: str, value: object, names: Mapping[str, Any]) -> str | None:
    """``text``, where it leads to ``value`` itself."""
    return text if text.isascii() and _evaluated(text, names) is value else None


def _evaluated(text: str, names: Mapping[str, Any]) -> object:
    """What ``text`` gives; the class of this function's own failure is of no interest."""
    try:
        return eval(text, dict(names))
    except Exception:  # noqa: BLE001  # constructors raise what they like
        return _NOTHING


class _Nothing:
    pass


_NOTHING = _Nothing()


def _instance(value: object, names: Mapping[str, Any], depth: int) -> str | None:
    kind = type(value)
    above = _PUBLIC.get(kind.__module__, kind.__module__)
    for text in (_repr(value), _content(value), _constructor(value, names, depth)):
        for whole in (text, f"{above}.{text}") if text is not None and len(text) <= MAX_TEXT else ():
            if type(_evaluated(whole, names)) is kind:
                return whole
    return None


def _repr(value: object) -> str | None:
    shown = repr(value)
    return None if any(sign in shown for sign in ("<", *_UNORDERED)) or _ADDRESS.search(shown) else shown


def _content(value: object) -> str | None:
    """A call of a class that extends a built-in one, or of a stream, with the literal of what is in it."""
    text = None
    if isinstance(value, io.StringIO | io.BytesIO):
        text = repr(value.getvalue()) if value.tell() == 0 else None
    elif isinstance(value, dict):
        text = literal(dict(value))
    elif isinstance(value, set | frozenset):
        text = literal(set(value))
    elif isinstance(value, list | collections.deque):
        text = literal(list(value))
    elif isinstance(value, str | int | float):
        text = next(literal(base(value)) for base in (str, int, float) if isinstance(value, base))
    return None if text is None else f"{type(value).__qualname__}({text})"


def _constructor(value: object, names: Mapping[str, Any], depth: int) -> str | None:
    """A call of the class with those attributes of ``value`` that are named like parameters."""
    kind = type(value)
    if kind.__module__ == "builtins":  # its content is no attribute
        return None
    try:
        parameters = list(inspect.signature(kind).parameters.values())
    except (ValueError, TypeError):
        return None
    parts = []
    for parameter in parameters:
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        held = _attribute(value, parameter.name)
        text = None if held is _NOTHING else expression(held, names, depth + 1)
        if text is None and parameter.default is parameter.empty:
            return None
        if text is not None and not (parameter.default is not parameter.empty and _same(held, parameter.default)):
            parts.append(text if parameter.kind is parameter.POSITIONAL_ONLY else f"{parameter.name}={text}")
    return f"{kind.__qualname__}({', '.join(parts)})"


def _same(one: object, other: object) -> bool:
    return type(one) is type(other) and literal(one) is not None and literal(one) == literal(other)


def _attribute(value: object, name: str) -> object:
    for each in (name, f"_{name}", f"_{type(value).__name__.lstrip('_')}__{name}"):
        try:
            return getattr(value, each)
        except Exception:  # noqa: BLE001  # properties raise what they like
            continue
    return _NOTHING
