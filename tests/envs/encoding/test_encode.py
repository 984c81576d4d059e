from __future__ import annotations

import ast
import inspect
import textwrap

import numpy as np
import pytest

from core.observation import EVIDENCE, FIRST_EDIT, RELATIONS, STATE, ObservationLimits, array_shapes
from core.records import CheckResult, Edit, Outcome
from core.tokenizer import HashedTokenizer
from envs.edits.program import programs
from envs.encoding.encode import StateEncoder, StaticState
from envs.encoding.evidence import Effect, EvidenceView, Try, shift
from envs.encoding.nodes import NODE_NAMES

SOURCE = """\
if True:
 def scale(self, xs, by=1):
  '''Doc.'''
  # a comment
  for i in range(xs):
    if i > by:
      by = by + i
  return wrap(by,
      1)
"""
PROGRAMS = [text.text for _, text in programs(inspect.getsource(textwrap))] + [
    text.text for _, text in programs(inspect.getsource(ast)) if text.text.count("\n") < 40
]


@pytest.fixture(scope="module")
def encoder() -> StateEncoder:
    return StateEncoder(HashedTokenizer(512))


@pytest.fixture(scope="module")
def static(encoder: StateEncoder) -> StaticState:
    return encoder.static(SOURCE)


def texts(static: StaticState) -> list[str]:
    return [static.source[a:b] for a, b in zip(static.starts, static.ends, strict=True)]


def at(static: StaticState, text: str, nth: int = 0) -> int:
    return [index for index, found in enumerate(texts(static)) if found == text][nth]


def related(static: StaticState, token: int, relation: str) -> int:
    return int(static.arrays["relations"][token, RELATIONS.index(relation)])


def kind(static: StaticState, token: int) -> str:
    return NODE_NAMES[static.arrays["node"][token] - 1]


def test_tokens_are_the_functions_without_header_and_comment(static: StaticState) -> None:
    found = texts(static)
    assert found[:4] == ["def", "scale", "(", "self"]
    assert "#" not in "".join(found)
    assert "'''Doc.'''" in found


def test_node_types_are_the_innermost(static: StaticState) -> None:
    assert kind(static, at(static, ">")) == "Compare"
    assert kind(static, at(static, "+")) == "BinOp"
    assert kind(static, at(static, "by", 2)) == "NameStore"
    assert kind(static, at(static, "'''Doc.'''")) == "Docstring"
    assert kind(static, at(static, "1", 1)) == "ConstantInt"


def test_parents_lead_to_the_function(static: StaticState) -> None:
    plus = at(static, "+")
    assert related(static, plus, "parent") == at(static, "=", 1)
    assert related(static, at(static, "=", 1), "parent") == at(static, "if")
    assert related(static, at(static, "if"), "parent") == at(static, "for")
    assert related(static, 0, "parent") == -1
    assert related(static, at(static, "for"), "next_sibling") == at(static, "return")


def test_names_point_along_the_data_flow(static: StaticState) -> None:
    parameter, tested, written, read = (at(static, "by", n) for n in range(4))
    assert related(static, tested, "last_write") == parameter
    assert related(static, read, "last_write") == parameter, "the value is read before the target is written"
    assert related(static, written, "last_use") == read
    assert related(static, at(static, "by", 4), "last_write") == written
    assert related(static, at(static, "by", 4), "defining_statement") == at(static, "=", 1)


def test_observations_have_the_promised_shapes(encoder: StateEncoder, static: StaticState) -> None:
    observation = encoder.observe(static, EvidenceView())
    for name, (shape, dtype) in array_shapes(encoder.limits).items():
        assert observation[name].shape == shape, name
        assert observation[name].dtype == dtype, name
    assert set(observation) == set(array_shapes(encoder.limits))


def test_padding_and_trimming_are_opposites(encoder: StateEncoder, static: StaticState) -> None:
    bare = encoder.observe(static, EvidenceView(), pad=False)
    trimmed = encoder.trim(encoder.pad(bare))
    for name, array in bare.items():
        np.testing.assert_array_equal(array, trimmed[name], err_msg=name)


def test_candidates_sit_at_their_tokens(static: StaticState) -> None:
    for index, candidate in enumerate(static.candidates):
        first, last = (int(static.arrays[name][index]) for name in ("cand_start", "cand_end"))
        start, end = candidate.anchor
        assert 0 <= first <= last < static.tokens
        if end > start:
            assert static.ends[first] > start
            assert static.starts[last] < max(end, static.starts[first] + 1)
        ref = int(static.arrays["cand_ref"][index])
        if candidate.ref is None:
            assert ref == -1
        else:
            assert static.starts[ref] <= candidate.ref < static.ends[ref]


@pytest.mark.parametrize("source", PROGRAMS[::3])
def test_any_function_can_be_encoded(encoder: StateEncoder, source: str) -> None:
    static = encoder.static(source)
    relations = static.arrays["relations"]
    assert relations.min() >= -1
    assert relations.max() < static.tokens
    assert (static.arrays["tokens"][:, 0] > 0).all()
    assert (static.arrays["node"] > 0).all()
    assert not (relations[:, 0] == np.arange(static.tokens)).any(), "no token is its own parent"


