from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import ray

from core.errors import CheckpointError, PluginError, TaskError
from core.protocols import Observation
from core.records import Task
from envs.edits.grammar import matching
from envs.tasks.builtin import builtin_tasks
from learning.evaluate import evaluate_policies
from learning.evaluation_config import EvaluationConfig
from learning.grammar_meta import grammar_meta
from learning.scorers import NETWORK, ScorerSpec, baselines, load_scorer
from learning.search import choose
from policies.checkpoint import save_policy
from policies.config import ModelConfig
from policies.network import RepairNetwork

IN_WORKER = "JOURNEYMAN_TEST_IN_WORKER"
SMALL = EvaluationConfig(budget=6, tempered_seeds=2, lockstep=3, resamples=100)


class FirstScorer:
    """Takes the first edit that is allowed, and says what it saw."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def logits(self, observations: Sequence[Observation]) -> list[np.ndarray]:
        rows = []
        for observation in observations:
            row = -np.arange(len(observation["action_mask"]), dtype=np.float32)
            row[observation["action_mask"] == 0] = -np.inf
            rows.append(row)
        return rows


class DyingScorer(FirstScorer):
    """Ends its process."""

    def logits(self, observations: Sequence[Observation]) -> list[np.ndarray]:
        os._exit(3)


class HomeScorer(FirstScorer):
    """Is only to be had in the driver's process, like a policy in a folder that a worker's machine doesn't see."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        if IN_WORKER in os.environ:
            raise CheckpointError("no policy here", where="the other machine", remedy="Give a folder that all see")


@pytest.fixture(scope="module")
def tasks() -> list[Task]:
    return list(builtin_tasks()[:6])


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("policy")
    return save_policy(folder, RepairNetwork(ModelConfig(hidden_size=16, num_layers=1, num_heads=2)), grammar_meta())


def _spec(scorer: type) -> ScorerSpec:
    return ScorerSpec(f"{scorer.__module__}:{scorer.__qualname__}")


def test_every_agent_tries_every_task_and_networks_also_tempered(tasks: list[Task], policy: Path) -> None:
    agents = {"trained": ScorerSpec(NETWORK, str(policy)), **baselines()}
    evaluation = evaluate_policies(tasks, agents, SMALL)
    assert evaluation.agents == ("trained", "suspicious", "uniform")
    for agent in agents:
        assert len(evaluation.fixed_at(agent)) == len(tasks)
    assert evaluation.seeds("trained", greedy=False) == 2
    assert evaluation.seeds("uniform", greedy=False) == 0
    assert all(0 < attempt.executions <= SMALL.budget for attempt in evaluation.attempts)
    assert all(attempt.plausible_at is not None for attempt in evaluation.attempts if attempt.correct)


def test_agents_without_a_network_may_try_fewer_tasks(tasks: list[Task], policy: Path) -> None:
    agents = {"trained": ScorerSpec(NETWORK, str(policy)), **baselines()}
    config = SMALL.model_copy(update={"lockstep": 2, "baseline_tasks": 3, "tempered_seeds": 0})
    evaluation = evaluate_policies(tasks, agents, config)
    assert evaluation.tried("trained") == tuple(range(len(tasks)))
    assert evaluation.tried("uniform") == (0, 1, 2, 3)  # whole steps of two
    assert len(evaluation.fixed_at("uniform")) == 4


def test_a_task_that_is_there_twice_is_refused(tasks: list[Task]) -> None:
    with pytest.raises(TaskError, match="twice"):
        evaluate_policies([*tasks, tasks[0]], baselines(), SMALL)


def test_baselines_alone_try_every_task(tasks: list[Task]) -> None:
    config = SMALL.model_copy(update={"lockstep": 2, "baseline_tasks": 2})
    assert len(evaluate_policies(tasks, baselines(), config).fixed_at("uniform")) == len(tasks)


def test_what_one_agent_ran_the_next_does_not_run_again(tasks: list[Task]) -> None:
    agents = {"a": _spec(FirstScorer), "b": _spec(FirstScorer)}
    evaluation = evaluate_policies(tasks, agents, SMALL)
    assert np.array_equal(evaluation.fixed_at("a"), evaluation.fixed_at("b"))
    assert evaluation.throughput.fresh_executions <= evaluation.throughput.executions // 2 + len(tasks)


