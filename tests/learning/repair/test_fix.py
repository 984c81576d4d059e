from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from core.errors import UserError
from core.observation import EVIDENCE, FIRST_EDIT
from core.protocols import Observation
from core.tokenizer import HashedTokenizer
from envs.sandbox.suite import SuiteLane
from envs.sandbox.warm_suite import WarmStarter
from learning.repair.fix import FixConfig, fix
from learning.scorers import LoadedScorer

SOURCE = '''\
def clamp(value, low, high):
    """Keeps a value in its range."""
    if value < low:
        return low
    if value < high:
        return high
    return value


def total(values):
    result = 1
    for value in values:
        result += value
    return result


def spin(n):
    while n > 0:
        n -= 1
    return n
'''
TESTS = """\
import pytest
from shop.prices import clamp, spin, total


@pytest.mark.parametrize(("value", "expected"), [(-1, 0), (5, 5), (11, 10)])
def test_clamp(value, expected):
    assert clamp(value, 0, 10) == expected


def test_total():
    assert total([1, 2, 3]) == 6
    assert total([]) == 0


def test_spin():
    assert spin(3) == 0


@pytest.mark.skip(reason="not today")
def test_skipped():
    assert False
"""
CLAMP_FIXED = SOURCE.replace("value < high", "value > high")
TOTAL_FIXED = SOURCE.replace("result = 1", "result = 0")
ALL_FIXED = CLAMP_FIXED.replace("result = 1", "result = 0")


class EvidenceScorer:
    """
    Prefers candidates that put in one of ``wanted``, where failing tests went and passing ones did not; notes what it
    was shown.
    """

    def __init__(self, *wanted: str) -> None:
        self.seen: list[Observation] = []
        self._wanted = [HashedTokenizer().ids(text)[0] for text in wanted]

    def logits(self, observations: Sequence[Observation]) -> list[np.ndarray]:
        self.seen += observations
        return [self._row(observation) for observation in observations]

    def _row(self, observation: Observation) -> np.ndarray:
        count = int(observation["lengths"][1])
        tokens = observation["evidence"]
        score = tokens[:, EVIDENCE.index("suspiciousness")] - tokens[:, EVIDENCE.index("tried_same")]
        row = np.zeros(FIRST_EDIT + count, np.float32)
        row[FIRST_EDIT:] = 5 * score[observation["cand_start"]] - 0.2 * (
            observation["cand_end"] - observation["cand_start"]
        )
        row[FIRST_EDIT:] += 10 * np.isin(observation["cand_tokens"][:, 0], self._wanted)
        row[observation["action_mask"] == 0] = -np.inf
        return row


def loaded(scorer: EvidenceScorer | None = None) -> LoadedScorer:
    return LoadedScorer(scorer or EvidenceScorer(), HashedTokenizer(), "scripted")


def make_repo(folder: Path, source: str = SOURCE, tests: str = TESTS) -> Path:
    for path, text in {"src/shop/__init__.py": "", "src/shop/prices.py": source, "tests/test_prices.py": tests}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def test_a_single_bug_is_fixed_shown_and_written_only_on_demand(tmp_path: Path) -> None:
    repo = make_repo(tmp_path, TOTAL_FIXED)
    scorer = EvidenceScorer(">")
    result = fix(repo, ["tests"], loaded(scorer), FixConfig(budget=60, workers=2))
    assert result.fixed
    assert (repo / "src/shop/prices.py").read_text() == TOTAL_FIXED
    assert "-    if value < high:" in result.diff
    assert result.before.passed == 3
    assert len(result.before.failing) == 2
    assert result.after == type(result.after)(5, ())
    assert 0 < result.executions <= 60
    assert result.considered > 50
    assert result.as_json()["model"] == "scripted"
    result.write()
    assert subprocess.run(["git", "apply", "-R", "--check"], input=result.diff.encode(), cwd=repo, check=False)
    assert SuiteLane().run(repo, {}, ["tests"]).passed
    covered = scorer.seen[0]["evidence"][:, EVIDENCE.index("covered_by_failing")]
    assert covered.max() > 0


