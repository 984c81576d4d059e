"""
How a state looks to a policy: the test function with the code under test in it, then a name for each input.

An input's name stands for it: it is where candidates about the input are anchored, and the evidence at it says how many
of the mutants that survive change what the input leads to. So it is for pairs of inputs that can be tested at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from core.records import Task
from envs.edits.candidate import Span
from envs.encoding.lexer import lex
from envs.tasks.testing.pool import Entry, pool_of
from envs.tasks.testing.suite import INDENT, sound_pairs
from envs.tasks.testing.words import input_name

PAIR_NAME = "_pair"
_EVERY = 10_000
_MOST_WORDS = 4


class Change(NamedTuple):
    """Where a mutant differs: the first line of the code (from 1) that does, and what became what, in tokens."""

    line: int
    old: tuple[str, ...]
    new: tuple[str, ...]


def view_text(task: Task, source: str) -> str:
    """
    The test function with the code under test at its top, and the inputs' names behind that: one function that parses
    as ``source`` does.
    """
    head, _, rest = source.partition("\n")
    return f"{head}\n{_nested(task.files[1].text)}{_inputs(pool_of(task))}{rest}"


@lru_cache(maxsize=512)
def _nested(code: str) -> str:
    return "\n".join(INDENT + line if line.strip() else line for line in code.split("\n"))


@lru_cache(maxsize=512)
def _inputs(pool: tuple[Entry, ...]) -> str:
    return "".join(f"{INDENT}{name}\n" for name in _names(pool))


@lru_cache(maxsize=512)
def _names(pool: tuple[Entry, ...]) -> tuple[str, ...]:
    """Of the inputs, and then of the pairs of them that can be tested at once."""
    inputs = [input_name(entry) for entry in pool]
    return (*inputs, *(PAIR_NAME for _ in sound_pairs(pool)))


def shifted(task: Task) -> int:
    """How many characters further down something below the head stands in the view."""
    return len(_nested(task.files[1].text)) + len(_inputs(pool_of(task)))


def input_line(code: str, index: int) -> int:
    """The line of the view where the name of an input stands."""
    return view_line(code.count("\n") + 1) + index


def pair_line(code: str, pool: tuple[Entry, ...], index: int) -> int:
    """The line of the view where the name of a pair of inputs (``sound_pairs``) stands."""
    return input_line(code, len(pool) + index)


def name_spans(head: str, code: str, pool: tuple[Entry, ...]) -> list[Span]:
    """Where the names of the inputs and then of the pairs stand in a view whose first line is ``head``."""
    at, found = len(head) + 1 + len(_nested(code)), list[Span]()
    for name in _names(pool):
        found.append((at + len(INDENT), at + len(INDENT) + len(name)))
        at = found[-1][1] + 1
    return found


def reaching(pool: Sequence[Entry], line: int) -> list[int]:
    """The inputs that lead to a line of the code under test: in a statement of several lines, to its beginning."""
    run = [each for entry in pool for each in entry.lines if each <= line]
    return [index for index, entry in enumerate(pool) if run and max(run) in entry.lines]


def view_line(line: int) -> int:
    """The line of the view where a line of the code under test stands."""
    return line + 1


def line_span(head: str, code: str, line: int) -> Span:
    """Where a line of the code under test stands in a view whose first line is ``head``."""
    lines = _nested(code).split("\n")
    start = len(head) + 1 + sum(len(each) + 1 for each in lines[: line - 1])
    text = lines[line - 1]
    return start + len(text) - len(text.lstrip()), start + len(text)


def tokens(text: str) -> int:
    """How many tokens a policy reads of a text."""
    return len(lex(text, 0, _EVERY).starts)


@lru_cache(maxsize=1024)
def change(source: str, mutant: str) -> Change:
    """What was done to ``source``."""
    ours, theirs = lex(source, 0, _EVERY), lex(mutant, 0, _EVERY)
    one, other = ours.texts, theirs.texts
    start, shorter = 0, min(len(one), len(other))
    while start < shorter and one[start] == other[start]:
        start += 1
    behind = 0
    while behind < shorter - start and one[-1 - behind] == other[-1 - behind]:
        behind += 1
    at = ours.starts[min(start, len(one) - 1)]
    old, new = one[start : len(one) - behind], other[start : len(other) - behind]
    return Change(source.count("\n", 0, at) + 1, tuple(old[:_MOST_WORDS]), tuple(new[:_MOST_WORDS]))
