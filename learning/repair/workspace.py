"""A repository's own source files: found, read, changed as text, written back byte by byte as they were elsewhere."""

from __future__ import annotations

import difflib
import io
import os
import tokenize
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from core.errors import UserError
from data.files import write_atomically

_TESTS = frozenset({"test", "tests", "testing"})
_SKIPPED_FOLDERS = _TESTS | {"build", "dist", "doc", "docs", "env", "examples", "node_modules", "site-packages", "venv"}
_SKIPPED_FILES = frozenset({"conftest.py", "noxfile.py", "setup.py"})
_LARGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class SourceText:
    """A file's text with its line ends as they are, and the encoding to write it back in."""

    text: str
    encoding: str


class Workspace:
    """
    The files of ``repo``. Nothing is changed on disk before ``write``: a state of the repair is a mapping of relative
    paths to new texts.
    """

    def __init__(self, repo: Path) -> None:
        self.repo = repo.resolve()
        if not self.repo.is_dir():
            raise UserError("no such directory", where=str(repo), remedy="Give the repository's root with --repo")
        self._texts: dict[str, SourceText] = {}

    def sources(self, targets: Sequence[str]) -> list[str]:
        """
        The Python files that may hold the fault: not the tests, not what builds or documents the project, and nothing
        that can't be laid over as UTF-8.
        """
        tested = {PurePosixPath(target.split("::")[0]) for target in targets}
        found = []
        for folder, names, files in os.walk(self.repo):
            names[:] = sorted(n for n in names if not _skipped_folder(Path(folder) / n))
            below = Path(folder).relative_to(self.repo)
            found += [(below / name).as_posix() for name in sorted(files) if _is_source(Path(folder) / name)]
        return [path for path in found if PurePosixPath(path) not in tested and self._editable(path)]

    def _editable(self, path: str) -> bool:
        try:
            source = self.read(path)
        except UserError:
            return False
        return source.encoding in ("utf-8", "utf-8-sig") or source.text.isascii()

    def read(self, path: str) -> SourceText:
        """The text of ``path`` (relative) on disk.

        Raises:
            UserError: it can't be decoded or read.
        """
        if path not in self._texts:
            self._texts[path] = _decode(self.repo / path)
        return self._texts[path]

    def diff(self, changes: Mapping[str, str]) -> str:
        """``changes`` as a unified diff that ``patch -p1`` applies; empty where there are none."""
        return "".join(_diff_file(path, self.read(path).text, changes[path]) for path in sorted(changes))

    def write(self, changes: Mapping[str, str]) -> None:
        """
        Writes ``changes``; each file appears whole, in its own encoding, with its own mode.

        Raises:
            UserError: a file changed on disk since it was read, or can't be written. Then nothing further is written.
        """
        contents = {path: text.encode(self.read(path).encoding) for path, text in changes.items()}
        for path in changes:
            if _decode(self.repo / path) != self.read(path):
                raise UserError("changed on disk meanwhile", where=path, remedy="Run the fix again")
        for path, content in contents.items():
            _write(self.repo / path, content)


def _write(path: Path, content: bytes) -> None:
    mode = path.stat().st_mode & 0o7777
    real = path.resolve()
    write_atomically(real, content)
    real.chmod(mode)


def _decode(path: Path) -> SourceText:
    try:
        raw = path.read_bytes()
        encoding, _ = tokenize.detect_encoding(io.BytesIO(raw).readline)
        return SourceText(raw.decode(encoding), encoding)
    except (OSError, SyntaxError, UnicodeDecodeError) as error:
        raise UserError(f"can't be read as Python source ({error})", where=str(path)) from error


def _skipped_folder(folder: Path) -> bool:
    name = folder.name
    return (
        name in _SKIPPED_FOLDERS
        or name.startswith(".")
        or name.endswith(".egg-info")
        or (folder / "pyvenv.cfg").exists()
    )


def _is_source(path: Path) -> bool:
    name = path.name
    if not name.endswith(".py") or name in _SKIPPED_FILES or name.startswith("test_") or name.endswith("_test.py"):
        return False
    return path.is_file() and not path.is_symlink() and path.stat().st_size <= _LARGEST


def _diff_file(path: str, before: str, after: str) -> str:
    lines = difflib.unified_diff(_lines(before), _lines(after), f"a/{path}", f"b/{path}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _lines(text: str) -> list[str]:
    return io.StringIO(text, newline="").readlines()
