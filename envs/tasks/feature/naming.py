"""Pieces of other functions, with names that are to be had where they are put (plastic surgery; Barr et al., 2014)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import product

from envs.tasks.feature.library import Template
from envs.tasks.feature.places import Gap, Site

MAX_WAYS = 4
_MOST_UNKNOWN = 2


def renamed(template: Template, gap: Gap, site: Site, foreign: tuple[str, ...] = ()) -> list[tuple[str, float]]:
    """
    Texts of ``template`` whose every name can be read at the gap, and the bits of the renaming. ``foreign``: parameters
    of the function that it comes from; one that is missing here may be the parameter at its place.
    """
    key = (template.parts, gap.names, foreign)
    found: list[tuple[str, float]] | None = site.memo.get(key)
    if found is None:
        found = site.memo[key] = list(_renamed(template, gap, site, foreign))
    return found


def _renamed(template: Template, gap: Gap, site: Site, foreign: Sequence[str]) -> Iterator[tuple[str, float]]:
    present = [name for name in template.needs if _there(name, gap, site)]
    missing = [name for name in template.needs if name not in present]
    if len(missing) > _MOST_UNKNOWN or "self" in missing or "cls" in missing:
        return
    ways = [_ways(name, gap, site, foreign) for name in missing]
    if not missing:
        for text, bits in _bound(template, {}, site):
            yield text, bits
        yield from _swapped(template, gap, site, present)
        return
    for chosen in list(product(*ways))[: 2 * MAX_WAYS]:
        names = {name: other for name, (other, _) in zip(missing, chosen, strict=True)}
        if len(set(names.values())) == len(names):
            for text, bits in _bound(template, names, site):
                yield text, 0.5 + bits + sum(cost for _, cost in chosen)


def _there(name: str, gap: Gap, site: Site) -> bool:
    return name in gap.weights or (name in ("self", "cls") and name in site.scope.locals)


def _ways(name: str, gap: Gap, site: Site, foreign: Sequence[str]) -> list[tuple[str, float]]:
    found: dict[str, float] = {}
    own = site.scope.parameters
    others = [each for each in foreign if each not in ("self", "cls")]
    if name in others and others.index(name) < len(own) and own[others.index(name)] in gap.weights:
        found[own[others.index(name)]] = 0.0
    for rank, other in enumerate(gap.names):
        if len(found) >= MAX_WAYS:
            break
        found.setdefault(other, math.log2(2 + rank))
    return list(found.items())


def _bound(template: Template, names: dict[str, str], site: Site) -> Iterator[tuple[str, float]]:
    """What the piece binds may be what is missing here."""
    yield template.filled(names), 0.0
    for name in template.binds[:1]:
        for rank, other in enumerate(list(site.unbound)[:2]):
            if other != name:
                yield template.filled({**names, name: other}), 0.5 + rank


def _swapped(template: Template, gap: Gap, site: Site, present: Sequence[str]) -> Iterator[tuple[str, float]]:
    """One name that is here, too, replaced by another one."""
    for name in [each for each in present if each not in ("self", "cls")][:3]:
        for rank, other in enumerate([each for each in gap.names if each != name][:MAX_WAYS]):
            yield template.filled({name: other}), 2.0 + math.log2(1 + rank)
    for name in template.binds[:1]:
        for rank, other in enumerate([each for each in gap.names if each != name][:3]):
            yield template.filled({name: other}), 2.5 + math.log2(1 + rank)
