from __future__ import annotations

import json

import pytest

from core.errors import CheckpointError
from envs.tasks.curriculum import Curriculum, CurriculumConfig


def practised(outcomes: dict[str, list[bool]]) -> Curriculum:
    curriculum = Curriculum(dict.fromkeys(outcomes, "bug_fix"))
    for task_id, results in outcomes.items():
        for solved in results:
            curriculum.record(task_id, solved)
    return curriculum


def test_tasks_between_hopeless_and_easy_are_practised_most() -> None:
    weights = practised({"easy": [True] * 20, "open": [True, False] * 10, "hopeless": [False] * 20}).weights()
    assert weights["open"] > 2 * weights["easy"]
    assert weights["open"] > 2 * weights["hopeless"]


def test_no_task_is_given_up() -> None:
    config = CurriculumConfig(floor=0.1)
    curriculum = Curriculum({"a": "bug_fix"}, config)
    for _ in range(500):
        curriculum.record("a", False)
    assert 0.1 <= curriculum.weights()["a"] < 0.5


def test_rates_follow_a_policy_that_gets_better() -> None:
    curriculum = practised({"a": [False] * 30 + [True] * 10})
    assert curriculum.rates()["a"] > 0.5


def test_categories_are_practised_by_their_shares_however_many_tasks_they_have() -> None:
    bugs = [f"bug{index}" for index in range(30)]
    categories = dict.fromkeys(bugs, "bug_fix") | {"test1": "testing", "test2": "testing", "doc": "documentation"}
    weights = Curriculum(categories, CurriculumConfig(shares={"bug_fix": 3.0})).weights()
    tests = weights["test1"] + weights["test2"]
    assert sum(weights[task] for task in bugs) == pytest.approx(3 * tests)
    assert tests == pytest.approx(weights["doc"])
    assert max(weights.values()) <= 1


def test_of_one_category_the_share_is_of_no_account() -> None:
    tasks = dict.fromkeys("abc", "bug_fix")
    assert Curriculum(tasks, CurriculumConfig(shares={"bug_fix": 7.0})).weights() == Curriculum(tasks).weights()


def test_state_survives_a_checkpoint_exactly() -> None:
    before = practised({"a": [True, False, True], "b": [False], "gone": [True]})
    after = Curriculum(dict.fromkeys(["b", "a", "new"], "bug_fix"))
    after.load_state_dict(json.loads(json.dumps(before.state_dict())))
    assert {name: after.weights()[name] for name in "ab"} == {name: before.weights()[name] for name in "ab"}
    assert after.rates()["new"] == 0.5


def test_a_torn_state_is_refused() -> None:
    with pytest.raises(CheckpointError, match="length"):
        Curriculum({"a": "bug_fix"}).load_state_dict({"tasks": ["a"], "solved": [], "failed": []})
