"""
Test functions: the lines that can be written, and what the text of a state holds of them.

Only lines made of the task's inputs are understood. Whatever else stands in a state (imports, loops, skips, a ``try``,
a fixture) makes it malformed, so that nothing but tests can be handed in.
"""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations

from core.records import Task
from core.seeding import rng
from envs.tasks.testing.pool import Entry, pool_of

INDENT = "    "
VALUE, ERROR, SAME, NOT_NONE, CALL, CONSTANT, REMOVED = (
    *("test_value", "test_error", "test_same", "test_not_none", "call_only", "test_constant", "test_removed"),
)
# What a right test adds to a suite; the rest are tests that add nothing of these, and what expects the wrong.
NEW_WAY, NEW_ERROR, NEW_OUTCOME, AGAIN, GUESS = (
    *("test_new_way", "test_new_error", "test_new_outcome", "test_again", "test_guess"),
)
# Two lines at once: two right tests, or one of them is none.
PAIR, PAIR_GUESS = "test_pair", "test_pair_guess"
KINDS = (
    *(VALUE, ERROR, SAME, NOT_NONE, CALL, CONSTANT, REMOVED, NEW_WAY, NEW_ERROR, NEW_OUTCOME, AGAIN, GUESS),
    *(PAIR, PAIR_GUESS),
)
MOST_PAIRS = 48
ALWAYS = "assert True"


@dataclass(frozen=True, slots=True)
class Line:
    """
    A test: ``text`` without indentation. ``entry``: the input in the pool; None where it needs none.
    ``tests``: it says what the function does, namely ``said``; ``right``: what it says is so.
    """

    kind: str
    text: str
    entry: int | None = None
    tests: bool = False
    right: bool = True
    said: str = ""


@dataclass(frozen=True, slots=True)
class Suite:
    """What a test function holds: its lines in order."""

    lines: tuple[Line, ...]

    @property
    def wrong(self) -> list[Line]:
        """Lines that fail on the code under test."""
        return [line for line in self.lines if not line.right]

    @property
    def vacuous(self) -> int:
        """How many lines say nothing: of no outcome at all, or what a line before them says."""
        return len(self.lines) - len({line.text for line in self.lines if line.tests})

    @property
    def tested(self) -> list[int]:
        """The inputs whose outcome is rightly told."""
        return [line.entry for line in self.lines if line.tests and line.right and line.entry is not None]


def right_line(index: int, entry: Entry) -> Line:
    """The test that says of an input what the function does."""
    if entry.raises:
        text = f"with pytest.raises({entry.outcome}):\n{INDENT}{entry.call}"
        return Line(ERROR, text, index, tests=True, said=entry.outcome)
    return Line(VALUE, _equal(entry), index, tests=True, said=entry.outcome)


def _equal(entry: Entry) -> str:
    before = f"it = {entry.made}\n{entry.act}\n" if entry.made else ""
    return f"{before}assert {entry.call} {entry.operator} {entry.outcome}"


def indented(line: Line) -> str:
    """The line as it stands in a test function, its line end included."""
    return textwrap.indent(line.text, INDENT) + "\n"


def lines_of(task: Task) -> tuple[Line, ...]:
    """Every line that can be written in a task's states, in a fixed order."""
    return _lines(pool_of(task))


@lru_cache(maxsize=512)
def _lines(pool: tuple[Entry, ...]) -> tuple[Line, ...]:
    found = [line for index, entry in enumerate(pool) for line in _of_entry(index, entry)]
    return (*found, Line(CONSTANT, ALWAYS))


def _of_entry(index: int, entry: Entry) -> Iterator[Line]:
    """The right test; by turns one that expects the wrong, one that compares with itself, one that asserts nothing."""
    yield right_line(index, entry)
    if entry.wrong and index % 2 == 0:
        other = replace(entry, outcome=entry.wrong)
        yield Line(VALUE, _equal(other), index, tests=True, right=False, said=entry.wrong)
    if entry.raises or entry.made:
        return
    if index % 4 == 0:
        yield Line(SAME, f"assert {entry.call} == {entry.call}", index)
    if index % 4 == 2 and entry.outcome != "None":
        yield Line(NOT_NONE, f"assert {entry.call} is not None", index)
    if index % 4 == 3:
        yield Line(CALL, entry.call, index)


def pairs_of(task: Task) -> tuple[tuple[Line, Line], ...]:
    """Pairs of lines that can be written at once, some of all that there are; those of two right tests come first."""
    return pairs(pool_of(task))


@lru_cache(maxsize=512)
def pairs(pool: tuple[Entry, ...]) -> tuple[tuple[Line, Line], ...]:
    """See ``pairs_of``."""
    every = [pair for pair in combinations(_lines(pool)[:-1], 2) if pair[0].entry != pair[1].entry]
    drawn = rng(0, "pairs", *(entry.call for entry in pool)).permutation(len(every))[:MOST_PAIRS]
    return tuple(sorted((every[at] for at in sorted(drawn)), key=lambda pair: not is_sound(pair)))


def is_sound(pair: tuple[Line, Line]) -> bool:
    """Whether both are right tests."""
    return all(line.tests and line.right for line in pair)


def sound_pairs(pool: tuple[Entry, ...]) -> list[tuple[int, int]]:
    """The inputs of the pairs of two right tests."""
    return [
        (a.entry, b.entry) for a, b in pairs(pool) if is_sound((a, b)) and a.entry is not None and b.entry is not None
    ]


def read(task: Task, source: str) -> Suite | None:
    """What the text of a state holds; None where it is malformed."""
    node = test_function(task, source)
    if node is None:
        return None
    known = _known(pool_of(task))
    lines = [known.get(_written(block)) for block in blocks(node) if not isinstance(block[0], ast.Pass)]
    understood = [line for line in lines if line is not None]
    return Suite(tuple(understood)) if len(understood) == len(lines) else None


def blocks(node: ast.FunctionDef) -> list[list[ast.stmt]]:
    """The statements of a test function by lines: an assignment, a call and an assertion are one."""
    found: list[list[ast.stmt]] = []
    for statement in node.body:
        if found and isinstance(found[-1][0], ast.Assign) and not isinstance(found[-1][-1], ast.Assert):
            found[-1].append(statement)
        else:
            found.append([statement])
    return found


def _written(block: Sequence[ast.stmt]) -> str:
    return "\n".join(map(ast.unparse, block))


@lru_cache(maxsize=512)
def _known(pool: tuple[Entry, ...]) -> dict[str, Line]:
    return {_written(ast.parse(line.text).body): line for line in _lines(pool)}


def test_function(task: Task, source: str) -> ast.FunctionDef | None:
    """The one function of a state, named and called as in the start state; None for any other text."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return None
    node = tree.body[0] if len(tree.body) == 1 else None
    if not isinstance(node, ast.FunctionDef) or source.partition("\n")[0] != task.source.partition("\n")[0]:
        return None
    return node
