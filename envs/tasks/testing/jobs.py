"""
The jobs of testing, inside the confined child: what a function shows on inputs, and which tests a mutant of it fails.

``outcomes``: header ``{module, qualname, source, seed, most, seconds}`` and pickled inputs; answers a list of fields of
``envs.tasks.testing.pool.Entry``. ``holding``: header ``{module, qualname, source, tests, seconds}``; answers a sign
a test: ``p`` passes, ``f`` fails, ``t`` took too long.
"""

from __future__ import annotations

import builtins
import pickle
import random
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from types import CodeType, ModuleType
from typing import Any

from envs.sandbox.outcome import observe
from envs.sandbox.program import compile_program, nested_codes, resolve_function, swap
from envs.tasks.mining.frames import pack, unpack
from envs.tasks.mining.jobs.mutate import mutated
from envs.tasks.mining.jobs.values import Pool
from envs.tasks.testing.expressions import MAX_TEXT, expression, wrapped

_NO_INPUT = pickle.dumps(((), {}))
# An instance by its constructor, or a member of an enumeration.
_RECEIVER = re.compile(r"[A-Za-z_][\w.]*(\(.*\))?")
_MOST_ITEMS = 30
_MOST_HANGING = 2
# Raised by calls that nobody would make, or by the sandbox.
_ACCIDENTS = (
    "TypeError",
    "AttributeError",
    "NameError",
    "UnboundLocalError",
    "AssertionError",
    "IndexError",
    "KeyError",
)
_UNFIT = ("PermissionError", "ImportError", "ModuleNotFoundError", "MemoryError", "RecursionError", "SystemExit")


@dataclass(frozen=True, slots=True)
class _Subject:
    """The function under test as it is called: ``form`` is what its arguments go into."""

    module: ModuleType
    source: str
    path: str
    method: bool
    attribute: bool
    codes: frozenset[CodeType]
    seconds: float


def outcomes(payload: bytes) -> bytes:
    """The job; see the module's docstring."""
    request, inputs = unpack(payload)
    subject = _subject(request)
    calls = list(dict.fromkeys(_calls(subject, inputs, random.Random(request["seed"]), request["most"])))
    shown = {call: _entry(subject, call) for call in calls}
    # What depends on what was called before comes out differently the other way round.
    again = {call: _entry(subject, call) for call in reversed(calls)}
    return pack([entry for call, entry in shown.items() if entry is not None and entry == again[call]])


def holding(payload: bytes) -> bytes:
    """The job; see the module's docstring."""
    request, _ = unpack(payload)
    subject = _subject(request)
    signs: list[str] = []
    for test in request["tests"]:
        hanging = signs.count("t") >= _MOST_HANGING
        signs.append("t" if hanging else _sign(subject, test))
    return "".join(signs).encode()


def _subject(request: dict[str, Any]) -> _Subject:
    module = sys.modules[request["module"]]
    qualname = request["qualname"]
    function, _ = resolve_function(module, qualname)
    code = compile_program(request["source"], qualname, function.__code__.co_flags)
    swap(function, code)
    owner, _, name = qualname.rpartition(".")
    raw = _raw(module, owner, name)
    attribute = owner != "" and not callable(raw) and not isinstance(raw, staticmethod | classmethod)
    method = owner != "" and (attribute or callable(raw)) and not isinstance(raw, staticmethod | classmethod)
    return _Subject(module, request["source"], qualname, method, attribute, nested_codes(code), request["seconds"])


def _raw(module: ModuleType, owner: str, name: str) -> object:
    held: Any = module
    for part in owner.split(".") if owner else ():
        held = getattr(held, part)
    return vars(held).get(name) if owner else None


def _calls(subject: _Subject, inputs: list[bytes], rng: random.Random, most: int) -> Iterator[str]:
    """The recorded inputs as expressions, then neighbours of theirs."""
    usable = []
    for data in inputs:
        text = _written(subject, data)
        if text is not None:
            usable.append(data)
            yield text
    pool = Pool(texts=["", "a"], numbers=[0, 1, -1])
    for _ in range(2 * max(0, most - len(usable)) if usable else 0):
        text = _written(subject, rng.choice(usable), rng, pool)
        if text is not None:
            yield text


