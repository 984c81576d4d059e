"""
The jobs that measure a function's cost: ``measure`` counts the ticks of an instrumented program, ``spin`` repeats the
plain one so that the kernel's CPU seconds tell something.

The code under test shares this process, so what the jobs report is untrusted: ``envs.tasks.performance.meter`` refuses
code that reaches for the counters, compares what each run gave with the reference's, and holds ticks against CPU time.
"""

from __future__ import annotations

import io
import marshal
import pickle
import struct
import sys
from collections import deque
from collections.abc import Callable, Sequence
from hashlib import blake2b
from itertools import count
from time import process_time
from types import FrameType, FunctionType
from typing import Any, NamedTuple

from envs.sandbox.codec import drain, is_iterator
from envs.sandbox.outcome import CheckTimeout, disarm, observe, soft_limit
from envs.sandbox.program import compile_program, nested_codes, resolve_function, swap
from envs.tasks.performance.instrument import EACH, MEMBER, PREFIX, SIZE, TEXT
from envs.tasks.performance.jobs.growth import grown

# Of one call of a Python function that is not instrumented.
_CALLED = 12
_SPIN_SECONDS, _MOST_ROUNDS = 0.02, 4_000
_LINEAR = (str, bytes, bytearray, list, tuple, dict, set, frozenset, deque, *map(type, ({}.keys(), {}.values())))
_SIZED = frozenset((*_LINEAR, type({}.items()), range))
_TEXTS = frozenset((str, bytes, tuple))
_CHARACTERS, _MADE = frozenset((str, bytes, bytearray, range)), 12
_SCANNED = {list: 16, tuple: 16, deque: 20, type({}.values()): 20}
RESULT = struct.Struct("<q8s")


class Request(NamedTuple):
    """
    ``source``: a program text, for ``measure`` with counters of these ``weights``. ``inputs``: pickled ``(args,
    kwargs)`` and how much they are to grow. ``seconds``: the soft limit of each. ``whole``: the first run that fails
    ends it all, since only the sum counts. ``rounds``: of ``spin``; 0: as many as take some 20 ms.
    """

    module: str
    qualname: str
    source: str
    weights: Sequence[int]
    inputs: Sequence[tuple[bytes, int]]
    seconds: float
    whole: bool = False
    rounds: int = 0


def measure(payload: bytes) -> bytes:
    """
    ``marshal`` of a ``Request`` to ``RESULT`` for each input: ticks (-1 where the run did not come to an end or can't
    be encoded, -2 where it raised) and the first bytes of the digest of its outcome.
    """
    request, function, call = _prepared(payload)
    meter = _Meter(function, request.weights)
    results: list[bytes] = []
    for args, growth in request.inputs:
        if request.whole and results and RESULT.unpack(results[-1])[0] < 0:
            break
        try:
            data = grown(args, growth)
        except Exception:  # noqa: BLE001  classes may refuse to be changed in any way
            results.append(RESULT.pack(-1, b""))
            continue
        # The first run fills the caches of libraries, which other work of this zygote may or may not have filled.
        meter.begin()
        seen = observe(call, data, None, request.seconds)
        ticks = meter.run(call, data, request.seconds) if seen.kind in ("returned", "raised") else -1
        ticks = -2 if ticks >= 0 and seen.kind == "raised" else ticks
        results.append(RESULT.pack(ticks, blake2b(seen.payload, digest_size=8).digest()))
    return b"".join(results + [RESULT.pack(-1, b"")] * (len(request.inputs) - len(results)))


def spin(payload: bytes) -> bytes:
    """Runs the inputs over and over; gives the number of rounds."""
    request, _, call = _prepared(payload)
    return marshal.dumps(_spun(request, call))


def idle(payload: bytes) -> bytes:
    """What ``spin`` does but for the calls, so that its CPU seconds can be taken off; runs nothing of the program."""
    return marshal.dumps(_spun(Request(*marshal.loads(payload)), None))


