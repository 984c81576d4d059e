"""Tasks of writing tests, on real functions in the real sandbox."""

import ast
from dataclasses import replace
from fractions import Fraction

import pytest

from core.records import Category, Outcome, Split
from core.seeding import rng
from core.tokenizer import HashedTokenizer
from envs.edits.grammar import apply
from envs.edits.program import function_node
from envs.encoding.encode import StateEncoder
from envs.episode import FIRST_EDIT, Episode
from envs.sandbox.config import SandboxConfig
from envs.sandbox.lane import FastLane
from envs.tasks import splits
from envs.tasks.category import Bench, Material
from envs.tasks.dedup import shape
from envs.tasks.mining.settings import MiningSettings
from envs.tasks.registry import category_of
from envs.tasks.splits import solution
from envs.tasks.states import candidates_of
from envs.tasks.testing.pool import pool_of
from envs.tasks.testing.runs import kills_of
from envs.tasks.testing.show import PAIR_NAME
from envs.tasks.testing.suite import (
    AGAIN,
    CALL,
    CONSTANT,
    ERROR,
    GUESS,
    MOST_PAIRS,
    NEW_ERROR,
    NEW_OUTCOME,
    NEW_WAY,
    NOT_NONE,
    PAIR,
    PAIR_GUESS,
    REMOVED,
    SAME,
    VALUE,
    indented,
    lines_of,
    read,
    sound_pairs,
)
from envs.tasks.testing.words import input_name
from envs.tasks.validate import validate
from tests.fakes.executor import InlineExecutor
from tests.fakes.tally import Tally
from tests.fakes.tested import mined

TESTING = category_of(Category.TESTING)
NUMBERS = (0, 1, 2, 3, 4, 10, 11, 12, 13, 21, 22, 100, 101, 111, 112, 113, 1001, -1, -11, 23)
SUBJECTS = (
    mined("inflection", "ordinal", [(number,) for number in NUMBERS]),
    mined("difflib", "_format_range_unified", [(start, start + more) for start in (0, 1, 3, 9) for more in range(4)]),
    mined("calendar", "weekday", [(y, m, d) for y in (1999, 2000, 9999, 10000) for m, d in ((1, 1), (2, 29), (13, 1))]),
)


@pytest.fixture(scope="module")
def lane():
    with FastLane(SandboxConfig(hash_seed=0)) as made:
        yield made


def made_of(function, lane, seed=0):
    return TESTING.generate(Material(function), Bench(lane, rng(seed), MiningSettings()))


@pytest.fixture(scope="module")
def tasks(lane):
    found = [task for function in SUBJECTS for task in made_of(function, lane)]
    assert len(found) == len(SUBJECTS)
    return found


def share(task, source, lane):
    return TESTING.verify(task, source, lane).only(task.visible_ids).fraction()


def of_kind(task, kind, source=None):
    text = task.source if source is None else source
    return [apply(text, each.edit) for each in candidates_of(task, text) if each.edit.operator == kind]


def test_tasks_are_valid_in_two_environments(tasks, lane):
    with FastLane(SandboxConfig(hash_seed=4021, timezone="Asia/Kolkata")) as other:
        assert [validate(task, [lane, other]) for task in tasks] == [[]] * len(tasks)


def test_equal_randomness_makes_equal_tasks(tasks, lane):
    assert made_of(SUBJECTS[0], lane) == [tasks[0]]
    assert len({task.id for task in tasks}) == len(tasks)


def test_every_test_of_the_reference_is_offered_and_kills_more(tasks, lane):
    for task in tasks:
        text, before = task.source, share(task, task.source, lane)
        assert len(task.reference) == task.solution_edits >= 2
        for edit in task.reference:
            assert (edit.start, edit.end, edit.replacement) in [
                (each.edit.start, each.edit.end, each.edit.replacement) for each in candidates_of(task, text)
            ]
            text = apply(text, edit)
            assert share(task, text, lane) > before
            before = share(task, text, lane)
        assert before == 1


