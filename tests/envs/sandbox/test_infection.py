import json
import pickle

import numpy as np
import pytest

from core.records import Check, Program
from envs.edits.alternatives import Site
from envs.sandbox.infection import CURES, OTHER, RAISES, SAME, UNKNOWN, UNREACHED
from envs.sandbox.lane import FastLane

# ``textwrap.shorten``'s place is taken, so that the sandbox has a real module to swap a function in.
SOURCE = """def indent(text, prefix, predicate=None):
    total = 0
    if predicate:
        total = len(text) - 1
    for line in text.split():
        total += len(line)
    return prefix * total
"""
PROGRAM = Program("textwrap", "indent", SOURCE)


@pytest.fixture(scope="module")
def lane():
    with FastLane() as made:
        yield made


def check(name: str, *args: object) -> Check:
    return Check(name, pickle.dumps((args, {})), b"")


def codes(lane: FastLane, checks: list[Check], site: Site, *texts: str) -> list[list[int]]:
    pairs = [(0, text, index) for index, text in enumerate(texts)]
    data = lane.compare(PROGRAM, checks, [site], pairs)
    return np.frombuffer(data, np.uint8).reshape(len(checks), len(texts)).tolist()


def test_says_check_by_check_what_each_alternative_would_change(lane):
    site = Site((5,), False, False, "(text.split())")
    seen = codes(lane, [check("a", "a b", "-"), check("b", "ab", "-")], site, "text.split('b')", "text.nothing")
    assert seen == [[OTHER, RAISES], [OTHER, RAISES]]
    assert codes(lane, [check("a", "a b", "-"), check("b", "ab", "-")], site, "[text]") == [[OTHER], [SAME]]


def test_an_alternative_that_does_not_raise_where_the_program_does_is_told_apart(lane):
    site = Site((5,), False, False, "(text.nothing)")
    assert codes(lane, [check("a", "a b", "-")], site, "text.lower()", "text.less") == [[CURES, SAME]]


def test_a_condition_changes_only_with_its_truth(lane):
    site = Site((3,), True, False, "(predicate)")
    seen = codes(lane, [check("a", "x", "-", 1), check("b", "x", "-", 0)], site, "7", "not predicate")
    assert seen == [[SAME, OTHER], [OTHER, OTHER]]


def test_a_site_that_no_check_reaches_is_said_to_be_unreached(lane):
    site = Site((4,), False, False, "(len(text) - 1)")
    assert codes(lane, [check("a", "x", "-")], site, "len(text)") == [[UNREACHED]]


def test_what_does_not_compile_is_unknown(lane):
    site = Site((7,), False, False, "(prefix * total)")
    assert codes(lane, [check("a", "x", "-")], site, "prefix *", "total * prefix") == [[UNKNOWN, SAME]]


def test_a_comprehension_sees_the_function_s_names(lane):
    site = Site((7,), False, True, "([each for each in text if each != prefix])")
    seen = codes(lane, [check("a", "x-", "-")], site, "([each for each in text if each == prefix])")
    assert seen == [[OTHER]]


def test_a_change_in_a_later_round_of_a_loop_is_seen(lane):
    site = Site((6,), False, False, "((total) + (len(line)))")
    assert codes(lane, [check("a", "b b b bb", "-")], site, "((total) + (1))") == [[OTHER]]


def test_what_a_long_loop_kept_from_being_reached_is_unknown_not_unchanged(lane):
    long = Program(
        "textwrap", "indent", SOURCE.replace("    return", "    for _ in range(9000):\n        pass\n    return")
    )
    site = Site((9,), False, False, "(prefix * total)")
    data = lane.compare(long, [check("a", "x", "-")], [site], [(0, "1", 0)])
    assert list(data) == [UNKNOWN]


def test_endless_programs_and_endless_alternatives_cost_a_limit_not_the_run(lane):
    endless = Program("textwrap", "indent", SOURCE.replace("total += len(line)", "while total >= 0: pass"))
    site = Site((5,), False, False, "(text.split())")
    data = lane.compare(endless, [check("a", "x", "-")], [site], [(0, "[text, 1]", 0)])
    assert list(data) in ([OTHER], [])


def test_no_evidence_where_the_program_does_not_fit(lane):
    broken = Program("textwrap", "indent", "def other():\n    return 1\n")
    assert lane.compare(broken, [check("a", "x", "-")], [Site((1,), False, False, "(1)")], [(0, "2", 0)]) == b""


def test_the_alternatives_can_reach_no_file(lane, tmp_path):
    secret = tmp_path / "secret.json"
    secret.write_text(json.dumps([1]))
    site = Site((7,), False, False, "(prefix)")
    assert codes(lane, [check("a", "x", "-")], site, f"open({str(secret)!r}).read()") == [[RAISES]]
