"""
How a wrong outcome differs from the expected one, in a few words of a fixed vocabulary: what a test's report would tell
a person, without either value. ``result: one more``, ``result: None in place of int``, ``arguments changed otherwise``.

It runs in the parent on encoded bytes (``envs.sandbox.codec``), which it reads as far as it knows their form; nothing
is rebuilt from them. The child's bytes are untrusted, so that every length is checked against what is there.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from envs.sandbox.outcome import MAX_EXPECTED

_DEEPEST = 12
_DOUBLE = struct.Struct("<d")
_FLAGS = {b"0": ("None", None), b"y": ("bool", True), b"n": ("bool", False)}
_TEXTS = {b"s": "str", b"b": "bytes", b"K": "singleton", b"N": "function", b"q": "object"}
_LISTS = {
    **{b"l": "list", b"t": "tuple", b"S": "set", b"Z": "frozenset", b"I": "iterator", b"r": "range", b"L": "slice"},
    **{b"E": "enum", b"R": "object", b"H": "match", b"P": "pattern"},
}
_OUTCOME, _PARTS = 0, 5  # returned or raised; result, args, kwargs, output follow


class _Unreadable(ValueError):
    """Bytes of a form that isn't known here."""


class _Seen(NamedTuple):
    """A value: its type, what it is where that is simple, its members' bytes where they could be told apart."""

    kind: str
    value: Any
    members: tuple[bytes, ...] | None
    end: int  # -1: not known


def mismatch(expected: bytes, shown: bytes) -> str:
    """
    The difference between two outcomes as a check stores them; neither is empty, and they differ. ``result: other``
    where nothing more can be told.
    """
    if len(shown) > MAX_EXPECTED:
        return "result: other"  # no honest child sends so much
    if expected.startswith(b"#") or shown.startswith(b"#"):
        return f"result: {_of_lengths(expected.startswith(b'#'), shown.startswith(b'#'))}"
    try:
        return _of_outcomes(_members(expected, _PARTS), _members(shown, _PARTS))
    except _Unreadable:
        return "result: other"


def _of_lengths(expected: bool, shown: bool) -> str:
    if expected and shown:
        return "other"
    return "much shorter" if expected else "much longer"


def _of_outcomes(wanted: Sequence[bytes], got: Sequence[bytes]) -> str:
    if wanted[_OUTCOME] != got[_OUTCOME]:
        return f"result: {_read(got[1], 0, 0).kind} in place of an exception" if len(got) > 1 else "result: other"
    if wanted[1] != got[1]:
        return f"result: {_difference(_read(wanted[1], 0, 0), _read(got[1], 0, 0), 0)}"
    if wanted[2:4] != got[2:4]:
        return "arguments changed otherwise"
    return "output differs"


def _members(data: bytes, most: int) -> tuple[bytes, ...]:
    """The first members of a tuple; the last of them with all that follows, where it is of no known form."""
    count, at = _length(data, 1)
    found: list[bytes] = []
    for _ in range(min(count, most)):
        end = _read(data, at, 0).end
        if end < 0:
            found.append(data[at:])
            break
        found.append(data[at:end])
        at = end
    if not found:
        raise _Unreadable
    return tuple(found)


def _length(data: bytes, at: int) -> tuple[int, int]:
    """The hexadecimal number at ``at`` and where what follows its colon begins."""
    end = data.find(b":", at, at + 8)
    if end < 0:
        raise _Unreadable
    try:
        return int(data[at:end], 16), end + 1
    except ValueError as error:
        raise _Unreadable from error


def _read(data: bytes, at: int, depth: int) -> _Seen:
    tag = data[at : at + 1]
    if depth > _DEEPEST or not tag:
        raise _Unreadable
    if tag in _FLAGS:
        return _Seen(*_FLAGS[tag], None, at + 1)
    if tag == b"i":
        return _integer(data, at)
    if tag == b"f":
        return _float(data, at)
    if tag == b"@":  # an object met before
        return _Seen("object", None, None, data.find(b";", at) + 1 or -1)
    if tag in _TEXTS:
        size, begin = _length(data, at + 1)
        return _Seen(_TEXTS[tag], data[begin : begin + size], None, begin + size)
    if tag in _LISTS:
        return _sequence(_LISTS[tag], data, at, depth, 1)
    if tag == b"d":
        return _sequence("dict", data, at, depth, 2)
    return _Seen(_class_name(data, at) if tag == b"o" else "object", None, None, -1)


def _integer(data: bytes, at: int) -> _Seen:
    end = data.find(b";", at)
    try:
        return _Seen("int", int(data[at + 1 : end], 16), None, end + 1)
    except ValueError as error:
        raise _Unreadable from error


