"""
The jobs that count the ticks of instrumented programs: ``measure`` those of one, ``climb`` those of one on longer and
longer inputs, ``survey`` those of many.

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
from types import FrameType, FunctionType
from typing import Any, NamedTuple

from envs.sandbox.codec import drain, is_iterator
from envs.sandbox.outcome import CheckTimeout, disarm, observe, soft_limit
from envs.sandbox.program import ProgramError, compile_program, nested_codes, resolve_function, swap
from envs.tasks.performance.instrument import EACH, MEMBER, PREFIX, SIZE, TEXT
from envs.tasks.performance.jobs.growth import grown

# Of one call of a Python function that is not instrumented.
_CALLED = 12
# Inputs after which a survey asks whether a program is of interest.
PROBED = 2
# Inputs that don't grow after which a group is given up.
_FLAT = 6
_LINEAR = (str, bytes, bytearray, list, tuple, dict, set, frozenset, deque, *map(type, ({}.keys(), {}.values())))
_SIZED = frozenset((*_LINEAR, type({}.items()), range))
_TEXTS = frozenset((str, bytes, tuple))
_CHARACTERS, _MADE = frozenset((str, bytes, bytearray, range)), 12
_SCANNED = {list: 16, tuple: 16, deque: 20, type({}.values()): 20}
RESULT = struct.Struct("<q8s")


class Request(NamedTuple):
    """
    ``source``: a program text, for ``measure`` with counters of these ``weights``. ``inputs``: pickled ``(args,
    kwargs)`` and how much they are to grow. ``seconds``: the soft limit of each; the first run that fails ends it all,
    since only the sum counts. ``rounds``: of ``jobs.spinning``; 0: as many as take some 20 ms.
    """

    module: str
    qualname: str
    source: str
    weights: Sequence[int]
    inputs: Sequence[tuple[bytes, int]]
    seconds: float
    rounds: int = 0


class Ascent(NamedTuple):
    """
    ``groups``: inputs that serve one purpose, pickled, each with the ladders of growths that they are tried with: the
    second ladder only for an input that the first one doesn't make dearer. A ladder ends where a run fails or takes no
    more ticks than before or more than ``most``; a group once ``enough`` inputs took a fourth of that, or the first few
    took no more when grown.
    """

    module: str
    qualname: str
    source: str
    weights: Sequence[int]
    groups: Sequence[tuple[Sequence[bytes], Sequence[Sequence[int]]]]
    seconds: float
    most: int
    enough: int


class Survey(NamedTuple):
    """
    ``programs``: instrumented texts with their weights, each with the least and the most times the known ticks that it
    may take on the first ``PROBED`` inputs to be of interest. ``inputs``: as in ``Request``, the costliest first.
    ``known``: ticks and outcome of each that are known.
    """

    module: str
    qualname: str
    programs: Sequence[tuple[str, Sequence[int], float, float]]
    inputs: Sequence[tuple[bytes, int]]
    known: Sequence[tuple[int, bytes]]
    seconds: float


def measure(payload: bytes) -> bytes:
    """
    ``marshal`` of a ``Request`` to ``RESULT`` for each input: ticks (-1 where the run did not come to an end or can't
    be encoded, -2 where it raised) and the first bytes of the digest of its outcome.
    """
    request = Request(*marshal.loads(payload))
    run = _Runs(request.module, request.qualname, request.source, request.weights, request.seconds)
    results: list[bytes] = []
    for args, growth in request.inputs:
        if results and RESULT.unpack(results[-1])[0] < 0:
            break
        results.append(RESULT.pack(*run(args, growth)))
    return b"".join(results + [RESULT.pack(-1, b"")] * (len(request.inputs) - len(results)))


def climb(payload: bytes) -> bytes:
    """``marshal`` of an ``Ascent`` to that of a list for each group: (input's number, growth, ticks, outcome)."""
    request = Ascent(*marshal.loads(payload))
    run = _Runs(request.module, request.qualname, request.source, request.weights, request.seconds)
    found = []
    for inputs, ladders in request.groups:
        rows: list[tuple[int, int, int, bytes]] = []
        dear, grew = 0, False
        for number, args in enumerate(inputs):
            reached = _climbed(run, args, ladders, request.most)
            rows += [(number, *row) for row in reached]
            dear += bool(reached) and reached[-1][1] * 4 >= request.most
            grew = grew or len(reached) > 1
            if dear == request.enough or (number >= _FLAT and not grew):
                break
        found.append(rows)
    return marshal.dumps(found)


def survey(payload: bytes) -> bytes:
    """
    ``marshal`` of a ``Survey`` to that of the ticks on all inputs, one number a program; -1 where it is of no interest,
    does not load, fails, or gives something else than what is known.
    """
    request = Survey(*marshal.loads(payload))
    return marshal.dumps([_surveyed(request, *program) for program in request.programs])


def _climbed(run: _Runs, args: bytes, ladders: Sequence[Sequence[int]], most: int) -> list[tuple[int, int, bytes]]:
    """(growth, ticks, outcome) of what serves, the costliest last."""
    first = run(args, 1)
    if not 0 <= first[0] <= most:
        return []
    for ladder in ladders:
        rows = [(1, *first)]
        for growth in ladder:
            ticks, outcome = run(args, growth)
            if not rows[-1][1] < ticks <= most:
                break
            rows.append((growth, ticks, outcome))
        if len(rows) > 1:
            return rows
    return [(1, *first)]


def _surveyed(request: Survey, source: str, weights: Sequence[int], least: float, most: float) -> int:
    try:
        run = _Runs(request.module, request.qualname, source, weights, request.seconds)
    except ProgramError:
        return -1
    total = known = 0
    for number, ((args, growth), (ticks, outcome)) in enumerate(zip(request.inputs, request.known, strict=True)):
        if number == PROBED and not least * known <= total <= most * known:
            return -1
        taken, given = run(args, growth)
        if taken < 0 or given != outcome:
            return -1
        total, known = total + taken, known + ticks
    return total if least * known <= total <= most * known else -1


class _Runs:
    """
    Runs an instrumented program in place of a function.

    Raises:
        ProgramError: it doesn't load.
    """

    def __init__(self, module: str, qualname: str, source: str, weights: Sequence[int], seconds: float) -> None:
        function, self._call = prepared(module, qualname, source)
        self._meter, self._seconds = _Meter(function, weights), seconds

    def __call__(self, args: bytes, growth: int) -> tuple[int, bytes]:
        """Ticks and outcome as ``RESULT`` has them."""
        try:
            data = grown(args, growth)
        except Exception:  # noqa: BLE001  classes may refuse to be changed in any way
            return -1, b""
        # The first run fills the caches of libraries, which other work of this zygote may or may not have filled.
        self._meter.begin()
        seen = observe(self._call, data, None, self._seconds)
        if seen.kind not in ("returned", "raised"):
            return -1, b""
        ticks = self._meter.run(self._call, data, self._seconds)
        outcome = blake2b(seen.payload, digest_size=8).digest()
        return (-2 if ticks >= 0 and seen.kind == "raised" else ticks), outcome


def consumed(call: Callable[..., Any], args: Any, kwargs: Any) -> None:
    """A call whose outcome is of no interest; what it gives lazily is gone through. Raises CheckTimeout."""
    try:
        result = call(*args, **kwargs)
        if is_iterator(result):
            drain(result)
    except CheckTimeout:
        raise
    except BaseException:  # noqa: BLE001  an outcome like any other; ``measure`` has compared it
        return


def prepared(module: str, qualname: str, source: str) -> tuple[FunctionType, Callable[..., Any]]:
    """The function whose code is now that of ``source``, a program text, and what calls it. Raises ProgramError."""
    function, call = resolve_function(module, qualname)
    swap(function, compile_program(source, qualname, function.__code__.co_flags))
    return function, call


class _Meter:
    """The counters that an instrumented function finds among its globals."""

    def __init__(self, function: FunctionType, weights: Sequence[int]) -> None:
        self._globals, self._weights = function.__globals__, weights
        self._own = {*nested_codes(function.__code__), _Meter.size.__code__, _Meter.text.__code__}
        self._own |= {_Meter.member.__code__, _Meter.each.__code__, drain.__code__, consumed.__code__}
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
        consumed(call, args, kwargs)

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
