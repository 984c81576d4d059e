import os

import pytest

from learning.learners import learner_threads
from learning.training_config import TrainingConfig


@pytest.fixture(autouse=True)
def _cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 4)


@pytest.mark.parametrize(
    ("policy", "training", "threads"),
    [
        ("passive", {"num_env_runners": 3}, 4),
        ("PASSIVE", {"num_env_runners": 8}, 4),
        ("active", {"num_env_runners": 3}, 1),
        (None, {"num_env_runners": 3}, 1),
        (None, {"num_env_runners": 8}, 1),
        (None, {"num_env_runners": 0}, 4),
        ("passive", {"num_env_runners": 3, "algorithm": "appo"}, 1),
        ("passive", {"num_env_runners": 3, "num_learners": 2}, 1),
    ],
)
def test_a_learner_takes_cores_that_nobody_uses(
    monkeypatch: pytest.MonkeyPatch, policy: str | None, training: dict[str, object], threads: int
) -> None:
    if policy is None:
        monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    else:
        monkeypatch.setenv("OMP_WAIT_POLICY", policy)
    assert learner_threads(TrainingConfig.model_validate(training)) == threads
