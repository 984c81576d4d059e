"""What can be done in a state of a task of testing: put a test behind the others, or take one away."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache

from core.records import Task
from envs.edits.candidate import Proposal, Span
from envs.encoding.syntax import line_starts
from envs.tasks.testing.pool import Entry, pool_of
from envs.tasks.testing.show import line_span, shifted, words
from envs.tasks.testing.suite import INDENT, REMOVED, Line, blocks, indented, lines_of, test_function


def proposals(task: Task, source: str) -> list[Proposal]:
    """Every line that can be written, behind the last one; then the removal of each that stands there."""
    node = test_function(task, source)
    if node is None:
        return []
    spans = [_span(source, block) for block in blocks(node)]
    alone = len(node.body) == 1 and isinstance(node.body[0], ast.Pass)
    at = spans[0] if alone else (spans[-1][1], spans[-1][1])
    places = _places(task.source.partition("\n")[0], task.files[1].text, pool_of(task))
    written = [_written(line, at, places, pool_of(task)) for line in lines_of(task)]
    return written if alone else [*written, *_removals(source, spans, shifted(task))]


def _written(line: Line, at: Span, places: Sequence[tuple[Span, int]], pool: Sequence[Entry]) -> Proposal:
    text = indented(line)
    if line.entry is None:
        return Proposal(line.kind, *at, text, places[0][0], line.text)
    anchor, ref = places[line.entry]
    return Proposal(line.kind, *at, text, anchor, words(pool[line.entry].act or pool[line.entry].call, line.said), ref)


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


@lru_cache(maxsize=64)
def _places(head: str, code: str, pool: tuple[Entry, ...]) -> tuple[tuple[Span, int], ...]:
    """For each input the line of the code that fewest others reach, and where the last line stands that it reaches."""
    counts = Counter(line for entry in pool for line in entry.lines)
    found = []
    for entry in pool:
        rarest = min(entry.lines, key=lambda line: (counts[line], -line))
        found.append((line_span(head, code, rarest), line_span(head, code, entry.lines[-1])[0]))
    return tuple(found)
