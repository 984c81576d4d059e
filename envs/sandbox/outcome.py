"""
What a function shows on one input: made in exactly this way when expected values are recorded and when programs are
judged by them. Runs inside the confined child.
"""

from __future__ import annotations

import io
import pickle
import signal
import sys
from collections.abc import Callable
from hashlib import blake2b
from signal import setitimer
from types import CodeType, FrameType
from typing import Any, Literal, NamedTuple

from envs.sandbox.codec import Unencodable, describe, drain, encode, is_iterator, strip_addresses
from envs.sandbox.program import nested_codes

MAX_EXPECTED = 256
MAX_STDOUT = 1 << 18
Kind = Literal["returned", "raised", "unencodable", "timeout"]


class Observed(NamedTuple):
    """
    ``payload``: canonical bytes of result or exception, arguments after the call, and output; empty where ``kind`` is
    ``unencodable`` or ``timeout``. ``lines``: the traced code's lines that ran, ascending. ``raised_line``: the
    deepest of its lines in the traceback. ``detail``: the exception, for people.
    """

    payload: bytes
    kind: Kind
    lines: tuple[int, ...] = ()
    raised_line: int | None = None
    detail: str = ""


class CheckTimeout(BaseException):
    """Raised inside the code under test by the soft limit."""


def expected_form(payload: bytes) -> bytes:
    """What is stored of a payload: itself, or ``#`` and its BLAKE2b-32 digest where it is longer than 256 bytes."""
    return payload if len(payload) <= MAX_EXPECTED else b"#" + blake2b(payload, digest_size=32).digest()


def matches(payload: bytes, expected: bytes) -> bool:
    """Whether a payload is the expected one."""
    return bool(payload) and expected_form(payload) == expected


def observe(
    call: Callable[..., Any],
    args_pickle: bytes,
    traced_code: CodeType | frozenset[CodeType] | None = None,
    seconds: float | None = None,
) -> Observed:
    """
    Calls ``call`` on a pickled ``(args, kwargs)`` with ``random`` seeded and output captured, and encodes what came of
    it. ``seconds`` is the soft limit, in CPU time and, thrice as long, by the clock: it stops what still runs
    Python code. Main thread only.
    """
    if traced_code is not None and not isinstance(traced_code, frozenset):
        traced_code = nested_codes(traced_code)
    if seconds is None:
        return _observe(call, args_pickle, traced_code)
    try:
        soft_limit(seconds)
        observed = _observe(call, args_pickle, traced_code)
        disarm()
    except CheckTimeout:
        observed = Observed(b"", "timeout", detail=f"more than {seconds} s")
    finally:
        disarm()
        sys.settrace(None)
    return observed


_armed: list[bool] = []
_installed: list[bool] = []
_PROF, _REAL = int(signal.ITIMER_PROF), int(signal.ITIMER_REAL)


def _on_alarm(number: int, frame: FrameType | None) -> None:
    if _armed:
        _armed.clear()
        raise CheckTimeout


def soft_limit(seconds: float) -> None:
    """
    ``CheckTimeout`` will be raised after ``seconds`` of CPU time or thrice as many by the clock, unless ``disarm`` is
    called before. The signal of a check that has ended already finds nothing armed, so that no timer has to be stopped.
    """
    if not _installed:
        install_alarm()
    setitimer(_PROF, seconds)
    setitimer(_REAL, 3 * seconds)
    _armed.append(True)


def disarm() -> None:
    """Ends the soft limit in force, if any."""
    _armed.clear()


def install_alarm() -> None:
    """Takes SIGPROF and SIGALRM for the soft limit. Main thread only; forks inherit it."""
    signal.signal(signal.SIGPROF, _on_alarm)
    signal.signal(signal.SIGALRM, _on_alarm)
    _installed.append(True)


def stop_alarm() -> None:
    """Stops timers that still run for checks that have ended."""
    setitimer(_PROF, 0)
    setitimer(_REAL, 0)


def _observe(call: Callable[..., Any], args_pickle: bytes, codes: frozenset[CodeType] | None) -> Observed:
    try:
        args, kwargs = pickle.loads(args_pickle)
    except Exception as error:  # noqa: BLE001  classes may refuse to be rebuilt in any way
        return Observed(b"", "unencodable", detail=_name(error))
    random = sys.modules.get("random")
    if random is not None:
        random.seed(0)
    lines: set[int] = set()
    output = io.StringIO()
    before, sys.stdout = sys.stdout, output
    raised: BaseException | None = None
    result: Any = None
    try:
        if codes:
            sys.settrace(_tracer(codes, lines))
        result = call(*args, **kwargs)
        if is_iterator(result):
            result = drain(result)
    except CheckTimeout:
        raise
    except BaseException as error:  # noqa: BLE001  SystemExit and KeyboardInterrupt are outcomes too
        raised = error
    finally:
        sys.settrace(None)
        sys.stdout = before
    return _encoded(result, raised, args, kwargs, output, codes, tuple(sorted(lines)))


def _encoded(
    result: Any,
    raised: BaseException | None,
    args: Any,
    kwargs: Any,
    output: io.StringIO,
    codes: frozenset[CodeType] | None,
    lines: tuple[int, ...],
) -> Observed:
    printed = output.getvalue()[:MAX_STDOUT] if not output.closed else "<closed>"
    raised_line = _raised_line(raised, codes) if raised is not None and codes else None
    detail = "" if raised is None else f"{_name(raised)}: {describe(raised)}"[:200]
    what = ("returned", result) if raised is None else ("raised", raised)
    try:
        payload = encode((*what, args, kwargs, strip_addresses(printed)))
    except CheckTimeout:
        raise
    except (Unencodable, Exception) as error:  # noqa: BLE001  encoding runs the values' own code
        return Observed(b"", "unencodable", lines, raised_line, f"{_name(error)}: {describe(error)}"[:200])
    return Observed(payload, "returned" if raised is None else "raised", lines, raised_line, detail)


def _name(error: BaseException) -> str:
    return type(error).__name__


def _tracer(codes: frozenset[CodeType], lines: set[int]) -> Callable[[FrameType, str, Any], Any]:
    """A trace function that follows lines inside ``codes`` only; other frames run untraced."""
    add = lines.add

    def local(frame: FrameType, event: str, arg: Any) -> Any:
        add(frame.f_lineno)
        return local

    def enter(frame: FrameType, event: str, arg: Any) -> Any:
        return local if frame.f_code in codes else None

    return enter


def _raised_line(raised: BaseException, codes: frozenset[CodeType]) -> int | None:
    line, trace = None, raised.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code in codes:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
