from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from core.records import Task
from envs.tasks.balance import balanced
from tests.fakes.clamp import ONE_BUG, clamp_task

TASK = clamp_task(ONE_BUG)


def task(index: int, category: str, package: str, function: str) -> Task:
    origin = replace(TASK.provenance, package=package)
    return replace(TASK, id=f"{index}", category=category, provenance=origin, qualname=function)


kinds = st.tuples(st.sampled_from("abc"), st.sampled_from("pq"), st.sampled_from("fgh"))
many = st.lists(kinds, max_size=60).map(lambda found: [task(i, *kind) for i, kind in enumerate(found)])


@given(many, st.integers(0, 70), st.randoms())
def test_as_many_as_there_are_and_the_order_has_no_influence(tasks, count, random) -> None:
    chosen = balanced(tasks, count)
    assert len(chosen) == min(count, len(tasks))
    assert len({each.id for each in chosen}) == len(chosen)
    random.shuffle(tasks)
    assert balanced(tasks, count) == chosen


@given(many, st.integers(0, 70))
def test_no_category_has_two_more_than_one_that_has_some_left(tasks, count) -> None:
    had, taken = Counter(t.category for t in tasks), Counter(t.category for t in balanced(tasks, count))
    for one in had:
        for other in had:
            assert taken[one] <= taken[other] + 1 or taken[other] == had[other]


def test_packages_and_functions_take_turns_too() -> None:
    tasks = [task(i, "a", "p", f"f{i % 2}") for i in range(20)] + [task(99, "a", "q", "f")]
    chosen = balanced(tasks, 3)
    assert Counter(t.provenance.package for t in chosen) == {"p": 2, "q": 1}
    assert len({t.qualname for t in chosen}) == 3


def test_another_seed_chooses_others() -> None:
    tasks = [task(i, "a", "p", "f") for i in range(50)]
    assert balanced(tasks, 5, 1) != balanced(tasks, 5, 2)
