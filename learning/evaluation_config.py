"""How agents are compared."""

from __future__ import annotations

from pydantic import Field

from core.config import Config
from envs.sandbox.config import SandboxConfig


class EvaluationConfig(Config):
    """
    Attributes:
        budget: Executions per task.
        temperature: Of the tempered attempts of trained agents; the others are greedy.
        tempered_seeds: Tempered attempts per task; 0 leaves them out.
        baseline_tasks: The agents without a network try only the first so many tasks (in whole steps of ``lockstep``);
            None: all. They spend most of their budget on most tasks, and are told apart from the others by few.
        lockstep: Episodes of one agent that are scored at once.
        doubt: The least probability, at most a half, that an edit which helped in part leads nowhere (and that it
            doesn't), whatever the agent says. The more, the sooner an attempt goes back to try other edits.
        masked: How probable it is that a right edit doesn't help by itself, because another bug hides it: the more, the
            sooner an attempt goes on from edits that didn't help. 0: never.
        rescore_first: Tries in a state after each of which the agent orders its edits anew, by what the try showed.
        rescore_every: Tries from one such ordering to the next after those: ordering costs more than trying.
        resamples: Of the bootstrap.
        sandbox: Limits and the weakest isolation that is accepted.
    """

    budget: int = Field(default=100, ge=1)
    temperature: float = Field(default=0.5, gt=0.0)
    tempered_seeds: int = Field(default=2, ge=0)
    baseline_tasks: int | None = Field(default=None, ge=1)
    lockstep: int = Field(default=16, ge=1)
    doubt: float = Field(default=0.5, gt=0.0, le=0.5)
    masked: float = Field(default=0.05, ge=0.0, lt=1.0)
    rescore_first: int = Field(default=0, ge=0)
    rescore_every: int = Field(default=50, ge=1)
    resamples: int = Field(default=2000, ge=100)
    sandbox: SandboxConfig = SandboxConfig()
