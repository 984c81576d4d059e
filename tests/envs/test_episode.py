from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.observation import CANDIDATE_EVIDENCE, FIRST_EDIT, STATE, SUBMIT, UNDO
from core.records import Task
from envs.edits.grammar import apply
from envs.episode import Episode
from envs.episode_settings import EpisodeSettings
from envs.workbench import ResultCache
from rewards.components.edit_economy import kept_edits
from tests.fakes.clamp import RIGHT, TWO_BUGS, action_to, clamp_task, encoder
from tests.fakes.executor import ComparingExecutor, InlineExecutor
from tests.fakes.masked import MASKED, MASKED_HALF, MASKED_RIGHT, masked_task

ENCODER = encoder()
HALF = RIGHT.replace("value > high", "value == high")
BROKEN = RIGHT.replace("value < low", "value > low")
KEPT = EpisodeSettings(budget=6)


def start(
    source: str,
    budget: int = 6,
    executor: InlineExecutor | None = None,
    cache: ResultCache | None = None,
    **more: float,
) -> Episode:
    chosen = EpisodeSettings(budget=budget, **more)
    return Episode(clamp_task(source), executor or InlineExecutor(), ENCODER, chosen, cache)


def go(episode: Episode, target: str) -> int:
    return action_to(episode.candidates, episode.source, target)


def useless(episode: Episode) -> int:
    """The first allowed edit that does not help."""
    for index, candidate in enumerate(episode.candidates):
        trial = Episode(episode.task, InlineExecutor(), ENCODER, KEPT)
        result, action = apply(episode.source, candidate.edit), FIRST_EDIT + index
        if episode.allowed(action) and result not in (RIGHT, HALF) and not trial.step(action).kept:
            return action
    raise AssertionError("every edit helps")


def test_the_right_edit_solves_and_submits() -> None:
    episode = start(BROKEN)
    before = episode.passing
    outcome = episode.step(go(episode, RIGHT))
    assert outcome.terminated
    assert outcome.kept
    assert episode.done
    assert episode.solved_at == 1
    trajectory = episode.trajectory("v1")
    assert trajectory.solved
    assert trajectory.steps[0].reward == pytest.approx(0.99 - before - 0.01)
    assert trajectory.final is not None
    assert len(trajectory.final.results) == 12


def test_an_edit_that_does_not_help_is_undone_and_masked() -> None:
    episode = start(BROKEN)
    action, source, passing = useless(episode), episode.source, episode.passing
    assert episode.observation()["action_mask"][action] == 1
    outcome = episode.step(action)
    seen = episode.observation()
    assert not outcome.kept
    assert episode.source == source
    assert seen["action_mask"][action] == 0
    assert seen["evidence"][:, 5:].sum() > 0
    assert outcome.reward == pytest.approx(0.99 * passing - passing - 0.01)
    assert episode.executions == 1


def test_two_bugs_are_repaired_one_after_the_other() -> None:
    episode = start(TWO_BUGS)
    order = [HALF, RIGHT]
    for target in order:
        assert not episode.done
        episode.step(go(episode, target))
    assert episode.trajectory().solved
    assert [step.kept for step in episode.trajectory().steps] == [True, True]


def test_every_kept_state_is_compared_with_its_candidates_once() -> None:
    executor, cache = ComparingExecutor(), ResultCache()
    for _ in range(2):
        episode = Episode(clamp_task(TWO_BUGS), executor, encoder(), cache=cache)
        evaluated = episode.observation(pad=False)["cand_evidence"][:, CANDIDATE_EVIDENCE.index("evaluated")]
        assert 0 < evaluated.sum() < len(evaluated)
        first = episode.source
        episode.step(go(episode, HALF))
    assert executor.comparisons == [first, episode.source]
    assert episode.executions == 1


def test_comparing_can_be_left_out() -> None:
    executor = ComparingExecutor()
    episode = Episode(clamp_task(TWO_BUGS), executor, encoder(), EpisodeSettings(compare_alternatives=False))
    shown = episode.observation(pad=False)["cand_evidence"]
    assert not shown[:, CANDIDATE_EVIDENCE.index("evaluated")].any()
    assert shown[:, CANDIDATE_EVIDENCE.index("changes_failing")].any()  # coverage stands in
    assert not executor.comparisons


def test_undo_goes_back_and_the_way_there_is_closed() -> None:
    episode = start(TWO_BUGS)
    action = go(episode, HALF)
    episode.step(action)
    assert episode.allowed(UNDO)
    state = episode.observation()["state"]
    assert state[STATE.index("improved")] == 1
    assert state[STATE.index("kept_edits")] == 0.5
    episode.step(UNDO)
    assert episode.source == TWO_BUGS
    assert episode.executions == 1
    assert not episode.allowed(action)
    assert not episode.allowed(UNDO)


