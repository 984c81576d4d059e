"""
The installed code as an endless stream of functions to inject bugs into: breadth of names and styles for the warm
start. The text is only parsed, never imported or run.
"""

from __future__ import annotations

import sysconfig
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.errors import EditError, TaskError
from envs.edits.program import programs
from envs.tasks.dedup import shape
from envs.tasks.packages import HELDOUT, VALIDATION

_SKIPPED = frozenset({"test", "tests", "testing", "idle_test", "lib2to3", "__pycache__", "node_modules"})
_LARGEST_FILE = 400_000  # characters; larger ones are generated tables
# Import names of the packages that serve to evaluate; vendored copies go by the same names.
UNSEEN: tuple[str, ...] = tuple(name.replace("-", "_") for name in (*HELDOUT, *VALIDATION))
_SHORTEST, _LONGEST = 3, 80  # lines
_MOST_CHARACTERS = 8_000  # a table of constants has millions of edits, and few lines


@dataclass(frozen=True, slots=True)
class Corpus:
    """Python files that functions are taken from; none whose shape (``envs.tasks.dedup``) is in ``foreign``."""

    files: tuple[Path, ...]
    foreign: frozenset[str] = frozenset()

    def neighbours(self, rng: np.random.Generator) -> Iterator[tuple[str, tuple[str, ...]]]:
        """
        Program texts, each with the others of its file, without end: up to eight of each file, then the next one.
        """
        some = False
        while True:
            for place in rng.permutation(len(self.files)):
                found = [text for text in _fitting(self.files[place]) if shape(text) not in self.foreign]
                for index in rng.permutation(len(found))[:8]:
                    yield found[index], tuple(found[:index] + found[index + 1 :])
                    some = True
            if not some:
                raise TaskError("no function in the corpus can be read")

    def functions(self, rng: np.random.Generator) -> Iterator[str]:
        """
        Program texts without end: files in a new random order each round, up to 40 functions of each (so that one
        huge module does not crowd out the others), shuffled over some hundred files.
        """
        waiting: list[str] = []
        while True:
            for place in rng.permutation(len(self.files)):
                found = [text for text in _fitting(self.files[place]) if shape(text) not in self.foreign]
                rng.shuffle(found)
                waiting += found[:40]
                while len(waiting) > 1000:
                    yield _take(waiting, rng)
            if not waiting:
                raise TaskError("no function in the corpus can be read")
            while len(waiting) > min(500, len(waiting) // 2):
                yield _take(waiting, rng)


def installed_corpus(excluded: Collection[str], roots: Sequence[Path] = ()) -> Corpus:
    """
    The standard library and every installed package, tests left out.

    ``excluded``: import names of packages whose code must not be seen; a copy that another package vendors is left
    out by the same name, and a function that is the near-copy of one of theirs by its shape.

    Raises:
        TaskError: there is no file.
    """
    paths = sysconfig.get_paths()
    roots = roots or sorted({Path(paths[name]).resolve() for name in ("stdlib", "purelib", "platlib")})
    named = {path: _names(path, root) for root in roots for path in root.rglob("*.py")}
    unseen = frozenset(excluded)
    foreign = {shape(text) for path, names in named.items() if not names.isdisjoint(unseen) for text in _fitting(path)}
    files = sorted(path for path, names in named.items() if names.isdisjoint(unseen | _SKIPPED) and not _is_test(path))
    if not files:
        raise TaskError("no Python files to learn from", where=", ".join(map(str, roots)))
    return Corpus(tuple(files), frozenset(foreign))


def _names(path: Path, root: Path) -> frozenset[str]:
    parts = path.relative_to(root).parts
    return frozenset((*parts[:-1], path.stem))


def _is_test(path: Path) -> bool:
    return path.stem.startswith("test_") or path.stem == "conftest"


def _fitting(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8")
        if len(text) > _LARGEST_FILE:
            return []
        return [program.text for _, program in programs(text) if _fits(program.text)]
    except (OSError, UnicodeDecodeError, EditError):
        return []  # a template or a file of another Python version: one of many thousands


def _fits(text: str) -> bool:
    return _SHORTEST <= text.count("\n") <= _LONGEST and len(text) <= _MOST_CHARACTERS


def _take(waiting: list[str], rng: np.random.Generator) -> str:
    place = int(rng.integers(len(waiting)))
    waiting[place], waiting[-1] = waiting[-1], waiting[place]
    return waiting.pop()
