"""What a documentation task shows beside its function: calls with their outcomes, and other functions of the module."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache

from core.records import SourceFile

EXAMPLES, NEIGHBOURS = "examples.txt", "neighbours.txt"


@dataclass(frozen=True, slots=True)
class Example:
    """A call as text, and what it shows as ``doctest`` expects it, without a line end."""

    call: str
    shown: str

    @property
    def lines(self) -> str:
        """As it stands in a docstring."""
        return f">>> {self.call}\n{self.shown}"


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another function of the module: its name, its parameters, and its docstring, cut."""

    name: str
    parameters: tuple[str, ...]
    docstring: str

    @property
    def summary(self) -> str:
        """The first paragraph of its docstring in one line."""
        return " ".join(self.docstring.split("\n\n")[0].split())


def examples_file(examples: Sequence[Example]) -> SourceFile:
    """One call and its outcome a line, as JSON: outcomes may have several lines."""
    return _file(EXAMPLES, [asdict(each) for each in examples])


def neighbours_file(neighbours: Sequence[Neighbour]) -> SourceFile:
    """One function a line, as JSON."""
    return _file(NEIGHBOURS, [asdict(each) for each in neighbours])


@lru_cache(maxsize=256)
def examples_of(files: tuple[SourceFile, ...]) -> tuple[Example, ...]:
    """The examples of a task's files."""
    return tuple(Example(row["call"], row["shown"]) for row in _rows(files, EXAMPLES))


@lru_cache(maxsize=256)
def neighbours_of(files: tuple[SourceFile, ...]) -> tuple[Neighbour, ...]:
    """The neighbours of a task's files."""
    rows = _rows(files, NEIGHBOURS)
    return tuple(Neighbour(row["name"], tuple(row["parameters"]), row["docstring"]) for row in rows)


def _file(path: str, rows: Sequence[dict[str, object]]) -> SourceFile:
    return SourceFile(path, "".join(json.dumps(row) + "\n" for row in rows))


def _rows(files: tuple[SourceFile, ...], path: str) -> list[dict[str, str]]:
    text = next((file.text for file in files[1:] if file.path == path), "")
    return [json.loads(line) for line in text.splitlines()]
