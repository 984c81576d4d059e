"""Runs a task's tests on the code under test and on its mutants, and remembers what came of them."""

from __future__ import annotations

import json
import marshal
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from weakref import WeakKeyDictionary

from core.protocols import Executor
from core.records import Edit, Goal, Task
from envs.edits.alternatives import alternatives
from envs.edits.candidate import Candidate
from envs.sandbox.infection import OTHER, UNKNOWN
from envs.sandbox.lane import Caller
from envs.tasks.mining.frames import pack, unpack
from envs.tasks.testing.pool import Entry, entries_of, pool_of
from envs.tasks.testing.show import change, reaching

OUTCOMES = "envs.tasks.testing.jobs:outcomes"
HOLDING = "envs.tasks.testing.jobs:holding"
INFECTING = "envs.tasks.testing.jobs:infecting"
SURVIVES, SURVIVORS = "survives", "survivors"
_CHECK_SECONDS = 0.1
# Nothing takes long of what is in a task: a busy machine must not make it so.
_PATIENCE = 0.8
_MOST_TASKS = 512


@dataclass(frozen=True, slots=True)
class Subject:
    """The code under test: ``source`` is a program text."""

    module: str
    qualname: str
    source: str


@dataclass(frozen=True, slots=True)
class Kills:
    """
    ``fails``: by mutant, the inputs whose tests fail on it. ``flaky``: inputs whose tests fail on the code itself.
    ``leads``: by visible mutant, the inputs that have another value where it differs (see ``leading``).
    """

    fails: dict[str, frozenset[int]]
    flaky: frozenset[int]
    leads: dict[str, frozenset[int]]
    cpu_s: float


def caller(executor: Executor) -> Caller:
    """
    ``executor``, as one that runs jobs.

    Raises:
        TypeError: it doesn't.
    """
    if not isinstance(executor, Caller):
        raise TypeError("tests are run by an executor that runs jobs, such as FastLane")
    return executor


def outcomes(executor: Caller, subject: Subject, inputs: Sequence[bytes], seed: int, most: int) -> list[Entry]:
    """What the function does on those of ``inputs`` (pickles) and of their neighbours that can be written down."""
    header = {
        **{"module": subject.module, "qualname": subject.qualname, "source": subject.source},
        **{"seed": seed, "most": most, "seconds": _CHECK_SECONDS},
    }
    reply = executor.call(OUTCOMES, pack(header, inputs), modules=(subject.module,))
    if reply.data is None:
        return []
    try:
        return entries_of(unpack(reply.data)[0])
    except ValueError:  # torn: mined code shares the process with the job
        return []


def signs(
    executor: Caller, subject: Subject, pool: Sequence[Entry], seconds: float = _CHECK_SECONDS
) -> tuple[str, float]:
    """
    How the tests of ``pool`` end on ``subject`` (``p`` passed, ``f`` failed, ``t`` took too long), "" where they could
    not be run, and CPU seconds.
    """
    header = {
        **{"module": subject.module, "qualname": subject.qualname, "source": subject.source},
        **{"errors": [each.outcome if each.raises else "" for each in pool], "seconds": seconds},
    }
    reply = executor.call(HOLDING, pack(header, [_code(each) for each in pool]), modules=(subject.module,))
    text = (reply.data or b"").decode("ascii", "replace")
    return (text if len(text) == len(pool) and set(text) <= set("pft") else ""), reply.cpu_s


@lru_cache(maxsize=8192)
def _code(entry: Entry) -> bytes:
    """The test of an entry as one expression: what has to be true, or the call that has to raise."""
    text = f"({entry.call})" if entry.raises else f"({entry.call}) {entry.operator} ({entry.outcome})"
    whole = f"[it := ({entry.made}), {entry.act}, {text}][-1]" if entry.made else text
    return marshal.dumps(compile(whole, "<test>", "eval", dont_inherit=True))