def test_a_kept_edit_cannot_be_reverted_by_an_edit() -> None:
    episode = start(TWO_BUGS)
    episode.step(go(episode, HALF))
    assert not episode.allowed(go(episode, TWO_BUGS))


def test_submit_is_masked_while_a_check_fails() -> None:
    episode = start(BROKEN)
    assert episode.observation()["action_mask"][SUBMIT] == 0
    outcome = episode.step(SUBMIT)
    assert not outcome.terminated
    assert episode.executions == 0
    assert episode.steps[0].action == "invalid"


def test_without_automatic_submit_the_agent_submits() -> None:
    episode = start(BROKEN, auto_submit=False, terminal_reward=1.0)
    episode.step(go(episode, RIGHT))
    assert not episode.done
    assert episode.observation()["action_mask"][SUBMIT] == 1
    outcome = episode.step(SUBMIT)
    assert outcome.terminated
    assert outcome.reward == pytest.approx(0.99)
    assert episode.trajectory().solved


def test_without_automatic_undo_a_bad_edit_stays() -> None:
    episode = start(BROKEN, auto_undo=False)
    action = useless(episode)
    assert episode.step(action).kept
    assert episode.source != BROKEN
    episode.step(UNDO)
    assert episode.source == BROKEN


def test_the_budget_ends_an_episode() -> None:
    episode = start(BROKEN, budget=2)
    while not episode.done:
        outcome = episode.step(useless(episode))
    assert outcome.terminated
    assert not outcome.truncated
    assert episode.executions == 2
    assert not episode.trajectory().solved


def test_steps_that_cost_nothing_are_limited_too() -> None:
    episode = start(BROKEN, budget=2)
    outcomes = [episode.step(UNDO) for _ in range(4)]
    assert outcomes[-1].truncated
    assert episode.done


def test_hidden_checks_never_show() -> None:
    episode = start(BROKEN)
    hidden = {check.id for check in episode.task.checks if not check.visible}
    assert hidden
    assert not hidden & {result.check_id for result in episode.evidence().results}
    episode.step(useless(episode))
    verdict = episode.steps[0].verdict
    assert verdict is not None
    assert not hidden & {result.check_id for result in verdict.results}


def test_a_result_is_executed_once_per_task_and_costs_budget_each_episode() -> None:
    executor, cache = InlineExecutor(), ResultCache()
    first = start(BROKEN, executor=executor, cache=cache)
    action = useless(first)
    first.step(action)
    again = start(BROKEN, executor=executor, cache=cache)
    again.step(action)
    assert len(executor.runs) == 2
    assert again.executions == 1
    assert not again.steps[0].executed
    assert first.steps[0].executed


@pytest.mark.parametrize("fails_at", [0, 1])
def test_a_failing_sandbox_ends_the_episode_and_is_named(fails_at: int) -> None:
    episode = start(BROKEN, executor=InlineExecutor([fails_at]))
    episode.observation()
    outcome = episode.step(FIRST_EDIT)
    assert outcome.truncated
    assert not outcome.terminated
    trajectory = episode.trajectory()
    assert trajectory.lost == "SandboxError"
    assert not trajectory.solved


def test_equal_episodes_have_equal_ids_and_others_do_not() -> None:
    one, two, other = start(BROKEN), start(BROKEN), start(BROKEN)
    action = useless(one)
    one.step(action)
    two.step(action)
    other.step(go(other, RIGHT))
    assert one.trajectory("v").id == two.trajectory("v").id
    assert len({one.trajectory("v").id, one.trajectory("w").id, other.trajectory("v").id}) == 3


def test_a_finished_episode_takes_no_step() -> None:
    episode = start(BROKEN)
    episode.step(go(episode, RIGHT))
    with pytest.raises(ValueError, match="over"):
        episode.step(UNDO)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10_000), undo=st.booleans(), invalid=st.booleans())
def test_any_walk_keeps_the_rules(seed: int, undo: bool, invalid: bool) -> None:
    walk(clamp_task(TWO_BUGS), seed, undo, invalid)


