"""Outcomes of examples: which may be shown in a docstring, and tempting wrong ones."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from envs.tasks.documentation.visible import Example

_LONGEST = 90
_RAISED = "Traceback (most recent call last):\n    ...\n"


def presentable(example: Example) -> bool:
    """
    Short, and the same in every process: a value that can be read back and holds no set (whose order is the hash
    seed's), or an exception with a message of one line.
    """
    text = example.shown
    if not text or any(bad in example.lines for bad in ("\\", '"""', "0x", "<")) or not example.lines.isascii():
        return False
    if text.startswith(_RAISED):
        message = text.removeprefix(_RAISED)
        return "\n" not in message and len(message) <= _LONGEST
    return len(text) <= _LONGEST and "\n" not in text and _ordered(text)


def _ordered(text: str) -> bool:
    try:
        nodes = list(ast.walk(ast.parse(text, mode="eval")))
    except (SyntaxError, ValueError, RecursionError):
        return False
    names = {each.id for each in nodes if isinstance(each, ast.Name)}
    return not any(isinstance(each, ast.Set) for each in nodes) and not names & {"set", "frozenset"}


def distorted(example: Example, examples: Sequence[Example], index: int) -> list[Example]:
    """The same call with outcomes that it doesn't have: another call's, a changed value, one of another type."""
    found = []
    for step in range(1, len(examples)):
        other = examples[(index + step) % len(examples)].shown
        if other != example.shown:
            found.append(other)
            break
    found.append(_changed(example.shown))
    return [Example(example.call, text) for text in dict.fromkeys(found) if text and text != example.shown]


def _changed(shown: str) -> str:
    if shown.startswith(_RAISED):
        return "None"
    try:
        value = ast.literal_eval(shown)
    except (SyntaxError, ValueError):
        return "None"
    if isinstance(value, bool):
        return repr(not value)
    if isinstance(value, int | float):
        return repr(value + 1)
    if isinstance(value, str):
        return value if value.strip() and value.isprintable() and not value.startswith(">>>") else "None"
    if isinstance(value, list | tuple) and value:
        return repr(value[1:] if len(value) > 1 else value * 2)
    return "None"
