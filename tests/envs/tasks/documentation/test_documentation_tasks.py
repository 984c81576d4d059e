"""Tasks of documentation, made and judged in the real sandbox."""

import ast
import inspect
import pickle
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.records import Category, Check, Outcome, Provenance, SourceFile, Task
from core.seeding import rng
from envs.edits.grammar import apply
from envs.edits.program import function_node, programs
from envs.episode import Episode
from envs.sandbox.config import SandboxConfig
from envs.sandbox.lane import FastLane
from envs.tasks.categories.documentation import Documentation
from envs.tasks.category import Bench, Material
from envs.tasks.documentation.text import bare, with_docstring
from envs.tasks.documentation.visible import examples_of
from envs.tasks.lazy import lazy_answers
from envs.tasks.mining.record import MinedFunction
from envs.tasks.mining.settings import MiningSettings
from envs.tasks.splits import solution
from envs.tasks.states import candidates_of, shown
from envs.tasks.validate import validate
from tests.fakes.clamp import encoder
from tests.fakes.executor import InlineExecutor

CATEGORY = Documentation()
SETTINGS = MiningSettings()
CALLS: dict[str, list[tuple[tuple[Any, ...], dict[str, Any]]]] = {
    "inflection:ordinalize": [((number,), {}) for number in range(1, 20)],
    "inflection:camelize": [((f"snake_{word}",), {"uppercase_first_letter": False}) for word in "abcdefghijkl"],
    "textwrap:indent": [((f"{word}\n", "> "), {}) for word in "abcdefghijkl"],
    "colorsys:rgb_to_hls": [((number / 4, 0.5, 0.25), {}) for number in range(12)],
    "statistics:_ss": [(([1, 2, number],), {}) for number in range(12)],
    "fnmatch:translate": [((f"{word}*",), {}) for word in "abcdefghijkl"],
    "calendar:monthrange": [((2024, month), {}) for month in range(15)],
    "string:Formatter.check_unused_args": [((None, (), (), {}), {})] * 12,
}


@pytest.fixture(scope="module")
def lanes():
    one, other = SandboxConfig(hash_seed=0, timezone="UTC"), SandboxConfig(hash_seed=4021, timezone="Asia/Kolkata")
    with FastLane(one) as first, FastLane(other) as second:
        yield first, second


def material(name: str) -> Material:
    module, _, qualname = name.partition(":")
    text = inspect.getsource(__import__(module))
    every = dict(programs(text))
    checks = tuple(
        Check(f"c{index}", pickle.dumps(call), b"", visible=index % 3 != 2) for index, call in enumerate(CALLS[name])
    )
    own = every[qualname]
    provenance = Provenance(module, "1", "MIT", f"{module}.py", own.first_line)
    function = MinedFunction(module, qualname, own.text, provenance, own.header_lines, checks, (), 1, 1, 9, name)
    near = tuple(SourceFile(f"{module}.py", each.text, each.first_line, each.header_lines) for each in every.values())
    return Material(function, near, text)


def generated(name: str, lane: FastLane) -> list[Task]:
    return CATEGORY.generate(material(name), Bench(lane, rng(0, name), SETTINGS))


@pytest.fixture(scope="module")
def tasks(lanes) -> list[Task]:
    return [task for name in CALLS for task in generated(name, lanes[0])]


def first(tasks: list[Task], qualname: str) -> Task:
    return next(task for task in tasks if task.qualname == qualname)


def test_most_functions_give_a_task_of_each_sort(tasks):
    assert len(tasks) >= 2 * len(CALLS)
    assert {task.category for task in tasks} == {Category.DOCUMENTATION}
    assert len({task.id for task in tasks}) == len(tasks)
    assert {task.solution_edits for task in tasks} >= {1, 3}
    for sort in ("no docstring", "an unfinished docstring", "lacks something", "out of date"):
        assert any(sort in task.statement for task in tasks)
    for task in tasks:
        hidden = [goal for goal in task.goals if not goal.visible]
        assert len(hidden) == 2
        assert len(task.goals) - len(hidden) >= 5


def test_tasks_hold_in_fresh_processes_of_other_environments(tasks, lanes):
    for task in tasks[::4]:
        assert validate(task, lanes) == []


