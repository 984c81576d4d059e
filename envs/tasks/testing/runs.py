"""Runs a task's tests on the code under test and on its mutants, and remembers what came of them."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from core.protocols import Executor
from core.records import Goal, Task
from envs.sandbox.lane import Caller
from envs.tasks.mining.frames import pack, unpack
from envs.tasks.testing.leads import CHECK_SECONDS, Subject, leading, request_of, smallest_change
from envs.tasks.testing.pool import Entry, entries_of, pool_of

OUTCOMES = "envs.tasks.testing.jobs:outcomes"
HOLDING = "envs.tasks.testing.jobs:holding"
SURVIVES, SURVIVORS = "survives", "survivors"
# Nothing takes long of what is in a task: a busy machine must not make it so.
_PATIENCE = 0.8
_MOST_TASKS = 512


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
    header = request_of(subject) | {"seed": seed, "most": most, "seconds": CHECK_SECONDS}
    reply = executor.call(OUTCOMES, pack(header, inputs), modules=(subject.module,))
    if reply.data is None:
        return []
    try:
        return entries_of(unpack(reply.data)[0])
    except ValueError:  # torn: mined code shares the process with the job
        return []


def signs(
    executor: Caller, subject: Subject, pool: Sequence[Entry], seconds: float = CHECK_SECONDS
) -> tuple[str, float]:
    """
    How the tests of ``pool`` end on ``subject`` (``p`` passed, ``f`` failed, ``t`` took too long), "" where they could
    not be run, and CPU seconds.
    """
    errors = [each.outcome if each.raises else "" for each in pool]
    header = request_of(subject) | {"errors": errors, "seconds": seconds}
    reply = executor.call(HOLDING, pack(header, [each.code for each in pool]), modules=(subject.module,))
    text = (reply.data or b"").decode("ascii", "replace")
    return (text if len(text) == len(pool) and set(text) <= set("pft") else ""), reply.cpu_s


def mutants_of(goal: Goal, source: str) -> list[str]:
    """The mutants that a goal is about. ``source``: the code under test."""
    if goal.measure == SURVIVES:
        return [goal.text]
    if goal.measure == SURVIVORS:
        return [source[:start] + text + source[end:] for start, end, text in json.loads(goal.text)]
    return []


def as_text(source: str, mutants: Sequence[str]) -> str:
    """Mutants of ``source`` as the text of one goal."""
    return json.dumps([smallest_change(source, mutant) for mutant in mutants])


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
