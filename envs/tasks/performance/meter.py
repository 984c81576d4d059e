"""What a state of a performance task costs: asked of the sandbox, remembered by task and text."""

from __future__ import annotations

import ast
import marshal
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any
from weakref import WeakKeyDictionary

from core.errors import EditError, SandboxUnavailable
from core.records import Check, Program
from envs.sandbox.lane import Caller
from envs.sandbox.screen import reaching_names
from envs.tasks.performance.instrument import PREFIX, Instrumented, instrumented
from envs.tasks.performance.jobs.ticking import RESULT, Ascent, Request, Survey

MEASURE = "envs.tasks.performance.jobs.ticking:measure"
CLIMB = "envs.tasks.performance.jobs.ticking:climb"
SURVEY = "envs.tasks.performance.jobs.ticking:survey"
SPIN = "envs.tasks.performance.jobs.spinning:spin"
IDLE = "envs.tasks.performance.jobs.spinning:idle"
# What an optimisation may want, none of which can look into this process.
_HARMLESS = frozenset(("collections", "bisect", "heapq", "itertools", "functools", "math", "operator"))
_LEADING = frozenset(("modules", "__self__", "__dict__", "__class__", "__module__", "__loader__", "__spec__"))
_SECONDS, _LOOKING_SECONDS = 0.15, 0.06
_CAPACITY = 4096


@dataclass(frozen=True, slots=True)
class Sized:
    """An input to measure on: a check's arguments, grown (``jobs.growth``)."""

    args: bytes
    growth: int


@dataclass(frozen=True, slots=True)
class Cost:
    """
    ``ticks``: negative where the run did not come to an end (-1) or raised (-2). ``outcome``: the first bytes of the
    digest of what the function gave.
    """

    ticks: int
    outcome: bytes


@dataclass(frozen=True, slots=True)
class Group:
    """
    Inputs that serve one purpose, the most promising first, and the growths that each is tried with: the second ladder
    only where the first one doesn't make it dearer.
    """

    inputs: tuple[bytes, ...]
    ladders: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Rung:
    """What an input costs at one size. ``number``: its place in the group."""

    number: int
    growth: int
    cost: Cost


@dataclass(frozen=True, slots=True)
class Variant:
    """
    A text in place of the function's. ``least``, ``most``: how many times the function's ticks it may take on the first
    inputs; another one is of no interest.
    """

    text: str
    least: float = 0.0
    most: float = inf


def costs(executor: object, program: Program, inputs: Sequence[Sized]) -> tuple[Cost, ...]:
    """
    The cost of ``program`` on each input, in their order, up to the first that fails; empty where it does not run there
    at all. Untrusted: the program shares the process with what counts.

    Raises:
        SandboxError: the sandbox failed, or ``executor`` is none that measures.
    """
    made = _counting(program.source)
    if made is None:
        return ()
    request = _request(program, made.text, inputs, weights=made.weights)
    data = _confined(executor).call(MEASURE, request, modules=(program.module,)).data
    if data is None or len(data) != RESULT.size * len(inputs):
        return ()
    return tuple(Cost(ticks, outcome) for ticks, outcome in RESULT.iter_unpack(data))


def climbed(executor: object, program: Program, groups: Sequence[Group], *, most: int, enough: int) -> list[list[Rung]]:
    """
    What the inputs of each group cost ``program`` as they are and grown, step by step up to ``most`` ticks; inputs on
    which it fails are left out, and those behind the first ``enough`` of a group that are dear.

    Raises:
        SandboxError: the sandbox failed, or ``executor`` is none that measures.
    """
    made = _counting(program.source)
    if made is None:
        return [[] for _ in groups]
    asked = [(each.inputs, each.ladders) for each in groups]
    fields: tuple[Any, ...] = Ascent(
        program.module, program.qualname, made.text, made.weights, asked, _LOOKING_SECONDS, most, enough
    )
    data = _confined(executor).call(CLIMB, marshal.dumps(tuple(fields)), modules=(program.module,)).data
    found = marshal.loads(data) if data is not None else [[] for _ in groups]
    return [[Rung(number, growth, Cost(*cost)) for number, growth, *cost in rows] for rows in found]


