"""
What can be done in a state of a task of testing: put a test behind the others, or take one away.

A candidate's kind says what a glance at the inputs' runs on the code under test tells of it, before any test is run:
whether it leads where no test of the suite does, or to an outcome that none tells, and whether what it expects is what
its run showed.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from core.records import Task
from envs.edits.candidate import Proposal, Span
from envs.encoding.syntax import line_starts
from envs.tasks.testing.pool import Entry, pool_of
from envs.tasks.testing.show import line_span, name_spans, shifted
from envs.tasks.testing.suite import (
    AGAIN,
    ERROR,
    GUESS,
    INDENT,
    NEW_ERROR,
    NEW_OUTCOME,
    NEW_WAY,
    PAIR,
    PAIR_GUESS,
    REMOVED,
    VALUE,
    Line,
    blocks,
    indented,
    is_sound,
    lines_of,
    pairs_of,
    read,
    test_function,
)
from envs.tasks.testing.words import outcome_words, said


class _Place(NamedTuple):
    """
    Where an input's candidates are anchored: at its name; they refer to the line of the code that fewest others reach.
    ``words``: of its outcome, and whether an input before it goes the same way to the same outcome.
    """

    anchor: Span
    ref: int
    words: str


class _Told(NamedTuple):
    """What the tests of a suite cover: inputs, lines of the code, outcomes."""

    inputs: frozenset[int]
    lines: frozenset[int]
    outcomes: frozenset[str]


def proposals(task: Task, source: str) -> list[Proposal]:
    """Every line that can be written, behind the last one, and some in pairs; then the removal of each."""
    node = test_function(task, source)
    if node is None:
        return []
    spans = [_span(source, block) for block in blocks(node)]
    alone = len(node.body) == 1 and isinstance(node.body[0], ast.Pass)
    at = spans[0] if alone else (spans[-1][1], spans[-1][1])
    pool, told = pool_of(task), _told(task, source)
    places = _places(task.source.partition("\n")[0], task.files[1].text, pool)
    written = [_written(line, at, places, pool, told) for line in lines_of(task)]
    written += [_both(pair, at, place, places) for pair, place in _pair_places(task, pool, places)]
    return written if alone else [*written, *_removals(source, spans, shifted(task))]


def _written(line: Line, at: Span, places: Sequence[_Place], pool: Sequence[Entry], told: _Told) -> Proposal:
    text = indented(line)
    if line.entry is None:
        return Proposal(line.kind, *at, text, places[0].anchor, line.text)
    anchor, ref, words = places[line.entry]
    if not line.right:
        return Proposal(GUESS, *at, text, anchor, said(line.said), ref)
    return Proposal(_kind(line, line.entry, pool[line.entry], told), *at, text, anchor, words, ref)


def _pair_places(
    task: Task, pool: tuple[Entry, ...], places: Sequence[_Place]
) -> Iterator[tuple[tuple[Line, Line], Span]]:
    """Pairs and their anchors: sound ones have a name of their own, the others are about their first input."""
    spans = name_spans(task.source.partition("\n")[0], task.files[1].text, pool)[len(pool) :]
    for at, pair in enumerate(pairs_of(task)):
        yield pair, spans[at] if at < len(spans) else places[pair[0].entry or 0].anchor


def _both(pair: tuple[Line, Line], at: Span, anchor: Span, places: Sequence[_Place]) -> Proposal:
    one, other = (places[line.entry or 0] for line in pair)
    words = " ".join((*one.words.split()[:2], *other.words.split()[:2]))
    kind = PAIR if is_sound(pair) else PAIR_GUESS
    return Proposal(kind, *at, "".join(map(indented, pair)), anchor, words, other.anchor[0])


def _kind(line: Line, index: int, entry: Entry, told: _Told) -> str:
    """What the line adds to the tests that stand there."""
    if not line.tests:
        return line.kind
    if index in told.inputs:
        return AGAIN
    if not told.lines.issuperset(entry.lines):
        return NEW_ERROR if entry.raises else NEW_WAY
    if entry.outcome not in told.outcomes:
        return NEW_OUTCOME
    return ERROR if entry.raises else VALUE


def _told(task: Task, source: str) -> _Told:
    suite, pool = read(task, source), pool_of(task)
    tested = suite.tested if suite is not None else []
    lines = frozenset(line for index in tested for line in pool[index].lines)
    return _Told(frozenset(tested), lines, frozenset(pool[index].outcome for index in tested))


def _removals(source: str, spans: Sequence[Span], further: int) -> Iterator[Proposal]:
    for start, end in spans:
        text = "" if len(spans) > 1 else f"{INDENT}pass\n"
        yield Proposal(
            REMOVED, start, end, text, (start + len(INDENT) + further, end - 1 + further), source[start:end].strip()
        )


def _span(source: str, block: Sequence[ast.stmt]) -> Span:
    """The lines of some statements, the line end included."""
    starts = [*line_starts(source), len(source)]
    return starts[block[0].lineno - 1], starts[block[-1].end_lineno or block[-1].lineno]


@lru_cache(maxsize=512)
def _places(head: str, code: str, pool: tuple[Entry, ...]) -> tuple[_Place, ...]:
    counts = Counter(line for entry in pool for line in entry.lines)
    seen: set[tuple[tuple[int, ...], str]] = set()
    found = []
    for entry, span, words in zip(pool, name_spans(head, code, pool), outcome_words(pool), strict=False):
        rarest = min(entry.lines, key=lambda line: (counts[line], -line))
        again = (entry.lines, entry.outcome) in seen
        seen.add((entry.lines, entry.outcome))
        found.append(_Place(span, line_span(head, code, rarest)[0], f"{words} {'alike' if again else 'first'}"))
    return tuple(found)
