"""A small function with two bugs of which each hides that the other was repaired."""

from __future__ import annotations

from core.records import Task
from tests.fakes.executor import make_task

MASKED_RIGHT = """\
def twice(value):
    following = value + 1
    result = following * 2
    return result
"""
MASKED = MASKED_RIGHT.replace("+", "-").replace("*", "//")
MASKED_HALF = MASKED_RIGHT.replace("*", "//")


def masked_task(source: str = MASKED) -> Task:
    return make_task(MASKED_RIGHT, source, "twice", [(value,) for value in range(5, 17)])
