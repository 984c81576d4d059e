"""Checking many tasks at once, in real processes and sandboxes."""

import pickle
from dataclasses import replace

import pytest

from core.errors import PluginError
from core.records import Check, Edit, Provenance, SourceFile, Split, Task
from envs.sandbox.lane import FastLane
from envs.tasks.builtin import builtin_tasks
from envs.tasks.expected import expected_values
from envs.tasks.validate import MIN_CHECKS
from learning.validation import CIRCUMSTANCES, validate_all
from tests.fakes.frail import Frail

DATED = "def years(since: int) -> int:\n    passed = time.localtime().tm_year {} since\n    return passed\n"


def holding(count: int) -> list[Task]:
    return [task for task in builtin_tasks() if len(task.checks) >= MIN_CHECKS][:count]


def frail(task: Task, statement: str) -> Task:
    return replace(task, category=Frail.name, statement=statement)


def dated() -> Task:
    """A task that held on the day on which it was made."""
    start = DATED.format("+")
    inputs = [pickle.dumps(((since,), {})) for since in range(MIN_CHECKS)]
    with FastLane(CIRCUMSTANCES[0]) as lane:
        expected = expected_values(lane, "tests.fakes.frail", "years", inputs)
    pairs = enumerate(zip(inputs, expected, strict=True))
    checks = tuple(Check(f"c{at}", args, value or b"", at % 2 == 0) for at, (args, value) in pairs)
    at = start.index("+")
    return replace(
        holding(1)[0],
        module="tests.fakes.frail",
        qualname="years",
        files=(SourceFile("frail.py", start),),
        checks=checks,
        fresh=(),
        reference=(Edit("frail.py", at, at + 1, "-", "binary_operator"),),
        provenance=Provenance("fakes", "0", "MIT", "frail.py", 1),
        split=Split.TRAIN,
    )


def test_each_task_gets_its_own_verdict_in_order_whatever_dies_beside_it() -> None:
    good = holding(3)
    unsolved = replace(good[0], reference=())
    tasks = [good[0], frail(good[1], "die"), good[1], frail(good[1], "burst"), unsolved, dated(), good[2]]
    tasks.append(frail(good[2], "lane"))
    findings = validate_all(tasks, workers=2)
    assert [finding.task for finding in findings] == tasks
    problems = [" ".join(finding.problems) for finding in findings]
    assert [finding.holds for finding in findings] == [True, False, True, *[False] * 3, True, False], problems
    assert "process" in problems[1]
    assert "exit code 3" in problems[1]
    assert "ValueError: burst" in problems[3]
    assert problems[7] == "the sandbox failed: twice in a row: the zygote is gone"
    assert problems[4].startswith("the reference fails")
    assert problems[5].startswith("flaky: the reference fails")
    assert f"{CIRCUMSTANCES[1].days} days ahead" in problems[5]


def test_no_tasks_are_no_work() -> None:
    assert validate_all([]) == []


def test_a_category_that_is_not_there_is_bad_input_and_not_a_task_s_fault() -> None:
    task = replace(holding(1)[0], category="no_such_category")
    with pytest.raises(PluginError, match="no_such_category"):
        validate_all([task], workers=1)
