"""Statements of a file as definitions and imports."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

Function = ast.FunctionDef | ast.AsyncFunctionDef


def name_of(node: ast.stmt) -> str:
    """The one name that a statement defines; empty where it is no unit."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return node.name
        case ast.Assign(targets=[ast.Name(id=name)]):
            return name
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
            return name
    return ""


def lines_of(node: ast.stmt) -> tuple[int, int]:
    """First (from 0) and last line, decorators included: a slice."""
    decorators = getattr(node, "decorator_list", [])
    return min((node.lineno, *(each.lineno for each in decorators))) - 1, node.end_lineno or node.lineno


def kind_of(node: ast.stmt) -> str:
    """Function, class or constant."""
    if isinstance(node, Function):
        return "function"
    return "class" if isinstance(node, ast.ClassDef) else "constant"


def insertion(node: Function) -> int:
    """The line (from 0) where a function's imports go: behind its docstring."""
    documented = ast.get_docstring(node, clean=False) is not None
    if documented and len(node.body) == 1:
        return node.body[0].end_lineno or node.body[0].lineno
    return lines_of(node.body[1] if documented else node.body[0])[0]


def hosts_of(node: ast.stmt) -> list[Function]:
    """The functions of a definition that can hold imports: itself or its methods."""
    inside = node.body if isinstance(node, ast.ClassDef) else [node]
    found = [each for each in inside if isinstance(each, Function)]
    return [each for each in found if each.body[0].lineno > each.lineno and each.body[0].col_offset]


def imports_of(names: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Import statements for (name, module) pairs, one a module, sorted."""
    by_module: dict[str, list[str]] = {}
    for name, module in names:
        by_module.setdefault(module, []).append(name)
    for module in sorted(by_module):
        yield f"from .{module} import {', '.join(sorted(by_module[module]))}"


def from_package(node: ast.AST) -> bool:
    """Whether it is ``from .module import name``."""
    return isinstance(node, ast.ImportFrom) and node.level == 1 and bool(node.module)
