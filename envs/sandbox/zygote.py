"""
The zygote: one small single-threaded interpreter per worker, started by exec with a clean environment. It confines
itself, imports trusted modules by name, and forks one child per evaluation. It never sees a program or an input.

Started as ``python -S -s -P -c "…main()"`` with the control socket on fd 3 and the arena on fd 4 (see ``process.py``).
Standard library only, and little of it: what is mapped here is copied by each fork.
"""

from __future__ import annotations

import _socket
import gc
import importlib
import marshal
import mmap
import os
import resource
import select
import signal
import sys
from collections.abc import Callable, Iterator
from importlib.machinery import PathFinder
from typing import Any

from envs.sandbox import landlock
from envs.sandbox.child import Confinement, Order, Target, run_child, try_import, warm_up
from envs.sandbox.frames import ARENA_BYTES
from envs.sandbox.namespaces import (
    build_root,
    die_with_parent,
    drop_privileges,
    enter,
    owns_ids,
    prepared_capabilities,
)
from envs.sandbox.otherday import travel
from envs.sandbox.program import ProgramError, resolve_function
from envs.sandbox.seccomp import function_filter
from envs.sandbox.syscalls import fork, prepared

CONTROL_FD, ARENA_FD = 3, 4
MAX_MESSAGE = 1 << 17
_IMPORT_SECONDS = 10.0
_MEASURE_EVERY = 256  # evaluations; each look at its own size makes the zygote write to pages that it shares
_PRELOADED = (
    "_strptime",
    "encodings.ascii",
    "encodings.latin_1",
    "encodings.utf_16",
    "encodings.utf_32",
    "encodings.idna",
)
# Linked with libraries of the system, which a child that tries a strange module may not read; ``base64`` needs one.
_LINKED = ("binascii", "zlib", "pyexpat", "_bz2", "_lzma")


