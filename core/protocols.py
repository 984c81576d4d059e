"""
The interfaces between siblings, which don't import each other. ``learning/`` wires implementations in.

The loop that they live in::

    task = tasks.sample()
    observation = env.reset(task)
    while not done:
        logits = scorer.logits([observation])[0]
        observation, reward, done = env.step(choose(logits))   # executor.run(program, checks) inside
    score = component.calculate(trajectory)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from core.records import Check, Program, Trajectory, Verdict

Array = NDArray[np.generic]
Observation = Mapping[str, Array]


@runtime_checkable
class Executor(Protocol):
    """
    Runs programs where they can do no harm and says what the checks showed.

    ``run`` traces lines for the visible checks only, runs the visible checks first, and never raises for what the
    program
    does; ``core.errors.SandboxError`` means that the sandbox itself failed.
    """

    def run(self, program: Program, checks: Sequence[Check]) -> Verdict:
        """One execution of ``program`` on ``checks`` in a fresh confined process."""
        ...

    def close(self) -> None:
        """Ends every process that the executor started."""
        ...


@runtime_checkable
class Scorer(Protocol):
    """Ranks the actions of a state: the trained policy and each baseline that it is compared with."""

    def logits(self, observations: Sequence[Observation]) -> list[NDArray[np.float32]]:
        """One array of shape [actions] per observation (see ``core.observation``); masked actions are ``-inf``."""
        ...


@runtime_checkable
class RewardComponent(Protocol):
    """Scores one aspect of a trajectory."""

    name: str

    def calculate(self, trajectory: Trajectory) -> float | None:
        """A value in [0, 1], or None where the aspect could not be measured. A pure function of the trajectory."""
        ...


@runtime_checkable
class Tokenizer(Protocol):
    """Turns the text of one lexical token into sub-token ids."""

    vocab_size: int

    def ids(self, text: str) -> tuple[int, ...]:
        """At least one id in [1, vocab_size); 0 is padding. The caller cuts to the sub-tokens that it has room for."""
        ...
