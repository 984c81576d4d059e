import itertools
import pickle
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from core.errors import CheckpointError, TaskError
from core.observation import FIRST_EDIT
from core.tokenizer import HashedTokenizer
from envs.tasks.builtin import builtin_tasks
from learning.accuracy import measure
from learning.grammar_meta import grammar_meta
from learning.imitation import STATE, Imitation
from learning.sample import Sample, subject_of
from learning.stream import StreamSettings
from learning.warm_start import load_functions, main, split, subjects, warm_start
from learning.warm_start_config import SampleConfig, WarmStartConfig
from policies.baselines import UniformScorer
from policies.checkpoint import load_policy
from policies.config import ModelConfig
from policies.scorer import NetworkScorer
from tests.fakes.observations import random_observation

MODEL = ModelConfig(hidden_size=32, num_layers=1, num_heads=2)
QUICK = WarmStartConfig(steps=3, batch_tokens=600, workers=0, validation=5, warmup_steps=1)
WITHOUT = """
import importlib.machinery as machinery, sys
absent = {"ray", "gymnasium", "pyarrow", "rich", "typer", "jinja2", "matplotlib", "tensorboard", "psutil"}
find = machinery.PathFinder.find_spec
machinery.PathFinder.find_spec = classmethod(
    lambda cls, name, path=None, target=None: None if name.split(".")[0] in absent else find(name, path, target)
)
import learning.warm_start
sys.exit(bool(absent & set(sys.modules)))
"""


def test_trains_and_saves_a_policy_that_loads(tmp_path):
    tasks = builtin_tasks()
    mostly_executed = QUICK.model_copy(update={"samples": SampleConfig(executed_share=0.99)})
    out = warm_start(mostly_executed, MODEL, tasks, out=tmp_path / "warm")
    loaded = load_policy(out, grammar_meta())
    report = loaded.meta["warm_start"]
    assert report["steps"] == 3
    assert report["samples"] > 3
    assert 0 < report["executed"] <= report["samples"]
    assert loaded.config == MODEL


def test_worker_process_makes_samples(tmp_path):
    config = QUICK.model_copy(update={"workers": 1, "steps": 2})
    out = warm_start(config, MODEL, builtin_tasks()[:3], out=tmp_path)
    assert load_policy(out).meta["warm_start"]["steps"] == 2


def test_goes_on_where_it_stopped_and_does_nothing_when_done(tmp_path):
    tasks = builtin_tasks()[:3]
    warm_start(QUICK, MODEL, tasks, out=tmp_path)
    first = torch.load(tmp_path / STATE, weights_only=True)
    warm_start(QUICK, MODEL, tasks, out=tmp_path)
    same = torch.load(tmp_path / STATE, weights_only=True)
    assert same["counters"]["steps"] == 3
    assert all(torch.equal(same["network"][name], first["network"][name]) for name in first["network"])
    warm_start(QUICK.model_copy(update={"steps": 5}), MODEL, tasks, out=tmp_path)
    more = torch.load(tmp_path / STATE, weights_only=True)
    assert more["counters"]["steps"] == 5
    assert more["counters"]["samples"] > first["counters"]["samples"]


class Corpus:
    """Gives one function for ever, and notes where its random stream stood."""

    def __init__(self):
        self.drawn = []

    def functions(self, rng):
        self.drawn.append(int(rng.integers(1 << 60)))
        yield from itertools.repeat("def f(a, b):\n    c = a + b\n    return c * 2\n")


def test_a_resumed_warm_start_does_not_learn_from_the_same_samples_again(tmp_path):
    corpus = Corpus()
    stream = StreamSettings(SampleConfig(), corpus, (), print, partial(HashedTokenizer, 500), 0, 400)
    for steps in (2, 4):
        Imitation(QUICK.model_copy(update={"steps": steps}), MODEL, tmp_path).run(stream, list)
    first, second = corpus.drawn
    assert first != second


def test_a_state_of_another_optimiser_is_refused(tmp_path):
    Imitation(QUICK.model_copy(update={"optimiser": "adamw"}), MODEL, tmp_path).save()
    with pytest.raises(CheckpointError, match="of another optimiser"):
        Imitation(QUICK, MODEL, tmp_path)


