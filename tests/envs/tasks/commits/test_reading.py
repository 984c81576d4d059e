"""What is made of two versions of a function by reading alone."""

import ast
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.records import Category, Check
from core.seeding import rng
from envs.edits.grammar import apply, candidates
from envs.edits.inject import inject
from envs.edits.places import differences, line_differences, replaced
from envs.edits.same import same_tree
from envs.tasks.commits.changes import RENAMED, SIGNATURE, UNFIT, Change, changes
from envs.tasks.commits.reference import MOST_EDITS, way
from envs.tasks.commits.starts import PART, WHOLE, starts
from envs.tasks.commits.suite import Suite, narrowed, shown
from envs.tasks.commits.telling import asked
from envs.tasks.mining.discover import index_module
from tests.fakes.shop import BROKEN

FUNCTION = """def pick(items, limit, default):
    found = []
    for item in items:
        if item > limit:
            found.append(item + 1)
    if not found:
        return default
    return found[0]
"""
BOTH = (Category.BUG_FIX, Category.FEATURE)


def changed(old, new):
    causes = Counter()
    return changes(old, index_module("m", "m.py", new), causes), causes


def led(source, edits):
    for edit in edits:
        assert edit in [each.edit for each in candidates(source)], "an agent has to find it among its candidates"
        source = apply(source, edit)
    return source


def same(one, other):
    return same_tree(ast.parse(one), ast.parse(other))


def test_a_changed_body_is_a_change_and_comments_and_docstrings_are_none():
    found, causes = changed(BROKEN, BROKEN.replace("count > limit", "count >= limit"))
    assert [each.qualname for each in found] == ["reduced"]
    assert "count > limit" in found[0].before
    assert "count >= limit" in found[0].after
    assert not causes
    quiet = BROKEN.replace("The price of many.", "What many cost.").replace("    total = 0\n", "    total = 0  # so\n")
    assert changed(BROKEN, quiet) == ([], Counter())


def test_the_new_version_keeps_the_old_signature_and_docstring():
    new = BROKEN.replace("def reduced(price, count, limit):", "def reduced(price: int, count, limit) -> int:")
    new = new.replace("The price of many.", "What many cost.").replace("total < 0", "total <= 0")
    (found,), _ = changed(BROKEN, new)
    assert found.after == found.before.replace("total < 0", "total <= 0")


@pytest.mark.parametrize(
    ("old", "new", "cause", "count"),
    [
        ("def reduced", "def cheaper", RENAMED, 2),
        ("def mean(values):", "def mean(values, start=0):", SIGNATURE, 1),
        ("    total = 0\n    for", "    total = open('x')\n    for", UNFIT, 1),
    ],
)
def test_what_is_left_out_is_counted(old, new, cause, count):
    text = BROKEN.replace(old, new).replace("total += value", "total += 2 * value") if cause == SIGNATURE else None
    found, causes = changed(BROKEN, text or BROKEN.replace(old, new))
    assert found == []
    assert causes == {cause: count}


@pytest.mark.parametrize(
    ("old", "new", "edits"),
    [
        ([(">", ">=")], None, 1),
        ([(">", ">="), ("+ 1", "- 1")], None, 2),
        ([(">", "<"), ("+ 1", "+ 2"), ("[0]", "[-1]")], None, 3),
    ],
)
def test_places_are_made_right_one_after_the_other(old, new, edits):
    target = FUNCTION
    for one, other in old:
        target = target.replace(one, other)
    found = way(FUNCTION, target, lambda text: 0)
    assert len(found) == edits
    assert same(led(FUNCTION, found), target)


def test_comments_on_the_way_cost_no_edit():
    target = FUNCTION.replace("    found = []\n", "    found = []  # none yet\n").replace(">", ">=")
    found = way(FUNCTION, target, lambda text: 0)
    assert len(found) == 1
    assert same(led(FUNCTION, found), target)


