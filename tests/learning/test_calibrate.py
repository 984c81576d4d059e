from dataclasses import replace

from envs.tasks.builtin import builtin_tasks
from envs.tasks.difficulty import LEVELS
from learning.calibrate import calibrate

NAMES = [name for name, _ in LEVELS]


def test_difficulty_is_measured_by_trying() -> None:
    tasks = [replace(task, difficulty="") for task in builtin_tasks()[:4]]
    found = calibrate(tasks, attempts=2)
    assert [task.id for task in found] == [task.id for task in tasks]
    assert all(task.difficulty in NAMES for task in found)
    assert calibrate(tasks, attempts=2) == found
