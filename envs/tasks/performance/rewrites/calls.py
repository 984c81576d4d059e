"""Edits that have a built-in do what is done item by item."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from envs.tasks.performance.sheet import Rewrite, Sheet, called, method, tight

# Its edits are of the kind ``builtin``.
KINDS: tuple[str, ...] = ()


def rewrites(sheet: Sheet) -> Iterator[Rewrite]:
    """Every edit of this module."""
    for node in sheet.nodes:
        inner = node.args[0] if isinstance(node, ast.Call) and len(node.args) == 1 else None
        if isinstance(node, ast.Call) and isinstance(inner, ast.GeneratorExp | ast.ListComp):
            for name, text in _whole(sheet, node, inner):
                yield Rewrite("builtin", (sheet.patch(node, text),), sheet.span(node), name)


def _whole(sheet: Sheet, node: ast.Call, inner: ast.GeneratorExp | ast.ListComp) -> Iterator[tuple[str, str]]:
    """The name of the built-in and the call of it."""
    if len(inner.generators) > 1 or inner.generators[0].ifs:
        return
    each, item = inner.generators[0], inner.elt
    held = tight(each.iter, sheet.code(each.iter))
    one = isinstance(item, ast.Constant) and item.value == 1
    if called(node, "len") or (called(node, "sum") and one):
        yield "len", f"len({sheet.code(each.iter)})"
    if called(node, "sum") and isinstance(item, ast.Compare) and _same(sheet, item, each.target):
        yield "count", f"{held}.count({sheet.code(item.comparators[0])})"
    if not method(node, "join") or not isinstance(item, ast.IfExp) or not isinstance(item.test, ast.Compare):
        return
    if sheet.code(item.orelse) == sheet.code(each.target) and _same(sheet, item.test, each.target):
        yield "replace", f"{held}.replace({sheet.code(item.test.comparators[0])}, {sheet.code(item.body)})"


def _same(sheet: Sheet, test: ast.Compare, target: ast.expr) -> bool:
    return len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq) and sheet.code(test.left) == sheet.code(target)
