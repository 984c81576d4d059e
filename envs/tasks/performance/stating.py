"""A task of what was found: its goals and its statement."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf

from core.records import Category, Edit, Goal, Program, Task, task_id
from core.seeding import derive_seed
from envs.edits.grammar import apply
from envs.edits.same import same_tree
from envs.edits.tree import parsed
from envs.tasks.category import Bench
from envs.tasks.mining.oracle import with_path
from envs.tasks.mining.record import MinedFunction
from envs.tasks.packages import split_of
from envs.tasks.performance.judging import CPU, CPU_BOUND, HIDDEN, VISIBLE, total
from envs.tasks.performance.meter import costs
from envs.tasks.performance.planning import Plan

# Goals lie apart by this factor; the last one leaves this much above what the reference takes.
STEP, SLACK = 1.5, 1.15
_MOST_STEPS = 4
_MARGIN = 1.05


@dataclass(frozen=True, slots=True)
class Found:
    """
    A slow text, what was done to it, and edits that make it fast; ``ticks``: of the start and of their result;
    ``between``: of the states on the way.
    """

    names: tuple[str, ...]
    text: str
    reference: tuple[Edit, ...]
    ticks: tuple[float, float]
    between: tuple[float, ...] = ()

    @property
    def solved(self) -> str:
        """What the edits make of the text."""
        text = self.text
        for edit in self.reference:
            text = apply(text, edit)
        return text


def stated(found: Found, function: MinedFunction, plans: tuple[Plan, Plan], bench: Bench) -> Task:
    """The task to make ``found.text`` as fast as the edits make it. ``plans``: what is measured, shown and hidden."""
    goals = _goals(found, function, plans, bench)
    identity = task_id(Category.PERFORMANCE, function.module, function.qualname, found.text, function.checks, goals)
    return Task(
        id=identity,
        category=Category.PERFORMANCE,
        difficulty="hard" if len(found.reference) > 1 else "medium",
        language="python",
        statement=_statement(function, found, goals),
        files=(replace(function.file, text=found.text),),
        module=function.module,
        qualname=function.qualname,
        checks=function.checks,
        fresh=function.fresh,
        reference=with_path(found.reference, function.file.path),
        operators=found.names,
        provenance=function.provenance,
        split=split_of(function.provenance.package),
        seed=derive_seed(bench.settings.seed, identity),
        solution_edits=len(found.reference),
        goals=goals,
    )


def _goals(found: Found, function: MinedFunction, plans: tuple[Plan, Plan], bench: Bench) -> tuple[Goal, ...]:
    """Steps down from the start state to the reference, the reference on hidden inputs, and the CPU's word."""
    shown, hidden = plans
    steps = [
        Goal(f"ticks{number}", VISIBLE, bound, shown.text if number == 0 else "")
        for number, bound in enumerate(_bounds(found))
    ]
    most = _hidden_ticks(found.solved, function, hidden, bench) * SLACK
    bound = float(int(most)) if most < inf else 0.0  # 0: nothing reaches it, so that the task is not admitted
    return (
        *steps,
        Goal("hidden_ticks", HIDDEN, bound, hidden.text, visible=False),
        Goal("cpu_ratio", CPU, CPU_BOUND, visible=False),
    )


def _hidden_ticks(solved: str, function: MinedFunction, hidden: Plan, bench: Bench) -> float:
    if same_tree(ast.parse(solved), parsed(function.source)):
        return float(hidden.ticks)
    program = Program(function.module, function.qualname, solved)
    return total(costs(bench.executor, program, hidden.inputs), hidden.outcomes)


def _bounds(found: Found) -> list[float]:
    """From the loosest to the tightest; each edit of the reference reaches at least one more."""
    start, end = found.ticks
    bounds = [start / STEP**power for power in range(1, _MOST_STEPS)]
    kept = [bound for bound in bounds if bound > end * SLACK * 1.1]
    for ticks in found.between:
        if not any(ticks <= bound < start for bound in kept):
            kept.append(ticks * _MARGIN)
    return sorted({float(int(bound)) for bound in (*kept, end * SLACK)}, reverse=True)


def _statement(function: MinedFunction, found: Found, goals: Sequence[Goal]) -> str:
    bound = min(goal.bound for goal in goals if goal.measure == VISIBLE)
    return (
        f"{function.module}.{function.qualname} takes {found.ticks[0]:g} ticks on the visible inputs and longer ones "
        f"made of them; it can do with {bound:g}, with the same outcomes."
    )