def test_lines_are_counted_in_the_program_text(encoder: StateEncoder) -> None:
    for source in PROGRAMS:
        static, lines = encoder.static(source), source.split("\n")
        for start, line in zip(static.starts, static.lines, strict=True):
            assert source.count("\n", 0, int(start)) + 1 == line <= len(lines)


def test_text_outside_ascii_keeps_its_offsets(encoder: StateEncoder) -> None:
    static = encoder.static("def f(a):\n    é = 'ü→' + a; b = é * 2\n    return b\n")
    star = at(static, "*")
    assert kind(static, star) == "BinOp"
    assert related(static, at(static, "é", 1), "last_write") == at(static, "é")


def test_what_is_over_the_limits_is_cut_and_said_so() -> None:
    small = StateEncoder(HashedTokenizer(512), ObservationLimits(max_tokens=20, max_candidates=8))
    static = small.static(SOURCE)
    assert static.cut
    assert static.tokens == 20
    assert len(static.candidates) <= 8
    assert small.observe(static, EvidenceView())["action_mask"].shape == (FIRST_EDIT + 8,)


def result(number: int, outcome: Outcome, lines: tuple[int, ...], raised: int | None = None) -> CheckResult:
    return CheckResult(f"c{number}", outcome, lines, raised)


RESULTS = (
    result(0, Outcome.PASSED, (3, 5, 8)),
    result(1, Outcome.FAILED, (3, 5, 6, 7, 8)),
    result(2, Outcome.RAISED, (3, 5, 6, 7), 7),
    result(3, Outcome.TIMEOUT, ()),
)


def evidence(encoder: StateEncoder, static: StaticState, view: EvidenceView, token: int) -> dict[str, float]:
    row = encoder.observe(static, view)["evidence"][token]
    return dict(zip(EVIDENCE, row.tolist(), strict=True))


def test_lines_that_checks_ran_are_mapped_to_tokens(encoder: StateEncoder, static: StaticState) -> None:
    view = EvidenceView(RESULTS)
    plus = evidence(encoder, static, view, at(static, "+"))
    assert plus["covered_by_failing"] == 1
    assert plus["covered_by_passing"] == 0
    assert plus["suspiciousness"] == 1
    assert plus["raised_here"] == pytest.approx(1 / 3)
    returned = evidence(encoder, static, view, at(static, "return"))
    assert returned["covered_by_failing"] == 0.5
    assert returned["covered_by_passing"] == 1
    assert returned["suspiciousness"] == pytest.approx(0.5)


def test_the_tail_of_a_statement_takes_its_first_lines_evidence(encoder: StateEncoder, static: StaticState) -> None:
    assert evidence(encoder, static, EvidenceView(RESULTS), at(static, "1", 1))["covered_by_passing"] == 1


def test_tries_and_edits_mark_their_tokens(encoder: StateEncoder, static: StaticState) -> None:
    plus, other = at(static, "+"), at(static, "return")
    span = (int(static.starts[plus]), int(static.ends[plus]))
    tries = (Try(*span, Effect.SAME), Try(*span, Effect.SAME), Try(*span, Effect.BROKE))
    row = evidence(encoder, static, EvidenceView(edited=(span,), tries=tries), plus)
    assert (row["tried_same"], row["tried_other"], row["tried_broke"], row["edited"]) == (0.75, 0, 0.5, 1)
    elsewhere = evidence(encoder, static, EvidenceView(edited=(span,), tries=tries), other)
    assert not any(elsewhere.values())


def test_the_state_vector_says_how_the_episode_stands(encoder: StateEncoder, static: StaticState) -> None:
    view = EvidenceView(RESULTS, passing_at_start=0.5, budget_left=0.75, kept=1, improved=True)
    state = dict(zip(STATE, encoder.observe(static, view)["state"].tolist(), strict=True))
    assert state == pytest.approx(
        {
            "budget_left": 0.75,
            "passing": 0.25,
            "passing_at_start": 0.5,
            "raising": 1 / 3,
            "died": 1,
            "kept_edits": 0.5,
            "tries": 0,
            "improved": 1,
        }
    )


def test_blocked_candidates_are_masked(encoder: StateEncoder, static: StaticState) -> None:
    mask = encoder.observe(static, EvidenceView(), blocked={0, 2}, undo=True)["action_mask"]
    assert mask[: FIRST_EDIT + 3].tolist() == [0, 1, 0, 1, 0]
    everything = range(len(static.candidates))
    assert encoder.observe(static, EvidenceView(), blocked=everything)["action_mask"].tolist()[:3] == [1, 0, 0]


def test_static_parts_are_kept_and_cannot_be_changed(encoder: StateEncoder) -> None:
    static = encoder.static(SOURCE)
    assert encoder.static(SOURCE) is static
    with pytest.raises(ValueError, match="read-only"):
        static.arrays["tokens"][0] = 1


def test_spans_move_with_later_edits() -> None:
    assert shift(((0, 2), (10, 12)), Edit("", 4, 5, "abc", "x")) == ((0, 2), (12, 14), (4, 7))
    assert shift(((3, 8),), Edit("", 4, 5, "", "x")) == ((3, 7), (4, 5))
