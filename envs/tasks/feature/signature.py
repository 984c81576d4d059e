"""Whether a function is still the one that its callers know."""

from __future__ import annotations

import ast
from functools import lru_cache

from envs.edits.program import function_node


def differences(one: str, other: str) -> int:
    """
    How many of name, parameters (defaults and annotations too) and docstring differ between two program texts.

    Raises:
        SyntaxError, EditError: one of them is no program text.
    """
    return sum(a != b for a, b in zip(_known(one), _known(other), strict=True))


@lru_cache(maxsize=32)
def _known(text: str) -> tuple[str, str, str]:
    node = function_node(ast.parse(text))
    kind = type(node).__name__
    return f"{kind} {node.name}", ast.dump(node.args), ast.get_docstring(node, clean=False) or ""
