"""
Which inputs lead to what a mutant changes: found in one run of the code under test as it is, without running a mutant.

The expression that a mutant changes is evaluated in its new form beside the old one (infection, as
``envs.encoding.infection`` does for repairs). Of a guard that is put in or taken away, its condition is. Where neither
can be had, running the line is all that is known.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.records import Edit
from envs.edits.alternatives import Site, alternatives
from envs.edits.candidate import Candidate
from envs.sandbox.infection import OTHER, UNKNOWN
from envs.sandbox.lane import Caller
from envs.tasks.mining.frames import pack
from envs.tasks.testing.pool import Entry
from envs.tasks.testing.show import change, reaching

CHECK_SECONDS = 0.1
INFECTING = "envs.tasks.testing.jobs:infecting"
# A condition that stands before what it guards; nothing is called in it, so that it can be evaluated apart.
_GUARD = re.compile(r"\s*(?:el)?if ([^\n:()]+):\n(\s*(?:return|raise|continue|break|pass)\b.*\n)?\s*", re.DOTALL)
Change = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Subject:
    """The code under test: ``source`` is a program text."""

    module: str
    qualname: str
    source: str


def request_of(subject: Subject) -> dict[str, Any]:
    """What every job of ``envs.tasks.testing.jobs`` is told of the code under test."""
    return {"module": subject.module, "qualname": subject.qualname, "source": subject.source}


def smallest_change(source: str, mutant: str) -> Change:
    """The smallest replacement that makes ``mutant`` of ``source``: start, end, text."""
    start, shorter = 0, min(len(source), len(mutant))
    while start < shorter and source[start] == mutant[start]:
        start += 1
    behind = 0
    while behind < shorter - start and source[-1 - behind] == mutant[-1 - behind]:
        behind += 1
    return start, len(source) - behind, mutant[start : len(mutant) - behind]


def leading(
    executor: Caller, subject: Subject, pool: Sequence[Entry], mutants: Sequence[str]
) -> tuple[dict[str, frozenset[int]], float]:
    """
    By mutant, the inputs of ``pool`` on which what it changes gives something else, and CPU seconds. Raises
    SandboxError.
    """
    sites, pairs = _pairs(subject.source, mutants)
    header = request_of(subject) | {"sites": sites, "pairs": pairs, "seconds": CHECK_SECONDS}
    reply = executor.call(INFECTING, pack(header, [each.code for each in pool]), modules=(subject.module,))
    rows = _rows(reply.data or b"", len(pool), len(pairs))
    leads = {mutant: frozenset(reaching(pool, change(subject.source, mutant).line)) for mutant in mutants}
    for at, (_, _, index) in enumerate(pairs if rows else ()):
        column = [row[at] for row in rows]
        if UNKNOWN not in column:
            leads[mutants[index]] = frozenset(test for test, code in enumerate(column) if code >= OTHER)
    return leads, reply.cpu_s


def _rows(data: bytes, rows: int, columns: int) -> list[bytes]:
    """``data`` cut into rows; none where it is torn: mined code shares the process with the job."""
    fits = columns and len(data) == rows * columns
    return [data[at * columns : (at + 1) * columns] for at in range(rows)] if fits else []


def _pairs(source: str, mutants: Sequence[str]) -> tuple[list[Site], list[tuple[int, str, int]]]:
    """What to evaluate where, as ``envs.edits.alternatives`` has it; the last of a pair is the mutant's index."""
    changes = [smallest_change(source, mutant) for mutant in mutants]
    found = alternatives(source, [Candidate(Edit("", *each, ""), 0, (0, 0), "", None) for each in changes])
    sites, pairs = list(found.sites), list(found.pairs)
    known = {index for _, _, index in pairs}
    for index, each in enumerate(changes):
        guard = None if index in known else _guard(source, *each)
        if guard is not None:
            pairs.append((len(sites), guard[1], index))
            sites.append(guard[0])
    return sites, pairs


def _guard(source: str, start: int, end: int, text: str) -> tuple[Site, str] | None:
    """Where a guard's condition is due, with what it is without the guard; None for other changes."""
    put_in = _GUARD.fullmatch(text) if start == end else None
    taken = _GUARD.fullmatch(source[start:end]) if not text else None
    guard = put_in or taken
    if guard is None:
        return None
    # With a body of its own, a guard matters where it holds; put before what stood there, where it doesn't.
    line = source.count("\n", 0, start + len(guard[0]) - len(guard[0].lstrip())) + 1
    return Site((line,), True, False, "False" if guard[2] else "True"), guard[1]
