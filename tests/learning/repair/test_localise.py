from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.records import Outcome
from learning.repair.localise import TestTrace, localise

TEXT = """\
import os


def right(a):
    return a + 1


class Box:
    @property
    def wrong(self):
        if self.full:
            return 0
        return [x for x in self.items if x]

    def outer(self):
        def inner(y):
            return y * 2
        return inner(3)


def unused():
    return None
"""
PASSED = TestTrace("t::ok", Outcome.PASSED, {"m.py": (5, 11, 13)})
FAILED = TestTrace("t::bad", Outcome.FAILED, {"m.py": (5, 11, 12)})
RAISED = TestTrace("t::inner", Outcome.RAISED, {"m.py": (16, 17, 18)}, ("m.py", 17))


def test_functions_that_only_failing_tests_run_come_first() -> None:
    found = localise({"m.py": TEXT}, [PASSED, FAILED], 10)
    assert [suspect.qualname for suspect in found][:2] == ["Box.wrong", "right"]
    assert found[0].score == 1.0
    assert 0 < found[1].score < 1.0
    assert found[0].line == 10


def test_tests_become_checks_of_the_program_text_in_its_own_lines() -> None:
    suspect = localise({"m.py": TEXT}, [PASSED, FAILED], 1)[0]
    lines = suspect.program.text.splitlines()
    failing = next(result for result in suspect.results if not result.passed)
    assert [lines[line - 1].strip() for line in failing.lines] == ["if self.full:", "return 0"]


def test_the_line_that_raised_counts_for_every_function_around_it() -> None:
    found = localise({"m.py": TEXT}, [PASSED, RAISED], 2)
    assert {suspect.qualname for suspect in found} == {"Box.outer", "Box.outer.<locals>.inner"}
    assert all(suspect.score > 1.0 for suspect in found)
    inner = next(suspect for suspect in found if suspect.qualname.endswith("inner"))
    raised = inner.results[0].raised_line
    assert raised is not None
    assert inner.program.text.splitlines()[raised - 1].strip() == "return y * 2"


def test_what_no_test_ran_is_last_and_what_no_failing_test_touched_is_left_out() -> None:
    found = localise({"m.py": TEXT, "other.py": "def f():\n    return 1\n"}, [PASSED, FAILED], 10)
    assert "f" not in {suspect.qualname for suspect in found}
    assert {suspect.qualname for suspect in found if suspect.score < 0.1} >= {"unused"}


def test_a_file_that_does_not_parse_is_passed_over() -> None:
    assert localise({"m.py": "def broken(:\n"}, [FAILED], 10) == []


@given(st.lists(st.tuples(st.booleans(), st.sets(st.integers(1, 22))), max_size=8))
def test_scores_are_ordered_and_bounded(runs: list[tuple[bool, set[int]]]) -> None:
    traces = [
        TestTrace(f"t{i}", Outcome.PASSED if ok else Outcome.FAILED, {"m.py": tuple(sorted(lines))})
        for i, (ok, lines) in enumerate(runs)
    ]
    scores = [suspect.score for suspect in localise({"m.py": TEXT}, traces, 20)]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1.25 + 1e-9 for score in scores)
