"""
What a package's structure is judged by. Each is at most its goal's bound where the goal is reached.

Uses are read off the code, not off the imports: an import that is not there, or hidden in a function, changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from envs.tasks.architecture.reading import State, read
from envs.tasks.architecture.rules import Rules

CYCLES, LATE, UPWARD, UNUSED = "cycles", "late", "upward", "unused"
COUPLING, LOOSE, MISPLACED, LIMITS, CHANGED = "coupling", "loose", "misplaced", "limits", "changed"
WORDS = {
    CYCLES: "groups of modules that import each other in a circle",
    LATE: "imports hidden inside functions",
    UPWARD: "names imported against the layers",
    UNUSED: "names imported from another module and not used",
    COUPLING: "uses across modules",
    LOOSE: "share of uses that cross modules",
    MISPLACED: "definitions related to other modules only",
    LIMITS: "functions above the limit, and files with too many lines",
    CHANGED: "definitions lost, doubled or changed, and statements that belong nowhere",
}


def values(text: str, start: str, rules: Rules) -> dict[str, float]:
    """
    Every measure of the state ``text``. ``start``: the state that the task began with, whose definitions have to stay.

    Raises:
        SyntaxError: a file is no Python.
    """
    return _values(text, start, rules)


@lru_cache(maxsize=2048)
def _values(text: str, start: str, rules: Rules) -> dict[str, float]:
    state, before = read(text), read(start)
    pairs, crossing = uses(state)
    used = {(module.name, name) for module in state.layout.modules for unit in module.units for name in unit.uses}
    unused = sum(not each.late and (each.importer, each.name) not in used for each in state.imports)
    return {
        CYCLES: len(cycles({(each.importer, each.module) for each in state.imports})),
        LATE: sum(each.late for each in state.imports),
        UPWARD: len({(i.importer, i.name) for i in state.imports if rules.upward(i.importer, i.module)}),
        UNUSED: unused,
        COUPLING: crossing,
        LOOSE: crossing / pairs if pairs else 0.0,
        MISPLACED: len(misplaced(state)),
        LIMITS: sum(rules.excess(body) for _, body in state.files),
        CHANGED: _changed(state, before),
    }


def _changed(state: State, before: State) -> int:
    gone, added = before.definitions - state.definitions, state.definitions - before.definitions
    strange = set(state.layout.outside) - set(before.layout.outside)
    future = state.layout.future != before.layout.future
    return gone.total() + added.total() + len(strange) + state.odd + future


def uses(state: State) -> tuple[int, int]:
    """Pairs of definitions of which one uses the other, and how many of them lie in different modules."""
    home = state.layout.home
    pairs = [
        (module.name, name)
        for module in state.layout.modules
        for unit in module.units
        for name in unit.uses
        if name in home
    ]
    return len(pairs), sum(home[name] != module for module, name in pairs)


def misplaced(state: State) -> list[str]:
    """Definitions that use others or are used, none of them in their own module."""
    home = state.layout.home
    near: dict[str, set[str]] = {name: set() for name in home}
    for unit in state.layout.units:
        for name in unit.uses & home.keys():
            near[unit.name].add(home[name])
            near[name].add(home[unit.name])
    return [name for name, modules in near.items() if modules and home[name] not in modules]


def cycles(edges: Iterable[tuple[str, str]]) -> list[frozenset[str]]:
    """Groups of more than one module that reach each other over (importer, imported) edges."""
    after: dict[str, set[str]] = {}
    for importer, module in edges:
        after.setdefault(importer, set()).add(module)
    reach = {name: _reached(name, after) for name in after}
    groups = {frozenset(b for b in reach[a] if a in reach.get(b, ())) for a in reach if a in reach[a]}
    return sorted((group for group in groups if len(group) > 1), key=sorted)


def _reached(start: str, after: dict[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        new = after.get(waiting.pop(), set()) - seen
        seen |= new
        waiting += new
    return seen


def culprits(text: str, measure: str, rules: Rules) -> list[str]:
    """
    Names of the definitions or modules that a measure of the state counts, each once; none where it counts no names.

    Raises:
        SyntaxError: a file is no Python.
    """
    state = read(text)
    match measure:
        case "cycles":
            found = [
                name for group in cycles({(i.importer, i.module) for i in state.imports}) for name in sorted(group)
            ]
        case "late":
            found = [each.name for each in state.imports if each.late]
        case "upward":
            found = [each.name for each in state.imports if rules.upward(each.importer, each.module)]
        case "misplaced":
            found = misplaced(state)
        case "limits":
            found = [name for name, body in state.files if rules.excess(body)]
        case _:
            found = []
    return list(dict.fromkeys(found))
