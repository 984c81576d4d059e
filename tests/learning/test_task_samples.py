import numpy as np

from core.observation import FIRST_EDIT, UNDO
from core.records import CATEGORIES
from core.seeding import rng
from envs.edits.grammar import apply
from envs.tasks.states import candidates_of
from learning.known_repairs import KnownRepairs
from learning.sample import Sample
from learning.task_samples import TaskSource, other_tasks
from learning.warm_start_config import SampleConfig
from tests.fakes.clamp import ONE_BUG, clamp_task, encoder
from tests.fakes.executor import InlineExecutor
from tests.fakes.loud import quiet_task
from tests.fakes.taught import taught_task

TASK = quiet_task()


def walk(**settings: float) -> list[Sample]:
    config = SampleConfig(**settings)  # type: ignore[arg-type]
    source = TaskSource([TASK], InlineExecutor(), encoder(), config, rng(0, "walk"))
    return list(source.walk(TASK))


def test_each_state_on_the_way_is_a_sample_with_all_that_leads_on() -> None:
    samples = walk(tried_share=0.0)
    assert [len(sample.positives) for sample in samples] == [3, 2, 1]  # in whatever order the texts get loud
    for sample in samples:
        assert sample.executed
        assert sample.operator == TASK.category
        assert 0 <= sample.observation["category"][0] < len(CATEGORIES)
        assert sample.observation["action_mask"][sample.positives].all()


def test_what_was_tried_before_is_used_up_and_never_right() -> None:
    config = SampleConfig(tried_share=1.0, tries=3.0)
    source = TaskSource([TASK], InlineExecutor(), encoder(), config, rng(0, "walk"))
    samples = [sample for _ in range(20) for sample in source.walk(TASK)]
    masks = [sample.observation["action_mask"] for sample in samples]
    assert any((mask[FIRST_EDIT:] == 0).any() for mask in masks)
    assert all(mask[sample.positives].all() for mask, sample in zip(masks, samples, strict=True))


def test_the_stream_has_no_end() -> None:
    source = TaskSource([TASK], InlineExecutor(), encoder(), SampleConfig(tried_share=0.0), rng(0, "walk"))
    found = [sample for sample, _ in zip(source, range(10), strict=False)]
    assert len(found) == 10


def test_bug_fixing_has_samples_of_its_own() -> None:
    assert other_tasks([clamp_task(ONE_BUG), TASK]) == (TASK,)


def test_an_edit_of_the_reference_is_right_at_its_place_also_in_another_order() -> None:
    candidates = candidates_of(TASK, TASK.source)
    known = KnownRepairs().actions(TASK, TASK.source, candidates)
    louder = [index for index, each in enumerate(candidates) if each.edit.operator == "louder"]
    assert list(known) == louder
    aside = apply(TASK.source, candidates[louder[1]].edit)
    there = candidates_of(TASK, aside)
    again = KnownRepairs().actions(TASK, aside, there)
    assert {there[index].edit.replacement for index in again} <= {"'X'", "'A'", "'B'"}
    assert len(again) == 2
    assert np.all(np.diff(again) > 0)


def test_a_teacher_says_what_leads_on_and_where_nothing_does_it_is_right_to_go_back() -> None:
    task = taught_task()
    config = SampleConfig(tried_share=0.5, tries=3.0)
    source = TaskSource([task], InlineExecutor(), encoder(), config, rng(0, "walk"))
    samples = [sample for _ in range(30) for sample in source.walk(task)]
    back = [sample for sample in samples if UNDO in sample.positives]
    on = [sample for sample in samples if UNDO not in sample.positives]
    assert back
    assert all(list(sample.positives) == [UNDO] and sample.observation["action_mask"][UNDO] for sample in back)
    assert any(len(sample.positives) > 1 for sample in on)
    assert all((sample.positives >= FIRST_EDIT).all() for sample in on)


def test_without_an_executor_the_reference_is_all_that_is_known() -> None:
    task = taught_task()
    candidates = candidates_of(task, task.source)
    assert KnownRepairs().actions(task, task.source, candidates) == ()
    taught = KnownRepairs().actions(task, task.source, candidates, InlineExecutor())
    assert {candidates[index].edit.operator for index in taught} == {"louder"}
