"""Records the arguments that functions are called with, by the interpreter's call events, as pickles."""

from __future__ import annotations

import pickle
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from types import CodeType, FrameType, TracebackType
from typing import Any

_VARARGS, _VARKEYWORDS = 0x04, 0x08
_MOST_BYTES = 8_000

Key = tuple[str, int]


class CallRecorder(AbstractContextManager["CallRecorder"]):
    """
    While entered, pickles ``(args, kwargs)`` of the calls of wanted functions as they start.

    ``wanted`` maps (file name, first line as in ``co_firstlineno``) to whatever names the function. At most
    ``distinct`` different inputs and ``calls`` calls per function are looked at.
    """

    def __init__(self, wanted: Mapping[Key, str], *, distinct: int = 60, calls: int = 600) -> None:
        self.wanted, self.distinct, self.calls = wanted, distinct, calls
        self.inputs: dict[str, dict[bytes, None]] = {}
        self._seen: dict[CodeType, int] = {}
        self._files = {file for file, _ in wanted}
        self._busy = False

    def __enter__(self) -> CallRecorder:
        threading.settrace(self._event)
        sys.settrace(self._event)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        sys.settrace(None)
        threading.settrace(None)

    def _event(self, frame: FrameType, event: str, argument: Any) -> Callable[..., Any] | None:
        if event == "call" and not self._busy:
            code = frame.f_code
            if code.co_filename in self._files:
                self._look(frame, code)
        return None

    def _look(self, frame: FrameType, code: CodeType) -> None:
        name = self.wanted.get((code.co_filename, code.co_firstlineno))
        count = self._seen.get(code, 0)
        if name is None or count >= self.calls:
            return
        self._seen[code] = count + 1
        inputs = self.inputs.setdefault(name, {})
        if len(inputs) >= self.distinct:
            return
        self._busy = True
        try:
            data = pickle.dumps(arguments_of(frame), 4)
        except Exception:  # noqa: BLE001  # streams, locks, local classes: whatever refuses to be pickled
            return
        finally:
            self._busy = False
        if len(data) <= _MOST_BYTES:
            inputs[data] = None


def arguments_of(frame: FrameType) -> tuple[tuple[object, ...], dict[str, object]]:
    """The arguments of the call that ``frame`` just started, as (args, kwargs) that call it again."""
    code, local = frame.f_code, frame.f_locals
    positional = code.co_argcount
    names = code.co_varnames
    args = [local[name] for name in names[:positional]]
    kwargs = {name: local[name] for name in names[positional : positional + code.co_kwonlyargcount]}
    at = positional + code.co_kwonlyargcount
    if code.co_flags & _VARARGS:
        args += local[names[at]]
        at += 1
    if code.co_flags & _VARKEYWORDS:
        kwargs |= local[names[at]]
    return tuple(args), kwargs
