"""Runs one command confined, with a scratch directory to write to: suites, and careful work on others' code."""

from __future__ import annotations

import marshal
import os
import secrets
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from core.errors import SandboxError, SandboxUnavailable
from core.records import Limit
from envs.sandbox import jail, landlock
from envs.sandbox.config import TIERS, Limits, SandboxConfig, Tier
from envs.sandbox.probe import require
from envs.sandbox.process import PROJECT_ROOT

SUITE_LIMITS = Limits(cpu_seconds=120, wall_seconds=120, memory_mb=4096, output_bytes=16 << 20)
_BOOT = "import sys; sys.path.append({root!r}); from envs.sandbox.jail import main; main()"
_FILE_BYTES = 256 << 20
_PROCESSES = 256
_FIRST_UID, _UIDS = 61184, 4000
_GRACE_SECONDS = 10.0
_SCOPED_SIGNALS = 6  # the Landlock ABI from which signals stay inside the domain


@dataclass(frozen=True, slots=True)
class Finished:
    """How a command ended: 128 + n for signal n, as in a shell. ``limit`` is set where one of the limits ended it."""

    returncode: int
    stdout: bytes
    stderr: bytes
    report: bytes
    limit: Limit | None
    cpu_s: float
    tier: Tier


def suite_tier(config: SandboxConfig) -> Tier:
    """
    The tier in force for commands that need files: A or B (D where the configuration names it).

    Raises SandboxUnavailable: tier C can't grant files, and B can't keep an ordinary user's processes from signalling
    each other before Landlock ABI 6.
    """
    tier = config.tier or require(config.minimum_tier).tier
    if TIERS.index(tier) > TIERS.index(config.minimum_tier):
        raise SandboxUnavailable(f"tier {tier} is below the demanded {config.minimum_tier}", where="sandbox")
    if tier == "C" or (tier == "B" and os.geteuid() != 0 and landlock.abi() < _SCOPED_SIGNALS):
        raise SandboxUnavailable(
            f"tier {tier} of this machine can't confine code that needs files and processes",
            where="sandbox",
            remedy="Allow user namespaces, or use a kernel from 6.12 on",
        )
    return tier


def run_confined(
    argv: Sequence[str],
    *,
    scratch: Path,
    read: Sequence[Path | str] = (),
    env: Mapping[str, str] | None = None,
    limits: Limits = SUITE_LIMITS,
    config: SandboxConfig | None = None,
    directory: Path | None = None,
    kept_fds: Sequence[int] = (),
    report: tuple[int, int] | None = None,
    start: Starter | None = None,
) -> Finished:
    """
    Executes ``argv`` (an absolute path first) in ``directory`` (default ``scratch``) with no network, able to write
    below ``scratch`` alone, which is handed over to another user where this process is root, and to read
    the interpreter and ``read``. Its descendants end with it. ``report``: a pipe's two ends, the second of which the
    command inherits and the first of which is read and closed here. ``start``: another way to start it (by default a
    fresh interpreter). Raises SandboxError, SandboxUnavailable.
    """
    settings = config or SandboxConfig()
    scratch = scratch.resolve()
    uid = _fresh_uid()
    _hand_over(scratch, uid)
    order = jail.Order(
        tier=suite_tier(settings),
        argv=tuple(argv),
        env=tuple((_environment(scratch, settings) | dict(env or {})).items()),
        directory=str(directory or scratch),
        scratch=str(scratch),
        read=tuple(dict.fromkeys((*_interpreter(), *(os.path.realpath(path) for path in read)))),
        kept_fds=(*kept_fds, *(report or ())[1:]),
        cpu_seconds=max(1, round(limits.cpu_seconds)),
        memory_bytes=limits.memory_mb << 20,
        file_bytes=_FILE_BYTES,
        processes=_PROCESSES,
        uid=uid,
    )
    return (start or Running)(order, limits, report).finish()


def _interpreter() -> tuple[str, ...]:
    return tuple(dict.fromkeys((sys.prefix, sys.base_prefix, *map(os.path.realpath, (sys.prefix, sys.base_prefix)))))


