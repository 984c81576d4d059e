"""What a forked child does: confine itself, then read its request, run it, leave frames, and end without clean-up."""

from __future__ import annotations

import gc
import marshal
import math
import mmap
import os
import resource
import sys
from collections.abc import Callable
from typing import NamedTuple, NoReturn

from envs.sandbox import landlock
from envs.sandbox.codec import describe
from envs.sandbox.frames import JOB_DONE, JOB_ERROR, LOAD_ERROR, TAGS, Frame, FrameWriter, OutputLimit, read_request
from envs.sandbox.namespaces import set_capabilities
from envs.sandbox.outcome import expected_form, observe
from envs.sandbox.program import ProgramError, compile_program, nested_codes, resolve_function, swap
from envs.sandbox.seccomp import Filter
from envs.sandbox.syscalls import syscall

EXIT_OUTPUT = 91
MAX_HANGING = 2


class Order(NamedTuple):
    """The part of a request that the zygote may see: what to import and what to grant; never code or inputs."""

    operation: str
    modules: tuple[str, ...]
    optional_modules: tuple[str, ...]
    cpu_seconds: float
    wall_seconds: float
    memory_bytes: int
    output_bytes: int
    reading: bool


class Confinement(NamedTuple):
    """Prepared once by the zygote, taken on by each child. None leaves a layer out (weaker tiers)."""

    closed_rules: int | None
    reading_rules: int | None
    closed_filter: Filter | None
    reading_filter: Filter | None
    keeps_reading: bool
    mapped_bytes: Callable[[], int]


def confine(order: Order, confinement: Confinement) -> None:
    """From here on the child can't reach anything but its own memory and the arena. Raises OSError."""
    memory = confinement.mapped_bytes() + order.memory_bytes
    cpu = math.ceil(order.cpu_seconds)
    rules = confinement.reading_rules if order.reading else confinement.closed_rules
    if rules is not None:
        landlock.restrict(rules)
    syscall("close_range", 3, 0x7FFFFFFF, 0)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
    if confinement.keeps_reading and not order.reading:
        set_capabilities(0)
    chosen = confinement.reading_filter if order.reading else confinement.closed_filter
    if chosen is not None:
        chosen.install()


def run_child(order: Order, confinement: Confinement, arena: mmap.mmap) -> NoReturn:
    """The child's whole life."""
    status = 90
    try:
        confine(order, confinement)
        writer = FrameWriter(arena, order.output_bytes)
        if order.operation == "run":
            _run_checks(read_request(arena), writer)
        else:
            _run_job(order.operation, read_request(arena), writer)
        status = 0
    except OutputLimit:
        status = EXIT_OUTPUT
    finally:
        os._exit(status)


def _run_checks(request: bytes, writer: FrameWriter) -> None:
    """Frames in the order of the checks; after two hanging ones the rest is left out."""
    source, module, qualname, seconds, checks = marshal.loads(request)
    try:
        function, call = resolve_function(module, qualname)
        code = compile_program(source, qualname, function.__code__.co_flags)
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
