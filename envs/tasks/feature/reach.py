"""A cheap look before a search: whether what is missing is small, or like something that a sibling has."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from functools import lru_cache

from envs.edits.tree import walk
from envs.tasks.feature.library import Fragments, fragments
from envs.tasks.feature.removals import Removal

# Nodes of the tree: ``if x is None: return f(y)`` has eight.
_SMALL, _SMALL_PART = 9, 6
_FIELDS = ("simple", "compound", "bodies", "tests", "values", "returns", "raises")


def within_reach(removal: Removal, source: str, siblings: Sequence[str]) -> bool:
    """False where nothing that is composed or taken from ``siblings`` is likely to be the missing part."""
    own = fragments(source)
    if own is None:
        return False
    shapes = _shapes(tuple(siblings))
    known = {text: shape in shapes for text, shape in _of_texts(own).items()}
    return all(_reached(node, known) for node in removal.nodes)


def _reached(node: ast.AST, known: dict[str, bool]) -> bool:
    if len(walk(node)) <= _SMALL or known.get(ast.unparse(node)):
        return True
    match node:
        case ast.If(test=test, body=[only], orelse=[]):
            return _part(test, known) and _part(only, known)
        case ast.ExceptHandler(body=[only]):
            return _part(only, known)
        case ast.Assign(value=value) | ast.Return(value=ast.expr() as value):
            return known.get(ast.unparse(value), False)
        case ast.Expr(value=ast.Call(args=[value])):
            return _part(value, known)
        case ast.Raise():
            return True
    return False


def _part(node: ast.AST, known: dict[str, bool]) -> bool:
    if isinstance(node, ast.Raise):
        return True
    inner = node.value if isinstance(node, ast.Return | ast.Assign) and node.value is not None else node
    return len(walk(inner)) <= _SMALL_PART or known.get(ast.unparse(node)) or known.get(ast.unparse(inner)) or False


@lru_cache(maxsize=64)
def _shapes(siblings: tuple[str, ...]) -> frozenset[str]:
    every = (found for found in map(fragments, siblings) if found is not None)
    return frozenset(shape for found in every for shape in _of_texts(found).values())


def _of_texts(found: Fragments) -> dict[str, str]:
    """Each piece's text with its shape: what is left without the local names."""
    return {piece.text: "_".join(piece.parts[::2]) for field in _FIELDS for piece in getattr(found, field)}
