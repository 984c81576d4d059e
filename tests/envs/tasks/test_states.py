"""States of tasks of any category, by one that only the tests know."""

from dataclasses import replace
from textwrap import indent

import pytest

from core.errors import PluginError
from core.observation import CATEGORY_KINDS, EVIDENCE, FIRST_EDIT, GRAMMAR_KINDS, MAX_KINDS
from core.records import CATEGORIES, Outcome
from envs.edits.grammar import KINDS, apply
from envs.episode import Episode
from envs.tasks.lazy import lazy_answers
from envs.tasks.registry import BUILT_IN, category_of, kind_ids
from envs.tasks.states import candidates_of, judged, shown
from envs.tasks.validate import validate
from tests.fakes.clamp import ONE_BUG, clamp_task, encoder
from tests.fakes.executor import ComparingExecutor, InlineExecutor, make_task
from tests.fakes.loud import NUMBERS, Loud, quiet_task


def test_candidates_parse_differ_and_change_the_text() -> None:
    task = quiet_task()
    found = candidates_of(task, task.source)
    texts = [apply(task.source, each.edit) for each in found]
    assert len(set(texts)) == len(texts) == 9
    assert task.source not in texts
    assert {each.edit.operator for each in found} == set(Loud.kinds)


def test_kinds_of_categories_have_numbers_of_their_own() -> None:
    plugged = kind_ids(Loud.name)
    assert set(Loud.kinds) <= set(plugged)
    blocks = [set(kind_ids(name).values()) - set(range(1, len(KINDS) + 1)) for name in (*BUILT_IN, Loud.name)]
    assert sum(map(len, blocks)) == len(set().union(*blocks))
    assert all(GRAMMAR_KINDS <= number < MAX_KINDS for block in blocks for number in block)
    assert GRAMMAR_KINDS + CATEGORY_KINDS * len(CATEGORIES) == MAX_KINDS


def test_too_many_candidates_are_thinned_evenly() -> None:
    task = quiet_task()
    every = candidates_of(task, task.source)
    few = candidates_of(task, task.source, 3)
    assert few == [every[0], every[3], every[6]]


def test_an_episode_of_another_category_reaches_its_goals() -> None:
    task = quiet_task()
    executor = ComparingExecutor()
    episode = Episode(task, executor, encoder())
    assert episode.observation()["category"][0] < len(CATEGORIES)
    while not episode.done:
        louder = next(i for i, each in enumerate(episode.candidates) if each.edit.operator == "louder")
        episode.step(FIRST_EDIT + louder)
        assert len(episode.steps) < 9
    assert episode.trajectory().solved
    assert episode.final is not None
    assert [result.check_id for result in episode.final.results][-4:] == ["quiet2", "quiet1", "quiet0", "kept"]
    assert not executor.comparisons  # its candidates are no alternatives of expressions


def test_hidden_goals_are_not_shown() -> None:
    episode = Episode(quiet_task(), InlineExecutor(), encoder())
    seen = {result.check_id for result in episode.visible.results}
    assert "quiet0" in seen
    assert "kept" not in seen


def test_a_missed_goal_says_in_words_by_how_much() -> None:
    task = quiet_task()
    verdict = Loud().verify(task, task.source, InlineExecutor())
    missed = [result for result in verdict.results if not result.passed]
    assert [result.detail for result in missed] == [f"quiet 3 limit {bound}" for bound in (2, 1, 0)]


def test_a_state_that_is_no_python_fails_everything() -> None:
    task = quiet_task()
    verdict = Loud().verify(task, "def (", InlineExecutor())
    assert verdict.error
    assert {result.outcome for result in verdict.results} == {Outcome.MISSING}
    assert len(verdict.results) == len(task.checks) + len(task.goals)


def test_results_of_goals_have_to_be_complete() -> None:
    task = quiet_task()
    with pytest.raises(ValueError, match="one result for each goal"):
        judged(InlineExecutor().run(task.program(), task.checks), task, [])


def test_bug_fixing_has_the_grammars_own_way() -> None:
    assert shown(clamp_task(ONE_BUG)) is None


def test_an_unknown_category_is_told_with_those_that_exist() -> None:
    with pytest.raises(PluginError, match="bug_fix"):
        category_of("bugfix")


def test_validation_takes_any_category_and_tries_lazy_answers() -> None:
    task = quiet_task()
    problems = validate(task, [InlineExecutor(), InlineExecutor()])
    assert problems == []
    unsolved = replace(task, reference=())
    told = "the reference fails 3 of 20 checks: quiet0 failed (quiet 3 limit 0)"
    assert validate(unsolved, [InlineExecutor(), InlineExecutor()]) == [told]
    names = set(lazy_answers(task))
    assert {"the start state", "nothing", "pass", "return 0", "return a", "everything caught"} <= names
    assert len(names) >= 10
    assert any(name.startswith(Loud.name) for name in names)


def test_a_task_that_a_lazy_answer_solves_is_not_fit() -> None:
    source = "def nothing(a, b):\n    return 0\n"
    task = make_task(source, source.replace("0", "1"), "nothing", NUMBERS)
    problems = validate(task, [InlineExecutor(), InlineExecutor()])
    assert "a lazy answer passes: return 0" in problems


def test_places_of_edits_are_told_only_where_the_text_that_is_shown_begins_with_the_edited_one(monkeypatch) -> None:
    task = quiet_task()

    def edited() -> float:
        episode = Episode(task, InlineExecutor(), encoder())
        episode.step(FIRST_EDIT)
        assert episode.steps[0].kept
        return float(episode.observation(pad=False)["evidence"][:, EVIDENCE.index("edited")].sum())

    assert edited() > 0
    monkeypatch.setattr(Loud, "view", lambda self, task, source: f"{source}    # shown\n")
    assert edited() > 0
    monkeypatch.setattr(Loud, "view", lambda self, task, source: f"class Shown:\n{indent(source, '    ')}")
    assert edited() == 0
