"""Many files together: what is under a path, judged, and what could not be read."""

from __future__ import annotations

import fnmatch
import tokenize
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.compliance.inheritance import Hierarchy
from core.compliance.judge import FileReport, judge, level
from core.compliance.limits import ComplianceLimits
from core.compliance.measure import FileFacts, measure
from core.errors import TaskError

_NOT_CODE = frozenset(("__pycache__", "node_modules"))


@dataclass(frozen=True, slots=True)
class Audit:
    """``files`` by path. ``unread``: why, by path; these have no score and are not in the mean."""

    files: tuple[FileReport, ...]
    unread: Mapping[str, str] = field(default_factory=dict)

    @property
    def score(self) -> float:
        """Mean of the files' scores, weighted by their lines; 100 where there is no line."""
        lines = sum(file.lines for file in self.files)
        return sum(file.score * file.lines for file in self.files) / lines if lines else 100.0

    @property
    def level(self) -> str:
        """The score in a word."""
        return level(self.score)

    @property
    def kinds(self) -> Counter[str]:
        """Violations by kind."""
        return Counter(violation.kind.value for file in self.files for violation in file.violations)


def audit(
    path: Path,
    limits: ComplianceLimits | None = None,
    *,
    exclude: Sequence[str] = (),
    coverage: Mapping[str, float] | None = None,
) -> Audit:
    """
    Judges the file ``path``, or every ``.py`` file under the folder.

    Hidden folders and virtual environments are left out, and what a pattern of ``exclude`` matches (a path relative to
    ``path``, or one of its folders). ``coverage``: per cent by relative path; other files have none.

    Raises:
        TaskError: there is nothing to judge.
    """
    limits, measured = limits or ComplianceLimits(), coverage or {}
    root = path if path.is_dir() else path.parent
    facts: list[FileFacts] = []
    unread: dict[str, str] = {}
    for file in python_files(path, exclude):
        name = file.relative_to(root).as_posix()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", SyntaxWarning)
                facts.append(measure(_text(file), name))
        except (SyntaxError, UnicodeDecodeError, ValueError, OSError, RecursionError) as error:
            unread[name] = _cause(error)
    if not facts and not unread:
        raise TaskError("no Python files", where=str(path), remedy="Give a file that ends in .py, or a folder of such")
    hierarchy = Hierarchy(facts)
    return Audit(tuple(judge(file, limits, hierarchy, measured.get(file.path)) for file in facts), unread)


def python_files(path: Path, exclude: Sequence[str] = ()) -> Iterator[Path]:
    """
    The Python files that ``audit`` looks at, by path.

    Raises:
        TaskError: no such path.
    """
    if path.is_file():
        yield path
        return
    if not path.is_dir():
        raise TaskError("no such file or folder", where=str(path))
    yield from _under(path, path, exclude)


def _under(folder: Path, root: Path, exclude: Sequence[str]) -> Iterator[Path]:
    for each in sorted(folder.iterdir()):
        name = each.relative_to(root).as_posix()
        if any(fnmatch.fnmatch(name, pattern) for pattern in exclude):
            continue
        if each.is_symlink():
            continue  # what it points to is judged where it lies, or isn't of this folder
        if each.is_dir():
            if not (each.name.startswith(".") or each.name in _NOT_CODE or (each / "pyvenv.cfg").exists()):
                yield from _under(each, root, exclude)
        elif each.suffix == ".py" and each.is_file():
            yield each


def _text(file: Path) -> str:
    """By the encoding that the file declares (PEP 263); UTF-8 where it declares none."""
    with tokenize.open(file) as stream:
        return stream.read()


def _cause(error: Exception) -> str:
    if isinstance(error, SyntaxError):
        # Of an encoding, the message goes on with the path.
        return f"line {error.lineno}: {error.msg}" if error.lineno else error.msg.partition(" for ")[0]
    if isinstance(error, UnicodeDecodeError):
        return f"not {error.encoding} (byte {error.start})"
    return " ".join(str(error).split()) or type(error).__name__
