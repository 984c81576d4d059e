"""The choices of a task of testing: inputs to offer, mutants to show and to hide, and the tests that are enough."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from envs.tasks.testing.pool import Entry

MOST_ENTRIES, MIN_ENTRIES, MIN_OUTCOMES = 40, 10, 2
MIN_VISIBLE, MIN_HIDDEN, MOST_MUTANTS = 3, 2, 16
MOST_TESTS = 5
# Of the inputs: mutants that more of them kill are no aim, those that fewer kill can't be asked for unseen.
_TRIVIAL, _MOST_TRIVIAL, _NEEDLE = 0.8, 3, 2
# Of the inputs may be enough alone.
_ENOUGH_ALONE = 0.25
_RAISING = 0.25
# Of those who write the best tests for the visible mutants, how many at least have to reach the hidden goals, too.
_FAIR = 0.6
# By the visible and the hidden mutants that are left: how probable.
Ways = dict[tuple[int, int], float]


@dataclass(frozen=True, slots=True)
class Choice:
    """Mutants by their texts, and inputs of the pool whose tests, one after another, each kill one more visible one."""

    visible: tuple[str, ...]
    hidden: tuple[str, ...]
    tests: tuple[int, ...]


def thinned(found: Sequence[Entry], most: int = MOST_ENTRIES) -> list[Entry]:
    """At most ``most`` entries, ways through the code and outcomes by turns, shorter ones first."""
    ways: dict[tuple[int, ...], list[Entry]] = {}
    raising = [each for each in found if each.raises]
    few = sorted(raising, key=_size)[: round(most * _RAISING)]
    for entry in sorted([*(each for each in found if not each.raises), *few], key=_size):
        ways.setdefault(entry.lines, []).append(entry)
    queues = [_new_first(ways[way]) for way in sorted(ways)]
    turns = [queue[turn] for turn in range(max(map(len, queues), default=0)) for queue in queues if turn < len(queue)]
    return sorted(turns[:most], key=lambda each: (each.made, each.act, each.call))


def _size(entry: Entry) -> tuple[int, str]:
    return entry.size, entry.made + entry.act + entry.call


def _new_first(entries: Sequence[Entry]) -> list[Entry]:
    """The entries, those first whose outcome is the first of its kind."""
    firsts = {entry.outcome: entry for entry in reversed(entries)}
    return [*firsts.values(), *(each for each in entries if firsts[each.outcome] is not each)]


def with_wrong(pool: Sequence[Entry]) -> list[Entry]:
    """The entries with an outcome of another one as what might be expected, wrongly unless the two are equal."""
    return [replace(entry, wrong=_other(entry, [*pool[at:], *pool[:at]])) for at, entry in enumerate(pool)]


def _other(entry: Entry, others: Sequence[Entry]) -> str:
    alike = [each.outcome for each in others if not each.raises and bool(each.made) == bool(entry.made)]
    return next((text for text in alike if entry.raises or text != entry.outcome), "")


def choose(fails: Mapping[str, frozenset[int]], inputs: int, rng: np.random.Generator) -> Choice | None:
    """
    ``fails``: by mutant, the inputs whose tests fail on it. Mutants that the same inputs kill stand for each other.
    None where too few mutants are left to ask for, where nearly any test is enough, or where it is up to chance whether
    the hidden goals are reached.
    """
    distinct = {inputs_killed: mutant for mutant, inputs_killed in reversed(list(fails.items())) if inputs_killed}
    by_ease = sorted(distinct.items(), key=lambda item: (len(item[0]), sorted(item[0])))
    trivial = [mutant for killers, mutant in by_ease if len(killers) > _TRIVIAL * inputs]
    left = [mutant for _, mutant in by_ease if mutant not in trivial[_MOST_TRIVIAL:]]
    kept = [left[at * len(left) // MOST_MUTANTS] for at in range(MOST_MUTANTS)] if len(left) > MOST_MUTANTS else left
    first = int(rng.integers(2))
    halves = (_split(fails, kept, half, inputs) for half in (first, 1 - first))
    return next((choice for choice in halves if choice is not None), None)


def _split(fails: Mapping[str, frozenset[int]], kept: Sequence[str], half: int, inputs: int) -> Choice | None:
    """Every other mutant hidden; None where that leaves too little to do."""
    hidden = [m for at, m in enumerate(kept) if at % 2 == half and len(fails[m]) >= _NEEDLE]
    visible = [mutant for mutant in kept if mutant not in hidden]
    tests = cover(fails, visible, hidden)[:MOST_TESTS]
    visible = [mutant for mutant in visible if fails[mutant] & set(tests)]
    hidden = [mutant for mutant in hidden if fails[mutant] & set(tests)]
    alone = frozenset(range(inputs)).intersection(*(fails[mutant] for mutant in visible))
    if len(visible) < MIN_VISIBLE or len(hidden) < MIN_HIDDEN or len(alone) > _ENOUGH_ALONE * inputs:
        return None
    choice = Choice(tuple(visible), tuple(hidden), tuple(tests))
    return choice if fairness(fails, choice, inputs) >= _FAIR else None


def surviving(hidden: int) -> tuple[int, int]:
    """How many of so many hidden mutants may survive: for some of the credit, and for all of it (a quarter)."""
    return hidden // 2, (hidden + 1) // 4


def fairness(fails: Mapping[str, frozenset[int]], choice: Choice, inputs: int) -> float:
    """
    How probable it is that the hidden goals are reached by somebody who knows all of the visible mutants and nothing of
    the hidden ones: who writes, one after another, a test that kills as many of those left as any, whichever.
    """
    columns = [_column(fails, choice, test) for test in range(inputs)]
    limit, reached = surviving(len(choice.hidden))[1], 0.0
    ways: Ways = {((1 << len(choice.visible)) - 1, (1 << len(choice.hidden)) - 1): 1.0}
    while ways:
        ways = _after_a_test(ways, columns)
        reached += sum(share for (left, alive), share in ways.items() if not left and alive.bit_count() <= limit)
        ways = {way: share for way, share in ways.items() if way[0]}
    return reached


def _after_a_test(ways: Ways, columns: Sequence[tuple[int, int]]) -> Ways:
    following: Ways = {}
    for (left, alive), share in ways.items():
        most = max((kills & left).bit_count() for kills, _ in columns)
        best = [column for column in columns if (column[0] & left).bit_count() == most]
        for kills, others in best:
            way = left & ~kills, alive & ~others
            following[way] = following.get(way, 0.0) + share / len(best)
    return following


def _column(fails: Mapping[str, frozenset[int]], choice: Choice, test: int) -> tuple[int, int]:
    """The visible and the hidden mutants that a test kills, as bits."""
    return _mask([test in fails[mutant] for mutant in choice.visible]), _mask(
        [test in fails[mutant] for mutant in choice.hidden]
    )


def _mask(bits: Sequence[bool]) -> int:
    return sum(1 << at for at, bit in enumerate(bits) if bit)


def cover(fails: Mapping[str, frozenset[int]], visible: Sequence[str], hidden: Sequence[str]) -> list[int]:
    """Inputs that kill all visible mutants, greedily; of those that kill as many, that which kills most hidden ones."""
    left, behind, chosen = list(visible), list(hidden), list[int]()
    while left:
        able = sorted(frozenset().union(*(fails[mutant] for mutant in left)))
        best = max(able, key=lambda at: (_killed(fails, left, at), _killed(fails, behind, at), -at))
        chosen.append(best)
        left = [mutant for mutant in left if best not in fails[mutant]]
        behind = [mutant for mutant in behind if best not in fails[mutant]]
    return chosen


def _killed(fails: Mapping[str, frozenset[int]], mutants: Sequence[str], test: int) -> int:
    return sum(test in fails[mutant] for mutant in mutants)
