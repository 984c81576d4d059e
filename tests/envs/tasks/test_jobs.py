"""The parts of the search that need no sandbox."""

import builtins
import collections
import decimal
import fractions
import pickle
import random
import re
import sys
import types

from hypothesis import given
from hypothesis import strategies as st

from envs.sandbox.program import compile_program
from envs.tasks.mining.jobs import patterns, values
from envs.tasks.mining.jobs.closure import ModuleGuard
from envs.tasks.mining.jobs.corpus import Corpus, Entry, select
from envs.tasks.mining.jobs.mutate import mutated
from envs.tasks.mining.jobs.ordering import order_depends_on_hashes
from envs.tasks.mining.jobs.recorder import CallRecorder
from envs.tasks.mining.jobs.search import executable_lines
from envs.tasks.mining.jobs.values import MAKERS, Pool
from envs.tasks.mining.jobs.weights import KindChoice, kind_weights


@given(st.sampled_from(sorted(MAKERS)), st.integers(0, 10**6))
def test_every_made_value_pickles_and_equal_seeds_make_equal_values(kind, seed):
    pool = Pool(["key"], [17])
    first, second = (values.make(kind, random.Random(seed), pool) for _ in range(2))
    assert pickle.dumps(first, 4) == pickle.dumps(second, 4)


@given(st.sampled_from(sorted(set(MAKERS) - {"callable", "type", "exception"})), st.integers(0, 10**6))
def test_neighbours_of_values_pickle_too(kind, seed):
    rng, pool = random.Random(seed), Pool(["key"], [17])
    pickle.dumps(mutated(values.make(kind, rng, pool), rng, pool), 4)


@given(
    st.sampled_from([r"(\d+)-(\w{2,3})", r"a|b+|[^c]", r"\s*(?P<k>[a-z]+)=(?P=k)?", r"x{3}y*?$", r"[A-F0-9]{2}(:?)"]),
    st.integers(0, 10**6),
)
def test_sampled_texts_nearly_always_match_their_pattern(pattern, seed):
    text = patterns.sample(pattern, 0, random.Random(seed))
    assert re.match(pattern.replace("(?P=k)?", ""), text)


def test_attributes_that_are_read_decide_which_kinds_fit():
    usage = {"attributes": ["startswith", "upper"], "signs": [], "constants": [], "classes": [], "annotation": ""}
    weights = kind_weights("thing", usage, None, False, {})
    assert max(weights, key=weights.__getitem__) == "str"


def test_kinds_that_never_work_fade_and_the_working_one_stays():
    choice, rng = KindChoice(dict.fromkeys("abc", 1.0)), random.Random(0)
    for _ in range(200):
        kind = choice.draw(rng)
        choice.learn(kind, 1.0 if kind == "b" else 0.0)
    assert choice.weights[1] > 10 * max(choice.weights[0], choice.weights[2])


def _entry(number: int, lines: tuple[int, ...], outcome: bytes, kind: str = "returned") -> Entry:
    return Entry(b"%d" % number, outcome, kind, lines, "generated", 0.0)


def test_the_selection_covers_every_line_and_prefers_different_outcomes():
    entries = [_entry(i, (1, 2), b"same") for i in range(50)]
    entries += [_entry(100, (1, 3), b"rare", "raised"), _entry(101, (1, 2), b"other"), _entry(102, (1, 4), b"third")]
    chosen = select(entries, 5, random.Random(0))
    assert {line for entry in chosen for line in entry.lines} == {1, 2, 3, 4}
    assert {entry.expected for entry in chosen} >= {b"rare", b"other", b"third"}


def test_the_corpus_refuses_wrong_types_that_show_no_new_line():
    corpus = Corpus()
    assert corpus.add(_entry(1, (1,), b"a"), "")
    assert not corpus.add(_entry(2, (1,), b"b", "raised"), "TypeError: no")
    assert corpus.add(_entry(3, (1, 2), b"c", "raised"), "TypeError: no")
    assert corpus.returning == 1
    assert corpus.coverage(frozenset((1, 2, 3, 4))) == 0.5


def test_executable_lines_are_those_of_the_body_and_of_what_is_inside():
    source = (
        "def f(x):\n    y = [\n        a\n        for a in x\n    ]\n    def g():\n        return 1\n    return y, g\n"
    )
    assert executable_lines(compile_program(source, "f")) == {2, 3, 4, 6, 7, 8}


def test_the_recorder_sees_calls_with_all_their_arguments():
    def f(a, b=2, *rest, c=3, **more):
        return a

    code = f.__code__
    with CallRecorder({(code.co_filename, code.co_firstlineno): "f"}) as recorder:
        f(1)
        f(1, 5, 6, c=7, d=8)
        f(lambda: 0)
    assert [pickle.loads(data) for data in recorder.inputs["f"]] == [
        ((1, 2), {"c": 3}),
        ((1, 5, 6), {"c": 7, "d": 8}),
    ]


def test_inputs_may_only_refer_to_what_comes_with_the_module(monkeypatch):
    near, far = types.ModuleType("near"), types.ModuleType("far")
    near.Decimal = decimal.Decimal
    monkeypatch.setitem(sys.modules, "near", near)
    monkeypatch.setitem(sys.modules, "far", far)
    data = pickle.dumps(((decimal.Decimal("1.5"),), {}), 4)
    assert ModuleGuard(near).admits(data)
    assert not ModuleGuard(far).admits(data)
    assert not ModuleGuard(far).admits(pickle.dumps(((fractions.Fraction(1, 2),), {}), 4))
    assert ModuleGuard(far).admits(pickle.dumps((("text", [1]), {}), 4))


def test_hooks_that_anybody_may_set_bring_no_module_along(monkeypatch):
    far = types.ModuleType("far")
    monkeypatch.setitem(sys.modules, "far", far)
    hook = types.FunctionType((lambda *_: None).__code__, {"__name__": "decimal"})
    for module, name in ((sys, "excepthook"), (builtins, "_")):
        monkeypatch.setattr(module, name, hook, raising=False)
    assert not ModuleGuard(far).admits(pickle.dumps(((decimal.Decimal("1.5"),), {}), 4))


class Holder:
    def __init__(self, held):
        self.held = held


class Slotted:
    __slots__ = ("held",)

    def __init__(self, held):
        self.held = held


def test_inputs_whose_order_is_up_to_the_hash_seed_are_told_apart():
    def depends(*args):
        return order_depends_on_hashes(pickle.dumps((args, {}), 4))

    assert depends({"a", "b"})
    assert depends([{"x": (frozenset({b"a", b"b"}), 1)}])
    assert depends(Holder([{"a", 1}]))
    assert depends(Slotted({"a", 1}))
    assert depends(collections.deque([{"a", 1}]))
    assert not depends({"a"}, {1, 2, 2.5}, ["a", "b"], {"a": 1, "b": 2})
    assert not order_depends_on_hashes(b"no pickle")
