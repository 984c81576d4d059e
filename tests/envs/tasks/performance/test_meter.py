"""Counting ticks in the real sandbox."""

import pickle
from collections import Counter, deque
from functools import cached_property
from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import SandboxUnavailable
from core.records import Program
from envs.sandbox.config import SandboxConfig
from envs.sandbox.lane import FastLane
from envs.tasks.performance.instrument import EACH, MEMBER, PREFIX, SIZE, TEXT, instrumented
from envs.tasks.performance.jobs.growth import MOST_CHARACTERS, MOST_ITEMS, grown
from envs.tasks.performance.meter import (
    Group,
    Sized,
    Variant,
    climbed,
    costs,
    cpu_seconds,
    surveyed,
    tampers,
)
from tests.fakes.executor import InlineExecutor

HEAD = "def indent(text, prefix, predicate=None):\n"
LOOP = "    for x in text:\n        if x not in seen:\n            seen.{}(x)\n    return sorted(seen)\n"
LIST = HEAD + "    seen = []\n" + LOOP.format("append")
SET = HEAD + "    seen = set()\n" + LOOP.format("add")


@pytest.fixture(scope="module")
def lanes():
    with FastLane(SandboxConfig(hash_seed=0)) as one, FastLane(SandboxConfig(hash_seed=4021)) as other:
        yield one, other


def measured(lane, source, *arguments, growths=(1,)):
    data = pickle.dumps((arguments, {}))
    return costs(lane, Program("textwrap", "indent", source), [Sized(data, growth) for growth in growths])


def ticks(lane, source, *arguments, growth=1):
    return measured(lane, source, *arguments, growths=(growth,))[0].ticks


def test_ticks_are_the_same_in_every_process(lanes):
    arguments = ["b", "a", "c"], "x"
    first, again, other = (measured(lane, SET, *arguments, growths=(1, -8)) for lane in (*lanes, lanes[0]))
    assert first == again == other
    assert all(cost.ticks > 0 for cost in first)


def test_quadratic_work_grows_faster_than_linear(lanes):
    arguments = list(range(20)), ""
    growth = {
        source: ticks(lanes[0], source, *arguments, growth=-16) / ticks(lanes[0], source, *arguments)
        for source in (LIST, SET)
    }
    assert growth[SET] < 20 < 60 < growth[LIST]


@pytest.mark.parametrize(
    ("dear", "cheap"),
    [
        ("return sorted(text)[0]", "return min(text)"),
        ("return any([x > 1 for x in text])", "return any(x > 1 for x in text)"),
        ("return 5 in list(text)", "return 5 in text"),
        ("out = []\n    for x in text:\n        out = out + [x]\n    return out", "return [x for x in text]"),
        ("out = []\n    for x in text:\n        out.insert(0, x)\n    return out", "return text[::-1]"),
        ("return [len(list(text)) for x in text][0]", "return len(text)"),
        ("return [max(text) - x for x in text]", "top = max(text)\n    return [top - x for x in text]"),
        ("while text.copy():\n        text.pop(0)", "while text:\n        text.pop()"),
    ],
)
def test_work_in_c_counts_by_its_length(lanes, dear, cheap):
    arguments = list(range(200)), ""
    assert ticks(lanes[0], f"{HEAD}    {dear}\n", *arguments) > 1.5 * ticks(
        lanes[0], f"{HEAD}    {cheap}\n", *arguments
    )


def test_calls_of_other_python_functions_count(lanes):
    called = HEAD + "    return [dedent(text) for _ in range(20)]\n"
    once = HEAD + "    text = dedent(text)\n    return [text for _ in range(20)]\n"
    assert ticks(lanes[0], called, " a\n b", "") > 3 * ticks(lanes[0], once, " a\n b", "")


def test_runs_that_fail_say_so_and_outcomes_are_told_apart(lanes):
    assert ticks(lanes[0], HEAD + "    raise ValueError\n", "", "") == -2
    assert ticks(lanes[0], HEAD + "    while True:\n        pass\n", "", "") == -1
    one, other = (measured(lanes[0], f"{HEAD}    return {value}\n", "", "")[0] for value in (1, 2))
    assert one.outcome != other.outcome
    assert measured(lanes[0], "def (", "") == ()
    assert measured(lanes[0], "def other():\n    pass\n", "") == ()


def test_a_survey_counts_what_gives_the_same_and_is_of_interest(lanes):
    program = Program("textwrap", "indent", SET)
    inputs = [Sized(pickle.dumps((([3, 1, 2], ""), {})), growth) for growth in (-64, -8, 1)]
    known = costs(lanes[0], program, inputs)
    other = SET.replace("sorted(seen)", "list(seen) + [0]")
    tried = [
        *(Variant(SET), Variant(LIST, least=1.2), Variant(SET, least=1.2), Variant(LIST, most=1.1)),
        *(Variant(other), Variant("def ("), Variant("def other():\n    pass\n"), Variant(SET)),
    ]
    found = surveyed(lanes[0], program, tried, inputs, known)
    ticks = float(sum(cost.ticks for cost in known))
    slow = float(sum(cost.ticks for cost in costs(lanes[0], Program("textwrap", "indent", LIST), inputs)))
    assert found == [ticks, slow, inf, inf, inf, inf, inf, ticks]
    assert surveyed(lanes[1], program, tried[:2], inputs, known) == found[:2]
    assert surveyed(lanes[0], program, [], inputs, known) == []


