"""
System call filters (seccomp BPF). The fast lane's children get an allow-list under which no file can be opened, no
process, thread or socket made and no signal sent; the slow lane gets a list of what is refused.
"""

from __future__ import annotations

import ctypes
import errno
import struct

from envs.sandbox.syscalls import AUDIT_ARCH, MACHINE, numbers, prctl, prepared

_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER_AT, _ARCH_AT, _ARGS_AT = 0, 4, 16
_PR_SET_SECCOMP, _FILTER_MODE = 22, 2
_AT_EMPTY_PATH = 0x1000
_WRITING = 0o3 | 0o100 | 0o1000 | 0o20000000  # O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | the bit of O_TMPFILE
_NEW_NAMESPACE = 0x7E020080  # every CLONE_NEW* flag


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_HARMLESS = _words("""
read write close fstat poll lseek mmap mprotect munmap brk rt_sigaction rt_sigprocmask rt_sigreturn pread64 readv writev
select sched_yield mremap madvise dup nanosleep getitimer alarm setitimer getpid exit uname getcwd gettimeofday
getrlimit getrusage sysinfo times getuid getgid geteuid getegid getppid sigaltstack gettid futex sched_getaffinity
restart_syscall clock_gettime clock_getres clock_nanosleep exit_group pselect6 ppoll set_robust_list getrandom
membarrier rseq
""")
_LOOKING = _words("open openat stat lstat access readlink readlinkat faccessat faccessat2 statx newfstatat getdents64")
_REFUSED_TO_SUITES = _words("""
ptrace pivot_root mount umount2 swapon reboot init_module delete_module finit_module kexec_load kexec_file_load add_key
request_key keyctl unshare setns perf_event_open name_to_handle_at open_by_handle_at process_vm_readv process_vm_writev
bpf userfaultfd io_uring_setup io_uring_enter io_uring_register move_mount fsopen fsmount pidfd_getfd mount_setattr
""")

Instruction = tuple[int, int, int, int]


class Filter:
    """A filter program, kept in C memory; ``install`` binds the calling thread to it for good."""

    def __init__(self, instructions: list[Instruction]) -> None:
        self.code = b"".join(struct.pack("=HBBI", *instruction) for instruction in instructions)
        self._buffer = ctypes.create_string_buffer(self.code, len(self.code))
        head = struct.pack("@HP", len(instructions), ctypes.addressof(self._buffer))
        self._program = ctypes.create_string_buffer(head, len(head))
        self._address = ctypes.addressof(self._program)
        self._call = prepared("prctl", _PR_SET_SECCOMP, _FILTER_MODE, self._address, 0, 0)

    def __call__(self) -> int:
        """``install`` for after a fork, with nothing left to build; gives a negative number where it fails."""
        return self._call()

    def install(self) -> None:
        """Needs no_new_privs. Raises OSError."""
        prctl(_PR_SET_SECCOMP, _FILTER_MODE, self._address)


def _returns(number: int, action: int) -> list[Instruction]:
    return [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, action)]


def _unless_bits(number: int, argument: int, mask: int, otherwise: int, action: int) -> list[Instruction]:
    """``action`` where the argument has one of the bits of ``mask``, else ``otherwise``."""
    return [
        (_EQUAL, 0, 4, number),
        (_LOAD, 0, 0, _ARGS_AT + 8 * argument),
        (_ANY_BIT, 0, 1, mask),
        (_RETURN, 0, 0, action),
        (_RETURN, 0, 0, otherwise),
    ]


def _head(machine: str) -> list[Instruction]:
    head = [(_LOAD, 0, 0, _ARCH_AT), (_EQUAL, 1, 0, AUDIT_ARCH[machine]), (_RETURN, 0, 0, _KILL)]
    head += [(_LOAD, 0, 0, _NUMBER_AT)]
    if machine == "x86_64":  # the x32 calls would slip past the numbers below
        head += [(_AT_LEAST, 0, 1, 0x40000000), (_RETURN, 0, 0, _KILL)]
    return head


def function_filter(*, reading: bool = False, machine: str = MACHINE) -> Filter:
    """
    The fast lane's filter. Without ``reading`` every look at a path fails with EACCES, on each tier alike, so that
    what a program shows doesn't depend on the machine; with it, paths may be looked at and opened for reading.
    """
    table = numbers(machine)
    body = _returns(table["clone3"], _ERRNO | errno.ENOSYS)
    empty_path = _ERRNO | errno.EACCES
    for name in _HARMLESS:
        body += _returns(table[name], _ALLOW) if name in table else []
    for name in (name for name in _LOOKING if name in table):
        if reading and name in ("open", "openat"):
            body += _unless_bits(table[name], 1 if name == "open" else 2, _WRITING, _ALLOW, _ERRNO | errno.EACCES)
        elif reading:
            body += _returns(table[name], _ALLOW)
        elif name in ("newfstatat", "statx"):  # fstat of the C library
            body += _unless_bits(table[name], 3 if name == "newfstatat" else 2, _AT_EMPTY_PATH, empty_path, _ALLOW)
        else:
            body += _returns(table[name], _ERRNO | errno.EACCES)
    return Filter([*_head(machine), *body, (_RETURN, 0, 0, _ERRNO | errno.EPERM)])


def suite_filter(*, sockets: bool, machine: str = MACHINE) -> Filter:
    """
    The slow lane's filter: everything but what reaches other processes' memory or the kernel's set-up. ``sockets`` only
    where there is a network namespace around; without it socket pairs are all there is.
    """
    table = numbers(machine)
    body = _returns(table["clone3"], _ERRNO | errno.ENOSYS)
    body += _unless_bits(table["clone"], 0, _NEW_NAMESPACE, _ALLOW, _ERRNO | errno.EPERM)
    refused = _REFUSED_TO_SUITES if sockets else (*_REFUSED_TO_SUITES, "socket")
    for name in refused:
        body += _returns(table[name], _ERRNO | errno.EPERM)
    return Filter([*_head(machine), *body, (_RETURN, 0, 0, _ALLOW)])
