import ast

import numpy as np
import pytest

from core.observation import EVIDENCE, FIRST_EDIT, STATE, UNDO
from core.records import Edit, Task
from core.tokenizer import HashedTokenizer
from envs.edits.grammar import apply
from envs.edits.inject import inject
from envs.edits.same import same_tree
from envs.encoding.encode import StateEncoder
from envs.sandbox.lane import FastLane
from envs.tasks.builtin import builtin_tasks
from learning.repairs import single_repairs
from learning.sample import StaticSource, right_actions, subject_of
from learning.samples import ExecutedSource
from learning.warm_start_config import SampleConfig

SOURCE = """def clip(values, low, high, strict=False):
    total = 0
    kept = []
    for index, value in enumerate(values):
        if value < low and not strict:
            value = low
        if value > high:
            value = high
        total += value * (index + 1)
        kept.append(value)
    return kept, total
"""


@pytest.fixture(scope="module")
def encoder() -> StateEncoder:
    return StateEncoder(HashedTokenizer())


@pytest.fixture(scope="module")
def tasks() -> tuple[Task, ...]:
    return builtin_tasks()


@pytest.mark.parametrize("bugs", [1, 2, 3])
def test_single_repairs_each_take_one_bug_out(bugs):
    for seed in range(15):
        bug = inject(SOURCE, np.random.default_rng(seed), bugs=bugs)
        singles = single_repairs(bug.source, bug.repairs)
        assert singles[0] == bug.repairs[0]
        assert len(singles) <= bugs
        # Independent ones, done last first, leave the original where none was left out.
        text = bug.source
        for edit in sorted(singles, key=lambda edit: -edit.start):
            text = apply(text, edit)
        if len(singles) == bugs:
            assert same_tree(ast.parse(text), ast.parse(SOURCE))


def test_single_repairs_leave_out_what_must_wait():
    first = Edit("", 4, 5, "abcdef", "x")
    inside = Edit("", 6, 7, "z", "x")
    behind = Edit("", 12, 13, "y", "x")
    source = "x = 1 + 2 + 3\n"
    assert single_repairs(source, (first, inside)) == [first]
    assert single_repairs(source, (first, behind))[1:] == [Edit("", 7, 8, "y", "x")]


def test_static_samples_name_every_way_back(encoder):
    rng = np.random.default_rng(0)
    source = StaticSource(iter([SOURCE] * 5), encoder, SampleConfig(bug_counts=(1.0,)), rng)
    samples = list(source)
    assert len(samples) >= 10
    for sample in samples:
        tokens, candidates = sample.observation["lengths"]
        assert not sample.executed
        assert sample.observation["tokens"].shape[0] == tokens
        assert not sample.observation["evidence"].any()
        assert len(sample.positives)
        assert (sample.positives >= FIRST_EDIT).all()
        assert (sample.positives < FIRST_EDIT + candidates).all()
        assert sample.observation["action_mask"][sample.positives].all()


def test_right_actions_restore_the_original(encoder):
    for seed in range(10):
        bug = inject(SOURCE, np.random.default_rng(seed))
        state = encoder.static(bug.source)
        right = right_actions(state, bug.repairs)
        for index in right - FIRST_EDIT:
            fixed = apply(bug.source, state.candidates[index].edit)
            assert same_tree(ast.parse(fixed), ast.parse(SOURCE))


def test_executed_samples_show_evidence_and_tries(encoder, tasks):
    config = SampleConfig(bug_counts=(0.5, 0.5), tries=5.0)
    subjects = [subject_of(task) for task in tasks]
    with FastLane() as lane:
        source = ExecutedSource(subjects, lane, encoder, config, np.random.default_rng(1))
        samples = [sample for _ in range(25) for sample in source.group()]
    assert len(samples) > 30
    tried = kept = 0
    for sample in samples:
        observation = sample.observation
        assert sample.executed
        assert observation["action_mask"][sample.positives].all()
        assert 0 <= observation["state"][STATE.index("passing")] < 1
        assert observation["evidence"][:, EVIDENCE.index("covered_by_failing")].any() or (
            observation["state"][STATE.index("died")] > 0
        )
        masked = int((observation["action_mask"][FIRST_EDIT:] == 0).sum())
        assert (masked > 0) == (observation["state"][STATE.index("tries")] > 0)
        tried += masked > 0
        if observation["state"][STATE.index("kept_edits")]:
            kept += 1
            assert observation["action_mask"][UNDO]
            assert observation["evidence"][:, EVIDENCE.index("edited")].any()
    assert tried > 5
    assert kept > 1


def test_a_task_gives_back_the_function_that_it_broke(tasks):
    with FastLane() as lane:
        for task in tasks[:5]:
            subject = subject_of(task)
            assert all(check.visible for check in subject.checks)
            assert lane.run(subject.program(subject.source), subject.checks).passed
