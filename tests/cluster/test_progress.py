import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.console import Console

from cluster.progress import PlainProgress, RichProgress, amount, duration, figures_text, pace, progress_for


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def plain(clock: Clock) -> tuple[PlainProgress, io.StringIO]:
    stream = io.StringIO()
    return PlainProgress(stream, clock, every_s=10), stream


def test_plain_lines_come_at_the_start_at_most_every_ten_seconds_and_at_the_end() -> None:
    clock = Clock()
    progress, stream = plain(clock)
    with progress.stage("Mining", 40, "functions") as stage:
        for _ in range(40):
            clock.now += 1
            stage.advance(1, admitted=3)
    lines = stream.getvalue().splitlines()
    assert lines[0] == "Mining (0/40 functions) ..."
    assert lines[1] == "Mining:  10/40 functions  1.0/s, 0:30 left  admitted 3"
    assert lines[-1] == "Mining:  40/40 functions  done in 0:40  admitted 3"
    assert len(lines) == 1 + 4 + 1


def broken_stage(progress: PlainProgress | RichProgress) -> None:
    with progress.stage("PPO") as stage:
        stage.advance(2)
        raise ZeroDivisionError


def test_an_interrupted_stage_says_so() -> None:
    progress, stream = plain(Clock())
    with pytest.raises(ZeroDivisionError):
        broken_stage(progress)
    assert stream.getvalue().splitlines()[-1].startswith("PPO:  2  stopped in 0:00")


def test_a_time_budget_counts_seconds() -> None:
    clock = Clock()
    progress, stream = plain(clock)
    with progress.stage("Warm start", 120, "s") as stage:
        clock.now += 30
        stage.advance(30, loss=0.41234)
    assert "0:30/2:00  1:30 left  loss 0.412" in stream.getvalue()


@example(5e-324, 1.0, "", 1.0)
@given(st.floats(0, 1e7), st.floats(0, 1e7) | st.none(), st.sampled_from(["", "s", "tasks"]), st.floats(0, 1e6))
def test_every_amount_and_pace_can_be_shown(done: float, total: float | None, unit: str, elapsed: float) -> None:
    assert amount(done, total, unit)
    assert "nan" not in pace(done, total, unit, elapsed)


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (59.6, "1:00"), (3600, "1:00:00"), (-1, "0:00")])
def test_durations_read_like_a_clock(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_slow_work_is_counted_by_the_minute() -> None:
    assert pace(1, 3, "iterations", 30) == "2.0/min, 1:00 left"


def test_what_an_earlier_run_did_counts_for_no_rate() -> None:
    assert pace(60, 100, "s", 10, before=50) == "0:40 left"
    assert pace(50, 100, "tasks", 10, before=50) == ""


def test_a_stage_that_goes_on_says_from_where_and_how_long_it_will_take() -> None:
    clock = Clock()
    progress, stream = plain(clock)
    with progress.stage("Learn", 200, "steps", done=100) as stage:
        clock.now += 20
        stage.advance(20)
    lines = stream.getvalue().splitlines()
    assert lines[0] == "Learn (100/200 steps) ..."
    assert lines[1] == "Learn:  120/200 steps  1.0/s, 1:20 left"


def test_figures_are_short() -> None:
    assert figures_text({"solve_rate": 0.73456, "tasks": 1234.0}) == "solve rate 0.735  tasks 1,234"


def test_bars_show_amount_and_figures_and_how_they_ended() -> None:
    stream = io.StringIO()
    progress = RichProgress(Console(file=stream, force_terminal=True, width=140))
    with progress.stage("Evaluating", 10, "tasks") as stage:
        stage.advance(4, fixed=0.5)
    with pytest.raises(ZeroDivisionError):
        broken_stage(progress)
    progress.close()
    shown = stream.getvalue()
    assert "Evaluating" in shown
    assert "fixed 0.5" in shown
    assert "4/10 tasks" in shown
    assert "in 0:00" in shown
    assert "✓" in shown
    assert "✗" in shown


def test_a_pipe_gets_lines() -> None:
    assert isinstance(progress_for(io.StringIO()), PlainProgress)
