"""
The jobs of testing, inside the confined child: what a function shows on inputs, and which tests a mutant of it fails.

``outcomes``: header ``{module, qualname, source, seed, most, seconds}`` and pickled inputs; answers a list of fields of
``envs.tasks.testing.pool.Entry``. ``holding``: header ``{module, qualname, source, errors, seconds}`` and, for each
test, an expression's code, marshalled, which has to be true, or to raise the error that ``errors`` names; answers a
sign a test: ``p`` passes, ``f`` fails, ``t`` took too long. ``infecting``: header ``{module, qualname, source, sites,
pairs, seconds}`` (``envs.edits.alternatives``) and, for each input, an expression's code; answers what
``envs.sandbox.infection`` does, a row an input.
"""

from __future__ import annotations

import builtins
import marshal
import pickle
import random
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice
from types import CodeType, ModuleType
from typing import Any

from envs.sandbox.infection import Probe
from envs.sandbox.outcome import observe
from envs.tasks.mining.frames import pack, unpack
from envs.tasks.testing.calls import Call, Subject, calls_of, subject_of
from envs.tasks.testing.expressions import MAX_TEXT, literal, names_of, wrapped

_NO_INPUT = pickle.dumps(((), {}))
_MOST_ITEMS = 30
_MOST_HANGING = 2
_MOST_CHANGED = 3
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


def outcomes(payload: bytes) -> bytes:
    """The job; see the module's docstring."""
    request, inputs = unpack(payload)
    subject = subject_of(request)
    calls = list(dict.fromkeys(calls_of(subject, inputs, random.Random(request["seed"]), request["most"])))
    return pack([entry for call in calls if (entry := _entry(subject, call)) is not None])


def holding(payload: bytes) -> bytes:
    """The job; see the module's docstring."""
    request, codes = unpack(payload)
    subject = subject_of(request)
    names = names_of(subject.module)
    signs: list[str] = []
    for code, error in zip(codes, request["errors"], strict=True):
        hanging = signs.count("t") >= _MOST_HANGING
        signs.append("t" if hanging else _sign(subject, _Test(marshal.loads(code), error, names)))
    return "".join(signs).encode()


def infecting(payload: bytes) -> bytes:
    """The job; see the module's docstring."""
    request, codes = unpack(payload)
    subject = subject_of(request)
    names, rows = names_of(subject.module), list[bytes]()
    with warnings.catch_warnings():  # an alternative that compares a literal by "is" is evaluated, not warned about
        warnings.simplefilter("ignore", SyntaxWarning)
        probe = Probe([tuple(site) for site in request["sites"]], request["pairs"], subject.codes)
    for code in codes:
        subject.forget()
        rows.append(probe.row(partial(eval, marshal.loads(code), names, {}), _NO_INPUT, subject.seconds))
    return b"".join(rows)


class _Kept:
    """Evaluates once and keeps what came of it, since what is observed of it is only its encoding."""

    def __init__(self, code: CodeType, module: ModuleType) -> None:
        self.code, self.names = code, names_of(module)
        self.value: object = None
        self.error: BaseException | None = None

    def __call__(self) -> None:
        try:
            value = eval(self.code, self.names, {})
            drains = hasattr(type(value), "__next__") and not hasattr(value, "readline")
            self.value = _Items(list(islice(value, _MOST_ITEMS + 1))) if drains else value
        except BaseException as error:
            self.error = error
            raise


@dataclass(frozen=True, slots=True)
class _Items:
    """What an iterator gave."""

    items: list[object]


def _entry(subject: Subject, call: Call) -> dict[str, Any] | None:
    """The fields of an ``Entry``; None where the outcome is nothing to test for."""
    subject.forget()
    kept = _Kept(compile(call.text, "<call>", "eval"), subject.module)
    seen = observe(kept, _NO_INPUT, subject.codes, subject.seconds)
    if seen.kind not in ("returned", "raised") or not seen.lines:
        return None
    told = {"made": "", "act": "", "call": call.text, "raises": False, "lines": seen.lines}
    if kept.error is not None:
        name = _error_name(subject, kept.error)
        return None if name is None else told | {"raises": True, "outcome": name}
    if kept.value is None and call.receiver:
        changed = _effect(subject, call)
        if changed is not None:
            acts = {"made": call.receiver, "act": f"it{call.rest}"}
            return told | acts | {"call": changed[0], "outcome": changed[1]}
    try:
        found = _compared(call.text, kept.value, names_of(subject.module))
    except Exception:  # noqa: BLE001  # repr may raise anything
        return None
    return None if found is None else told | {"call": found[0], "outcome": found[1]}


def _compared(call: str, value: object, names: Mapping[str, Any]) -> tuple[str, str] | None:
    if not isinstance(value, _Items):
        return wrapped(call, value, names)
    return wrapped(f"list({call})", value.items, names) if len(value.items) <= _MOST_ITEMS else None


class _Changing:
    """Calls a method of an instance called ``it`` and keeps which of its attributes are others afterwards."""

    def __init__(self, call: Call, names: dict[str, Any]) -> None:
        self.call, self.names = call, names
        self.after: dict[str, str] = {}

    def __call__(self) -> None:
        it = eval(self.call.receiver, self.names, {})
        before = {name: literal(value) for name, value in vars(it).items()}
        eval(f"it{self.call.rest}", self.names, {"it": it})
        for name, value in sorted(vars(it).items()):
            text = literal(value)
            if text is not None and text != before.get(name):
                self.after[name] = text


def _effect(subject: Subject, call: Call) -> tuple[str, str] | None:
    """What a call changed in its instance, as what to compare with what; None where nothing that can be written."""
    changing = _Changing(call, names_of(subject.module))
    if observe(changing, _NO_INPUT, None, subject.seconds).kind != "returned" or not changing.after:
        return None
    names, texts = list(changing.after)[:_MOST_CHANGED], list(changing.after.values())[:_MOST_CHANGED]
    if len(", ".join(texts)) > MAX_TEXT:
        return None
    if len(names) == 1:
        return f"it.{names[0]}", texts[0]
    return f"({', '.join(f'it.{name}' for name in names)})", f"({', '.join(texts)})"


def _error_name(subject: Subject, error: BaseException) -> str | None:
    """The exception's name as the module's users know it; accidents count only where the function speaks of them."""
    kind = type(error)
    name = kind.__name__
    known = vars(subject.module).get(name, getattr(builtins, name, None))
    if known is not kind or name in _UNFIT or not isinstance(error, Exception):
        return None
    return None if name in _ACCIDENTS and name not in subject.source else name


class _Test:
    """A test as it would run: ``holds`` after the call."""

    def __init__(self, code: CodeType, error: str, names: dict[str, Any]) -> None:
        self.code, self.error, self.names = code, error, names
        self.holds = False

    def __call__(self) -> None:
        if not self.error:
            self.holds = bool(eval(self.code, self.names, {}))
            return
        kind = eval(self.error, self.names, {})
        try:
            eval(self.code, self.names, {})
        except kind:
            self.holds = True


def _sign(subject: Subject, test: _Test) -> str:
    subject.forget()
    seen = observe(test, _NO_INPUT, None, subject.seconds)
    return "t" if seen.kind == "timeout" else "p" if test.holds else "f"
