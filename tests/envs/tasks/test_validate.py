"""What validation says of a task that holds in one process and not in another, or in one order and not in the other."""

from collections.abc import Sequence
from dataclasses import replace

from core.records import Check, Edit, Outcome, Program, Task, Verdict
from envs.edits.grammar import apply
from envs.tasks.validate import validate
from tests.fakes.executor import InlineExecutor, make_task

REFERENCE = "def count(n):\n    found = 0\n    while found < n:\n        found += 1\n    return found * 2\n"
INPUTS = [(n,) for n in range(12)]


class Spoiling(InlineExecutor):
    """Fails one check, whatever the program does."""

    def __init__(self, spoilt: str, source: str = "") -> None:
        super().__init__()
        self._spoilt, self._source = spoilt, source

    def run(self, program: Program, checks: Sequence[Check]) -> Verdict:
        verdict = super().run(program, checks)
        if self._source not in program.source:
            return verdict
        results = [replace(r, outcome=Outcome.FAILED) if r.check_id == self._spoilt else r for r in verdict.results]
        return replace(verdict, results=tuple(results))


class Cutting(InlineExecutor):
    """Tries nothing after a check that hangs."""

    def run(self, program: Program, checks: Sequence[Check]) -> Verdict:
        verdict = super().run(program, checks)
        results = list(verdict.results)
        hanging = [at for at, result in enumerate(results) if result.outcome is Outcome.TIMEOUT]
        for at in range(hanging[0] + 1 if hanging else len(results), len(results)):
            results[at] = replace(results[at], outcome=Outcome.MISSING)
        return replace(verdict, results=tuple(results))


def task(wrong: str, right: str) -> Task:
    """``right`` in place of ``wrong`` mends it."""
    at = REFERENCE.index(right)
    edit = Edit("fake.py", at, at + len(wrong), right, "fake")
    source = REFERENCE.replace(right, wrong, 1)
    assert apply(source, edit) == REFERENCE
    return replace(make_task(REFERENCE, source, "count", INPUTS), reference=(edit,))


def test_a_task_that_holds_has_no_problems() -> None:
    assert validate(task("found = 1", "found = 0"), [InlineExecutor(), InlineExecutor()]) == []


def test_what_shows_in_one_process_only_is_flaky_and_told_with_where() -> None:
    problems = validate(
        task("found = 1", "found = 0"), [InlineExecutor(), Spoiling("c4", "found = 0")], ["today", "tomorrow"]
    )
    told = "the reference fails 1 of 12 checks: c4 failed"
    assert problems == [f"flaky: {told} (with tomorrow)"]


def test_what_shows_in_all_processes_is_broken() -> None:
    problems = validate(task("found = 1", "found = 0"), [Spoiling("c4"), Spoiling("c4")])
    assert problems == ["the reference fails 1 of 12 checks: c4 failed"]


def test_a_start_state_that_fails_other_checks_elsewhere_is_flaky() -> None:
    # It counts one where there is none: only the first check fails.
    problems = validate(task("found = 1", "found = 0"), [InlineExecutor(), Spoiling("c7", "found = 1")])
    assert problems == ["flaky: the start state fails different checks in different processes (c7)"]


def test_hanging_checks_that_come_first_in_reverse_say_nothing_of_the_start_state() -> None:
    """Only the largest numbers hang; in reverse, nothing is tried behind them."""
    hanging = task("found += n < 10", "found += 1")
    assert validate(hanging, [Cutting(), Cutting()]) == []