def leading(
    executor: Caller, subject: Subject, pool: Sequence[Entry], mutants: Sequence[str]
) -> tuple[dict[str, frozenset[int]], float]:
    """
    By mutant, the inputs of ``pool`` on which the expression that it changes gives something else, found in one run of
    the code under test as it is (as ``envs.encoding.infection`` does for repairs); where that isn't known, the inputs
    that run the line. No mutant is run. And CPU seconds.
    """
    edits = [Edit("", *_changed(subject.source, mutant), "") for mutant in mutants]
    found = alternatives(subject.source, [Candidate(edit, 0, (0, 0), "", None) for edit in edits])
    header = {
        **{"module": subject.module, "qualname": subject.qualname, "source": subject.source},
        **{"sites": found.sites, "pairs": found.pairs, "seconds": _CHECK_SECONDS},
    }
    reply = executor.call(INFECTING, pack(header, [_code(each) for each in pool]), modules=(subject.module,))
    rows = _rows(reply.data or b"", len(pool), len(found.pairs))
    leads = {mutant: frozenset(reaching(pool, change(subject.source, mutant).line)) for mutant in mutants}
    for at, (_, _, index) in enumerate(found.pairs if rows else ()):
        column = [row[at] for row in rows]
        if UNKNOWN not in column:
            leads[mutants[index]] = frozenset(test for test, code in enumerate(column) if code >= OTHER)
    return leads, reply.cpu_s


def _rows(data: bytes, rows: int, columns: int) -> list[bytes]:
    """``data`` cut into rows; none where it is torn: mined code shares the process with the job."""
    fits = columns and len(data) == rows * columns
    return [data[at * columns : (at + 1) * columns] for at in range(rows)] if fits else []


def mutants_of(goal: Goal, source: str) -> list[str]:
    """The mutants that a goal is about. ``source``: the code under test."""
    if goal.measure == SURVIVES:
        return [goal.text]
    if goal.measure == SURVIVORS:
        return [source[:start] + text + source[end:] for start, end, text in json.loads(goal.text)]
    return []


def as_text(source: str, mutants: Sequence[str]) -> str:
    """Mutants of ``source`` as the text of one goal."""
    return json.dumps([_changed(source, mutant) for mutant in mutants])


def _changed(source: str, mutant: str) -> tuple[int, int, str]:
    """The smallest replacement that makes ``mutant`` of ``source``."""
    start, shorter = 0, min(len(source), len(mutant))
    while start < shorter and source[start] == mutant[start]:
        start += 1
    behind = 0
    while behind < shorter - start and source[-1 - behind] == mutant[-1 - behind]:
        behind += 1
    return start, len(source) - behind, mutant[start : len(mutant) - behind]


_known: WeakKeyDictionary[Caller, OrderedDict[str, Kills]] = WeakKeyDictionary()


def kills_of(task: Task, executor: Executor) -> Kills:
    """
    Which tests kill which mutants of a task, run once an executor. Raises SandboxError where the sandbox failed.
    """
    runner = caller(executor)
    tasks = _known.setdefault(runner, OrderedDict())
    if task.id not in tasks:
        tasks[task.id] = _run(task, runner)
        if len(tasks) > _MOST_TASKS:
            tasks.popitem(last=False)
    tasks.move_to_end(task.id)
    return tasks[task.id]


def _run(task: Task, runner: Caller) -> Kills:
    pool, source = pool_of(task), task.files[1].text
    mutants = [mutant for goal in task.goals for mutant in mutants_of(goal, source)]
    found = {
        each: signs(runner, Subject(task.module, task.qualname, each), pool, _PATIENCE) for each in (source, *mutants)
    }
    rows = {text: failing(row, len(pool)) for text, (row, _) in found.items()}
    visible = [goal.text for goal in task.goals if goal.measure == SURVIVES]
    leads, cpu_s = leading(runner, Subject(task.module, task.qualname, source), pool, visible)
    return Kills(
        {each: rows[each] for each in mutants}, rows[source], leads, cpu_s + sum(cpu for _, cpu in found.values())
    )


def failing(row: str, count: int) -> frozenset[int]:
    """The tests of a row of ``signs`` that don't pass; all of them where there is no row."""
    return frozenset(at for at, sign in enumerate(row) if sign != "p") if row else frozenset(range(count))
