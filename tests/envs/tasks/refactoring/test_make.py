"""Refactoring tasks of real functions, run in the real sandbox."""

from dataclasses import replace

import pytest

from core.observation import FIRST_EDIT
from core.records import Outcome, task_id
from core.seeding import rng
from envs.edits.grammar import apply
from envs.episode import Episode
from envs.tasks.category import Bench, Material
from envs.tasks.lazy import lazy_answers
from envs.tasks.mining.mine import mine_module
from envs.tasks.mining.settings import MiningSettings
from envs.tasks.packages import package
from envs.tasks.refactoring.smells import SMELLS
from envs.tasks.registry import category_of
from envs.tasks.states import candidates_of
from envs.tasks.validate import validate
from tests.fakes.clamp import encoder

SETTINGS = MiningSettings(generate_seconds=0.2, mutate_seconds=0.1)
CATEGORY = category_of("refactoring")


@pytest.fixture(scope="module")
def functions(lanes):
    found = mine_module(
        "inflection",
        package=package("inflection"),
        lane=lanes[0],
        second=lanes[1],
        settings=SETTINGS,
        only=frozenset(("camelize", "parameterize", "ordinal")),
    )
    return found.functions


@pytest.fixture(scope="module")
def tasks(functions, lanes):
    return [task for each in functions for task in made(each, lanes[0])]


def made(function, lane):
    return CATEGORY.generate(Material(function), Bench(lane, rng(0, function.digest), SETTINGS))


def states(task):
    found = [task.source]
    for edit in task.reference:
        found.append(apply(found[-1], edit))
    return found


def test_tasks_are_distinct_and_fit(tasks, functions, lanes):
    assert len(tasks) >= len(functions)
    assert len({task.id for task in tasks}) == len({task.source for task in tasks}) == len(tasks)
    assert len({operator for task in tasks for operator in task.operators}) >= 3
    for task in tasks:
        assert validate(task, lanes) == []
        assert task.id == task_id(task.category, task.module, task.qualname, task.source, task.checks, task.goals)


def test_the_same_function_gives_the_same_tasks(tasks, functions, lanes):
    again = [task for each in functions for task in made(each, lanes[0])]
    assert again == tasks


def test_each_step_of_the_reference_is_offered_and_reaches_something_that_is_shown(tasks, lanes):
    for task in tasks:
        shares = []
        for before, after in zip(states(task), [*states(task)[1:], None], strict=True):
            shares.append(CATEGORY.verify(task, before, lanes[0]).only(task.visible_ids).fraction())
            if after is not None:
                assert after in [apply(before, each.edit) for each in candidates_of(task, before)]
        assert shares == sorted(set(shares))
        assert shares[-1] == 1.0


def test_an_agent_that_follows_the_reference_solves_the_task(tasks, lanes):
    task = max(tasks, key=lambda each: each.solution_edits)
    episode = Episode(task, lanes[0], encoder())
    for wanted in states(task)[1:]:
        texts = [apply(episode.source, each.edit) for each in episode.candidates]
        assert episode.step(FIRST_EDIT + texts.index(wanted)).kept
    assert episode.trajectory().solved


def test_the_start_behaves_as_the_function_does_and_only_measures_worse(tasks, lanes):
    for task in tasks:
        verdict = CATEGORY.verify(task, task.source, lanes[0])
        size = len(task.checks)
        assert all(result.passed for result in verdict.results[:size])
        missed = [result for result in verdict.results[size:] if not result.passed]
        assert missed
        assert all("limit" in result.detail for result in missed)


def test_some_goals_are_hidden(tasks):
    assert any(not goal.visible for task in tasks for goal in task.goals)
    for task in tasks:
        hidden = {goal.measure for goal in task.goals if not goal.visible}
        assert hidden == {"size", "lost"}
        assert all(goal.text == "" for goal in task.goals if goal.visible)


def test_goals_of_one_measure_are_graded_where_there_is_a_way_to_go(functions, lanes):
    # What is drawn for a function may be a single step.
    draws = ((each, Bench(lanes[0], rng(seed, each.digest), SETTINGS)) for seed in range(8) for each in functions)
    found = (task for each, bench in draws for task in CATEGORY.generate(Material(each), bench))
    assert any(len(task.goals) > len({goal.measure for goal in task.goals}) for task in found)


def test_hidden_parts_have_no_influence_on_what_is_proposed(tasks):
    for task in tasks:
        bare = replace(task, reference=(), goals=(), checks=(), fresh=())
        assert CATEGORY.propose(bare, task.source) == CATEGORY.propose(task, task.source)
        assert CATEGORY.view(bare, task.source) == task.source


def test_cheats_measure_or_behave_worse(tasks, lanes):
    for task in tasks:
        own = {name for name in lazy_answers(task) if name.startswith("refactoring")}
        assert own
        for name in own:
            assert not CATEGORY.verify(task, lazy_answers(task)[name], lanes[0]).passed


def test_deleting_the_docstring_of_the_solution_is_noticed(tasks, lanes):
    documented = [task for task in tasks if '"""' in task.source]
    assert documented
    for task in documented:
        head, _, rest = states(task)[-1].partition('"""')
        text = head + rest.partition('"""')[2].lstrip()
        verdict = CATEGORY.verify(task, text, lanes[0])
        assert not verdict.error
        assert [result.check_id for result in verdict.results if not result.passed] == ["lost"]


def test_a_state_that_is_no_program_fails_everything(tasks, lanes):
    for text in ("def (", "", "x = 1\n", "def f():\n    pass\ndef g():\n    pass\n"):
        verdict = CATEGORY.verify(tasks[0], text, lanes[0])
        assert verdict.error
        assert {result.outcome for result in verdict.results} == {Outcome.MISSING}
        assert len(verdict.results) == len(tasks[0].checks) + len(tasks[0].goals)


def test_what_is_put_in_is_told_by_name(tasks):
    names = {smell.name for smell in SMELLS}
    assert len(names) == len(SMELLS)
    assert any(set(task.operators) <= names for task in tasks)
    for task in tasks:
        assert task.qualname in task.statement
        assert task.solution_edits == len(task.reference) <= 3
