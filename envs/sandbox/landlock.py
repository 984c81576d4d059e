"""Landlock: which files a process may touch, and whether it may connect, signal or trace beyond its own domain."""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence

from envs.sandbox.syscalls import NUMBERS, syscall

_ALL_OF_ABI_1 = (1 << 13) - 1
_READ = (1 << 0) | (1 << 2) | (1 << 3)  # execute (map libraries), read file, read directory
_ON_FILES = (1 << 0) | (1 << 1) | (1 << 2) | (1 << 14)


def abi() -> int:
    """The version of Landlock that the kernel offers, 0 where there is none."""
    if "landlock_create_ruleset" not in NUMBERS:
        return 0
    try:
        return syscall("landlock_create_ruleset", 0, 0, 1)
    except OSError:
        return 0


def _handled(version: int) -> int:
    extra = {2: 1 << 13, 3: 1 << 14, 5: 1 << 15}  # refer, truncate, ioctl on devices
    return _ALL_OF_ABI_1 | sum(bit for since, bit in extra.items() if version >= since)


def ruleset(read: Sequence[str] = (), write: Sequence[str] = (), *, network: bool = False) -> int:
    """
    A ruleset's file descriptor: everything that Landlock knows is refused but reading below ``read`` and anything below
    ``write``; without ``network`` TCP is refused, and (ABI 6) signals and abstract sockets stay inside the domain.
    """
    version = abi()
    files, scope = _handled(version), 3 if version >= 6 else 0
    words = struct.pack("QQQ", files, 3 if version >= 4 and not network else 0, scope)
    attributes = words[: 24 if version >= 6 else 16 if version >= 4 else 8]
    rules = syscall("landlock_create_ruleset", attributes, len(attributes), 0)
    for paths, access in ((read, _READ), (write, files)):
        for path in paths:
            _allow(rules, path, access & files)
    return rules


def _allow(rules: int, path: str, access: int) -> None:
    if not os.path.exists(path):
        return
    below = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        granted = access if os.path.isdir(path) else access & _ON_FILES
        syscall("landlock_add_rule", rules, 1, struct.pack("=Qi", granted, below), 0)
    finally:
        os.close(below)


def restrict(rules: int) -> None:
    """Binds the calling thread to ``rules`` for good. Needs no_new_privs."""
    syscall("landlock_restrict_self", rules, 0)
