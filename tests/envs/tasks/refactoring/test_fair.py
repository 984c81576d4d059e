"""Tasks that can be solved by dropping what the checks don't tell from nothing are none."""

from dataclasses import replace

import pytest

from core.records import Category, Task
from envs.tasks.refactoring.fair import climbs, fair
from envs.tasks.refactoring.goals import goals_of, missed
from envs.tasks.refactoring.measures import measured
from envs.tasks.registry import category_of
from tests.fakes.executor import InlineExecutor, make_task

NESTED = "def pick(a, b):\n    if a > b:\n        if b > -5:\n            return a\n    return b\n"
MERGED = "def pick(a, b):\n    if a > b and b > -5:\n        return a\n    return b\n"
SHORT = "def pick(a, b):\n    if a > b:\n        return a\n    return b\n"


def nested_task(numbers: list[tuple[int, int]]) -> Task:
    task = make_task(NESTED, NESTED, "pick", numbers)
    goals = goals_of([measured(NESTED), measured(MERGED)], NESTED, MERGED)
    return replace(task, category=Category.REFACTORING, goals=goals)


@pytest.mark.parametrize(("lowest", "verdict"), [(-9, True), (0, False)])
def test_the_checks_have_to_tell_what_dropped_code_is_there_for(lowest: int, verdict: bool) -> None:
    task = nested_task([(a, b) for a in range(4) for b in (lowest, 1, 2, 3)])
    assert fair(task, [NESTED, MERGED], InlineExecutor()) is verdict


def test_a_way_climbs_where_each_step_reaches_more_that_is_shown() -> None:
    path = [measured(NESTED), measured(MERGED)]
    goals = goals_of(path, NESTED, MERGED)
    assert climbs(goals, path)
    assert not climbs(goals, [*path, path[-1]])
    hidden = [replace(goal, visible=False) for goal in goals]
    assert not climbs(hidden, path)


def test_what_gets_better_has_bounds_and_all_else_must_not_grow() -> None:
    bounds = {goal.measure: goal.bound for goal in goals_of([measured(NESTED), measured(MERGED)], NESTED, MERGED)}
    before, after = measured(NESTED), measured(MERGED)
    assert bounds["nesting"] == after.nesting < before.nesting
    assert bounds["statements"] == after.statements < before.statements
    assert bounds["complexity"] == before.complexity == after.complexity
    assert bounds["duplication"] == bounds["magic"] == bounds["dead"] == 0


def test_a_word_that_goes_is_missed_though_all_measures_are_better() -> None:
    start = NESTED.replace("return a\n", "return a.size\n")
    end = MERGED.replace("return a\n", "return a.size\n")
    task = replace(nested_task([(1, 2)]), goals=goals_of([measured(start), measured(end)], start, end))
    assert not missed(task, end)
    assert missed(task, SHORT)


def test_a_missed_goal_is_told_by_numbers_and_a_hidden_one_tells_no_words() -> None:
    task = nested_task([(a, b) for a in range(4) for b in range(4)])
    verdict = category_of(Category.REFACTORING).verify(task, NESTED.replace("-5", "-5000"), InlineExecutor())
    details = {result.check_id: result.detail for result in verdict.results if result.detail}
    assert details["nesting<=1"] == "nesting 2 limit 1"
    assert all(word not in detail for detail in details.values() for word in ("pick", "-5", "return"))
