"""Answers that measure better without being better."""

from __future__ import annotations

import ast
import re

from core.errors import EditError
from envs.edits.lines import removal
from envs.edits.view import Block
from envs.tasks.refactoring.reading import Code, code_of, reindented

_MOST = 12
_SIMPLE = ast.Assign | ast.AugAssign | ast.Expr | ast.Return | ast.Pass


def cheats(source: str) -> tuple[str, ...]:
    """States that try to get round the measures or the checks of a program text; nothing where it is none."""
    try:
        code = code_of(source)
    except EditError:
        return ()
    found = [*_dropped(code), _pressed(code), _bare(code), _hidden(code)]
    return tuple(each for each in found if each)


def _dropped(code: Code) -> list[str]:
    """Each compound statement removed: checks may not cover what it does."""
    found = []
    for block in code.blocks:
        for index, node in enumerate(block.statements):
            if isinstance(node, ast.If | ast.For | ast.While | ast.Try):
                start, end, new = removal(code.view, block, index)
                found.append(code.text[:start] + new + code.text[end:])
    return found[:_MOST]


def _pressed(code: Code) -> str:
    """Simple statements in a row on one line."""
    text = code.text
    for block in reversed(code.blocks):
        if len(block.statements) > 1 and all(_one_line(each) for each in block.statements):
            start, end = code.view.lines(block.statements[0], block.statements[-1])
            line = "; ".join(code.view.source(each) for each in block.statements)
            return f"{text[:start]}{block.indent}{line}\n{text[end:]}"
    return ""


def _one_line(node: ast.stmt) -> bool:
    return isinstance(node, _SIMPLE) and node.lineno == node.end_lineno


def _bare(code: Code) -> str:
    """Without its docstring."""
    node = code.function.body[0]
    if ast.get_docstring(code.function, clean=False) is None or len(code.function.body) < 2:
        return ""
    start, end = code.view.lines(node)
    return code.text[:start] + code.text[end:]


def _hidden(code: Code) -> str:
    """All of it in a nested function, where careless measures don't look."""
    block: Block | None = code.block(code.function)
    names = [each.arg for each in (*code.function.args.posonlyargs, *code.function.args.args)]
    if block is None or re.search(r"\b(yield|await|nonlocal)\b", code.text):
        return ""
    start, end = code.lead(block, 0), code.view.lines(block.statements[-1])[1]
    deep = block.indent + code.step(block)
    body = reindented(code.text[start:end], block.indent, deep)
    arguments = ", ".join(names)
    head, tail = f"{block.indent}def inner({arguments}):\n", f"{block.indent}return inner({arguments})\n"
    return "" if body is None else code.text[:start] + head + body + tail + code.text[end:]
