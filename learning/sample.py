"""
What the warm start learns from: a state of a buggy function, and every candidate edit that takes a bug out.

*Static* samples come from any installed function, never run: breadth of names and idioms. Those with execution evidence
are made in ``learning.samples``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import EditError
from core.observation import FIRST_EDIT
from core.protocols import Observation
from core.records import Check, Edit, Program, Task
from envs.edits.grammar import apply, matching
from envs.encoding.encode import StateEncoder, StaticState
from envs.encoding.evidence import EvidenceView
from envs.tasks.mining.record import MinedFunction
from learning.injection import draw_bugs
from learning.repairs import single_repairs
from learning.warm_start_config import SampleConfig

Rng = np.random.Generator
Bug = tuple[str, tuple[Edit, ...], str]  # text, repairs (none: not known), the kind that made it


@dataclass(frozen=True, slots=True)
class Sample:
    """``observation`` is unpadded. ``positives``: actions that are right. ``operator``: the (first) bug's."""

    observation: Observation
    positives: NDArray[np.int64]
    operator: str
    executed: bool


@dataclass(frozen=True, slots=True)
class Subject:
    """A function that can be executed: its ``source`` passes all ``checks``. ``bugs``: known (source, repairs)."""

    module: str
    qualname: str
    source: str
    checks: tuple[Check, ...]
    bugs: tuple[Bug, ...] = ()

    def program(self, source: str) -> Program:
        """The program of a state of this function."""
        return Program(self.module, self.qualname, source)


def subject_of(item: MinedFunction | Task) -> Subject:
    """What the sample stream needs of a mined function or of a task: visible checks only."""
    checks = tuple(check for check in item.checks if check.visible)
    if isinstance(item, MinedFunction):
        seen = [any(item.checks[index].visible for index in bug.failing) for bug in item.mutants]
        bugs = tuple(
            (bug.source, bug.repairs, bug.operators[0]) for bug, shows in zip(item.mutants, seen, strict=True) if shows
        )
        return Subject(item.module, item.qualname, item.source, checks, bugs)
    solved = item.source
    for edit in item.reference:
        solved = apply(solved, edit)
    return Subject(item.module, item.qualname, solved, checks, ((item.source, item.reference, item.operators[0]),))


def right_actions(state: StaticState, repairs: Sequence[Edit]) -> NDArray[np.int64]:
    """Actions whose result is the state with one of ``repairs`` done, however they get there; ascending."""
    found: set[int] = set()
    for repair in repairs:
        found.update(matching(state.source, apply(state.source, repair)))
    known = len(state.candidates)
    return np.array(sorted(index + FIRST_EDIT for index in found if index < known), np.int64)


def whole_state(encoder: StateEncoder, source: str) -> StaticState | None:
    """The state, unless it is too large to be seen whole."""
    state = encoder.static(source)
    return None if state.cut else state


class StaticSource:
    """Bugs in functions that are never run; a sample has no evidence."""

    def __init__(self, functions: Iterator[str], encoder: StateEncoder, config: SampleConfig, rng: Rng) -> None:
        self._functions, self._encoder, self._config, self._rng = functions, encoder, config, rng
        self._weights = np.array(config.static_bug_counts) / sum(config.static_bug_counts)

    def __iter__(self) -> Iterator[Sample]:
        for source in self._functions:
            for _ in range(self._config.bugs_per_function):
                sample = self._sample(source)
                if sample is not None:
                    yield sample

    def _sample(self, source: str) -> Sample | None:
        bugs = 1 + int(self._rng.choice(len(self._weights), p=self._weights))
        try:
            bug = draw_bugs(source, self._rng, bugs, self._config.hard_share)
        except EditError:
            return None  # nothing in it can be broken
        state = whole_state(self._encoder, bug.source)
        if state is None:
            return None
        positives = right_actions(state, single_repairs(bug.source, bug.repairs))
        if not len(positives):
            return None
        return Sample(self._encoder.observe(state, EvidenceView(), pad=False), positives, bug.operators[0], False)
