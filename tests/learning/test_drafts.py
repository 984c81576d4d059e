"""Samples of drafts: a right edit gives a target, evidence is there where something was run, and nothing else."""

import ast
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from itertools import cycle, islice
from pathlib import Path

import pytest

from core.errors import SandboxError, TaskError
from core.observation import CANDIDATE_EVIDENCE, FIRST_EDIT
from core.records import CATEGORIES, Category, SourceFile
from core.seeding import rng
from core.tokenizer import HashedTokenizer
from envs.edits.grammar import apply
from envs.edits.program import programs
from envs.edits.same import same_tree
from envs.tasks.categories.feature import Feature
from envs.tasks.packages import find_module, package
from envs.tasks.states import candidates_of
from learning.corpus import Corpus, installed_corpus
from learning.drafts import FAULTS, DraftSource, Written, drafting, runnable, turns, written
from learning.sample import Sample, subject_of
from learning.stream import StreamSettings, samples
from learning.warm_start_config import SampleConfig
from tests.fakes.clamp import ONE_BUG, RIGHT, clamp_task, encoder
from tests.fakes.executor import InlineExecutor
from tests.fakes.loud import quiet_task

TEXTS = [found.text for _, found in programs(Path(find_module(package("python"), "textwrap").file).read_text())]
SUBJECT = subject_of(clamp_task(ONE_BUG))
CLAMP = Written(RIGHT, (), SUBJECT)
PLAIN = SampleConfig(tried_share=0.0)
TRIED = SampleConfig(tried_share=1.0, tries=3.0)


def source(functions, executor=None, config=PLAIN) -> DraftSource:
    return DraftSource({"feature": Feature()}, functions, executor, encoder(), config, rng(0, "drafts"))


def taken(found: DraftSource, count: int) -> list[Sample]:
    return list(islice(found, count))


def test_right_edits_give_a_target() -> None:
    siblings = tuple(SourceFile("", text) for text in TEXTS)
    found = 0
    for text in TEXTS:
        for draft in islice(Feature().drafts(text, siblings, rng(0, text)), 1):
            others = source(iter(()))
            candidates = candidates_of(draft.task, draft.task.source)
            for sample in others.samples(draft, None, "feature"):
                found += 1
                for action in sample.positives:
                    made = apply(draft.task.source, candidates[action - FIRST_EDIT].edit)
                    assert any(same_tree(ast.parse(made), ast.parse(target)) for target in draft.targets)
    assert found > 3


def test_what_is_never_run_has_no_evidence() -> None:
    for sample in taken(source(cycle([Written(RIGHT, ())])), 4):
        assert not sample.executed
        assert sample.observation["category"][0] == CATEGORIES.index(Category.FEATURE)
        assert not sample.observation["evidence"].any()
        assert sample.observation["action_mask"][sample.positives].all()


def test_what_is_run_shows_which_lines_fail() -> None:
    executor = InlineExecutor()
    samples = taken(source(cycle([CLAMP]), executor), 6)
    suspicious = CANDIDATE_EVIDENCE.index("suspiciousness")
    assert all(sample.executed for sample in samples)
    assert all(sample.observation["cand_evidence"][:, suspicious].any() for sample in samples)
    assert RIGHT not in executor.runs


def test_what_was_tried_is_used_up_and_never_right() -> None:
    samples = taken(source(cycle([CLAMP]), InlineExecutor(), TRIED), 12)
    masks = [sample.observation["action_mask"] for sample in samples]
    assert sum(bool((mask[FIRST_EDIT:] == 0).any()) for mask in masks) == len(masks) // 2
    assert all(mask[sample.positives].all() for mask, sample in zip(masks, samples, strict=True))


def test_equal_seeds_give_equal_samples() -> None:
    one, other = (taken(source(cycle([CLAMP]), InlineExecutor(), TRIED), 6) for _ in range(2))
    assert [sample.positives.tolist() for sample in one] == [sample.positives.tolist() for sample in other]


def test_faults_of_the_sandbox_are_raised_when_they_go_on() -> None:
    assert taken(source(cycle([CLAMP]), InlineExecutor(fails_at=range(FAULTS - 1))), 2)
    with pytest.raises(SandboxError):
        taken(source(cycle([CLAMP]), InlineExecutor(fails_at=range(FAULTS))), 1)


def test_functions_without_any_draft_are_told_of() -> None:
    with pytest.raises(TaskError, match="no draft"):
        taken(source(cycle([Written("def f():\n    pass\n", ())])), 1)


def test_only_categories_that_draft_and_have_tasks_do() -> None:
    assert not drafting([clamp_task(ONE_BUG), quiet_task()])
    assert list(drafting([replace(clamp_task(ONE_BUG), category=Category.FEATURE)])) == ["feature"]


def test_functions_to_run_stand_once_with_what_is_known_of_their_module() -> None:
    sibling = SourceFile("m.py", "def other(value):\n    return value\n")
    task = clamp_task(ONE_BUG)
    task = replace(task, category=Category.FEATURE, files=(*task.files, sibling))
    found = runnable([SUBJECT, replace(SUBJECT, qualname="clip")], [task, quiet_task()], ["feature"])
    assert sorted(each.subject.qualname for each in found if each.subject) == ["clamp", "clip"]
    assert all(each.text == SUBJECT.source and sibling in each.siblings for each in found)
    assert {each.subject.qualname for each in islice(turns(found, rng(0, "turns")), 2) if each.subject} == {
        "clamp",
        "clip",
    }


def test_the_corpus_gives_functions_with_the_others_of_their_file(tmp_path) -> None:
    (tmp_path / "m.py").write_text(RIGHT + "\n\n" + RIGHT.replace("clamp", "clip").replace("low", "least"))
    found = list(islice(written(installed_corpus([], [tmp_path]), rng(0, "corpus")), 2))
    assert {each.text.partition("(")[0] for each in found} == {"def clamp", "def clip"}
    assert all(len(each.siblings) == 1 and each.siblings[0].text != each.text for each in found)
    with pytest.raises(TaskError, match="no function"):
        next(written(Corpus((tmp_path / "missing.py",)), rng(0, "corpus")))


@pytest.mark.parametrize(("share", "drafted"), [(1.0, True), (0.0, False)])
def test_the_stream_mixes_them_in(share, drafted) -> None:
    task = replace(clamp_task(ONE_BUG), category=Category.FEATURE)
    config = SampleConfig(draft_share=share, task_share=0.0, executed_share=1.0)
    settings = StreamSettings(
        samples=config,
        corpus=None,
        subjects=(replace(SUBJECT, source=RIGHT),),
        executor=InlineExecutor,
        tokenizer=partial(HashedTokenizer, 512),
        seed=0,
        batch_tokens=1_000,
        tasks=(task,),
    )
    with ExitStack() as stack:
        found = list(islice(samples(settings, "drafts", stack), 4))
    assert [sample.operator == Category.FEATURE for sample in found] == [drafted] * 4
