"""Reading, placing and measuring docstrings: everything that needs no sandbox."""

import doctest
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envs.edits.program import function_node
from envs.tasks.documentation.closeness import closeness
from envs.tasks.documentation.conventions import (
    EXAMPLE,
    PARAMETER,
    RAISES,
    RETURNS,
    Convention,
    convention_of,
    entry,
)
from envs.tasks.documentation.facts import facts_of
from envs.tasks.documentation.measures import calls, is_summary, matches
from envs.tasks.documentation.outcomes import distorted, presentable
from envs.tasks.documentation.placing import place
from envs.tasks.documentation.reading import reading_of
from envs.tasks.documentation.style import faults
from envs.tasks.documentation.text import bare, read, row_starts, shown, with_docstring, without_docstring
from envs.tasks.documentation.visible import Example

SPLIT = """class Wrapper:
 def split(self, text, width=70, *, key: str = None, **kw):
     if width < 0:
         raise ValueError("the width is negative")
     try:
         parts = [text]
     except KeyError as error:
         raise
     except OSError as error:
         raise RuntimeError(error) from error
     def inner():
         raise TypeError
     return parts
"""
PARTS = [
    (PARAMETER, "text", "The text."),
    (PARAMETER, "width", "The width."),
    (RETURNS, "", "The parts."),
    (RAISES, "ValueError", "If the width is negative."),
    (EXAMPLE, "", ">>> Wrapper().split('a')\n['a']"),
]


def put(source: str, convention: Convention, part: tuple[str, str, str]) -> str:
    kind, name, says = part
    doc = read(source).docstring
    before = ["text"] if name == "width" else []
    found = place(doc, convention, kind, entry(convention, kind, name, "", says), before)
    return source[: found.at] + found.text + source[found.at :]


@pytest.mark.parametrize("convention", list(Convention))
@pytest.mark.parametrize("order", list(itertools.permutations(range(5)))[::7])
def test_parts_put_in_in_any_order_are_read_back_and_keep_to_the_style(convention, order):
    source = with_docstring(SPLIT, "Split the text.")
    for index in order:
        source = put(source, convention, PARTS[index])
    reading = reading_of(read(source).docstring.text, convention)
    assert reading.summary == "Split the text."
    assert [each.name for each in reading.parameters] == ["text", "width"] or convention is Convention.REST
    assert {each.name for each in reading.parameters} == {"text", "width"}
    assert len(reading.gives) == 1
    assert [each.name for each in reading.raises] == ["ValueError"]
    assert [(each.source, each.want) for each in reading.examples] == [("Wrapper().split('a')\n", "['a']\n")]
    assert faults(source, convention) == ()
    assert without_docstring(source) == without_docstring(SPLIT)
    assert bare(source) == SPLIT


def test_facts_are_those_that_get_out_of_the_function():
    facts = facts_of(SPLIT)
    assert [each.label for each in facts.parameters] == ["text", "width", "key", "**kw"]
    assert [each.kind for each in facts.parameters] == ["", "int", "str", ""]
    assert facts.errors == ("ValueError", "KeyError", "RuntimeError")
    assert facts.raised[0].when == "width < 0"
    assert facts.raised[0].message == "the width is negative"
    assert facts.owner == "Wrapper"
    assert [each.name for each in facts.returned] == ["parts"]
    for each in facts.parameters:
        assert SPLIT[slice(*each.span)] == each.name


@pytest.mark.parametrize(
    ("handler", "gets_out"),
    [("except ValueError", False), ("except Exception", False), ("except", False), ("except KeyError", True)],
)
def test_an_exception_that_is_caught_does_not_get_out(handler, gets_out):
    source = f"def f(a):\n    try:\n        raise ValueError(a)\n    {handler}:\n        return a\n"
    assert facts_of(source).errors == (("ValueError",) if gets_out else ())


def test_the_view_is_one_function_and_its_rows_are_where_they_are_said_to_be():
    source = put(with_docstring(SPLIT, "Split the text."), Convention.GOOGLE, PARTS[0])
    view = shown(source)
    lines = read(source).docstring.text.split("\n")
    for line, start in row_starts(source).items():
        assert view[start + 1 :].startswith(lines[line].split()[0])
    assert facts_of(view).errors == facts_of(source).errors
    assert shown(SPLIT) == SPLIT


@given(st.text(st.sampled_from("ab \n'\"\\\t:>ä"), max_size=40))
def test_any_docstring_can_be_shown_and_taken_out(text):
    source = f"def f(a):\n    {text!r}\n    return a\n"
    assert function_node(compile(shown(source), "<view>", "exec", 0x400)).name == "f"
    assert without_docstring(bare(source)) == without_docstring(source)
    for convention in Convention:
        reading_of(text, convention)


