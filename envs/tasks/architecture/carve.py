"""Takes a function and its neighbourhood, what it needs and what needs it, out of the text of its real module."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import resolve_name

from core.errors import EditError
from envs.edits.program import program_text
from envs.tasks.architecture.reading import bound
from envs.tasks.architecture.units import Unit, lines_of, name_of, unit_of

LEAST_UNITS, MOST_UNITS, MOST_LINES = 4, 12, 170
_LONGEST = 80
_MOST_FIRST = 4
_BUILTINS = frozenset(dir(builtins))


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


@dataclass(frozen=True, slots=True)
class Carved:
    """``units``: in the order of the file. ``outside``: import statements for all that they need from elsewhere."""

    units: tuple[Unit, ...]
    outside: tuple[tuple[str, str], ...]
    future: bool


def carvings(source: str, module: str, package: bool, qualname: str) -> Iterator[Carved]:
    """
    The neighbourhood of the function ``qualname`` in the module's text, and smaller ones; none where there is too
    little of it. What is used and not taken along is imported from the real module. A function, or a method's class,
    that is too long stays there; then it is the neighbourhood of what it uses. ``package``: the module is a package's
    own file.
    """
    real = _read(source, module, package)
    chosen = _neighbourhood(real.units, _first(real, source, qualname)) if real else []
    for size in sorted({len(chosen), *range(LEAST_UNITS, len(chosen), 2)}, reverse=True):
        if real and size >= LEAST_UNITS:
            yield _carved(real, module, chosen[:size])


def _first(real: Module, source: str, qualname: str) -> list[Unit]:
    """The unit that is or holds the function, or else those that it uses."""
    name = qualname.partition(".")[0]
    own = [unit for unit in real.units if unit.name == name]
    if own or name not in real.others:
        return own
    try:
        node = ast.parse(program_text(source, qualname).text)
    except (SyntaxError, EditError):
        return []
    used = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    return [unit for unit in real.units if unit.name in used]


def _carved(real: Module, module: str, chosen: Sequence[Unit]) -> Carved:
    names = {unit.name for unit in chosen}
    needed = sorted({name for unit in chosen for name in unit.uses} - names)
    outside = [(name, statement) for name in needed if (statement := _statement(name, real, module))]
    return Carved(tuple(unit for unit in real.units if unit.name in names), tuple(outside), real.future)


def _statement(name: str, real: Module, module: str) -> str:
    if name in real.imports:
        return real.imports[name]
    known = name in real.others or name not in _BUILTINS  # a name that no statement shows may be bound all the same
    return f"from {module} import {name}" if known and not name.startswith("__") else ""


@lru_cache(maxsize=64)
def _read(source: str, module: str, package: bool) -> Module | None:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return None
    nodes = [each for each in tree.body if isinstance(each, ast.ImportFrom) and each.module == "__future__"]
    future = any(alias.name == "annotations" for node in nodes for alias in node.names)
    imports = {name: text for node in tree.body if node not in nodes for name, text in _absolute(node, module, package)}
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


def _neighbourhood(units: Sequence[Unit], first: Sequence[Unit]) -> list[Unit]:
    """``first`` and what uses it or is used, those first that are tied the most, as far as there is room."""
    chosen: list[Unit] = []
    room = MOST_LINES
    for unit in first[:_MOST_FIRST]:
        if _length(unit) <= room:
            chosen.append(unit)
            room -= _length(unit)
    while len(chosen) < MOST_UNITS:
        taken = {unit.name for unit in chosen}
        used = frozenset[str]().union(*(unit.uses for unit in chosen))
        near = [u for u in units if u.name not in taken and (u.name in used or u.uses & taken) and _length(u) <= room]
        if not near:
            break
        best = max(near, key=lambda unit: _ties(unit, chosen))
        chosen.append(best)
        room -= _length(best)
    return chosen


def _ties(unit: Unit, chosen: Sequence[Unit]) -> tuple[int, bool]:
    """With how many it is related; among equals, what is used comes before what uses."""
    used = [unit.name in other.uses for other in chosen]
    return sum(used) + sum(other.name in unit.uses for other in chosen), any(used)


def _length(unit: Unit) -> int:
    return unit.source.count("\n") + 3
