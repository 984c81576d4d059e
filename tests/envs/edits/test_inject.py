import ast
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import EditError
from envs.edits.grammar import KINDS, apply, matching
from envs.edits.inject import inject, injectable
from envs.edits.same import same_tree

SOURCE = """\
def find(rows, key, low=0):
    high = len(rows)
    while low < high:
        middle = (low + high) // 2
        if rows[middle] < key:
            low = middle + 1
        else:
            high = middle
    return low
"""


def repaired(bug):
    text = bug.source
    for edit in bug.repairs:
        text = apply(text, edit)
    return text


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 3))
def test_the_repairs_lead_back_to_the_original(seed, bugs):
    bug = inject(SOURCE, np.random.default_rng(seed), bugs=bugs)
    assert len(bug.edits) == len(bug.repairs) == len(bug.operators) == bugs
    assert set(bug.operators) <= set(KINDS)
    assert not same_tree(ast.parse(bug.source), ast.parse(SOURCE))
    assert same_tree(ast.parse(repaired(bug)), ast.parse(SOURCE))
    text = SOURCE
    for edit in bug.edits:
        text = apply(text, edit)
    assert text == bug.source


def test_equal_seeds_give_equal_bugs():
    one, other = (inject(SOURCE, np.random.default_rng(5), bugs=2) for _ in range(2))
    assert one == other


def test_only_the_kinds_that_are_asked_for_are_used():
    for seed in range(10):
        assert set(inject(SOURCE, np.random.default_rng(seed), kinds={"comparison"}).operators) == {"comparison"}


def test_a_kind_with_many_places_is_no_likelier_than_one_with_few():
    kinds = {"name_local", "branches_swapped", "comparison", "integer_step"}
    rng = np.random.default_rng(0)
    drawn = Counter(inject(SOURCE, rng, kinds=kinds).operators[0] for _ in range(200))
    assert set(drawn) == kinds
    assert min(drawn.values()) > 25


def test_a_function_in_which_nothing_fits_is_an_error():
    with pytest.raises(EditError, match="no edit"):
        inject("def f():\n    pass\n", np.random.default_rng(0), kinds={"comparison"})


def test_one_edit_of_every_kind_that_goes_back_is_offered():
    edits = injectable(SOURCE, np.random.default_rng(0))
    kinds = [edit.operator for edit in edits]
    assert len(set(kinds)) == len(kinds) > 20
    assert all(matching(apply(SOURCE, edit), SOURCE) for edit in edits)
