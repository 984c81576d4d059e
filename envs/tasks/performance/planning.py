"""On which inputs the cost of a function is measured: some of its checks' arguments, and longer ones made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.records import Check, Program
from envs.tasks.mining.record import MinedFunction
from envs.tasks.performance.meter import Cost, Sized, costs

_GROWTHS, _HIDDEN_GROWTHS = (8, -8, 64, -64), (2, -3, 24, -48)
_LOOK = 32
_MOST_CHECKS = 5
# An input that costs more makes each verdict slow; the start states are dearer than the function.
_MOST_TICKS, _MOST_TOTAL = 20_000, 80_000


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
    What is measured with the visible checks and with the hidden ones; None where there is nothing to measure. A first
    look at all of them, as they are and grown, finds the few.

    Raises:
        SandboxError: the sandbox failed, or ``executor`` is none that measures.
    """
    program = Program(function.module, function.qualname, function.source)
    looked = [(check, growth) for check in function.checks for growth in (1, _LOOK)]
    found = costs(executor, program, [Sized(check.args, growth) for check, growth in looked], looking=True)
    known: dict[str, int] = {}
    for cost, (check, growth) in zip(found, looked, strict=False):
        # An input that raises when grown still serves as it is.
        if cost.ticks >= 0 and (growth == 1 or check.id in known):
            known[check.id] = max(known.get(check.id, 0), cost.ticks)
    chosen = [check for check in function.checks if check.id in known]
    chosen.sort(key=lambda check: (-known[check.id], check.id))
    shown = _plan(program, executor, [check for check in chosen if check.visible], _GROWTHS)
    hidden = _plan(program, executor, [check for check in chosen if not check.visible], _HIDDEN_GROWTHS)
    return (shown, hidden) if shown and hidden else None


def _plan(program: Program, executor: object, checks: Sequence[Check], growths: Sequence[int]) -> Plan | None:
    """The first of ``checks`` as they are, and what they grow to where the function returns and takes longer."""
    tried = [(check.id, Sized(check.args, growth)) for check in checks[:_MOST_CHECKS] for growth in (1, *growths)]
    found = costs(executor, program, [each for _, each in tried], looking=True)
    base = {row[0]: cost.ticks for cost, row in zip(found, tried, strict=False) if row[1].growth == 1}
    rows = [(cost, *row) for cost, row in zip(found, tried, strict=False) if 0 <= cost.ticks <= _MOST_TICKS]
    rows = [row for row in rows if row[2].growth == 1 or row[0].ticks > base[row[1]]]
    # Varied and repeated items often come to the same.
    rows = list({(row[0], row[1], abs(row[2].growth)): row for row in rows}.values())
    rows.sort(key=lambda row: (row[0].ticks, row[1], row[2].growth))
    while sum(row[0].ticks for row in rows) > _MOST_TOTAL:
        rows.pop()
    if not rows:
        return None
    return Plan(tuple(r[1] for r in rows), tuple(r[2] for r in rows), tuple(r[0] for r in rows))
