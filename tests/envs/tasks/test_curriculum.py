from __future__ import annotations

import json

import pytest

from core.errors import CheckpointError
from envs.tasks.curriculum import Curriculum, CurriculumConfig


def practised(outcomes: dict[str, list[bool]]) -> Curriculum:
    curriculum = Curriculum(outcomes)
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
    curriculum = Curriculum(["a"], config)
    for _ in range(500):
        curriculum.record("a", False)
    assert 0.1 <= curriculum.weights()["a"] < 0.5


def test_rates_follow_a_policy_that_gets_better() -> None:
    curriculum = practised({"a": [False] * 30 + [True] * 10})
    assert curriculum.rates()["a"] > 0.5


def test_state_survives_a_checkpoint_exactly() -> None:
    before = practised({"a": [True, False, True], "b": [False], "gone": [True]})
    after = Curriculum(["b", "a", "new"])
    after.load_state_dict(json.loads(json.dumps(before.state_dict())))
    assert {name: after.weights()[name] for name in "ab"} == {name: before.weights()[name] for name in "ab"}
    assert after.rates()["new"] == 0.5


def test_a_torn_state_is_refused() -> None:
    with pytest.raises(CheckpointError, match="length"):
        Curriculum(["a"]).load_state_dict({"tasks": ["a"], "solved": [], "failed": []})