def test_an_episode_that_writes_the_reference_is_solved(tasks, lane):
    for task in tasks:
        episode = Episode(task, lane, StateEncoder(HashedTokenizer()))
        for edit in task.reference:
            wanted = apply(episode.source, edit)
            found = [apply(episode.source, each.edit) for each in episode.candidates]
            episode.step(FIRST_EDIT + found.index(wanted))
        assert episode.trajectory().solved


def test_the_tests_do_what_is_said_of_them(tasks, lane):
    """Each line that may be written, executed as it stands."""
    space = {"pytest": pytest}
    for task in tasks:
        exec(f"from {task.module} import *\nfrom {task.module} import {task.qualname}", space)
        for line in lines_of(task):
            assert passes(line.text, space) == line.right, line


def passes(text, space):
    try:
        exec(text, space)
    except (Exception, pytest.fail.Exception):  # noqa: BLE001
        return False
    return True


def test_a_wrong_expectation_kills_nothing_and_is_told(tasks, lane):
    for task in tasks:
        wrong = next(line for line in lines_of(task) if not line.right)
        text = task.source.replace("pass", wrong.text)
        results = {r.check_id: r for r in TESTING.verify(task, text, lane).results}
        assert results["passing"].outcome is Outcome.FAILED
        assert share(task, text, lane) < share(task, task.source, lane)


@pytest.mark.parametrize("kind", [SAME, NOT_NONE, CALL, CONSTANT])
def test_what_asserts_nothing_never_helps(kind, tasks, lane):
    for task in tasks:
        for text in of_kind(task, kind):
            assert share(task, text, lane) < share(task, task.source, lane)


def test_a_test_that_stands_there_already_does_harm(tasks, lane):
    for task in tasks:
        first = apply(task.source, task.reference[0])
        twice = first + task.reference[0].replacement
        assert twice in [apply(first, each.edit) for each in candidates_of(task, first)]
        assert share(task, twice, lane) < share(task, first, lane)


def test_more_tests_than_the_budget_miss_a_goal(tasks, lane):
    for task in tasks:
        budget = next(int(goal.bound) for goal in task.goals if goal.id == "budget")
        right = [line.text for line in lines_of(task) if line.tests and line.right]
        for count, reached in ((budget, True), (budget + 1, False)):
            body = "\n".join(right[:count]).replace("\n", "\n    ")
            results = TESTING.verify(task, task.source.replace("pass", body), lane).results
            assert next(r for r in results if r.check_id == "budget").passed is reached


def test_tests_can_be_taken_away_again(tasks, lane):
    for task in tasks:
        text = solution(task)
        removed = of_kind(task, REMOVED, text)
        assert len(removed) == len(task.reference)
        assert all(share(task, each, lane) < 1 for each in removed)
        one = apply(task.source, task.reference[0])
        assert task.source in of_kind(task, REMOVED, one)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda head, body: f"{head}\n    try:\n{indent(body)}\n    except BaseException:\n        pass\n",
        lambda head, body: f"{head}\n    for _ in range(1):\n{indent(body)}\n",
        lambda head, body: f"{head}\n    if True:\n{indent(body)}\n",
        lambda head, body: f"{head}\n    import os\n{body}\n",
        lambda head, body: f"{head}\n    return\n{body}\n",
        lambda head, body: f"import os\n{head}\n{body}\n",
        lambda head, body: f"{head}\n{body}\nimport os\n",
        lambda head, body: f"@pytest.mark.skip\n{head}\n{body}\n",
        lambda head, body: f"async {head}\n{body}\n",
        lambda head, body: f"{head.replace('()', '(monkeypatch)')}\n{body}\n",
        lambda head, body: f"{head}\n    inflection = None\n{body}\n",
        lambda head, body: f"{head}\n{body}, 'a message'\n",
        lambda head, body: f"{head}\n    assert 1 == 1\n{body}\n",
        lambda head, body: f"class Test:\n{indent(head)}\n{indent(body)}\n",
    ],
)
def test_anything_but_tests_reaches_no_goal(wrap, tasks, lane):
    task = tasks[0]
    head, _, body = solution(task).partition("\n")
    assert TESTING.verify(task, f"{head}\n{body}", lane).passed
    verdict = TESTING.verify(task, wrap(head, body.rstrip("\n")), lane)
    assert not any(result.passed for result in verdict.results)