def surveyed(
    executor: object, program: Program, variants: Sequence[Variant], inputs: Sequence[Sized], known: Sequence[Cost]
) -> list[float]:
    """
    The ticks of each variant in place of ``program`` on all of ``inputs`` (the costliest first), all in one process:
    infinite where one fails, gives another outcome than the ``known`` one, or is of no interest.

    Raises:
        SandboxError: the sandbox failed, or ``executor`` is none that measures.
    """
    made = [_counting(each.text) for each in variants]
    asked = [(m.text, m.weights, v.least, v.most) for v, m in zip(variants, made, strict=True) if m is not None]
    if not asked:
        return [inf] * len(variants)
    pairs = [(each.args, each.growth) for each in inputs]
    fields: tuple[Any, ...] = Survey(
        program.module, program.qualname, asked, pairs, [(c.ticks, c.outcome) for c in known], _LOOKING_SECONDS
    )
    data = _confined(executor).call(SURVEY, marshal.dumps(tuple(fields)), modules=(program.module,)).data
    found = iter(marshal.loads(data) if data is not None else [-1] * len(asked))
    ticks = [-1 if m is None else next(found) for m in made]
    return [float(each) if each >= 0 else inf for each in ticks]


def _counting(source: str) -> Instrumented | None:
    try:
        return instrumented(source)
    except (SyntaxError, ValueError, EditError, RecursionError):
        return None


def cpu_seconds(executor: object, program: Program, inputs: Sequence[Sized], rounds: int = 0) -> tuple[float, int]:
    """
    CPU seconds, from the kernel, of a child that runs ``program`` on ``inputs`` ``rounds`` times (0: some 20 ms
    long), and the rounds; infinite where it did not end well. What a child takes that only reads the inputs is in it
    (``idle_seconds``).
    """
    request = _request(program, program.source, inputs, rounds=rounds)
    reply = _confined(executor).call(SPIN, request, modules=(program.module,))
    if reply.data is None:
        return inf, rounds
    return reply.cpu_s, rounds or int(marshal.loads(reply.data))


def idle_seconds(executor: object, program: Program, inputs: Sequence[Sized], rounds: int) -> float:
    """CPU seconds of a child that reads ``inputs`` ``rounds`` times and runs nothing."""
    request = _request(program, program.source, inputs, rounds=rounds)
    return _confined(executor).call(IDLE, request, modules=(program.module,)).cpu_s


def tampers(before: str, after: str) -> bool:
    """
    Whether ``after`` reaches for the counters, by introspection for anything where ``before`` doesn't, or for a module
    that ``before`` doesn't import and that isn't harmless. Text that doesn't parse can't.
    """
    if PREFIX.rstrip("_") in after or reaching_names(before, after):
        return True
    # Imports apart: a local of ``before`` may have the name of a module.
    return bool(_doors(after) - _doors(before) - _HARMLESS)


def _doors(text: str) -> set[str]:
    """Modules that a text imports, and attributes that lead to them or to what a callable is bound to."""
    try:
        nodes = ast.walk(ast.parse(text))
    except (SyntaxError, ValueError, RecursionError):
        return set()
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." * node.level + (node.module or ""))
        elif isinstance(node, ast.Attribute) and node.attr in _LEADING:
            found.add(f".{node.attr}")
    return found


def sized(checks: Mapping[str, Check], text: str) -> tuple[tuple[Sized, bytes], ...]:
    """
    The inputs that a goal's text names, each with the outcome that the reference gives: ``id:growth:outcome`` in hex,
    parted by spaces.
    """
    found = []
    for part in text.split():
        identity, growth, outcome = part.split(":")
        found.append((Sized(checks[identity].args, int(growth)), bytes.fromhex(outcome)))
    return tuple(found)


def _confined(executor: object) -> Caller:
    if not isinstance(executor, Caller):
        raise SandboxUnavailable("performance tasks need an executor that runs jobs", where="sandbox")
    return executor


def _request(
    program: Program,
    source: str,
    inputs: Sequence[Sized],
    *,
    weights: Sequence[int] = (),
    rounds: int = 0,
) -> bytes:
    pairs = [(each.args, each.growth) for each in inputs]
    fields: tuple[Any, ...] = Request(program.module, program.qualname, source, list(weights), pairs, _SECONDS, rounds)
    return marshal.dumps(tuple(fields))


class Ledger:
    """Numbers by (task id, text); the oldest go first."""

    def __init__(self, capacity: int = _CAPACITY) -> None:
        self._capacity = capacity
        self._known: OrderedDict[tuple[str, str], Mapping[str, float]] = OrderedDict()

    def get(self, task: str, text: str) -> Mapping[str, float] | None:
        """What was put, if it is still there."""
        return self._known.get((task, text))

    def put(self, task: str, text: str, values: Mapping[str, float]) -> None:
        """Keeps ``values``."""
        self._known[(task, text)] = values
        if len(self._known) > self._capacity:
            self._known.popitem(last=False)


_ledgers: WeakKeyDictionary[object, Ledger] = WeakKeyDictionary()


def ledger(executor: object) -> Ledger:
    """That of an executor, as long as there is one: what another one's processes show is to be seen, not remembered."""
    return _ledgers.setdefault(executor, Ledger())