def test_inputs_climb_until_they_cost_too_much_or_no_more(lanes):
    program = Program("textwrap", "indent", SET)
    numbers, nothing, wrong = (pickle.dumps(((value, ""), {})) for value in ([1, 2, 3], [], 5))
    ladders = ((-4, -16, -64), (4, 16))
    (rungs, none), again = (
        climbed(
            lane, program, [Group((nothing, numbers, wrong), ladders), Group((wrong,), ladders)], most=2_000, enough=9
        )
        for lane in lanes
    )
    assert [(rung.number, rung.growth) for rung in rungs] == [(0, 1), (1, 1), (1, -4), (1, -16)]
    assert all(0 < rung.cost.ticks <= 2_000 for rung in rungs)
    assert none == []
    assert again == [rungs, none]
    first = climbed(lanes[0], program, [Group((numbers, numbers), ladders)], most=2_000, enough=1)[0]
    assert {rung.number for rung in first} == {0}


def test_cpu_seconds_of_equal_rounds_tell_fast_from_slow(lanes):
    program = Program("textwrap", "indent", LIST)
    inputs = [Sized(pickle.dumps(((list(range(600)), ""), {})), 1)]
    slow, rounds = cpu_seconds(lanes[0], program, inputs)
    fast, same = cpu_seconds(lanes[0], Program("textwrap", "indent", SET), inputs, rounds)
    assert rounds == same >= 1
    assert fast < slow < float("inf")


def test_an_executor_that_runs_no_jobs_is_refused():
    with pytest.raises(SandboxUnavailable, match="runs jobs"):
        measured(InlineExecutor(), SET, "", "")


@pytest.mark.parametrize(
    "line",
    [
        f"global {PREFIX}0",
        f"x = '{PREFIX}0'",
        "globals()['a'] = 1",
        "import sys; sys.settrace(None)",
        "import gc",
        "f = indent.__globals__",
        "getattr(text, prefix)",
        "s = sys; s.modules['textwrap']",
        "re.__dict__['_j' + 't_0']",
        "from time import sleep",
    ],
)
def test_who_reaches_for_the_counters_is_found_out(line):
    assert tampers(SET, SET.replace("    seen =", f"    {line}\n    seen =", 1))
    assert not tampers(SET, LIST)


def test_a_local_with_the_name_of_a_module_opens_no_door():
    before = HEAD + "    gc = len(text)\n    return gc\n"
    assert tampers(before, before.replace("    return", "    import gc\n    return"))
    assert not tampers(before, before.replace("    gc", "    from collections import deque\n    gc", 1))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-3, 9), max_size=12), st.integers(-3, 9))
def test_counters_change_no_outcome(numbers, one):
    source = """def f(xs, one):
    "Docstring."
    total, out, text = 0, [], ''
    for x in xs:
        if x in out or one not in xs:
            continue
        out = out + [x] if x > 2 else [*out, x]
        text += f"{x:>{len('ab')}}" + "!" * 2
        while total < x and not (total > 5): total += 1
    try:
        total //= one
    except ZeroDivisionError:
        total = -1
    finally:
        out += [total]
    match one:
        case 1 | 2:
            text = text.upper()
        case int(found) if found in {3: 1}:
            text = text[1:]
    best = max(xs, key=lambda x: -x, default=None)
    pairs = {a: b for a in xs if a for b in xs[::2] if b > a}
    return total, out, text, best, pairs, sorted({x for x in xs}), any(x == one for x in xs), sum(x for x in xs)
"""
    made = instrumented(source)
    space = {f"{PREFIX}{index}": lambda: 1 for index in range(len(made.weights))}
    space |= {SIZE: lambda value, _: value, EACH: lambda value, _: value, TEXT: lambda value: None}
    space |= {MEMBER: lambda item, held: item in held}
    plain = {}
    exec(source, plain)
    exec(made.text, space)
    assert space["f"](list(numbers), one) == plain["f"](list(numbers), one)


@settings(max_examples=30, deadline=None)
@given(
    st.one_of(st.text(max_size=20), st.lists(st.integers()), st.dictionaries(st.text(max_size=3), st.integers())),
    st.sampled_from((1, 2, -3, 8, -64)),
)
def test_inputs_grow_within_bounds_and_repeatably(value, growth):
    data = pickle.dumps(((value, 7), {"key": value}))
    (larger, number), named = pickle.loads(grown(data, growth))
    assert grown(data, growth) == grown(data, growth)
    assert type(larger) is type(value)
    assert larger == named["key"]
    assert len(value) <= len(larger) <= max(len(value), MOST_ITEMS, MOST_CHARACTERS)
    if growth == 1:
        assert larger == value
    elif value and not isinstance(value, dict):
        assert len(larger) == min(
            abs(growth), (MOST_CHARACTERS if isinstance(value, str) else MOST_ITEMS) // len(value)
        ) * len(value)
    assert number == 7 or not value


class Row(list):
    """A list with an attribute."""


class Shelf:
    def __init__(self):
        self.books = self.all = ["a", "b"]
        self.tags, self.queue = {1}, deque([1], maxlen=2)

    @cached_property
    def count(self):
        return len(self.books)


def test_lists_of_ones_own_and_what_objects_hold_grow_too():
    row, shelf = Row([1, 2]), Shelf()
    row.name = "r"
    assert shelf.count == 2
    (row, shelf, counts), _ = pickle.loads(grown(pickle.dumps(((row, shelf, Counter("aab")), {})), -4))
    assert (type(row), len(row), row.name) == (Row, 8, "r")
    assert shelf.books is shelf.all
    assert shelf.count == len(shelf.books) == 8
    assert len(shelf.tags) == 4
    assert len(shelf.queue) == 2
    assert len(counts) == 8
    assert counts["a"] == 2
