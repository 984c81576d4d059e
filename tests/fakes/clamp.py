"""A small broken function with one bug, with two, and its checks."""

from __future__ import annotations

from core.records import Task
from core.tokenizer import HashedTokenizer
from envs.edits.candidate import Candidate
from envs.edits.grammar import apply
from envs.encoding.encode import StateEncoder
from tests.fakes.executor import make_task

RIGHT = """\
def clamp(value, low, high):
    '''Keeps value between low and high.'''
    if value < low:
        return low
    if value > high:
        return high
    return value
"""
ONE_BUG = RIGHT.replace("value < low", "value >= low")
TWO_BUGS = RIGHT.replace("value < low", "value > low").replace("value > high", "value == high")
INPUTS = [(value, 0, 3) for value in (-5, -1, 0, 1, 2, 3, 4, 9, 2, 1, 0, -2)]


def encoder() -> StateEncoder:
    return StateEncoder(HashedTokenizer(512))


def clamp_task(source: str) -> Task:
    return make_task(RIGHT, source, "clamp", INPUTS)


def action_to(candidates: tuple[Candidate, ...], source: str, target: str) -> int:
    """The action that turns ``source`` into ``target``."""
    return 2 + [apply(source, candidate.edit) for candidate in candidates].index(target)
