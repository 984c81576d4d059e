"""From a state's text to its layout: what is written there, whoever wrote it."""

from __future__ import annotations

import ast
import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

from envs.tasks.architecture.layout import Layout, Module
from envs.tasks.architecture.syntax import from_package, lines_of, name_of
from envs.tasks.architecture.units import Unit, unit_of

_MARKER = re.compile(r"^# ---- file: (\w+)\.py$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Imported:
    """A name that a file imports of the package. ``late``: inside a function."""

    importer: str
    module: str
    name: str
    late: bool


@dataclass(frozen=True, slots=True)
class State:
    """
    ``files``: texts by module. ``definitions``: every unit's tree by name, its imports from the package left out, as
    often as it stands there. ``odd``: statements that are no unit and no import, and imports that bind another name.
    """

    layout: Layout
    files: tuple[tuple[str, str], ...]
    imports: tuple[Imported, ...]
    definitions: Counter[str]
    odd: int


def files_of(text: str) -> tuple[tuple[str, str], ...]:
    """(module, text) of each file, its marker left out; what stands before the first marker is no file's."""
    marks = list(_MARKER.finditer(text))
    ends = [*(mark.start() for mark in marks[1:]), len(text)][: len(marks)]
    return tuple((mark[1], text[mark.end() : end].strip("\n")) for mark, end in zip(marks, ends, strict=True))


@lru_cache(maxsize=2048)
def read(text: str) -> State:
    """
    The state that ``text`` is.

    Raises:
        SyntaxError: a file is no Python.
    """
    files = files_of(text)
    found = [_file(name, body) for name, body in files]
    first = text[: text.find("# ---- file:")] if files else text
    outside = {name: statement for file in found for name, statement in file.outside.items()}
    modules = tuple(file.module() for file in found if file.units)
    layout = Layout(modules, tuple(sorted(outside.items())), any(file.future for file in found))
    odd = bool(first.strip()) + len(files) - len({name for name, _ in files}) + sum(file.odd for file in found)
    definitions = Counter(_tree(unit) for file in found for unit in file.units)
    return State(layout, files, tuple(each for file in found for each in file.imports), definitions, odd)


@lru_cache(maxsize=8192)
def _tree(unit: Unit) -> str:
    return f"{unit.name}: {ast.dump(ast.parse(unit.source))}"


@lru_cache(maxsize=4096)
def _file(name: str, text: str) -> _File:
    """States of a task share most of their files; nobody changes one that was read."""
    return _File(name, text)


class _File:
    """One file, statement by statement."""

    def __init__(self, name: str, text: str) -> None:
        tree = ast.parse(text)
        self.name, self.odd = name, 0
        self.outside: dict[str, str] = {}
        self.units: list[Unit] = []
        self.imports: list[Imported] = []
        self.late: set[tuple[str, str]] = set()
        future = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
        self.future = bool(future)
        lines = text.split("\n")
        for node in tree.body:
            if node not in future:
                self._take(node, lines)

    def module(self) -> Module:
        """What the file is in a layout."""
        used = {name for unit in self.units for name in unit.uses}
        spare = {each.name for each in self.imports if not each.late} - used
        return Module(self.name, tuple(self.units), frozenset(self.late), frozenset(spare))

    def _take(self, node: ast.stmt, lines: list[str]) -> None:
        if isinstance(node, ast.Import | ast.ImportFrom):
            self._import(node)
            return
        self.imports += [each for inner in ast.walk(node) for each in self._late(inner)]
        found = unit_of("\n".join(lines[slice(*lines_of(node))]), self.future) if name_of(node) else None
        if found is None:
            self.odd += 1
            return
        unit, late = found
        self.units.append(unit)
        self.late |= {(unit.name, name) for name in late}

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        if isinstance(node, ast.ImportFrom) and from_package(node):
            self.imports += [Imported(self.name, node.module or "", alias.name, False) for alias in node.names]
            self.odd += sum(alias.asname is not None for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            self.odd += 1
        else:
            self.outside |= dict(bound(node))

    def _late(self, node: ast.AST) -> list[Imported]:
        if not (isinstance(node, ast.ImportFrom) and from_package(node)):
            return []
        return [Imported(self.name, node.module or "", alias.name, True) for alias in node.names]


def bound(node: ast.Import | ast.ImportFrom) -> list[tuple[str, str]]:
    """The names that an absolute import binds, with a statement for each that imports it alone."""
    found = []
    for alias in node.names:
        given = alias.asname or alias.name.partition(".")[0]
        alone = ast.Import([alias]) if isinstance(node, ast.Import) else ast.ImportFrom(node.module, [alias], 0)
        found.append((given, ast.unparse(alone)))
    return found
