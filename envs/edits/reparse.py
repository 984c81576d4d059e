"""
Whether an edited text is still Python, told from the statements that the edit touches.

Parsing a whole function for each of hundreds of candidate edits costs more than all else about them. Statements on
lines of their own can be parsed alone: where their new text is a suite of the same indentation, the rest of the text
goes on meaning what it did. Where it isn't, the whole text is parsed, so that the answer is the same as of ``parses``.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from typing import NamedTuple

from core.records import Edit
from envs.edits.grammar import apply
from envs.encoding.syntax import line_starts

# A suite at any depth is parsed below this line.
_HEAD = "if 1:\n"
# With these in it, lines of the text need not be what the parser takes for lines.
_ODD = ("\\\n", "\t", "\f", "\r")


class _Suite(NamedTuple):
    """A statement on lines ``[start, end)`` (offsets) of its own, and its column."""

    start: int
    end: int
    column: int


class Reparsed:
    """A text that parses, read once, to be asked about many edits of it."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._suites = [] if any(odd in text for odd in _ODD) else list(_suites(text))

    def parses(self, edit: Edit) -> bool:
        """Whether the text with ``edit`` applied is Python."""
        suite = self._around(edit)
        if suite is not None and not any(odd in edit.replacement for odd in _ODD):
            before, after = self._text[suite.start : edit.start], self._text[edit.end : suite.end]
            if _is_suite(before + edit.replacement + after, suite.column):
                return True
        return parses(apply(self._text, edit))

    def _around(self, edit: Edit) -> _Suite | None:
        """The smallest statement whose lines hold the whole edit."""
        inside = [suite for suite in self._suites if suite.start <= edit.start and edit.end <= suite.end]
        return min(inside, key=lambda suite: suite.end - suite.start, default=None)


def parses(text: str) -> bool:
    """Whether ``text`` is Python."""
    return _parsed(text) is not None


def _suites(text: str) -> Iterator[_Suite]:
    starts = [*line_starts(text), len(text)]
    lines = [line.encode() for line in text.split("\n")]  # a tree's columns are bytes
    tree = _parsed(text)
    for node in ast.walk(tree) if tree is not None else ():
        if not isinstance(node, ast.stmt) or not node.col_offset or node.end_lineno is None:
            continue
        first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])
        before, at = lines[node.lineno - 1][: node.col_offset], lines[node.lineno - 1][node.col_offset :]
        after = lines[node.end_lineno - 1][node.end_col_offset :].strip()
        # A branch that begins with elif is no statement of its own.
        if not before.strip() and not at.startswith(b"elif") and (not after or after.startswith(b"#")):
            yield _Suite(starts[first - 1], starts[node.end_lineno], node.col_offset)


def _is_suite(text: str, column: int) -> bool:
    """Whether ``text`` is statements at ``column``, and nothing after them."""
    tree = _parsed(_HEAD + text)
    if tree is None or len(tree.body) != 1:
        return False
    head = tree.body[0]
    # What ends within a line would take the next one with it.
    return isinstance(head, ast.If) and not head.orelse and head.body[0].col_offset == column and text.endswith("\n")


def _parsed(text: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return None
