from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from core.errors import SandboxError, SandboxUnavailable, UserError
from core.records import Limit, Outcome
from envs.sandbox.config import Limits, SandboxConfig
from envs.sandbox.confined import run_confined
from envs.sandbox.suite import SuiteLane, is_protected

MODULE = "def f(x):\n    if x > 3:\n        return x + 1\n    return x\n\n\ndef g(x):\n    raise KeyError(x)\n"
TESTS = """
import socket
import subprocess
import unittest

import pytest

from mod import f, g


def test_passes():
    assert f(1) == 1

def test_fails():
    assert f(5) == 5

def test_raises():
    g(1)

@pytest.mark.skip(reason="not today")
def test_skipped():
    pass

def test_needs_files_and_processes(tmp_path):
    (tmp_path / "x").write_text("x")
    assert subprocess.run(["/bin/sh", "-c", "exit 3"]).returncode == 3

class Case(unittest.TestCase):
    def test_passes(self):
        self.assertEqual(f(5), 6)
    def test_fails(self):
        self.assertEqual(f(5), 7)
"""


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    repo = tmp_path_factory.mktemp("repo")
    (repo / "tests").mkdir()
    (repo / "mod.py").write_text(MODULE)
    (repo / "tests" / "test_mod.py").write_text(TESTS)
    (repo / "pytest.ini").write_text("[pytest]\naddopts = --option-of-a-missing-plugin\n")
    return repo


@pytest.fixture(scope="module")
def lane() -> SuiteLane:
    return SuiteLane()


def test_each_test_has_its_outcome_its_lines_and_where_it_raised(lane: SuiteLane, repo: Path) -> None:
    verdict = lane.run(repo, {}, ["tests"], cover=["mod.py"])
    tests = {test.id.partition("::")[2]: test for test in verdict.tests}
    assert verdict.error == ""
    assert {name: test.outcome for name, test in tests.items()} == {
        "test_passes": Outcome.PASSED,
        "test_fails": Outcome.FAILED,
        "test_raises": Outcome.RAISED,
        "test_skipped": Outcome.MISSING,
        "test_needs_files_and_processes": Outcome.PASSED,
        "Case::test_passes": Outcome.PASSED,
        "Case::test_fails": Outcome.FAILED,
    }
    assert tests["test_passes"].lines == {"mod.py": (2, 4)}
    assert tests["test_fails"].lines == {"mod.py": (2, 3)}
    assert tests["test_raises"].raised_at == ("mod.py", 8)
    assert tests["test_fails"].message.startswith("AssertionError")
    assert not verdict.passed


def test_the_overlay_changes_code_and_never_tests(lane: SuiteLane, repo: Path) -> None:
    overlay = {
        "mod.py": "def f(x):\n    return 5\ng = print\n",
        "tests/test_mod.py": "",
        "conftest.py": "raise SystemExit",
    }
    verdict = lane.run(repo, overlay, ["tests/test_mod.py::test_fails", "tests/test_mod.py::test_passes"])
    assert [test.outcome for test in verdict.tests] == [Outcome.PASSED, Outcome.FAILED]
    assert (repo / "mod.py").read_text() == MODULE


def test_a_module_that_does_not_import_is_an_error(lane: SuiteLane, repo: Path) -> None:
    verdict = lane.run(repo, {"mod.py": "def f(:"}, ["tests"])
    assert verdict.tests == ()
    assert "SyntaxError" in verdict.error


def test_paths_outside_are_refused(lane: SuiteLane, repo: Path) -> None:
    for path in ("../x.py", "/etc/x.py"):
        with pytest.raises(UserError, match="not a path inside"):
            lane.run(repo, {path: ""}, ["tests"])


def test_what_hangs_is_cut_off(lane: SuiteLane, repo: Path) -> None:
    overlay = {"mod.py": "def f(x):\n    while True: pass\ng = f\n"}
    verdict = lane.run(repo, overlay, ["tests/test_mod.py"], timeout_s=3)
    assert verdict.limit is Limit.WALL
    assert verdict.tests[0].outcome is Outcome.TIMEOUT
    assert verdict.tests[1].outcome is Outcome.MISSING


def test_which_files_decide_how_code_is_tested() -> None:
    protected = ["conftest.py", "a/test_b.py", "a/b_test.py", "tests/helper.py", "pyproject.toml", "target.py"]
    assert all(is_protected(path, ["target.py::test_x"]) for path in protected)
    assert not is_protected("src/package/module.py", ["tests/test_a.py"])


def test_a_command_sees_its_scratch_directory_and_little_else(tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("secret")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    code = (
        f"import os\nopen('made', 'w').write('x')\n"
        f"for path in ({str(outside)!r}, '/etc/passwd'):\n"
        " try: print(open(path).read())\n except OSError as error: print(type(error).__name__)\n"
        "print(sorted(os.environ) == sorted(set(os.environ) - {'SECRET_TOKEN'}))"
    )
    os.environ["SECRET_TOKEN"] = "hunter2"
    try:
        finished = run_confined([sys.executable, "-c", code], scratch=scratch)
    finally:
        del os.environ["SECRET_TOKEN"]
    assert finished.returncode == 0, finished.stderr
    assert b"secret" not in finished.stdout
    assert b"root" not in finished.stdout
    assert finished.stdout.strip().endswith(b"True")
    assert (scratch / "made").read_text() == "x"


@pytest.mark.parametrize(
    ("code", "limit"),
    [
        ("import time; time.sleep(60)", Limit.WALL),
        ("while True: print('x' * 10000)", Limit.OUTPUT),
        ("import os; os.close(1); os.close(2)\nimport time; time.sleep(60)", Limit.WALL),
    ],
)
def test_limits_end_a_command(tmp_path: Path, code: str, limit: Limit) -> None:
    limits = Limits(cpu_seconds=5, wall_seconds=2, memory_mb=1024, output_bytes=1 << 20)
    finished = run_confined([sys.executable, "-c", code], scratch=tmp_path, limits=limits)
    assert finished.limit is limit
    assert finished.returncode != 0


def test_what_can_not_be_started_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="No such file"):
        run_confined(["/no/such/program"], scratch=tmp_path)


def test_a_tier_that_grants_no_files_is_refused() -> None:
    with pytest.raises(SandboxUnavailable, match="can't confine code that needs files"):
        SuiteLane(SandboxConfig(tier="C", minimum_tier="C"))
