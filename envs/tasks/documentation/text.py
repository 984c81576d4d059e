"""Where the docstring of a program text stands, its lines, and how it is shown to a policy."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from envs.edits.program import Function, function_node
from envs.tasks.ruff_rules import line_starts

QUOTES = '"""'
_CHUNK = 3


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a docstring: what it says without its indentation, that indentation, and where its text ends."""

    text: str
    indent: int
    end: int


@dataclass(frozen=True, slots=True)
class Docstring:
    """
    A docstring of a program text: ``[start, end)`` with its quotes, its cleaned ``text``, and its ``lines`` where it
    can be edited line by line: in plain triple quotes, without escapes. ``indent``: of the function's body.
    """

    start: int
    end: int
    text: str
    lines: tuple[Line, ...]
    indent: str

    @property
    def inline(self) -> bool:
        """Whether its closing quotes stand behind its last words."""
        return bool(self.lines) and self.lines[-1].end == self.end - len(QUOTES)

    @property
    def last(self) -> int:
        """The index of the last line that isn't empty."""
        return max((at for at, line in enumerate(self.lines) if line.text), default=0)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A program text that was read: its function, its docstring if any, and where its body's first line starts."""

    source: str
    node: Function
    docstring: Docstring | None
    body: int
    indent: str


@lru_cache(maxsize=256)
def read(source: str) -> Parsed:
    """
    Reads a program text.

    Raises:
        SyntaxError: it is no Python.
        EditError: it is no program text.
    """
    node = function_node(ast.parse(source))
    starts = line_starts(source)
    first = node.body[0]
    begin = starts[_below_signature(source.split("\n"), first.lineno) - 1]
    indent = " " * _column(source, starts, first.lineno, first.col_offset)
    if not is_text(first):
        return Parsed(source, node, None, begin, indent)
    start = offset(source, starts, first.lineno, first.col_offset)
    end = offset(source, starts, first.end_lineno or first.lineno, first.end_col_offset or 0)
    text = inspect.cleandoc(first.value.value)  # type: ignore[attr-defined]  # is_text
    return Parsed(source, node, Docstring(start, end, text, _lines(source, start, end), indent), begin, indent)


def _below_signature(lines: list[str], line: int) -> int:
    """The line (from 1) behind the signature: above the comments and blank lines before the first statement."""
    while not lines[line - 2].strip() or lines[line - 2].lstrip().startswith("#"):
        line -= 1
    return line


def is_text(node: ast.stmt) -> bool:
    """Whether a statement is a string alone."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def offset(source: str, starts: Sequence[int], line: int, column: int) -> int:
    """The character that a node's line (from 1) and column (in bytes) mean."""
    return starts[line - 1] + _column(source, starts, line, column)


def _column(source: str, starts: Sequence[int], line: int, column: int) -> int:
    text = source[starts[line - 1] : starts[line] - 1]
    return column if text.isascii() else len(text.encode()[:column].decode())


def _lines(source: str, start: int, end: int) -> tuple[Line, ...]:
    literal = source[start:end]
    inner = literal[len(QUOTES) : -len(QUOTES)]
    if not literal.startswith(QUOTES) or "\\" in inner:
        return ()
    lines, at = [], start + len(QUOTES)
    for text in inner.split("\n"):
        stripped = text.strip()
        end_of_text = at + len(text.rstrip()) if stripped else at
        lines.append(Line(stripped, len(text) - len(text.lstrip()), end_of_text))
        at += len(text) + 1
    # What stands before the closing quotes on their own line is no line of the text.
    if len(lines) > 1 and not lines[-1].text:
        lines.pop()
    # Cleaning drops empty lines at the start, and the indices would not agree.
    return tuple(lines) if lines[0].text else ()


def shown(source: str) -> str:
    """
    The program text that stands for ``source`` before a policy: a token has room for few words, so the docstring's
    lines become statements of their own, three words a literal.
    """
    parsed = read(source)
    doc = parsed.docstring
    if doc is None:
        return source
    rows = [_row(line) for _, line in _rows(doc)] or ["''"]
    return source[: doc.start] + f"\n{parsed.indent}".join(rows) + source[doc.end :]


def row_starts(source: str) -> dict[int, int]:
    """Where each line of the docstring (by its index) stands in ``shown(source)``; empty lines stand nowhere."""
    parsed = read(source)
    doc = parsed.docstring
    found, at = {}, doc.start if doc else 0
    for index, line in _rows(doc) if doc else ():
        found[index] = at
        at += len(_row(line)) + 1 + len(parsed.indent)
    return found


def _rows(doc: Docstring) -> list[tuple[int, str]]:
    return [(index, line) for index, line in enumerate(doc.text.split("\n")) if line.strip()]


def _row(line: str) -> str:
    words = line.split()
    return " ".join(repr(" ".join(words[at : at + _CHUNK])) for at in range(0, len(words), _CHUNK))


@lru_cache(maxsize=64)
def without_docstring(source: str) -> str:
    """
    What ``ast.dump`` gives of a program text less its docstring: equal ones do the same.

    Raises:
        SyntaxError, EditError: as ``read``.
    """
    tree = ast.parse(source)
    node = function_node(tree)
    if is_text(node.body[0]):
        node.body = node.body[1:]
    return ast.dump(tree)


def bare(source: str) -> str:
    """The program text with its docstring taken out, and the lines that it stood on; at least ``pass`` stays."""
    parsed = read(source)
    doc = parsed.docstring
    if doc is None:
        return source
    if len(parsed.node.body) == 1:
        return source[: doc.start] + "pass" + source[doc.end :]
    after = source[doc.end :].lstrip(" ;")
    rest = after.lstrip("\n") if after.startswith("\n") else parsed.indent + after
    lines = rest.split("\n")
    while lines and not lines[0].strip():
        lines.pop(0)
    return source[: doc.start].rstrip(" ") + "\n".join(lines)


def with_docstring(source: str, text: str) -> str:
    """``source`` (without a docstring) with ``text`` (cleaned) as its docstring, in the project's usual layout."""
    parsed = read(source)
    return source[: parsed.body] + literal(text, parsed.indent) + "\n" + source[parsed.body :]


def literal(text: str, indent: str) -> str:
    """The lines of a docstring in triple quotes, indented, without a line end."""
    rows = [f"{indent}{line}".rstrip() for line in text.split("\n")]
    rows[0] = f"{indent}{QUOTES}{rows[0].strip()}"
    return "\n".join(rows) + (f"\n{indent}{QUOTES}" if len(rows) > 1 else QUOTES)
