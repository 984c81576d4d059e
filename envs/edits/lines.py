"""Statements as lines of text: taken out, put in, and indented anew."""

from __future__ import annotations

import ast
import re

from envs.edits.candidate import Span
from envs.edits.tree import walk
from envs.edits.view import Block, View

# Indenting the inside of such a string anew would change its value.
_FRAGILE = re.compile(r"\"\"\"|'''|\\\n")
JUMPS = ast.Return | ast.Break | ast.Continue | ast.Raise


def reindented(view: View, first: ast.stmt, last: ast.stmt, indent: str) -> str | None:
    """The lines from ``first`` to ``last`` at another indentation; None where that would change a string."""
    start, end = view.lines(first, last)
    text, old = view.text[start:end], view.indent(first)
    if "\n" in text[:-1] and _FRAGILE.search(text):
        return None
    lines = text.splitlines(keepends=True)
    return "".join(indent + line[len(old) :] if line.startswith(old) else line for line in lines)


def removal(view: View, block: Block, index: int) -> tuple[int, int, str]:
    """The edit that takes a statement out of a block; the last one leaves ``pass``."""
    start, end = view.lines(block.statements[index])
    return (start, end, "") if len(block.statements) > 1 else (start, end, f"{block.indent}pass\n")


def insertion(view: View, block: Block, index: int, text: str) -> tuple[int, int, str]:
    """The edit that puts a line before the statement at ``index`` (or at the end); a lone ``pass`` makes room."""
    if len(block.statements) == 1 and isinstance(block.statements[0], ast.Pass):
        start, end = view.lines(block.statements[0])
        return start, end, f"{block.indent}{text}\n"
    if index < len(block.statements):
        at = view.lines(block.statements[index])[0]
    else:
        at = view.lines(block.statements[-1])[1]
    return at, at, f"{block.indent}{text}\n"


def beside(view: View, block: Block, index: int) -> Span:
    """The anchor of an insertion: the statement before the place, or the one that it pushes down."""
    return view.span(block.statements[max(0, index - 1)])


def unit(view: View, block: Block) -> str:
    """One step of indentation in this function."""
    for inner in view.blocks:
        if inner.depth == block.depth + 1 and inner.indent.startswith(block.indent) and inner.owner in block.statements:
            return inner.indent[len(block.indent) :] or "    "
    return "\t" if "\t" in block.indent else "    "


def in_function(view: View, block: Block) -> bool:
    """Whether ``return`` may stand in the block: it may not in a class body."""
    scopes = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    owner: ast.AST = block.owner
    if isinstance(owner, scopes):
        return not isinstance(owner, ast.ClassDef)
    nearest = next((each for each in view.ancestors(owner) if isinstance(each, scopes)), view.function)
    return not isinstance(nearest, ast.ClassDef)


def tail(view: View, statement: ast.stmt) -> tuple[ast.AST, str] | None:
    """The owner and field of the block that ends a compound statement's text; None for a simple one."""
    while True:
        match statement:
            case ast.If() | ast.For() | ast.AsyncFor() | ast.While():
                if not statement.orelse:
                    return statement, "body"
                last = statement.orelse[-1]
                if isinstance(statement, ast.If) and is_elif(view, last) and len(statement.orelse) == 1:
                    statement = last
                    continue
                return statement, "orelse"
            case ast.With() | ast.AsyncWith():
                return statement, "body"
            case ast.Try():
                if statement.finalbody or statement.orelse:
                    return statement, "finalbody" if statement.finalbody else "orelse"
                return (statement.handlers[-1], "body") if statement.handlers else (statement, "body")
            case _:
                return None


def is_elif(view: View, statement: ast.stmt) -> bool:
    """Whether the statement is an ``elif`` of the one above."""
    return isinstance(statement, ast.If) and view.text.startswith("elif", view.start(statement))


def jumps_out(statement: ast.AST) -> bool:
    """Whether a ``break`` or ``continue`` stands in it, which may belong to a loop around."""
    return any(isinstance(each, ast.Break | ast.Continue) for each in walk(statement))
