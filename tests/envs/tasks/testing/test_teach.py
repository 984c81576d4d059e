"""Which edits of a test function a teacher calls right."""

from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.records import Category
from core.seeding import rng
from envs.edits.grammar import apply
from envs.sandbox.config import SandboxConfig
from envs.sandbox.lane import FastLane
from envs.tasks.category import Bench, Material
from envs.tasks.mining.settings import MiningSettings
from envs.tasks.registry import category_of
from envs.tasks.states import candidates_of
from envs.tasks.teaching import Teaching, teacher_of
from envs.tasks.testing.pool import pool_of
from envs.tasks.testing.suite import PAIR, REMOVED, lines_of, read, sound_pairs
from envs.tasks.testing.teach import Aim, aim_of, first_tests, helpful, smallest
from tests.fakes.tested import mined

VISIBLE, HIDDEN = 0b11111, 0b11100000
AIMS = st.builds(
    Aim,
    visible=st.just(VISIBLE),
    hidden=st.integers(0, 3).map(lambda most: ((HIDDEN, most),)),
    kills=st.lists(st.integers(0, 255), min_size=1, max_size=9).map(tuple),
    flaky=st.just(frozenset()),
    budget=st.integers(1, 4),
)


def needed(aim: Aim, tests: tuple[int, ...]) -> bool:
    """Whether each of the tests kills a visible mutant that the others let live."""
    return all(VISIBLE & ~aim.killed([t for t in tests if t != one]) for one in tests)


def least(aim: Aim) -> list[tuple[int, ...]]:
    """The smallest sets of tests that reach the aim, within the budget."""
    for size in range(1, aim.budget + 1):
        suites = [s for s in combinations(range(len(aim.kills)), size) if aim.reached(aim.killed(s))]
        if suites:
            return suites
    return []


def steady(aim: Aim) -> list[tuple[int, ...]]:
    """Those of them whose tests help in any order."""
    return [suite for suite in least(aim) if needed(aim, suite)]


@given(AIMS)
def test_the_first_tests_are_those_of_the_smallest_suites(aim):
    found, suites = first_tests(aim, []), steady(aim)
    if suites:
        assert found == {test for suite in suites for test in suite}
    every = [s for size in range(1, aim.budget + 1) for s in combinations(range(len(aim.kills)), size)]
    assert all(any(test in s and aim.reached(aim.killed(s)) for s in every) for test in found)


@given(AIMS)
def test_whoever_follows_arrives_within_the_budget_and_every_test_helps(aim):
    tests: list[int] = []
    while found := first_tests(aim, tests):
        chosen = min(test for test in found if aim.kills[test] & VISIBLE & ~aim.killed(tests))
        tests.append(chosen)
    assert len(tests) <= aim.budget
    assert not tests or aim.reached(aim.killed(tests)) or not steady(aim)


@pytest.fixture(scope="module")
def lane():
    with FastLane(SandboxConfig(hash_seed=0)) as made:
        yield made


NUMBERS = [(number,) for number in (0, 1, 2, 3, 4, 10, 11, 12, 13, 21, 22, 100, 101, 111, 112, 113, -1, -11, 23)]


def generated(lane, seed):
    bench = Bench(lane, rng(seed), MiningSettings())
    (made,) = category_of(Category.TESTING).generate(Material(mined("inflection", "ordinal", NUMBERS)), bench)
    return made


@pytest.fixture(scope="module")
def task(lane):
    return generated(lane, 0)


def after(task, source, lane):
    """The states that right edits lead to."""
    candidates = candidates_of(task, source)
    return [apply(source, candidates[index].edit) for index in helpful(task, source, candidates, lane)]


@pytest.mark.parametrize("which", [0, -1])
def test_each_right_edit_raises_the_share_and_the_last_one_solves(task, lane, which):
    verify, source, edits = category_of(task.category).verify, task.source, 0
    while not verify(task, source, lane).passed:
        share = verify(task, source, lane).only(task.visible_ids).fraction()
        states = after(task, source, lane)
        assert states
        assert all(verify(task, each, lane).only(task.visible_ids).fraction() > share for each in states)
        source, edits = states[which], edits + 1
    assert edits <= task.solution_edits
    assert after(task, source, lane) == []


def test_where_a_pair_is_all_that_is_missing_it_is_the_shortest_way(lane):
    tasks = (generated(lane, seed) for seed in range(9))
    task = next(each for each in tasks if completing(each, lane))
    candidates = candidates_of(task, task.source)
    right = [candidates[index].edit for index in helpful(task, task.source, candidates, lane)]
    assert {edit.operator for edit in right} == {PAIR}
    assert len(right) == len(completing(task, lane))
    assert all(category_of(task.category).verify(task, apply(task.source, edit), lane).passed for edit in right)


def completing(task, lane):
    """The pairs that solve a task which no single test solves."""
    aim = aim_of(task, lane)
    return [pair for pair in sound_pairs(pool_of(task)) if smallest(aim, []) == 2 and aim.reached(aim.killed(pair))]


def test_right_are_more_than_those_of_the_reference(task, lane):
    assert len(after(task, task.source, lane)) > task.solution_edits


def test_a_line_that_does_harm_is_taken_away_first(task, lane):
    for bad in (next(line for line in lines_of(task) if not line.right), lines_of(task)[-1]):
        good = after(task, task.source, lane)[0]
        source = good + f"    {bad.text}\n"
        assert after(task, source, lane) == [good]


def test_where_the_budget_is_spent_on_what_adds_nothing_no_edit_is_right(task, lane):
    aim = aim_of(task, lane)
    ((common, _),) = Counter(aim.kills).most_common(1)
    weak = [test for test in range(len(aim.kills)) if aim.kills[test] == common]
    assert len(weak) > aim.budget
    texts = {line.entry: line.text for line in lines_of(task) if line.tests and line.right}
    head = task.source.partition("\n")[0]
    full = "\n    ".join([head, *(texts[test].replace("\n", "\n    ") for test in weak[: aim.budget])]) + "\n"
    assert after(task, full, lane) == []
    over = full + "    " + texts[weak[-1]].replace("\n", "\n    ") + "\n"
    assert read(task, over) is not None
    states = after(task, over, lane)
    assert states
    kinds = [each.edit.operator for each in candidates_of(task, over) if apply(over, each.edit) in states]
    assert set(kinds) == {REMOVED}


def test_testing_teaches_and_bug_fixing_does_not():
    assert isinstance(category_of(Category.TESTING), Teaching)
    assert teacher_of(Category.TESTING) is category_of(Category.TESTING)
    assert teacher_of(Category.BUG_FIX) is None
