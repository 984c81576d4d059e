import pytest
from hypothesis import given
from hypothesis import strategies as st

from envs.tasks.difficulty import LEVELS, graded, guessed_rate, level, solve_rate
from tests.fakes.clamp import ONE_BUG, clamp_task
from tests.fakes.loud import quiet_task

rates = st.floats(0, 1)
NAMES = [name for name, _ in LEVELS]


@given(st.integers(1, 3000), st.integers(1, 3000), st.integers(1, 4))
def test_more_candidates_are_never_easier(few: int, more: int, edits: int) -> None:
    few, more = sorted((few, more))
    assert guessed_rate(more, edits) <= guessed_rate(few, edits) <= 1


@given(st.integers(26, 3000), st.integers(1, 4))
def test_more_edits_are_never_easier(candidates: int, edits: int) -> None:
    assert guessed_rate(candidates, edits + 1) <= guessed_rate(candidates, edits)


@given(rates, st.integers(0, 50), st.integers(0, 50))
def test_attempts_move_the_rate_to_what_was_seen(guess: float, solved: int, failed: int) -> None:
    tried = solved + failed
    rate = solve_rate(guess, solved, tried)
    assert 0 <= rate <= 1
    seen = solved / tried if tried else guess
    assert min(guess, seen) - 1e-9 <= rate <= max(guess, seen) + 1e-9


@given(rates, rates)
def test_a_higher_rate_is_no_harder(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert NAMES.index(level(high)) <= NAMES.index(level(low))


@pytest.mark.parametrize(("rate", "name"), [(1, "beginner"), (0.3, "intermediate"), (0.1, "advanced"), (0, "expert")])
def test_levels(rate: float, name: str) -> None:
    assert level(rate) == name


def test_tasks_of_any_category_are_graded_and_regraded() -> None:
    easy, bug = graded(quiet_task()), graded(clamp_task(ONE_BUG))
    assert easy.difficulty in NAMES
    assert NAMES.index(bug.difficulty) > 0
    assert NAMES.index(graded(bug, solved=40, tried=40).difficulty) == 0
    assert graded(bug, solved=0, tried=400).difficulty == "expert"
