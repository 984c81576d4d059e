"""
The job that evaluates alternative expressions beside the program's own, in one run per check; it runs inside the
sandbox. See ``envs.edits.alternatives``. Expected values play no part in it.
"""

from __future__ import annotations

import io
import marshal
import pickle
import sys
import warnings
from collections import defaultdict
from collections.abc import Callable, Sequence
from time import process_time
from types import CodeType, FrameType
from typing import Any, NamedTuple

from envs.sandbox.codec import drain, is_iterator
from envs.sandbox.outcome import CheckTimeout, disarm, soft_limit
from envs.sandbox.program import compile_program, nested_codes, resolve_function, swap

# ``CURES``: has a value where the program's own expression raises.
UNREACHED, SAME, OTHER, CURES, RAISES, UNKNOWN = range(6)
# Visits of a site beyond these rarely tell more, and in a long loop cost more than the run.
_VISITS = frozenset({1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64, 128, 256, 512})
_EVALUATIONS = 40_000  # in all
_EVENTS = 3_000  # lines traced in one check
_SECONDS = 0.06  # of CPU; checks after that are left unknown

Pair = tuple[int, str, int]
SiteFields = tuple[tuple[int, ...], bool, bool, str]


class Request(NamedTuple):
    """``sites`` and ``pairs`` as in ``envs.edits.alternatives``; ``inputs``: pickled ``(args, kwargs)``."""

    module: str
    qualname: str
    source: str
    flags: int
    seconds: float
    inputs: Sequence[bytes]
    sites: Sequence[SiteFields]
    pairs: Sequence[Pair]


def infected(payload: bytes) -> bytes:
    """``marshal`` of a ``Request`` to one byte per input and pair, row by row: what became of the pair there."""
    request = Request(*marshal.loads(payload))
    function, call = resolve_function(request.module, request.qualname)
    code = compile_program(request.source, request.qualname, request.flags)
    swap(function, code)
    with warnings.catch_warnings():  # an alternative that compares a literal by "is" is evaluated, not warned about
        warnings.simplefilter("ignore", SyntaxWarning)
        probe = Probe(request.sites, request.pairs, nested_codes(code))
    until = process_time() + _SECONDS
    return b"".join(
        probe.row(call, each, request.seconds) if process_time() < until and not probe.spent else probe.nothing
        for each in request.inputs
    )


class _Compiled:
    """A site with its alternatives, compiled; those that can't be are left out."""

    def __init__(self, site: SiteFields) -> None:
        self.lines, self.truth, self.nested, text = site
        self.original = _compiled(text)
        self.pairs: list[tuple[int, CodeType]] = []
        self.visits = 0
        self.open: list[tuple[int, CodeType]] = []


def _compiled(text: str) -> CodeType | None:
    try:
        return compile(text, "<alternative>", "eval", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return None


class Probe:
    """Watches runs of ``codes`` and evaluates alternatives at the sites that they pass; all rows share one budget."""

    def __init__(self, sites: Sequence[SiteFields], pairs: Sequence[Pair], codes: frozenset[CodeType]) -> None:
        self._codes, self._left = codes, _EVALUATIONS
        self._sites = [_Compiled(site) for site in sites]
        self.nothing = bytes([UNKNOWN]) * len(pairs)
        self._blank = bytearray(len(pairs))
        for index, (at, text, _) in enumerate(pairs):
            code = _compiled(text) if self._sites[at].original is not None else None
            if code is None:
                self._blank[index] = UNKNOWN
            else:
                self._sites[at].pairs.append((index, code))
        self._by_line: dict[int, list[_Compiled]] = defaultdict(list)
        for site in self._sites:
            for line in site.lines if site.pairs else ():
                self._by_line[line].append(site)

    @property
    def spent(self) -> bool:
        """Whether all evaluations are used up."""
        return self._left <= 0

    def row(self, call: Callable[..., Any], args_pickle: bytes, seconds: float) -> bytes:
        """One check's bytes; what a limit kept from being reached is not known."""
        self._row, self._events, self._cut = bytearray(self._blank), 0, False
        for site in self._sites:
            site.visits, site.open = 0, list(site.pairs)
        before, sys.stdout = sys.stdout, io.StringIO()
        try:
            soft_limit(seconds)
            self._run(call, args_pickle)
        except CheckTimeout:
            self._cut = True  # what was seen until then counts
        finally:
            disarm()
            sys.settrace(None)
            sys.stdout = before
        row = bytes(self._row)
        return row.replace(bytes([UNREACHED]), bytes([UNKNOWN])) if self._cut or self.spent else row

    def _run(self, call: Callable[..., Any], args_pickle: bytes) -> None:
        try:
            args, kwargs = pickle.loads(args_pickle)
            random = sys.modules.get("random")
            if random is not None:
                random.seed(0)
            sys.settrace(self._enter)
            result = call(*args, **kwargs)
            if is_iterator(result):
                drain(result)
        except CheckTimeout:
            raise
        except BaseException:  # noqa: BLE001  an outcome of the program like any other
            return

    def _enter(self, frame: FrameType, event: str, arg: Any) -> Any:
        return self._local if frame.f_code in self._codes else None

    def _local(self, frame: FrameType, event: str, arg: Any) -> Any:
        if event == "line":
            self._events += 1
            if self._events > _EVENTS:
                self._cut = True
                sys.settrace(None)  # a long loop: tracing it on would cost more than it shows
            for site in self._by_line.get(frame.f_lineno, ()):
                if site.open and self._left > 0:
                    site.visits += 1
                    if site.visits in _VISITS:
                        self._visit(site, frame)
        return self._local

    def _visit(self, site: _Compiled, frame: FrameType) -> None:
        outer, inner = frame.f_globals, frame.f_locals
        if site.nested:
            outer = {**outer, **inner}
        own, raised = _value(site.original, outer, inner, site.truth)
        if raised is not None and issubclass(raised, NameError):
            return  # not the frame that the expression belongs to
        row, still = self._row, []
        self._left -= len(site.open)
        for pair in site.open:
            other, failed = _value(pair[1], outer, inner, site.truth)
            if failed is not None:
                shown = SAME if failed is raised else RAISES
            elif raised is not None:
                shown = CURES
            else:
                shown = SAME if _equal(own, other) else OTHER
            row[pair[0]] = max(row[pair[0]], shown)
            if shown == SAME:
                still.append(pair)
        site.open = still


def _value(code: Any, outer: dict[str, Any], inner: Any, truth: bool) -> tuple[Any, type[Exception] | None]:
    try:
        value = eval(code, outer, inner)
        return (bool(value) if truth else value), None
    except Exception as error:  # noqa: BLE001  the program's own values raise what they like
        return None, type(error)


def _equal(one: Any, other: Any) -> bool:
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    try:
        return bool(one == other)
    except Exception:  # noqa: BLE001  as above
        return False
