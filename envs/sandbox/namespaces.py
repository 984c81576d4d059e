"""Namespaces of one's own, with a read-only root that holds only what was asked for; and giving up privileges."""

from __future__ import annotations

import ctypes
import os
import signal
import struct
from collections.abc import Callable, Sequence

from envs.sandbox.syscalls import LIBC, check, fork, mount, prctl, prepared, syscall, unmount_detached

_NEW_USER = 0x10000000
_NEW_PID_NET_MOUNT_IPC_UTS = 0x20000000 | 0x40000000 | 0x00020000 | 0x08000000 | 0x04000000
_READ_ONLY, _NO_SUID, _NO_DEVICES, _BIND, _RECURSIVE, _PRIVATE = 1, 2, 4, 4096, 16384, 1 << 18
PR_SET_DUMPABLE = 4
_PR_SET_PDEATHSIG, _PR_SET_KEEPCAPS, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 1, 8, 24, 38
_PR_CAP_AMBIENT, _PR_SET_CHILD_SUBREAPER = 47, 36
_READ_SEARCH = 2  # CAP_DAC_READ_SEARCH
_CAPABILITY_VERSION = 0x20080522
SYSTEM_PATHS = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/etc/ld.so.cache")
_DEVICES = ("null", "zero", "urandom")
NOBODY = 65534


def die_with_parent() -> None:
    """SIGKILL for this process when the thread that started it ends."""
    prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def enter() -> None:
    """
    Moves into new user (where not root), pid, network, mount, IPC and host name namespaces, and returns in the first
    process of the new pid namespace; the calling process stays behind, waits for it and ends as it ended.

    Raises OSError where the machine doesn't allow it.
    """
    uid, gid = os.geteuid(), os.getegid()
    if uid != 0 or not _unshare_as_root():
        syscall("unshare", _NEW_PID_NET_MOUNT_IPC_UTS | _NEW_USER)
        for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
            _write(f"/proc/self/{name}", text)
    first = fork()
    if first:
        _watch(first)
    die_with_parent()


def adopt_orphans() -> None:
    """Descendants whose parents end become children of this process, where there is no pid namespace to do it."""
    prctl(_PR_SET_CHILD_SUBREAPER, 1)


def _unshare_as_root() -> bool:
    try:
        syscall("unshare", _NEW_PID_NET_MOUNT_IPC_UTS)
    except PermissionError:  # root of a container without CAP_SYS_ADMIN: a user namespace may still be allowed
        return False
    return True


def _write(path: str, text: str) -> None:
    target = os.open(path, os.O_WRONLY)
    try:
        os.write(target, text.encode())
    finally:
        os.close(target)


def _watch(child: int) -> None:
    """The rest of the outer process's life. It keeps no descriptor, so that closed ends are seen as closed."""
    die_with_parent()
    syscall("close_range", 3, 0x7FFFFFFF, 0)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    os._exit(code if code >= 0 else 128 - code)


def build_root(read: Sequence[str], write: Sequence[str] = (), *, proc: bool = False) -> None:
    """
    Replaces the root by an empty, read-only one that shows ``read`` (read-only) and ``write`` at their own paths, the
    system's libraries and three devices; ``proc`` mounts the pid namespace's own /proc. Raises OSError.
    """
    mount("", "/", "", _RECURSIVE | _PRIVATE)
    base = next(path for path in ("/tmp", "/mnt", "/run", "/var") if os.path.isdir(path))
    mount("tmpfs", base, "tmpfs", _NO_SUID | _NO_DEVICES, "size=16m,nr_inodes=8192,mode=755")
    os.chdir(base)
    os.mkdir("old")
    syscall("pivot_root", b".", b"old")
    os.chdir("/")
    _bind_all([*SYSTEM_PATHS, *sorted({os.path.realpath(p) for p in read}), *read])
    _devices()
    if proc:
        _mount_proc()
    for path in write:
        _bind(path)
    unmount_detached("/old")
    os.rmdir("/old")
    _seal(write)


