"""
Which edits lead on in a state of a task of testing, found from what each test kills, hidden mutants included. It is
for labels of training samples alone: no agent sees any of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from core.protocols import Executor
from core.records import Task
from envs.edits.candidate import Candidate
from envs.tasks.testing.judge import TESTS
from envs.tasks.testing.pool import pool_of
from envs.tasks.testing.runs import SURVIVES, kills_of, mutants_of
from envs.tasks.testing.suite import REMOVED, Line, Suite, indented, read, right_line, sound_pairs

# Of a size; more of them name no other tests.
_MOST_SUITES = 3000
_PAIR = 2


@dataclass(frozen=True, slots=True)
class Aim:
    """
    What has to be killed, mutants being bits. ``visible``: all of these; ``hidden``: of each mask, at most so many may
    survive. ``kills``: by input, what its right test kills. ``flaky``: inputs without one. ``budget``: of tests.
    """

    visible: int
    hidden: tuple[tuple[int, int], ...]
    kills: tuple[int, ...]
    flaky: frozenset[int]
    budget: int

    def killed(self, tests: Sequence[int]) -> int:
        """What the right tests of some inputs kill together."""
        found = 0
        for test in tests:
            found |= self.kills[test]
        return found

    def reached(self, killed: int) -> bool:
        """Whether every goal about mutants is reached."""
        few = all((mask & ~killed).bit_count() <= most for mask, most in self.hidden)
        return few and not self.visible & ~killed


def aim_of(task: Task, executor: Executor) -> Aim:
    """What ``task`` asks for. Raises SandboxError."""
    found, source = kills_of(task, executor), task.files[1].text
    bits = {mutant: 1 << at for at, mutant in enumerate(found.fails)}
    kills = [
        0 if test in found.flaky else sum(bit for mutant, bit in bits.items() if test in found.fails[mutant])
        for test in range(len(pool_of(task)))
    ]
    masks = [(goal, sum({bits[mutant] for mutant in mutants_of(goal, source)})) for goal in task.goals]
    return Aim(
        visible=sum(mask for goal, mask in masks if goal.measure == SURVIVES),
        hidden=tuple((mask, int(goal.bound)) for goal, mask in masks if mask and goal.measure != SURVIVES),
        kills=tuple(kills),
        flaky=found.flaky,
        budget=next(int(goal.bound) for goal in task.goals if goal.measure == TESTS),
    )


def helpful(task: Task, source: str, candidates: Sequence[Candidate], executor: Executor) -> list[int]:
    """See ``envs.tasks.teaching.Teaching``. Lines that do harm come first, then the tests of the smallest suites."""
    suite = read(task, source)
    if suite is None:
        return []
    aim = aim_of(task, executor)
    spoilt = _spoilt(suite, aim)
    if spoilt:
        return _removals(source, candidates, spoilt)
    if len(suite.lines) > aim.budget:
        return _removals(source, candidates, _spare(suite.lines, aim))
    texts = _texts(task, aim, suite.tested)
    return [index for index, each in enumerate(candidates) if each.edit.replacement in texts]


def _texts(task: Task, aim: Aim, tests: Sequence[int]) -> set[str]:
    """What to write: a pair that is all that is missing, or else single tests and pairs of the smallest suites."""
    pool = pool_of(task)
    lines = [indented(right_line(test, entry)) for test, entry in enumerate(pool)]
    size = smallest(aim, tests) or 0
    pairs = [pair for pair in sound_pairs(pool) if size > 1 and smallest(aim, [*tests, *pair]) == size - 2]
    both = {lines[one] + lines[other] for one, other in pairs}
    return both if both and size == _PAIR else {*both, *(lines[test] for test in first_tests(aim, tests))}


def _spoilt(suite: Suite, aim: Aim) -> list[Line]:
    """Lines that fail, or say nothing that isn't said before."""
    said: set[str] = set()
    found = []
    for line in suite.lines:
        if not (line.tests and line.right) or line.entry in aim.flaky or line.text in said:
            found.append(line)
        said.add(line.text)
    return found


def _spare(lines: Sequence[Line], aim: Aim) -> list[Line]:
    """Tests that kill no visible mutant which the others let live."""
    tests = [line.entry for line in lines if line.entry is not None]
    every = aim.visible & aim.killed(tests)
    return [line for line in lines if every == aim.visible & aim.killed([t for t in tests if t != line.entry])]


def _removals(source: str, candidates: Sequence[Candidate], lines: Sequence[Line]) -> list[int]:
    texts = {indented(line) for line in lines}
    return [
        index
        for index, (edit, *_) in enumerate(candidates)
        if edit.operator == REMOVED and source[edit.start : edit.end] in texts
    ]


def smallest(aim: Aim, tests: Sequence[int]) -> int | None:
    """How many tests are missing beside ``tests``, within the budget; None where no number of them is enough."""
    killed, masks = aim.killed(tests), tuple(dict.fromkeys(aim.kills))
    sizes = range(aim.budget - len(tests) + 1)
    return next((size for size in sizes if next(_suites(aim, masks, killed, size), None) is not None), None)


def first_tests(aim: Aim, tests: Sequence[int]) -> frozenset[int]:
    """
    The inputs whose tests belong to any of the smallest sets that reach ``aim`` together with ``tests``, within the
    budget; none where no set does, or nothing is missing.
    """
    size = smallest(aim, tests)
    if size is None:
        return frozenset()
    killed, masks = aim.killed(tests), tuple(dict.fromkeys(aim.kills))
    suites = list(islice(_suites(aim, masks, killed, size), _MOST_SUITES))
    # In any order each of these helps, so that whoever writes one of their tests can go on to the others.
    steady = [suite for suite in suites if _each_needed(aim, suite, killed)]
    wanted = frozenset(chain.from_iterable(steady or suites))
    return frozenset(test for test, kills in enumerate(aim.kills) if kills in wanted)


def _each_needed(aim: Aim, suite: Sequence[int], killed: int) -> bool:
    """Whether each of some tests kills a visible mutant that all others let live."""
    for at in range(len(suite)):
        others = killed
        for mask in (*suite[:at], *suite[at + 1 :]):
            others |= mask
        if not aim.visible & ~others:
            return False
    return True


def _suites(aim: Aim, masks: Sequence[int], killed: int, size: int) -> Iterator[tuple[int, ...]]:
    """
    At most ``size`` of ``masks`` that kill all that is left, each of them a visible mutant that is alive until then:
    an episode keeps no other test. Whatever suite it is, one of its tests kills the mutant that fewest tests kill.
    """
    left = aim.visible & ~killed
    if not left:
        yield from [()] if aim.reached(killed) else []
        return
    able = [mask for mask in masks if mask & left]
    if size == 0 or size * max((mask & left).bit_count() for mask in able or [0]) < left.bit_count():
        return
    bits = [1 << at for at in range(left.bit_length()) if left >> at & 1]
    rarest = min(bits, key=lambda bit: sum(1 for mask in able if mask & bit))
    for mask in able:
        if mask & rarest:
            for rest in _suites(aim, masks, killed | mask, size - 1):
                yield (mask, *rest)