def indent(text):
    return "\n".join("    " + line for line in text.split("\n"))


def test_how_a_test_is_laid_out_does_not_matter(tasks, lane):
    task = tasks[0]
    wide = solution(task).replace(" == ", "   ==  ")
    assert wide != solution(task)
    assert TESTING.verify(task, wide, lane).passed
    assert TESTING.verify(task, solution(task).replace(" == ", " == ("), lane).error


def test_hidden_parts_have_no_influence_on_what_is_offered_and_shown(tasks):
    for task in tasks:
        bare = replace(task, goals=tuple(goal for goal in task.goals if goal.visible), reference=(), fresh=())
        assert TESTING.propose(bare, task.source) == TESTING.propose(task, task.source)
        assert TESTING.view(bare, task.source) == TESTING.view(task, task.source)


def test_the_view_is_one_function_that_holds_the_code_and_the_anchors(tasks):
    for task in tasks:
        text = solution(task)
        view = TESTING.view(task, text)
        node = function_node(ast.parse(view))
        assert isinstance(node.body[0], ast.FunctionDef)
        assert node.body[0].name == task.qualname
        names = [each.value.id for each in node.body if isinstance(each, ast.Expr) and isinstance(each.value, ast.Name)]
        pairs = [PAIR_NAME for _ in sound_pairs(pool_of(task))]
        assert names == [*(input_name(entry) for entry in pool_of(task)), *pairs]
        assert len(node.body) == 1 + len(names) + len(task.reference)
        for each in candidates_of(task, text):
            anchored = view[slice(*each.anchor)]
            assert anchored.strip() == anchored != ""
            assert each.edit.operator != REMOVED or anchored in text


def test_surviving_mutants_are_shown_where_they_differ(tasks, lane):
    for task in tasks:
        view = TESTING.view(task, task.source).split("\n")
        results = {r.check_id: r for r in TESTING.verify(task, task.source, lane).results}
        for goal in task.goals:
            if goal.measure == "survives":
                line, *inputs = results[goal.id].lines
                assert {view[at - 1].strip() for at in inputs} <= {PAIR_NAME, *map(input_name, pool_of(task))}
                assert results[goal.id].detail.startswith("survives")
                # Above the line both are the same; somewhere from it on they differ.
                assert [text[4:] for text in view[1 : line - 1]] == goal.text.split("\n")[: line - 2]


def test_at_an_input_it_is_told_which_mutants_it_would_change(tasks, lane):
    """Evaluated in a run of the code as it is: it holds for most tests that kill a mutant, and for few others."""
    led = killed = both = 0
    for task in tasks:
        first = len(task.files[1].text.split("\n")) + 1
        kills, count = kills_of(task, lane), len(pool_of(task))
        for result, goal in zip(TESTING.verify(task, task.source, lane).results, task.goals, strict=True):
            if goal.measure == "survives":
                inputs = {line - first for line in result.lines[1:] if line - first < count}
                assert inputs == kills.leads[goal.text]
                pairs = {line - first - count for line in result.lines[1:] if line - first >= count}
                assert pairs == {at for at, pair in enumerate(sound_pairs(pool_of(task))) if inputs & set(pair)}
                led, killed = led + len(inputs), killed + len(kills.fails[goal.text])
                both += len(inputs & kills.fails[goal.text])
    assert both > 0.8 * killed
    assert both > 0.5 * led


def test_a_candidates_kind_says_what_it_adds(tasks):
    for task in tasks:
        pool = pool_of(task)
        start = {each.edit.operator for each in candidates_of(task, task.source)}
        assert NEW_WAY in start
        assert not start & {VALUE, ERROR, NEW_OUTCOME, AGAIN}
        text = apply(task.source, task.reference[0])
        (told,) = read(task, text).tested
        for each in candidates_of(task, text):
            line = next((line for line in lines_of(task) if indented(line) == each.edit.replacement), None)
            if line is None or not line.tests:
                continue
            entry = pool[line.entry]
            assert (each.edit.operator == GUESS) is not line.right
            if line.right and line.entry != told:
                new = not set(entry.lines) <= set(pool[told].lines)
                assert (each.edit.operator in (NEW_WAY, NEW_ERROR)) is new
                if not new:
                    assert (each.edit.operator == NEW_OUTCOME) is (entry.outcome != pool[told].outcome)


