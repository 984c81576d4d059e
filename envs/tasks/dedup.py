"""Near-copies: functions whose syntax trees are equal when names and texts are blanked out."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable

from core.records import Task
from core.seeding import digest
from envs.tasks.mining.record import MinedFunction


def shape(source: str) -> str:
    """
    The hash of a program's normalised tree: every name, attribute and argument renamed by its first use, strings and
    docstrings blanked, annotations dropped. Programs of equal shape are near-copies.
    """
    tree = _Normalise().visit(ast.parse(source))
    return digest(ast.dump(tree, annotate_fields=False))


class _Normalise(ast.NodeTransformer):
    def __init__(self) -> None:
        self.names: dict[str, str] = {}

    def _renamed(self, name: str) -> str:
        return self.names.setdefault(name, f"n{len(self.names)}")

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.name = "class"
        return self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.name = self._renamed(node.name)
        node.returns, node.decorator_list = None, []
        if ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:]
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.arg, node.annotation = self._renamed(node.arg), None
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = self._renamed(node.id)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        node.attr = self._renamed(node.attr)
        return node

    def visit_keyword(self, node: ast.keyword) -> ast.AST:
        self.generic_visit(node)
        node.arg = self._renamed(node.arg) if node.arg else None
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if isinstance(node.value, (str, bytes)):
            node.value = type(node.value)()
        return node


def shapes(functions: Iterable[MinedFunction]) -> frozenset[str]:
    """The shapes of mined functions."""
    return frozenset(shape(function.source) for function in functions)


def without_copies(functions: Iterable[MinedFunction], foreign: Collection[str] = ()) -> list[MinedFunction]:
    """The first function of each shape, and none whose shape is in ``foreign`` (that of another split)."""
    seen = set(foreign)
    kept = []
    for function in functions:
        key = shape(function.source)
        if key not in seen:
            seen.add(key)
            kept.append(function)
    return kept


def task_key(task: Task) -> tuple[str, str, tuple[str, ...]]:
    """Tasks of equal key are the same task: same function, same start state."""
    return task.module, task.qualname, tuple(file.text for file in task.files)
