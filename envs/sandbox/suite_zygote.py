"""
An interpreter that has imported pytest and forks one jail per suite run, so that a run does not pay for the imports.

It never sees an order's content: the fork that does is confined first, just as a fresh interpreter would be (``jail``).
Started as ``python -P -s -c "…main()"`` with the control socket on fd 3 (see ``warm_suite.py``).
"""

from __future__ import annotations

import array
import contextlib
import fcntl
import functools
import gc
import importlib
import importlib.util
import json
import marshal
import os
import pkgutil
import select
import signal
import socket
import sys
import traceback
from importlib.metadata import entry_points
from types import FrameType
from typing import Any, NoReturn

import _pytest
import pytest

from envs.sandbox import jail, suite_harness
from envs.sandbox.namespaces import die_with_parent
from envs.sandbox.syscalls import fork

CONTROL_FD = 3
MAX_MESSAGE = 1 << 18
STOP = b"stop"
_MAX_FDS = 8
_OWN = ("core", "envs")


def main() -> None:
    """Entry point; ``sys.argv[1]``: the parent's pid."""
    die_with_parent()
    if os.getppid() != int(sys.argv[1]):
        return
    control = socket.socket(fileno=CONTROL_FD)
    _preload()
    single = len(os.listdir("/proc/self/task")) == 1
    control.send(marshal.dumps((single, sorted({name.partition(".")[0] for name in sys.modules} - set(_OWN)))))
    while single and _serve(control):
        pass


def _preload() -> None:
    """What every run of pytest imports: its own modules and the installed plug-ins."""
    modules = [f"_pytest.{found.name}" for found in pkgutil.iter_modules(_pytest.__path__)]
    plugins = [point.module for point in entry_points(group="pytest11")]
    for name in (*modules, *plugins, "hypothesis", "unittest", "doctest"):
        with contextlib.suppress(ImportError):  # optional parts; a run that needs one says so itself
            importlib.import_module(name)
    gc.collect()
    gc.freeze()


def _serve(control: socket.socket) -> bool:
    """One run, from its order to its end; False when nobody asks any more."""
    message, ancillary, _, _ = control.recvmsg(MAX_MESSAGE, socket.CMSG_SPACE(_MAX_FDS * 4))
    if not message:
        return False
    descriptors = _received(ancillary)
    fields, test_seconds = marshal.loads(message)
    order = jail.Order(*fields)
    child = fork()
    if child == 0:
        _take_fds(order, descriptors)
        jail.run(order, functools.partial(_test, test_seconds))
    for descriptor in descriptors:
        os.close(descriptor)
    alive = _await(control, child, order)
    _, status, usage = os.wait4(child, 0)
    if alive:
        control.send(marshal.dumps((status, usage.ru_utime + usage.ru_stime)))
    return alive


def _received(ancillary: list[tuple[int, int, bytes]]) -> list[int]:
    descriptors = array.array("i")
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            descriptors.frombytes(data[: len(data) - len(data) % descriptors.itemsize])
    return list(descriptors)


def _await(control: socket.socket, child: int, order: jail.Order) -> bool:
    """Until the child is dead; ends it when told to, or when the other side is gone (then False)."""
    watch = os.pidfd_open(child)
    try:
        poll = select.poll()
        poll.register(watch, select.POLLIN)
        poll.register(control, select.POLLIN)
        alive = True
        while True:
            ready = {descriptor for descriptor, _ in poll.poll()}
            if watch in ready:
                return alive
            alive = control.recv(MAX_MESSAGE) == STOP
            os.kill(child, signal.SIGKILL if order.tier == "A" else signal.SIGTERM)
            if not alive:
                poll.unregister(control)
    finally:
        os.close(watch)


def _take_fds(order: jail.Order, descriptors: list[int]) -> None:
    """Standard output and error come first, then ``kept_fds``, each to the number that it had where it comes from."""
    high = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, 300) for descriptor in descriptors]
    for descriptor, number in zip(high, (1, 2, *order.kept_fds), strict=True):
        os.dup2(descriptor, number)
    null = os.open("/dev/null", os.O_RDONLY)
    os.dup2(null, 0)
    os.closerange(300, 300 + 2 * len(high) + 1)


def _test(test_seconds: float, order: jail.Order) -> NoReturn:
    """The confined fork: becomes what a fresh interpreter would be with this order, and runs pytest."""
    status = 1
    try:
        status = int(_run_pytest(order, test_seconds))
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else 1
    except BaseException:  # noqa: BLE001  the code under test may raise anything; it is shown where a shell would show it
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status & 0xFF)


def _run_pytest(order: jail.Order, test_seconds: float) -> int | pytest.ExitCode:
    with os.fdopen(int(order.argv[-1]), "rb") as source:
        config = json.loads(source.read())
    environment = dict(order.env)
    os.environ.clear()
    os.environ.update(environment)
    sys.path[:] = [*environment.get("PYTHONPATH", "").split(os.pathsep), *(p for p in sys.path if p != _root())]
    sys.argv[1:] = []
    plugins = [suite_harness.make_plugin(config), TestClock(test_seconds)]
    # Rewriting assertions for better messages, which nobody reads here, would cost most of a short run.
    arguments = ["--assert=plain", *config["arguments"], *config["targets"]]
    for name in [name for name in sys.modules if name.partition(".")[0] in _OWN]:
        del sys.modules[name]
    importlib.invalidate_caches()
    gc.unfreeze()
    return pytest.main(arguments, plugins=plugins)


def _root() -> str:
    return os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class TestTooLong(BaseException):
    """A test took longer than it may. Not an Exception, so that code under test seldom swallows it."""

    __test__ = False


class TestClock:
    """Interrupts a test that takes more than ``seconds`` (0: never), so that one that hangs does not end the others."""

    __test__ = False

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: Any, nextitem: Any) -> Any:
        """Around set-up, call and tear-down."""
        if not self._seconds:
            return (yield)
        before = signal.signal(signal.SIGALRM, self._interrupt)
        signal.setitimer(signal.ITIMER_REAL, self._seconds, 0.5)
        try:
            return (yield)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0.0)
            signal.signal(signal.SIGALRM, before)

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        raise TestTooLong(f"over {self._seconds:g} s")
