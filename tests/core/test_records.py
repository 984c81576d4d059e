import dataclasses
import pickle

import pytest

from core.records import (
    Category,
    Check,
    CheckResult,
    Edit,
    Outcome,
    Provenance,
    SourceFile,
    Split,
    Task,
    Trajectory,
    Verdict,
    task_id,
)

SOURCE = "def f(x):\n    return x\n"
CHECKS = (Check("a", b"1", b"x"), Check("b", b"2", b"y", visible=False))


def make_task(source: str = SOURCE) -> Task:
    return Task(
        id=task_id(Category.BUG_FIX, "m", "f", source, CHECKS),
        category=Category.BUG_FIX,
        difficulty="easy",
        language="python",
        statement="",
        files=(SourceFile("m.py", source),),
        module="m",
        qualname="f",
        checks=CHECKS,
        fresh=(),
        reference=(Edit("m.py", 0, 1, "d", "constant"),),
        operators=("constant",),
        provenance=Provenance("p", "1", "MIT", "m.py", 1),
        split=Split.TRAIN,
        seed=0,
    )


def verdict(*outcomes: Outcome) -> Verdict:
    return Verdict(tuple(CheckResult(str(i), outcome) for i, outcome in enumerate(outcomes)), 0.0, "A")


def trajectory(final: Verdict | None, *, submitted: bool) -> Trajectory:
    return Trajectory("t", "task", Category.BUG_FIX, "v", (), None, final, submitted, 10, 1)


def test_records_are_frozen_and_hashable_and_survive_a_pickle() -> None:
    task = make_task()
    with pytest.raises(dataclasses.FrozenInstanceError):
        task.seed = 1  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(task)) == task
    assert len({task, make_task()}) == 1


def test_a_task_s_program_is_its_start_state_unless_another_is_given() -> None:
    task = make_task()
    assert task.program().source == task.source == SOURCE
    assert task.program("def f(x): ...").source == "def f(x): ..."


def test_the_id_depends_on_text_and_checks_and_on_nothing_else() -> None:
    same = task_id(Category.BUG_FIX, "m", "f", SOURCE, CHECKS)
    assert make_task().id == same
    assert make_task(SOURCE + "#").id != same
    assert task_id(Category.BUG_FIX, "m", "f", SOURCE, CHECKS[:1]) != same
    renamed = tuple(dataclasses.replace(check, id="z" + check.id) for check in CHECKS)
    assert task_id(Category.BUG_FIX, "m", "f", SOURCE, renamed) == same


@pytest.mark.parametrize(
    ("outcomes", "passed", "fraction"),
    [
        ((), False, 0.0),
        ((Outcome.PASSED,), True, 1.0),
        ((Outcome.PASSED, Outcome.FAILED), False, 0.5),
        ((Outcome.MISSING, Outcome.TIMEOUT, Outcome.DIED, Outcome.RAISED), False, 0.0),
    ],
)
def test_a_verdict_passes_only_where_every_check_passed(
    outcomes: tuple[Outcome, ...], passed: bool, fraction: float
) -> None:
    assert verdict(*outcomes).passed is passed
    assert verdict(*outcomes).fraction() == fraction


def test_a_subset_of_a_verdict_keeps_its_order_and_circumstances() -> None:
    whole = verdict(Outcome.PASSED, Outcome.FAILED, Outcome.PASSED)
    part = whole.only(frozenset({"2", "0"}))
    assert [result.check_id for result in part.results] == ["0", "2"]
    assert part.passed
    assert part.tier == whole.tier


@pytest.mark.parametrize(
    ("final", "submitted", "solved"),
    [
        (verdict(Outcome.PASSED), True, True),
        (verdict(Outcome.PASSED), False, False),
        (verdict(Outcome.FAILED), True, False),
        (verdict(), True, False),
        (None, True, False),
    ],
)
def test_solved_takes_a_submit_and_every_check(final: Verdict | None, submitted: bool, solved: bool) -> None:
    assert trajectory(final, submitted=submitted).solved is solved
