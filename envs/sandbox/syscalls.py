"""
System calls that Python has no function for, by number, for x86-64 and aarch64. Standard library only: the zygote
imports this, and every module more is memory that each of its forks has to copy.
"""

from __future__ import annotations

import ctypes
import functools
import os
from collections.abc import Callable

# One line of text per machine: "name number" pairs. Numbers from 424 on are the same on all machines.
_X86_64 = """
read 0 write 1 open 2 close 3 stat 4 fstat 5 lstat 6 poll 7 lseek 8 mmap 9 mprotect 10 munmap 11 brk 12
rt_sigaction 13 rt_sigprocmask 14 rt_sigreturn 15 pread64 17 readv 19 writev 20 access 21 select 23 sched_yield 24
mremap 25 madvise 28 dup 32 dup2 33 nanosleep 35 getitimer 36 alarm 37 setitimer 38 getpid 39 clone 56 exit 60
ptrace 101 uname 63 chdir 80 getcwd 79 readlink 89 gettimeofday 96 getrlimit 97 getrusage 98 sysinfo 99 times 100
getuid 102 getgid 104 geteuid 107 getegid 108 getppid 110 sigaltstack 131 pivot_root 155 mount 165 umount2 166
swapon 167 reboot 169 init_module 175 delete_module 176 gettid 186 futex 202 sched_getaffinity 204 getdents64 217
restart_syscall 219 clock_gettime 228 clock_getres 229 clock_nanosleep 230 exit_group 231 kexec_load 246 add_key 248
request_key 249 keyctl 250 openat 257 newfstatat 262 readlinkat 267 faccessat 269 pselect6 270 ppoll 271 unshare 272
set_robust_list 273 dup3 292 perf_event_open 298 name_to_handle_at 303 open_by_handle_at 304 setns 308
process_vm_readv 310 process_vm_writev 311 finit_module 313 getrandom 318 kexec_file_load 320 bpf 321
userfaultfd 323 membarrier 324 statx 332 rseq 334 fcntl 72 ioctl 16 socket 41
prctl 157 capset 126
"""
_AARCH64 = """
getcwd 17 dup 23 dup3 24 fcntl 25 ioctl 29 umount2 39 mount 40 pivot_root 41 faccessat 48 chdir 49 openat 56 close 57
getdents64 61 lseek 62 read 63 write 64 readv 65 writev 66 pread64 67 pselect6 72 ppoll 73 readlinkat 78 newfstatat 79
fstat 80 exit 93 exit_group 94 unshare 97 futex 98 set_robust_list 99 nanosleep 101 getitimer 102 setitimer 103
kexec_load 104 init_module 105 delete_module 106 clock_gettime 113 clock_getres 114 clock_nanosleep 115 ptrace 117
sched_getaffinity 123 sched_yield 124 restart_syscall 128 sigaltstack 132 rt_sigaction 134 rt_sigprocmask 135
rt_sigreturn 139 reboot 142 times 153 uname 160 getrlimit 163 getrusage 165 gettimeofday 169 getpid 172 getppid 173
getuid 174 geteuid 175 getgid 176 getegid 177 gettid 178 sysinfo 179 brk 214 munmap 215 mremap 216 add_key 217
request_key 218 keyctl 219 clone 220 mmap 222 swapon 224 mprotect 226 madvise 233 perf_event_open 241
name_to_handle_at 264 open_by_handle_at 265 setns 268 process_vm_readv 270 process_vm_writev 271 finit_module 273
getrandom 278 bpf 280 userfaultfd 282 membarrier 283 statx 291 rseq 293 kexec_file_load 294 socket 198
prctl 167 capset 91
"""
_COMMON = """
io_uring_setup 425 io_uring_enter 426 io_uring_register 427 move_mount 429 fsopen 430 fsmount 432 clone3 435
close_range 436 openat2 437 pidfd_getfd 438 faccessat2 439 mount_setattr 442 landlock_create_ruleset 444
landlock_add_rule 445 landlock_restrict_self 446
"""


def _table(text: str) -> dict[str, int]:
    words = (text + _COMMON).split()
    return {name: int(number) for name, number in zip(words[::2], words[1::2], strict=True)}


MACHINES = {"x86_64": _X86_64, "aarch64": _AARCH64}
AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
"""The kernel's name of a machine, as seccomp filters see it."""

MACHINE = os.uname().machine


def numbers(machine: str = MACHINE) -> dict[str, int]:
    """Name to number on ``machine``; an empty table means that the sandbox doesn't know the machine."""
    return _table(MACHINES[machine]) if machine in MACHINES else {}


NUMBERS = numbers()

# PyDLL keeps the interpreter's lock: calls are short, and fork() needs it held.
LIBC = ctypes.PyDLL(None, use_errno=True)


def check(result: int, what: str) -> int:
    """``result``, or OSError with the C library's errno where it is negative."""
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")
    return result


def syscall(name: str, *args: int | bytes | ctypes.Array[ctypes.c_char]) -> int:
    """The system call ``name``; integers are passed as longs, bytes as pointers. Raises OSError."""
    words = [ctypes.c_long(arg) if isinstance(arg, int) else arg for arg in args]
    return check(LIBC.syscall(ctypes.c_long(NUMBERS[name]), *words), name)


def prepared(name: str, *args: int | ctypes.Array[ctypes.c_char]) -> Callable[[], int]:
    """The system call, ready to be made later without building anything (which would cost a fork copies of pages)."""
    words = [ctypes.c_long(arg) if isinstance(arg, int) else arg for arg in args]
    return functools.partial(LIBC.syscall, ctypes.c_long(NUMBERS[name]), *words)


def prctl(option: int, a: int = 0, b: int = 0, c: int = 0, d: int = 0) -> int:
    """Sets a property of this process. Raises OSError."""
    return check(LIBC.prctl(option, *(ctypes.c_ulong(word) for word in (a, b, c, d))), f"prctl {option}")


def mount(source: str, target: str, kind: str, flags: int, data: str = "") -> None:
    """Puts a file system, or another place of one, at ``target``. Raises OSError."""
    result = LIBC.mount(source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), data.encode())
    check(result, f"mount {source} on {target}")


def unmount_detached(target: str) -> None:
    """Takes a mount out of sight, whoever uses it. Raises OSError."""
    check(LIBC.umount2(target.encode(), 2), f"umount {target}")


def fork() -> int:
    """
    Forks without Python's own fork handlers, which reseed generators and rebuild locks on pages that would have to be
    copied first. For single-threaded processes only.
    """
    return check(LIBC.fork(), "fork")
