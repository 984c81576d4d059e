"""What a function works with, whatever its shape: what no refactoring may lose."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from envs.edits.program import function_node
from envs.tasks.refactoring.naming import magic

# What a refactoring may do without, or puts in: none of it tells what a function does.
_IDIOMS = frozenset(("append", "extend", "add", "keys", "items", "values", "get", "format", "join", "setdefault"))
_IDIOMS |= frozenset(dir(builtins))


def words_of(text: str) -> frozenset[str]:
    """Attributes, foreign names, telling literals (the docstring is one), exceptions that it raises."""
    function = function_node(ast.parse(text))
    bound = {
        node.id for node in ast.walk(function) if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)
    }
    bound |= {node.arg for node in ast.walk(function) if isinstance(node, ast.arg)}
    words = {word for node in ast.walk(function) for word in _words(node) if word not in bound}
    return frozenset(words | {repr(ast.get_docstring(function))})


def _words(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Attribute(attr=name) | ast.keyword(arg=str(name)) if name not in _IDIOMS:
            yield f".{name}"
        case ast.Name(id=name) if name not in _IDIOMS or name[:1].isupper():
            yield name
        case ast.Constant(value=value) if magic(node) and not _template(value):
            yield repr(value)


def _template(value: object) -> bool:
    """Ruff turns ``'{}'.format(x)`` and ``'%s' % x`` into f-strings."""
    return isinstance(value, str) and ("{" in value or "%" in value) and "\n" not in value


def lost(text: str, kept: frozenset[str]) -> int:
    """How many words of ``kept`` a text has no more."""
    return len(kept - words_of(text))
