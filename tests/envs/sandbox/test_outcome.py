from __future__ import annotations

import pickle
import random
import sys
import time
from collections.abc import Iterator
from typing import Any

from envs.sandbox.outcome import MAX_EXPECTED, expected_form, matches, observe


def args(*values: Any, **named: Any) -> bytes:
    return pickle.dumps((values, named))


def add(values: list[int], extra: int = 1) -> int:
    values.append(extra)
    return sum(values)


def noisy(text: str) -> None:
    sys.stdout.write(text)


def faulty(number: int) -> float:
    if number > 1:
        number -= 1
    return 1 / (number - 1)


def count() -> Iterator[int]:
    yield 1
    yield 2


def test_result_changed_arguments_and_output_all_count() -> None:
    assert observe(add, args([1])).payload != observe(lambda values: 2, args([1])).payload  # values stay as they were
    assert observe(noisy, args("a")).payload != observe(noisy, args("b")).payload
    assert observe(add, args([1])).kind == "returned"


def test_an_exception_is_an_outcome() -> None:
    seen = observe(faulty, args(2), faulty.__code__)
    assert seen.kind == "raised"
    assert seen.detail == "ZeroDivisionError: division by zero"
    first = faulty.__code__.co_firstlineno
    assert seen.raised_line == first + 3
    assert seen.lines == (first + 1, first + 2, first + 3)


def test_lines_of_generators_are_seen_too() -> None:
    seen = observe(count, args(), count.__code__)
    first = count.__code__.co_firstlineno
    assert seen.lines == (first + 1, first + 2)


def test_without_a_traced_code_there_are_no_lines() -> None:
    assert observe(add, args([1])).lines == ()


def test_randomness_is_seeded() -> None:
    assert observe(random.random, args()).payload == observe(random.random, args()).payload


def test_what_can_not_be_unpickled_is_unencodable() -> None:
    assert observe(add, b"junk").kind == "unencodable"


def test_output_is_given_back() -> None:
    before = sys.stdout
    observe(noisy, args("a"))
    assert sys.stdout is before


def test_the_soft_limit_ends_what_hangs() -> None:
    def hang() -> None:
        while True:
            pass

    began = time.monotonic()
    assert observe(hang, args(), None, 0.1).kind == "timeout"
    assert time.monotonic() - began < 3
    assert observe(time.sleep, args(5), None, 0.1).kind == "timeout"
    assert observe(add, args([1]), None, 0.1).kind == "returned"


def test_long_payloads_are_stored_by_digest() -> None:
    short, long = b"x" * MAX_EXPECTED, b"x" * (MAX_EXPECTED + 1)
    assert expected_form(short) == short
    assert len(expected_form(long)) == 33
    assert matches(long, expected_form(long))
    assert not matches(b"", b"")
