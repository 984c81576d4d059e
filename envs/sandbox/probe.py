"""What this machine can isolate: found by really starting a zygote at each tier, strongest first."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache

from core.errors import SandboxUnavailable
from envs.sandbox import landlock
from envs.sandbox.config import TIERS, SandboxConfig, Tier
from envs.sandbox.process import TierFailed, ZygoteProcess


@dataclass(frozen=True, slots=True)
class Probe:
    """The strongest tier that works here, and why the stronger ones don't."""

    tier: Tier
    landlock_abi: int
    namespaces: bool
    seccomp: bool
    uid: int
    reasons: tuple[str, ...]


@lru_cache(maxsize=1)
def probe() -> Probe:
    """Tries the tiers on this machine, once per process."""
    reasons: list[str] = []
    for tier in TIERS:
        try:
            _try(tier)
        except TierFailed as failed:
            reasons.append(str(failed))
            continue
        return Probe(tier, landlock.abi(), tier == "A", tier != "D", os.geteuid(), tuple(reasons))
    raise SandboxUnavailable("no process can be started to run code in", where="sandbox", remedy="; ".join(reasons))


def _try(tier: Tier) -> None:
    ZygoteProcess(SandboxConfig(minimum_tier="D"), tier, ()).kill()


def require(minimum: Tier) -> Probe:
    """The probe, or SandboxUnavailable where this machine offers less than ``minimum``."""
    found = probe()
    if TIERS.index(found.tier) > TIERS.index(minimum):
        raise SandboxUnavailable(
            f"this machine offers sandbox tier {found.tier}, the configuration demands {minimum}",
            where="sandbox",
            remedy="Because: " + "; ".join(found.reasons),
        )
    return found
