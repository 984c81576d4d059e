"""
The slow lane: a repository's own pytest suite, on a copy, with changed files laid over it.

The code under test runs in the same interpreter as its tests, as it does in every pytest run. The verdict is taken
here, in a process that it can't reach: from signed lines that say how each test ended, in which the first word on a
test counts, a second one is an attempt to deceive, and what was not said did not pass. Changes that look for the
machinery around them are refused before they run (``screen``). Test files and pytest's
configuration always come from the repository, whatever the overlay holds. A caller that wants "no test was lost"
compares the ids with those of a run without overlay.
"""

from __future__ import annotations

import fnmatch
import hmac
import json
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from core.errors import UserError
from core.records import Limit, Outcome
from envs.sandbox.config import Limits, SandboxConfig, Tier
from envs.sandbox.confined import Finished, Starter, run_confined, suite_tier
from envs.sandbox.screen import reaching_names

_HARNESS = Path(__file__).with_name("suite_harness.py")
_NOT_COPIED = shutil.ignore_patterns(
    ".git", ".hg", "__pycache__", ".venv", "venv", ".tox", ".nox", "node_modules", ".mypy_cache", ".pytest_cache"
)
_PROTECTED_NAMES = (
    "test_*.py",
    "*_test.py",
    "conftest.py",
    "pytest.ini",
    ".pytest.ini",
    "pytest.toml",
    "tox.ini",
    "setup.cfg",
    "pyproject.toml",
    "sitecustomize.py",
    "usercustomize.py",
    "*.pth",
    "*.so",
)
_TEST_FOLDERS = frozenset(("test", "tests", "testing"))
_ARGUMENTS = ("-p", "no:cacheprovider", "-q", "--no-header", "--tb=no", "--continue-on-collection-errors")
_USAGE_ERROR, _NOTHING_COLLECTED = 4, 5
_OUTCOMES = {
    "passed": Outcome.PASSED,
    "failed": Outcome.FAILED,
    "raised": Outcome.RAISED,
    "skipped": Outcome.MISSING,
    "tampered": Outcome.DIED,
}


@dataclass(frozen=True, slots=True)
class TestResult:
    """
    One test. A skipped one is ``MISSING``. ``lines``: what it executed of each ``cover`` file (those of which it ran
    none are left out). ``raised_at``: the deepest covered (or else the repository's) file and line of the traceback.
    """

    __test__ = False  # not for pytest to collect

    id: str
    outcome: Outcome
    seconds: float = 0.0
    message: str = ""
    lines: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    raised_at: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True)
class SuiteVerdict:
    """Every test that was collected, in the order of the run; ``error`` says why some could not be, or ended early."""

    tests: tuple[TestResult, ...]
    error: str
    cpu_s: float
    tier: Tier
    limit: Limit | None = None

    @property
    def passed(self) -> bool:
        """Whether at least one test passed, none went wrong, and the run ended as it should."""
        ran = [test for test in self.tests if test.outcome is not Outcome.MISSING]
        return not self.error and bool(ran) and all(test.outcome is Outcome.PASSED for test in ran)


class SuiteLane:
    """
    Runs suites, one at a time; holds nothing between runs. ``start``: how the jail is started, by default as a fresh
    interpreter; ``warm_suite.WarmStarter`` forks one that has imported pytest already.
    """

    def __init__(self, config: SandboxConfig | None = None, *, start: Starter | None = None) -> None:
        self.config, self._start = config or SandboxConfig(), start
        self.tier = suite_tier(self.config)

    def run(
        self,
        repo: Path,
        overlay: Mapping[str, str],
        targets: Sequence[str],
        *,
        cover: Sequence[str] = (),
        timeout_s: float = 60,
    ) -> SuiteVerdict:
        """
        ``targets`` (files, folders or test ids, relative to ``repo``) on a read-only copy of ``repo`` where ``overlay``
        replaces files by path; home and temporary files live in a scratch directory. Raises UserError for paths outside
        the repository, SandboxError where the sandbox fails.
        """
        with tempfile.TemporaryDirectory(prefix="journeyman-suite-") as folder:
            scratch, copy = Path(folder).resolve() / "scratch", Path(folder).resolve() / "repo"
            scratch.mkdir()
            shutil.copytree(repo, copy, symlinks=True, ignore=_NOT_COPIED)
            reaching = _lay_over(copy, overlay, targets)
            if reaching:
                return SuiteVerdict((), f"refused: the change reaches for {', '.join(reaching)}", 0.0, self.tier)
            return self._judge(scratch, copy, targets, cover, timeout_s)

    def _judge(
        self, scratch: Path, copy: Path, targets: Sequence[str], cover: Sequence[str], timeout_s: float
    ) -> SuiteVerdict:
        """With the repository's own pytest options; without them where they need plug-ins that aren't here."""
        verdict = SuiteVerdict((), "", 0.0, self.tier)
        for arguments in (_ARGUMENTS, (*_ARGUMENTS, "-o", "addopts=")):
            key = secrets.token_bytes(32)
            finished = self._execute(scratch, copy, (arguments, targets, cover), key, timeout_s)
            verdict = _weigh(finished, key)
            if finished.returncode != _USAGE_ERROR or verdict.tests:
                break
        return verdict

    def _execute(
        self,
        scratch: Path,
        copy: Path,
        what: tuple[Sequence[str], Sequence[str], Sequence[str]],
        key: bytes,
        timeout_s: float,
    ) -> Finished:
        arguments, targets, cover = what
        read_end, write_end = os.pipe()
        settings = {"pipe": write_end, "key": key.hex(), "root": str(copy), "cover": list(cover)}
        orders = _sealed(json.dumps(settings | {"arguments": list(arguments), "targets": list(targets)}))
        try:
            return run_confined(
                [sys.executable, "-P", str(_HARNESS), str(orders)],
                scratch=scratch,
                read=(_HARNESS, copy),
                env=_environment(scratch, copy),
                limits=Limits(cpu_seconds=timeout_s + 1, wall_seconds=timeout_s, memory_mb=4096, output_bytes=32 << 20),
                config=self.config,
                directory=copy,
                kept_fds=(orders,),
                report=(read_end, write_end),
                start=self._start,
            )
        finally:
            os.close(orders)