def test_a_parameter_that_was_renamed_is_renamed_in_the_docstring(tasks, lanes):
    task = next(task for task in tasks if "out of date" in task.statement)
    start = CATEGORY.verify(task, task.source, lanes[0])
    missed = {result.check_id for result in start.results if not result.passed}
    (edit,) = task.reference
    assert missed == {f"parameter {edit.replacement}", "invented"}
    assert edit.replacement in {goal.text for goal in task.goals}


def test_each_edit_of_a_reference_is_offered_and_helps(tasks, lanes):
    for task in tasks[::2]:
        source, before = task.source, CATEGORY.verify(task, task.source, lanes[0]).only(task.visible_ids).fraction()
        for edit in task.reference:
            texts = {apply(source, each.edit) for each in candidates_of(task, source)}
            source = apply(source, edit)
            assert source in texts
            after = CATEGORY.verify(task, source, lanes[0]).only(task.visible_ids).fraction()
            assert after > before
            before = after
        assert before == 1


def test_what_tempts_is_as_frequent_as_what_helps(tasks, lanes):
    for task in tasks[:2]:
        found = candidates_of(task, task.source)
        assert 20 <= len(found) <= 300
        seen = task.visible_ids
        start = CATEGORY.verify(task, task.source, lanes[0]).only(seen).fraction()
        after = [CATEGORY.verify(task, apply(task.source, each.edit), lanes[0]).only(seen) for each in found[:50]]
        assert 0 < sum(verdict.fraction() > start for verdict in after) < 0.7 * len(after)


def test_no_lazy_answer_passes(tasks, lanes):
    for task in tasks[::3]:
        answers = lazy_answers(task)
        assert sum(name.startswith("documentation") for name in answers) >= 8
        assert not any(CATEGORY.verify(task, text, lanes[0]).passed for text in answers.values())


def spoilt(task: Task, lane: FastLane, old: str, new: str) -> set[str]:
    """The ids of the goals that are missed when the solution says ``new`` instead of ``old``."""
    text = solution(task)
    assert old in text
    found = CATEGORY.verify(task, text.replace(old, new, 1), lane)
    return {result.check_id for result in found.results if not result.passed}


def test_each_goal_catches_what_it_is_for(tasks, lanes):
    task, lane = first(tasks, "ordinalize"), lanes[0]
    example = next(each for each in examples_of(task.files) if each.lines.split("\n")[0] in solution(task))
    assert spoilt(task, lane, example.shown, "'1nd'") == {"example"}
    assert "example" in spoilt(task, lane, f">>> {example.call}", f">>> repr({example.call})")
    assert spoilt(task, lane, "number", "amount") & {"code"}
    assert spoilt(task, lane, "ordinal(number)", "ordinal( number )") == set()  # the same code
    doc = inspect.cleandoc(ast.get_docstring(function_node(ast.parse(solution(task)))) or "")
    line = next(row for row in doc.split("\n") if row.startswith(":param"))
    assert "parameter number" in spoilt(task, lane, f"\n    {line}", "")
    assert "invented" in spoilt(task, lane, line, line.replace("number:", "amount:"))
    assert "invented" in spoilt(task, lane, line, f"{line}\n    :raises ValueError: If it is wrong.")
    assert spoilt(task, lane, line, f"{line}\n    " + "It is so. " * 80) >= {"length"}
    summary = doc.split("\n")[0]
    assert "style" in spoilt(task, lane, summary, summary.rstrip("."))
    assert spoilt(task, lane, summary, "Open the garden gate.") & {"distance fine"}


def test_a_wrong_type_and_a_wrong_default_are_wrong_claims(tasks, lanes):
    task = first(tasks, "ordinalize")
    typed = re.search(r":param (\w+ )?number:", solution(task))
    assert typed
    assert spoilt(task, lanes[0], typed[0], ":param list number:") == {"claims"}
    assert spoilt(task, lanes[0], typed[0], ":param int number:") == set()
    task = first(tasks, "camelize")
    said = re.search(r":param \w* ?uppercase_first_letter: .*", solution(task))
    assert said
    assert spoilt(task, lanes[0], said[0], f"{said[0].rstrip('.')}. Defaults to 7.") >= {"claims"}
    assert "claims" not in spoilt(task, lanes[0], said[0], f"{said[0].rstrip('.')}. Defaults to True.")
    assert "claims" in spoilt(task, lanes[0], said[0], ":param uppercase_first_letter: The string.")
    assert "claims" in spoilt(task, lanes[0], said[0], ":param uppercase_first_letter: Not used.")