def _written(subject: _Subject, data: bytes, rng: random.Random | None = None, pool: Pool | None = None) -> str | None:
    """The call as a person would write it; with ``rng``, one of its arguments is changed first."""
    try:
        args, kwargs = pickle.loads(data)
        args = list(args)
        if rng is not None and pool is not None and args[subject.method :]:
            at = rng.randrange(int(subject.method), len(args))
            args[at] = mutated(args[at], rng, pool)
        return _call(subject, args, kwargs)
    except Exception:  # noqa: BLE001  # the values' own code may raise anything
        return None


def _call(subject: _Subject, args: list[object], kwargs: dict[str, object]) -> str | None:
    names, path = vars(subject.module), subject.path
    if subject.method:
        held = expression(args.pop(0), names) if args else None
        if held is None or not _RECEIVER.fullmatch(held):
            return None
        path = f"{held}.{path.rpartition('.')[2]}"
    parts = [expression(arg, names) for arg in args]
    parts += [None if (text := expression(v, names)) is None else f"{name}={text}" for name, v in kwargs.items()]
    texts = [part for part in parts if part is not None]
    if len(texts) < len(parts) or not all(name.isidentifier() for name in kwargs):
        return None
    whole = path if subject.attribute else f"{path}({', '.join(texts)})"
    return whole if len(whole) <= MAX_TEXT and "\n" not in whole else None


class _Kept:
    """Evaluates once and keeps what came of it, since what is observed of it is only its encoding."""

    def __init__(self, code: CodeType, module: ModuleType) -> None:
        self.code, self.module = code, module
        self.value: object = None
        self.error: BaseException | None = None

    def __call__(self) -> None:
        try:
            value = eval(self.code, vars(self.module), {})
            drains = hasattr(type(value), "__next__") and not hasattr(value, "readline")
            self.value = _Items(list(islice(value, _MOST_ITEMS + 1))) if drains else value
        except BaseException as error:
            self.error = error
            raise


@dataclass(frozen=True, slots=True)
class _Items:
    """What an iterator gave."""

    items: list[object]


def _entry(subject: _Subject, call: str) -> dict[str, Any] | None:
    """The fields of an ``Entry``; None where the outcome is nothing to test for."""
    kept = _Kept(compile(call, "<call>", "eval"), subject.module)
    seen = observe(kept, _NO_INPUT, subject.codes, subject.seconds)
    if seen.kind not in ("returned", "raised") or not seen.lines:
        return None
    if kept.error is not None:
        name = _error_name(subject, kept.error)
        return None if name is None else {"call": call, "outcome": name, "raises": True, "lines": seen.lines}
    try:
        found = _compared(call, kept.value, vars(subject.module))
    except Exception:  # noqa: BLE001  # repr may raise anything
        return None
    return None if found is None else {"call": found[0], "outcome": found[1], "raises": False, "lines": seen.lines}


def _compared(call: str, value: object, names: Mapping[str, Any]) -> tuple[str, str] | None:
    if not isinstance(value, _Items):
        return wrapped(call, value, names)
    return wrapped(f"list({call})", value.items, names) if len(value.items) <= _MOST_ITEMS else None


def _error_name(subject: _Subject, error: BaseException) -> str | None:
    """The exception's name as the module's users know it; accidents count only where the function speaks of them."""
    kind = type(error)
    name = kind.__name__
    known = vars(subject.module).get(name, getattr(builtins, name, None))
    if known is not kind or name in _UNFIT or not isinstance(error, Exception):
        return None
    return None if name in _ACCIDENTS and name not in subject.source else name


def _sign(subject: _Subject, test: list[Any]) -> str:
    call, outcome, raises = test
    check = _Raising(call, outcome, subject.module) if raises else _Equal(call, outcome, subject.module)
    seen = observe(check, _NO_INPUT, None, subject.seconds)
    return "t" if seen.kind == "timeout" else "p" if check.holds else "f"


class _Test:
    """A test as it would run: ``holds`` after the call."""

    def __init__(self, call: str, outcome: str, module: ModuleType) -> None:
        self.call, self.outcome, self.names = call, outcome, vars(module)
        self.holds = False


class _Equal(_Test):
    def __call__(self) -> None:
        value = eval(self.call, self.names, {})
        expected = eval(self.outcome, self.names, {})
        singleton = expected is None or isinstance(expected, bool)
        self.holds = value is expected if singleton else bool(value == expected)


class _Raising(_Test):
    def __call__(self) -> None:
        kind = eval(self.outcome, self.names, {})
        try:
            eval(self.call, self.names, {})
        except kind:
            self.holds = True
