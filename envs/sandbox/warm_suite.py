"""
Suites without the price of starting: ``SuiteLane(config, start=WarmStarter())`` forks each jail from an interpreter
that has imported pytest already. The jail is the same one.
"""

from __future__ import annotations

import array
import logging
import marshal
import os
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

from core.errors import SandboxError
from envs.sandbox import jail
from envs.sandbox.config import Limits
from envs.sandbox.confined import Running
from envs.sandbox.process import PROJECT_ROOT
from envs.sandbox.suite_zygote import MAX_MESSAGE, STOP

_log = logging.getLogger(__name__)
_BOOT = (
    "import sys, os; os.dup2({control}, 3); os.closerange(4, 4096); sys.path.append({root!r}); "
    "from envs.sandbox.suite_zygote import main; main()"
)
_START_SECONDS = 60.0
_GRACE_SECONDS = 10.0


class WarmStarter:
    """
    Starts jails from a zygote of its own, one at a time; the zygote starts at first use and again when it is gone. Use
    one per thread and close it there: the kernel ends it with the thread that started it.

    ``test_seconds``: a test that takes longer is interrupted and counts as raising ``TestTooLong``; 0: none is.
    """

    def __init__(self, test_seconds: float = 0.0) -> None:
        self._test_seconds = test_seconds
        self._zygote: _Zygote | None = None

    def __call__(self, order: jail.Order, limits: Limits, report: tuple[int, int] | None) -> Running:
        """
        A run in a fork. Code that the zygote has loaded itself (a repository of pytest's own parts) or the wrong hash
        seed would not be what is asked for, so that a fresh interpreter runs these.
        """
        zygote = self._ready(order)
        if zygote.serves(order):
            return _WarmRunning(order, limits, report, zygote, self._test_seconds)
        _log.info("a fresh interpreter per run: %s has names that pytest's interpreter has loaded", order.directory)
        return Running(order, limits, report)

    def __enter__(self) -> WarmStarter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the zygote and what it started."""
        if self._zygote is not None:
            self._zygote.kill()
            self._zygote = None

    def _ready(self, order: jail.Order) -> _Zygote:
        if self._zygote is not None and (self._zygote.broken or self._zygote.owner != os.getpid()):
            self.close()
        if self._zygote is None:
            self._zygote = _Zygote(dict(order.env))
        return self._zygote


class _Zygote:
    """The process and what it said of itself. ``broken``: of no more use."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.owner, self.broken = os.getpid(), False
        self._seed = environment.get("PYTHONHASHSEED", "")
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            boot = _BOOT.format(control=theirs.fileno(), root=str(PROJECT_ROOT))
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-s", "-c", boot, str(os.getpid())],
                env={name: text for name, text in environment.items() if name != "PYTHONPATH"} | {"HOME": "/"},
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=None if os.environ.get("DEBUG") else subprocess.DEVNULL,
                cwd="/",
                start_new_session=True,
            )
        self.single, self._loaded = self._greet()

    def _greet(self) -> tuple[bool, frozenset[str]]:
        answer = self.receive(_START_SECONDS)
        if not isinstance(answer, tuple) or len(answer) != 2:
            raise SandboxError("the suite's zygote said something else than its names")
        return bool(answer[0]), frozenset(answer[1])

    def serves(self, order: jail.Order) -> bool:
        """Whether a fork is as good as a fresh interpreter for this order."""
        environment = dict(order.env)
        folders = [Path(folder) for folder in environment.get("PYTHONPATH", "").split(os.pathsep) if folder]
        names = {path.name.partition(".")[0] for folder in folders for path in folder.iterdir()}
        own = {name for name in names if any(_importable(folder, name) for folder in folders)}
        return self.single and environment.get("PYTHONHASHSEED", "") == self._seed and not own & self._loaded

    def send(self, message: bytes, descriptors: tuple[int, ...] = ()) -> None:
        """One message. Raises SandboxError."""
        rights = array.array("i", descriptors)
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)] if descriptors else []
        try:
            self.control.sendmsg([message], ancillary)
        except OSError as error:
            self.broken = True
            raise SandboxError(f"the suite's zygote is gone: {error}") from error

    def receive(self, seconds: float) -> object:
        """One message. Raises SandboxError where none comes; the zygote is of no use afterwards."""
        poll = select.poll()
        poll.register(self.control, select.POLLIN)
        message = self.control.recv(MAX_MESSAGE) if poll.poll(seconds * 1000) else b""
        if not message:
            self.broken = True
            self.kill()
            raise SandboxError(f"the suite's zygote is gone or did not answer within {seconds:.0f} s")
        return marshal.loads(message)

    def kill(self) -> None:
        """Ends it in the process that started it; elsewhere only lets go of it."""
        self.control.close()
        if os.getpid() == self.owner and self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()


class _WarmRunning(Running):
    """A run that was forked from a zygote, which waits for it and says how it ended."""

    def __init__(
        self,
        order: jail.Order,
        limits: Limits,
        report: tuple[int, int] | None,
        zygote: _Zygote,
        test_seconds: float,
    ) -> None:
        self._order, self._limits, self._zygote = order, limits, zygote
        self._deadline = time.monotonic() + limits.wall_seconds
        self._outputs = {name: bytearray() for name in ("stdout", "stderr", "report")}
        self._limit = None
        self._ends = {}
        theirs = []
        for name in ("stdout", "stderr"):
            read_end, write_end = os.pipe()
            self._ends[name] = os.fdopen(read_end, "rb", buffering=0)
            theirs.append(write_end)
        try:
            zygote.send(marshal.dumps((tuple(order), test_seconds)), (*theirs, *order.kept_fds))
        finally:
            for descriptor in theirs:
                os.close(descriptor)
            if report is not None:
                os.close(report[1])
                self._ends["report"] = os.fdopen(report[0], "rb", buffering=0)

    def _end(self) -> tuple[int, float]:
        for end in self._ends.values():
            end.close()
        if self._limit is not None:
            self._zygote.send(STOP)
        answer = self._zygote.receive(_GRACE_SECONDS + max(0.0, self._deadline - time.monotonic()))
        if not isinstance(answer, tuple) or len(answer) != 2:
            raise SandboxError("the suite's zygote said something else than how the run ended")
        status, cpu_s = answer
        return int(status), float(cpu_s)


def _importable(folder: Path, name: str) -> bool:
    return (folder / f"{name}.py").is_file() or (folder / name / "__init__.py").is_file()
