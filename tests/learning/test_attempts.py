from collections.abc import Sequence

import numpy as np

from core.protocols import Observation
from learning.attempts import Evaluator
from learning.evaluation_config import EvaluationConfig
from learning.scorers import BASELINES, ScorerSpec
from tests.fakes.clamp import ONE_BUG, clamp_task
from tests.fakes.executor import ComparingExecutor


class InOrder:
    """Takes the candidates as they come."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def logits(self, observations: Sequence[Observation]) -> list[np.ndarray]:
        return [np.where(each["action_mask"] > 0, 0.0, -np.inf).astype(np.float32) for each in observations]


def comparisons(kind: str) -> list[str]:
    executor = ComparingExecutor()
    Evaluator({"agent": ScorerSpec(kind)}, EvaluationConfig(budget=3), executor).attempt([clamp_task(ONE_BUG)])
    return executor.comparisons


def test_agents_are_shown_what_candidates_would_change():
    assert comparisons(f"{InOrder.__module__}:InOrder")[0] == clamp_task(ONE_BUG).source


def test_baselines_do_not_pay_for_what_they_do_not_look_at():
    for kind in BASELINES:
        assert not comparisons(kind)
