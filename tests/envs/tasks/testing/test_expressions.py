"""Values written as expressions."""

import ast
import collections
import datetime
import enum
import io
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envs.tasks.testing.expressions import IMPORTED, MAX_TEXT, expression, literal, wrapped

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
KEYS = st.integers() | st.text() | st.tuples(st.integers(), st.binary())
VALUES = st.recursive(
    SCALARS | st.binary() | st.sets(KEYS),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner)
        | st.tuples(inner, inner)
        | st.dictionaries(KEYS, inner, max_size=3)
    ),
    max_leaves=4,
)


class Colour(enum.Enum):
    RED = 1


class Point:
    def __init__(self, x, y=0, *, name=""):
        self.x, self._y, self.name = x, y, name

    def __eq__(self, other):
        return isinstance(other, Point) and vars(self) == vars(other)


class Opaque:
    def __init__(self, secret):
        del secret


NAMES = {"Colour": Colour, "Point": Point, "Opaque": Opaque, **IMPORTED}


@given(VALUES)
def test_literals_are_read_back_as_they_were(value):
    text = literal(value)
    assert text is not None
    again = ast.literal_eval(text)
    assert again == value
    assert repr(again) == repr(value) or isinstance(value, (set, dict, list, tuple))


@given(st.lists(st.text(max_size=3) | st.integers(), unique_by=repr), st.randoms())
def test_sets_are_written_in_one_order(items, random):
    shuffled = list(items)
    random.shuffle(shuffled)
    assert literal(set(items)) == literal(set(shuffled))


@pytest.mark.parametrize("value", [math.nan, math.inf, [math.nan], object(), frozenset(), {1: object()}, range(3)])
def test_what_is_no_literal_has_none(value):
    assert literal(value) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Colour.RED, "Colour.RED"),
        (Point(1), "Point(x=1)"),
        (Point([2], 3, name="p"), "Point(x=[2], y=3, name='p')"),
        ((Point("a"), 1), "(Point(x='a'), 1)"),
        (datetime.date(2000, 1, 2), "datetime.date(2000, 1, 2)"),
        (Point, "Point"),
        (io.StringIO("a"), "io.StringIO('a')"),
        (collections.Counter("aab"), "collections.Counter({'a': 2, 'b': 1})"),
        (frozenset((2, 1)), "frozenset({1, 2})"),
        (math.inf, "float('inf')"),
    ],
)
def test_what_the_module_can_make_is_written_as_a_call(value, text):
    assert expression(value, NAMES) == text
    made = eval(text, dict(NAMES))
    assert made == value or made.getvalue() == value.getvalue()


@pytest.mark.parametrize("value", [Opaque(1), object(), lambda: 0, iter(()), open])
def test_what_nobody_can_write_has_no_expression(value):
    assert expression(value, {"__builtins__": {}, **NAMES}) is None


def test_objects_that_equal_nothing_written_are_compared_by_how_they_print():
    class Plain:
        def __repr__(self):
            return "Plain[1]"

    assert wrapped("f()", Plain(), {}) == ("repr(f())", "'Plain[1]'")
    assert wrapped("f()", Point(1), NAMES) == ("f()", "Point(x=1)")
    assert wrapped("f()", Opaque(1), NAMES) is None  # shows its address
    assert wrapped("f()", frozenset((1, 2)), {"__builtins__": {}}) is None  # in the order of its hashes
    assert wrapped("f()", "x" * MAX_TEXT, {}) is None
