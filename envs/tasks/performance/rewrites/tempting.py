"""Edits that look like something and cost more, or give something else: copies, sorts and sets around what is there."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from envs.tasks.performance.sheet import Rewrite, Sheet

KINDS = ("wrap",)
_MOST = 8


def rewrites(sheet: Sheet) -> Iterator[Rewrite]:
    """Wraps of what loops go through."""
    loops = [node for node in sheet.nodes if isinstance(node, ast.For)]
    for loop in loops[:_MOST]:
        code = sheet.code(loop.iter)
        for name in ("list", "set"):
            yield Rewrite("wrap", (sheet.patch(loop.iter, f"{name}({code})"),), sheet.span(loop.iter), name)