class Zygote:
    """Serves orders from the control socket until it is closed."""

    def __init__(
        self, tier: str, search_path: list[str], readable: list[str], strange: list[str], days: int = 0
    ) -> None:
        """
        ``strange``: directories whose modules are tried in a confined child before they are imported here. ``days``:
        how far the calendar is ahead.
        """
        self.tier, self.search_path, self.readable, self.strange = tier, search_path, readable, strange
        self.days = days
        self.control = _socket.socket(fileno=CONTROL_FD)
        self.arena = mmap.mmap(ARENA_FD, ARENA_BYTES)
        os.close(ARENA_FD)
        self._poll = select.poll()
        self._poll.register(CONTROL_FD, select.POLLIN)
        self.failed: dict[str, str] = {}
        self._evaluations = self._mapped = self._resident = 0
        self.targets: dict[tuple[str, str], Target] = {}

    def prepare(self) -> dict[str, Any]:
        """Enters the tier; returns what is to be reported. Raises OSError where the machine lacks something."""
        if self.tier == "A":
            enter()
        root = owns_ids()
        self._memory_file = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
        if self.tier == "A":
            build_root([sys.base_prefix, sys.prefix, *self.search_path])
        if self.tier != "D":
            drop_privileges(root=root, keep_reading=root)
        self._quiet()
        self.confinement = self._confinement(keeps_reading=root and self.tier != "D")
        # The last entry leads nowhere. It tells apart what looks at the import path, as hash seeds tell apart orders.
        marker = f"/hash-seed-{os.environ.get('PYTHONHASHSEED', '')}"
        sys.path[:] = [*sys.path, *(path for path in self.search_path if path not in sys.path), marker]
        warm_up(self.arena)
        travel(self.days)
        self._import((*_PRELOADED, *(_LINKED if self.strange else ())), optional=True)
        self._limit_self()
        return {"tier": self.tier, "uid": os.getuid(), "landlock_abi": landlock.abi()}

    def _quiet(self) -> None:
        null = os.open("/dev/null", os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(null, standard)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)

    def _limit_self(self) -> None:
        """What all children have in common; they inherit it."""
        for kind, value in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, 1 << 20), (resource.RLIMIT_NOFILE, 64)):
            resource.setrlimit(kind, (value, value))

    def _confinement(self, *, keeps_reading: bool) -> Confinement:
        return Confinement(
            tuple(self._layers(reading=False, keeps_reading=keeps_reading)),
            tuple(self._layers(reading=True, keeps_reading=keeps_reading)),
        )

    def _layers(self, *, reading: bool, keeps_reading: bool) -> Iterator[Callable[[], int]]:
        if self.tier in ("A", "B"):
            rules = landlock.ruleset(read=self.readable if reading else ())
            yield prepared("landlock_restrict_self", rules, 0)
        yield prepared("close_range", 3, 0x7FFFFFFF, 0)
        if keeps_reading and not reading:
            yield prepared_capabilities(0)
        if self.tier != "D":
            yield function_filter(reading=reading)

    def _sizes(self) -> tuple[int, int]:
        """The zygote's address space and resident memory in bytes, from the kernel."""
        mapped, resident = os.pread(self._memory_file, 64, 0).split()[:2]
        return int(mapped) * mmap.PAGESIZE, int(resident) * mmap.PAGESIZE

    def serve(self) -> None:
        """Until the worker closes its end."""
        while True:
            message = self.control.recv(MAX_MESSAGE)
            if not message:
                return
            order = Order(*marshal.loads(message))
            error = self._load(order)
            self.reply((0, "", 0.0, error, 0) if error else self._evaluate(order))

    def reply(self, what: Any) -> None:
        """One message to the worker."""
        self.control.send(marshal.dumps(what))

    def _load(self, order: Order) -> str:
        """Imports what is missing, and finds the function; an error text where either can't be done."""
        error = self._import(order.modules, optional=False)
        if error or order.job:
            return error or self._import(order.optional_modules, optional=True)
        self._import(order.optional_modules, optional=True)
        if order.target not in self.targets:
            try:
                self.targets[order.target] = resolve_function(*order.target)
            except ProgramError as refused:
                return str(refused)
        return ""

    def _import(self, modules: tuple[str, ...], *, optional: bool) -> str:
        missing = [name for name in modules if name not in sys.modules and not (optional and name in self.failed)]
        for name in missing:
            if name in self.failed and not optional:
                return self.failed[name]
            try:
                self._try_out(name)
                importlib.import_module(name)
            except BaseException as error:  # noqa: BLE001  a module may raise anything, SystemExit too, when imported
                self.failed[name] = f"can't import {name}: {type(error).__name__}: {error}"
                if not optional:
                    return self.failed[name]
        if missing:
            self._evaluations = 0
            sys.settrace(None)
            gc.collect()
            gc.freeze()
            gc.disable()
        return ""

    def _try_out(self, name: str) -> None:
        """
        Raises ImportError where a strange module can't be imported by a child that may read, and nothing else: one that
        hangs, forks or opens sockets when it is imported would take this process with it.
        """
        if not self.strange or PathFinder.find_spec(name.partition(".")[0], self.strange) is None:
            return
        child = fork()
        if child == 0:
            try_import(name, self.confinement.reading)
        cause = self._await(child, _IMPORT_SECONDS)
        _, status, _ = os.wait4(child, 0)
        if cause:
            raise ImportError(f"it takes longer than {_IMPORT_SECONDS:.0f} s")
        if status:
            raise ImportError("it fails where it may only read files")

    def _evaluate(self, order: Order) -> tuple[int, str, float, str, int]:
        if self._evaluations % _MEASURE_EVERY == 0:
            self._mapped, self._resident = self._sizes()
        self._evaluations += 1
        target = None if order.job else self.targets[order.target]
        child = fork()
        if child == 0:
            run_child(order, self.confinement, self._mapped + order.memory_bytes, self.arena, target)
        cause = self._await(child, order.wall_seconds)
        _, status, usage = os.wait4(child, 0)
        return status, cause, usage.ru_utime + usage.ru_stime, "", self._resident >> 20

    def _await(self, child: int, seconds: float) -> str:
        """Waits until the child is dead; kills it when its time is up or the worker has gone."""
        watch = os.pidfd_open(child)
        try:
            self._poll.register(watch, select.POLLIN)
            ready = self._poll.poll(seconds * 1000)
            self._poll.unregister(watch)
            if not ready or all(descriptor != watch for descriptor, _ in ready):
                os.kill(child, signal.SIGKILL)
                return "gone" if ready else "wall"
            return ""
        finally:
            os.close(watch)


def main() -> None:
    """Entry point; ``sys.argv``: tier, parent's pid, and the other arguments of ``Zygote`` as marshalled hex."""
    tier, parent, given = sys.argv[1], int(sys.argv[2]), marshal.loads(bytes.fromhex(sys.argv[3]))
    die_with_parent()
    if os.getppid() != parent:
        return
    zygote = Zygote(tier, *given)
    try:
        report: dict[str, Any] = zygote.prepare()
    except OSError as error:
        zygote.reply({"error": f"tier {tier}: {error}"})
        return
    zygote.reply(report)
    zygote.serve()
