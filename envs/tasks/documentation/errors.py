"""Raise statements: what they raise, when, with which words, and whether it gets out of the function."""

from __future__ import annotations

import ast
import builtins


def raised_names(node: ast.Raise, path: tuple[ast.AST, ...]) -> list[str]:
    """
    What a raise statement raises, as far as its text says so; a bare one what its handler caught. ``path``: the nodes
    around it, the outermost first.
    """
    raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    handler = next((each for each in reversed(path) if isinstance(each, ast.ExceptHandler)), None)
    if raised is None or (handler and isinstance(raised, ast.Name) and raised.id == handler.name):
        return [n for n in _handled(handler) if n not in ("Exception", "BaseException")] if handler else []
    name = raised.attr if isinstance(raised, ast.Attribute) else getattr(raised, "id", "")
    return [name] if name[:1].isupper() or isinstance(getattr(builtins, name, None), type) else []


def _handled(handler: ast.ExceptHandler) -> list[str]:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type] if handler.type else []
    return [each.attr if isinstance(each, ast.Attribute) else getattr(each, "id", "") for each in kinds]


def caught(name: str, node: ast.AST, path: tuple[ast.AST, ...]) -> bool:
    """Whether a try statement around catches it: by its name, or by that of a built-in class above it."""
    above = {each.__name__ for each in getattr(getattr(builtins, name, None), "__mro__", ())} | {name}
    above |= {"Exception", "BaseException"}
    for outer, inner in zip(path, (*path[1:], node), strict=True):
        if isinstance(outer, ast.Try) and inner in outer.body:
            for handler in outer.handlers:
                if handler.type is None or above & set(_handled(handler)):
                    return True
    return False


def condition(node: ast.AST, path: tuple[ast.AST, ...]) -> str:
    """What has to hold where ``node`` runs, as code: the test of the innermost if around it, or what was caught."""
    for outer, inner in zip(reversed(path), (node, *reversed(path)), strict=False):
        if isinstance(outer, ast.ExceptHandler):
            caught = " or ".join(_handled(outer))
            return f"except {caught}" if caught else ""
        if isinstance(outer, ast.If):
            test = ast.unparse(outer.test)
            return test if inner in outer.body else ast.unparse(ast.UnaryOp(ast.Not(), outer.test))
    return ""


def message(node: ast.Raise) -> str:
    """The words that an exception is raised with, without what is filled into them."""
    if not isinstance(node.exc, ast.Call) or not node.exc.args:
        return ""
    first = node.exc.args[0]
    if isinstance(first, ast.BinOp) and isinstance(first.op, ast.Mod):
        first = first.left
    if isinstance(first, ast.JoinedStr):
        texts = [str(each.value) for each in first.values if isinstance(each, ast.Constant)]
        return " ".join(" ".join(texts).split())
    return " ".join(first.value.split()) if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""
