"""
A canonical, bounded encoding of Python values: the same value gives the same bytes in every process, whatever the
hash seed or the addresses; different values give different bytes.

Kept apart: bool, int and float; list and tuple; the class of every instance; whether two places hold the same mutable
object. Not kept apart: the order of a plain dict's keys and of a set, and the sign and payload of a NaN. What can't be
looked into (locks, sockets, weak references) is its type's name. Nothing is ever decoded.
"""

from __future__ import annotations

import copyreg
import re
import struct
from collections.abc import Callable
from enum import Enum
from itertools import islice
from types import (
    BuiltinFunctionType,
    FunctionType,
    GetSetDescriptorType,
    MappingProxyType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
)
from typing import Any, NamedTuple

MAX_DEPTH = 100
MAX_NODES = 50_000
MAX_BYTES = 1 << 20
MAX_DRAINED = 50

_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,16}\b")
_DOUBLE = struct.Struct("<d").pack
_NAN = b"fnan"
_SLOTS_SKIPPED = frozenset(("__dict__", "__weakref__"))


class Unencodable(Exception):
    """A value that is too deep or too big to be compared."""


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


def encode(value: Any) -> bytes:
    """The canonical bytes of ``value``. Raises Unencodable; iterators inside are consumed."""
    encoder = _Encoder()
    try:
        encoder.write(value, 0)
    except RecursionError as error:
        raise Unencodable("recursion") from error
    return b"".join(encoder.parts)


class _Encoder:
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


def _write_none(encoder: _Encoder, value: Any, depth: int) -> None:
    encoder.put(b"0")


def _write_bool(encoder: _Encoder, value: bool, depth: int) -> None:
    encoder.put(b"y" if value else b"n")


def _write_int(encoder: _Encoder, value: int, depth: int) -> None:
    encoder.put(b"i%x;" % value if value >= 0 else b"i-%x;" % -value)


def _write_float(encoder: _Encoder, value: float, depth: int) -> None:
    encoder.put(b"f" + _DOUBLE(value) if value == value else _NAN)


def _write_complex(encoder: _Encoder, value: complex, depth: int) -> None:
    encoder.put(b"c")
    _write_float(encoder, value.real, depth)
    _write_float(encoder, value.imag, depth)


def _write_str(encoder: _Encoder, value: str, depth: int) -> None:
    encoder.text(b"s", value)


def _write_bytes(encoder: _Encoder, value: bytes, depth: int) -> None:
    encoder.put(b"b%x:%b" % (len(value), value))


def _write_bytearray(encoder: _Encoder, value: bytearray, depth: int) -> None:
    if not encoder.known(value):
        encoder.put(b"B%x:%b" % (len(value), bytes(value)))


def _write_list(encoder: _Encoder, value: list[Any], depth: int) -> None:
    if not encoder.known(value):
        encoder.items(b"l", value, depth)


def _write_tuple(encoder: _Encoder, value: tuple[Any, ...], depth: int) -> None:
    encoder.items(b"t", value, depth)


def _alone(value: Any, depth: int) -> bytes:
    """Encoded without numbering anything, for members whose order is only known afterwards."""
    if depth > MAX_DEPTH:
        raise Unencodable("too deep")
    encoder = _Encoder()
    encoder.write(value, depth + 1)
    return b"".join(encoder.parts)


def _write_set(encoder: _Encoder, value: Any, depth: int) -> None:
    tag = b"S" if isinstance(value, set) else b"Z"
    encoder.head(tag, len(value), depth)
    for member in sorted([_alone(member, depth) for member in value]):
        encoder.put(member)


def _write_dict(encoder: _Encoder, value: dict[Any, Any], depth: int) -> None:
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


def _write_range(encoder: _Encoder, value: range, depth: int) -> None:
    encoder.items(b"r", (value.start, value.stop, value.step), depth)


def _write_slice(encoder: _Encoder, value: slice, depth: int) -> None:
    encoder.items(b"L", (value.start, value.stop, value.step), depth)


def _write_memoryview(encoder: _Encoder, value: memoryview, depth: int) -> None:
    encoder.items(b"M", (value.tobytes(), value.format, value.shape), depth)


def _write_view(encoder: _Encoder, value: Any, depth: int) -> None:
    encoder.items(b"v", list(value), depth)


def _write_proxy(encoder: _Encoder, value: Any, depth: int) -> None:
    encoder.items(b"p", (dict(value),), depth)


