"""Program texts: one function cut out of a real file so that it parses alone, and put back after an edit.

The format is fixed by ``core.records``: header lines that stand for what the function is nested in, then its own lines.
"""

from __future__ import annotations

import ast
import io
from collections.abc import Iterator
from typing import NamedTuple

from core.errors import EditError

Function = ast.FunctionDef | ast.AsyncFunctionDef


class ProgramText(NamedTuple):
    """A program text; its line ``header_lines + 1`` is line ``first_line`` (from 1) of the file."""

    text: str
    first_line: int
    header_lines: int


class Located(NamedTuple):
    """A function of a file: its qualified name, its node, and the headers that a program text of it needs."""

    qualname: str
    node: Function
    headers: tuple[str, ...]


def program_text(file_source: str, qualname: str, line: int | None = None) -> ProgramText:
    """
    Cuts the function ``qualname`` out of a file.

    Where several definitions share the name, ``line`` picks one: the line of its ``def`` or of its first decorator
    (``co_firstlineno``); by default the last one counts, as it does at run time.

    Raises:
        EditError: the file doesn't parse, or holds no such function.
    """
    return _cut(_lines(file_source), _find(file_source, qualname, line))


def programs(file_source: str) -> Iterator[tuple[str, ProgramText]]:
    """Every function of a file, methods and nested functions too, as (qualified name, program text)."""
    lines = _lines(file_source)
    for found in located(_parse(file_source)):
        yield found.qualname, _cut(lines, found)


def restore(file_source: str, qualname: str, program: str, line: int | None = None) -> str:
    """
    The file with the function ``qualname`` (picked as in ``program_text``) replaced by an edited program text.

    The rest of the file is kept as it is, its line ends and the function's decorators too.
    """
    found = _find(file_source, qualname, line)
    lines = io.StringIO(file_source, newline="").readlines()
    end = "\r\n" if lines and lines[found.node.lineno - 1].endswith("\r\n") else "\n"
    body = program.split("\n")[len(found.headers) :]
    last = found.node.end_lineno or found.node.lineno
    if body and not body[-1]:
        body.pop()
    closing = end if lines[last - 1].endswith(("\n", "\r")) else ""
    return "".join(lines[: found.node.lineno - 1]) + end.join(body) + closing + "".join(lines[last:])


def function_node(tree: ast.Module) -> Function:
    """
    The one function of a parsed program text.

    Raises:
        EditError: the tree isn't a program's.
    """
    body: list[ast.stmt] = tree.body
    while len(body) == 1:
        node = body[0]
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return node
        if not isinstance(node, ast.ClassDef | ast.If):
            break
        body = node.body
    raise EditError("not a program text: expected one function under its headers")


def located(tree: ast.Module) -> Iterator[Located]:
    """Every function of a file in the order of its lines."""
    yield from _below(tree, (), ())


def _below(node: ast.AST, names: tuple[str, ...], above: tuple[tuple[int, str], ...]) -> Iterator[Located]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            path = (*names, child.name)
            yield Located(".".join(path), child, _headers(above, child.col_offset))
            yield from _below(child, (*path, "<locals>"), (*above, (child.col_offset, "if True:")))
        elif isinstance(child, ast.ClassDef):
            yield from _below(child, (*names, child.name), (*above, (child.col_offset, f"class {child.name}:")))
        elif isinstance(child, ast.stmt):
            yield from _below(child, names, (*above, (child.col_offset, "if True:")))
        elif isinstance(child, ast.excepthandler | ast.match_case):
            yield from _below(child, names, above)


def _headers(above: tuple[tuple[int, str], ...], column: int) -> tuple[str, ...]:
    """One header per level of indentation; an ``elif`` is nested in the tree, but not in the text."""
    kept: list[str] = []
    for at, text in reversed(above):
        if at < column:
            kept.append(text)
            column = at
    return tuple(" " * depth + text for depth, text in enumerate(reversed(kept)))


def _find(file_source: str, qualname: str, line: int | None) -> Located:
    found = [each for each in located(_parse(file_source)) if each.qualname == qualname]
    if line is not None:
        found = [each for each in found if line in (each.node.lineno, _first_line(each.node))]
    if not found:
        raise EditError(f"no function {qualname!r}" + (f" at line {line}" if line is not None else ""))
    return found[-1]


def _first_line(node: Function) -> int:
    return min((node.lineno, *(decorator.lineno for decorator in node.decorator_list)))


def _parse(source: str) -> ast.Module:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError) as error:
        raise EditError(f"the file does not parse: {error}") from error


def _lines(source: str) -> list[str]:
    # str.splitlines would split at form feeds too, which Python's parser does not.
    return io.StringIO(source, newline=None).read().split("\n")


def _cut(lines: list[str], found: Located) -> ProgramText:
    own = lines[found.node.lineno - 1 : found.node.end_lineno]
    text = "\n".join((*found.headers, *own)) + "\n"
    return ProgramText(text, found.node.lineno, len(found.headers))
