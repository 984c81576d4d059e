"""Faults of structure, put into a good layout so that the package still runs, and the steps that mend them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from envs.tasks.architecture import moves
from envs.tasks.architecture.layout import Layout, changed
from envs.tasks.architecture.measures import cycles
from envs.tasks.architecture.moves import Step, moved, swapped
from envs.tasks.architecture.units import Unit


@dataclass(frozen=True)
class Fault:
    """
    ``layout``: with the fault. The way back is the first step of the kind ``back``, about ``subject`` and ``target``
    (either, where it is a swap; empty: any), that leads to a layout as good as before.
    """

    name: str
    layout: Layout
    back: str
    subject: str = ""
    target: str = ""

    def mends(self, step: Step) -> bool:
        """Whether ``step`` may be the way back."""
        if step.kind != self.back:
            return False
        if self.back == moves.SWAP:
            return {step.subject, step.target} == {self.subject, self.target}
        return not self.subject or (step.subject, step.target) == (self.subject, self.target)


Maker = Callable[[Layout, np.random.Generator], Fault | None]


def misplaced(layout: Layout, rng: np.random.Generator) -> Fault | None:
    """A unit in a module where nothing uses it and it uses nothing; a cycle that comes of it is hidden in functions."""
    found = [
        Fault("misplaced", hidden, moves.MOVE, unit.name, module.name)
        for module in layout.modules
        for unit in module.units
        if len(module.units) > 1 and _related(layout, unit)
        for other in layout.modules
        if other is not module and other.name not in _related(layout, unit)
        if (hidden := _hidden(moved(layout, [unit], other.name), [unit])) is not None
    ]
    return _drawn(found, rng)


def exchanged(layout: Layout, rng: np.random.Generator) -> Fault | None:
    """Two units, each in the other's module, where nothing is related to either."""
    found = [
        Fault("swapped", hidden, moves.SWAP, one.name, two.name)
        for one, two in _pairs(layout)
        if layout.home[two.name] not in _related(layout, one) and layout.home[one.name] not in _related(layout, two)
        if (hidden := _hidden(swapped(layout, one, two), [one, two])) is not None
    ]
    return _drawn(found, rng)


def merged(layout: Layout, rng: np.random.Generator) -> Fault | None:
    """All of a module in another one, which is too long for it."""
    found = [
        Fault("merged", made, moves.SPLIT)
        for module in layout.modules
        for other in layout.modules
        if module is not other and not _cyclic(made := moved(layout, module.units, other.name))
    ]
    return _drawn(found, rng)


def late(layout: Layout, rng: np.random.Generator) -> Fault | None:
    """An import inside functions, though it could stand at the top."""
    found = [
        Fault("late import", moves.inside(layout, module, name), moves.TOP, name, module.name)
        for module in layout.modules
        for name in sorted(layout.at_top(module))
        if not any(name in unit.eager for unit in module.units)
    ]
    return _drawn(found, rng)


def spare(layout: Layout, rng: np.random.Generator) -> Fault | None:
    """An import that nothing needs, against the layers if that still runs."""
    found = []
    for module in layout.modules:
        for name in sorted(layout.home.keys() - layout.imported(module)):
            made = changed(layout, replace(module, spare=module.spare | {name}))
            if layout.home[name] != module.name and not _cyclic(made):
                found.append(Fault("unneeded import", made, moves.DROP, name, module.name))
    return _drawn(found, rng)


# Structural ones first: a late or an unneeded import alone is a matter of one look.
MIXES: tuple[tuple[Maker, ...], ...] = (
    (misplaced,),
    (exchanged,),
    (merged,),
    (misplaced, late),
    (misplaced, misplaced),
    (misplaced, spare),
    (merged, late),
    (exchanged, spare),
    (misplaced, misplaced, late),
    (late, spare),
)


def _drawn(found: list[Fault], rng: np.random.Generator) -> Fault | None:
    return found[int(rng.integers(len(found)))] if found else None


def _related(layout: Layout, unit: Unit) -> set[str]:
    """Modules of what ``unit`` uses and of what uses it."""
    users = {layout.home[other.name] for other in layout.units if unit.name in other.uses}
    return users | {layout.home[name] for name in unit.uses if name in layout.home}


def _pairs(layout: Layout) -> Iterator[tuple[Unit, Unit]]:
    for at, module in enumerate(layout.modules):
        for other in layout.modules[at + 1 :]:
            yield from ((one, two) for one in module.units for two in other.units)


def _cyclic(layout: Layout) -> bool:
    """Whether modules import each other at their tops: most often, neither can be imported then."""
    edges = {(m.name, layout.home[name]) for m in layout.modules for name in layout.at_top(m) | m.spare}
    return bool(cycles(edges))


def _hidden(layout: Layout, units: list[Unit]) -> Layout | None:
    """
    ``layout`` with as many imports that concern ``units`` put into functions as it takes to be without a cycle at the
    tops: what the units use first, then their users. None where that isn't enough.
    """
    if not _cyclic(layout):
        return layout
    for unit in units:
        module = layout.module(layout.home[unit.name])
        pairs = {(unit.name, name) for name in layout.foreign(unit, module.name) if name in unit.lazy - unit.eager}
        layout = changed(layout, replace(module, late=module.late | pairs))
        if not _cyclic(layout):
            return layout
    for unit in units:
        for module in layout.modules:
            users = {(u.name, unit.name) for u in module.units if unit.name in u.lazy - u.eager}
            if layout.home[unit.name] != module.name:
                layout = changed(layout, replace(module, late=module.late | users))
        if not _cyclic(layout):
            return layout
    return None
