"""How the warm start learns, and from what samples."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from core.config import Config


class SampleConfig(Config):
    """
    Attributes:
        executed_share: Share of executed samples where there are functions to execute.
        task_share: Share of samples from tasks of other categories than bug fixing, where there are any; the other
            shares are of the rest.
        draft_share: Share of samples that are drafts (``learning.drafts``) of the categories that have tasks; the other
            shares are of the rest. None where no category of the tasks offers any.
        drafts: The most of them of one function at a time.
        bug_counts: Weights of 1, 2, ... injected bugs where they are executed.
        static_bug_counts: Likewise where they aren't: reading a program costs the same, however many there are.
        hard_share: Share of the injected bugs that are of hard kinds alone (``learning.injection``).
        bugs_per_function: Bugs put into a function before the next one's turn: listing its candidates costs as much as
            all else, and is done once.
        known_bugs: Share of executed bugs taken from the killed mutants that mining found, rather than injected anew.
        tried_share: Share of executed states that are shown after some tries that did not help.
        tries: Mean number of those.
        executed_tries: How often the first of such tries is really executed; the effect of others is drawn from what
            such tries did before. One that helps in part leads to a state where taking it back is what is to be learnt.
        compared: Share of executed states in which alternatives are evaluated (``envs.edits.alternatives``).
        described: Share of executed states that show how their checks fail; not every test runner tells.
        budgets: Smallest and largest budget of the episodes that states are taken from.
    """

    executed_share: float = 0.6
    task_share: float = 0.6
    draft_share: float = 0.15
    drafts: int = 3
    bug_counts: tuple[float, ...] = (0.75, 0.2, 0.05)
    static_bug_counts: tuple[float, ...] = (0.4, 0.3, 0.2, 0.1)
    bugs_per_function: int = 3
    hard_share: float = 0.4
    known_bugs: float = 0.4
    tried_share: float = 0.25
    tries: float = 8.0
    executed_tries: float = 0.5
    compared: float = 0.85
    described: float = 0.9
    budgets: tuple[int, int] = (10, 100)


class WarmStartConfig(Config):
    """
    Attributes:
        seconds: Wall time to learn for, start-up included; a resumed warm start counts on.
        steps: Stop after so many steps instead (None: by the clock).
        learning_rate: Peak; rises over ``warmup_steps``, then falls by a cosine to a hundredth.
        optimiser: ``muon`` for the encoder's matrices with AdamW for all else, or ``adamw`` for all.
        weight_decay, gradient_clip_norm: Of the optimisers.
        batch_tokens: Tokens of a batch, padding included.
        reuse: How often a sample is learnt from, on average.
        workers: Processes that make samples.
        validation: Samples of functions that are kept apart, to report first-guess accuracy on.
        checkpoint_seconds: Time between checkpoints.
        seed: Of samples and weights.
    """

    seconds: float = Field(default=480.0, gt=0)
    steps: int | None = Field(default=None, gt=0)
    learning_rate: float = Field(default=1.5e-3, gt=0)
    optimiser: Literal["muon", "adamw"] = "muon"
    warmup_steps: int = Field(default=100, ge=0)
    weight_decay: float = Field(default=0.01, ge=0)
    gradient_clip_norm: float = Field(default=1.0, gt=0)
    batch_tokens: int = Field(default=2560, ge=64)
    reuse: float = Field(default=2.0, ge=1)
    workers: int = Field(default=1, ge=0)
    validation: int = Field(default=300, ge=0)
    checkpoint_seconds: float = Field(default=60.0, gt=0)
    seed: int = 0
    samples: SampleConfig = SampleConfig()