def _environment(scratch: Path, config: SandboxConfig) -> dict[str, str]:
    return {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "LC_ALL": "C.UTF-8",
        "TZ": config.timezone,
        "PYTHONHASHSEED": str(config.hash_seed),
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


def _fresh_uid() -> int:
    """
    As root each command gets a user of its own, so that neither its number of processes nor its signals concern
    others; from a range that no account uses and containers map too.
    """
    return _FIRST_UID + secrets.randbelow(_UIDS) if os.geteuid() == 0 else os.geteuid()


def _hand_over(scratch: Path, uid: int) -> None:
    """The scratch directory belongs to the user that the command becomes."""
    if os.geteuid() != 0:
        return
    os.chown(scratch, uid, uid)
    for parent, folders, files in os.walk(scratch):
        for name in (*folders, *files):
            os.chown(os.path.join(parent, name), uid, uid, follow_symlinks=False)


class Running:
    """One command under way: its two outputs are read until it ends or hits a limit."""

    def __init__(self, order: jail.Order, limits: Limits, report: tuple[int, int] | None) -> None:
        self._order, self._limits = order, limits
        self._deadline = time.monotonic() + limits.wall_seconds
        self._outputs: dict[str, bytearray] = {name: bytearray() for name in ("stdout", "stderr", "report")}
        self._limit: Limit | None = None
        boot = _BOOT.format(root=str(PROJECT_ROOT))
        self._process = subprocess.Popen(
            [sys.executable, "-S", "-s", "-P", "-c", boot, marshal.dumps(tuple(order)).hex()],
            env={"LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=order.kept_fds,
            cwd="/",
            start_new_session=True,
        )
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._ends: dict[str, IO[bytes]] = {"stdout": self._process.stdout, "stderr": self._process.stderr}
        if report is not None:
            os.close(report[1])
            self._ends["report"] = os.fdopen(report[0], "rb", buffering=0)

    def finish(self) -> Finished:
        """Waits for the end."""
        try:
            self._drain()
        finally:
            status, cpu_s = self._end()
        code = os.waitstatus_to_exitcode(status)
        code = code if code >= 0 else 128 - code
        if code == jail.SET_UP_FAILED and self._outputs["stderr"].startswith(b"sandbox tier"):
            raise SandboxError(self._outputs["stderr"].decode("utf-8", "replace").strip())
        limit = self._limit or (Limit.CPU if code == 128 + signal.SIGXCPU else None)
        stdout, stderr, report = (bytes(self._outputs[name]) for name in ("stdout", "stderr", "report"))
        return Finished(code, stdout, stderr, report, limit, cpu_s, self._order.tier)

    def _drain(self) -> None:
        with selectors.DefaultSelector() as selector:
            for name, end in self._ends.items():
                selector.register(end, selectors.EVENT_READ, name)
            while selector.get_map() and self._limit is None:
                ready = selector.select(max(0.0, self._deadline - time.monotonic()))
                if not ready:
                    self._limit = Limit.WALL
                for key, _ in ready:
                    self._take(selector, key)

    def _take(self, selector: selectors.BaseSelector, key: selectors.SelectorKey) -> None:
        data = os.read(key.fd, 1 << 16)
        if not data:
            selector.unregister(key.fileobj)
        self._outputs[key.data] += data
        if sum(map(len, self._outputs.values())) > self._limits.output_bytes:
            self._limit = Limit.OUTPUT

    def _end(self) -> tuple[int, float]:
        """Ends the command if it still runs, and everything that it started; status and CPU seconds of the tree."""
        for end in self._ends.values():
            end.close()
        if self._limit is not None:
            self._stop()
        while True:
            pid, status, usage = os.wait4(self._process.pid, os.WNOHANG)
            if pid:
                self._process.returncode = os.waitstatus_to_exitcode(status)
                return status, usage.ru_utime + usage.ru_stime
            if self._limit is None and time.monotonic() > self._deadline:
                self._limit = Limit.WALL
                self._stop()
            elif time.monotonic() > self._deadline + _GRACE_SECONDS:
                self._process.kill()
            time.sleep(0.001)

    def _stop(self) -> None:
        """At tier A the namespace dies with its first process; elsewhere the jail has to be let end its descendants."""
        self._process.send_signal(signal.SIGKILL if self._order.tier == "A" else signal.SIGTERM)


Starter = Callable[[jail.Order, Limits, tuple[int, int] | None], Running]
