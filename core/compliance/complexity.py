"""Cyclomatic complexity of a function (McCabe, "A Complexity Measure", IEEE TSE 2(4), 1976), from its syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator

Function = ast.FunctionDef | ast.AsyncFunctionDef
_DECISIONS = (ast.If, ast.IfExp, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler)


def complexity(function: Function) -> int:
    """
    One, and one more for every ``if`` (statement, expression, guard of a case, filter of a comprehension), loop
    (statement or in a comprehension), ``except``, each ``and`` and ``or``, and each case of a ``match`` that can be
    passed by. What is nested in a function or class of its own counts there; a lambda counts here. An ``assert`` is no
    branch, as in ruff's C901: a test with ten of them is not complex.
    """
    return 1 + sum(map(_decisions, inside(function)))


def inside(function: Function) -> Iterator[ast.AST]:
    """The nodes of a function's body, without those of nested functions and classes."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, Function | ast.ClassDef):
            waiting += ast.iter_child_nodes(node)


def _decisions(node: ast.AST) -> int:
    match node:
        case ast.BoolOp():
            return len(node.values) - 1
        case ast.comprehension():
            return 1 + len(node.ifs)
        case ast.match_case():
            return (node.guard is not None) + (not _always(node.pattern))
        case _:
            return int(isinstance(node, _DECISIONS))


def _always(pattern: ast.pattern) -> bool:
    """Whether everything matches: a name, or ``_``."""
    return isinstance(pattern, ast.MatchAs) and (pattern.pattern is None or _always(pattern.pattern))
