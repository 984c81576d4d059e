"""Mined records as compressed JSON, so that a cache can be read without unpickling anything."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import lru_cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from core.errors import TaskError

T = TypeVar("T")


def to_bytes(record: Any) -> bytes:
    """A frozen dataclass of dataclasses, tuples, dicts, bytes and plain values, compressed."""
    return zlib.compress(json.dumps(_plain(record), separators=(",", ":")).encode(), 6)


def from_bytes(kind: type[T], data: bytes) -> T:
    """
    The record that ``to_bytes`` wrote.

    Raises:
        ValueError: the data is torn or holds something else.
    """
    try:
        as_any: Any = kind
        found: T = _reader(as_any)(json.loads(zlib.decompress(data)))
        return found
    except (zlib.error, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a {kind.__name__} ({error})") from error


def read(kind: type[T], path: Path) -> T:
    """
    Reads a record's file.

    Raises:
        TaskError: the file is torn, or of another kind.
    """
    try:
        return from_bytes(kind, path.read_bytes())
    except (ValueError, OSError) as error:
        raise TaskError(
            f"can't be read ({error})", where=str(path), remedy="Remove the file to have it made anew"
        ) from error


def write(path: Path, record: Any) -> None:
    """Writes a record's file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{id(record):x}.partial")
    try:
        partial.write_bytes(to_bytes(record))
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return [_plain(getattr(value, field.name)) for field in fields(value)]
    if isinstance(value, bytes):
        return base64.b85encode(value).decode("ascii")
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value


@lru_cache(maxsize=256)
def _reader(kind: Any) -> Callable[[Any], Any]:
    """What turns plain JSON back into a value of ``kind``."""
    if is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        parts = [_reader(hints[field.name]) for field in fields(kind)]
        return lambda row: kind(*(part(item) for part, item in zip(parts, row, strict=True)))
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is tuple:
        item = _reader(arguments[0])
        return lambda row: tuple(map(item, row))
    if origin is dict:
        item = _reader(arguments[1])
        return lambda row: {key: item(one) for key, one in row.items()}
    if origin is UnionType:
        inner = _reader(next(a for a in arguments if a is not NoneType))
        return lambda value: None if value is None else inner(value)
    if kind is bytes:
        return base64.b85decode
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind
    return _same


def _same(value: Any) -> Any:
    return value
