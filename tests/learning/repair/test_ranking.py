from __future__ import annotations

import logging

import numpy as np
import pytest

from core.observation import FIRST_EDIT
from core.protocols import Observation
from core.records import CheckResult, Outcome
from core.tokenizer import HashedTokenizer
from envs.edits.program import program_text
from envs.encoding.encode import StateEncoder
from learning.repair.localise import Suspect
from learning.repair.ranking import Ranking, Situation

TEXT = "def small(x):\n    return x + 1\n\n\ndef table():\n    return [" + ", ".join(map(str, range(3000))) + "]\n"


class EvenScorer:
    def logits(self, observations: list[Observation]) -> list[np.ndarray]:
        return [np.zeros(FIRST_EDIT + int(each["lengths"][1]), np.float32) for each in observations]


def suspect(name: str) -> Suspect:
    line = TEXT[: TEXT.index(f"def {name}")].count("\n") + 1
    program = program_text(TEXT, name, line)
    return Suspect("m.py", name, line, program, 1.0, (CheckResult("t", Outcome.FAILED, (2,)),))


def test_a_function_with_too_many_edits_is_left_out_and_said_so(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        ranking = Ranking(
            [suspect("table"), suspect("small")], {"m.py": TEXT}, EvenScorer(), StateEncoder(HashedTokenizer(512))
        )
    assert "m.py: table is left out" in caplog.text
    found = ranking.best(5, Situation(0.0, 1.0, 0))
    assert {proposal.suspect.qualname for proposal in found} == {"small"}
