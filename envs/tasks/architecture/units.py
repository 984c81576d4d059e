"""Units: the functions, classes and constants at the top of a file, with the global names that each uses, and when."""

from __future__ import annotations

import ast
import symtable
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_FUTURE = "from __future__ import annotations\n"


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


def name_of(node: ast.stmt) -> str:
    """The one name that a statement defines; empty where it is no unit."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return node.name
        case ast.Assign(targets=[ast.Name(id=name)]):
            return name
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
            return name
    return ""


def lines_of(node: ast.stmt) -> tuple[int, int]:
    """First (from 0) and last line, decorators included: a slice."""
    decorators = getattr(node, "decorator_list", [])
    return min((node.lineno, *(each.lineno for each in decorators))) - 1, node.end_lineno or node.lineno


@lru_cache(maxsize=8192)
def with_imports(unit: Unit, modules: tuple[tuple[str, str], ...]) -> str:
    """The unit's source with ``modules``' names, (name, module) each, imported in every function that uses them."""
    lines = unit.source.split("\n")
    for host in sorted(unit.hosts, key=lambda host: -host.line):
        wanted = [(name, module) for name, module in modules if name in host.names]
        lines[host.line : host.line] = [host.indent + line for line in imports_of(wanted)]
    return "\n".join(lines)


def imports_of(names: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Import statements for (name, module) pairs, one a module, sorted."""
    by_module: dict[str, list[str]] = {}
    for name, module in names:
        by_module.setdefault(module, []).append(name)
    for module in sorted(by_module):
        yield f"from .{module} import {', '.join(sorted(by_module[module]))}"


def from_package(node: ast.AST) -> bool:
    """Whether it is ``from .module import name``."""
    return isinstance(node, ast.ImportFrom) and node.level == 1 and bool(node.module)


def _definition(source: str) -> ast.stmt | None:
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError):
        return None
    return body[0] if len(body) == 1 and name_of(body[0]) else None


def _hosts(node: ast.stmt) -> list[_Function]:
    inside = node.body if isinstance(node, ast.ClassDef) else [node]
    found = [each for each in inside if isinstance(each, _Function)]
    return [each for each in found if each.body[0].lineno > each.lineno and each.body[0].col_offset]


def _without_imports(source: str, node: ast.stmt) -> tuple[str, frozenset[str]]:
    """A function of nothing but imports keeps them: it would have no body left."""
    lines = source.split("\n")
    dropped: set[int] = set()
    names: set[str] = set()
    for host in _hosts(node):
        found = [each for each in host.body if isinstance(each, ast.ImportFrom) and from_package(each)]
        if len(found) < len(host.body):
            dropped.update(at for each in found for at in range(*lines_of(each)))
            names.update(alias.name for each in found for alias in each.names if alias.asname is None)
    return "\n".join(line for at, line in enumerate(lines) if at not in dropped), frozenset(names)


def _analysed(source: str, node: ast.stmt, future: bool) -> Unit:
    name = name_of(node)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        try:
            table = symtable.symtable(_FUTURE * future + source, "<unit>", "exec")
        except SyntaxError:  # a ``return`` in a class and the like: it parses, and doesn't compile
            return Unit(name, _kind(node), source, frozenset(), frozenset(), (), True)
    tables = _host_tables(table, node, future)
    hosts = tuple(
        Host(_insertion(each), " " * each.body[0].col_offset, frozenset(_globals(below)) - {name})
        for each, below in tables
    )
    held = {inner.get_id() for _, below in tables for inner in _every(below)}
    eager = frozenset(_top(table)) | frozenset(_others(table, held))
    lazy = frozenset().union(*(host.names for host in hosts))
    rebinds = any(symbol.is_declared_global() for each in _every(table) for symbol in each.get_symbols())
    rebinds = rebinds or any(isinstance(each, ast.ImportFrom) and each.level for each in ast.walk(node))
    return Unit(name, _kind(node), source, eager - {name}, lazy, hosts, rebinds)


def _kind(node: ast.stmt) -> str:
    if isinstance(node, _Function):
        return "function"
    return "class" if isinstance(node, ast.ClassDef) else "constant"


def _insertion(node: _Function) -> int:
    """Behind the docstring."""
    documented = ast.get_docstring(node, clean=False) is not None
    if documented and len(node.body) == 1:
        return node.body[0].end_lineno or node.body[0].lineno
    return lines_of(node.body[1] if documented else node.body[0])[0]


def _host_tables(
    table: symtable.SymbolTable, node: ast.stmt, future: bool
) -> list[tuple[_Function, symtable.SymbolTable]]:
    owners = [each for each in table.get_children() if each.get_type() == "class"]
    found = owners[0].get_children() if isinstance(node, ast.ClassDef) and owners else table.get_children()
    tables = {(each.get_name(), each.get_lineno() - future): each for each in found}
    pairs = [(host, tables.get((host.name, host.lineno))) for host in _hosts(node)]
    return [(host, below) for host, below in pairs if below is not None]


def _every(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for child in table.get_children():
        yield from _every(child)


def _top(table: symtable.SymbolTable) -> Iterator[str]:
    return (symbol.get_name() for symbol in table.get_symbols() if symbol.is_referenced())


def _others(table: symtable.SymbolTable, held: set[int]) -> Iterator[str]:
    for child in table.get_children():
        for each in _every(child):
            if each.get_id() not in held:
                yield from _own_globals(each)


def _globals(table: symtable.SymbolTable) -> Iterator[str]:
    for each in _every(table):
        yield from _own_globals(each)


def _own_globals(table: symtable.SymbolTable) -> Iterator[str]:
    return (symbol.get_name() for symbol in table.get_symbols() if symbol.is_global() and symbol.is_referenced())
