"""Edits that look like something and cost more, or give something else: copies, sorts, sets, work left out."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from envs.edits.tree import walk
from envs.tasks.performance.sheet import COMPREHENSIONS, Patch, Rewrite, Sheet, called

KINDS = ("wrap", "leave_out")
_MOST = 8
_FED = ("any", "all", "sum", "min", "max", "len", "enumerate", "zip", "map", "filter", "sorted", "list", "set", "tuple")


def rewrites(sheet: Sheet) -> Iterator[Rewrite]:
    """Wraps of what loops go through and tests look into, and statements of loops left out."""
    held = [node for node in sheet.nodes if _gone_through(sheet, node)]
    for node in held[:_MOST]:
        assert isinstance(node, ast.expr)
        code = sheet.code(node)
        for name in ("list", "set", "sorted"):
            if not called(node, name):
                yield Rewrite("wrap", (sheet.patch(node, f"{name}({code})"),), sheet.span(node), name)
    yield from _left_out(sheet)


def _gone_through(sheet: Sheet, node: ast.AST) -> bool:
    if not isinstance(node, ast.Name | ast.Attribute | ast.Call):
        return False
    parent = sheet.parents[node]
    if isinstance(parent, ast.For | ast.comprehension):
        return node is parent.iter
    if isinstance(parent, ast.Compare):
        return node in parent.comparators and isinstance(parent.ops[0], ast.In | ast.NotIn)
    fed = isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name) and parent.func.id in _FED
    return fed and node in parent.args  # type: ignore[attr-defined]


def _left_out(sheet: Sheet) -> Iterator[Rewrite]:
    """A statement of a loop, or a test of a comprehension, dropped."""
    for loop in sheet.loops:
        inside = [each for part in loop.body for each in walk(part) if isinstance(each, ast.stmt)]
        for statement in inside[:_MOST]:
            if len(sheet.block(statement)) > 1 and sheet.alone(statement):
                patch = Patch(*sheet.lines(statement), "")
                yield Rewrite("leave_out", (patch,), sheet.span(statement), "")
            if isinstance(statement, ast.Continue | ast.Assign | ast.AugAssign | ast.Expr) and sheet.alone(statement):
                yield Rewrite("leave_out", (sheet.patch(statement, "break"),), sheet.span(statement), "break")
    for node in sheet.nodes:
        if isinstance(node, COMPREHENSIONS):
            for test in [test for each in node.generators for test in each.ifs]:
                yield Rewrite("leave_out", (sheet.patch(test, "True"),), sheet.span(test), "True")