def _environment(scratch: Path, copy: Path) -> dict[str, str]:
    """The copy comes before an installed version of the same package."""
    path = os.pathsep.join(str(folder) for folder in (copy / "src", copy) if folder.is_dir())
    return {"PYTHONPATH": path, "HYPOTHESIS_STORAGE_DIRECTORY": str(scratch / "hypothesis")}


def _sealed(text: str) -> int:
    """A file in memory that holds ``text``; the harness reads and closes it before anything else."""
    descriptor = os.memfd_create("orders", os.MFD_CLOEXEC)
    os.write(descriptor, text.encode())
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def is_protected(path: str, targets: Sequence[str] = ()) -> bool:
    """Whether a file decides how code is tested: tests, fixtures, pytest's configuration, the targets themselves."""
    parts = PurePosixPath(path).parts
    if any(fnmatch.fnmatch(parts[-1], pattern) for pattern in _PROTECTED_NAMES):
        return True
    files = {target.partition("::")[0] for target in targets}
    return path in files or any(part in _TEST_FOLDERS for part in parts[:-1])


def _lay_over(copy: Path, overlay: Mapping[str, str], targets: Sequence[str]) -> list[str]:
    """Returns what the changes reach for by introspection, see ``screen``."""
    reaching: list[str] = []
    for path, text in overlay.items():
        target = copy / path
        if PurePosixPath(path).is_absolute() or not target.resolve().is_relative_to(copy):
            raise UserError("not a path inside the repository", where=path)
        if not is_protected(str(PurePosixPath(path)), targets):
            before = target.read_text(encoding="utf-8", errors="replace") if target.is_file() else ""
            reaching += reaching_names(before, text)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
    return reaching


def _weigh(finished: Finished, key: bytes) -> SuiteVerdict:
    """From the signed lines to a verdict."""
    messages, forged = _messages(finished.report, key)
    account = _Account(finished.limit)
    for message in messages:
        account.take(message)
    error = "; ".join([*account.broken, *(["lines with a wrong signature"] if forged else [])])
    if not account.ended:
        error = error or _tail(finished)
    elif not account.order:
        error = error or "no test was collected"
    return SuiteVerdict(account.results(), error, finished.cpu_s, finished.tier, finished.limit)


def _tail(finished: Finished) -> str:
    said = (finished.stderr or finished.stdout).decode("utf-8", "replace").strip().splitlines()
    cause = f"limit {finished.limit}" if finished.limit else f"exit code {finished.returncode}"
    return f"the run ended early ({cause}): {' '.join(said[-3:])[-500:]}"


def _messages(report: bytes, key: bytes) -> tuple[list[dict[str, Any]], bool]:
    messages, forged = [], False
    for line in report.split(b"\n"):
        signature, _, body = line.partition(b" ")
        if hmac.compare_digest(signature, hmac.digest(key, body, "sha256").hex().encode()):
            messages.append(json.loads(body))
        elif line:
            forged = True
    return messages, forged


class _Account:
    """What was said about each test."""

    def __init__(self, limit: Limit | None) -> None:
        self._limit = limit
        self.order: dict[str, None] = {}
        self._begun: set[str] = set()
        self._results: dict[str, TestResult] = {}
        self.broken: list[str] = []
        self.ended = False

    def take(self, message: dict[str, Any]) -> None:
        kind = message["kind"]
        if kind == "collected":
            self.order |= dict.fromkeys(message["ids"])
        elif kind == "broken":
            self.broken.append(f"{message['id']}: {message['message'].strip()}")
        elif kind == "start":
            self._begun.add(message["id"])
        elif kind == "end":
            self.ended = True
        elif message["id"] in self._results:
            self._results[message["id"]] = TestResult(message["id"], Outcome.DIED, message="reported twice")
        else:
            self._results[message["id"]] = _result(message)

    def results(self) -> tuple[TestResult, ...]:
        """In the order of collection: said, cut off, never begun."""
        return tuple(self._results.get(test) or self._unsaid(test) for test in self.order)

    def _unsaid(self, test: str) -> TestResult:
        if test not in self._begun:
            return TestResult(test, Outcome.MISSING, message="not reached")
        hanging = self._limit in (Limit.WALL, Limit.CPU)
        return TestResult(test, Outcome.TIMEOUT if hanging else Outcome.DIED, message="cut off")


def _result(message: dict[str, Any]) -> TestResult:
    lines = {path: tuple(numbers) for path, numbers in message["lines"].items()}
    raised = (str(message["raised"][0]), int(message["raised"][1])) if message["raised"] else None
    outcome = _OUTCOMES[message["outcome"]]
    return TestResult(message["id"], outcome, message["seconds"], message["message"], lines, raised)
