"""Texts that a regular expression matches, sampled from its parse tree: the way into functions that parse text."""

from __future__ import annotations

import random
import re
import string
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any

_parser: Any = re._parser  # type: ignore[attr-defined]  # the standard library's own parser of patterns
_ANY = string.ascii_letters + string.digits + " _-.,:;/=+"
_CATEGORIES = {"DIGIT": string.digits, "WORD": string.ascii_letters + "_7", "SPACE": " \t\n"}
_DEPTH = 12


def sample(pattern: str, flags: int, rng: random.Random) -> str:
    """A text that ``pattern`` matches, look-arounds and back references aside (those are guessed)."""
    return _sequence(_parser.parse(pattern, flags), rng, {}, 0)


def _sequence(nodes: Any, rng: random.Random, groups: dict[int, str], depth: int) -> str:
    return "".join(_node(str(op), value, rng, groups, depth) for op, value in nodes) if depth < _DEPTH else ""


def _node(op: str, value: Any, rng: random.Random, groups: dict[int, str], depth: int) -> str:
    if op == "LITERAL":
        return chr(value)
    if op in ("ANY", "NOT_LITERAL"):
        return rng.choice(_ANY)
    if op == "IN":
        return _one_of(value, rng)
    if op == "BRANCH":
        return _sequence(rng.choice(value[1]), rng, groups, depth + 1)
    if op in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        low, high, body = value
        times = rng.randint(low, min(int(high), low + 3)) if low < 20 else low
        return "".join(_sequence(body, rng, groups, depth + 1) for _ in range(times))
    if op == "SUBPATTERN":
        groups[value[0]] = _sequence(value[3], rng, groups, depth + 1)
        return groups[value[0]]
    if op == "ATOMIC_GROUP":
        return _sequence(value, rng, groups, depth + 1)
    return groups.get(value, "") if op == "GROUPREF" else ""


def _one_of(members: Any, rng: random.Random) -> str:
    if str(members[0][0]) == "NEGATE":
        return rng.choice(_ANY)
    op, value = rng.choice(members)
    if str(op) == "LITERAL":
        return chr(value)
    if str(op) == "RANGE":
        return chr(rng.randint(value[0], min(value[1], value[0] + 60)))
    return rng.choice(_CATEGORIES.get(str(value).rpartition("_")[2], _ANY))


def patterns_near(function: FunctionType, code: CodeType) -> list[re.Pattern[str]]:
    """Compiled text patterns that ``code`` can reach: globals by name, and attributes of ``self``'s class."""
    found = [value for name in code.co_names for value in _reach(function, name)]
    return [value for value in found if isinstance(value, re.Pattern) and isinstance(value.pattern, str)]


def _reach(function: FunctionType, name: str) -> Iterator[object]:
    names = function.__globals__
    if name in names:
        yield names[name]
        helper = names[name]
        # Parsers often hide their pattern one call away.
        if isinstance(helper, FunctionType):
            for inner in helper.__code__.co_names:
                yield helper.__globals__.get(inner)
    owner = names.get(function.__qualname__.partition(".")[0])
    if isinstance(owner, type):
        yield owner.__dict__.get(name)
