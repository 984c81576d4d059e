"""
Records of ``core.records`` as Arrow columns and back, from their type hints alone.

Supported: frozen dataclasses, ``str``, ``bytes``, ``bool``, ``int``, ``float``, string enums, ``X | None``,
``tuple[X, ...]`` and ``dict[str, X]`` (as a map, so that keys may differ from row to row).
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable
from enum import StrEnum
from functools import cache
from typing import Any

import pyarrow as pa

_SCALARS: dict[object, Any] = {
    str: pa.string(),
    bytes: pa.binary(),
    bool: pa.bool_(),
    int: pa.int64(),
    float: pa.float64(),
}


def _optional(hint: Any) -> Any | None:
    """``X`` of ``X | None``, None for any other hint."""
    if typing.get_origin(hint) not in (types.UnionType, typing.Union):
        return None
    inner = [option for option in typing.get_args(hint) if option is not types.NoneType]
    return inner[0] if len(inner) == 1 else None


@cache
def _field_hints(record: type) -> dict[str, Any]:
    hints = typing.get_type_hints(record)
    return {field.name: hints[field.name] for field in dataclasses.fields(record)}


@cache
def arrow_type(hint: Any) -> Any:
    """The Arrow type that holds values of ``hint``. TypeError where there is none."""
    if hint in _SCALARS:
        return _SCALARS[hint]
    if (inner := _optional(hint)) is not None:
        return arrow_type(inner)
    if typing.get_origin(hint) is tuple:
        return pa.list_(arrow_type(typing.get_args(hint)[0]))
    if typing.get_origin(hint) is dict:
        return pa.map_(pa.string(), arrow_type(typing.get_args(hint)[1]))
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return pa.string()
    if dataclasses.is_dataclass(hint):
        return pa.struct([(name, arrow_type(inner)) for name, inner in _field_hints(typing.cast(type, hint)).items()])
    raise TypeError(f"no Arrow type for {hint!r}")


def arrow_schema(record: type) -> Any:
    """The Arrow schema of a table with one row per ``record``; its version stands in the metadata."""
    fields = [(name, arrow_type(hint)) for name, hint in _field_hints(record).items()]
    return pa.schema(fields, metadata={"record": record.__name__})


@cache
def encoder(hint: Any) -> Callable[[Any], Any]:
    """A function from a value of ``hint`` to plain Python for Arrow."""
    if hint in _SCALARS:
        return _same
    if (inner := _optional(hint)) is not None:
        encode = encoder(inner)
        return lambda value: None if value is None else encode(value)
    if typing.get_origin(hint) is tuple:
        encode = encoder(typing.get_args(hint)[0])
        return lambda value: [encode(item) for item in value]
    if typing.get_origin(hint) is dict:
        encode = encoder(typing.get_args(hint)[1])
        return lambda value: [(key, encode(item)) for key, item in value.items()]
    if issubclass(hint, StrEnum):
        return str
    members = [(name, encoder(inner)) for name, inner in _field_hints(hint).items()]
    return lambda value: {name: encode(getattr(value, name)) for name, encode in members}


@cache
def decoder(hint: Any) -> Callable[[Any], Any]:
    """The inverse of ``encoder``. ValueError or KeyError where the plain value isn't one of ``hint``'s."""
    if hint in _SCALARS:
        return _same
    if (inner := _optional(hint)) is not None:
        decode = decoder(inner)
        return lambda value: None if value is None else decode(value)
    if typing.get_origin(hint) is tuple:
        decode = decoder(typing.get_args(hint)[0])
        return lambda value: tuple(decode(item) for item in value)
    if typing.get_origin(hint) is dict:
        decode = decoder(typing.get_args(hint)[1])
        return lambda value: {key: decode(item) for key, item in value}
    if issubclass(hint, StrEnum):
        return typing.cast(Callable[[Any], Any], hint)
    members = [(name, decoder(inner)) for name, inner in _field_hints(hint).items()]
    return lambda value: hint(**{name: decode(value[name]) for name, decode in members})


def _same(value: Any) -> Any:
    return value