class OracleScorer(FirstScorer):
    """Knows the repair of each built-in task and takes it as the second edit."""

    def logits(self, observations: Sequence[Observation]) -> list[np.ndarray]:
        rows = super().logits(observations)
        for row, observation in zip(rows, observations, strict=True):
            budget_left = float(observation["state"][0])
            if budget_left < 1.0:
                for repair in _repairs(len(row) - 2, int(observation["lengths"][0])):
                    row[2 + repair] = 1.0 if np.isfinite(row[2 + repair]) else -np.inf
        return rows


def _repairs(candidates: int, tokens: int) -> list[int]:
    found = []
    for task in builtin_tasks()[:6]:
        source = task.source
        for edit in task.reference:
            source = source[: edit.start] + edit.replacement + source[edit.end :]
        found += [i for i in matching(task.source, source) if i < candidates]
    return found


def test_the_repair_is_found_counted_and_correct(tasks: list[Task]) -> None:
    evaluation = evaluate_policies(tasks, {"oracle": _spec(OracleScorer)}, EvaluationConfig(budget=60, lockstep=2))
    fixed = evaluation.fixed_at("oracle")
    assert np.isfinite(fixed).mean() > 0.5
    assert all(attempt.executions >= attempt.plausible_at for attempt in evaluation.attempts if attempt.plausible_at)


def test_choosing_is_greedy_at_zero_and_never_takes_what_is_not_allowed() -> None:
    draw = np.random.default_rng(0)
    logits = np.array([-np.inf, 1.0, 2.0, -np.inf], np.float32)
    assert choose(logits, 0.0, draw) == 2
    assert {choose(logits, 1.0, draw) for _ in range(100)} == {1, 2}
    assert [choose(logits, 0.05, draw) for _ in range(20)] == [2] * 20


def test_bad_input_is_one_clear_line(tasks: list[Task], tmp_path: Path) -> None:
    with pytest.raises(TaskError, match="no tasks"):
        evaluate_policies([], baselines(), SMALL)
    with pytest.raises(CheckpointError, match="no policy here"):
        evaluate_policies(tasks, {"trained": ScorerSpec(NETWORK, str(tmp_path))}, SMALL)
    with pytest.raises(PluginError, match="Did you mean 'uniform'"):
        load_scorer(ScorerSpec("unifrom"))


def test_a_policy_of_another_grammar_is_refused(tmp_path: Path) -> None:
    network = RepairNetwork(ModelConfig(hidden_size=16, num_layers=1, num_heads=2))
    save_policy(tmp_path, network, grammar_meta() | {"grammar_version": -1})
    with pytest.raises(CheckpointError, match="grammar_version"):
        load_scorer(ScorerSpec(NETWORK, str(tmp_path)))


@pytest.fixture
def small_ray() -> Iterator[None]:
    root = str(Path(__file__).parents[2])
    variables = {"PYTHONPATH": root, IN_WORKER: "1"}
    ray.init(num_cpus=2, include_dashboard=False, runtime_env={"env_vars": variables}, log_to_driver=False)
    yield
    ray.shutdown()


@pytest.mark.ray
def test_actors_give_the_same_figures_and_a_dead_one_is_counted(tasks: list[Task], small_ray: None) -> None:
    agents = baselines(seed=5)
    there = evaluate_policies(tasks, agents, SMALL, workers=2)
    here = evaluate_policies(tasks, agents, SMALL)
    assert [a.task_id for a in there.attempts] == [a.task_id for a in here.attempts]
    for agent in agents:
        assert np.array_equal(there.fixed_at(agent), here.fixed_at(agent))
    lost = evaluate_policies(tasks[:3], {"dying": _spec(DyingScorer)}, SMALL, workers=1)
    assert {attempt.lost for attempt in lost.attempts} == {"ActorDiedError"}
    assert np.isnan(lost.fixed_at("dying")).all()


@pytest.mark.ray
def test_what_only_a_worker_finds_wrong_ends_the_evaluation(tasks: list[Task], small_ray: None) -> None:
    with pytest.raises(CheckpointError, match=r"^the other machine: no policy here. Give a folder that all see$"):
        evaluate_policies(tasks[:3], {"home": _spec(HomeScorer)}, SMALL, workers=1)
