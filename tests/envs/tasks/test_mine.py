"""Mining through the real sandbox, on small parts of real packages."""

import pytest

from core.records import Program, Split, task_id
from core.seeding import rng
from envs.tasks.categories.bug_fix import BugFix, generate
from envs.tasks.dedup import task_key
from envs.tasks.mining import store, trace
from envs.tasks.mining.discover import index_of
from envs.tasks.mining.mine import mine_module
from envs.tasks.mining.record import Harvest
from envs.tasks.mining.settings import MiningSettings
from envs.tasks.packages import find_module, package
from envs.tasks.splits import assign, solution
from envs.tasks.validate import validate

SETTINGS = MiningSettings(generate_seconds=0.2, mutate_seconds=0.1)
ADMISSIBLE = frozenset(("camelize", "dasherize", "parameterize", "underscore", "ordinal"))


@pytest.fixture(scope="module")
def mined(lanes):
    return mine_module(
        "inflection",
        package=package("inflection"),
        lane=lanes[0],
        second=lanes[1],
        settings=SETTINGS,
        only=ADMISSIBLE,
    )


@pytest.fixture(scope="module")
def tasks(mined, lanes):
    return [task for f in mined.functions for task in generate(f, lanes[0], rng(0, f.digest), SETTINGS)]


def test_plain_functions_are_admitted_with_what_admission_demands(mined):
    assert len(mined.functions) >= 3
    for function in mined.functions:
        assert function.returning >= SETTINGS.min_returning
        assert function.coverage >= SETTINGS.min_coverage
        assert function.kill_rate >= SETTINGS.min_kill_rate
        assert len({check.id for check in function.checks}) == len(function.checks) <= SETTINGS.checks
        visible = sum(check.visible for check in function.checks)
        assert 0 < visible < len(function.checks)
        assert not {c.args for c in function.fresh} & {c.args for c in function.checks}
        # However saturated the search for checks was, there are more inputs than those.
        assert len(function.fresh) == SETTINGS.fresh_checks
        assert not any(check.visible for check in function.fresh)
        assert function.provenance.package == "inflection"


def test_the_visible_checks_kill_every_killed_mutant(mined):
    for function in mined.functions:
        for mutant in function.mutants:
            assert any(function.checks[index].visible for index in mutant.failing)


def test_tasks_are_distinct_and_of_single_and_combined_bugs(tasks):
    assert len(tasks) >= 15
    assert len({task.id for task in tasks}) == len({task_key(task) for task in tasks}) == len(tasks)
    assert {task.solution_edits for task in tasks} >= {1}
    assert all(
        task.id == task_id(task.category, task.module, task.qualname, task.source, task.checks) for task in tasks
    )


def test_the_statement_tells_the_symptom_and_not_the_answer(tasks):
    for task in tasks:
        assert task.qualname in task.statement
        assert "called with" in task.statement
        assert all(edit.replacement not in task.statement for edit in task.reference if len(edit.replacement) > 12)


def test_tasks_hold_in_fresh_processes_of_other_environments(tasks, lanes):
    for task in tasks[::6]:
        assert validate(task, lanes) == []


def test_the_reference_solves_and_the_start_state_does_not(tasks, lanes):
    category = BugFix()
    task = tasks[0]
    assert not category.verify(task, task.source, lanes[0]).passed
    assert category.verify(task, solution(task), lanes[0]).passed
    assert task.reference[0].replacement in {edit.replacement for edit in category.propose(task, task.source)}


def test_validation_names_what_is_wrong(tasks, lanes):
    values = {name: getattr(tasks[0], name) for name in type(tasks[0]).__slots__}
    broken = type(tasks[0])(**{**values, "reference": ()})
    assert any("the reference fails" in problem for problem in validate(broken, lanes))
    mislabelled = type(tasks[0])(**{**values, "split": Split.VALIDATION})
    assert any("is not of the split" in problem for problem in validate(mislabelled, lanes))


def test_tasks_of_held_out_packages_are_never_assigned_to_training(tasks):
    assert assign(tasks, Split.TRAIN) == []
    assert assign(tasks, Split.HELDOUT) == tasks


def test_a_harvest_is_stored_without_loss(mined, tasks, tmp_path):
    harvest = Harvest(mined.functions, tuple(tasks), dict(mined.rejects), 1.5)
    store.write(tmp_path / "unit.mined", harvest)
    assert store.read(Harvest, tmp_path / "unit.mined") == harvest


def test_equal_seeds_make_equal_tasks(mined, lanes):
    function = mined.functions[0]
    one, two = (generate(function, lanes[0], rng(0, function.digest), SETTINGS) for _ in range(2))
    assert [task.id for task in one] == [task.id for task in two]


def test_functions_with_effects_or_without_inputs_are_rejected_by_cause(lanes):
    mined = mine_module(
        "shutil",
        package=package("python"),
        lane=lanes[0],
        second=lanes[1],
        settings=SETTINGS,
        only=frozenset(("chown",)),
    )
    assert mined.rejects.total() == 1
    assert not mined.functions


def test_what_runs_but_is_pinned_down_too_little_is_left_to_practise_on(lanes, tmp_path):
    strict = SETTINGS.model_copy(update={"min_kill_rate": 1.0})
    source = package("inflection")
    mined = mine_module("inflection", package=source, lane=lanes[0], second=lanes[1], settings=strict, only=ADMISSIBLE)
    assert mined.rejects["weak oracle"] == len(mined.practice) > 0
    assert not {f.qualname for f in mined.practice} & {f.qualname for f in mined.functions}
    for function in mined.practice:
        assert all(check.visible for check in function.checks)
        program = Program(function.module, function.qualname, function.source)
        assert lanes[1].run(program, function.checks).passed
    harvest = Harvest((), (), {}, 0.0, mined.practice)
    store.write(tmp_path / "practice.mined", harvest)
    assert store.read(Harvest, tmp_path / "practice.mined") == harvest


def test_the_standard_librarys_own_tests_give_inputs():
    source = package("python")
    module = find_module(source, "textwrap")
    index = index_of(module, SETTINGS)
    (test,) = trace.tests_of(source, module)
    traced = trace.trace(test, [index], source, seconds=5)
    assert len(traced.calls["textwrap:dedent"]) >= 10
    assert len(traced.calls["textwrap:TextWrapper._split"]) >= 10
