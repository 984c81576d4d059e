"""
Values to try as arguments, by kind. Every value pickles; every maker takes a ``random.Random`` and the ``Pool``.

The pool mixes the function's own constants (``Pool.texts``, ``Pool.numbers``) into what the makers give.
"""

from __future__ import annotations

import ast
import collections
import datetime
import decimal
import fractions
import io
import math
import operator
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field

WORDS = (
    *("", "a", "b", "abc", "Hello World", "x", "foo", "bar", "key", "name", "value", "  padded ", "UPPER", "a b c"),
    *("a,b;c", "key=value", "a=1; b=2", "a.b.c", "snake_case", "CamelCase", "x-y_z", "line one\nline two\n", "\ttab"),
    *("1", "-12", "1.5", "1e3", "0x1f", "007", "1,234", "2024-01-02", "10:30:59", "2024-01-02T10:30:00", "50%", "100"),
    *("/usr/lib/x.py", "http://user@example.com:80/p/q?a=1&b=2#frag", "user@example.com", "192.168.0.1", "::1"),
    *("<b>bold</b> &amp; x", '"quoted" text', "it's", "%s %d", "{0} {x}", "ä€ß", "\x00", "[1, 2]", "(a)", "a\\b"),
    *("yes", "no", "true", "None", "the quick brown fox jumps over the lazy dog", "aaa", "abcabc", "racecar", "*.py"),
    *("def f(x):\n    return x + 1\n", "# comment", "a/b", "../x", "A", "z", "!", "utf-8", "text/html; charset=utf-8"),
)
NUMBERS = (0, 1, 2, 3, 4, 5, 7, 10, 12, 16, 30, 60, 64, 100, 127, 255, 256, 365, 1000, 1024, 1900, 2000, 2024, 65535)
CALLABLES: tuple[Callable[..., object], ...] = (
    *(len, str, int, repr, abs, bool, list, tuple, sorted, sum, max, min, float, ord, hash, callable, dict, set),
    *(operator.add, operator.mul, operator.sub, operator.lt, operator.neg, operator.not_, operator.itemgetter(0)),
    *(str.upper, str.lower, str.isdigit, math.sqrt, operator.eq, operator.and_, operator.or_, isinstance, type),
)
TYPES = (int, str, float, list, dict, tuple, bool, bytes, set, object, type(None), ValueError, KeyError, complex)
PATTERNS = ("a+", r"\d+", r"(\w+)", "[abc]", r"\s*", "x|y", "^a", "b$", "(?P<name>[a-z]+)", r"\W+")


@dataclass(slots=True)
class Pool:
    """Constants of the function under search, and instances of classes that it may meet, by kind."""

    texts: list[str] = field(default_factory=list)
    numbers: list[int | float] = field(default_factory=list)
    makers: dict[str, Callable[[random.Random], object]] = field(default_factory=dict)
    patterns: list[Callable[[random.Random], str]] = field(default_factory=list)


Maker = Callable[[random.Random, Pool], object]


def text(rng: random.Random, pool: Pool) -> str:
    """A short text; half of the time built from the function's own constants."""
    draw = rng.random()
    if pool.patterns and draw < 0.3:
        return rng.choice(pool.patterns)(rng)
    if pool.texts and draw < 0.55:
        return rng.choice(pool.texts)
    if draw < 0.85:
        return rng.choice(WORDS)
    parts = [rng.choice(pool.texts or WORDS) if rng.random() < 0.5 else rng.choice(WORDS) for _ in range(3)]
    return rng.choice(("", " ", ",", "\n", "=")).join(parts)[:200]


def integer(rng: random.Random, pool: Pool) -> int:
    """Mostly small; sometimes one of the function's constants or next to one."""
    draw = rng.random()
    if pool.numbers and draw < 0.3:
        number = rng.choice(pool.numbers)
        return int(number) + rng.choice((-1, 0, 0, 1)) if math.isfinite(number) and abs(number) < 1e9 else 1
    if draw < 0.7:
        return rng.randint(-3, 12)
    return rng.choice(NUMBERS) * rng.choice((1, 1, 1, -1))


def real(rng: random.Random, pool: Pool) -> float:
    """Halves, tenths and a few special values."""
    draw = rng.random()
    if draw < 0.1:
        return rng.choice((math.inf, -math.inf, math.nan, 0.0, -0.0, 1e-9, 1e100))
    if draw < 0.3:
        return float(integer(rng, pool))
    return rng.choice((rng.randint(-40, 40) / 2, rng.randint(-100, 100) / 10, rng.random()))