def _bind_all(paths: Sequence[str]) -> None:
    shown: list[str] = []
    for path in paths:
        if any(path == other or path.startswith(other + "/") for other in shown) or not os.path.lexists("/old" + path):
            continue
        if os.path.islink("/old" + path):
            _link(path)
        else:
            _bind(path)
            shown.append(path)


def _link(path: str) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if not os.path.lexists(path):
        os.symlink(os.readlink("/old" + path), path)


def _bind(path: str) -> None:
    if os.path.isdir("/old" + path):
        os.makedirs(path, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
    mount("/old" + path, path, "", _BIND | _RECURSIVE)


def _devices() -> None:
    for name in _DEVICES:
        _bind(f"/dev/{name}")
    os.makedirs("/tmp", exist_ok=True)


def _mount_proc() -> None:
    """Containers that mask parts of /proc forbid a fresh one (EPERM); most programs do without."""
    os.mkdir("/proc")
    try:
        mount("proc", "/proc", "proc", _NO_SUID | _NO_DEVICES)
    except PermissionError:
        os.rmdir("/proc")


def _seal(write: Sequence[str]) -> None:
    """Everything read-only but ``write``: each below the root gets its flags back."""
    syscall("mount_setattr", -100, b"/", 0x8000, struct.pack("QQQQ", _READ_ONLY | _NO_SUID, 0, 0, 0), 32)
    for path in write:
        syscall("mount_setattr", -100, path.encode(), 0x8000, struct.pack("QQQQ", 0, _READ_ONLY, 0, 0), 32)


def drop_privileges(*, root: bool, keep_reading: bool = False, uid: int = NOBODY) -> None:
    """
    Gives up root for the user ``uid``, and every capability; ``keep_reading`` keeps CAP_DAC_READ_SEARCH, without which
    an interpreter below root's home could not be read. Without ``root`` (see ``owns_ids``) the user stays who it is and
    gives up what a user namespace lent it.
    """
    prctl(_PR_SET_NO_NEW_PRIVS, 1)
    if root:
        prctl(_PR_SET_KEEPCAPS, int(keep_reading))
        os.setgroups([])
        _shrink_bounding_set(keep_reading)
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
        set_capabilities(1 << _READ_SEARCH if keep_reading else 0)
    else:
        set_capabilities(0)
    prctl(PR_SET_DUMPABLE, 0)
    die_with_parent()  # a change of user made the kernel forget it


def owns_ids() -> bool:
    """Whether this is a root that may become somebody else, not one of a user namespace with one id. Needs /proc."""
    if os.geteuid() != 0:
        return False
    with open("/proc/self/uid_map", encoding="ascii") as lines:
        return any(int(line.split()[2]) > NOBODY for line in lines)


def _shrink_bounding_set(keep_reading: bool) -> None:
    for capability in range(64):
        if keep_reading and capability == _READ_SEARCH:
            continue
        if LIBC.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
            return  # past the last capability


def pass_reading_on() -> None:
    """Makes the kept CAP_DAC_READ_SEARCH survive exec (an ambient capability)."""
    set_capabilities(1 << _READ_SEARCH, inheritable=1 << _READ_SEARCH)
    prctl(_PR_CAP_AMBIENT, 2, _READ_SEARCH)


def set_capabilities(mask: int, inheritable: int = 0) -> None:
    """Sets the effective and permitted capabilities to ``mask`` (the low 32), and the inheritable ones."""
    check(prepared_capabilities(mask, inheritable)(), "capset")


def prepared_capabilities(mask: int, inheritable: int = 0) -> Callable[[], int]:
    """``set_capabilities``, ready to be called after a fork; gives a negative number where it fails."""
    head = ctypes.create_string_buffer(struct.pack("Ii", _CAPABILITY_VERSION, 0), 8)
    data = ctypes.create_string_buffer(struct.pack("IIIIII", mask, mask, inheritable, 0, 0, 0), 24)
    return prepared("capset", head, data)
