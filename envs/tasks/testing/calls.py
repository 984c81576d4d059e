"""Calls of the function under test, written as a person would. Runs inside the confined child."""

from __future__ import annotations

import pickle
import random
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import CodeType, ModuleType
from typing import Any, NamedTuple

from envs.sandbox.program import compile_program, nested_codes, resolve_function, swap
from envs.tasks.mining.jobs.mutate import mutated
from envs.tasks.mining.jobs.values import Pool
from envs.tasks.testing.expressions import MAX_TEXT, expression, names_of

# An instance by its constructor, or a member of an enumeration.
_RECEIVER = re.compile(r"[A-Za-z_][\w.]*(\(.*\))?")


class Call(NamedTuple):
    """An expression in two parts: an instance, "" where none is needed, and what is called or read of it."""

    receiver: str
    rest: str

    @property
    def text(self) -> str:
        """The whole expression."""
        return self.receiver + self.rest


@dataclass(frozen=True, slots=True)
class Subject:
    """
    The function under test as it is called, by its qualified name ``path``. ``method``: its first argument is an
    instance; ``attribute``: it is read, not called. ``forget`` empties the cache that it may have.
    """

    module: ModuleType
    source: str
    path: str
    method: bool
    attribute: bool
    codes: frozenset[CodeType]
    forget: Callable[[], None]
    seconds: float


def subject_of(request: Mapping[str, Any]) -> Subject:
    """Puts the program text of a job's request in the place of the function. Raises ProgramError."""
    module, path = sys.modules[request["module"]], request["qualname"]
    function, call = resolve_function(module, path)
    code = compile_program(request["source"], path, function.__code__.co_flags)
    swap(function, code)
    raw = _raw(module, path)
    bound = raw is None or isinstance(raw, staticmethod | classmethod)
    forget = getattr(call, "cache_clear", _nothing)
    attribute = not bound and not callable(raw)
    codes = nested_codes(code)
    return Subject(module, request["source"], path, not bound, attribute, codes, forget, request["seconds"])


def _nothing() -> None:
    """What there is to do where there is no cache."""


def _raw(module: ModuleType, path: str) -> object:
    """What stands in the class for a method; None for what is in no class."""
    *owners, name = path.split(".")
    held: Any = module
    for part in owners:
        held = getattr(held, part)
    return vars(held).get(name) if owners else None


def calls_of(subject: Subject, inputs: Sequence[bytes], rng: random.Random, most: int) -> Iterator[Call]:
    """The recorded inputs as calls, then neighbours of theirs."""
    usable = []
    for data in inputs:
        call = _written(subject, data)
        if call is not None:
            usable.append(data)
            yield call
    pool = Pool(texts=["", "a"], numbers=[0, 1, -1])
    for _ in range(2 * max(0, most - len(usable)) if usable else 0):
        call = _written(subject, rng.choice(usable), rng, pool)
        if call is not None:
            yield call


def _written(subject: Subject, data: bytes, rng: random.Random | None = None, pool: Pool | None = None) -> Call | None:
    """The call of an input; with ``rng``, one of its arguments is changed first."""
    try:
        args, kwargs = pickle.loads(data)
        args = list(args)
        if rng is not None and pool is not None and args[subject.method :]:
            at = rng.randrange(int(subject.method), len(args))
            args[at] = mutated(args[at], rng, pool)
        return _call(subject, args, kwargs)
    except Exception:  # noqa: BLE001  # the values' own code may raise anything
        return None


def _call(subject: Subject, args: list[object], kwargs: dict[str, object]) -> Call | None:
    names, (owner, _, name) = names_of(subject.module), subject.path.rpartition(".")
    receiver = ""
    if subject.method and name != "__init__":
        held = expression(args[0], names) if args else None
        if held is None or not _RECEIVER.fullmatch(held):
            return None
        receiver = held
    inside = _arguments(args[subject.method :], kwargs, names)
    if inside is None:
        return None
    if name == "__init__":
        call = Call("", f"vars({owner}({inside}))")
    elif receiver:
        call = Call(receiver, f".{name}" if subject.attribute else f".{name}({inside})")
    else:
        call = Call("", f"{subject.path}({inside})")
    return call if len(call.text) <= MAX_TEXT and "\n" not in call.text else None


def _arguments(args: Sequence[object], kwargs: Mapping[str, object], names: Mapping[str, Any]) -> str | None:
    parts = [expression(arg, names) for arg in args]
    parts += [None if (text := expression(v, names)) is None else f"{name}={text}" for name, v in kwargs.items()]
    texts = [part for part in parts if part is not None]
    return ", ".join(texts) if len(texts) == len(parts) and all(map(str.isidentifier, kwargs)) else None
