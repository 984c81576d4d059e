"""Inputs and outcomes in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envs.tasks.testing.pool import Entry
from envs.tasks.testing.words import input_name, outcome_words, said


@pytest.mark.parametrize(
    ("call", "name"),
    [
        ("f()", "_nothing"),
        ("f(0, 1, 7, -7)", "_zero_one_number_minusnumber"),
        ("f(1.5, key=None)", "_floatfraction_none"),
        ("list(f('', 'a', 'ab', 'a b'))", "_emptytext_letter_lowerword_phrase"),
        ("f([], [1], {1: 2, 3: 4}, (1, 2, 3))", "_emptylist_onelist_fewdict_manytuple"),
        ("Point(1, y=0).moved(True)", "_one_zero_true"),
        ("f(Point(1), os.path, b'', str)", "_Point_path_emptybytes_str"),
        ("f(1, 1, 1, 1, 1)", "_one_one_one_one"),
    ],
)
def test_an_input_is_called_by_the_sorts_of_its_arguments(call, name):
    assert input_name(Entry(call, "1", False, (1,))) == name


def test_an_instance_that_is_changed_is_told_with_what_is_done_to_it():
    assert input_name(Entry("it.x", "1", False, (1,), "", "Tally(3)", "it.add('')")) == "_number_emptytext"


def test_how_common_an_outcome_is_is_told():
    pool = [Entry(f"f({at})", "True" if at < 10 else str(at), False, (1,)) for at in range(12)]
    assert outcome_words(pool)[0] == "true common"
    assert outcome_words(pool)[11] == "number single"


@given(st.recursive(st.none() | st.integers() | st.text() | st.binary(), lambda inner: st.lists(inner, max_size=4)))
def test_any_value_has_one_word_that_is_a_name(value):
    assert said(repr(value)).isidentifier()
