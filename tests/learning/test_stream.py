import itertools
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import TaskError
from core.observation import FIRST_EDIT
from core.seeding import rng
from learning.corpus import installed_corpus
from learning.sample import Sample
from learning.stream import cut, pooled_batches, reused, to_batch
from tests.fakes.observations import random_observation


def sample(tokens: int, candidates: int = 5) -> Sample:
    observation = random_observation(np.random.default_rng(tokens), tokens, candidates)
    return Sample(observation, np.array([FIRST_EDIT + 1]), "op", tokens % 2 == 0)


@given(st.lists(st.integers(1, 300), min_size=1, max_size=60), st.integers(64, 2000))
def test_cut_keeps_all_within_the_budget(lengths, budget):
    groups = cut([sample(n) for n in sorted(lengths)], budget)
    sizes = [[len(one.observation["tokens"]) for one in group] for group in groups]
    assert sorted(itertools.chain.from_iterable(sizes)) == sorted(lengths)
    assert all(len(group) == 1 or len(group) * max(group) <= budget for group in sizes)


def test_batches_go_on_and_waste_little():
    lengths = np.random.default_rng(0).lognormal(4, 0.6, 3000).astype(int) + 5
    stream = (sample(int(n)) for n in itertools.cycle(lengths))
    batches = list(itertools.islice(pooled_batches(stream, 2000, 16), 60))
    padded = sum(batch.inputs["tokens"].shape[0] * batch.inputs["tokens"].shape[1] for batch in batches)
    real = sum(int(batch.inputs["lengths"][:, 0].sum()) for batch in batches)
    assert padded < 1.3 * real
    assert all(batch.positives[:, FIRST_EDIT + 1].all() for batch in batches)
    assert all(batch.positives.sum() == len(batch) for batch in batches)


def test_executed_is_told_per_sample():
    batch = to_batch([sample(10), sample(11)])
    assert batch.executed.tolist() == [True, False]


def test_reuse_repeats_as_often_as_asked_and_later():
    fresh = [sample(n % 200 + 5) for n in range(3000)]
    seen = list(reused(iter(fresh), 2.0, 1000, rng(0, "test")))
    assert 2.6 * 1000 < len(seen) - len(fresh) < 3000
    assert list(reused(iter(fresh[:50]), 1.0, 1000, rng(0, "test"))) == fresh[:50]


def test_corpus_leaves_out_tests_and_what_is_evaluated_on(tmp_path):
    function = "def f(a, b):\n    c = a + b\n    return c * 2\n"
    for path in ("pkg/core.py", "pkg/test_core.py", "pkg/tests/helper.py", "vendor/toolz/itertoolz.py", "tabulate.py"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(function)
    (tmp_path / "pkg" / "broken.py").write_text("def f(:\n")
    corpus = installed_corpus(["toolz", "tabulate"], [tmp_path])
    assert [path.name for path in corpus.files] == ["broken.py", "core.py"]
    with pytest.raises(TaskError, match="no function"):  # the only one left is a copy of an excluded one
        next(corpus.functions(np.random.default_rng(0)))
    own = "def g(a, b):\n    while a > b:\n        a -= b\n    return a\n"
    (tmp_path / "pkg" / "core.py").write_text(function + "\n\n" + own)
    assert list(itertools.islice(corpus.functions(np.random.default_rng(0)), 3)) == [own] * 3


ENDLESS = """
import sys
from functools import partial
from pathlib import Path
from core.tokenizer import HashedTokenizer
from learning.corpus import installed_corpus
from learning.stream import StreamSettings, loader
from learning.warm_start_config import SampleConfig
if __name__ == "__main__":
    corpus = installed_corpus((), [Path(sys.argv[1])])
    settings = StreamSettings(SampleConfig(), corpus, (), print, partial(HashedTokenizer, 500), 0, 400)
    batches = iter(loader(settings, 2, prefetch=2))
    next(batches)
    print("ready", flush=True)
    input()
"""


def test_workers_end_with_a_parent_that_is_killed(tmp_path):
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "core.py").write_text("def f(a, b):\n    c = a + b\n    return c * 2\n")
    script = tmp_path / "endless.py"
    script.write_text(ENDLESS)
    parent = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path.cwd(),
        env=os.environ | {"PYTHONPATH": str(Path.cwd())},
    )  # fmt: skip
    assert parent.stdout is not None
    assert parent.stdout.readline() == b"ready\n"
    workers = psutil.Process(parent.pid).children(recursive=True)
    assert len(workers) >= 2
    parent.kill()
    parent.wait()
    _, alive = psutil.wait_procs(workers, timeout=20)
    assert not alive


def test_corpus_without_anything_says_so(tmp_path):
    with pytest.raises(TaskError, match="no Python files"):
        installed_corpus([], [tmp_path])
    (tmp_path / "broken.py").write_text("def f(:\n")
    with pytest.raises(TaskError, match="no function"):
        next(installed_corpus([], [tmp_path]).functions(np.random.default_rng(0)))
