"""What can be taken out of a real function, so that it is a feature to implement again."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from envs.edits.lines import JUMPS, is_elif, reindented
from envs.edits.view import Block, View, first_line
from envs.tasks.feature.places import STUB

MAX_BODY = 5
_SIMPLE = ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Expr | ast.Return | ast.Raise | ast.Delete
_DEFINITIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom
_COMPOUND = ast.For | ast.While | ast.With | ast.Try


class Removal(NamedTuple):
    """``[start, end)`` of the reference gave way to ``left``; ``nodes``: what was there, for the statement's words."""

    kind: str
    start: int
    end: int
    left: str
    nodes: tuple[ast.AST, ...]

    def applied(self, source: str) -> str:
        """The text without it."""
        return source[: self.start] + self.left + source[self.end :]


def removals(view: View) -> list[Removal]:
    """Everything that can be taken out of the function, in the order of the text; comments right above go with it."""
    found: list[Removal] = []
    for block in view.blocks:
        for index, node in enumerate(block.statements):
            found += _of_statement(view, block, index, node)
    return [*found, *_of_body(view)]


def _of_statement(view: View, block: Block, index: int, node: ast.stmt) -> Iterator[Removal]:
    if isinstance(node, ast.If):
        yield _gone(view, block, node, _kind_of_if(node))
        yield from _arms(view, node)
    elif isinstance(node, ast.Try):
        yield from _handlers(view, block, node)
    if isinstance(node, _COMPOUND):
        yield _gone(view, block, node, "block")
    if isinstance(node, ast.For | ast.While) and node.orelse:
        yield from _else(view, node)
    if isinstance(node, _SIMPLE):
        yield _gone(view, block, node, "return" if isinstance(node, ast.Return) else "statement")
        following = block.statements[index + 1 : index + 2]
        if following and isinstance(following[0], _SIMPLE | ast.If) and not isinstance(node, JUMPS):
            yield _gone(view, block, node, "group", following[0])


def _kind_of_if(node: ast.If) -> str:
    if not node.orelse and len(node.body) == 1:
        if isinstance(node.body[0], JUMPS):
            return "guard"
        test = ast.unparse(node.test)
        if isinstance(node.body[0], ast.Assign) and ("is None" in test or test.startswith("not ")):
            return "default"
    return "branch"


def _gone(view: View, block: Block, first: ast.stmt, kind: str, last: ast.stmt | None = None) -> Removal:
    start, end = view.lines(first, last)
    whole = len(block.statements) == (1 if last is None else 2)
    nodes = (first,) if last is None else (first, last)
    return Removal(kind, _above(view, first, start), end, f"{block.indent}pass\n" if whole else "", nodes)


def _above(view: View, node: ast.stmt, start: int) -> int:
    """Where the comment lines above a statement begin."""
    line = first_line(node) - 1
    while line > 1 and view.text[view.line_start(line) : view.line_end(line)].lstrip().startswith("#"):
        start = view.line_start(line)
        line -= 1
    return start


def _arms(view: View, node: ast.If) -> Iterator[Removal]:
    """``else`` and every ``elif``, one at a time."""
    if not node.orelse:
        return
    below = node.orelse[0]
    if len(node.orelse) == 1 and isinstance(below, ast.If) and is_elif(view, below):
        at = view.line_start(below.lineno)
        last = below.body[-1]
        yield Removal("elif", at, view.lines(last)[1], "", (below.test, *below.body))
        if below.orelse:
            yield from _arms(view, below)
        return
    yield from _else(view, node)


def _else(view: View, node: ast.If | ast.For | ast.While) -> Iterator[Removal]:
    start, end = view.lines(node.body[-1])[1], view.lines(node.orelse[-1])[1]
    yield Removal("else", start, end, "", tuple(node.orelse))


def _handlers(view: View, block: Block, node: ast.Try) -> Iterator[Removal]:
    if len(node.handlers) > 1:
        for before, each in zip(node.handlers, node.handlers[1:], strict=False):
            start, end = view.lines(before.body[-1])[1], view.lines(each.body[-1])[1]
            yield Removal("handler", start, end, "", (each,))
    if len(node.handlers) == 1 and not node.orelse and not node.finalbody:
        inner = reindented(view, node.body[0], node.body[-1], block.indent)
        if inner is not None:
            yield Removal("try", *view.lines(node), inner, tuple(node.handlers))


def _of_body(view: View) -> Iterator[Removal]:
    """The whole body of a small function."""
    block = next((each for each in view.blocks if each.owner is view.function), None)
    if block is None or len(block.statements) > MAX_BODY:
        return
    if any(isinstance(each, _DEFINITIONS) for each in block.statements):
        return
    start, end = view.lines(block.statements[0], block.statements[-1])
    nodes = tuple(block.statements)
    yield Removal("body", _above(view, block.statements[0], start), end, f"{block.indent}raise {STUB}\n", nodes)