def number(rng: random.Random, pool: Pool) -> object:
    """An integer or a float."""
    return integer(rng, pool) if rng.random() < 0.65 else real(rng, pool)


def scalar(rng: random.Random, pool: Pool) -> object:
    """Any hashable simple value."""
    return rng.choice((text, integer, integer, text, real, _boolean, _nothing))(rng, pool)


def data(rng: random.Random, pool: Pool) -> bytes:
    """Bytes from texts, or small raw ones."""
    if rng.random() < 0.7:
        return text(rng, pool).encode("utf-8", "surrogatepass")
    return bytes(rng.randrange(256) for _ in range(rng.randrange(9)))


def _size(rng: random.Random) -> int:
    return rng.choice((0, 1, 1, 2, 2, 3, 3, 4, 5, 8))


def _many(rng: random.Random, pool: Pool, make: Maker) -> list[object]:
    return [make(rng, pool) for _ in range(_size(rng))]


def _boolean(rng: random.Random, pool: Pool) -> object:
    return rng.random() < 0.5


def _nothing(rng: random.Random, pool: Pool) -> object:
    return None


def _integers(rng: random.Random, pool: Pool) -> object:
    found = _many(rng, pool, integer)
    return sorted(found, key=repr) if rng.random() < 0.2 else found


def _numbers(rng: random.Random, pool: Pool) -> object:
    return _many(rng, pool, number)


def _texts(rng: random.Random, pool: Pool) -> object:
    return _many(rng, pool, text)


def _anything(rng: random.Random, pool: Pool) -> object:
    return _many(rng, pool, scalar)


def _pairs(rng: random.Random, pool: Pool) -> object:
    return [(scalar(rng, pool), scalar(rng, pool)) for _ in range(_size(rng))]


def _text_pairs(rng: random.Random, pool: Pool) -> object:
    return [(text(rng, pool), text(rng, pool)) for _ in range(_size(rng))]


def _integer_pair(rng: random.Random, pool: Pool) -> object:
    return (integer(rng, pool), integer(rng, pool))


def _matrix(rng: random.Random, pool: Pool) -> object:
    width = rng.randrange(1, 4)
    return [[rng.randint(-5, 9) for _ in range(width)] for _ in range(rng.randrange(1, 4))]


def _lists(rng: random.Random, pool: Pool) -> object:
    make = rng.choice((integer, text))
    return [_many(rng, pool, make) for _ in range(_size(rng))]


def _tuple(rng: random.Random, pool: Pool) -> object:
    return tuple(_many(rng, pool, rng.choice((integer, text, scalar))))


def _mapping(rng: random.Random, pool: Pool) -> object:
    make = rng.choice((integer, text, scalar, _integers, _texts))
    return {text(rng, pool): make(rng, pool) for _ in range(_size(rng))}


def _integer_mapping(rng: random.Random, pool: Pool) -> object:
    make = rng.choice((integer, text, _integers))
    return {integer(rng, pool): make(rng, pool) for _ in range(_size(rng))}


def _graph(rng: random.Random, pool: Pool) -> object:
    names = list("abcde")[: rng.randrange(1, 6)]
    return {name: rng.sample(names, rng.randrange(len(names))) for name in names}


def _set(rng: random.Random, pool: Pool) -> object:
    return set(_many(rng, pool, rng.choice((integer, text))))


def _frozen(rng: random.Random, pool: Pool) -> object:
    return frozenset(_many(rng, pool, integer))


def _callable(rng: random.Random, pool: Pool) -> object:
    return rng.choice(CALLABLES)


def _type(rng: random.Random, pool: Pool) -> object:
    return rng.choice(TYPES)


def _range(rng: random.Random, pool: Pool) -> object:
    return range(rng.randrange(4), rng.randrange(3, 12), rng.choice((1, 1, 2)))


def _pattern(rng: random.Random, pool: Pool) -> object:
    return re.compile(rng.choice(PATTERNS))


def _complex(rng: random.Random, pool: Pool) -> object:
    return complex(rng.randint(-4, 4), rng.randint(-4, 4))


def _decimal(rng: random.Random, pool: Pool) -> object:
    return decimal.Decimal(rng.choice(("0", "1", "-1.5", "3.14159", "1E+3", "NaN", "123456789", "0.001", "-0", "7")))


def _fraction(rng: random.Random, pool: Pool) -> object:
    return fractions.Fraction(rng.randint(-9, 9), rng.randint(1, 9))


