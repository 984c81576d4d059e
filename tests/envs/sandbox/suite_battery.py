"""
Attacks on the slow lane: ``python -m tests.envs.sandbox.suite_battery TIER [warm]`` prints one JSON object. Each attack is a
changed module of a small repository whose only test asks it for an answer that it doesn't give.
"""

# ruff: noqa: E501  (the attacks are program texts)
from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path

import psutil

from core.records import Outcome
from envs.sandbox import suite
from envs.sandbox.config import SandboxConfig
from envs.sandbox.warm_suite import WarmStarter
from tests.envs.sandbox.battery import Surroundings, connections

MARK = f"sandbox-left-over-{os.getpid()}"
TEST = "from answer import answer\n\n\ndef test_answer():\n    assert answer() == 42\n"
GOOD = "def answer():\n    return 42\n"
SLEEP = f"os.execv('/bin/sh', ['{MARK}', '-c', 'sleep 60; true'])"

FORGING = {
    "os._exit": "def answer():\n    import os\n    os._exit(0)",
    "sys.exit": "def answer():\n    import sys\n    sys.exit(0)",
    "skip": "def answer():\n    import pytest\n    pytest.skip('no')",
    "atexit": "import atexit, os\natexit.register(lambda: os._exit(0))\ndef answer(): return 1",
    "patched report": "import _pytest.reports\n"
    "_pytest.reports.TestReport.failed = False\n_pytest.reports.TestReport.passed = True\n"
    "old = _pytest.reports.TestReport.from_item_and_call.__func__\n"
    "def forged(cls, item, call):\n    report = old(cls, item, call)\n    report.outcome = 'passed'\n    return report\n"
    "_pytest.reports.TestReport.from_item_and_call = classmethod(forged)\ndef answer(): return 1",
    "patched runtest": "import _pytest.python\n_pytest.python.Function.runtest = lambda self: None\ndef answer(): return 1",
    "patched call": "import _pytest.python\n_pytest.python.pytest_pyfunc_call.__code__ = (lambda pyfuncitem: True).__code__\n"
    "def answer(): return 1",
    "equal to all": "class E:\n    def __ne__(self, other): return False\ndef answer(): return E()",
    "lines without a key": 'import os\ndef answer():\n    line = b\'0\' * 64 + b\' {"kind": "result", "id": "test_it.py::'
    'test_answer", "outcome": "passed", "seconds": 0, "message": "", "lines": {}, "raised": null}\\n\'\n'
    "    for fd in range(3, 40):\n        try: os.write(fd, line)\n        except OSError: pass\n    os._exit(0)",
    "speaking for the reporter": "import gc, os\ndef answer():\n    for thing in gc.get_objects():\n"
    "        if getattr(thing, '__name__', '') == 'say' and hasattr(thing, '__closure__'):\n"
    "            thing(kind='result', id='test_it.py::test_answer', outcome='passed', seconds=0, message='', lines={},"
    " raised=None)\n            thing(kind='end', status=0)\n    os._exit(0)",
    "rewritten test": "open(__file__.replace('answer.py', 'test_it.py'), 'w').write('def test_answer(): pass')\n"
    "def answer(): return 1",
    "endless loop": "def answer():\n    while True: pass",
    "fork bomb": "import os, time\ndef answer():\n    while True:\n        try: os.fork()\n        except OSError: time.sleep(1)",
    "daemon": f"import os\ndef answer():\n    if os.fork() == 0:\n        os.setsid()\n        if os.fork() == 0: {SLEEP}\n"
    "        os._exit(0)\n    return 1",
    "killing everybody": "import os\ndef answer():\n    os.kill(-1, 9)",
}
SCREENED = {
    "patched report",
    "patched runtest",
    "patched call",
    "speaking for the reporter",
    "os._exit",
    "atexit",
    "skip",
}


