"""A program text read once: its tree, where each node stands in the text, and the blocks that its statements form."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from core.errors import EditError
from envs.edits.candidate import Span
from envs.edits.program import Function, function_node
from envs.edits.tree import parsed, walk

N = TypeVar("N", bound=ast.AST)
# Nested definitions keep their signatures; what stands inside an f-string has no usable position before Python 3.12.
_CLOSED: dict[type[ast.AST], frozenset[str]] = {
    ast.JoinedStr: frozenset({"values"}),
    ast.FunctionDef: frozenset({"args", "decorator_list", "returns", "type_params"}),
    ast.AsyncFunctionDef: frozenset({"args", "decorator_list", "returns", "type_params"}),
    ast.ClassDef: frozenset({"bases", "keywords", "decorator_list", "type_params"}),
    ast.Lambda: frozenset({"args"}),
    ast.AnnAssign: frozenset({"annotation"}),
    ast.Match: frozenset({"cases"}),
    ast.Compare: frozenset({"ops"}),
}


class Slot(NamedTuple):
    """The place of a node: the field of its parent, and its position where that field is a list (else -1)."""

    parent: ast.AST
    field: str
    position: int


class Block(NamedTuple):
    """
    A list of statements that each stand on lines of their own, indented by ``indent``; a docstring is left out.

    ``depth``: in how many blocks of the function it lies. ``in_loop``: whether ``break`` may stand in it.
    """

    owner: ast.AST
    field: str
    statements: list[ast.stmt]
    indent: str
    depth: int
    in_loop: bool


class View:
    """
    A parsed program text.

    Raises:
        EditError: it doesn't parse, or isn't one function under its headers.
    """

    def __init__(self, text: str) -> None:
        try:
            tree = parsed(text)
        except (SyntaxError, ValueError, RecursionError) as error:
            raise EditError(f"the program does not parse: {error}") from error
        self.text = text
        self.tree = tree
        self.function: Function = function_node(tree)
        self._starts = _line_starts(text)
        self._ascii = text.isascii()
        self._lines = [] if self._ascii else text.split("\n")
        self._nodes: dict[type[ast.AST], list[Any]] = {}
        self._slots: dict[int, Slot] = {}
        self._spans: dict[int, Span] = {}
        self._line_spans: dict[int, Span] = {}
        self._names: dict[int, list[ast.Name]] = {}
        self.blocks: list[Block] = []
        self.order: list[ast.AST] = []
        # What the operators worked out from this text and share.
        self.memo: dict[str, Any] = {}
        body = self.function.body
        skip = 1 if _is_docstring(body[0]) else 0
        self.body_span = (self.line_start(body[0].lineno), self.end(body[-1]))
        self._walk_list(self.function, "body", body, 0, False, skip)

    # Nodes -------------------------------------------------------------------------------------------------

    def all(self, kind: type[N]) -> list[N]:
        """The nodes of one type inside the function's body, outermost first, in the order of the text."""
        return self._nodes.get(kind, [])

    def slot(self, node: ast.AST) -> Slot:
        """Where a node of the body stands in the tree."""
        return self._slots[id(node)]

    def known(self, node: ast.AST) -> bool:
        """Whether the node is part of the body that may be edited."""
        return id(node) in self._slots

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """The node's parents inside the function, innermost first; the function itself is the last."""
        while (slot := self._slots.get(id(node))) is not None:
            node = slot.parent
            yield node

    def names_below(self, node: ast.AST) -> list[ast.Name]:
        """The names in a node, breadth first, as ``ast.walk`` meets them."""
        found = self._names.get(id(node))
        if found is None:
            found = self._names[id(node)] = [each for each in walk(node) if isinstance(each, ast.Name)]
        return found

    # Text --------------------------------------------------------------------------------------------------

    def start(self, node: ast.AST) -> int:
        """Character offset of the node's first character."""
        if (span := self._spans.get(id(node))) is not None:
            return span[0]
        return self._offset(node.lineno, node.col_offset)  # type: ignore[attr-defined]

    def end(self, node: ast.AST) -> int:
        """Character offset after the node's last character."""
        if (span := self._spans.get(id(node))) is not None:
            return span[1]
        return self._offset(node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]

    def span(self, node: ast.AST) -> Span:
        """The node's characters; parentheses around an expression aren't part of it."""
        try:
            return self._spans[id(node)]
        except KeyError:
            return self.start(node), self.end(node)

    def source(self, node: ast.AST) -> str:
        """The node's text."""
        try:
            start, end = self._spans[id(node)]
        except KeyError:
            start, end = self.span(node)
        return self.text[start:end]

    def line_start(self, line: int) -> int:
        """Offset of the first character of a line (from 1)."""
        return self._starts[line - 1]

    def line_end(self, line: int) -> int:
        """Offset after a line's newline (from 1)."""
        return self._starts[line] if line < len(self._starts) else len(self.text)

    def lines(self, first: ast.stmt, last: ast.stmt | None = None) -> Span:
        """The whole lines from the statement ``first`` to the statement ``last``, the final newline included."""
        if last is not None and last is not first:
            return self.lines(first)[0], self.lines(last)[1]
        found = self._line_spans.get(id(first))
        if found is None:
            found = self.line_start(first_line(first)), self.line_end(first.end_lineno or first.lineno)
            self._line_spans[id(first)] = found
        return found

    def indent(self, statement: ast.stmt) -> str:
        """What stands before the statement on its line."""
        line = first_line(statement)
        start = self.line_start(line)
        column = statement.col_offset
        return self.text[start : start + column]

    def alone(self, statement: ast.stmt) -> bool:
        """Whether nothing but space and a comment shares the statement's lines."""
        after = self.text[self.end(statement) : self.line_end(statement.end_lineno or 0)].strip()
        return not self.indent(statement).strip() and (not after or after[0] == "#")

    def _offset(self, line: int, column: int) -> int:
        start = self._starts[line - 1]
        if self._ascii:
            return start + column
        text = self._lines[line - 1]
        return start + (column if text.isascii() else len(text.encode()[:column].decode()))

    # Reading -----------------------------------------------------------------------------------------------

    def _walk(self, node: ast.AST, depth: int, in_loop: bool) -> None:
        self.order.append(node)
        kind = type(node)
        if "end_lineno" in kind._attributes:
            first = self._offset(node.lineno, node.col_offset)  # type: ignore[attr-defined]
            self._spans[id(node)] = first, self._offset(node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]
        self._nodes.setdefault(kind, []).append(node)
        closed = _CLOSED.get(kind, ())
        for field in node._fields:
            if field in closed:
                continue
            value = getattr(node, field, None)
            if isinstance(value, ast.AST):
                if isinstance(value, ast.expr):
                    self._slots[id(value)] = Slot(node, field, -1)
                    self._walk(value, depth, in_loop)
            elif isinstance(value, list) and value and isinstance(value[0], ast.AST | None):
                self._walk_list(node, field, value, depth, _looping(node, field, in_loop))
        if kind is ast.Match:
            self._walk_match(node, depth, in_loop)

    def _walk_list(
        self, parent: ast.AST, field: str, nodes: list[Any], depth: int, in_loop: bool, skip: int = 0
    ) -> None:
        for index, node in enumerate(nodes):
            if (
                node is not None
                and index >= skip
                and not (isinstance(node, ast.stmt) and _is_docstring_of(parent, node, index))
            ):
                self._slots[id(node)] = Slot(parent, field, index)
        if isinstance(nodes[0], ast.stmt):
            self._add_block(parent, field, [n for n in nodes if id(n) in self._slots], depth, in_loop)
            depth += 1
        for node in nodes:
            if node is not None and id(node) in self._slots:
                self._walk(node, depth, in_loop)

    def _walk_match(self, node: ast.AST, depth: int, in_loop: bool) -> None:
        # Patterns are not expressions: only the cases' guards and bodies are open to edits.
        for case in node.cases:  # type: ignore[attr-defined]
            self._slots[id(case)] = Slot(node, "cases", -1)
            if case.guard is not None:
                self._slots[id(case.guard)] = Slot(case, "guard", -1)
                self._walk(case.guard, depth, in_loop)
            self._walk_list(case, "body", case.body, depth, in_loop)

    def _add_block(self, owner: ast.AST, field: str, statements: list[ast.stmt], depth: int, in_loop: bool) -> None:
        if not statements or self._is_elif(owner, field, statements):
            return
        whole = self.text[self.lines(statements[-1])[1] - 1] == "\n"
        if whole and all(self.alone(each) for each in statements):
            self.blocks.append(Block(owner, field, statements, self.indent(statements[0]), depth, in_loop))

    def _is_elif(self, owner: ast.AST, field: str, statements: list[ast.stmt]) -> bool:
        first = statements[0]
        return (
            isinstance(owner, ast.If)
            and field == "orelse"
            and isinstance(first, ast.If)
            and self.text.startswith("elif", self.start(first))
        )


@lru_cache(maxsize=16)
def view_of(text: str) -> View:
    """The view of a text, which whoever asks for it shares with others: not to be changed."""
    return View(text)


def first_line(statement: ast.stmt) -> int:
    """The statement's first line, decorators included."""
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min((statement.lineno, *(each.lineno for each in decorators)))


def _looping(node: ast.AST, field: str, in_loop: bool) -> bool:
    if isinstance(node, ast.For | ast.AsyncFor | ast.While):
        return field == "body" or in_loop
    return in_loop and not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _is_docstring_of(parent: ast.AST, node: ast.stmt, index: int) -> bool:
    definitions = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    return index == 0 and isinstance(parent, definitions) and _is_docstring(node)


def _line_starts(text: str) -> list[int]:
    starts = [0]
    at = text.find("\n")
    while at >= 0:
        starts.append(at + 1)
        at = text.find("\n", at + 1)
    return starts
