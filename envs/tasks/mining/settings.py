"""Settings of mining: budgets of the search and the floors of admission."""

from __future__ import annotations

from pydantic import Field

from core.config import Config

# Part of every cache key: raise it when the search, the oracle or the records change.
MINER_VERSION = 6


class MiningSettings(Config):
    """
    Budgets are seconds of CPU; floors are those of rule 1 of the design. ``categories``: the kinds of tasks that are
    made, built-in or plug-ins. ``per_function``: at most so many tasks of a function in each category but bug fixing.
    """

    seed: int = 0
    categories: tuple[str, ...] = ("bug_fix",)
    per_function: int = Field(default=3, ge=1)
    generate_seconds: float = Field(default=0.35, gt=0)
    mutate_seconds: float = Field(default=0.25, ge=0)
    min_lines: int = Field(default=3, ge=1)
    max_lines: int = Field(default=80, ge=1)
    checks: int = Field(default=30, ge=10)
    fresh_checks: int = Field(default=20, ge=0)
    min_returning: int = Field(default=10, ge=1)
    min_coverage: float = Field(default=0.8, ge=0, le=1)
    min_kill_rate: float = Field(default=0.8, ge=0, le=1)
    mutants: int = Field(default=20, ge=5)
    max_flaky: float = Field(default=0.1, ge=0, le=1)
    visible_share: float = Field(default=0.6, gt=0, lt=1)
    combined_share: float = Field(default=0.25, ge=0, lt=1)
    require_passing: bool = True
    max_source_tokens: int = 512
    max_source_candidates: int = 2048
