"""
A canonical, bounded encoding of Python values: the same value gives the same bytes in every process, whatever the
hash seed or the addresses; different values give different bytes.

Kept apart: bool, int and float; list and tuple; the class of every instance; whether two places hold the same mutable
object. Not kept apart: the order of a plain dict's keys and of a set, and the sign and payload of a NaN. What can't be
looked into (locks, sockets, weak references) is its type's name. Nothing is ever decoded.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from enum import Enum
from types import (
    BuiltinFunctionType,
    FunctionType,
    MappingProxyType,
    MethodType,
    ModuleType,
)
from typing import Any

from envs.sandbox.codec_instances import (
    MAX_DRAINED,
    Drained,
    class_name,
    describe,
    drain,
    is_iterator,
    strip_addresses,
    write_content,
    write_exception,
)

__all__ = ["MAX_DRAINED", "Drained", "Unencodable", "describe", "drain", "encode", "is_iterator", "strip_addresses"]

MAX_DEPTH = 100
MAX_NODES = 50_000
MAX_BYTES = 1 << 20


_DOUBLE = struct.Struct("<d").pack
_NAN = b"fnan"


class Unencodable(Exception):
    """A value that is too deep or too big to be compared."""


def encode(value: Any) -> bytes:
    """The canonical bytes of ``value``. Raises Unencodable; iterators inside are consumed."""
    encoder = Encoder()
    try:
        encoder.write(value, 0)
    except RecursionError as error:
        raise Unencodable("recursion") from error
    return b"".join(encoder.parts)


class Encoder:
    """One walk over a value. ``seen`` numbers mutable objects in the order of their first visit."""

    __slots__ = ("kept", "parts", "seen", "size")

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.seen: dict[int, int] = {}
        self.kept: list[Any] = []
        self.size = 0

    def put(self, data: bytes) -> None:
        self.size += len(data)
        if self.size > MAX_BYTES or len(self.parts) > MAX_NODES:
            raise Unencodable("too big")
        self.parts.append(data)

    def write(self, value: Any, depth: int) -> None:
        writer = _WRITERS.get(type(value))
        if writer is not None:
            writer(self, value, depth)
        else:
            _write_other(self, value, depth)

    def known(self, value: Any) -> bool:
        """Writes a reference where the object was met before, else numbers it."""
        number = self.seen.setdefault(id(value), len(self.seen))
        if number < len(self.kept):
            self.put(b"@%x;" % number)
            return True
        self.kept.append(value)  # keeps its id from being given to another object
        return False

    def head(self, tag: bytes, length: int, depth: int) -> int:
        if depth > MAX_DEPTH:
            raise Unencodable("too deep")
        self.put(b"%b%x:" % (tag, length))
        return depth + 1

    def items(self, tag: bytes, values: Any, depth: int) -> None:
        below = self.head(tag, len(values), depth)
        for value in values:
            self.write(value, below)

    def text(self, tag: bytes, text: str) -> None:
        data = text.encode("utf-8", "surrogatepass")
        self.put(b"%b%x:%b" % (tag, len(data), data))


def _write_none(encoder: Encoder, value: Any, depth: int) -> None:
    encoder.put(b"0")


def _write_bool(encoder: Encoder, value: bool, depth: int) -> None:
    encoder.put(b"y" if value else b"n")


def _write_int(encoder: Encoder, value: int, depth: int) -> None:
    encoder.put(b"i%x;" % value if value >= 0 else b"i-%x;" % -value)


def _write_float(encoder: Encoder, value: float, depth: int) -> None:
    encoder.put(b"f" + _DOUBLE(value) if value == value else _NAN)


def _write_complex(encoder: Encoder, value: complex, depth: int) -> None:
    encoder.put(b"c")
    _write_float(encoder, value.real, depth)
    _write_float(encoder, value.imag, depth)


def _write_str(encoder: Encoder, value: str, depth: int) -> None:
    encoder.text(b"s", value)


def _write_bytes(encoder: Encoder, value: bytes, depth: int) -> None:
    encoder.put(b"b%x:%b" % (len(value), value))


def _write_bytearray(encoder: Encoder, value: bytearray, depth: int) -> None:
    if not encoder.known(value):
        encoder.put(b"B%x:%b" % (len(value), bytes(value)))


def _write_list(encoder: Encoder, value: list[Any], depth: int) -> None:
    if not encoder.known(value):
        encoder.items(b"l", value, depth)


def _write_tuple(encoder: Encoder, value: tuple[Any, ...], depth: int) -> None:
    encoder.items(b"t", value, depth)


def _alone(value: Any, depth: int) -> bytes:
    """Encoded without numbering anything, for members whose order is only known afterwards."""
    if depth > MAX_DEPTH:
        raise Unencodable("too deep")
    encoder = Encoder()
    encoder.write(value, depth + 1)
    return b"".join(encoder.parts)


def _write_set(encoder: Encoder, value: Any, depth: int) -> None:
    tag = b"S" if isinstance(value, set) else b"Z"
    encoder.head(tag, len(value), depth)
    for member in sorted([_alone(member, depth) for member in value]):
        encoder.put(member)


def _write_dict(encoder: Encoder, value: dict[Any, Any], depth: int) -> None:
    if encoder.known(value):
        return
    below = encoder.head(b"d", len(value), depth)
    pairs = [(_alone(key, depth), item) for key, item in value.items()]
    pairs.sort(key=_first)
    for key, item in pairs:
        encoder.put(key)
        encoder.write(item, below)


def _first(pair: tuple[bytes, Any]) -> bytes:
    return pair[0]


def _write_range(encoder: Encoder, value: range, depth: int) -> None:
    encoder.items(b"r", (value.start, value.stop, value.step), depth)


def _write_slice(encoder: Encoder, value: slice, depth: int) -> None:
    encoder.items(b"L", (value.start, value.stop, value.step), depth)


def _write_memoryview(encoder: Encoder, value: memoryview, depth: int) -> None:
    encoder.items(b"M", (value.tobytes(), value.format, value.shape), depth)


def _write_view(encoder: Encoder, value: Any, depth: int) -> None:
    encoder.items(b"v", list(value), depth)


def _write_proxy(encoder: Encoder, value: Any, depth: int) -> None:
    encoder.items(b"p", (dict(value),), depth)


def _write_singleton(encoder: Encoder, value: Any, depth: int) -> None:
    encoder.text(b"K", repr(value))


def _write_named(encoder: Encoder, value: Any, depth: int) -> None:
    """Functions, classes and modules: by their names."""
    encoder.text(b"N", f"{getattr(value, '__module__', '')}:{getattr(value, '__qualname__', value.__name__)}")


def _write_method(encoder: Encoder, value: MethodType, depth: int) -> None:
    below = encoder.head(b"m", 2, depth)
    encoder.write(value.__func__, below)
    encoder.write(value.__self__, below)


def _write_builtin(encoder: Encoder, value: BuiltinFunctionType, depth: int) -> None:
    owner = value.__self__
    _write_named(encoder, value, depth)
    if owner is not None and not isinstance(owner, ModuleType):
        encoder.write(owner, encoder.head(b"u", 1, depth))


def _write_drained(encoder: Encoder, value: Drained, depth: int) -> None:
    below = encoder.head(b"I", 3, depth)
    encoder.text(b"s", value.kind)
    encoder.items(b"l", value.items, below)
    encoder.write(value.ending, below)


def _write_match(encoder: Encoder, value: re.Match[Any], depth: int) -> None:
    encoder.items(b"H", (value.re.pattern, value.re.flags, value.string, value.regs), depth)


def _write_pattern(encoder: Encoder, value: re.Pattern[Any], depth: int) -> None:
    encoder.items(b"P", (value.pattern, value.flags), depth)


_WRITERS: dict[type, Callable[[Encoder, Any, int], None]] = {
    type(None): _write_none,
    bool: _write_bool,
    int: _write_int,
    float: _write_float,
    complex: _write_complex,
    str: _write_str,
    bytes: _write_bytes,
    bytearray: _write_bytearray,
    list: _write_list,
    tuple: _write_tuple,
    set: _write_set,
    frozenset: _write_set,
    dict: _write_dict,
    range: _write_range,
    slice: _write_slice,
    memoryview: _write_memoryview,
    type({}.keys()): _write_view,
    type({}.values()): _write_view,
    type({}.items()): _write_view,
    MappingProxyType: _write_proxy,
    type(...): _write_singleton,
    type(NotImplemented): _write_singleton,
    FunctionType: _write_named,
    type: _write_named,
    ModuleType: _write_named,
    MethodType: _write_method,
    BuiltinFunctionType: _write_builtin,
    Drained: _write_drained,
    re.Match: _write_match,
    re.Pattern: _write_pattern,
}


def _write_other(encoder: Encoder, value: Any, depth: int) -> None:
    kind = type(value)
    if isinstance(value, type):
        _write_named(encoder, value, depth)
    elif isinstance(value, Enum):
        encoder.items(b"E", (class_name(kind), value.name, value.value), depth)
    elif isinstance(value, BaseException):
        write_exception(encoder, value, depth)
    elif is_iterator(value):
        if not encoder.known(value):
            _write_drained(encoder, drain(value), depth)
    elif not encoder.known(value):
        encoder.head(b"o", 1, depth)
        encoder.text(b"s", class_name(kind))
        write_content(encoder, value, depth + 1)
