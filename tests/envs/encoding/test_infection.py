import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.observation import CANDIDATE_EVIDENCE, EVIDENCE
from core.records import Check, CheckResult, Outcome, Program
from envs.edits.grammar import candidates
from envs.encoding.infection import Infection, candidate_evidence, infection
from envs.sandbox.infection import CURES, OTHER, RAISES, SAME, UNKNOWN
from tests.fakes.executor import ComparingExecutor, InlineExecutor

COLUMN = {name: index for index, name in enumerate(CANDIDATE_EVIDENCE)}
RESULTS = tuple(CheckResult(str(i), Outcome.PASSED if i % 2 else Outcome.FAILED) for i in range(4))


def evidence(codes: list[list[int]]) -> np.ndarray:
    array = np.array(codes, np.uint8)
    tokens = np.zeros((1, len(EVIDENCE)), np.float32)
    tokens[0, :3] = 0.5
    return candidate_evidence(Infection(array), RESULTS, tokens, np.zeros(array.shape[1], np.int64))


def test_shares_are_of_failing_and_of_passing_checks():
    row = evidence([[CURES], [SAME], [RAISES], [OTHER]])[0]
    expected = {
        "evaluated": 1,
        "changes_failing": 1,
        "changes_passing": 0.5,
        "raises_failing": 0.5,
        "raises_passing": 0,
        "changes_all_failing": 1,
        "changes_no_failing": 0,
        "cures_failing": 0.5,
    }
    assert {name: row[COLUMN[name]] for name in expected} == expected
    assert np.isclose(row[COLUMN["suspiciousness"]], 2 / np.sqrt(2 * 3))


def test_what_was_not_evaluated_everywhere_counts_by_coverage():
    row = evidence([[OTHER, SAME], [UNKNOWN, SAME], [OTHER, SAME], [OTHER, SAME]])[0]
    assert row[COLUMN["evaluated"]] == 0
    assert row[COLUMN["changes_failing"]] == row[COLUMN["changes_passing"]] == 0.5


def test_checks_that_the_comparison_did_not_get_to_are_left_out():
    row = evidence([[OTHER], [SAME], [UNKNOWN], [UNKNOWN]])[0]
    assert row[COLUMN["evaluated"]] == 1
    assert row[COLUMN["changes_failing"]] == 1
    assert row[COLUMN["changes_passing"]] == 0
    assert evidence([[UNKNOWN], [SAME], [UNKNOWN], [SAME]])[0][COLUMN["evaluated"]] == 0


def test_a_program_that_was_never_run_shows_nothing():
    tokens = np.ones((1, len(EVIDENCE)), np.float32)
    assert not candidate_evidence(None, (), tokens, np.zeros(3, np.int64)).any()


@given(arrays(np.uint8, (4, 5), elements=st.integers(0, UNKNOWN)))
def test_every_share_is_one(codes):
    found = evidence(codes.tolist())
    assert found.shape == (5, len(CANDIDATE_EVIDENCE))
    assert (found >= 0).all()
    assert (found <= 1).all()


def test_an_executor_that_can_not_compare_gives_no_evidence():
    source = "def f(x):\n    return x + 1\n"
    checks = [Check("a", b"", b"")]
    assert infection(InlineExecutor(), Program("m", "f", source), checks, candidates(source)) is None


def test_candidates_without_an_alternative_are_unknown():
    source = "def f(x):\n    y = x + 1\n    return y\n"
    known = candidates(source)
    seen = infection(ComparingExecutor(), Program("m", "f", source), [Check("a", b"", b"")], known)
    assert seen is not None
    assert seen.codes.shape == (1, len(known))
    removed = [i for i, each in enumerate(known) if each.edit.operator == "statement_removed"]
    assert removed
    assert (seen.codes[:, removed] == UNKNOWN).all()
    assert (seen.codes == OTHER).any()
