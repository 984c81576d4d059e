"""Small valid records for tests that need one and don't care which."""

from __future__ import annotations

import pickle
from collections.abc import Sequence

from core.records import (
    Category,
    Check,
    CheckResult,
    Edit,
    Outcome,
    Provenance,
    SourceFile,
    Split,
    Step,
    Task,
    Trajectory,
    Verdict,
    task_id,
)

SOURCE = "def middle(a, b):\n    return (a - b) // 2\n"


def checks(count: int = 4, *, visible: int | None = None) -> tuple[Check, ...]:
    shown = count if visible is None else visible
    return tuple(
        Check(f"c{i}", pickle.dumps(((i, i + 2), {})), str(i).encode() * (i + 1), visible=i < shown)
        for i in range(count)
    )


def task(seed: int = 0, suite: tuple[Check, ...] | None = None) -> Task:
    suite = checks() if suite is None else suite
    source = SOURCE.replace("2", str(2 + seed))
    return Task(
        id=task_id(Category.BUG_FIX, "statistics", "middle", source, suite),
        category=Category.BUG_FIX,
        difficulty="single",
        language="python",
        statement="Make the checks pass.",
        files=(SourceFile("statistics.py", source, first_line=10),),
        module="statistics",
        qualname="middle",
        checks=suite,
        fresh=checks(2),
        reference=(Edit("statistics.py", 30, 31, "+", "binary_operator"),),
        operators=("binary_operator",),
        provenance=Provenance("cpython", "3.11", "PSF-2.0", "statistics.py", 10),
        split=Split.TRAIN,
        seed=seed,
    )


def verdict(outcomes: Sequence[bool], tier: str = "A") -> Verdict:
    results = tuple(
        CheckResult(f"c{i}", Outcome.PASSED if passed else Outcome.FAILED, (2,), None, "")
        for i, passed in enumerate(outcomes)
    )
    return Verdict(results, 0.001, tier)


def step(passed: bool, *, kept: bool = True, executed: bool = True) -> Step:
    edit = Edit("statistics.py", 30, 31, "+", "binary_operator")
    return Step("edit", edit, "0f", verdict([passed, passed]), kept, 0.1, -0.7, executed, 0.01)


def trajectory(
    name: str = "t0", *, solved: bool = True, tries: int = 1, lost: str = "", solution_edits: int = 1
) -> Trajectory:
    steps = (*[step(False, kept=False) for _ in range(tries - 1)], step(solved))
    submit = Step("submit", None, "1f", verdict([solved, solved]), True, 0.0, -0.1, False, 0.0)
    return Trajectory(
        id=name,
        task_id="task",
        category=Category.BUG_FIX,
        policy_version="v1",
        steps=(*steps, submit),
        start=verdict([False, True]),
        final=None if lost else verdict([solved, True, solved]),
        submitted=not lost,
        budget=10,
        solution_edits=solution_edits,
        lost=lost,
    )