def reaching(around: Surroundings) -> str:
    """A module that lists what it could get at; its list should be empty."""
    worker, port = os.getpid(), around.tcp.getsockname()[1]
    return f"""
import os, socket
def attempt(name, action):
    try: return [(name, repr(action())[:60])]
    except BaseException: return []
def connect(family, address):
    s = socket.socket(family)
    s.settimeout(1)
    s.connect(address)
def answer():
    got = []
    for path in {around.spots!r} + [{str(around.victim)!r}, {str(around.folder / "new")!r}]:
        if not path.startswith('/tmp/battery'):
            got += attempt('write ' + path, lambda: open(path, 'w'))
    for path in ({str(around.secret)!r}, '/etc/passwd', '/root/.bashrc', '/proc/{worker}/environ', '/proc/{worker}/mem'):
        got += attempt('read ' + path, lambda: open(path, 'rb').read(20))
    got += attempt('env', lambda: os.environ['SECRET_TOKEN'])
    got += attempt('tcp', lambda: connect(2, ('127.0.0.1', {port})))
    got += attempt('path', lambda: connect(1, {around.path!r}))
    got += attempt('abstract', lambda: connect(1, '\\0battery{worker}'))
    got += attempt('signal', lambda: os.kill({worker}, 0))
    got += attempt('unlink', lambda: os.unlink({str(around.victim)!r}))
    got += attempt('own test', lambda: open('test_it.py', 'w'))
    assert got == [], got
    return 42
"""


def outcome(lane: suite.SuiteLane, repo: Path, text: str, *, screened: bool) -> tuple[bool, str]:
    """Whether the one test passed, with the screening of changed files switched off where ``screened`` is False."""
    overlay = {"answer.py": text, "test_it.py": "def test_answer(): pass", "conftest.py": "raise SystemExit(0)"}
    if screened:
        verdict = lane.run(repo, overlay, ["test_it.py"], timeout_s=4)
    else:  # as if the repository itself were hostile
        (repo / "answer.py").write_text(text)
        verdict = lane.run(repo, {}, ["test_it.py"], timeout_s=4)
        (repo / "answer.py").write_text("def answer():\n    return 1\n")
    tests = {test.id: test for test in verdict.tests}
    found = tests.get("test_it.py::test_answer")
    said = f"{found.outcome} {found.message}" if found else ""
    return (found is not None and found.outcome is Outcome.PASSED and not verdict.error), f"{said} {verdict.error}"


def main() -> None:
    """Runs all and reports."""
    os.environ["SECRET_TOKEN"] = "hunter2"
    warm = WarmStarter() if "warm" in sys.argv[2:] else None
    lane = suite.SuiteLane(SandboxConfig(tier=sys.argv[1]), start=warm)
    report: dict[str, object] = {"uid": os.getuid(), "tier": lane.tier}
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as outside:
        repo, around = Path(folder), Surroundings(Path(outside))
        (repo / "answer.py").write_text("def answer():\n    return 1\n")
        (repo / "test_it.py").write_text(TEST)
        attacks = FORGING
        said = {name: outcome(lane, repo, text, screened=name in SCREENED) for name, text in attacks.items()}
        report["forged"] = [name for name, (passed, _) in said.items() if passed]
        report["said"] = {name: how[:200] for name, (_, how) in said.items()}
        passed, how = outcome(lane, repo, reaching(around), screened=False)
        report["got"] = {} if passed else {"got": how}
        report["healthy"] = outcome(lane, repo, GOOD, screened=True)[0]
        report["connected"] = connections(around)
        report["files"] = [path for path in around.spots if os.path.lexists(path)]
    if warm is not None:
        warm.close()
    time.sleep(0.1)
    report["left_over"] = left_over()
    print(json.dumps(report))  # noqa: T201


def left_over() -> list[str]:
    """Descendants, and whoever carries the mark."""
    found = [" ".join(child.cmdline()) for child in psutil.Process().children(recursive=True)]
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if words and words[0] == MARK:
            found.append(" ".join(words))
    return found


if __name__ == "__main__":
    main()