def _spun(request: Request, call: Callable[..., Any] | None) -> int:
    inputs = [grown(args, growth) for args, growth in request.inputs]
    wanted, until, done = request.rounds or _MOST_ROUNDS, process_time() + _SPIN_SECONDS, 0
    before, sys.stdout = sys.stdout, io.StringIO()
    try:
        while done < wanted and (request.rounds or process_time() < until):
            for data in inputs:
                soft_limit(request.seconds)
                args, kwargs = pickle.loads(data)
                if call is not None:
                    _consumed(call, args, kwargs)
                disarm()
            done += 1
    finally:
        sys.stdout = before
    return done


def _consumed(call: Callable[..., Any], args: Any, kwargs: Any) -> None:
    try:
        result = call(*args, **kwargs)
        if is_iterator(result):
            drain(result)
    except CheckTimeout:
        raise
    except BaseException:  # noqa: BLE001  an outcome like any other; ``measure`` has compared it
        return


def _prepared(payload: bytes) -> tuple[Request, FunctionType, Callable[..., Any]]:
    request = Request(*marshal.loads(payload))
    function, call = resolve_function(request.module, request.qualname)
    swap(function, compile_program(request.source, request.qualname, function.__code__.co_flags))
    return request, function, call


class _Meter:
    """The counters that an instrumented function finds among its globals."""

    def __init__(self, function: FunctionType, weights: Sequence[int]) -> None:
        self._globals, self._weights = function.__globals__, weights
        self._own = {*nested_codes(function.__code__), _Meter.size.__code__, _Meter.text.__code__}
        self._own |= {_Meter.member.__code__, _Meter.each.__code__, drain.__code__, _consumed.__code__}
        self._globals |= {SIZE: self.size, EACH: self.each, TEXT: self.text, MEMBER: self.member}
        self.begin()

    def begin(self) -> None:
        """Everything at zero."""
        self._sixteenths = self._calls = 0
        self._counters = [count(1) for _ in self._weights]
        for index, counter in enumerate(self._counters):
            self._globals[f"{PREFIX}{index}"] = counter.__next__

    def run(self, call: Callable[..., Any], data: bytes, seconds: float) -> int:
        """The ticks of one call."""
        self.begin()
        before, sys.stdout = sys.stdout, io.StringIO()
        try:
            soft_limit(seconds)
            self._call(call, data)
        except CheckTimeout:
            return -1
        finally:
            disarm()
            sys.settrace(None)
            sys.stdout = before
        visits = [next(counter) - 1 for counter in self._counters]
        weighed = sum(times * weight for times, weight in zip(visits, self._weights, strict=True))
        return weighed + (self._sixteenths >> 4) + _CALLED * self._calls

    def _call(self, call: Callable[..., Any], data: bytes) -> None:
        args, kwargs = pickle.loads(data)
        random = sys.modules.get("random")
        if random is not None:
            random.seed(0)
        sys.settrace(self._enter)
        _consumed(call, args, kwargs)

    def _enter(self, frame: FrameType, event: str, arg: Any) -> None:
        if frame.f_code not in self._own:
            self._calls += 1

    def size(self, value: Any, sixteenths: int) -> Any:
        """``value``, whose items count ``sixteenths`` of a tick each."""
        if type(value) in _SIZED:
            self._sixteenths += len(value) * sixteenths
        return value

    def each(self, value: Any, sixteenths: int) -> Any:
        """``size`` of what is gone through item by item: those of texts are made on the way."""
        kind = type(value)
        if kind in _SIZED:
            self._sixteenths += len(value) * (sixteenths + (_MADE if kind in _CHARACTERS else 0))
        return value

    def text(self, value: Any) -> None:
        """What was added to: a text is copied."""
        if type(value) in _TEXTS:
            self._sixteenths += len(value)

    def member(self, item: Any, container: Any) -> Any:
        """``item in container``, where as much is counted as is looked at."""
        kind = type(container)
        if kind in (str, bytes):
            self._sixteenths += len(container)
        elif kind in _SCANNED:
            looked = 0
            for each in container:
                looked += 1
                if each is item or each == item:
                    break
            self._sixteenths += looked * _SCANNED[kind]
        return item in container