def test_exceptions_are_named_where_they_get_out(tasks, lanes):
    task = first(tasks, "monthrange")
    assert "raises IllegalMonthError" in {goal.id for goal in task.goals}
    assert "IllegalMonthError" in solution(task)


def test_nothing_hidden_has_an_influence_on_what_is_shown_and_proposed(tasks):
    for task in tasks[::3]:
        other = replace(task, goals=tuple(g if g.visible else replace(g, text="x", bound=9) for g in task.goals))
        other = replace(other, reference=())
        assert CATEGORY.propose(task, task.source) == CATEGORY.propose(other, other.source)
        assert CATEGORY.view(task, task.source) == CATEGORY.view(other, other.source)


def test_equal_seeds_make_equal_tasks(lanes):
    one, two = (generated("textwrap:indent", lane) for lane in lanes)
    assert one == two
    assert one


@pytest.mark.parametrize("text", ["def (", "", "x = 1\n", "def f(): pass\ndef g(): pass\n"])
def test_a_state_that_is_no_program_misses_every_goal(tasks, lanes, text):
    verdict = CATEGORY.verify(tasks[0], text, lanes[0])
    assert verdict.error
    assert {result.outcome for result in verdict.results} == {Outcome.MISSING}
    assert len(verdict.results) == len(tasks[0].goals)


@pytest.mark.parametrize(
    "example",
    [">>> ordinalize(1)\n'2nd'", ">>> ordinalize(", ">>> while True: pass\n>>> ordinalize(1)\n'1st'", ">>> 1\n1"],
)
def test_examples_that_are_wrong_hang_or_are_no_python_do_not_count(tasks, lanes, example):
    task = first(tasks, "ordinalize")
    text = with_docstring(bare(task.source), f"Ordinalize the number.\n\n{example}")
    found = {result.check_id: result for result in CATEGORY.verify(task, text, lanes[0]).results}
    assert not found["example"].passed
    right = with_docstring(bare(task.source), "Ordinalize the number.\n\n>>> ordinalize(1)\n'1st'")
    found = {result.check_id: result for result in CATEGORY.verify(task, right, lanes[0]).results}
    assert found["example"].passed


def test_an_executor_that_can_not_run_examples_is_refused(tasks):
    with pytest.raises(TypeError, match="InlineExecutor can't run examples"):
        CATEGORY.verify(first(tasks, "ordinalize"), solution(first(tasks, "ordinalize")), InlineExecutor())


def test_an_episode_that_makes_the_edits_of_the_reference_is_solved(tasks, lanes):
    task = max(tasks, key=lambda task: task.solution_edits)
    episode = Episode(task, lanes[0], encoder())
    for edit in task.reference:
        texts = [apply(episode.source, each.edit) for each in episode.candidates]
        episode.step(2 + texts.index(apply(episode.source, edit)))
    assert episode.trajectory().solved


def test_anchors_are_places_of_the_view(tasks):
    for task in tasks:
        text = shown(task).text(task.source)
        for each in candidates_of(task, task.source):
            assert 0 <= each.anchor[0] < each.anchor[1] <= len(text)
            assert each.ref is None or 0 <= each.ref < len(text)
        parameters = [each for each in candidates_of(task, task.source) if each.edit.operator == "parameter"]
        assert all(text[slice(*each.anchor)].isidentifier() for each in parameters)


@settings(max_examples=40)
@given(st.data())
def test_proposals_never_touch_the_code(tasks, data):
    task = data.draw(st.sampled_from(tasks))
    source = task.source
    for _ in range(data.draw(st.integers(1, 3))):
        found = candidates_of(task, source)
        source = apply(source, data.draw(st.sampled_from(found)).edit)
        node, start = function_node(ast.parse(source)), function_node(ast.parse(task.source))
        body, before = node.body, start.body
        documented = [ast.get_docstring(each, clean=False) is not None for each in (node, start)]
        assert list(map(ast.dump, body[documented[0] :])) == list(map(ast.dump, before[documented[1] :]))
