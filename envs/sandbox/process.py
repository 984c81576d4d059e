"""Starting one zygote and talking to it. One fault of any kind ends it; ``lane.py`` starts the next one."""

from __future__ import annotations

import fcntl
import marshal
import mmap
import os
import select
import signal
import socket
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import SandboxError
from envs.sandbox.child import Order
from envs.sandbox.config import SandboxConfig, Tier
from envs.sandbox.frames import ARENA_BYTES, write_request
from envs.sandbox.zygote import MAX_MESSAGE

PROJECT_ROOT = Path(__file__).resolve().parents[2]
_BOOT = "import sys; sys.path.append({root!r}); from envs.sandbox.zygote import main; main()"
_START_SECONDS = 30.0
_GRACE_SECONDS = 5.0


class TierFailed(Exception):
    """This machine doesn't offer a tier; the message says why."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended: wait status, ``wall`` where the zygote killed it, CPU seconds, import error, zygote's MiB."""

    status: int
    cause: str
    cpu_s: float
    error: str
    zygote_mb: int


def default_search_path() -> tuple[str, ...]:
    """This process's import path: existing directories only, the current one (``""``) left out."""
    return tuple(dict.fromkeys(os.path.abspath(path) for path in sys.path if path and os.path.isdir(path)))


def readable_paths() -> tuple[str, ...]:
    """What children that may read get to see: the standard library and installed packages."""
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    return tuple(dict.fromkeys(os.path.realpath(sysconfig.get_paths()[name]) for name in names))


class ZygoteProcess:
    """A running zygote. ``run_order`` is synchronous: one child at a time."""

    def __init__(self, config: SandboxConfig, tier: Tier, search_path: Sequence[str]) -> None:
        self.tier, self.evaluations, self.owner = tier, 0, os.getpid()
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        memory = os.memfd_create("arena", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            os.ftruncate(memory, ARENA_BYTES)
            fcntl.fcntl(memory, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)
            self.arena = mmap.mmap(memory, ARENA_BYTES)
            self._process = _launch(config, tier, search_path, theirs.fileno(), memory)
        finally:
            os.close(memory)
            theirs.close()
        self.report = self._greet()

    @property
    def pid(self) -> int:
        """The zygote's process id (the outer one, where it has namespaces of its own)."""
        return self._process.pid

    def _greet(self) -> dict[str, object]:
        try:
            report = self._receive(_START_SECONDS)
        except SandboxError as error:
            self.kill()
            raise TierFailed(f"tier {self.tier}: the zygote did not start ({error})") from error
        if not isinstance(report, dict) or "error" in report:
            self.kill()
            raise TierFailed(str(report["error"] if isinstance(report, dict) else report))
        return report

    def run_order(self, order: Order, request: bytes) -> Ended:
        """Runs one child to its end. Raises SandboxError where the zygote fails; it is of no use afterwards."""
        write_request(self.arena, request)
        try:
            self._control.send(marshal.dumps(tuple(order)))
        except OSError as error:
            raise SandboxError(f"the zygote is gone: {error}") from error
        answer = self._receive(order.wall_seconds + _GRACE_SECONDS + _START_SECONDS)
        self.evaluations += 1
        return Ended(*answer)  # type: ignore[misc]

    def _receive(self, seconds: float) -> object:
        """A message of the zygote, which is trusted: children have no end of this socket."""
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        if not poll.poll(seconds * 1000):
            raise SandboxError(f"the zygote did not answer within {seconds:.0f} s")
        try:
            message = self._control.recv(MAX_MESSAGE)
        except OSError as error:
            raise SandboxError(f"the zygote is gone: {error}") from error
        if not message:
            raise SandboxError("the zygote is gone")
        return marshal.loads(message)

    def kill(self) -> None:
        """Ends the zygote and its child; only in the process that started it."""
        self._control.close()
        if os.getpid() == self.owner:
            self._process.kill()
            self._process.wait()
        self.arena.close()


def _launch(
    config: SandboxConfig, tier: Tier, search_path: Sequence[str], control: int, memory: int
) -> subprocess.Popen[bytes]:
    strange = list(map(os.path.realpath, config.paths))
    given = marshal.dumps((list(search_path), [*readable_paths(), *strange], strange, config.days)).hex()
    # The ends are moved to fds 3 and 4 by the shell-free helper below, since pass_fds keeps numbers.
    boot = _MOVE_FDS.format(control=control, memory=memory) + _BOOT.format(root=str(PROJECT_ROOT))
    return subprocess.Popen(
        [sys.executable, "-S", "-s", "-P", "-c", boot, tier, str(os.getpid()), given],
        env=_environment(config),
        pass_fds=(control, memory),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=None if os.environ.get("DEBUG") else subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,
    )


# Copied to high numbers first, so that neither overwrites the other.
_MOVE_FDS = (
    "import os, fcntl; a = fcntl.fcntl({control}, fcntl.F_DUPFD, 100); b = fcntl.fcntl({memory}, fcntl.F_DUPFD, 100); "
    "os.dup2(a, 3); os.dup2(b, 4); os.closerange(5, 256); "
)


def _environment(config: SandboxConfig) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    fixed = {
        "PYTHONHASHSEED": str(config.hash_seed),
        "TZ": config.timezone,
        "PATH": "/usr/bin:/bin",
        "LC_ALL": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    return kept | fixed


def died_of(status: int) -> signal.Signals | None:
    """The signal that ended a child, None where it exited."""
    return signal.Signals(os.WTERMSIG(status)) if os.WIFSIGNALED(status) else None
