"""What a real module holds: its definitions, its imports, and the names that neither are."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import resolve_name
from typing import TypeGuard

from envs.tasks.architecture.reading import bound
from envs.tasks.architecture.syntax import lines_of, name_of
from envs.tasks.architecture.units import Unit, unit_of

_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Module:
    """
    A real module: its units in the order of the file, import statements by the name that each binds, and every other
    name that it binds.
    """

    units: tuple[Unit, ...]
    imports: dict[str, str]
    others: frozenset[str]
    future: bool


@lru_cache(maxsize=64)
def real_module(source: str, module: str, package: bool) -> Module | None:
    """The module called ``module``, None where its text is no Python. ``package``: it is a package's own file."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return None
    future = any(a.name == "annotations" for node in tree.body if _future(node) for a in node.names)
    imports = dict(pair for node in tree.body if not _future(node) for pair in _absolute(node, module, package))
    bindings = _bindings(tree)
    units = tuple(unit for unit in _units(tree, source, future) if bindings.count(unit.name) == 1)
    others = frozenset(bindings) - {unit.name for unit in units}
    once = {name: text for name, text in imports.items() if bindings.count(name) == 1}
    return Module(units, once, others | frozenset(unit.name for unit in units), future)


def _absolute(node: ast.stmt, module: str, package: bool) -> Iterator[tuple[str, str]]:
    if not isinstance(node, ast.Import | ast.ImportFrom) or node.names[0].name == "*":
        return
    if isinstance(node, ast.ImportFrom) and node.level:
        try:
            base = module if package else module.rpartition(".")[0]
            name = resolve_name("." * node.level + (node.module or ""), base)
        except ImportError:
            return
        node = ast.ImportFrom(name, node.names, 0)
    yield from bound(node)


def _bindings(tree: ast.Module) -> list[str]:
    """Every name that the file binds at its top, as often as it does, in blocks too; ``global`` counts as one more."""
    found = list(_bound_in(tree.body))
    return found + [name for node in ast.walk(tree) if isinstance(node, ast.Global) for name in node.names]


def _bound_in(body: Sequence[ast.AST]) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif not isinstance(node, ast.Lambda):
            yield from _bound_in(list(ast.iter_child_nodes(node)))


def _units(tree: ast.Module, source: str, future: bool) -> Iterator[Unit]:
    lines = source.split("\n")
    for before, node, after in zip([None, *tree.body], tree.body, [*tree.body[1:], None], strict=False):
        first, last = lines_of(node)
        alone = (before is None or (before.end_lineno or 0) <= first) and (after is None or after.lineno > last)
        name = name_of(node)
        if not (name and alone and last - first <= _LONGEST) or name.startswith("__"):
            continue
        found = unit_of("\n".join(lines[first:last]), future)
        if found and not found[0].rebinds and not found[1]:
            yield found[0]


def _future(node: ast.stmt) -> TypeGuard[ast.ImportFrom]:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"
