"""Which global names a definition uses, and when, by the compiler's own symbol tables."""

from __future__ import annotations

import ast
import symtable
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from envs.tasks.architecture.syntax import Function, hosts_of

_FUTURE = "from __future__ import annotations\n"


@dataclass(frozen=True, slots=True)
class Symbols:
    """
    ``eager``: names that are needed when the definition is executed, or that no host could import. ``hosts``: those
    that each function uses that can hold imports. ``declares``: whether anything in it declares a global.
    """

    eager: frozenset[str]
    hosts: tuple[tuple[Function, frozenset[str]], ...]
    declares: bool


def symbols(source: str, node: ast.stmt, future: bool) -> Symbols:
    """
    The symbols of ``source``, which is the definition ``node``. ``future``: annotations are never evaluated.

    Raises:
        SyntaxError: it parses and doesn't compile, as a ``return`` in a class.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        table = symtable.symtable(_FUTURE * future + source, "<unit>", "exec")
    tables = _host_tables(table, node, future)
    held = {inner.get_id() for _, below in tables for inner in _every(below)}
    declares = any(symbol.is_declared_global() for each in _every(table) for symbol in each.get_symbols())
    return Symbols(
        frozenset(_top(table)) | frozenset(_others(table, held)),
        tuple((host, frozenset(_globals(below))) for host, below in tables),
        declares,
    )


def _host_tables(
    table: symtable.SymbolTable, node: ast.stmt, future: bool
) -> list[tuple[Function, symtable.SymbolTable]]:
    owners = [each for each in table.get_children() if each.get_type() == "class"]
    found = owners[0].get_children() if isinstance(node, ast.ClassDef) and owners else table.get_children()
    tables = {(each.get_name(), each.get_lineno() - future): each for each in found}
    pairs = [(host, tables.get((host.name, host.lineno))) for host in hosts_of(node)]
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