def test_two_lines_can_be_written_at_once(tasks):
    for task in tasks:
        shown = [each for each in candidates_of(task, task.source) if each.edit.operator in (PAIR, PAIR_GUESS)]
        assert len(shown) == MOST_PAIRS
        suites = [read(task, apply(task.source, each.edit)) for each in shown]
        assert all(len(suite.lines) == 2 for suite in suites)
        assert [each.edit.operator == PAIR for each in shown] == [len(suite.tested) == 2 for suite in suites]
        view = TESTING.view(task, task.source)
        sound = [each for each in shown if each.edit.operator == PAIR]
        assert 0 < len({each.anchor for each in sound}) == len(sound) < MOST_PAIRS
        assert {view[slice(*each.anchor)] for each in sound} == {PAIR_NAME}


def test_hidden_goals_tell_nothing_but_a_count(tasks, lane):
    for task in tasks:
        results = {r.check_id: r for r in TESTING.verify(task, task.source, lane).results}
        for goal in task.goals:
            if not goal.visible:
                assert not results[goal.id].passed
                assert results[goal.id].detail == f"survivors {len(ast.literal_eval(goal.text))} limit {goal.bound:g}"
                assert not results[goal.id].lines


def test_methods_of_instances_that_can_be_written_are_tested(lane):
    halves = [Fraction(a, b) for a, b in ((3, 7), (31, 70), (355, 113), (-1, 3))]
    inputs = [(each, limit) for each in halves for limit in (1, 2, 5, 10, 100)]
    (task,) = made_of(mined("fractions", "Fraction.limit_denominator", inputs), lane)
    assert all(entry.call.startswith("Fraction(") for entry in pool_of(task))
    assert any(entry.raises and entry.outcome == "ValueError" for entry in pool_of(task))
    assert "class Fraction:" in TESTING.view(task, task.source)


def test_inputs_that_cannot_be_written_make_no_task(lane):
    assert made_of(mined("inflection", "ordinal", [(object(),)] * 20), lane) == []


def test_exceptions_are_tested_by_their_names(tasks):
    task = next(task for task in tasks if task.qualname == "weekday")
    errors = [line for line in lines_of(task) if line.kind == ERROR]
    assert errors
    assert all(line.text.startswith("with pytest.raises(") for line in errors)
    assert {line.kind for line in lines_of(task)} >= {VALUE, ERROR}


def test_an_executor_without_jobs_is_refused(tasks):
    with pytest.raises(TypeError, match="runs jobs"):
        TESTING.verify(tasks[0], tasks[0].source, InlineExecutor())


def test_tests_of_a_copy_of_evaluated_code_are_not_trained_on(tasks, monkeypatch):
    subject = tasks[-1]
    assert subject.provenance.package == "python"
    monkeypatch.setattr(splits, "protected_shapes", lambda: frozenset())
    assert splits.assign([subject], Split.TRAIN) == [subject]
    monkeypatch.setattr(splits, "protected_shapes", lambda: frozenset({shape(subject.files[1].text)}))
    assert splits.assign([subject], Split.TRAIN) == []


def test_a_method_that_changes_its_instance_is_tested_by_what_it_changed(lane):
    inputs = [(Tally(count, limit), more) for count in (0, 3) for limit in (4, 9) for more in (-1, 1, 5, 7)]
    (task,) = made_of(mined("tests.fakes.tally", "Tally.add", inputs), lane)
    texts = [line.text for line in lines_of(task) if line.right and line.tests]
    assert "it = Tally(count=3)\nit.add(1)\nassert it.count == 4" in texts
    assert any(text.endswith("\nassert (it.count, it.full) == (4, True)") for text in texts)
    assert TESTING.verify(task, solution(task), lane).passed
    swapped = solution(task).replace("it.add", "it.full = True; it.add", 1)
    assert not any(result.passed for result in TESTING.verify(task, swapped, lane).results)


def test_what_depends_on_earlier_calls_is_not_tested(lane):
    assert made_of(mined("tests.fakes.tally", "largest", [(number,) for number in range(30)]), lane) == []
