"""Which inputs, mutants and tests a task of testing is made of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.seeding import rng
from envs.tasks.testing import choose as choices
from envs.tasks.testing.choose import Choice, choose, cover, fairness, surviving, thinned, with_wrong
from envs.tasks.testing.pool import Entry

INPUTS = 20
FAILS = st.lists(st.frozensets(st.integers(0, INPUTS - 1), max_size=12), min_size=1, max_size=30).map(
    lambda rows: {f"mutant {at}": row for at, row in enumerate(rows)}
)


@given(FAILS, st.integers(0, 3))
def test_the_tests_of_a_choice_kill_all_of_it_and_each_adds_something(fails, seed):
    found = choose(fails, INPUTS, rng(seed))
    if found is None:
        return
    assert not set(found.visible) & set(found.hidden)
    assert len(found.visible) >= choices.MIN_VISIBLE
    assert len(found.hidden) >= choices.MIN_HIDDEN
    assert len(found.tests) <= choices.MOST_TESTS
    for mutant in (*found.visible, *found.hidden):
        assert fails[mutant] & set(found.tests)
    left = set(found.visible)
    for test in found.tests:
        killed = {mutant for mutant in left if test in fails[mutant]}
        assert killed
        left -= killed
    assert not left


def test_mutants_that_the_same_inputs_kill_stand_for_each_other():
    rows = [frozenset((at, at + 1, at + 2)) for at in range(10)]
    fails = {f"{copy}{at}": row for at, row in enumerate(rows) for copy in "ab"}
    found = choose(fails, INPUTS, rng(0))
    assert found is not None
    assert all(mutant.startswith("a") for mutant in (*found.visible, *found.hidden))


def test_where_many_inputs_are_enough_alone_there_is_no_task():
    def fails(alone):
        return {f"m{at}": frozenset((*range(alone), 10 + at)) for at in range(8)}

    assert choose(fails(8), INPUTS, rng(0)) is None
    found = choose(fails(1), INPUTS, rng(0))
    assert found is not None
    assert found.tests == (0,)


def test_the_other_half_is_hidden_where_one_half_leaves_too_little():
    fails = {f"m{at}": frozenset((at, at + 1, at + 2)) for at in range(5)}
    found = [choose(fails, INPUTS, rng(seed)) for seed in range(6)]
    assert all(choice is not None for choice in found)


def test_of_equally_good_tests_the_one_that_kills_more_hidden_mutants_comes_first():
    assert cover({"v": frozenset((1, 2)), "h": frozenset((2, 3))}, ["v"], ["h"]) == [2]


def test_the_pool_holds_every_way_through_the_code_and_few_exceptions():
    ways = [Entry(f"f({at})", str(at), False, (1, at % 7 + 2)) for at in range(100)]
    errors = [Entry(f"f('{at}')", "ValueError", True, (9,)) for at in range(50)]
    pool = thinned([*ways, *errors], 20)
    assert len(pool) == 20
    assert {entry.lines for entry in pool} == {entry.lines for entry in (*ways, *errors)}
    assert 0 < sum(entry.raises for entry in pool) <= 5


def test_a_wrong_expectation_is_another_inputs_outcome():
    pool = with_wrong([Entry("f(1)", "1", False, (1,)), Entry("f(2)", "2", False, (1,)), Entry("f()", "E", True, (1,))])
    assert [entry.wrong for entry in pool] == ["2", "1", "1"]
    assert with_wrong([Entry("f(1)", "1", False, (1,))] * 2)[0].wrong == ""


def test_hidden_goals_that_the_shown_mutants_say_nothing_of_are_unfair():
    fails = {"v": frozenset((0, 1, 2, 3)), "w": frozenset((4,)), "a": frozenset((0,)), "b": frozenset((0, 1, 2, 3))}
    assert fairness(fails, Choice(("v", "w"), ("b", "b"), (0, 4)), 5) == pytest.approx(1)
    assert fairness(fails, Choice(("v", "w"), ("a", "a"), (0, 4)), 5) == pytest.approx(0.25)
    assert fairness(fails, Choice(("w",), ("a", "b"), (4,)), 5) == 0.0


def test_of_few_hidden_mutants_a_quarter_may_survive():
    assert [surviving(count) for count in (2, 3, 4, 8)] == [(1, 0), (1, 1), (2, 1), (4, 2)]


@given(FAILS, st.integers(0, 3))
def test_what_is_chosen_is_fair(fails, seed):
    found = choose(fails, INPUTS, rng(seed))
    assert found is None or 0.6 <= fairness(fails, found, INPUTS) <= 1 + 1e-9
