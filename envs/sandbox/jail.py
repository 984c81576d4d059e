"""
The confined side of ``confined.py``: a fresh interpreter that enters namespaces of its own, forks, confines the fork
and executes a command in it, and stays behind as the first process of the namespace until the command has ended.
"""

from __future__ import annotations

import contextlib
import fcntl
import marshal
import os
import resource
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from envs.sandbox import landlock
from envs.sandbox.namespaces import (
    SYSTEM_PATHS,
    adopt_orphans,
    build_root,
    die_with_parent,
    drop_privileges,
    enter,
    owns_ids,
    pass_reading_on,
)
from envs.sandbox.seccomp import suite_filter
from envs.sandbox.syscalls import fork, syscall

if TYPE_CHECKING:  # the jail does without pydantic
    from envs.sandbox.config import Tier

SET_UP_FAILED = 125
_DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom")


class Order(NamedTuple):
    """
    What to execute, what it may see, and what it may spend. ``kept_fds`` stay open across exec. Where this is root, the
    command runs as the user ``uid``.
    """

    tier: Tier
    argv: tuple[str, ...]
    env: tuple[tuple[str, str], ...]
    directory: str
    scratch: str
    read: tuple[str, ...]
    kept_fds: tuple[int, ...]
    cpu_seconds: int
    memory_bytes: int
    file_bytes: int
    processes: int
    uid: int


def main() -> NoReturn:
    """Entry point; ``sys.argv[1]``: an order as marshalled hex. Exits as the command does, 128 + signal for signals."""
    run(Order(*marshal.loads(bytes.fromhex(sys.argv[1]))), _execute)


def run(order: Order, command: Callable[[Order], None]) -> NoReturn:
    """Calls ``command`` in a confined fork of this process, and ends as it ends."""
    try:
        root = _surround(order)
        child = fork()
        if child == 0:
            _become(order, root, command)
    except OSError as error:
        os.write(2, f"sandbox tier {order.tier}: {error}\n".encode())
        os._exit(SET_UP_FAILED)
    _stay_behind(child, order, root)


def _execute(order: Order) -> None:
    os.execve(order.argv[0], list(order.argv), dict(order.env))


def _surround(order: Order) -> bool:
    """Namespaces (tier A) or the role of the reaper. Returns whether the user is a root that can become nobody."""
    die_with_parent()
    if order.tier != "A":
        adopt_orphans()
        return owns_ids()
    enter()
    root = owns_ids()
    _raise_loopback()
    build_root(order.read, (order.scratch,), proc=True)
    return root


def _raise_loopback() -> None:
    """Brings up ``lo`` of the new network namespace, for tests that talk to themselves."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, 0x8914, struct.pack("16sH14x", b"lo", 0x1 | 0x40))  # SIOCSIFFLAGS: IFF_UP, IFF_RUNNING


def _become(order: Order, root: bool, command: Callable[[Order], None]) -> NoReturn:
    """Confines this process and lets the command have it."""
    try:
        os.setsid()
        _close_all_but(order.kept_fds)
        _set_limits(order, root)
        if order.tier != "D":
            rules = landlock.ruleset(_visible(order), (order.scratch, "/dev/null"), network=order.tier == "A")
            drop_privileges(root=root, keep_reading=root, uid=order.uid)
            if root:
                pass_reading_on()
            landlock.restrict(rules)
            os.close(rules)
            suite_filter(sockets=order.tier == "A").install()
        os.chdir(order.directory)
        command(order)
    except OSError as error:
        os.write(2, f"sandbox tier {order.tier}: {error}\n".encode())
    os._exit(SET_UP_FAILED)


def _visible(order: Order) -> tuple[str, ...]:
    own = ("/proc",) if order.tier == "A" else ()  # elsewhere /proc shows the whole machine
    return (*SYSTEM_PATHS, *_DEVICES, *own, *order.read)


def _close_all_but(kept: tuple[int, ...]) -> None:
    start = 3
    for descriptor in sorted(kept):
        os.set_inheritable(descriptor, True)
        if descriptor > start:
            syscall("close_range", start, descriptor - 1, 0)
        start = descriptor + 1
    syscall("close_range", start, 0x7FFFFFFF, 0)


def _set_limits(order: Order, root: bool) -> None:
    limits = {
        resource.RLIMIT_CPU: order.cpu_seconds,
        resource.RLIMIT_AS: order.memory_bytes,
        resource.RLIMIT_FSIZE: order.file_bytes,
        resource.RLIMIT_NOFILE: 512,
        resource.RLIMIT_CORE: 0,
        # An ordinary user's own processes count in without a user namespace around.
        resource.RLIMIT_NPROC: order.processes + (0 if root or order.tier == "A" else _own_threads()),
    }
    for kind, value in limits.items():
        _, hard = resource.getrlimit(kind)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))


def _own_threads() -> int:
    count = 0
    for name in os.listdir("/proc"):
        if name.isdecimal():
            try:
                if os.stat(f"/proc/{name}").st_uid == os.getuid():
                    count += len(os.listdir(f"/proc/{name}/task"))
            except (FileNotFoundError, ProcessLookupError):  # ended meanwhile
                continue
    return count


def _stay_behind(command: int, order: Order, root: bool) -> NoReturn:
    """Waits for the command, reaping what it leaves, then ends everything: a namespace dies with its first process."""
    signal.signal(signal.SIGTERM, _on_terminate)
    syscall("close_range", 3, 0x7FFFFFFF, 0)
    if order.tier == "A":
        drop_privileges(root=root)
    status = _reap_until(command)
    if order.tier != "A":
        _end_descendants()
    code = os.waitstatus_to_exitcode(status)
    os._exit(code if code >= 0 else 128 - code)


def _reap_until(command: int) -> int:
    while True:
        ended, status = os.wait()
        if ended == command:
            return status


def _on_terminate(number: int, frame: FrameType | None) -> None:
    _end_descendants()
    os._exit(128 + number)


def _end_descendants() -> None:
    """Stops all before it kills any, since they could fork as fast as they are killed; until there is none left."""
    while True:
        stopped: set[int] = set()
        while found := _descendants(os.getpid()) - stopped:
            _signal_all(found, signal.SIGSTOP)
            stopped |= found
        _signal_all(stopped, signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.002)


def _signal_all(pids: set[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):  # ended meanwhile
            os.kill(pid, number)


def _descendants(pid: int) -> set[int]:
    found: set[int] = set()
    queue = [pid]
    while queue:
        children = _children(queue.pop())
        queue += children - found
        found |= children
    return found


def _children(pid: int) -> set[int]:
    """Of all threads of a process; none where it has ended."""
    children: set[int] = set()
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children", encoding="ascii") as listed:
                children |= {int(child) for child in listed.read().split()}
    return children
