"""Edits that look like something and cost more, or give something else: copies, sorts, sets, work left out."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TypeGuard

from envs.tasks.performance.sheet import COMPREHENSIONS, Patch, Rewrite, Sheet, called, method, tight

KINDS = ("wrap", "leave_out")
_MOST, _MOST_STATEMENTS = 8, 24
_FED = ("any", "all", "sum", "min", "max", "len", "enumerate", "zip", "map", "filter", "sorted", "list", "set", "tuple")


def rewrites(sheet: Sheet) -> Iterator[Rewrite]:
    """Wraps of what loops go through and tests look into, and statements of loops left out."""
    held = [node for node in sheet.nodes if _gone_through(sheet, node)][:_MOST]
    passed = [node for node in sheet.nodes if _passed_on(sheet, node) and node not in held][: _MOST - len(held) // 2]
    for node in (*held, *passed):
        code = sheet.code(node)
        for name in ("list", "set", "sorted"):
            if not called(node, name):
                yield Rewrite("wrap", (sheet.patch(node, f"{name}({code})"),), sheet.span(node), name)
    yield from _left_out(sheet)
    yield from _other_displays(sheet)


def _passed_on(sheet: Sheet, node: ast.AST) -> TypeGuard[ast.expr]:
    """Whether a node is a plain argument, what a method is called on, or what is given back."""
    if not isinstance(node, ast.Name | ast.Attribute) or not isinstance(node.ctx, ast.Load):
        return False
    parent = sheet.parents[node]
    called_on = isinstance(parent, ast.Attribute) and method(sheet.parents[parent], parent.attr) is not None
    return called_on or isinstance(parent, ast.Return) or (isinstance(parent, ast.Call) and node in parent.args)


def _gone_through(sheet: Sheet, node: ast.AST) -> TypeGuard[ast.expr]:
    if not isinstance(node, ast.Name | ast.Attribute | ast.Call):
        return False
    parent = sheet.parents[node]
    if isinstance(parent, ast.For | ast.comprehension):
        return node is parent.iter
    if isinstance(parent, ast.Compare):
        return node in parent.comparators and isinstance(parent.ops[0], ast.In | ast.NotIn)
    if not isinstance(parent, ast.Call) or not isinstance(parent.func, ast.Name):
        return False
    return parent.func.id in _FED and node in parent.args


def _left_out(sheet: Sheet) -> Iterator[Rewrite]:
    """A statement, a test of a comprehension, an operand of a condition dropped; a loop left at some place."""
    for statement in [node for node in sheet.nodes if isinstance(node, ast.stmt) and sheet.alone(node)][
        :_MOST_STATEMENTS
    ]:
        if len(sheet.block(statement)) > 1:
            yield Rewrite("leave_out", (Patch(*sheet.lines(statement), ""),), sheet.span(statement), "")
        simple = isinstance(statement, ast.Continue | ast.Assign | ast.AugAssign | ast.Expr)
        if simple and sheet.enclosing(statement):
            yield Rewrite("leave_out", (sheet.patch(statement, "break"),), sheet.span(statement), "break")
    for node in sheet.nodes:
        if isinstance(node, COMPREHENSIONS):
            for test in [test for each in node.generators for test in each.ifs]:
                yield Rewrite("leave_out", (sheet.patch(test, "True"),), sheet.span(test), "True")
        if isinstance(node, ast.BoolOp):
            for value in node.values[:_MOST]:
                yield Rewrite("leave_out", (sheet.patch(node, tight(value, sheet.code(value))),), sheet.span(value), "")


def _other_displays(sheet: Sheet) -> Iterator[Rewrite]:
    """A list made a set, a tuple or a generator, wherever it stands."""
    for node in sheet.nodes:
        if not isinstance(node, ast.List | ast.ListComp) or not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
            continue
        inner = sheet.code(node)[1:-1].rstrip(", ")
        if isinstance(node, ast.ListComp):
            texts = {"set": f"{{{inner}}}", "for": f"({inner})"}
        elif node.elts:
            texts = {"set": f"{{{inner}}}", "tuple": f"({inner},)"}
        else:
            texts = {"set": "set()", "tuple": "()", "dict": "{}"}
        for name, text in texts.items():
            yield Rewrite("container", (sheet.patch(node, text),), sheet.span(node), name)
