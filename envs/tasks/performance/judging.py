"""What is measured of a state, and the results of a task's goals from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf

from core.records import CheckResult, Goal, Task
from envs.tasks.performance.meter import Cost, Sized, costs, cpu_seconds, idle_seconds, ledger, sized, tampers
from envs.tasks.states import result_of

VISIBLE, HIDDEN, CPU = "ticks", "hidden_ticks", "cpu_ratio"
# How many times the CPU seconds of the start state a state may take whose ticks say that it is faster. The kernel's
# time of short runs varies by a fifth. References have to do with less, so that none fails by chance.
CPU_BOUND, CPU_REFERENCE, _CPU_TRIES = 1.5, 1.1, 3
_UNMEASURED = {VISIBLE: inf, HIDDEN: inf, CPU: inf}
# Less than this is noise.
_LEAST_SECONDS = 0.002
# The largest inputs are what is repeated.
_SPUN = 2


def reached(task: Task, source: str, executor: object, *, behaves: bool) -> list[CheckResult]:
    """
    One result for each goal. Where the state does not behave (a check fails) or reaches for the measurement, nothing
    is measured and every goal is missed.

    Raises:
        SandboxError: the sandbox failed.
    """
    values: Mapping[str, float] = _UNMEASURED
    if behaves and not tampers(task.source, source):
        known = ledger(executor).get(task.id, source)
        values = _measured(task, source, executor) if known is None else known
        ledger(executor).put(task.id, source, values)
    return [_result(goal, values[goal.measure]) for goal in task.goals]


def _result(goal: Goal, value: float) -> CheckResult:
    if value < inf:
        return result_of(goal, value)
    return result_of(goal, value, f"{goal.measure} unknown limit {goal.bound:g}")


def total(found: Sequence[Cost], expected: Sequence[bytes]) -> float:
    """The sum of the ticks; infinite where a run failed or gave something else than the reference."""
    if len(found) != len(expected):
        return inf
    right = all(cost.ticks >= 0 and cost.outcome == outcome for cost, outcome in zip(found, expected, strict=True))
    return float(sum(cost.ticks for cost in found)) if right else inf


def ticks_of(task: Task, source: str, executor: object) -> dict[str, float]:
    """
    What ``VISIBLE`` and ``HIDDEN`` measure of a state.

    Raises:
        SandboxError: the sandbox failed.
    """
    shown, hidden = inputs_of(task, VISIBLE), inputs_of(task, HIDDEN)
    found = costs(executor, task.program(source), [each for each, _ in (*shown, *hidden)])
    return {
        VISIBLE: total(found[: len(shown)], [outcome for _, outcome in shown]),
        HIDDEN: total(found[len(shown) :], [outcome for _, outcome in hidden]),
    }


def _measured(task: Task, source: str, executor: object) -> dict[str, float]:
    values = ticks_of(task, source, executor) | {CPU: inf}
    # Costs tens of milliseconds, and only who claims to be fast has to prove it.
    if all(values[goal.measure] <= goal.bound for goal in task.goals if goal.measure != CPU):
        values[CPU] = cpu_ratio(task, source, executor)
    return values


def inputs_of(task: Task, measure: str) -> tuple[tuple[Sized, bytes], ...]:
    """The inputs of a measure with the reference's outcomes, the costliest last."""
    checks = {check.id: check for check in task.checks}
    return next((sized(checks, goal.text) for goal in task.goals if goal.measure == measure and goal.text), ())


def cpu_ratio(task: Task, source: str, executor: object, enough: float = CPU_BOUND) -> float:
    """
    CPU seconds of a state to those of the start state, for as many rounds and without what reading the inputs takes;
    the best of some tries, of which the first that is ``enough`` or less is the last.

    Raises:
        SandboxError: the sandbox failed.
    """
    inputs = [each for each, _ in inputs_of(task, VISIBLE)[-_SPUN:]]
    ratio = inf
    for _ in range(_CPU_TRIES):
        before, rounds = cpu_seconds(executor, task.program(), inputs)
        idle = idle_seconds(executor, task.program(), inputs, rounds)
        own = max(before - idle, _LEAST_SECONDS)
        ratio = min(ratio, (cpu_seconds(executor, task.program(source), inputs, rounds)[0] - idle) / own)
        if ratio <= enough:
            break
    return max(ratio, 0.0)
