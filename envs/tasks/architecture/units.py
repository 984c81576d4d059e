"""Units: the functions, classes and constants at the top of a file, with the global names that each uses, and when."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import lru_cache

from envs.tasks.architecture.symbols import symbols
from envs.tasks.architecture.syntax import from_package, hosts_of, imports_of, insertion, kind_of, lines_of, name_of


@dataclass(frozen=True, slots=True)
class Host:
    """
    A function of a unit that can hold imports: itself, or a method of a class. ``line``: the one of the unit's source
    (from 0) that imports go before. ``names``: the globals that its body uses.
    """

    line: int
    indent: str
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class Unit:
    """
    ``source``: without imports from within the package. ``eager``: global names that are needed when the unit is
    defined, or that no host could import. ``lazy``: those that only calls need. ``kind``: function, class or constant.
    ``rebinds``: whether it assigns to globals, or imports relatively in a place of its own.
    """

    name: str
    kind: str
    source: str
    eager: frozenset[str]
    lazy: frozenset[str]
    hosts: tuple[Host, ...]
    rebinds: bool

    @property
    def uses(self) -> frozenset[str]:
        """Every global name that it needs, without its own."""
        return self.eager | self.lazy


@lru_cache(maxsize=8192)
def unit_of(source: str, future: bool) -> tuple[Unit, frozenset[str]] | None:
    """
    The unit that ``source`` defines, and the names of the package that it imports in its hosts; None where it is no
    definition. ``future``: annotations are never evaluated.
    """
    node = _definition(source)
    if node is None:
        return None
    clean, imported = _without_imports(source, node)
    if clean != source:
        again = _definition(clean)
        if again is None:
            return None
        node = again
    return _analysed(clean, node, future), imported


@lru_cache(maxsize=8192)
def with_imports(unit: Unit, modules: tuple[tuple[str, str], ...]) -> str:
    """The unit's source with ``modules``' names, (name, module) each, imported in every function that uses them."""
    lines = unit.source.split("\n")
    for host in sorted(unit.hosts, key=lambda host: -host.line):
        wanted = [(name, module) for name, module in modules if name in host.names]
        lines[host.line : host.line] = [host.indent + line for line in imports_of(wanted)]
    return "\n".join(lines)


def _definition(source: str) -> ast.stmt | None:
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError):
        return None
    return body[0] if len(body) == 1 and name_of(body[0]) else None


def _without_imports(source: str, node: ast.stmt) -> tuple[str, frozenset[str]]:
    """A function of nothing but imports keeps them: it would have no body left."""
    lines = source.split("\n")
    dropped: set[int] = set()
    names: set[str] = set()
    for host in hosts_of(node):
        found = [each for each in host.body if isinstance(each, ast.ImportFrom) and from_package(each)]
        if len(found) < len(host.body):
            dropped.update(at for each in found for at in range(*lines_of(each)))
            names.update(alias.name for each in found for alias in each.names if alias.asname is None)
    return "\n".join(line for at, line in enumerate(lines) if at not in dropped), frozenset(names)


def _analysed(source: str, node: ast.stmt, future: bool) -> Unit:
    name, kind = name_of(node), kind_of(node)
    try:
        found = symbols(source, node, future)
    except SyntaxError:
        return Unit(name, kind, source, frozenset(), frozenset(), (), True)
    hosts = tuple(Host(insertion(host), " " * host.body[0].col_offset, names - {name}) for host, names in found.hosts)
    lazy = frozenset[str]().union(*(host.names for host in hosts))
    relative = any(isinstance(each, ast.ImportFrom) and each.level for each in ast.walk(node))
    return Unit(name, kind, source, found.eager - {name}, lazy, hosts, found.declares or relative)
