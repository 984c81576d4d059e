from __future__ import annotations

import numpy as np

from core.observation import EVIDENCE, RELATIONS, ObservationLimits
from core.records import CheckResult, Outcome
from core.tokenizer import HashedTokenizer
from envs.encoding.encode import StateEncoder
from envs.encoding.evidence import EvidenceView
from envs.encoding.nodes import SYMPTOM
from envs.encoding.symptoms import MOST, WORDS, symptoms

SOURCE = "def total(xs):\n    for x in xs:\n        n = n + x\n    return n\n"
UNBOUND = "UnboundLocalError: cannot access local variable 'n' where it is not associated with a value"
PASSED = CheckResult("a", Outcome.PASSED, (1, 4), None, "ignored")
RAISED = CheckResult("b", Outcome.RAISED, (1, 2, 3), 3, UNBOUND)
WRONG = CheckResult("c", Outcome.FAILED, (1, 4), None, "result: one more")


def encoder(tokens: int = 512) -> StateEncoder:
    return StateEncoder(HashedTokenizer(512), ObservationLimits(max_tokens=tokens))


def row(name: str) -> int:
    return RELATIONS.index(name)


def test_words_stand_behind_the_programs_tokens() -> None:
    encode = encoder()
    static = encode.static(SOURCE)
    plain = encode.observe(static, EvidenceView((PASSED,)), pad=False)
    told = encode.observe(static, EvidenceView((PASSED, RAISED, WRONG)), pad=False)
    assert int(plain["lengths"][0]) == static.tokens
    count = int(told["lengths"][0]) - static.tokens
    assert count == WORDS + 3  # the exception's message is cut, the other has three words
    assert (told["node"][static.tokens :] == SYMPTOM).all()
    assert (told["node"][: static.tokens] != SYMPTOM).all()
    assert np.array_equal(told["tokens"][: static.tokens], plain["tokens"])
    assert len(told["evidence"]) == len(told["relations"]) == int(told["lengths"][0])


def test_a_name_points_to_where_it_stands_and_an_exception_to_its_line() -> None:
    static = encoder().static(SOURCE)
    found = symptoms((PASSED, RAISED, WRONG), static.places, static.lines, 100)
    name = found.words.index("n")
    assert found.relations[name, row("last_use")] == static.places["n"]
    raised_at = found.relations[name, row("parent")]
    assert static.lines[raised_at] == 3
    assert (found.relations[found.words.index("more"), row("parent")]) == -1
    assert found.evidence[name, EVIDENCE.index("covered_by_failing")] == 0.5
    assert found.evidence[name, EVIDENCE.index("raised_here")] == 1
    ends = [found.words.index("one") + 1, WORDS - 1]
    assert [found.relations[end, row("next_sibling")] for end in ends] == [-1, -1]


def test_the_commonest_come_first_and_only_some() -> None:
    others = [CheckResult(str(i), Outcome.FAILED, (), None, f"result: kind{i}") for i in range(MOST + 2)]
    found = symptoms((*others, WRONG, WRONG), {}, np.array([1], np.int32), 100)
    assert found.words[:3] == ["result", "one", "more"]
    assert len(found.words) == 3 + 2 * (MOST - 1)


def test_there_may_be_little_room() -> None:
    encode = encoder()
    tokens = encode.static(SOURCE).tokens
    for room in (0, 1, 14):
        small = encoder(tokens + room)
        seen = small.observe(small.static(SOURCE), EvidenceView((RAISED, WRONG)))
        assert int(seen["lengths"][0]) == tokens + room
        assert seen["relations"].max() < tokens + room


def test_checks_that_say_nothing_show_nothing() -> None:
    found = symptoms((CheckResult("a", Outcome.FAILED),), {}, np.array([1], np.int32), 100)
    assert found.words == []
