from __future__ import annotations

import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import re
import subprocess
import sys
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envs.sandbox.codec import MAX_DRAINED, Unencodable, describe, drain, encode, strip_addresses

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary()
HASHABLE = st.integers() | st.text() | st.booleans() | st.tuples(st.integers(), st.text())
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(HASHABLE, inner, max_size=4)
        | st.sets(HASHABLE, max_size=4)
    ),
    max_leaves=12,
)


class Colour(enum.Enum):
    RED = 1


class Point(NamedTuple):
    x: int
    y: int


@dataclasses.dataclass
class Box:
    content: Any


class Slotted:
    __slots__ = ("__private", "value")

    def __init__(self, value: Any) -> None:
        self.value = value
        self.__private = value


class Special(list[Any]):
    pass


def typed(value: Any) -> Any:
    """A form whose equality is what the codec promises: types apart, order of dicts and sets left out."""
    if isinstance(value, dict):
        return ("dict", frozenset((typed(key), typed(item)) for key, item in value.items()))
    if isinstance(value, set):
        return ("set", frozenset(map(typed, value)))
    if isinstance(value, list | tuple):
        return (type(value).__name__, tuple(map(typed, value)))
    return (type(value).__name__, repr(value))


@settings(max_examples=300, deadline=None)
@given(VALUES, VALUES)
def test_equal_bytes_mean_equal_values(left: Any, right: Any) -> None:
    assert (encode(left) == encode(right)) == (typed(left) == typed(right))


@settings(max_examples=100, deadline=None)
@given(VALUES)
def test_a_value_has_one_form(value: Any) -> None:
    assert encode(value) == encode(value)


def test_the_forms_of_builtins_are_apart() -> None:
    values = [0, False, 0.0, -0.0, "", b"", bytearray(), None, (), [], {}, set(), frozenset(), 0j, range(0), ..., "0"]
    assert len({encode(value) for value in values}) == len(values)


def test_there_is_one_nan() -> None:
    assert encode(float("nan")) == encode(-float("nan"))
    assert encode(float("inf")) != encode(-float("inf"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Colour.RED, 1),
        (decimal.Decimal("1.0"), decimal.Decimal("1.00")),
        (fractions.Fraction(1, 2), fractions.Fraction(1, 3)),
        (datetime.datetime(2020, 1, 1), datetime.datetime(2020, 1, 2)),
        (datetime.timedelta(1), datetime.timedelta(2)),
        (collections.deque([1]), collections.deque([2])),
        (collections.deque([1]), collections.deque([1], 3)),
        (collections.OrderedDict(a=1, b=2), collections.OrderedDict(b=2, a=1)),
        (collections.defaultdict(int), collections.defaultdict(list)),
        (collections.Counter("a"), {"a": 1}),
        (Point(1, 2), (1, 2)),
        (Point(1, 2), Point(2, 1)),
        (Box(1), Box(2)),
        (Slotted(1), Slotted(2)),
        (Special([1]), [1]),
        (Special([1]), Special([2])),
        (re.compile("a"), re.compile("a", re.I)),
        (re.match("(a)b?", "ab"), re.match("(a)b?", "a")),
        (ValueError("a"), ValueError("b")),
        (ValueError("a"), TypeError("a")),
        (int, str),
        (len, print),
        ([].append, [1].append),
        (slice(1), slice(2)),
        (memoryview(b"a"), memoryview(b"b")),
        ({"a": 1}.keys(), {"b": 1}.keys()),
    ],
)
def test_different_values_are_told_apart(one: Any, other: Any) -> None:
    assert encode(one) != encode(other)
    assert encode(one) == encode(one)


def test_sharing_is_part_of_a_value() -> None:
    shared = [1]
    assert encode([shared, shared]) != encode([[1], [1]])
    assert encode(([1], (2,), (2,))) == encode(([1], (2,), (2,)))


def test_cycles_end() -> None:
    cycle: list[Any] = []
    cycle.append(cycle)
    box = Box(None)
    box.content = {"self": box}
    assert encode(cycle) == encode(cycle)
    assert encode(box) != encode(Box(None))


def test_iterators_give_their_first_items_and_how_they_go_on() -> None:
    def failing() -> Any:
        yield 1
        raise ValueError("x")

    assert drain(iter([1, 2])).ending == "end"
    assert len(drain(iter(int, 1)).items) == MAX_DRAINED
    assert drain(iter(int, 1)).ending == "more"
    assert isinstance(drain(failing()).ending, ValueError)
    assert encode(iter([1])) == encode(iter([1])) != encode(iter([2]))


def test_too_deep_and_too_big_are_refused() -> None:
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    for value in (deep, "x" * (2 << 20), list(range(60_000))):
        with pytest.raises(Unencodable):
            encode(value)


def test_addresses_are_blanked_in_messages_only() -> None:
    assert strip_addresses("<object at 0x7f0011223344>") == "<object at 0x>"
    assert strip_addresses("0x10 stays") == "0x10 stays"
    assert encode(ValueError(f"{object()}")) == encode(ValueError(f"{object()}"))


def test_a_hostile_message_does_no_harm() -> None:
    class Bad(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    assert describe(Bad()) == "<no message: RuntimeError>"


def test_the_form_does_not_depend_on_the_process() -> None:
    code = (
        "import collections\nfrom envs.sandbox.codec import encode\n"
        "value = [{'b', 'a', 'c', (1, 'x')}, {'k': {'v', 'w'}}, collections.Counter('abca'), len, {1: int}]\n"
        "print(encode(value).hex())"
    )
    forms = set()
    for seed in ("0", "1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": seed}
        )
        forms.add(done.stdout)
    assert len(forms) == 1
