"""
Inputs and outcomes in a few words that mean the same for any function: what sort of values they are made of. A policy
sees these instead of the values, which are others for each function and far too many tokens.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache

from envs.tasks.testing.pool import Entry

MOST_WORDS = 4
_WRAPPERS = frozenset({"list", "repr", "vars"})
_FEW = 2
_RARE = 0.15  # of the inputs


@lru_cache(maxsize=4096)
def input_name(entry: Entry) -> str:
    """A name for the input, of what its arguments are, those of an instance's constructor first."""
    made = _arguments(entry.made) if entry.made else []
    words = [_sort(each) for each in (*made, *_arguments(entry.act or entry.call))]
    return "_".join(("", *(words[:MOST_WORDS] or ["nothing"])))


def outcome_words(pool: Sequence[Entry]) -> tuple[str, ...]:
    """For each entry what sort of outcome it has, and whether that is the only one of its kind, rare or common."""
    counts = Counter(entry.outcome for entry in pool)
    return tuple(f"{said(entry.outcome)} {_share(counts[entry.outcome], len(pool))}" for entry in pool)


def said(outcome: str) -> str:
    """What sort of value an expression gives; the name of an exception as it is."""
    return _sort(ast.parse(outcome, mode="eval").body)


def _share(count: int, of: int) -> str:
    if count == 1:
        return "single"
    return "rare" if count <= _RARE * of else "common"


def _arguments(call: str) -> list[ast.expr]:
    node = ast.parse(call, mode="eval").body
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _WRAPPERS and node.args:
        node = node.args[0]
    return list(_inside(node))


def _inside(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.Attribute):
        yield from _inside(node.value)
    elif isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute):
            yield from _inside(node.func.value)
        yield from node.args
        yield from (keyword.value for keyword in node.keywords)


def _sort(node: ast.expr) -> str:
    """One word for a value."""
    if isinstance(node, ast.Constant):
        return _constant(node.value)
    if isinstance(node, ast.UnaryOp):
        return "minus" + _sort(node.operand)
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return _many(len(node.elts)) + type(node).__name__.lower()
    if isinstance(node, ast.Dict):
        return _many(len(node.keys)) + "dict"
    if isinstance(node, ast.Call):
        return _sort(node.func)
    if isinstance(node, ast.Attribute):
        return node.attr.lower()
    return node.id if isinstance(node, ast.Name) else type(node).__name__.lower()


def _constant(value: object) -> str:
    if isinstance(value, bool) or value is None or value is Ellipsis:
        return str(value).lower()
    if isinstance(value, int | float | complex):
        size = "zero" if value == 0 else "one" if value == 1 else ""
        return size or "number" if isinstance(value, int) else f"float{size or 'fraction'}"
    if isinstance(value, bytes):
        return _many(len(value)) + "bytes"
    return _text(str(value))


def _text(value: str) -> str:
    if not value:
        return "emptytext"
    if len(value) == 1:
        return "letter" if value.isalnum() else "sign"
    if value.isdigit():
        return "digits"
    if value.isidentifier():
        return "lowerword" if value.islower() else "word"
    return "phrase" if any(map(str.isspace, value)) else "signs"


def _many(count: int) -> str:
    if count == 0:
        return "empty"
    return "one" if count == 1 else "few" if count <= _FEW else "many"
