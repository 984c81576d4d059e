"""
Every attack of the sandbox's threat model against one tier, as a program: ``python -m tests.envs.sandbox.battery TIER``
prints one JSON object. A separate process, so that it can be run as another user, and so that what survives it shows.
"""

# ruff: noqa: E501, UP031  (the attacks are program texts)
from __future__ import annotations

import json
import os
import pickle
import secrets
import socket
import sys
import tempfile
import time
from pathlib import Path

import psutil

from core.records import Check, Program
from envs.sandbox.codec import encode
from envs.sandbox.config import SandboxConfig
from envs.sandbox.lane import FastLane
from envs.sandbox.outcome import expected_form
from envs.sandbox.syscalls import NUMBERS

MODULE, FUNCTION = "textwrap", "dedent"
FLAG = "EXPECTED<" + secrets.token_hex(6) + ">"  # the right answer; it lives in this process alone
HELPERS = """
 def attempt(*attempts):
  got = []
  for name, action in attempts:
   try:
    got.append((name, repr(action())[:80]))
   except BaseException as error:
    pass
  return got
 import ctypes
 libc = ctypes.CDLL(None, use_errno=True)
 def call(number, *args):
  result = libc.syscall(number, *args)
  if result < 0: raise OSError(ctypes.get_errno(), 'x')
  return result
"""


def program(body: str) -> str:
    """A ``dedent`` with the helpers and an indented body."""
    return "def dedent(text):\n" + HELPERS + "".join(f" {line}\n" for line in body.strip("\n").split("\n"))


def frames_up(action: str) -> str:
    """Walks the stack to whoever holds the arena and does ``action`` with it."""
    return (
        "import sys\nframe = sys._getframe()\nwhile frame is not None:\n"
        f" arena = frame.f_locals.get('arena')\n if arena is not None:\n  {action}\n frame = frame.f_back\nreturn text"
    )


