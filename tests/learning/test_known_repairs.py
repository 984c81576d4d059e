import itertools
from pathlib import Path

import numpy as np
import pytest

from core.observation import FIRST_EDIT
from core.records import Task
from data.store import write_tasks
from envs.edits.grammar import apply, candidates
from envs.edits.inject import inject
from envs.tasks.builtin import builtin_tasks
from learning.connectors import POSITIVES
from learning.known_repairs import KnownRepairs, differences, reference_path
from learning.training_env import EnvSettings, make_training_env
from tests.fakes import samples

SOURCE = """def clip(value, low, high):
    if value < low:
        return low
    total = value + high - low
    if value > high:
        return high
    return value
"""


def broken(seed: int, bugs: int) -> Task:
    found = inject(SOURCE, np.random.default_rng(seed), bugs=bugs)
    task = samples.task()
    file = type(task.files[0])("clip.py", found.source)
    values = {name: getattr(task, name) for name in task.__slots__}
    return Task(**{**values, "files": (file,), "reference": found.repairs, "solution_edits": bugs})


@pytest.mark.parametrize("seed", range(12))
def test_an_injected_bug_has_its_repair(seed: int) -> None:
    task = broken(seed, 1)
    options = candidates(task.source)
    found = KnownRepairs().actions(task, task.source, options)
    assert found
    assert reference_path(task)[-1] in {apply(task.source, options[index].edit) for index in found}


@pytest.mark.parametrize("seed", range(12))
def test_every_edit_of_the_reference_is_right_in_its_place(seed: int) -> None:
    task, known = broken(seed, 2), KnownRepairs()
    path = reference_path(task)
    for source, following in itertools.pairwise(path):
        options = candidates(source)
        found = known.actions(task, source, options)
        assert following in {apply(source, options[index].edit) for index in found}


@pytest.mark.parametrize(
    ("before", "after"),
    [("a", "a"), ("", "a b"), ("a b", ""), ("a a", "a a a"), ("a a a", "a"), ("a b a", "a a"), ("f(x, y)", "f(y, x)")],
)
def test_differences_make_one_text_the_other(before: str, after: str) -> None:
    places = differences(before, after)
    for start, end, text in reversed(places):
        before = before[:start] + text + before[end:]
    assert before == after


def test_an_edit_that_made_it_worse_is_to_be_taken_back() -> None:
    task = broken(1, 1)
    worse = inject(task.source, np.random.default_rng(5)).source
    found = KnownRepairs().actions(task, worse, options := candidates(worse))
    results = [apply(worse, options[index].edit) for index in found]
    left = len(differences(worse, reference_path(task)[-1]))
    assert any(len(differences(result, reference_path(task)[-1])) < left for result in results)


def test_the_solution_needs_nothing() -> None:
    task = broken(0, 1)
    source = reference_path(task)[-1]
    assert KnownRepairs().actions(task, source, candidates(source)) == ()


def test_what_was_verified_is_remembered() -> None:
    task, known = broken(0, 1), KnownRepairs()
    options = candidates(task.source)
    before = known.actions(task, task.source, options)
    other = next(index for index in range(len(options)) if index not in before)
    known.verify(task, task.source, other)
    assert set(known.actions(task, task.source, options)) == {*before, other}


def test_the_environment_tells_the_learner_what_is_right(tmp_path: Path) -> None:
    write_tasks(tmp_path / "tasks.parquet", builtin_tasks()[:3])
    env = make_training_env({"env": EnvSettings(tmp_path / "tasks.parquet")})
    observation, info = env.reset(seed=3)
    wrong = next(
        index
        for index in np.flatnonzero(observation["action_mask"])
        if index not in info[POSITIVES] and index >= FIRST_EDIT
    )
    _, _, _, _, after = env.step(int(wrong))
    assert after[POSITIVES] == info[POSITIVES] or after["passing"] > info["passing"]
    _, _, terminated, _, last = env.step(info[POSITIVES][0])
    assert terminated
    assert last["trajectory"].solved
    assert last[POSITIVES] == ()
