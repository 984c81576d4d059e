"""
The jobs of documentation inside the confined child: calls made readable, and examples run as ``doctest`` runs them.
"""

from __future__ import annotations

import ast
import contextlib
import inspect
import io
import pickle
import sys
import traceback
from collections.abc import Callable
from typing import Any

from envs.sandbox.outcome import CheckTimeout, disarm, soft_limit
from envs.sandbox.program import ProgramError, resolve_function
from envs.tasks.mining.frames import pack, unpack

_LONGEST_CALL = 70
_SECONDS = 0.15
# An object made anew (``Random()``) may bring chance along that the checked calls didn't have.
_REPEATS = 8


def observe(payload: bytes) -> bytes:
    """
    Request: header ``{module, qualname}`` and pickled ``(args, kwargs)``. Reply: ``{examples, types}``: pairs
    (call, outcome as ``doctest`` shows it, the same whenever it is run), and by parameter ("" is the result) the names
    of the types that were seen in calls that returned.
    """
    request, inputs = unpack(payload)
    module = sys.modules[request["module"]]
    try:
        _, call = resolve_function(module, request["qualname"])
    except ProgramError:
        return pack({"examples": [], "types": {}})
    types: dict[str, list[str]] = {}
    examples: list[tuple[str, str]] = []
    for data in inputs:
        with contextlib.suppress(Exception):  # what can't be rebuilt, bound or shown is no example
            args, kwargs = pickle.loads(data)
            _see(call, args, kwargs, types)
        with contextlib.suppress(Exception):
            args, kwargs = pickle.loads(data)  # anew: the call may have changed them
            text = _call_text(module, request["qualname"], args, kwargs)
            if text and text not in (known for known, _ in examples):
                shown = {_run(text, dict(vars(module)))[0] for _ in range(_REPEATS)}
                examples += [(text, each) for each in shown if len(shown) == 1]
    return pack({"examples": examples, "types": types})


def run(payload: bytes) -> bytes:
    """
    Request: ``{module, sources}``, the statements of one docstring's examples in their order. Reply: for each what it
    printed, or ``[text, message]`` where it raised, the message as ``doctest`` compares it.
    """
    request, _ = unpack(payload)
    names = dict(vars(sys.modules[request["module"]]))
    return pack([_run(source, names) for source in request["sources"]])


def _run(source: str, names: dict[str, Any]) -> tuple[str, str | None]:
    """What is shown, and the exception's last line or None."""
    output = io.StringIO()
    names["__builtins__"] = __builtins__
    before = sys.displayhook
    sys.displayhook = sys.__displayhook__
    try:
        soft_limit(_SECONDS)
        with contextlib.redirect_stdout(output):
            exec(compile(source.rstrip() + "\n", "<example>", "single", 0, True), names)
        return output.getvalue(), None
    except CheckTimeout:
        return "", "more than its time"
    except (Exception, SystemExit) as error:  # noqa: BLE001  whatever it raises is its outcome
        message = "".join(traceback.format_exception_only(type(error), error))
        return "Traceback (most recent call last):\n    ...\n" + message, message
    finally:
        disarm()
        sys.displayhook = before


def _call_text(module: Any, qualname: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """The call as one would write it; "" where it needs more than literals."""
    target = qualname
    owner: Any = module
    for part in qualname.split(".")[:-1]:
        owner = getattr(owner, part)
    if isinstance(owner, type):
        raw = inspect.getattr_static(owner, qualname.rpartition(".")[2])
        if not isinstance(raw, staticmethod | classmethod):
            if not callable(raw):
                return ""
            # Most state of ``self`` can't be written down: an object that needs no arguments stands for it.
            target, args = f"{owner.__qualname__}().{raw.__name__}", args[1:]
            owner()
    parts = [_literal(arg) for arg in args] + [f"{name}={_literal(value)}" for name, value in kwargs.items()]
    text = f"{target}({', '.join(parts)})"
    return text if len(text) <= _LONGEST_CALL else ""


def _literal(value: Any) -> str:
    """
    A text that gives the value back.

    Raises:
        ValueError: there is none.
    """
    text = ascii(value)
    back = ast.literal_eval(text)
    if "\\" in text or type(back) is not type(value) or back != value:
        raise ValueError("no literal")
    return text


def _see(call: Callable[..., Any], args: Any, kwargs: Any, types: dict[str, list[str]]) -> None:
    bound = inspect.signature(call).bind(*args, **kwargs)
    seen = {name: type(value).__name__ for name, value in bound.arguments.items()}
    try:
        soft_limit(_SECONDS)
        with contextlib.redirect_stdout(io.StringIO()):
            result = call(*args, **kwargs)
        disarm()
    except CheckTimeout:
        return
    finally:
        disarm()
    for name, kind in {**seen, "": type(result).__name__}.items():
        if kind not in types.setdefault(name, []):
            types[name].append(kind)