class Surroundings:
    """What an attacker could reach if nothing stopped it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.secret = folder / "secret.txt"
        self.secret.write_text("topsecret")
        self.victim = folder / "victim"
        self.victim.write_text("")
        self.tcp = socket.create_server(("127.0.0.1", 0), backlog=50)
        self.path = str(folder / "u.sock")
        self.unix = socket.socket(socket.AF_UNIX)
        self.unix.bind(self.path)
        self.abstract = socket.socket(socket.AF_UNIX)
        self.abstract.bind(f"\0battery{os.getpid()}")
        for listener in (self.unix, self.abstract):
            listener.listen(5)
        for path in (folder, self.secret, self.victim, self.path):
            os.chmod(path, 0o777)
        self.spots = [
            f"{place}/battery_{os.getpid()}" for place in ("/etc", "/home", "/tmp", "/dev/shm", "/usr/lib", "/var/tmp")
        ]


def containing(around: Surroundings) -> dict[str, str]:
    """Attacks that list what they got; the list has to be empty."""
    worker, port = os.getpid(), around.tcp.getsockname()[1]
    spots = [*around.spots, str(around.folder / "new")]
    raw = [
        f"('{name}', lambda: call({NUMBERS[name]}, *{args}))"
        for name, args in (
            ("unshare", "(0x10000000,)"),
            ("mount", "(b'none', b'/tmp', b'tmpfs', 0, 0)"),
            ("bpf", "(5, 0, 0)"),
            ("io_uring_setup", "(8, ctypes.create_string_buffer(128))"),
            ("userfaultfd", "(1,)"),
            ("keyctl", "(0, -3, 0)"),
            ("setns", "(0, 0)"),
            ("perf_event_open", "(ctypes.create_string_buffer(128), 0, -1, -1, 0)"),
            ("ptrace", f"(16, {worker}, 0, 0)"),
            ("process_vm_readv", f"({worker}, 0, 0, 0, 0, 0)"),
            ("open_by_handle_at", "(-100, ctypes.create_string_buffer(128), 0)"),
            ("socket", "(2, 1, 0)"),
        )
    ]
    return {
        "write files": f"import os\nreturn attempt(*[(p, lambda p=p: open(p, 'w').write('x')) for p in {spots!r}])",
        "change files": "import os\nv = %r\nreturn attempt(('symlink', lambda: os.symlink('/etc/passwd', v + 'l')),"
        " ('mkdir', lambda: os.mkdir(v + 'd')), ('unlink', lambda: os.unlink(v)), ('chmod', lambda: os.chmod(v, 0)),"
        " ('rename', lambda: os.rename(v, v + '2')), ('utime', lambda: os.utime(v)),"
        " ('truncate', lambda: os.truncate(v, 9)))" % str(around.victim),
        "read secrets": "import os\nreturn attempt(*[(p, lambda p=p: open(p, 'rb').read()[:300]) for p in"
        f" ({str(around.secret)!r}, '/etc/passwd', '/proc/{worker}/environ', '/proc/self/environ', '/proc/1/environ',"
        " '/proc/self/mem', '/proc/self/maps')], ('env', lambda: os.environ['SECRET_TOKEN']),"
        " ('list', lambda: os.listdir('/')), ('proc', lambda: os.listdir('/proc')))",
        "memory of others": f"return attempt(('mem', lambda: open('/proc/{worker}/mem', 'rb').fileno()),"
        f" ('fd', lambda: __import__('os').listdir('/proc/{worker}/fd')))",
        "signals": "import os\nreturn attempt(('parent', lambda: os.kill(os.getppid() or 1, 0)), ('worker', lambda:"
        f" os.kill({worker}, 0)), ('all', lambda: os.kill(-1, 0)), ('group', lambda: os.killpg(os.getpgid(0), 0)),"
        " ('terminate', lambda: os.kill(os.getppid() or 1, 9)))",
        "sockets": "import _socket\ndef connect(family, address):\n  s = _socket.socket(family, 1)\n  s.settimeout(1)\n"
        "  s.connect(address)\n  return 'connected'\n"
        f"return attempt(('tcp', lambda: connect(2, ('127.0.0.1', {port}))), ('path', lambda: connect(1, {around.path!r})),"
        f" ('abstract', lambda: connect(1, '\\0battery{worker}')), ('udp', lambda: _socket.socket(2, 2)),"
        " ('raw', lambda: _socket.socket(17, 3, 3)))",
        "fork bomb": "import os\ndef bomb():\n  for _ in range(200):\n   if os.fork() == 0:\n    import time\n"
        "    time.sleep(30)\nreturn attempt(('fork', bomb))",
        "daemon": "import os\ndef daemon():\n  if os.fork() == 0:\n   os.setsid()\n   if os.fork() == 0:\n    import time\n"
        "    time.sleep(30)\n   os._exit(0)\nreturn attempt(('daemon', daemon))",
        "thread bomb": "import _thread, time\ndef bomb():\n  for _ in range(1000): _thread.start_new_thread(time.sleep, (5,))\n"
        "return attempt(('threads', bomb))",
        "execute": "import os\nreturn attempt(('execve', lambda: os.execve('/bin/true', ['true'], {})),"
        " ('setuid', lambda: os.setresuid(0, 0, 0)))",
        "system calls": f"return attempt({', '.join(raw)})",
        "forged limits": "import resource\nreturn attempt(('nofile', lambda: resource.prlimit(1, 7)))",
    }


FORGING = {
    "os._exit": "import os\nos._exit(0)",
    "sys.exit": "import sys\nsys.exit(0)",
    "infinite loop": "while 1: pass",
    "catch-all loop": "while 1:\n try:\n  while 1: pass\n except BaseException: pass",
    "sleep": "import time\ntime.sleep(100)",
    "memory bomb": "a = []\nwhile 1: a.append(bytearray(64 << 20))",
    "huge answer": "return 'x' * (200 << 20)",
    "huge output": "for _ in range(200): print('y' * 1000000)",
    "deep value": "x = []\nfor _ in range(100000): x = [x]\nreturn x",
    "deep recursion": "import sys\nsys.setrecursionlimit(10**9)\ndef g(n): return [g(n + 1)]\nreturn g(0)",
    "segmentation fault": "ctypes.string_at(0)",
    "equal to all": "class E:\n def __eq__(s, o): return True\n def __hash__(s): return 0\nreturn E()",
    "subclass of int": "class E(int):\n def __eq__(s, o): return True\nreturn E(5)",
    "subclass of str": f"class E(str):\n def __eq__(s, o): return True\nreturn E({FLAG[:9]!r})",
    "huge number": "return 10 ** 2000000",
    "patched encoder": "import sys\nsys.modules['envs.sandbox.codec'].encode = lambda value: b'i1;'\n"
    "sys.modules['envs.sandbox.outcome'].encode = lambda value: b'i1;'\nreturn 1",
    "tracing": "import sys\nsys.settrace(lambda *a: None)\nsys.setprofile(lambda *a: None)\nreturn 0",
    "forged frames": frames_up("arena[(32 << 20) + 16:(32 << 20) + 40] = b'V' + b'\\x01' * 23"),
    "forged length": frames_up("arena[32 << 20:(32 << 20) + 8] = b'\\xff' * 8"),
    "expected in frames": "import sys, gc\nframe = sys._getframe()\nwhile frame is not None:\n for v in list(frame.f_locals"
    ".values()):\n  if isinstance(v, str) and v.startswith('EXPECTED<'): return v\n frame = frame.f_back\n"
    "for o in gc.get_objects():\n if isinstance(o, dict):\n  for v in list(o.values()):\n"
    "   if isinstance(v, str) and v.startswith('EXPECTED<'): return v",
    "expected in the worker's memory": "import re\nfor line in open('/proc/%d/maps'):\n parts = line.split()\n"
    " if 'rw' not in parts[1]: continue\n start, end = [int(x, 16) for x in parts[0].split('-')]\n"
    " if end - start > 64 << 20: continue\n with open('/proc/%d/mem', 'rb', 0) as memory:\n  try:\n   memory.seek(start)\n"
    "   data = memory.read(end - start)\n  except (OSError, ValueError): continue\n"
    " for hit in re.findall(rb'EXPECTED<([0-9a-f]{12})>', data):\n"
    "  return 'EXPECTED<' + hit.decode() + '>'" % (os.getpid(), os.getpid()),
}
LEAVE_MARK = frames_up("arena[48 << 20:(48 << 20) + 7] = b'TRACES!'")
FIND_MARK = frames_up("return arena[48 << 20:(48 << 20) + 7]")


def judge(lane: FastLane, body: str, expected: bytes) -> tuple[bool, str]:
    """Whether the program got its pass, and how the run ended."""
    check = Check("attack", pickle.dumps((("",), {})), expected)
    verdict = lane.run(Program(MODULE, FUNCTION, program(body)), [check])
    result = verdict.results[0]
    return result.passed, f"{result.outcome} {verdict.limit or ''} {verdict.error or result.detail}"


def returning(value: object) -> bytes:
    """The expected bytes of a program that returns ``value``."""
    return expected_form(encode(("returned", value, ("",), {}, "")))


def main() -> None:
    """Runs all and reports."""
    tier = sys.argv[1]
    os.environ["SECRET_TOKEN"] = "hunter2"
    config = SandboxConfig(
        tier=tier, minimum_tier="D", cpu_seconds=1, wall_seconds=1.2, check_seconds=0.2, memory_mb=400
    )
    report: dict[str, object] = {"uid": os.getuid(), "tier": tier}
    with tempfile.TemporaryDirectory() as folder, FastLane(config) as lane:
        around = Surroundings(Path(folder))
        flag = returning(FLAG)
        attacks = containing(around) if tier != "D" else {}
        forging = FORGING if tier != "D" else {name: FORGING[name] for name in list(FORGING)[-2:]}
        report["forged"] = [name for name, body in forging.items() if judge(lane, body, flag)[0]]
        held = {name: judge(lane, body, returning([])) for name, body in attacks.items()}
        report["not_contained"] = {name: how for name, (passed, how) in held.items() if not passed}
        judge(lane, LEAVE_MARK, flag)
        report["traces"] = not judge(lane, FIND_MARK, returning(b"\0" * 7))[0]
        report["healthy"] = judge(lane, "return 5", returning(5))[0]
        report["connected"] = connections(around)
        report["files"] = [path for path in around.spots if os.path.lexists(path)]
        report["folder"] = sorted(os.listdir(folder))
        report["restarts"] = {name: n for name, n in lane.stats().items() if name.startswith("restarts")}
    time.sleep(0.1)
    report["left_over"] = [" ".join(child.cmdline()) for child in psutil.Process().children(recursive=True)]
    print(json.dumps(report))  # noqa: T201


def connections(around: Surroundings) -> int:
    """How many attackers got through to the listening sockets."""
    count = 0
    for listener in (around.tcp, around.unix, around.abstract):
        listener.setblocking(False)
        try:
            listener.accept()
            count += 1
        except BlockingIOError:
            continue
    return count


if __name__ == "__main__":
    main()
