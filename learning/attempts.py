"""
Attempts at tasks, in one process: every agent tries the same tasks, and what one of them executed the others don't
execute again.

An attempt is a best-first search (``learning.search``). The attempts of an agent go in lockstep, so that the network
scores many states at once.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.errors import SandboxError
from core.protocols import Executor, Tokenizer
from core.records import Task
from core.seeding import rng
from envs.encoding.encode import StateEncoder
from envs.episode import Episode
from envs.episode_settings import EpisodeSettings
from envs.episode_state import Position
from envs.workbench import ResultCache
from learning.evaluation import Attempt, Evaluation, TaskFacts, Throughput
from learning.evaluation_config import EvaluationConfig
from learning.scorers import BASELINES, NETWORK, LoadedScorer, ScorerSpec, load_scorer
from learning.search import Pick, Search, SearchRules


@dataclass(frozen=True, slots=True)
class Pass:
    """One go of an agent over the tasks. ``temperature`` 0 is greedy."""

    agent: str
    seed: int
    temperature: float


@dataclass(slots=True)
class _Bench:
    """What the attempts at one batch of tasks share. ``agreed``: fresh checks passed, by (task, program text)."""

    executor: Executor
    cache: ResultCache = field(default_factory=ResultCache)
    agreed: dict[tuple[str, str], bool] = field(default_factory=dict)
    fresh_executions: int = 0


class _Held(NamedTuple):
    """What ``action`` in the state ``node`` led to, where nobody has gone on from it yet."""

    node: int
    action: int


class _Hunt:
    """
    An episode and the search that leads it. The places of the search's nodes are positions of the episode, or the tries
    that are to be held there once somebody wants to go on from them.
    """

    def __init__(self, episode: Episode, search: Search) -> None:
        self.episode, self._search = episode, search
        self._places: list[Position | _Held] = [episode.position]
        self._node = 0

    def advance(self) -> bool:
        """Tries edits until the state that the episode is in has to be scored; False when there's no more to do."""
        while not (self.episode.done or self.episode.lost):
            pick = self._search.pick()
            if pick is None:
                return False
            self._node = pick.node
            if not self._go(pick.node):
                continue
            if pick.action is None:
                return True
            self._try(pick, pick.action)
        return False

    def _go(self, node: int) -> bool:
        """Whether the episode is now in the state ``node``."""
        place = self._places[node]
        if isinstance(place, Position):
            self.episode.go(place)
            return True
        if not (self._go(place.node) and self.episode.hold(place.action)):
            self._search.closed(node)
            return False
        self._places[node] = self.episode.position
        return True

    def scored(self, logits: NDArray[np.float32]) -> None:
        """The agent's logits for the state that the episode is in."""
        self._search.scored(self._node, logits)

    def _try(self, pick: Pick, action: int) -> None:
        if not self.episode.allowed(action):
            self._search.excluded(pick)
            return
        outcome = self.episode.step(action)
        if outcome.kept:
            self._search.kept(pick)
            self._places.append(self.episode.position)
        elif not outcome.runs:
            self._search.failed(pick)
        elif self._search.held(pick) is not None:
            self._places.append(_Held(pick.node, action))


