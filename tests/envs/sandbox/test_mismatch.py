from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from enum import Enum
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envs.sandbox.codec import encode
from envs.sandbox.mismatch import mismatch
from envs.sandbox.outcome import MAX_EXPECTED, expected_form

LONG = "x" * 400
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.binary(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.tuples(inner, inner) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


class Colour(Enum):
    RED = 1
    BLUE = 2


def count(until: int) -> Iterator[int]:
    yield from range(until)


def outcome(result: Any, args: tuple[Any, ...] = (), printed: str = "", *, what: str = "returned") -> bytes:
    return expected_form(encode((what, result, args, {}, printed)))


@pytest.mark.parametrize(
    ("expected", "shown", "words"),
    [
        (5, 6, "one more"),
        (5, 4, "one less"),
        (5, -5, "negated"),
        (5, 0, "zero"),
        (2.5, 9.0, "more"),
        (5, "5", "str in place of int"),
        (5, None, "None in place of int"),
        (True, False, "False in place of True"),
        ("abc", "ab", "without its end"),
        ("abc", "bc", "without its beginning"),
        ("abc", "abcd", "with more at its end"),
        ("abc", "", "empty"),
        ("abc", "ABC", "other case"),
        ("a b", " a b", "other space"),
        ("abc", "abd", "of the same length"),
        ([1, 2, 3], [3, 2, 1], "reversed"),
        ([1, 2, 3], [2, 1, 3], "in another order"),
        ([1, 2, 3], [1, 2, 4], "one item one more"),
        ([1, [2, "x"]], [1, [2, None]], "one item one item None in place of str"),
        ((1, 2), [1, 2], "list in place of tuple"),
        ({1, 2}, {1}, "without some items"),
        ({"a": 1}, {"a": 2}, "other values"),
        ({"a": 1}, {"b": 1}, "other keys"),
        (LONG, "x", "much shorter"),
        ("x", LONG, "much longer"),
        (LONG, LONG + "y", "other"),
        (1, Fraction(1, 2), "Fraction in place of int"),
        (Fraction(1, 3), Fraction(1, 2), "another Fraction"),
        (Colour.RED, Colour.BLUE, "another enum"),
        (OrderedDict(a=1), {"a": 1}, "dict in place of OrderedDict"),
        (float("nan"), 1.0, "less"),
    ],
)
def test_results_are_told_apart_in_words(expected: Any, shown: Any, words: str) -> None:
    assert mismatch(outcome(expected), outcome(shown)) == f"result: {words}"


def test_iterators_are_compared_by_what_they_gave() -> None:
    assert mismatch(outcome(count(3)), outcome(count(2))).startswith("result: one item")


def test_what_else_may_differ() -> None:
    assert mismatch(outcome(1, ([1],)), outcome(1, ([2],))) == "arguments changed otherwise"
    assert mismatch(outcome(1, printed="a"), outcome(1, printed="b")) == "output differs"
    assert mismatch(outcome(ValueError("a"), what="raised"), outcome([1])) == "result: list in place of an exception"


@given(VALUES, VALUES)
def test_any_two_values_can_be_described_without_either(expected: Any, shown: Any) -> None:
    one, other = outcome(expected), outcome(shown)
    if one == other:
        return
    words = mismatch(one, other)
    assert words.startswith("result: ")
    assert not any(each.isdigit() for each in words)
    assert len(words) < 120


@given(st.binary(max_size=MAX_EXPECTED + 8), VALUES)
def test_bytes_of_any_kind_do_no_harm(shown: bytes, expected: Any) -> None:
    """The child may send what it likes: the parent never fails over it."""
    assert mismatch(outcome(expected), shown)


@given(st.binary(max_size=60), VALUES, st.integers(0, 200))
def test_torn_encodings_do_no_harm(rest: bytes, shown: Any, cut: int) -> None:
    assert mismatch(outcome(None), outcome(shown)[:cut] + rest)