def _date(rng: random.Random, pool: Pool) -> object:
    return datetime.date(rng.choice((1970, 1999, 2000, 2024)), rng.randint(1, 12), rng.randint(1, 28))


def _datetime(rng: random.Random, pool: Pool) -> object:
    zone = rng.choice((None, None, datetime.UTC, datetime.timezone(datetime.timedelta(hours=2))))
    day = _date(rng, pool)
    clock = datetime.time(rng.randrange(24), rng.randrange(60), rng.randrange(60), tzinfo=zone)
    return datetime.datetime.combine(day, clock) if isinstance(day, datetime.date) else day


def _time(rng: random.Random, pool: Pool) -> object:
    return datetime.time(rng.randrange(24), rng.randrange(60), rng.randrange(60))


def _interval(rng: random.Random, pool: Pool) -> object:
    return datetime.timedelta(days=rng.randint(-3, 400), seconds=rng.choice((0, 1, 59, 3600, 86399)))


def _text_stream(rng: random.Random, pool: Pool) -> object:
    return io.StringIO("\n".join(_many(rng, pool, text)))  # type: ignore[arg-type]  # a list of str


def _byte_stream(rng: random.Random, pool: Pool) -> object:
    return io.BytesIO(data(rng, pool))


def _array(rng: random.Random, pool: Pool) -> object:
    return bytearray(data(rng, pool))


def _deque(rng: random.Random, pool: Pool) -> object:
    return collections.deque(_many(rng, pool, scalar))


def _counter(rng: random.Random, pool: Pool) -> object:
    return collections.Counter(text(rng, pool))


def _ordered(rng: random.Random, pool: Pool) -> object:
    return collections.OrderedDict(zip("abcd", _many(rng, pool, scalar), strict=False))


def _exception(rng: random.Random, pool: Pool) -> object:
    return rng.choice((ValueError, KeyError, OSError, TypeError))(text(rng, pool))


def _tree(rng: random.Random, pool: Pool) -> object:
    code = rng.choice(("x = 1", "f(a, *b)", "def f(x): return x", "class A: pass", "a + b * 2", "[i for i in x if i]"))
    return ast.parse(code)


MAKERS: dict[str, Maker] = {
    **{"none": _nothing, "bool": _boolean, "int": integer, "float": real, "number": number, "str": text},
    **{"bytes": data, "list_int": _integers, "list_number": _numbers, "list_str": _texts, "list_any": _anything},
    **{"pairs": _pairs, "text_pairs": _text_pairs, "int_pair": _integer_pair, "matrix": _matrix, "lists": _lists},
    **{"tuple": _tuple, "dict": _mapping, "int_dict": _integer_mapping, "graph": _graph, "set": _set},
    **{"frozenset": _frozen, "callable": _callable, "type": _type, "range": _range, "pattern": _pattern},
    **{"complex": _complex, "decimal": _decimal, "fraction": _fraction, "date": _date, "datetime": _datetime},
    **{"time": _time, "timedelta": _interval, "text_stream": _text_stream, "byte_stream": _byte_stream},
    **{"bytearray": _array, "deque": _deque, "counter": _counter, "ordered": _ordered, "exception": _exception},
    **{"ast": _tree},
}
# The Python type whose attributes tell whether a kind can stand where they are used.
KIND_TYPES: dict[str, type] = {
    **{"bool": bool, "int": int, "float": float, "str": str, "bytes": bytes, "list_int": list, "list_number": list},
    **{"list_str": list, "list_any": list, "pairs": list, "text_pairs": list, "int_pair": tuple, "matrix": list},
    **{"lists": list, "tuple": tuple, "dict": dict, "int_dict": dict, "graph": dict, "set": set, "range": range},
    **{"frozenset": frozenset, "type": type, "pattern": re.Pattern, "complex": complex, "decimal": decimal.Decimal},
    **{"fraction": fractions.Fraction, "date": datetime.date, "datetime": datetime.datetime, "ast": ast.AST},
    **{"time": datetime.time, "timedelta": datetime.timedelta, "text_stream": io.StringIO, "byte_stream": io.BytesIO},
    **{"bytearray": bytearray, "deque": collections.deque, "counter": collections.Counter},
    **{"ordered": collections.OrderedDict, "exception": Exception},
}


def make(kind: str, rng: random.Random, pool: Pool) -> object:
    """A value of ``kind``; kinds that aren't in ``MAKERS`` are the pool's."""
    return pool.makers[kind](rng) if kind in pool.makers else MAKERS[kind](rng, pool)
