"""Slower code in place of comprehensions and built-ins: loops, copies for each item, what is done by hand."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from envs.tasks.performance.sheet import COMPREHENSIONS, Patch, Sheet, assigned, called, method, names_in, tight
from envs.tasks.performance.slow_parts import Change

_PLAIN = (ast.Assign, ast.AugAssign, ast.Return, ast.Expr)
_PLACES = (ast.Name, ast.Attribute)
_BACK = ("comprehension", "builtin", "join", "append")
# Where a list does what a generator does.
_TAKES_ANY = ("any", "all", "sum", "min", "max", "set", "frozenset", "tuple", "list", "sorted", "dict")


class Folded(NamedTuple):
    """A loop that gives what ``node`` gives: its heads, what its result starts as, what it does with each item."""

    name: str
    node: ast.expr
    heads: tuple[str, ...]
    start: str
    done: tuple[str, ...]


def loops(sheet: Sheet) -> Iterator[Change]:
    """A loop in place of a comprehension or of a built-in, wherever in a statement."""
    for node in sheet.nodes:
        if not isinstance(node, (ast.Call, *COMPREHENSIONS)):
            continue
        statement = sheet.statement(node)
        inside = any(isinstance(each, (*COMPREHENSIONS, ast.Lambda, ast.IfExp)) for each in sheet.above(node))
        if not inside and isinstance(statement, _PLAIN) and sheet.alone(statement):
            yield from _looped(sheet, node, statement)


def _looped(sheet: Sheet, node: ast.expr, statement: ast.stmt) -> Iterator[Change]:
    found = assigned(statement)
    whole = found is not None and found[1] is node and found[0] not in names_in(node)
    name = found[0] if found is not None and whole else sheet.fresh("result")
    for each in _folded(sheet, node, name):
        indent = sheet.indent(statement)
        lines = [f"{name} = {each.start}", *("    " * depth + head for depth, head in enumerate(each.heads))]
        lines += ["    " * len(each.heads) + line for line in each.done]
        text = f"\n{indent}".join(lines)
        if whole:
            yield Change(each.name, (sheet.patch(statement, text),), _BACK)
            continue
        start = sheet.lines(statement)[0]
        kept = f"({name})" if isinstance(each.node, ast.GeneratorExp) else name
        yield Change(each.name, (Patch(start, start, f"{indent}{text}\n"), sheet.patch(each.node, kept)), _BACK)


def _folded(sheet: Sheet, node: ast.expr, name: str) -> Iterator[Folded]:
    if isinstance(node, ast.Call):
        yield from _called(sheet, node, name)
    elif isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        if isinstance(node, ast.GeneratorExp) and not _given(sheet, node):
            return
        for start, done in _forms(sheet, node, name):
            kind = "loop for built-in" if f"{name} =" not in done else "built by copies"
            yield Folded(kind, node, _heads(sheet, node.generators), start, (done,))


def _given(sheet: Sheet, node: ast.GeneratorExp) -> bool:
    """Whether a generator goes to what takes a list as well."""
    call = sheet.parents[node]
    return called(call, *_TAKES_ANY) or method(call, "join", "extend", "update", arguments=1) is not None


def _heads(sheet: Sheet, generators: Sequence[ast.comprehension]) -> tuple[str, ...]:
    heads = []
    for each in generators:
        heads.append(f"for {sheet.code(each.target)} in {sheet.code(each.iter)}:")
        heads += [f"if {sheet.code(test)}:" for test in each.ifs]
    return tuple(heads)


def _forms(sheet: Sheet, node: ast.expr, name: str) -> Iterator[tuple[str, str]]:
    """How a comprehension's result starts, and how each item is put in, copying it or not."""
    match node:
        case ast.DictComp(key=key, value=value):
            pair = sheet.code(key), sheet.code(value)
            yield "{}", f"{name} = {{**{name}, {pair[0]}: {pair[1]}}}"
            yield "{}", f"{name}[{pair[0]}] = {pair[1]}"
        case ast.SetComp(elt=item):
            yield "set()", f"{name} = {name} | {{{sheet.code(item)}}}"
            yield "set()", f"{name}.add({sheet.code(item)})"
        case ast.ListComp(elt=item) | ast.GeneratorExp(elt=item):
            yield "[]", f"{name} = {name} + [{sheet.code(item)}]"
            yield "[]", f"{name}.append({sheet.code(item)})"


def _called(sheet: Sheet, node: ast.Call, name: str) -> Iterator[Folded]:
    joined = method(node, "join", arguments=1)
    if joined and isinstance(joined.receiver, ast.Constant) and joined.receiver.value == "":
        yield from _joined(sheet, node, name)
    if len(node.args) != 1 or not isinstance(node.args[0], ast.GeneratorExp):
        return
    inner = node.args[0]
    item, heads = sheet.code(inner.elt), _heads(sheet, inner.generators)
    if called(node, "any"):
        yield Folded("loop for built-in", node, heads, "False", (f"if {item}:", f"    {name} = True"))
    elif called(node, "all"):
        done = f"if not {tight(inner.elt, item)}:", f"    {name} = False"
        yield Folded("loop for built-in", node, heads, "True", done)
    elif called(node, "sum"):
        yield Folded("loop for built-in", node, heads, "0", (f"{name} += {item}",))


def _joined(sheet: Sheet, node: ast.Call, name: str) -> Iterator[Folded]:
    """Texts added up, in place of joined."""
    texts = node.args[0]
    if isinstance(texts, ast.GeneratorExp | ast.ListComp):
        heads = _heads(sheet, texts.generators)
        yield Folded("text added up", node, heads, "''", (f"{name} += {sheet.code(texts.elt)}",))
    elif isinstance(texts, _PLACES):
        item = sheet.fresh("item")
        yield Folded("text added up", node, (f"for {item} in {sheet.code(texts)}:",), "''", (f"{name} += {item}",))


def by_hand(sheet: Sheet) -> Iterator[Change]:
    """Items counted and characters replaced one by one."""
    for node in sheet.nodes:
        text = _one_by_one(sheet, node)
        if text:
            yield Change("done by hand", (sheet.patch(node, text),), ("builtin",))


def _one_by_one(sheet: Sheet, node: ast.AST) -> str:
    if called(node, "len") and isinstance(node.args[0], _PLACES):
        return f"sum(1 for {sheet.fresh('item')} in {sheet.code(node.args[0])})"
    call = method(node, "count", "replace")
    if not call or not isinstance(call.receiver, _PLACES) or not all(map(_is_text, call.args)):
        return ""
    each, held, codes = sheet.fresh("char"), sheet.code(call.receiver), [sheet.code(arg) for arg in call.args]
    if call.name == "count" and len(codes) == 1 and _is_text(call.args[0], 1):
        return f"sum({each} == {codes[0]} for {each} in {held})"
    if call.name == "replace" and len(codes) == 2 and _is_text(call.args[0], 1):
        return f"''.join({codes[1]} if {each} == {codes[0]} else {each} for {each} in {held})"
    return ""


def _is_text(node: ast.expr, size: int | None = None) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and size in (None, len(node.value))
