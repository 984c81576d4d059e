"""
Performance: a function that does more work than it has to; solved when it takes few ticks and gives the same outcomes.

Ticks are counted inside the sandbox in a run of its own, on the checks' inputs and on longer ones made of them, only
where every check passes. The program shares the process with the counter, so that the number is untrusted: whoever
reaches for the counters or by introspection for anything is not measured at all, what each measured run gave has to be
what the reference gave, and the CPU seconds that the kernel saw may not speak against it (hidden goal ``cpu_ratio``).

What this does not see: work in C that the tables of ``performance.instrument`` don't name, what callees do beyond how
many functions they call, memory, waiting (a ``sleep`` takes no CPU seconds; only the limit of each run ends it), and a
program that recognises the inputs on which it is measured, as any suite of examples can be deceived.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from core.protocols import Executor
from core.records import Category, Task, Verdict
from envs.edits.candidate import Proposal
from envs.edits.reparse import parses
from envs.tasks.category import Bench, Material
from envs.tasks.lazy import lazy_answers
from envs.tasks.performance.judging import CPU, CPU_REFERENCE, VISIBLE, cpu_ratio, inputs_of, reached, ticks_of
from envs.tasks.performance.lazy import lazy_texts
from envs.tasks.performance.making import tasks_of
from envs.tasks.performance.meter import Cost, Variant, ledger, surveyed, tampers
from envs.tasks.performance.rewrites import KINDS, proposals
from envs.tasks.splits import solution
from envs.tasks.states import judged, unreadable


class Performance:
    """Implements ``envs.tasks.category.TaskCategory``."""

    name = Category.PERFORMANCE
    version = 2
    kinds: tuple[str, ...] = KINDS
    compares = False

    def generate(self, material: Material, bench: Bench) -> list[Task]:
        """Injected slowness of different sorts, one or two at once, and what is slow as it is; each one verified."""
        return [task for task in tasks_of(material.function, bench) if self._fit(task, bench)]

    def propose(self, task: Task, source: str) -> Sequence[Proposal]:
        """Every edit of ``performance.rewrites``, whether it keeps the behaviour and helps or not."""
        return proposals(source)

    def view(self, task: Task, source: str) -> str:
        """The program text itself."""
        return source

    def verify(self, task: Task, source: str, executor: Executor) -> Verdict:
        """One run on all checks; where they pass, one that counts; where that reaches the goals, one on CPU time."""
        if not parses(source):
            return unreadable(task, "no Python")
        verdict = executor.run(task.program(source), task.checks)
        if verdict.error:
            return unreadable(task, verdict.error)
        return judged(verdict, task, reached(task, source, executor, behaves=verdict.passed))

    def lazy(self, task: Task) -> Sequence[str]:
        """Constants by input, errors, sleep, lost loops, and hands on the counters."""
        return lazy_texts(task.source)

    def _fit(self, task: Task, bench: Bench) -> bool:
        """Reference and start state do as they should, here and elsewhere, and no lazy answer passes."""
        executor, solved = bench.executor, solution(task)
        if not self.verify(task, solved, executor).passed or not _frugal(task, solved, executor):
            return False
        start = self.verify(task, task.source, executor)
        if start.error or start.only(task.visible_ids).passed or not _repeats(task, solved, bench):
            return False
        return not any(self.verify(task, text, executor).passed for text in _suspicious(task, executor))


def _frugal(task: Task, solved: str, executor: Executor) -> bool:
    """Whether the reference, which was verified, takes so little CPU time that chance can't speak against it."""
    known = ledger(executor).get(task.id, solved) or {}
    if known.get(CPU, inf) <= CPU_REFERENCE:
        return True
    return cpu_ratio(task, solved, executor, CPU_REFERENCE) <= CPU_REFERENCE


def _repeats(task: Task, solved: str, bench: Bench) -> bool:
    """Whether start and reference, which were verified, take exactly as many ticks in another process."""
    for text in (task.source, solved):
        known = ledger(bench.executor).get(task.id, text) or {}
        again = ticks_of(task, text, bench.second or bench.executor)
        if any(known.get(name) != ticks or ticks == inf for name, ticks in again.items()):
            return False
    return True


def _suspicious(task: Task, executor: Executor) -> list[str]:
    """The lazy answers that reach the visible goals, by a survey of all of them in one process."""
    other = [each for each in lazy_answers(task).values() if each != task.source]
    texts = [each for each in other if parses(each) and not tampers(task.source, each)]
    rows = inputs_of(task, VISIBLE)[::-1]
    known = [Cost(1, outcome) for _, outcome in rows]
    ticks = surveyed(executor, task.program(), [Variant(each) for each in texts], [each for each, _ in rows], known)
    least = min(goal.bound for goal in task.goals if goal.measure == VISIBLE)
    return [text for text, taken in zip(texts, ticks, strict=True) if taken <= least]
