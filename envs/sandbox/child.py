"""
What a forked child does: confine itself, then read its request, run it, leave frames, and end without clean-up.

Each page that a child touches is copied by the kernel, which costs more than all else it does; so whatever can be
looked up, compiled or built before the fork, is.
"""

from __future__ import annotations

import gc
import importlib
import marshal
import math
import mmap
import os
import pickle
import sys
from collections.abc import Callable
from resource import RLIMIT_AS, RLIMIT_CPU, setrlimit
from types import FunctionType
from typing import Any, NamedTuple, NoReturn, cast

from envs.sandbox.codec import describe
from envs.sandbox.frames import JOB_DONE, JOB_ERROR, LOAD_ERROR, TAGS, Frame, FrameWriter, OutputLimit, read_request
from envs.sandbox.outcome import expected_form, observe, stop_alarm
from envs.sandbox.program import ProgramError, nested_codes, swap

EXIT_OUTPUT = 91
MAX_HANGING = 2
_WARM_UPS = 20

Target = tuple[FunctionType, Callable[..., Any]]


class Order(NamedTuple):
    """
    The part of a request that the zygote may see: what to import and what to grant; never code or inputs. ``job`` is
    ``module:function``, or empty for a run of ``target`` (module, qualified name).
    """

    job: str
    target: tuple[str, str]
    modules: tuple[str, ...]
    optional_modules: tuple[str, ...]
    cpu_seconds: float
    wall_seconds: float
    memory_bytes: int
    output_bytes: int
    reading: bool


class Confinement(NamedTuple):
    """System calls prepared by the zygote, made by each child in this order; one that gives non-zero has failed."""

    closed: tuple[Callable[[], int], ...]
    reading: tuple[Callable[[], int], ...]


def confine(order: Order, confinement: Confinement, memory_bytes: int) -> None:
    """From here on the child can't reach anything but its own memory and the arena. Raises OSError."""
    cpu = math.ceil(order.cpu_seconds)
    setrlimit(RLIMIT_AS, (memory_bytes, memory_bytes))
    setrlimit(RLIMIT_CPU, (cpu, cpu + 1))
    for call in confinement.reading if order.reading else confinement.closed:
        if call():
            raise OSError("could not be confined")


def run_child(
    order: Order, confinement: Confinement, memory_bytes: int, arena: mmap.mmap, target: Target | None
) -> NoReturn:
    """The child's whole life."""
    status = 90
    try:
        confine(order, confinement, memory_bytes)
        writer = FrameWriter(arena, order.output_bytes)
        if target is not None:
            _run_checks(target, read_request(arena), writer)
        else:
            _run_job(order.job, read_request(arena), writer)
        status = 0
    except OutputLimit:
        status = EXIT_OUTPUT
    finally:
        os._exit(status)


def try_import(name: str, confinement: tuple[Callable[[], int], ...]) -> NoReturn:
    """The whole life of a child that finds out whether a module can be imported; its status is 0 where it can."""
    status = 1
    try:
        if not any(call() for call in confinement):
            importlib.import_module(name)
            status = 0
    finally:
        os._exit(status)


def _run_checks(target: Target, request: bytes, writer: FrameWriter) -> None:
    """Frames in the order of the checks; after two hanging ones the rest is left out."""
    code, seconds, checks = marshal.loads(request)
    function, call = target
    try:
        swap(function, code)
    except ProgramError as error:
        writer.write(Frame(LOAD_ERROR, b"", detail=str(error)))
        return
    codes, hanging = nested_codes(code), 0
    for args, traced in checks:
        seen = observe(call, args, codes if traced else None, seconds)
        payload = expected_form(seen.payload)
        writer.write(Frame(TAGS[seen.kind], payload, seen.lines, seen.raised_line, seen.detail))
        hanging += seen.kind == "timeout"
        if hanging == MAX_HANGING:
            return


def _run_job(job: str, payload: bytes, writer: FrameWriter) -> None:
    """A trusted function, imported by the zygote already, on untrusted input."""
    gc.enable()
    module, _, name = job.partition(":")
    try:
        data = getattr(sys.modules[module], name)(payload)
        writer.write(Frame(JOB_DONE, data))
    except OutputLimit:
        raise
    except Exception as error:  # noqa: BLE001  reported to the caller by type and message
        writer.write(Frame(JOB_ERROR, b"", detail=f"{type(error).__name__}: {describe(error)}"))


def _sample(text: str, number: int = 1) -> Any:
    if number > 1:
        raise ValueError(text)
    return [text, number, 1.5, None, True, {"a": (text, number)}]


def warm_up(arena: mmap.mmap) -> None:
    """Runs a sample often enough for the interpreter to specialise its code before the fork, not in each child."""
    sample = cast(FunctionType, _sample)
    inputs = [pickle.dumps((("text",), {"number": number})) for number in (1, 2)]
    checks = [(args, traced) for args in inputs for traced in (True, False)]
    request = marshal.dumps((_sample.__code__, 60.0, checks))
    for _ in range(_WARM_UPS):
        _run_checks((sample, sample), request, FrameWriter(arena, 1 << 20))
    stop_alarm()
