"""Makes tasks of testing from a mined function."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from core.records import Category, Edit, Goal, SourceFile, Task, task_id
from core.seeding import derive_seed, digest
from envs.edits.grammar import apply
from envs.sandbox.lane import Caller
from envs.tasks.category import Bench, Material
from envs.tasks.lazy import lazy_answers
from envs.tasks.mining.record import MinedFunction
from envs.tasks.packages import split_of
from envs.tasks.splits import solution
from envs.tasks.testing import choose as choices
from envs.tasks.testing.choose import Choice, choose, thinned, with_wrong
from envs.tasks.testing.edits import proposals
from envs.tasks.testing.judge import FAILING, MALFORMED, TESTS, VACUOUS, verdict_of
from envs.tasks.testing.leads import Subject
from envs.tasks.testing.pool import POOL_PATH, Entry
from envs.tasks.testing.pool import as_text as pool_text
from envs.tasks.testing.runs import (
    SURVIVES,
    SURVIVORS,
    as_text,
    caller,
    failing,
    outcomes,
    signs,
)
from envs.tasks.testing.show import tokens, view_text
from envs.tasks.testing.suite import INDENT, indented, right_line

_MOST_RUNS = 18
_ENOUGH = 12
_TOKENS_OF_TESTS = 110  # the inputs' names among them
_SPARE_TESTS = 1
_TRIED = 2


def tasks_of(material: Material, bench: Bench) -> list[Task]:
    """One task, or none where the inputs can't be written down or too few mutants are told apart by them."""
    function, settings = material.function, bench.settings
    if "<locals>" in function.qualname or tokens(function.source) > settings.max_source_tokens - _TOKENS_OF_TESTS:
        return []
    runner = caller(bench.executor)
    pool = _pool(runner, function, int(bench.rng.integers(1 << 32)))
    if len(pool) < choices.MIN_ENTRIES or len({entry.outcome for entry in pool}) < choices.MIN_OUTCOMES:
        return []
    choice = choose(_kills(runner, function, pool), len(pool), bench.rng)
    if choice is None:
        return []
    task = _with_reference(_task(function, pool, choice, settings.seed), pool, choice)
    return [task] if task is not None and _holds(task, bench) else []


def _pool(runner: Caller, function: MinedFunction, seed: int) -> list[Entry]:
    """Inputs from the function's checks and near them; the fresh ones are left alone."""
    subject = Subject(function.module, function.qualname, function.source)
    inputs = [check.args for check in function.checks]
    found = outcomes(runner, subject, inputs, seed, _TRIED * choices.MOST_ENTRIES)
    return _steady(runner, subject, with_wrong(thinned(found)))


def _steady(runner: Caller, subject: Subject, pool: list[Entry]) -> list[Entry]:
    """
    The entries whose tests pass on the code under test in either order, so that they don't depend on what was called
    before; without wrong expectations that turn out right.
    """
    row, _ = signs(runner, subject, [*pool, *(replace(e, outcome=e.wrong or "()", raises=False) for e in pool)])
    back, _ = signs(runner, subject, pool[::-1])
    told = zip(pool, row, row[len(pool) :], back[::-1], strict=False)
    return [
        entry if other == "f" else replace(entry, wrong="")
        for entry, sign, other, again in told
        if sign == again == "p"
    ]


def _kills(runner: Caller, function: MinedFunction, pool: Sequence[Entry]) -> dict[str, frozenset[int]]:
    """Mutants by the tests that fail on them, until there are enough different ones; none that takes long."""
    fails: dict[str, frozenset[int]] = {}
    for mutant in _drawn(function):
        row, _ = signs(runner, Subject(function.module, function.qualname, mutant), pool)
        if row and "t" not in row and "f" in row:
            fails[mutant] = failing(row, len(pool))
        if len(set(fails.values())) >= _ENOUGH:
            break
    return fails


def _drawn(function: MinedFunction) -> Iterator[str]:
    """The mined mutants, those first that fail other checks than all before."""
    firsts = {mutant.failing: mutant.source for mutant in reversed(function.mutants)}
    every = [*reversed(firsts.values()), *(mutant.source for mutant in function.mutants)]
    yield from list(dict.fromkeys(every))[:_MOST_RUNS]


def _task(function: MinedFunction, pool: Sequence[Entry], choice: Choice, seed: int) -> Task:
    name = function.qualname.rpartition(".")[2].strip("_")
    start = f"def test_{name}():\n{INDENT}pass\n"
    listed = pool_text(pool)
    goals = _goals(function.source, choice, digest(listed))
    identity = task_id(Category.TESTING, function.module, function.qualname, start, (), goals)
    return Task(
        id=identity,
        category=Category.TESTING,
        difficulty={1: "easy", 2: "medium"}.get(len(choice.tests), "hard"),
        language="python",
        statement=_statement(function, choice),
        files=(SourceFile(f"test_{name}.py", start), function.file, SourceFile(POOL_PATH, listed)),
        module=function.module,
        qualname=function.qualname,
        checks=(),
        fresh=(),
        reference=(),
        operators=(),
        provenance=function.provenance,
        split=split_of(function.provenance.package),
        seed=derive_seed(seed, identity),
        solution_edits=len(choice.tests),
        goals=goals,
    )


def _goals(source: str, choice: Choice, pool: str) -> tuple[Goal, ...]:
    """The pool is what the inputs are of, so its digest is part of what is asked for."""
    hidden, (some, most) = as_text(source, choice.hidden), choices.surviving(len(choice.hidden))
    return (
        Goal("wellformed", MALFORMED, text=pool),
        Goal("passing", FAILING),
        Goal("meaning", VACUOUS),
        Goal("budget", TESTS, len(choice.tests) + _SPARE_TESTS),
        *(Goal(f"mutant {at}", SURVIVES, text=mutant) for at, mutant in enumerate(choice.visible, 1)),
        Goal("some hidden", SURVIVORS, some, hidden, visible=False),
        Goal("most hidden", SURVIVORS, most, hidden, visible=False),
    )


def _statement(function: MinedFunction, choice: Choice) -> str:
    most = len(choice.tests) + _SPARE_TESTS
    return (
        f"{function.module}.{function.qualname} has no tests. Write at most {most} that pass and fail on each of "
        f"{len(choice.visible)} mutants of it, and on mutants that are not shown. The names of {function.module}, "
        "pytest and the modules collections, datetime, decimal, fractions and io are imported."
    )


def _with_reference(task: Task, pool: Sequence[Entry], choice: Choice) -> Task | None:
    text, reference = task.source, list[Edit]()
    for test in choice.tests:
        wanted = indented(right_line(test, pool[test]))
        edit = next((p for p in proposals(task, text) if p.replacement == wanted), None)
        if edit is None:
            return None
        reference.append(Edit(task.files[0].path, edit.start, edit.end, edit.replacement, edit.kind))
        text = apply(text, reference[-1])
    return replace(task, reference=tuple(reference), operators=tuple(edit.operator for edit in reference))


def _holds(task: Task, bench: Bench) -> bool:
    """Whether a policy can see all of the solution, and executions show what the contract demands."""
    solved = solution(task)
    if tokens(view_text(task, solved)) > bench.settings.max_source_tokens:
        return False
    start = verdict_of(task, task.source, bench.executor).only(task.visible_ids)
    if start.passed or not any(result.passed for result in start.results):
        return False
    passing = verdict_of(task, solved, bench.executor).passed
    return passing and not any(verdict_of(task, text, bench.executor).passed for text in lazy_answers(task).values())
