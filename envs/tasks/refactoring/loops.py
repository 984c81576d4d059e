"""Loops that build one value become expressions, and expressions become loops."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from envs.edits.candidate import Proposal
from envs.edits.precedence import OR, TEST
from envs.edits.view import Block
from envs.tasks.refactoring.conditions import opposite
from envs.tasks.refactoring.reading import Code

_WIDEST = 88
_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_EMPTY: dict[type[ast.AST], str] = {
    ast.ListComp: "[]",
    ast.GeneratorExp: "[]",
    ast.SetComp: "set()",
    ast.DictComp: "{}",
}


class _Inner(NamedTuple):
    """The one statement in the depth of a loop, and the ``for`` and ``if`` around it as a comprehension says them."""

    statement: ast.stmt
    clauses: list[str]
    node: ast.For | ast.AsyncFor


def loops_to_expressions(code: Code) -> Iterator[Proposal]:
    """Appending, adding, counting and searching loops."""
    for block in code.blocks:
        for index, node in enumerate(block.statements):
            inner = _inner(code, node)
            if inner is not None:
                yield from _collected(code, block, index, inner)
                yield from _searched(code, block, index, inner)
                yield from _extended(code, block, inner)


def _inner(code: Code, node: ast.stmt) -> _Inner | None:
    """None where more than one statement stands in the loop."""
    if not isinstance(node, ast.For):
        return None
    clauses: list[str] = []
    at: ast.stmt = node
    while isinstance(at, ast.For | ast.If) and len(at.body) == 1 and not at.orelse:
        if isinstance(at, ast.For):
            clauses.append(f"for {code.view.source(at.target)} in {code.test(at.iter, OR)}")
        else:
            clauses.append(f"if {code.test(at.test, OR)}")
        at = at.body[0]
    return None if isinstance(at, ast.For | ast.If) else _Inner(at, clauses, node)


def _collected(code: Code, block: Block, index: int, inner: _Inner) -> Iterator[Proposal]:
    """``x = []`` and a loop that appends to it, ``x = 0`` and a loop that adds to it."""
    before = block.statements[index - 1] if index else None
    match before:
        case ast.Assign(targets=[ast.Name(id=name)], value=empty):
            body = _comprehension(code, inner, name, empty)
            if body is not None:
                if _mentions(name, [body[1], *inner.clauses]):
                    return
                new = _laid_out(block.indent, f"{name} = ", body, inner.clauses)
                span = code.view.lines(before, inner.node)
                yield from code.swap("to_expression", span, new, code.at(inner.node), name, code.view.start(before))
                after = block.statements[index + 1] if index + 1 < len(block.statements) else None
                match after:
                    case ast.Return(value=ast.Name(id=returned)) if returned == name:
                        new = _laid_out(block.indent, "return ", body, inner.clauses)
                        span = code.view.lines(before, after)
                        yield from code.swap("to_expression", span, new, code.at(inner.node), "return")


def _comprehension(code: Code, inner: _Inner, name: str, empty: ast.expr) -> tuple[str, str, str] | None:
    """What opens, stands first in, and closes the comprehension."""
    match inner.statement, empty:
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr=method), args=[item])), _:
            if owner == name and method == "append" and isinstance(empty, ast.List) and not empty.elts:
                return "[", code.test(item, TEST), "]"
            if owner == name and method == "add" and code.view.source(empty) == "set()":
                return "{", code.test(item, TEST), "}"
        case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=owner), slice=key)], value=value), ast.Dict(keys=[]):
            return ("{", f"{code.test(key, TEST)}: {code.test(value, TEST)}", "}") if owner == name else None
        case ast.AugAssign(target=ast.Name(id=owner), op=ast.Add(), value=value), ast.Constant(value=0):
            return ("sum(", code.test(value, TEST), ")") if owner == name else None
    return None


def _searched(code: Code, block: Block, index: int, inner: _Inner) -> Iterator[Proposal]:
    """``for …: if c: return True`` and then ``return False``."""
    after = block.statements[index + 1] if index + 1 < len(block.statements) else None
    match inner.statement, after:
        case ast.Return(value=ast.Constant(value=bool(found))), ast.Return(value=ast.Constant(value=bool(missed))):
            condition = _innermost(inner.node)
            if found == missed or condition is None or not isinstance(after, ast.stmt):
                return
            test = code.test(condition, TEST) if found else opposite(code, condition)
            opening = "return any(" if found else "return all("
            for word, kind in ((opening, "to_expression"), (_other(opening), "careless")):
                new = _laid_out(block.indent, "", (word, test, ")"), inner.clauses[:-1])
                span = code.view.lines(inner.node, after)
                yield from code.swap(kind, span, new, code.at(inner.node), word[7:10])


def _other(opening: str) -> str:
    return opening.replace("any", "all") if "any" in opening else opening.replace("all", "any")


def _innermost(node: ast.stmt) -> ast.expr | None:
    """The condition right above the innermost statement."""
    found = None
    while isinstance(node, ast.For | ast.If):
        found = node.test if isinstance(node, ast.If) else None
        node = node.body[0]
    return found


def _extended(code: Code, block: Block, inner: _Inner) -> Iterator[Proposal]:
    match inner.statement:
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=owner, attr="append"), args=[item])):
            text = code.test(item, TEST)
            if _mentions(code.view.source(owner), [text, *inner.clauses]):
                return
            start = f"{code.view.source(owner)}.extend("
            only = len(inner.clauses) == 1 and text == code.view.source(inner.node.target)
            body = ("", code.view.source(inner.node.iter), ")") if only else ("", text, ")")
            new = _laid_out(block.indent, start, body, [] if only else inner.clauses)
            yield from code.swap("to_expression", code.view.lines(inner.node), new, code.at(inner.node), "extend")


def _mentions(name: str, texts: list[str]) -> bool:
    """Whether what is built is looked at while it is built."""
    return any(re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", text) for text in texts)


def _laid_out(indent: str, start: str, body: tuple[str, str, str], clauses: list[str]) -> str:
    """On one line where that is not too long, else on a line for each clause."""
    opening, item, closing = body
    line = f"{indent}{start}{opening}{' '.join([item, *clauses])}{closing}\n"
    if len(line) <= _WIDEST:
        return line
    deep = f"\n{indent}    "
    return f"{indent}{start}{opening}{deep}{deep.join([item, *clauses])}\n{indent}{closing}\n"


def expressions_to_loops(code: Code) -> Iterator[Proposal]:
    """A comprehension becomes a loop before its statement; so does a returned ``any`` or ``all``."""
    for block in code.blocks:
        for node in block.statements:
            match node:
                case ast.Return(
                    value=ast.Call(func=ast.Name(id="any" | "all" as word), args=[ast.GeneratorExp() as value])
                ):
                    yield from _hunted(code, block, node, value, word)
                case ast.Assign() | ast.AugAssign() | ast.Return() | ast.Expr():
                    for each in _comprehensions(node):
                        yield from _looped(code, block, node, each)


def _comprehensions(node: ast.stmt) -> Iterator[_Comprehension]:
    """The outermost ones of a statement."""
    waiting: list[ast.AST] = [node]
    while waiting:
        each = waiting.pop(0)
        if isinstance(each, _Comprehension):
            if not any(generator.is_async for generator in each.generators):
                yield each
        elif not isinstance(each, ast.Lambda):
            waiting += ast.iter_child_nodes(each)


def _looped(code: Code, block: Block, node: ast.stmt, value: _Comprehension) -> Iterator[Proposal]:
    whole = isinstance(node, ast.Assign) and node.value is value and len(node.targets) == 1
    target = node.targets[0] if isinstance(node, ast.Assign) and whole else None
    name = target.id if isinstance(target, ast.Name) else code.fresh("result")
    if isinstance(value, ast.DictComp):
        last = f"{name}[{code.test(value.key)}] = {code.test(value.value)}"
    else:
        last = f"{name}.{'add' if isinstance(value, ast.SetComp) else 'append'}({code.test(value.elt)})"
    lines = [f"{block.indent}{name} = {_EMPTY[type(value)]}", *_nested(code, block, value.generators, last)]
    (start, end), (first, stop) = code.view.lines(node), code.view.span(value)
    # The parentheses of a call with nothing else in it belong to its generator.
    put_in = f"({name})" if isinstance(value, ast.GeneratorExp) else name
    rest = "" if isinstance(target, ast.Name) else code.text[start:first] + put_in + code.text[stop:end]
    yield from code.swap("to_loop", (start, end), "\n".join(lines) + "\n" + rest, code.at(node), "for")


def _hunted(code: Code, block: Block, node: ast.stmt, value: ast.GeneratorExp, word: str) -> Iterator[Proposal]:
    if any(each.is_async for each in value.generators):
        return
    test = code.test(value.elt) if word == "any" else opposite(code, value.elt)
    deep = block.indent + code.step(block)
    found, missed = ("True", "False") if word == "any" else ("False", "True")
    lines = _nested(code, block, value.generators, f"if {test}:")
    lines.append(f"{lines[-1][: len(lines[-1]) - len(lines[-1].lstrip())]}{deep[len(block.indent) :]}return {found}")
    lines.append(f"{block.indent}return {missed}")
    yield from code.swap("to_loop", code.view.lines(node), "\n".join(lines) + "\n", code.at(value), "for")


def _nested(code: Code, block: Block, generators: list[ast.comprehension], last: str) -> list[str]:
    lines, indent, step = [], block.indent, code.step(block)
    for each in generators:
        heads = [f"for {code.view.source(each.target)} in {code.test(each.iter)}:"]
        heads += [f"if {code.test(test)}:" for test in each.ifs]
        for head in heads:
            lines.append(indent + head)
            indent += step
    return [*lines, indent + last]
