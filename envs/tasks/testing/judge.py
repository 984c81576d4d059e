"""What a state of a task of testing has reached: one result a goal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from core.protocols import Executor
from core.records import CheckResult, Goal, Outcome, Task, Verdict
from envs.edits.reparse import parses
from envs.tasks.states import judged, result_of, unreadable
from envs.tasks.testing.pool import pool_of
from envs.tasks.testing.runs import SURVIVES, SURVIVORS, Kills, caller, kills_of, mutants_of
from envs.tasks.testing.show import change, input_line, pair_line, view_line
from envs.tasks.testing.suite import Suite, read, sound_pairs

MALFORMED, FAILING, VACUOUS, TESTS = "malformed", "failing", "vacuous", "tests"


def verdict_of(task: Task, source: str, executor: Executor) -> Verdict:
    """
    The verdict of a state. Nothing of its text is executed: it is read, and what its tests show was found by running
    them on the code under test and on each mutant. A malformed state reaches no goal.
    """
    if not parses(source):
        return unreadable(task, "no Python")
    kills, suite = kills_of(task, executor), read(task, source)
    verdict = Verdict((), kills.cpu_s, caller(executor).tier)
    if suite is None:
        return judged(verdict, task, [_malformed(goal) for goal in task.goals])
    return judged(verdict, task, [_reached(goal, task, suite, kills) for goal in task.goals])


def _malformed(goal: Goal) -> CheckResult:
    detail = "something else than a test" if goal.measure == MALFORMED else ""
    return CheckResult(goal.id, Outcome.FAILED, detail=detail)


def _reached(goal: Goal, task: Task, suite: Suite, kills: Kills) -> CheckResult:
    if goal.measure in (SURVIVES, SURVIVORS):
        return _killed(goal, task, suite, kills)
    failing = len(suite.wrong) + sum(entry in kills.flaky for entry in suite.tested)
    values: Mapping[str, int] = {MALFORMED: 0, FAILING: failing, VACUOUS: suite.vacuous, TESTS: len(suite.lines)}
    return result_of(goal, values[goal.measure])


def _killed(goal: Goal, task: Task, suite: Suite, kills: Kills) -> CheckResult:
    """Only tests that pass on the code under test kill."""
    source = task.files[1].text
    tested = frozenset(suite.tested) - kills.flaky
    survivors = [mutant for mutant in mutants_of(goal, source) if not kills.fails[mutant] & tested]
    if goal.measure == SURVIVORS:
        return result_of(goal, len(survivors))
    line, old, new = change(source, goal.text)
    result = result_of(goal, len(survivors), _said(old, new))
    return replace(result, lines=(view_line(line), *_led(task, kills.leads[goal.text])))


def _led(task: Task, inputs: frozenset[int]) -> list[int]:
    """The lines of the view with the names of some inputs, and of the pairs with one of them."""
    pool, code = pool_of(task), task.files[1].text
    pairs = [at for at, pair in enumerate(sound_pairs(pool)) if not inputs.isdisjoint(pair)]
    return [*(input_line(code, at) for at in sorted(inputs)), *(pair_line(code, pool, at) for at in pairs)]


def _said(old: Sequence[str], new: Sequence[str]) -> str:
    """What a surviving mutant is, in a few words."""
    if not old and not new:
        return "survives moved"
    return " ".join(("survives", *(old or ("nothing",)), "became", *(new or ("nothing",))))
