"""On which inputs the cost of a function is measured: some of its checks' arguments, and longer ones made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from core.records import Check, Program
from envs.tasks.mining.record import MinedFunction
from envs.tasks.performance.meter import Cost, Group, Rung, Sized, climbed

_LADDERS = ((-4, -16, -64, -256), (4, 16, 64, 256))
_HIDDEN_LADDERS = ((-3, -12, -48, -192), (2, 12, 48, 192))
# Looked at: the longest arguments first, until so many were dear.
_LOOKED, _ENOUGH = 20, 3
# Of each input: as it is, and the largest sizes.
_SIZES = 2
# An input that costs more makes each verdict slow; the start states are dearer than the function.
_MOST_TICKS, _MOST_TOTAL = 40_000, 90_000


@dataclass(frozen=True, slots=True)
class Plan:
    """
    What a function is measured on: inputs with the reference's outcome and ticks, the costliest last; ``ids``: of the
    checks that they come from.
    """

    ids: tuple[str, ...]
    inputs: tuple[Sized, ...]
    costs: tuple[Cost, ...]

    @property
    def ticks(self) -> int:
        """What the function as it is takes in all."""
        return sum(cost.ticks for cost in self.costs)

    @property
    def outcomes(self) -> list[bytes]:
        """What the function as it is gives."""
        return [cost.outcome for cost in self.costs]

    @property
    def text(self) -> str:
        """As a goal holds it (``meter.sized``)."""
        rows = zip(self.ids, self.inputs, self.costs, strict=True)
        return " ".join(f"{check}:{each.growth}:{cost.outcome.hex()}" for check, each, cost in rows)


def plans_of(function: MinedFunction, executor: object) -> tuple[Plan, Plan] | None:
    """
    What is measured with the visible checks and with the hidden ones; None where there is nothing to measure. Arguments
    are made longer as long as the function returns and takes longer.

    Raises:
        SandboxError: the sandbox failed, or ``executor`` is none that measures.
    """
    program = Program(function.module, function.qualname, function.source)
    ordered = sorted(function.checks, key=lambda check: (-len(check.args), check.id))
    shown = [check for check in ordered if check.visible][:_LOOKED]
    hidden = [check for check in ordered if not check.visible][:_LOOKED]
    groups = [
        Group(tuple(check.args for check in checks), ladders)
        for checks, ladders in ((shown, _LADDERS), (hidden, _HIDDEN_LADDERS))
    ]
    found = climbed(executor, program, groups, most=_MOST_TICKS, enough=_ENOUGH)
    plans = [_plan(checks, rungs) for checks, rungs in zip((shown, hidden), found, strict=True)]
    return (plans[0], plans[1]) if plans[0] and plans[1] else None


def _plan(checks: Sequence[Check], rungs: Sequence[Rung]) -> Plan | None:
    """The sizes of the dearest checks, as many as fit."""
    by_check = [list(rows) for _, rows in groupby(rungs, key=lambda rung: rung.number)]
    by_check.sort(key=lambda rows: (-rows[-1].cost.ticks, rows[0].number))
    kept: list[Rung] = []
    for rows in by_check[:_ENOUGH]:
        sizes = list(dict.fromkeys((rows[0], *rows[-_SIZES:])))
        if sum(rung.cost.ticks for rung in (*kept, *sizes)) <= _MOST_TOTAL:
            kept += sizes
    kept.sort(key=lambda rung: (rung.cost.ticks, rung.number, rung.growth))
    if not kept:
        return None
    inputs = tuple(Sized(checks[rung.number].args, rung.growth) for rung in kept)
    return Plan(tuple(checks[rung.number].id for rung in kept), inputs, tuple(rung.cost for rung in kept))
