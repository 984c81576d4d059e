"""Edits of a text: parsed by statements, and as a whole."""

from __future__ import annotations

import ast
import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.records import Edit
from envs.edits.grammar import apply
from envs.edits.reparse import Reparsed, parses

TEXT = textwrap.dedent(
    '''
    class Shape:
        """A shape."""

        @property
        def area(self, scale=1, *, name="ä"):
            """Its area."""
            total = 0
            for index, side in enumerate(self.sides):  # all of them
                if side < 0: continue
                if not index:
                    total += (
                        side * scale
                    )
                elif name == "é":
                    total = max(total, side); total -= 1
                else:
                    total *= 2
            try:
                with self.lock:
                    return total
            except (ValueError, TypeError) as error:
                raise RuntimeError(f"no {name}") from error
            return """several
        lines"""
    '''
)
PIECES = [
    "",
    "x",
    "x = 1\n",
    "    ",
    "        x = 1\n",
    "else:",
    "\n",
    "if x:\n",
    "#",
    '"""',
    "\\\n",
    ")",
    "return",
    "el",
    "\t",
]


def test_texts_that_are_python_and_texts_that_are_not() -> None:
    assert parses(TEXT)
    assert not parses(TEXT + "def")
    assert not parses("x = \0")
    assert not parses("(" * 1000)


@settings(max_examples=600, deadline=None)
@given(st.integers(0, len(TEXT)), st.integers(0, 40), st.lists(st.sampled_from(PIECES), max_size=3).map("".join))
def test_an_edit_parses_as_the_whole_text_does(start: int, size: int, replacement: str) -> None:
    edit = Edit("shape.py", start, min(start + size, len(TEXT)), replacement, "any")
    assert Reparsed(TEXT).parses(edit) == parses(apply(TEXT, edit))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_edits_of_whole_lines_parse_as_the_whole_text_does(data: st.DataObject) -> None:
    starts = [0, *(at + 1 for at, letter in enumerate(TEXT) if letter == "\n")]
    start, end = sorted(data.draw(st.tuples(st.sampled_from(starts), st.sampled_from(starts))))
    depth, words = (
        data.draw(st.integers(0, 5)),
        data.draw(st.sampled_from(["pass", "if x:", "else:", "x = (", "return 1"])),
    )
    edit = Edit("shape.py", start, end, " " * 4 * depth + words + "\n", "any")
    assert Reparsed(TEXT).parses(edit) == parses(apply(TEXT, edit))


def test_only_the_statement_that_is_touched_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    whole = ast.parse
    at = TEXT.index("total, side")
    text = Reparsed(TEXT)

    def seen(source: str) -> ast.Module:
        asked.append(len(source))
        return whole(source)

    monkeypatch.setattr(ast, "parse", seen)
    assert text.parses(Edit("shape.py", at, at + 5, "scale", "any"))
    assert asked
    assert max(asked) < len(TEXT) / 2
