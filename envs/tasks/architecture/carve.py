"""Takes a function and its neighbourhood, what it needs and what needs it, out of the text of its real module."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.errors import EditError
from envs.edits.program import program_text
from envs.tasks.architecture.real import Module, real_module
from envs.tasks.architecture.units import Unit

LEAST_UNITS, MOST_UNITS, MOST_LINES = 4, 12, 170
_MOST_FIRST = 4
_BUILTINS = frozenset(dir(builtins))


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
    real = real_module(source, module, package)
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


def _neighbourhood(units: Sequence[Unit], first: Sequence[Unit]) -> list[Unit]:
    """
    ``first`` and what uses it or is used, those first that are tied the most, as far as there is room. Where these are
    several, but too few, another such group of the module is taken along.
    """
    chosen: list[Unit] = []
    room = MOST_LINES
    for unit in first[:_MOST_FIRST]:
        if _length(unit) <= room:
            chosen.append(unit)
            room -= _length(unit)
    while len(chosen) < MOST_UNITS:
        left = [unit for unit in units if unit not in chosen and _length(unit) <= room]
        near = [unit for unit in left if any(_ties(unit, chosen))]
        if not near and 1 < len(chosen) < LEAST_UNITS:
            near = _elsewhere(units, chosen, left)
        if not near:
            break
        best = max(near, key=lambda unit: _ties(unit, chosen))
        chosen.append(best)
        room -= _length(best)
    return chosen


def _elsewhere(units: Sequence[Unit], chosen: Sequence[Unit], left: Sequence[Unit]) -> list[Unit]:
    """The unit of ``left`` that is related to another one of it and nearest to what was chosen first, if there is."""
    related = [unit for unit in left if any(_ties(unit, [each for each in left if each is not unit]))]
    at = units.index(chosen[0])
    return sorted(related, key=lambda unit: abs(units.index(unit) - at))[:1]


def _ties(unit: Unit, chosen: Sequence[Unit]) -> tuple[int, bool]:
    """With how many it is related; among equals, what is used comes before what uses."""
    used = [unit.name in other.uses for other in chosen]
    return sum(used) + sum(other.name in unit.uses for other in chosen), any(used)


def _length(unit: Unit) -> int:
    return unit.source.count("\n") + 3
