"""The checks of a commit's function, how it fares on them where it will be played, and which of them to show."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.protocols import Executor
from core.records import Check, Program


@dataclass(frozen=True, slots=True)
class Suite:
    """
    ``checks`` with their calls in words. ``own``: indices of those whose inputs the commit's tests gave. ``failing``:
    of those that the function failed as it was before.
    """

    checks: tuple[Check, ...]
    calls: tuple[str, ...]
    own: frozenset[int]
    failing: frozenset[int] = frozenset()


def outcomes(program: Program, checks: Sequence[Check], lanes: Sequence[Executor]) -> list[bool | None] | None:
    """By check: whether it passes in every lane, None where they disagree. None for all: it can't be run."""
    hidden = [replace(check, visible=False) for check in checks]
    verdicts = [lane.run(program, hidden) for lane in lanes]
    if any(verdict.error for verdict in verdicts):
        return None
    rows = zip(*([result.passed for result in verdict.results] for verdict in verdicts), strict=True)
    return [row[0] if len(set(row)) == 1 else None for row in rows]


def narrowed(suite: Suite, passes: Sequence[bool | None], before: Sequence[bool | None]) -> Suite:
    """The checks that the new function passes and on which the old one always fares the same."""
    kept = [at for at, passed in enumerate(passes) if passed and before[at] is not None]
    return Suite(
        tuple(suite.checks[at] for at in kept),
        tuple(suite.calls[at] for at in kept),
        frozenset(to for to, at in enumerate(kept) if at in suite.own),
        frozenset(to for to, at in enumerate(kept) if before[at] is False),
    )


def shown(suite: Suite, share: float) -> frozenset[int]:
    """
    Which checks to show: not those of the commit's tests, as far as that leaves failing ones on both sides and of
    either at least ``1 - share`` of all. Nothing where less than two fail.
    """
    count, failing = len(suite.checks), suite.failing
    if len(failing) < 2:
        return frozenset()
    hidden = set(suite.own)
    if failing <= hidden:
        hidden -= set(sorted(failing)[::2])
    elif not failing & hidden:
        hidden |= set(sorted(failing)[1::2])
    least = math.ceil((1 - share) * count)
    for at in reversed(range(count)):
        if at in hidden and at not in failing and count - len(hidden) < least:
            hidden.remove(at)
        elif at not in hidden and at not in failing and len(hidden) < least:
            hidden.add(at)
    return frozenset(range(count)) - hidden