def _float(data: bytes, at: int) -> _Seen:
    if data[at : at + 4] == b"fnan":  # a number that looks like it would be misread, and only be described wrongly
        return _Seen("float", float("nan"), None, at + 4)
    if at + 9 > len(data):
        raise _Unreadable
    return _Seen("float", _DOUBLE.unpack_from(data, at + 1)[0], None, at + 9)


def _sequence(kind: str, data: bytes, at: int, depth: int, each: int) -> _Seen:
    size, at = _length(data, at + 1)
    members: list[bytes] = []
    for _ in range(min(size * each, MAX_EXPECTED)):
        end = _read(data, at, depth + 1).end
        if end < 0:
            return _Seen(kind, size, None, -1)
        members.append(data[at:end])
        at = end
    return _Seen(kind, size, tuple(members), at)


def _class_name(data: bytes, at: int) -> str:
    """The last part of an instance's class."""
    _, begin = _length(data, at + 1)
    if data[begin : begin + 1] != b"s":
        return "object"
    size, begin = _length(data, begin + 1)
    name = data[begin : begin + size].decode("ascii", "replace").rpartition(".")[2]
    return name if name.isidentifier() else "object"


def _difference(wanted: _Seen, got: _Seen, depth: int) -> str:
    if wanted.kind != got.kind:
        return f"{got.kind} in place of {wanted.kind}"
    describe = _DESCRIBED.get(wanted.kind)
    return f"another {wanted.kind}" if describe is None else describe(wanted, got, depth)


def _of_bools(wanted: _Seen, got: _Seen, depth: int) -> str:
    return f"{got.value} in place of {wanted.value}"


def _of_numbers(wanted: _Seen, got: _Seen, depth: int) -> str:
    if got.value == -wanted.value:
        return "negated"
    if abs(got.value - wanted.value) == 1:
        return "one more" if got.value > wanted.value else "one less"
    if got.value == 0 or wanted.value == 0:
        return "zero" if got.value == 0 else "not zero"
    return "more" if got.value > wanted.value else "less"


def _of_texts(wanted: _Seen, got: _Seen, depth: int) -> str:
    if wanted.value.lower() == got.value.lower():
        return "other case"
    if wanted.value.split() == got.value.split():
        return "other space"
    return _of_parts(wanted.value, got.value)


def _of_sequences(wanted: _Seen, got: _Seen, depth: int) -> str:
    if wanted.members is None or got.members is None:
        return _of_sizes(wanted.value, got.value)
    if len(wanted.members) != len(got.members):
        return _of_parts(wanted.members, got.members)
    others = [pair for pair in zip(wanted.members, got.members, strict=True) if pair[0] != pair[1]]
    if wanted.members == got.members[::-1]:
        return "reversed"
    if sorted(wanted.members) == sorted(got.members):
        return "in another order"
    if depth < 2 and (len(others) == 1 or len(wanted.members) <= 3):
        before, after = others[0]
        return f"one item {_difference(_read(before, 0, 0), _read(after, 0, 0), depth + 1)}"
    return "other items"


def _of_sets(wanted: _Seen, got: _Seen, depth: int) -> str:
    if wanted.members is not None and got.members is not None:
        if set(got.members) < set(wanted.members):
            return "without some items"
        if set(got.members) > set(wanted.members):
            return "with more items"
    return _of_sizes(wanted.value, got.value)


def _of_dicts(wanted: _Seen, got: _Seen, depth: int) -> str:
    same_size = wanted.value == got.value
    if same_size and wanted.members and got.members and wanted.members[::2] == got.members[::2]:
        return "other values"
    return "other keys" if same_size else _of_sizes(wanted.value, got.value)


def _of_parts(wanted: Any, got: Any) -> str:
    """Of texts or of members, one longer than the other or both as long."""
    if not got or not wanted:
        return "empty" if not got else "not empty"
    if len(got) == len(wanted):
        return "of the same length"
    short, long, word = (got, wanted, "without its") if len(got) < len(wanted) else (wanted, got, "with more at its")
    if long[: len(short)] == short:
        return f"{word} end"
    if long[len(long) - len(short) :] == short:
        return f"{word} beginning"
    return "shorter" if len(got) < len(wanted) else "longer"


def _of_sizes(wanted: int, got: int) -> str:
    if got == wanted:
        return "other items"
    if not got or not wanted:
        return "empty" if not got else "not empty"
    return "shorter" if got < wanted else "longer"


_DESCRIBED: dict[str, Callable[[_Seen, _Seen, int], str]] = {
    "bool": _of_bools,
    "int": _of_numbers,
    "float": _of_numbers,
    "str": _of_texts,
    "bytes": _of_texts,
    "list": _of_sequences,
    "tuple": _of_sequences,
    "iterator": _of_sequences,
    "set": _of_sets,
    "frozenset": _of_sets,
    "dict": _of_dicts,
}