FRAGMENTS = [
    ":param",
    " x",
    ":",
    "\n",
    "    ",
    "Args:\n",
    "Returns\n-------\n",
    "Raises:",
    ">>> f(",
    "x -- y",
    ":returns",
    "...",
]


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=14).map("".join), st.sampled_from(Convention))
def test_whatever_looks_like_a_part_of_a_docstring_is_read_and_can_be_added_to(text, convention):
    reading_of(text, convention)
    source = with_docstring("def f(x):\n    return x\n", f"Do it.\n{text}".strip())
    for part in PARTS:
        grown = put(source, convention, part)
        assert without_docstring(grown) == without_docstring(source)
        assert read(grown).docstring.text.startswith("Do it.")


def test_taking_out_a_docstring_leaves_the_code_as_it_stood():
    assert bare('def f(a):\n    """Do it."""\n\n    # why\n    return a\n') == "def f(a):\n    # why\n    return a\n"
    assert bare('def f(a):\n    """Do it."""; return a\n') == "def f(a):\n    return a\n"
    assert bare('def f(a):\n    """Do it."""\n') == "def f(a):\n    pass\n"


@pytest.mark.parametrize(
    ("texts", "convention"),
    [
        (["Do.\n\nArgs:\n    x: It."], Convention.GOOGLE),
        (["Do.\n\nParameters\n----------\nx\n    It."], Convention.NUMPY),
        (["Do.\n\n:param x: It.", "Do."], Convention.REST),
        (["Do.", "Go.", "Be."], Convention.PLAIN),
        ([""], Convention.GOOGLE),
    ],
)
def test_the_convention_is_that_of_the_module(texts, convention):
    assert convention_of(texts) is convention


def test_style_is_judged_without_headers_and_nesting():
    indented = "if True:\n class A:\n        def f(self):\n            '''do it'''\n            return 1\n"
    assert {each.code for each in faults(indented, Convention.GOOGLE)} == {"D300", "D403", "D415"}
    assert faults(SPLIT, Convention.GOOGLE) == ()  # that it has none is another goal's


def test_closeness_knows_words_and_their_forms():
    original = "Convert the camel-cased words to dashes."
    assert closeness(original, original) == pytest.approx(1)
    near = closeness("Converts camel case words into dashes.", original)
    assert 0.5 < near < 1
    assert closeness("Return the value of it.", original) < 0.1 < near
    every = "Remove open read join camel socket buffer parse dashes tree node words index file graph text"
    assert closeness(every, original) < near
    assert closeness("", original) == 0


def test_a_name_or_a_note_is_no_summary():
    assert is_summary("Split the text.", "split")
    for text in ("", "split", "Split.", "split_text", "TODO: write this", "todo"):
        assert not is_summary(text, "split_text")


def example(text: str) -> doctest.Example:
    return doctest.DocTestParser().get_examples(text)[0]


def test_only_calls_of_the_function_are_examples_of_it():
    assert calls(example(">>> A().f(1)\n2"), "f")
    assert calls(example(">>> f(1)\n2"), "f")
    for text in (">>> 1\n1", ">>> f(1) == f(1)\nTrue", ">>> x = f(1)", ">>> f(1)", ">>> g(f)\n1", ">>> f(\n1"):
        assert not calls(example(text), "f")


def test_outcomes_are_compared_as_doctest_does():
    raised = example(">>> f(1)\nTraceback (most recent call last):\n    ...\nValueError: no")
    assert matches(raised, "", "ValueError: no\n")
    assert not matches(raised, "", "ValueError: yes\n")
    assert not matches(raised, "ValueError: no\n", None)
    assert matches(example(">>> f(1)\n2"), "2\n", None)
    assert not matches(example(">>> f(1)\n2"), "3\n", None)


def test_outcomes_that_differ_between_processes_are_not_shown():
    assert presentable(Example("f(1)", "[1, 'a']"))
    for shown_ in ("{1, 2}", "<object at 0x7f>", "frozenset({1})", "", "x y", "'\\n'", "[1,\n 2]"):
        assert not presentable(Example("f(1)", shown_))


@given(st.one_of(st.integers(), st.booleans(), st.text(max_size=9), st.lists(st.integers()), st.none()))
def test_distorted_outcomes_are_other_ones(value):
    one, other = Example("f(1)", repr(value)), Example("f(2)", "'other'")
    found = distorted(one, [one, other], 0)
    assert found or value is None
    assert all(each.call == one.call and each.shown != one.shown for each in found)