def test_ctrl_c_loses_no_step(tmp_path):
    observation = random_observation(np.random.default_rng(0), 12, 40)
    observation["action_mask"][:] = 1
    known = Sample(observation, np.array([FIRST_EDIT]), "op", False)

    def interrupted():
        yield from ([known], [known])
        raise KeyboardInterrupt

    imitation = Imitation(QUICK.model_copy(update={"steps": 9}), MODEL, tmp_path)
    with pytest.raises(KeyboardInterrupt):
        imitation.teach(interrupted())
    resumed = Imitation(QUICK, MODEL, tmp_path)
    assert resumed.counters.steps == 2
    states = zip(imitation.network.parameters(), resumed.network.parameters(), strict=True)
    assert all(torch.equal(ours, theirs) for ours, theirs in states)


def test_a_torn_or_foreign_checkpoint_is_refused(tmp_path):
    Imitation(QUICK, MODEL, tmp_path).save()
    with pytest.raises(CheckpointError, match="another model"):
        Imitation(QUICK, MODEL.model_copy(update={"num_layers": 2}), tmp_path)
    (tmp_path / STATE).write_bytes((tmp_path / STATE).read_bytes()[:1000])
    with pytest.raises(CheckpointError, match="can't be read"):
        Imitation(QUICK, MODEL, tmp_path)


def test_imitation_lifts_accuracy_on_what_it_saw(tmp_path):
    rng = np.random.default_rng(0)
    known = []
    for n in range(30):
        observation = random_observation(rng, 12, 40)
        observation["action_mask"][:] = 1
        known.append(Sample(observation, np.array([FIRST_EDIT + n]), "op", False))
    imitation = Imitation(QUICK.model_copy(update={"steps": 40, "learning_rate": 5e-3}), MODEL, tmp_path)
    before = measure(NetworkScorer(imitation.network), known).top1
    imitation.teach([known] * 40)
    after = measure(NetworkScorer(imitation.network), known).top1
    assert before < 0.3
    assert after > 0.9


def test_accuracy_counts_ties_against_the_policy():
    rng = np.random.default_rng(1)
    observation = random_observation(rng, 12, 40)
    observation["action_mask"][:] = 1
    samples = [Sample(observation, np.array([FIRST_EDIT + 3, FIRST_EDIT + 7]), "op", False)]

    class Constant:
        def logits(self, observations):
            return [np.zeros(len(one["action_mask"]), np.float32) for one in observations]

    assert measure(Constant(), samples).top10 == 0
    many = [replace(samples[0], observation=random_observation(rng, 12, 40)) for _ in range(50)]
    for sample in many:
        sample.observation["action_mask"][:] = 1
    found = measure(UniformScorer(), many)
    assert 0.2 < found.top10 < 0.7
    assert found.by_operator[0][:2] == ("op", 50)


def test_subjects_and_split_keep_functions_apart():
    tasks = builtin_tasks()
    found = subjects(tasks)
    assert len(found) < len(tasks)
    assert sum(len(subject.bugs) for subject in found) == len(tasks)
    many = [replace(subject_of(tasks[0]), qualname=f"f{n}") for n in range(100)]
    learn, check = split(many)
    assert len(check) == 4
    assert not {one.qualname for one in learn} & {one.qualname for one in check}
    assert split(many[::-1]) == (learn, check)


def test_functions_from_files(tmp_path):
    tasks = builtin_tasks()[:2]
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(list(tasks)))
    assert load_functions([tmp_path]) == list(tasks)
    (tmp_path / "b.pkl").write_bytes(pickle.dumps([1]))
    with pytest.raises(TaskError, match="neither"):
        load_functions([tmp_path / "b.pkl"])
    with pytest.raises(TaskError, match="can't be read"):
        load_functions([tmp_path / "c.pkl"])


def test_command_reports_and_refuses_unknown_settings(tmp_path, capsys):
    options = ["--out", str(tmp_path), "--workers", "0", "--warm_start.steps", "1", "--warm_start.validation=0"]
    assert main([*options, "--model.hidden_size", "32", "--model.num_heads=2", "--model.num_layers", "1"]) == 0
    assert '"steps": 1' in capsys.readouterr().out
    assert main([*options, "--model.hidden_sice", "32"]) == 2
    assert "hidden_size" in capsys.readouterr().err


def test_needs_no_framework_but_torch():
    done = subprocess.run([sys.executable, "-c", WITHOUT], cwd=Path(__file__).parents[2], check=False)
    assert done.returncode == 0
