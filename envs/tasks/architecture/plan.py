"""A good layout for some units: cohesive modules in layers, each of which uses only those below it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise
from math import ceil

from envs.tasks.architecture.carve import Carved
from envs.tasks.architecture.layout import Layout, Module, arranged
from envs.tasks.architecture.measures import cycles
from envs.tasks.architecture.rules import Rules
from envs.tasks.architecture.units import Unit

_NAMES = {2: ("base", "api"), 3: ("base", "core", "api"), 4: ("base", "parts", "core", "api")}
_LEAST = 2  # units of a module
_SLACK = 1.1


def planned(carved: Carved) -> Layout | None:
    """
    The units cut into two to four modules along the order of their uses, so that few uses cross and no unit is apart
    from all that it is related to; None where that can't be.
    """
    orders = (in_order(carved.units), in_order(carved.units[::-1]))
    best = min((parts for groups in orders for parts in _cuts(groups)), key=_cost, default=None)
    if best is None or _cost(best)[0]:
        return None
    order = {unit.name: at for at, unit in enumerate(carved.units)}
    names = _NAMES[len(best)]
    placing = {name: sorted(part, key=lambda u: order[u.name]) for name, part in zip(names, best, strict=True)}
    empty = Layout(tuple(Module(name, ()) for name in names), carved.outside, carved.future)
    return arranged(empty, placing)


def rules_for(layout: Layout, files: Sequence[tuple[str, str]]) -> Rules:
    """Limits that ``layout`` keeps, with a little room in lines. ``files``: its texts."""
    functions = max(_LEAST, *(sum(unit.kind == "function" for unit in m.units) for m in layout.modules))
    lines = max(text.count("\n") + 1 for _, text in files)
    return Rules(tuple(module.name for module in layout.modules), functions, ceil(lines * _SLACK))


def in_order(units: Sequence[Unit]) -> list[list[Unit]]:
    """The units in groups that use each other in a circle, each behind what it uses; a helper near its first user."""
    by_name = {unit.name: unit for unit in units}
    edges = [(unit.name, name) for unit in units for name in unit.uses & by_name.keys()]
    circles = {name: group for group in cycles(edges) for name in group}
    done: set[str] = set()
    groups: list[list[Unit]] = []

    def visit(unit: Unit) -> None:
        if unit.name in done:
            return
        group = [by_name[name] for name in sorted(circles.get(unit.name, {unit.name}), key=list(by_name).index)]
        done.update(each.name for each in group)
        for each in group:
            for name in sorted(each.uses & by_name.keys()):
                visit(by_name[name])
        groups.append(group)

    for unit in units:
        visit(unit)
    return groups


def _cuts(groups: Sequence[list[Unit]]) -> Iterator[list[list[Unit]]]:
    size = sum(map(len, groups))
    for count in range(2, min(4, size // 3 if size > 5 else 2) + 1):
        for places in combinations(range(1, len(groups)), count - 1):
            bounds = [0, *places, len(groups)]
            parts = [[u for group in groups[a:b] for u in group] for a, b in pairwise(bounds)]
            if all(len(part) >= _LEAST for part in parts):
                yield parts


def _cost(parts: Sequence[Sequence[Unit]]) -> tuple[int, float]:
    """
    How many units are related to other parts only; then the partition's modularity, negated (Newman and Girvan, Phys.
    Rev. E 69, 026113, 2004), uses as edges without a direction.
    """
    home = {unit.name: at for at, part in enumerate(parts) for unit in part}
    edges = [(unit.name, name) for part in parts for unit in part for name in unit.uses & home.keys()]
    near: dict[str, set[int]] = {name: set() for name in home}
    degrees = [0] * len(parts)
    for one, other in edges:
        near[one].add(home[other])
        near[other].add(home[one])
        degrees[home[one]] += 1
        degrees[home[other]] += 1
    alone = sum(bool(parts_near) and home[name] not in parts_near for name, parts_near in near.items())
    within = sum(home[one] == home[other] for one, other in edges) / max(1, len(edges))
    return alone, sum((degree / max(1, 2 * len(edges))) ** 2 for degree in degrees) - within
