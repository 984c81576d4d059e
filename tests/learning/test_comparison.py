from dataclasses import replace

import numpy as np
import pytest

from core.errors import TaskError
from learning.comparison import compare
from learning.evaluation import Attempt, Evaluation, TaskFacts, Throughput

TASKS = tuple(TaskFacts(f"t{i}", "p", f"m:f{i // 2}", ("swap",), 1) for i in range(200))


def attempts(agent: str, rate: float, seed: int) -> list[Attempt]:
    generator = np.random.default_rng(seed)
    found = [int(generator.geometric(rate)) for _ in TASKS]
    return [Attempt(t.id, agent, 0, 0.0, at, True, at, 0.0) for t, at in zip(TASKS, found, strict=True)]


def evaluation(*found: list[Attempt]) -> Evaluation:
    every = tuple(attempt for group in found for attempt in group)
    agents = tuple(dict.fromkeys(attempt.agent for attempt in every))
    return Evaluation(TASKS, agents, every, 100, Throughput(len(every), 0, 0, 1.0))


def test_an_agent_is_no_better_than_itself() -> None:
    one = attempts("new", 0.2, 0)
    same = [replace(attempt, agent="old") for attempt in one]
    found = compare(evaluation(one, same), "new", "old", 200)
    assert (found.verdict, found.score.value, found.score.low, found.score.high) == ("no difference", 0, 0, 0)


@pytest.mark.parametrize(("ours", "theirs", "verdict"), [(0.4, 0.1, "better"), (0.1, 0.4, "worse")])
def test_a_difference_has_the_right_sign(ours: float, theirs: float, verdict: str) -> None:
    found = compare(evaluation(attempts("new", ours, 1), attempts("old", theirs, 2)), "new", "old", 200)
    assert found.verdict == verdict
    assert found.tasks == len(TASKS)
    assert found.marks == (1, 5, 10, 25, 100)


def test_equals_are_rarely_told_apart() -> None:
    runs = [evaluation(attempts("new", 0.2, 2 * i), attempts("old", 0.2, 2 * i + 1)) for i in range(40)]
    told = sum(compare(run, "new", "old", 200).verdict != "no difference" for run in runs)
    assert told <= 6  # 5 % of 40 are 2; more than 6 would come once in a hundred


def test_only_tasks_that_both_tried_to_the_end_count() -> None:
    lost = [replace(a, lost="x", plausible_at=None) if i < 50 else a for i, a in enumerate(attempts("new", 0.2, 0))]
    found = compare(evaluation(lost, attempts("old", 0.2, 1)[:150]), "new", "old", 200)
    assert found.tasks == 100
    with pytest.raises(TaskError, match="no task was tried"):
        compare(evaluation(lost[:50], attempts("old", 0.2, 1)), "new", "old", 200)