class Evaluator:
    """Loads every agent once; ``attempt`` serves any number of batches of tasks."""

    def __init__(self, specs: Mapping[str, ScorerSpec], config: EvaluationConfig, executor: Executor) -> None:
        self._config, self._executor = config, executor
        self._agents = {name: load_scorer(spec) for name, spec in specs.items()}
        self._encoders: dict[Tokenizer, StateEncoder] = {}
        self._passes = list(passes(specs, config))
        # The baselines don't look at what candidates would change, so that they needn't pay for it.
        self._settings = {
            name: EpisodeSettings(budget=config.budget, compare_alternatives=spec.kind not in BASELINES)
            for name, spec in specs.items()
        }

    def attempt(self, tasks: Sequence[Task], agents: Collection[str] | None = None) -> Evaluation:
        """The attempts of ``agents`` (None: of all) at ``tasks``."""
        began = time.monotonic()
        bench = _Bench(self._executor)
        width = self._config.lockstep
        attempts = [
            attempt
            for at in range(0, len(tasks), width)
            for one in self._passes
            if agents is None or one.agent in agents
            for attempt in self._lockstep(tasks[at : at + width], one, bench)
        ]
        spent = sum(attempt.executions for attempt in attempts)
        throughput = Throughput(len(attempts), spent, bench.cache.misses, time.monotonic() - began)
        facts = tuple(facts_of(task) for task in tasks)
        return Evaluation(facts, tuple(self._agents), tuple(attempts), self._config.budget, throughput)

    def _lockstep(self, tasks: Sequence[Task], one: Pass, bench: _Bench) -> Iterator[Attempt]:
        loaded, began = self._agents[one.agent], time.monotonic()
        hunts = [self._hunt(task, one, self._encoder(loaded), bench) for task in tasks]
        while waiting := [hunt for hunt in hunts if hunt.advance()]:
            logits = loaded.scorer.logits([hunt.episode.observation(pad=False) for hunt in waiting])
            for hunt, row in zip(waiting, logits, strict=True):
                hunt.scored(row)
        seconds = (time.monotonic() - began) / max(len(tasks), 1)
        for hunt in hunts:
            yield _judge(hunt.episode, one, bench, seconds)

    def _hunt(self, task: Task, one: Pass, encoder: StateEncoder, bench: _Bench) -> _Hunt:
        config = self._config
        rules = SearchRules(config.doubt, config.rescore_first, config.rescore_every, config.masked)
        draw = rng(one.seed, "evaluate", one.agent, task.id)
        episode = Episode(task, bench.executor, encoder, self._settings[one.agent], bench.cache, seed=one.seed)
        return _Hunt(episode, Search(rules, one.temperature, draw))

    def _encoder(self, loaded: LoadedScorer) -> StateEncoder:
        """Agents that read the same tokens share an encoder, and with it the static parts of the states."""
        for tokenizer, encoder in self._encoders.items():
            if type(tokenizer) is type(loaded.tokenizer) and tokenizer.vocab_size == loaded.tokenizer.vocab_size:
                return encoder
        made = StateEncoder(loaded.tokenizer, capacity=4 * self._config.lockstep)
        self._encoders[loaded.tokenizer] = made
        return made


def passes(specs: Mapping[str, ScorerSpec], config: EvaluationConfig) -> Iterator[Pass]:
    """Each agent greedily once; those with a network also ``tempered_seeds`` times at ``temperature``."""
    for name, spec in specs.items():
        yield Pass(name, spec.seed, 0.0)
        if spec.kind == NETWORK:
            for seed in range(config.tempered_seeds):
                yield Pass(name, spec.seed + 1 + seed, config.temperature)


def facts_of(task: Task) -> TaskFacts:
    """What the report needs of a task."""
    function = f"{task.module}:{task.qualname}"
    facts = (task.provenance.package, function, task.operators, task.solution_edits, task.category)
    return TaskFacts(task.id, *facts)


def _judge(episode: Episode, one: Pass, bench: _Bench, seconds: float) -> Attempt:
    """What became of an episode. Agreement on fresh inputs costs one more execution, outside the budget."""
    lost, correct = episode.lost, False
    solved = episode.visible.passed and not lost
    if solved:
        try:
            correct = episode.final is not None and episode.final.passed and _agrees(episode, bench)
        except SandboxError as error:
            lost = type(error).__name__
    return Attempt(
        task_id=episode.task.id,
        agent=one.agent,
        seed=one.seed,
        temperature=one.temperature,
        plausible_at=episode.solved_at if solved else None,
        correct=correct,
        executions=episode.executions,
        seconds=seconds,
        lost=lost,
    )


def _agrees(episode: Episode, bench: _Bench) -> bool:
    task, key = episode.task, (episode.task.id, episode.source)
    if key not in bench.agreed:
        bench.fresh_executions += 1
        bench.agreed[key] = not task.fresh or bench.executor.run(task.program(episode.source), task.fresh).passed
    return bench.agreed[key]
