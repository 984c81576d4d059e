from __future__ import annotations

from core.observation import ObservationLimits
from core.records import Program, Verdict
from envs.sandbox.lane import FastLane
from envs.tasks.builtin import builtin_tasks
from envs.workbench import ResultCache, execute, process_workbench
from tests.fakes.clamp import ONE_BUG, RIGHT, TWO_BUGS, clamp_task
from tests.fakes.executor import InlineExecutor


def test_a_program_is_run_once_per_task() -> None:
    executor, cache, task = InlineExecutor(), ResultCache(), clamp_task(ONE_BUG)
    first, ran = execute(task, ONE_BUG, executor, cache)
    again, ran_again = execute(task, ONE_BUG, executor, cache)
    other, ran_other = execute(clamp_task(TWO_BUGS), ONE_BUG, executor, cache)
    assert (ran, ran_again, ran_other) == (True, False, True)
    assert first is again
    assert (cache.hits, cache.misses) == (1, 2)
    assert len(other.results) == len(task.checks)


def test_the_least_recently_used_result_goes_first() -> None:
    cache, task = ResultCache(capacity=2), clamp_task(ONE_BUG)
    verdict = Verdict((), 0.0, "D")
    cache.put(task, "a", verdict)
    cache.put(task, "b", verdict)
    cache.get(task, "a")
    cache.put(task, "c", verdict)
    assert cache.get(task, "b") is None
    assert cache.get(task, "a") is verdict
    cache.clear()
    assert cache.get(task, "a") is None


def test_environments_of_a_process_share_one_workbench() -> None:
    assert process_workbench() is process_workbench()
    assert process_workbench() is not process_workbench(limits=ObservationLimits(64, 64))


def test_built_in_tasks_are_the_same_every_time_and_can_be_solved() -> None:
    tasks = builtin_tasks()
    assert tasks == builtin_tasks.__wrapped__()
    assert len({task.id for task in tasks}) == len(tasks)
    with FastLane() as lane:
        for task in tasks[::4]:
            source = task.source
            for edit in task.reference:
                source = source[: edit.start] + edit.replacement + source[edit.end :]
            assert lane.run(Program(task.module, task.qualname, source), task.checks).passed
            assert 0 < lane.run(task.program(), task.checks).fraction() < 1


def test_the_right_program_passes_every_check() -> None:
    assert InlineExecutor().run(clamp_task(ONE_BUG).program(RIGHT), clamp_task(ONE_BUG).checks).passed