def _write_singleton(encoder: _Encoder, value: Any, depth: int) -> None:
    encoder.text(b"K", repr(value))


def _write_named(encoder: _Encoder, value: Any, depth: int) -> None:
    """Functions, classes and modules: by their names."""
    encoder.text(b"N", f"{getattr(value, '__module__', '')}:{getattr(value, '__qualname__', value.__name__)}")


def _write_method(encoder: _Encoder, value: MethodType, depth: int) -> None:
    below = encoder.head(b"m", 2, depth)
    encoder.write(value.__func__, below)
    encoder.write(value.__self__, below)


def _write_builtin(encoder: _Encoder, value: BuiltinFunctionType, depth: int) -> None:
    owner = value.__self__
    _write_named(encoder, value, depth)
    if owner is not None and not isinstance(owner, ModuleType):
        encoder.write(owner, encoder.head(b"u", 1, depth))


def _write_drained(encoder: _Encoder, value: Drained, depth: int) -> None:
    below = encoder.head(b"I", 3, depth)
    encoder.text(b"s", value.kind)
    encoder.items(b"l", value.items, below)
    encoder.write(value.ending, below)


def _write_match(encoder: _Encoder, value: re.Match[Any], depth: int) -> None:
    encoder.items(b"H", (value.re.pattern, value.re.flags, value.string, value.regs), depth)


def _write_pattern(encoder: _Encoder, value: re.Pattern[Any], depth: int) -> None:
    encoder.items(b"P", (value.pattern, value.flags), depth)


_WRITERS: dict[type, Callable[[_Encoder, Any, int], None]] = {
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


def _class_name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _write_other(encoder: _Encoder, value: Any, depth: int) -> None:
    kind = type(value)
    if isinstance(value, type):
        _write_named(encoder, value, depth)
    elif isinstance(value, Enum):
        encoder.items(b"E", (_class_name(kind), value.name, value.value), depth)
    elif isinstance(value, BaseException):
        _write_exception(encoder, value, depth)
    elif is_iterator(value):
        if not encoder.known(value):
            _write_drained(encoder, drain(value), depth)
    elif not encoder.known(value):
        encoder.head(b"o", 1, depth)
        encoder.text(b"s", _class_name(kind))
        _write_content(encoder, value, depth + 1)


def _write_exception(encoder: _Encoder, value: BaseException, depth: int) -> None:
    below = encoder.head(b"x", 2, depth)
    encoder.text(b"s", _class_name(type(value)))
    encoder.text(b"s", describe(value))
    state = {name: item for name, item in vars(value).items() if not name.startswith("__")}
    encoder.write(state, below)


def describe(error: BaseException) -> str:
    """The message of an exception without addresses, cut at 2000 characters."""
    try:
        return strip_addresses(str(error))[:2000]
    except Exception as second:  # noqa: BLE001  a message that can't be made is told by what prevented it
        return f"<no message: {type(second).__name__}>"


def _write_content(encoder: _Encoder, value: Any, depth: int) -> None:
    """An instance: the built-in value that it extends, then its attributes."""
    base = next((base for base in _BASES if isinstance(value, base)), None)
    if base is not None:
        _BASES[base](encoder, base, value, depth)
    state = _state(value)
    if state is not None:
        encoder.write(state, depth)
    elif base is None:
        _write_reduced(encoder, value, depth)


def _write_ordered(encoder: _Encoder, base: Any, value: Any, depth: int) -> None:
    ordered = hasattr(value, "move_to_end")
    content: Any = [list(pair) for pair in dict.items(value)] if ordered else dict(dict.items(value))
    encoder.write(content, depth)
    factory = getattr(value, "default_factory", None)
    if factory is not None:
        encoder.write(factory, depth)


def _write_based(encoder: _Encoder, base: Any, value: Any, depth: int) -> None:
    encoder.write(base(base.__iter__(value)) if hasattr(base, "__iter__") and base is not str else base(value), depth)


def _write_scalar(encoder: _Encoder, base: Any, value: Any, depth: int) -> None:
    encoder.write(base.__new__(base, base.__str__(value) if base is str else base.__add__(value, base())), depth)


_BASES: dict[type, Callable[[_Encoder, Any, Any, int], None]] = {
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


def _write_reduced(encoder: _Encoder, value: Any, depth: int) -> None:
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
