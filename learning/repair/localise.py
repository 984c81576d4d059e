"""
Where the fault may be: functions by the coverage of failing and passing tests.

A line's suspiciousness is Ochiai's (Abreu, Zoeteweij and van Gemund, "On the Accuracy of Spectrum-based Fault
Localization", 2007); a function is as suspicious as its worst line. Where a traceback of a failing test ends in or
passes through a function, that counts too.
"""

from __future__ import annotations

import ast
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from core.records import CheckResult, Outcome
from envs.edits.program import Function, ProgramText, located, program_text
from envs.sandbox.codec import encode
from envs.sandbox.mismatch import mismatch
from envs.sandbox.outcome import expected_form

_RAISED_BONUS = 0.25
# What no test is seen to run in a file that failing tests use may have run when the file was imported.
_AT_IMPORT = 0.05
_LONGEST_MESSAGE = 400


@dataclass(frozen=True, slots=True)
class TestTrace:
    """
    What one test showed: the lines (from 1) that it ran in each source file, and, where it raised, the last line of the
    traceback that lies in one, and with what exception, as ``type: message``.
    """

    __test__ = False

    id: str
    outcome: Outcome
    lines: Mapping[str, tuple[int, ...]]
    raised: tuple[str, int] | None = None
    message: str = ""

    @property
    def passed(self) -> bool:
        """Whether the test passed."""
        return self.outcome is Outcome.PASSED


@dataclass(frozen=True, slots=True)
class Suspect:
    """
    A function that may hold the fault. ``line`` is its ``def`` line in the file; ``score`` its suspiciousness;
    ``results`` are the tests that entered it, seen as checks of its program text.
    """

    path: str
    qualname: str
    line: int
    program: ProgramText
    score: float
    results: tuple[CheckResult, ...]


def localise(texts: Mapping[str, str], traces: Sequence[TestTrace], top: int) -> list[Suspect]:
    """The ``top`` most suspicious functions of ``texts`` (by path), the worst first."""
    ranked = sorted(
        (-score, path, node.lineno, qualname)
        for path, text in texts.items()
        for qualname, node, score in _scored(path, text, traces)
    )
    return [_suspect(texts[path], path, qualname, line, -score, traces) for score, path, line, qualname in ranked[:top]]


def _scored(path: str, text: str, traces: Sequence[TestTrace]) -> Iterator[tuple[str, Function, float]]:
    lines = _ochiai(path, traces)
    if not lines:
        return
    raised = Counter(trace.raised[1] for trace in traces if trace.raised and trace.raised[0] == path)
    ran = {line for trace in traces for line in trace.lines.get(path, ())}
    try:
        functions = list(located(ast.parse(text)))
    except (SyntaxError, ValueError, RecursionError):
        return
    for found in functions:
        inside = _body_lines(found.node)
        score = max((lines[line] for line in inside if line in lines), default=0.0)
        if score > 0.0:
            yield found.qualname, found.node, score + _RAISED_BONUS * any(line in raised for line in inside)
        elif ran.isdisjoint(inside):
            yield found.qualname, found.node, _AT_IMPORT


def _ochiai(path: str, traces: Sequence[TestTrace]) -> dict[int, float]:
    """Suspiciousness of each line of ``path`` that a failing test ran."""
    failing = sum(not trace.passed for trace in traces)
    by_failing: Counter[int] = Counter()
    by_all: Counter[int] = Counter()
    for trace in traces:
        ran = trace.lines.get(path, ())
        by_all.update(ran)
        if not trace.passed:
            by_failing.update(ran)
    return {line: count / math.sqrt(failing * by_all[line]) for line, count in by_failing.items()}


def _body_lines(node: Function) -> range:
    """The lines of the body: the header's ran at import, whatever the tests did."""
    return range(node.body[0].lineno, (node.end_lineno or node.lineno) + 1)


def _suspect(text: str, path: str, qualname: str, line: int, score: float, traces: Sequence[TestTrace]) -> Suspect:
    program = program_text(text, qualname, line)
    return Suspect(path, qualname, line, program, score, tuple(_results(program, path, traces)))


def _results(program: ProgramText, path: str, traces: Sequence[TestTrace]) -> Iterator[CheckResult]:
    """The tests as checks of the function: their lines in the program text's own numbering."""
    shift = program.header_lines + 1 - program.first_line
    first, last = program.header_lines + 1, program.text.count("\n")
    for trace in traces:
        lines = tuple(n for line in trace.lines.get(path, ()) if first <= (n := line + shift) <= last)
        raised = trace.raised[1] + shift if trace.raised and trace.raised[0] == path else None
        if lines or raised is not None:
            inside = raised if raised is not None and first <= raised <= last else None
            yield CheckResult(trace.id, trace.outcome, lines, inside, _detail(trace.message))


def _detail(message: str) -> str:
    """
    An exception as the fast lane would tell it; of a failed assertion how the two values differ, where it shows them
    as unittest does, the first of them taken for the program's.
    """
    first = message.partition("\n")[0][:_LONGEST_MESSAGE]
    if not first.startswith("AssertionError"):
        return first
    shown, unequal, expected = first.partition(": ")[2].partition(" : ")[0].partition(" != ")
    try:
        values = [ast.literal_eval(text.strip()) for text in (expected, shown)] if unequal else []
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return ""  # not the form of a literal: cut short, or an object's
    outcomes = [expected_form(encode(("returned", value, (), {}, ""))) for value in values]
    return mismatch(*outcomes) if len(set(outcomes)) == len(outcomes) > 0 else ""
