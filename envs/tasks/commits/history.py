"""
The history of a repository: read by ``git``, so that no hook, filter, pager, helper or setting of anybody has a say.

    history = History.of(Path("repository"))
    for commit in history.commits(50):
        if commit.code and commit.tests:
            history.export(commit.revision, folder)   # a tree without history, refs or remotes

Files are written from the objects themselves and not by ``git archive``, which runs the filters that a repository's
settings name, and leaves out what its ``export-ignore`` names: the tests, often.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from core.errors import TaskError

_ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    "LC_ALL": "C",
}
# A repository's own settings stay in force where nothing else is said. Whose it is doesn't matter: nothing that it
# names is run.
_SETTINGS = (
    *("-c", "safe.directory=*"),
    *("-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}", "-c", "log.showSignature=false"),
    *("-c", "protocol.allow=never", "-c", "core.quotePath=false", "-c", "core.untrackedCache=false"),
)
_SECONDS = 60.0
_TEST_FOLDERS = frozenset(("test", "tests", "testing"))
_TEST_FILES = ("test_*.py", "*_test.py")
_REGULAR = ("100644", "100755")
# Bytes. What is larger is data that hardly a test of one function needs.
_LARGEST_FILE, _LARGEST_TREE = 4 << 20, 256 << 20
SHORT = 12  # characters of a revision that are shown


@dataclass(frozen=True, slots=True)
class Commit:
    """
    A commit against its first parent. ``subject``: the first line of its message. ``code``, ``tests``: the Python files
    that it modified, and the test files that it modified or added, relative to the repository's folder.
    """

    revision: str
    parent: str
    subject: str
    code: tuple[str, ...]
    tests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class History:
    """What ``git`` tells of the folder ``home``, which may lie inside a work tree. ``shallow``: not all is there."""

    home: Path
    shallow: bool = False

    @classmethod
    def of(cls, home: Path) -> History:
        """
        Raises:
            TaskError: ``home`` is in no git repository, in a bare one, or in one without commits, or git is missing.
        """
        found = cls(home)
        shallow = found._git("rev-parse", "--is-shallow-repository").strip()
        if is_bare(home):
            raise TaskError("a bare repository has no files to mine", where=str(home), remedy="Give a clone of it")
        if not found._git("rev-list", "--max-count=1", "--all"):
            raise TaskError("the repository has no commits", where=str(home))
        return cls(home, shallow == b"true")

    def commits(self, most: int) -> Iterator[Commit]:
        """The newest ``most`` commits along the first parents from HEAD, the newest first; the very first is none."""
        form = "--format=%H%x00%P%x00%s"
        listed = self._git("log", "--first-parent", f"--max-count={most}", "--encoding=UTF-8", form, "HEAD", "--")
        for line in filter(None, listed.decode("utf-8", "replace").split("\n")):
            revision, parents, subject = line.split("\0", 2)
            if parents:
                parent = parents.split()[0]
                yield Commit(revision, parent, subject, *self._changed(parent, revision))

    def _changed(self, parent: str, revision: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        plain = ("--no-ext-diff", "--no-textconv", "--no-renames", "--relative", "--name-status", "-r", "-z")
        words = self._git("diff-tree", *plain, parent, revision, "--").decode("utf-8", "surrogateescape").split("\0")
        pairs = [(path, status) for status, path in zip(words[::2], words[1::2], strict=False) if path.endswith(".py")]
        code = tuple(path for path, status in pairs if status == "M" and not is_test(path))
        return code, tuple(path for path, status in pairs if status in ("M", "A") and is_test(path))

    def text(self, revision: str, path: str) -> str | None:
        """A file as it was, with unified line ends; None where there was none, or it is no UTF-8."""
        try:
            data = self._git("cat-file", "blob", f"{revision}:./{path}")
            return data.decode("utf-8-sig").replace("\r\n", "\n")
        except (TaskError, UnicodeDecodeError):
            return None

    def export(self, revision: str, folder: Path) -> None:
        """
        Writes the files of a commit below ``folder`` (made where it is missing), links and submodules left out.

        Raises:
            TaskError: they are too large together, or an object is missing.
        """
        listed = self._git("ls-tree", "-r", "-l", "-z", revision, "--").decode("utf-8", "surrogateescape")
        rows = [row.partition("\t") for row in listed.split("\0") if row]
        files = [(path, *head.split()) for head, _, path in rows]
        kept = [
            (path, name, int(size))
            for path, mode, _, name, size in files
            if mode in _REGULAR and _inside(path) and int(size) <= _LARGEST_FILE
        ]
        if sum(size for _, _, size in kept) > _LARGEST_TREE:
            raise TaskError("the tree is too large", where=revision[:SHORT])
        data = self._git("cat-file", "--batch", said="".join(f"{name}\n" for _, name, _ in kept).encode())
        for path, content in zip([path for path, _, _ in kept], _blobs(data), strict=True):
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)

    def _git(self, *arguments: str, said: bytes = b"") -> bytes:
        return git(self.home, arguments, said)


def is_bare(home: Path) -> bool:
    """Whether a folder is a repository without files of its own, or the inside of one; False where it is neither."""
    try:
        return b"true" in git(home, ("rev-parse", "--is-bare-repository", "--is-inside-git-dir"))
    except TaskError:
        return False


def git(home: Path, arguments: Sequence[str], said: bytes = b"") -> bytes:
    """
    What ``git`` writes in the folder ``home``. ``said``: its standard input.

    Raises:
        TaskError: it fails, with its own words, is too slow, or isn't installed.
    """
    environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": os.devnull, **_ENVIRONMENT}
    command = ["git", "--no-pager", *_SETTINGS, *arguments]
    try:
        done = subprocess.run(command, cwd=home, env=environment, input=said, capture_output=True, timeout=_SECONDS)
    except FileNotFoundError as error:
        raise TaskError("git is not installed, or the folder is gone", where=str(home)) from error
    except subprocess.TimeoutExpired as error:
        raise TaskError(f"git {arguments[0]} takes longer than {_SECONDS:.0f} s", where=str(home)) from error
    if done.returncode:
        told = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0].removeprefix("fatal: ")
        raise TaskError(told or f"git {arguments[0]} failed", where=str(home))
    return done.stdout


def is_test(path: str) -> bool:
    """Whether a Python file is a test or serves tests."""
    *folders, name = PurePosixPath(path).parts
    return bool(_TEST_FOLDERS & set(folders)) or name == "conftest.py" or runs(path)


def runs(path: str) -> bool:
    """Whether pytest would take a file for one of tests."""
    return any(fnmatch(PurePosixPath(path).name, pattern) for pattern in _TEST_FILES)


def _inside(path: str) -> bool:
    """Whether a path of a tree stays below the folder that it is written to, and out of what git would read there."""
    parts = PurePosixPath(path).parts
    return not path.startswith("/") and ".." not in parts and ".git" not in map(str.lower, parts)


def _blobs(data: bytes) -> Iterator[bytes]:
    """The contents in what ``cat-file --batch`` writes: ``<name> blob <size>``, the content, a line end, and so on."""
    at = 0
    while at < len(data):
        end = data.index(b"\n", at)
        words = data[at:end].split()
        if len(words) != 3:
            raise TaskError("an object is missing", where=words[0].decode()[:SHORT] if words else "")
        size = int(words[2])
        yield data[end + 1 : end + 1 + size]
        at = end + size + 2
