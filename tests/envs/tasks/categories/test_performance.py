"""Performance tasks of really mined functions, judged in the real sandbox."""

from dataclasses import replace

import pytest

from core.observation import CATEGORY_KINDS
from core.records import Category, Outcome
from core.seeding import rng
from envs.edits.grammar import apply
from envs.episode import Episode
from envs.tasks.categories.performance import Performance
from envs.tasks.category import Bench, Material
from envs.tasks.lazy import lazy_answers
from envs.tasks.mining.mine import mine_module
from envs.tasks.mining.settings import MiningSettings
from envs.tasks.packages import package
from envs.tasks.performance.judging import CPU, HIDDEN, VISIBLE
from envs.tasks.performance.making import STEP
from envs.tasks.registry import category_of
from envs.tasks.splits import solution
from envs.tasks.states import candidates_of
from envs.tasks.validate import validate
from tests.fakes.clamp import encoder

SETTINGS = MiningSettings(generate_seconds=0.1, mutate_seconds=0.05)
CATEGORY = Performance()
SITES = {
    "importlib.metadata._itertools": ("unique_everseen",),
    "textwrap": ("dedent", "indent"),
}


@pytest.fixture(scope="module")
def functions(lanes):
    source = package("python")
    found = []
    for module, only in SITES.items():
        mined = mine_module(
            module, package=source, lane=lanes[0], second=lanes[1], settings=SETTINGS, only=frozenset(only)
        )
        found += mined.functions
    return found


def made(functions, lane, second=None):
    return [
        task
        for each in functions
        for task in CATEGORY.generate(Material(each), Bench(lane, rng(0, each.digest), SETTINGS, second))
    ]


@pytest.fixture(scope="module")
def tasks(functions, lanes):
    return made(functions, *lanes)


def test_tasks_are_of_several_functions_and_distinct(tasks):
    assert len({task.qualname for task in tasks}) >= 2
    assert len({task.id for task in tasks}) == len(tasks) >= 3
    assert {task.category for task in tasks} == {Category.PERFORMANCE}
    assert all(len(task.reference) == task.solution_edits == len(task.operators) for task in tasks)


def test_tasks_hold_in_fresh_processes_and_no_lazy_answer_passes(tasks, lanes):
    for task in tasks[::2]:
        assert validate(task, lanes) == []
        assert len(lazy_answers(task)) >= 15


def test_every_edit_of_the_reference_is_offered_in_its_state(tasks):
    for task in tasks:
        state = task.source
        for edit in task.reference:
            found = candidates_of(task, state)
            texts = {apply(state, each.edit) for each in found}
            state = apply(state, edit)
            assert 5 <= len(found) <= 300
            assert state in texts


def test_goals_go_down_in_steps_and_some_are_hidden(tasks):
    for task in tasks:
        bounds = [goal.bound for goal in task.goals if goal.measure == VISIBLE]
        assert bounds == sorted(set(bounds), reverse=True)
        assert {goal.measure for goal in task.goals if not goal.visible} == {HIDDEN, CPU}
        assert all(goal.visible for goal in task.goals if goal.measure == VISIBLE)


def test_the_start_state_behaves_and_misses_only_goals(tasks, lanes):
    for task in tasks:
        verdict = CATEGORY.verify(task, task.source, lanes[1])
        missed = [result for result in verdict.results if not result.passed]
        assert {result.check_id for result in missed} <= {goal.id for goal in task.goals}
        ticks = [result.detail for result in missed if result.check_id == "ticks0"]
        assert len(ticks) == 1
        value, bound = float(ticks[0].split()[1]), float(ticks[0].split()[3])
        assert value >= STEP * 0.99 * bound or value > bound
        assert CATEGORY.verify(task, solution(task), lanes[1]).passed


def test_what_gives_something_else_or_is_no_python_reaches_no_goal(tasks, lanes):
    task = tasks[0]
    start = task.source.index(":\n", task.source.index("def ")) + 2
    indent = " " * (len(task.source.split("def ")[0].split("\n")[-1]) + 4)
    wrong = CATEGORY.verify(task, task.source[:start] + f"{indent}return None\n" + task.source[start:], lanes[0])
    assert not any(result.passed for result in wrong.results[len(task.checks) :])
    assert any("unknown" in result.detail for result in wrong.results)
    broken = CATEGORY.verify(task, "def (", lanes[0])
    assert {result.outcome for result in broken.results} == {Outcome.MISSING}


def test_the_solution_with_hands_on_the_counters_reaches_no_goal(tasks, lanes):
    task = tasks[0]
    fast = solution(task)
    start = fast.index(":\n", fast.index("def ")) + 2
    indent = " " * (len(fast.split("def ")[0].split("\n")[-1]) + 4)
    for line in ("import gc", "_jt_0 = 1"):
        verdict = CATEGORY.verify(task, fast[:start] + f"{indent}{line}\n" + fast[start:], lanes[0])
        assert verdict.results[0].passed
        assert not any(result.passed for result in verdict.results[len(task.checks) :])


def test_proposals_do_not_depend_on_what_is_hidden(tasks):
    for task in tasks:
        bare = replace(task, checks=(), fresh=(), reference=(), goals=(), operators=())
        assert CATEGORY.propose(bare, task.source) == CATEGORY.propose(task, task.source)
        assert CATEGORY.view(bare, task.source) == task.source


def test_an_episode_along_the_reference_solves_every_task(tasks, lanes):
    for task in tasks:
        episode = Episode(task, lanes[0], encoder())
        for edit in task.reference:
            texts = [apply(episode.source, each.edit) for each in episode.candidates]
            episode.step(2 + texts.index(apply(episode.source, edit)))
        assert episode.trajectory().solved


def test_equal_seeds_make_equal_tasks(functions, tasks, lanes):
    first = functions[0]
    again = made([first], *lanes)
    assert [task.id for task in again] == [task.id for task in tasks if task.qualname == first.qualname]


class Forgetful:
    """Runs jobs and loses what they gave."""

    def __init__(self, lane):
        self._lane, self.tier = lane, lane.tier

    def call(self, job, payload, *, modules=()):
        return replace(self._lane.call(job, payload, modules=modules), data=None)


def test_what_is_not_confirmed_in_the_second_process_is_no_task(functions, tasks, lanes):
    assert made(functions[:1], lanes[0], Forgetful(lanes[1])) == []
    assert any(task.qualname == functions[0].qualname for task in tasks)


def test_the_category_is_built_in_and_its_kinds_fit():
    assert isinstance(category_of("performance"), Performance)
    assert len(set(CATEGORY.kinds)) == len(CATEGORY.kinds) <= CATEGORY_KINDS


def test_functions_without_anything_to_slow_down_give_no_task(functions, lanes):
    empty = replace(functions[0], source=f"def {functions[0].qualname}(iterable, key=None):\n    return key\n")
    assert made([empty], lanes[0]) == []
    assert made([replace(empty, source="def (")], lanes[0]) == []
