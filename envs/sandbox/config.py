"""What the sandbox may spend on one run, and how strong its isolation has to be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from core.config import Config

Tier = Literal["A", "B", "C", "D"]
"""A: namespaces, Landlock and seccomp. B: Landlock and seccomp. C: seccomp alone, no file may be opened. D: rlimits."""

TIERS: tuple[Tier, ...] = ("A", "B", "C", "D")


@dataclass(frozen=True, slots=True)
class Limits:
    """
    What the kernel grants one child: CPU seconds (rounded up to whole ones by the kernel), wall seconds, MiB of memory
    beyond what the zygote has mapped, and bytes of answer. ``check_seconds`` is the soft limit of a single check:
    mining admits none that takes 0.12, and nearly half of what evaluation cost went into mutants that hang.
    """

    cpu_seconds: float = 2.0
    wall_seconds: float = 3.0
    memory_mb: int = 512
    output_bytes: int = 1 << 20
    check_seconds: float = 0.15


class SandboxConfig(Config):
    """
    Limits and the isolation that is demanded.

    ``minimum_tier``: a machine that offers less is a start error. Tier D isolates nothing; it serves benchmarks, and
    has to be named here to be used at all. ``tier`` asks for exactly this tier instead of the strongest one.
    ``hash_seed``, ``timezone`` and ``days`` (how far the calendar is ahead, ``envs.sandbox.otherday``) are the
    environment of the child, varied when miners look for nondeterminism.
    ``paths``: directories whose modules can be imported beside the installed ones: a repository that is being mined.
    """

    minimum_tier: Tier = "B"
    tier: Tier | None = None
    cpu_seconds: float = Field(default=2.0, gt=0)
    wall_seconds: float = Field(default=3.0, gt=0)
    check_seconds: float = Field(default=0.15, gt=0)
    memory_mb: int = Field(default=512, ge=64)
    output_bytes: int = Field(default=1 << 20, ge=1024, le=16 << 20)
    recycle_after: int = Field(default=20_000, ge=1)
    max_zygote_mb: int = Field(default=1024, ge=64)
    hash_seed: int = Field(default=0, ge=0)
    timezone: str = "UTC"
    days: int = Field(default=0, ge=-10_000, le=36_500)
    paths: tuple[str, ...] = ()

    def limits(self) -> Limits:
        """The limits of one child."""
        return Limits(self.cpu_seconds, self.wall_seconds, self.memory_mb, self.output_bytes, self.check_seconds)
