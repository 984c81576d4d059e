"""The steps from one layout to another: each gives the whole package anew, with the imports that follow from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations

from envs.tasks.architecture.layout import Layout, Module, arranged, changed
from envs.tasks.architecture.plan import in_order
from envs.tasks.architecture.units import Unit

MOVE, CREATE, TOGETHER, SPLIT, SWAP, MERGE = "move", "move_to_new", "move_with_uses", "split", "swap", "merge"
INSIDE, TOP, DROP, FACADE = "import_inside", "import_at_top", "import_dropped", "facade"
KINDS = (MOVE, CREATE, TOGETHER, SPLIT, SWAP, MERGE, INSIDE, TOP, DROP, FACADE)
_NEW = "extra"


@dataclass(frozen=True)
class Step:
    """
    ``subject``: the unit or module that it is about, ``target``: the module or unit that it goes to or is of.
    ``layout``: what comes of it.
    """

    kind: str
    subject: str
    target: str
    layout: Layout


def steps(layout: Layout, layers: tuple[str, ...]) -> Iterator[Step]:
    """Every step that is open, in a fixed order. ``layers``: the modules that there should be."""
    standing = [module.name for module in layout.modules]
    fresh = [name for name in (*layers, _NEW) if name not in standing]
    yield from _moves(layout, standing, fresh)
    yield from _groups(layout, standing, fresh)
    yield from _swaps(layout)
    for module in layout.modules:
        for other in layout.modules:
            if other is not module:
                yield Step(MERGE, module.name, other.name, moved(layout, module.units, other.name))
    for module in layout.modules:
        yield from _imports(layout, module)


def moved(layout: Layout, units: Iterable[Unit], target: str) -> Layout:
    """``units`` in the module ``target``."""
    going = tuple(units)
    names = {unit.name for unit in going}
    placing = {m.name: [u for u in m.units if u.name not in names] for m in layout.modules}
    placing[target] = [*placing.get(target, []), *going]
    return arranged(layout, placing)


def swapped(layout: Layout, one: Unit, other: Unit) -> Layout:
    """``one`` and ``other``, of different modules, each in the other's place."""
    turned = {one.name: other, other.name: one}
    placing = {m.name: [turned.get(unit.name, unit) for unit in m.units] for m in layout.modules}
    return arranged(layout, placing)


def inside(layout: Layout, module: Module, name: str) -> Layout:
    """``name`` imported in the functions that use it, wherever that is possible."""
    users = {(unit.name, name) for unit in module.units if name in unit.lazy}
    return changed(layout, replace(module, late=module.late | users))


def _moves(layout: Layout, standing: list[str], fresh: list[str]) -> Iterator[Step]:
    for module in layout.modules:
        for unit in module.units:
            for name in standing:
                if name != module.name:
                    yield Step(MOVE, unit.name, name, moved(layout, [unit], name))
            if len(module.units) > 1:
                for name in fresh[:1]:
                    yield Step(CREATE, unit.name, name, moved(layout, [unit], name))


def _groups(layout: Layout, standing: list[str], fresh: list[str]) -> Iterator[Step]:
    """A unit with what it uses in its module; and a module cut in two along the order of uses."""
    for module in layout.modules:
        order = [unit for group in in_order(module.units) for unit in group]
        for unit in module.units:
            group = _closure(unit, module)
            if 1 < len(group) < len(module.units):
                for name in standing:
                    if name != module.name:
                        yield Step(TOGETHER, unit.name, name, moved(layout, group, name))
        for at in range(2, len(order) - 1):
            for name in fresh:
                yield Step(SPLIT, order[at - 1].name, name, moved(layout, order[:at], name))
                yield Step(SPLIT, order[at].name, name, moved(layout, order[at:], name))


def _closure(unit: Unit, module: Module) -> list[Unit]:
    names, grown = {unit.name}, True
    while grown:
        more = {name for each in module.units if each.name in names for name in each.uses}
        grown = bool((more & {each.name for each in module.units}) - names)
        names |= more
    return [each for each in module.units if each.name in names]


def _swaps(layout: Layout) -> Iterator[Step]:
    for module, other in combinations(layout.modules, 2):
        for one in module.units:
            for two in other.units:
                yield Step(SWAP, one.name, two.name, swapped(layout, one, two))


def _imports(layout: Layout, module: Module) -> Iterator[Step]:
    late = {name for _, name in module.late}
    for name in sorted(layout.at_top(module)):
        if any(name in unit.lazy for unit in module.units) and not any(name in unit.eager for unit in module.units):
            yield Step(INSIDE, name, module.name, inside(layout, module, name))
    for name in sorted(late):
        at_top = frozenset(pair for pair in module.late if pair[1] != name)
        yield Step(TOP, name, module.name, changed(layout, replace(module, late=at_top)))
    for name in sorted(module.spare):
        yield Step(DROP, name, module.name, changed(layout, replace(module, spare=module.spare - {name})))
    for name in sorted(layout.home):
        if layout.home[name] != module.name and name not in layout.imported(module):
            yield Step(FACADE, name, module.name, changed(layout, replace(module, spare=module.spare | {name})))