def test_of_two_ways_the_one_whose_steps_help_is_taken():
    target = FUNCTION.replace(">", ">=").replace("+ 1", "- 1")
    for first, other in ((">=", "- 1"), ("- 1", ">=")):
        score = lambda text, first=first, other=other: 2 * (first in text) + (first in text and other in text)  # noqa: E731
        found = way(FUNCTION, target, score)
        assert first in led(FUNCTION, found[:1])


def test_what_no_edits_give_has_no_way():
    assert (
        way(FUNCTION, FUNCTION.replace("return default", "return sorted(map(str, items))[::2]"), lambda text: 0) == ()
    )


@given(st.integers(0, 10_000), st.integers(1, 2))
def test_injected_bugs_have_a_way_back_that_leads_to_the_reference(seed, bugs):
    broken = inject(FUNCTION, rng(seed), bugs=bugs).source
    found = way(broken, FUNCTION, lambda text: 0)
    assert len(found) <= MOST_EDITS
    if found:
        assert same(led(broken, found), FUNCTION)
    assert found or bugs > 1, "a single bug is one edit away"


@given(st.text("ab\n (", max_size=30), st.text("ab\n (", max_size=30))
def test_all_places_made_right_give_the_target(one, other):
    assert replaced(one, differences(one, other)) == other
    assert replaced(one, line_differences(one, other)) == other


def test_the_function_as_it_was_comes_before_parts_of_the_commit():
    guard = FUNCTION.replace("    found = []\n", "    if limit < 0:\n        return None\n    found = []\n")
    (start,) = starts(Change("pick", FUNCTION, guard), BOTH)
    assert (start.category, start.operator, start.source) == (Category.FEATURE, WHOLE, FUNCTION)
    assert starts(Change("pick", FUNCTION, guard), (Category.BUG_FIX,)) == []
    (start,) = starts(Change("pick", FUNCTION, FUNCTION.replace(">", ">=")), BOTH)
    assert (start.category, start.operator, start.source) == (Category.BUG_FIX, WHOLE, FUNCTION)


def test_where_some_is_out_of_reach_the_start_has_that_done():
    after = FUNCTION.replace("return default", "return sorted(map(str, items))[::2]").replace(">", ">=")
    (start,) = starts(Change("pick", FUNCTION, after), BOTH)
    assert (start.category, start.operator) == (Category.BUG_FIX, PART)
    assert start.source == after.replace(">=", ">")


@given(st.integers(2, 30), st.data())
def test_failing_checks_stand_on_both_sides_and_the_tests_own_are_hidden(count, data):
    indices = st.frozensets(st.integers(0, count - 1))
    own, failing = data.draw(indices), data.draw(indices)
    checks = tuple(Check(str(at), b"", b"") for at in range(count))
    visible = shown(Suite(checks, ("",) * count, own, failing), 0.6)
    if len(failing) < 2:
        assert not visible
        return
    assert failing & visible
    assert failing - visible
    assert visible <= set(range(count))
    if failing - own and failing & own:
        assert not failing & own & visible, "what fails of the tests' own stays hidden"


def test_checks_that_do_not_hold_today_or_not_always_are_dropped():
    checks = tuple(Check(str(at), b"", b"") for at in range(5))
    suite = Suite(checks, tuple("abcde"), frozenset((0, 3)))
    kept = narrowed(suite, [True, False, True, True, None], [True, False, None, False, False])
    assert [check.id for check in kept.checks] == ["0", "3"]
    assert (kept.calls, kept.own, kept.failing) == (("a", "d"), frozenset((0, 1)), frozenset((1,)))


@pytest.mark.parametrize(
    ("subject", "told"),
    [
        ("Take the limit, too", True),
        ("Use >= for the limit", False),
        ("Compare with limit + 1, not + 2", False),
        ("", False),
    ],
)
def test_the_message_is_told_unless_it_holds_the_answer(subject, told):
    change = Change("pick", FUNCTION, FUNCTION.replace("item > limit", "item >= limit").replace("+ 1", "+ 2"))
    assert bool(asked(subject, change)) is told