def test_two_bugs_are_fixed_one_after_the_other(tmp_path: Path) -> None:
    result = fix(make_repo(tmp_path), ["tests/test_prices.py"], loaded(EvidenceScorer(">", "0")), FixConfig(budget=100))
    assert result.fixed
    assert result.diff.count("@@") >= 2
    assert {"clamp", "total"} <= {name.split("::test_")[1].split("[")[0] for name in result.before.failing}


def test_a_budget_that_is_too_small_is_kept_and_the_disk_left_alone(tmp_path: Path) -> None:
    repo = make_repo(tmp_path)
    result = fix(repo, ["tests"], loaded(), FixConfig(budget=2))
    assert not result.fixed
    assert result.executions == 2
    assert result.after.passed >= result.before.passed
    assert (repo / "src/shop/prices.py").read_text() == SOURCE


@pytest.mark.parametrize(
    ("source", "tests", "message"),
    [
        (ALL_FIXED, TESTS, "all 5 tests pass: nothing to fix"),
        (SOURCE, "import does_not_exist\n", "can't be run"),
        (SOURCE, "x = 1\n", "no test"),
    ],
)
def test_nothing_to_fix_is_one_clear_line(tmp_path: Path, source: str, tests: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        fix(make_repo(tmp_path, source, tests), ["tests"], loaded())


def test_a_target_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="can't be run"):
        fix(make_repo(tmp_path), ["tests/test_nothing.py"], loaded())


def test_a_bug_that_hangs_is_interrupted_and_fixed(tmp_path: Path) -> None:
    source = ALL_FIXED.replace("n -= 1", "n += 1")
    result = fix(make_repo(tmp_path, source), ["tests"], loaded(EvidenceScorer("-=")), FixConfig(budget=60))
    assert result.fixed
    assert result.before.failing == ("tests/test_prices.py::test_spin",)


def test_a_warm_run_shows_what_a_fresh_one_shows(tmp_path: Path) -> None:
    repo = make_repo(tmp_path)
    with WarmStarter() as starter:
        warm = SuiteLane(start=starter).run(repo, {}, ["tests"], cover=["src/shop/prices.py"])
        again = SuiteLane(start=starter).run(repo, {"src/shop/prices.py": ALL_FIXED}, ["tests"])
    fresh = SuiteLane().run(repo, {}, ["tests"], cover=["src/shop/prices.py"])
    assert [(t.id, t.outcome, t.lines, t.raised_at) for t in warm.tests] == [
        (t.id, t.outcome, t.lines, t.raised_at) for t in fresh.tests
    ]
    assert again.passed


def test_a_repository_with_a_name_that_pytest_loads_gets_a_fresh_interpreter(tmp_path: Path) -> None:
    repo = make_repo(tmp_path, tests="import bdb\n\n\ndef test_mine():\n    assert bdb.MINE\n")
    (repo / "bdb.py").write_text("MINE = True\n\n\nclass Bdb:\n    pass\n\n\nclass BdbQuit(Exception):\n    pass\n")
    with WarmStarter() as starter:
        assert SuiteLane(start=starter).run(repo, {}, ["tests"]).passed


def test_code_that_ends_its_process_does_not_end_the_next_run(tmp_path: Path) -> None:
    repo = make_repo(tmp_path)
    with WarmStarter() as starter:
        lane = SuiteLane(start=starter)
        killer = "import os\nos.kill(os.getppid(), 9)\nos.kill(os.getpid(), 9)\n" + SOURCE
        assert not lane.run(repo, {"src/shop/prices.py": killer}, ["tests"]).passed
        assert lane.run(repo, {"src/shop/prices.py": ALL_FIXED}, ["tests"]).passed
