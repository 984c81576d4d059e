"""Syntax trees: each text parsed once for all who ask, and a walk that leaves out what holds no text."""

from __future__ import annotations

import ast
from functools import lru_cache

_fields: dict[type[ast.AST], tuple[str, ...]] = {}
# Fields that hold contexts, operators, or no nodes at all.
_EMPTY = frozenset({"ctx", "op", "ops", "id", "attr", "arg", "type_comment", "kind", "simple", "conversion", "module"})


@lru_cache(maxsize=32)
def parsed(text: str) -> ast.Module:
    """
    The tree of a text, which whoever asks for it shares with others: not to be changed.

    Raises:
        SyntaxError: it doesn't parse.
    """
    return ast.parse(text)


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes right below in the order of ``ast.iter_child_nodes``, without contexts and operators."""
    kind = type(node)
    fields = _fields.get(kind)
    if fields is None:
        fields = _fields[kind] = tuple(name for name in kind._fields if name not in _EMPTY)
    found: list[ast.AST] = []
    for name in fields:
        value = getattr(node, name, None)
        if isinstance(value, ast.AST):
            found.append(value)
        elif isinstance(value, list):
            found.extend([item for item in value if isinstance(item, ast.AST)])
    return found


def walk(node: ast.AST) -> list[ast.AST]:
    """The node and all below it in the order of ``ast.walk``, without contexts and operators."""
    found = [node]
    for each in found:  # which grows meanwhile
        found.extend(children(each))
    return found
