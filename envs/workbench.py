"""What episodes work with: an executor, an encoder, and the results of what was already run. One set per process."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from core.garbage import collect_less
from core.observation import ObservationLimits
from core.protocols import Executor, Tokenizer
from core.records import Task, Verdict
from core.tokenizer import HashedTokenizer
from envs.encoding.encode import StateEncoder, StaticState
from envs.encoding.infection import Infection, infection
from envs.sandbox.config import SandboxConfig
from envs.sandbox.lane import FastLane
from envs.tasks.registry import category_of


class ResultCache:
    """
    Verdicts by (task, program text), of all checks. ``capacity`` verdicts, the least recently used goes first.

    Sound because tasks are admitted only where their outcome is the same in fresh processes with other hash seeds.
    """

    def __init__(self, capacity: int = 8192) -> None:
        self._capacity = capacity
        self._known: OrderedDict[tuple[str, str], Verdict] = OrderedDict()
        self._infections: OrderedDict[tuple[str, str], Infection | None] = OrderedDict()
        self.hits = 0
        self.misses = 0

    def get(self, task: Task, source: str) -> Verdict | None:
        """The verdict of an earlier run, if any."""
        key = (task.id, source)
        known = self._known.get(key)
        if known is None:
            self.misses += 1
            return None
        self.hits += 1
        self._known.move_to_end(key)
        return known

    def put(self, task: Task, source: str, verdict: Verdict) -> None:
        """Keeps ``verdict``."""
        self._known[(task.id, source)] = verdict
        if len(self._known) > self._capacity:
            self._known.popitem(last=False)

    def infection(self, task: Task, source: str, made: Callable[[], Infection | None]) -> Infection | None:
        """
        What is known of the candidates of ``source``; ``made`` finds it where nothing is yet. A byte per check and
        candidate, so that a sixteenth as many are kept as verdicts, the oldest going first.
        """
        key = (task.id, source)
        if key not in self._infections:
            self._infections[key] = made()
            if len(self._infections) > self._capacity // 16:
                self._infections.popitem(last=False)
        return self._infections[key]

    def clear(self) -> None:
        """Forgets everything."""
        self._known.clear()
        self._infections.clear()


def execute(task: Task, source: str, executor: Executor, cache: ResultCache) -> tuple[Verdict, bool]:
    """
    The verdict of all of ``task``'s checks and goals on ``source``, and whether it had to be run.

    Raises:
        SandboxError: the sandbox failed.
    """
    known = cache.get(task, source)
    if known is not None:
        return known, False
    verdict = category_of(task.category).verify(task, source, executor)
    cache.put(task, source, verdict)
    return verdict, True


def infection_of(task: Task, static: StaticState, executor: Executor, cache: ResultCache) -> Infection | None:
    """
    What each candidate edit of a state would change in the visible checks, from one more run of the state as it is.

    Raises:
        SandboxError: the sandbox failed.
    """
    checks = [check for check in task.checks if check.visible]
    program = task.program(static.source)
    return cache.infection(task, static.source, lambda: infection(executor, program, checks, static.candidates))


@dataclass(frozen=True)
class Workbench:
    """An executor, an encoder and a cache that episodes of one process share."""

    executor: Executor
    encoder: StateEncoder
    cache: ResultCache = field(default_factory=ResultCache)


_shared: dict[tuple[int, str, str, int], Workbench] = {}


def process_workbench(
    sandbox: SandboxConfig | None = None,
    limits: ObservationLimits | None = None,
    tokenizer: Tokenizer | None = None,
) -> Workbench:
    """
    This process's workbench for these settings, made at the first call, so that the environments of one worker share
    one zygote. A forked child gets one of its own. Its processes die with this one.
    """
    sandbox, limits = sandbox or SandboxConfig(), limits or ObservationLimits()
    tokenizer = tokenizer or HashedTokenizer()
    key = (os.getpid(), sandbox.model_dump_json(), repr(limits), tokenizer.vocab_size)
    if key not in _shared:
        collect_less()
        _shared[key] = Workbench(FastLane(sandbox), StateEncoder(tokenizer, limits))
    return _shared[key]