def walk(task: Task, seed: int, undo: bool, invalid: bool) -> None:
    executor, rng = InlineExecutor(), np.random.default_rng(seed)
    episode = Episode(task, executor, ENCODER, EpisodeSettings(budget=8, auto_undo=undo))
    share = episode.passing
    while not episode.done:
        mask = episode.observation()["action_mask"]
        assert mask.any()
        assert all(bool(mask[a]) == episode.allowed(a) for a in range(FIRST_EDIT + len(episode.candidates)))
        choices = range(len(mask)) if invalid and rng.random() < 0.3 else np.flatnonzero(mask)
        outcome = episode.step(int(rng.choice(choices)))
        if undo and outcome.kept:
            assert episode.passing > share
        share = episode.passing
    assert len(set(executor.runs)) == len(executor.runs), "nothing is run twice"
    assert episode.executions == len(executor.runs) - 1 <= 8
    assert len(episode.steps) <= 16
    assert episode.submitted == (episode.passing == 1.0)


def test_going_back_and_forth_runs_nothing_and_keeps_the_record_sound() -> None:
    executor = InlineExecutor()
    episode = start(TWO_BUGS, executor=executor)
    root = episode.position
    episode.step(go(episode, HALF))
    half = episode.position
    episode.step(useless(episode))
    tried, ran = episode.evidence().tries, len(executor.runs)
    episode.go(root)
    assert episode.source == TWO_BUGS
    assert episode.evidence().tries == ()
    episode.go(half)
    assert episode.source == HALF
    assert episode.evidence().tries == tried
    assert len(executor.runs) == ran
    assert episode.executions == 2
    assert [step.action for step in episode.steps] == ["edit", "edit", "undo", "redo"]
    assert kept_edits(episode.trajectory()) == 1
    episode.step(go(episode, RIGHT))
    assert episode.solved_at == 3
    assert episode.trajectory().solved
    assert kept_edits(episode.trajectory()) == 2


def test_what_was_run_elsewhere_is_closed_after_going_back() -> None:
    episode = start(TWO_BUGS)
    root = episode.position
    episode.step(go(episode, HALF))
    there = {apply(episode.source, candidate.edit): index for index, candidate in enumerate(episode.candidates)}
    here = {apply(TWO_BUGS, c.edit) for c in Episode(episode.task, InlineExecutor(), ENCODER, KEPT).candidates}
    shared = next(text for text in there if text in here and episode.allowed(FIRST_EDIT + there[text]))
    episode.step(FIRST_EDIT + there[shared])
    episode.go(root)
    assert not episode.allowed(go(episode, shared))


def test_going_back_does_not_use_up_the_steps() -> None:
    episode = start(TWO_BUGS, budget=3)
    root = episode.position
    episode.step(go(episode, HALF))
    half = episode.position
    for _ in range(4):
        episode.go(root)
        episode.go(half)
    assert episode.step(go(episode, RIGHT)).terminated
    assert episode.trajectory().solved


def test_there_is_no_way_to_another_episode_or_out_of_one_that_is_over() -> None:
    one, two = start(BROKEN), start(BROKEN)
    with pytest.raises(ValueError, match="another episode"):
        one.go(two.position)
    root = one.position
    one.step(go(one, RIGHT))
    with pytest.raises(ValueError, match="over"):
        one.go(root)


def masked(budget: int = 6) -> Episode:
    return Episode(masked_task(), InlineExecutor(), ENCODER, EpisodeSettings(budget=budget))


def test_an_edit_that_did_not_help_can_be_held_and_gone_on_from() -> None:
    episode = masked()
    outcome = episode.step(go(episode, MASKED_HALF))
    assert (outcome.kept, outcome.runs, episode.source) == (False, True, MASKED)
    ran = episode.executions
    assert episode.hold(go(episode, MASKED_HALF))
    assert (episode.source, episode.executions) == (MASKED_HALF, ran)
    assert episode.evidence().kept == 0
    assert episode.evidence().edited == ()
    assert episode.step(go(episode, MASKED_RIGHT)).kept
    assert episode.trajectory().solved
    assert [step.action for step in episode.steps] == ["edit", "redo", "edit"]
    assert kept_edits(episode.trajectory()) == 2


def test_what_helps_behind_an_edit_that_harmed_is_measured_from_before_it() -> None:
    episode = start(HALF, budget=1000)
    before, root = episode.passing, episode.position
    worse = HALF.replace("return low", "return high")
    episode.step(go(episode, worse))
    assert episode.hold(go(episode, worse))
    assert episode.passing < before
    behind, kept = episode.position, 0
    for action in range(FIRST_EDIT, FIRST_EDIT + len(episode.candidates)):
        if not episode.done and episode.allowed(action) and episode.step(action).kept:
            assert episode.passing > before
            kept += 1
            episode.go(behind)
    episode.go(root)
    assert episode.passing == before
    assert kept == 0, "no single edit of that function makes up for it"
