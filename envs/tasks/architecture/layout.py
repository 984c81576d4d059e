"""A package as files of units, and the text that it makes. Imports follow from who uses what, and where it lies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from envs.tasks.architecture.syntax import imports_of
from envs.tasks.architecture.units import Unit, with_imports

MARKER = "# ---- file: {name}.py"
_FUTURE = "from __future__ import annotations"


@dataclass(frozen=True, slots=True)
class Module:
    """
    A file. ``late``: (unit, name) pairs, the names of other modules that a unit imports inside its functions.
    ``spare``: names of other modules that are imported at the top, though nothing here uses them.
    """

    name: str
    units: tuple[Unit, ...]
    late: frozenset[tuple[str, str]] = frozenset()
    spare: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Layout:
    """``outside``: import statements by the name that each binds. ``future``: annotations are never evaluated."""

    modules: tuple[Module, ...]
    outside: tuple[tuple[str, str], ...]
    future: bool

    @cached_property
    def home(self) -> dict[str, str]:
        """The module of each unit."""
        return {unit.name: module.name for module in self.modules for unit in module.units}

    @cached_property
    def text(self) -> str:
        """The state's text."""
        return "".join(self._file(module) for module in self.modules)

    @property
    def units(self) -> Iterator[Unit]:
        """Every unit, file by file."""
        return (unit for module in self.modules for unit in module.units)

    def module(self, name: str) -> Module:
        """The module called ``name``; an empty one where there is none."""
        return next((module for module in self.modules if module.name == name), Module(name, ()))

    def foreign(self, unit: Unit, module: str) -> Iterator[str]:
        """What ``unit`` uses of the package's other modules, when it lies in ``module``."""
        return (name for name in sorted(unit.uses) if self.home.get(name, module) != module)

    def at_top(self, module: Module) -> set[str]:
        """Names of other modules that ``module`` imports at its top, spare ones left out."""
        return {
            name
            for unit in module.units
            for name in self.foreign(unit, module.name)
            if (unit.name, name) not in module.late or name in unit.eager
        }

    def imported(self, module: Module) -> set[str]:
        """Every name that ``module`` imports of the package, wherever."""
        late = {name for _, name in module.late}
        return self.at_top(module) | late | set(module.spare)

    def _file(self, module: Module) -> str:
        used = {name for unit in module.units for name in unit.uses}
        outside = sorted({statement for name, statement in self.outside if name in used}, key=_import_order)
        top = self.at_top(module) | module.spare
        inside = list(imports_of((name, self.home[name]) for name in top))
        blocks = [MARKER.format(name=module.name)]
        head = [[_FUTURE] * self.future, outside, inside]
        blocks += ["\n".join(block) + "\n" for block in head if block]
        return "\n".join(blocks) + "\n" + "".join(f"\n{self._unit(module, unit)}\n\n" for unit in module.units)

    def _unit(self, module: Module, unit: Unit) -> str:
        names = [name for owner, name in module.late if owner == unit.name and name in unit.lazy]
        return with_imports(unit, tuple(sorted((name, self.home[name]) for name in names if name in self.home)))


def _import_order(statement: str) -> tuple[bool, str]:
    return statement.startswith("from "), statement


def arranged(layout: Layout, placing: Mapping[str, Sequence[Unit]]) -> Layout:
    """
    ``layout`` with the units of the modules in ``placing`` put there; those that end up empty vanish, new ones come
    last. Imports follow: at the top for every unit that was moved, as before for the others.
    """
    known = [module.name for module in layout.modules]
    names = [*known, *(name for name in placing if name not in known)]
    modules = [Module(name, _defined_in_order(placing.get(name, layout.module(name).units))) for name in names]
    home = {unit.name: module.name for module in modules for unit in module.units}
    moved = {name for name, where in home.items() if layout.home.get(name) != where}
    kept = []
    for module in modules:
        before = layout.module(module.name)
        late = frozenset(p for p in before.late if not moved & set(p) and home.get(p[1]) not in (module.name, None))
        used = {name for unit in module.units for name in unit.uses}
        spare = frozenset(n for n in before.spare - used if home.get(n, module.name) != module.name)
        if module.units:
            kept.append(replace(module, late=late, spare=spare))
    return replace(layout, modules=tuple(kept))


def changed(layout: Layout, module: Module) -> Layout:
    """``layout`` with another module of the same name."""
    return replace(layout, modules=tuple(module if each.name == module.name else each for each in layout.modules))


def _defined_in_order(units: Iterable[Unit]) -> tuple[Unit, ...]:
    """What is needed for a definition stands before it; else the order stays."""
    given = list(units)
    by_name = {unit.name: unit for unit in given}
    done: dict[str, Unit] = {}

    def visit(unit: Unit, above: frozenset[str]) -> None:
        if unit.name in done or unit.name in above:
            return
        for name in sorted(unit.eager & by_name.keys()):
            visit(by_name[name], above | {unit.name})
        done[unit.name] = unit

    for unit in given:
        visit(unit, frozenset())
    return tuple(done.values())
