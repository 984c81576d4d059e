"""Edits that make a loop a comprehension or a call of a built-in, and that end it early."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from envs.edits.tree import walk
from envs.tasks.performance.sheet import (
    LOOPS,
    Patch,
    Rewrite,
    Sheet,
    after,
    assigned,
    before,
    called,
    method,
    names_in,
    put_in,
)

KINDS = ("comprehension", "builtin", "join", "generator", "iterate", "early_exit")
_FED = ("any", "all", "sum", "min", "max", "set", "frozenset", "tuple", "list", "sorted", "dict")
_JUMPS = (ast.Return, ast.Break, ast.Continue, ast.Raise)


class Fold(NamedTuple):
    """A loop that does one thing: ``clauses`` as a comprehension has them, ``last`` what is done, ``test`` if."""

    clauses: str
    last: ast.stmt
    test: ast.expr | None
    plain: str


def rewrites(sheet: Sheet) -> Iterator[Rewrite]:
    """Every edit of this module's kinds."""
    for loop in sheet.loops:
        if isinstance(loop, ast.For):
            fold = fold_of(sheet, loop)
            if fold is not None and sheet.alone(loop):
                yield from _collected(sheet, loop, fold)
                yield from _tested(sheet, loop, fold)
        else:
            yield from _iterated(sheet, loop)
        yield from _ended(sheet, loop)
    for node in sheet.nodes:
        if isinstance(node, ast.Call):
            yield from _fed(sheet, node)
    for name in sorted({node.id for node in sheet.names} - sheet.unclear):
        yield from _joined(sheet, name)


def fold_of(sheet: Sheet, loop: ast.For) -> Fold | None:
    """What a loop whose blocks hold one statement each comes to."""
    parts: list[str] = []
    plain: list[str] = []
    node: ast.stmt = loop
    test: ast.expr | None = None
    while isinstance(node, ast.For | ast.If) and not node.orelse:
        if isinstance(node, ast.For):
            parts.append(f"for {sheet.code(node.target)} in {_bracketed(sheet, node.iter)}")
            plain = list(parts)
            test = None
        else:
            test = node.test if test is None else test
            parts.append(f"if {_bracketed(sheet, node.test)}")
        if len(node.body) != 1 and not (len(node.body) == 2 and isinstance(node.body[1], ast.Break)):
            return None
        node = node.body[0]
    if isinstance(node, ast.For | ast.If) or (len(sheet.block(node)) == 2 and test is None):
        return None
    return Fold(" ".join(parts), node, test, " ".join(plain))


def _bracketed(sheet: Sheet, node: ast.expr) -> str:
    code = sheet.code(node)
    loose = isinstance(node, ast.IfExp | ast.Lambda | ast.NamedExpr) or "\n" in code
    return f"({code})" if loose or (isinstance(node, ast.Tuple) and not code.startswith("(")) else code


def _from(sheet: Sheet, loop: ast.For, name: str) -> tuple[ast.stmt | None, ast.expr | None]:
    """The statement right before a loop that sets ``name``, and the value."""
    statement = before(sheet.block(loop), loop)
    found = assigned(statement) if statement is not None else None
    if statement is not None and found is not None and found[0] == name and sheet.alone(statement):
        return statement, found[1]
    return None, None


def _collected(sheet: Sheet, loop: ast.For, fold: Fold) -> Iterator[Rewrite]:
    """Items put into a list, a set or a dict, numbers summed, texts joined."""
    last, end = fold.last, sheet.span(loop)[1]
    if len(sheet.block(last)) > 1:
        return
    for name, kind, text, begin in _collections(sheet, last, fold):
        statement, init = _from(sheet, loop, name)
        if statement is not None and init is not None and sheet.code(init) in begin:
            patch = Patch(sheet.span(statement)[0], end, f"{name} = {text}")
            yield Rewrite(kind, (patch,), sheet.span(loop), kind)
    put = put_in(last)
    if put and isinstance(put.receiver, ast.Name | ast.Attribute):
        item = _bracketed(sheet, put.args[0])
        inner = f"{item} {fold.clauses}"
        if fold.clauses == f"for {item} in {fold.clauses.partition(' in ')[2]}":
            inner = fold.clauses.partition(" in ")[2]
        text = f"{sheet.code(put.receiver)}.extend({inner})"
        yield Rewrite("comprehension", (Patch(sheet.span(loop)[0], end, text),), sheet.span(loop), "extend")


def _collections(sheet: Sheet, last: ast.stmt, fold: Fold) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
    """Name, kind, the new value, and what the name has to hold before."""
    put = put_in(last, "append", "add")
    if put:
        inner = f"{_bracketed(sheet, put.args[0])} {fold.clauses}"
        text, begin = (f"[{inner}]", ("[]", "list()")) if put.name == "append" else (f"{{{inner}}}", ("set()",))
        yield sheet.code(put.receiver), "comprehension", text, begin
    if isinstance(last, ast.Assign) and isinstance(last.targets[0], ast.Subscript) and len(last.targets) == 1:
        target, value = last.targets[0], _bracketed(sheet, last.value)
        pair = f"{{{sheet.code(target.slice)}: {value} {fold.clauses}}}"
        yield sheet.code(target.value), "comprehension", pair, ("{}", "dict()")
    yield from _copying(sheet, last, fold)
    added = _added(last)
    if added is not None:
        name, value_node = added
        value = _bracketed(sheet, value_node)
        yield name, "builtin", f"sum({value} {fold.clauses})", ("0",)
        yield name, "join", f"''.join({value} {fold.clauses})", ("''", '""')
        if isinstance(value_node, ast.List) and len(value_node.elts) == 1:
            yield name, "comprehension", f"[{sheet.code(value_node.elts[0])} {fold.clauses}]", ("[]", "list()")


def _copying(sheet: Sheet, last: ast.stmt, fold: Fold) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
    """What ``x = x | {y}`` and ``x = {**x, k: v}`` come to."""
    found = assigned(last)
    match found[1] if found else None:
        case ast.BinOp(left=left, op=ast.BitOr(), right=ast.Set(elts=[item])) if found:
            if sheet.code(left) == found[0]:
                yield found[0], "comprehension", f"{{{_bracketed(sheet, item)} {fold.clauses}}}", ("set()",)
        case ast.Dict(keys=[None, ast.expr() as key], values=[held, value]) if found:
            if sheet.code(held) == found[0]:
                pair = f"{sheet.code(key)}: {_bracketed(sheet, value)}"
                yield found[0], "comprehension", f"{{{pair} {fold.clauses}}}", ("{}", "dict()")


def _added(node: ast.stmt) -> tuple[str, ast.expr] | None:
    """Name and value of ``name += value`` or ``name = name + value``."""
    if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add) and isinstance(node.target, ast.Name):
        return node.target.id, node.value
    found = assigned(node)
    if found and isinstance(found[1], ast.BinOp) and isinstance(found[1].op, ast.Add):
        left = found[1].left
        if isinstance(left, ast.Name) and left.id == found[0]:
            return found[0], found[1].right
    return None


def _tested(sheet: Sheet, loop: ast.For, fold: Fold) -> Iterator[Rewrite]:
    """Whether a test holds for any item, or for all of them."""
    value = _truth(fold.last)
    if fold.test is None or value is None or sheet.parents[fold.last] is sheet.function:
        return
    test, start, end = sheet.code(fold.test), sheet.span(loop)[0], sheet.span(loop)[1]
    if f"if {_bracketed(sheet, fold.test)}" != fold.clauses[len(fold.plain) + 1 :]:
        return
    texts = [f"any({_bracketed(sheet, fold.test)} {fold.plain})"]
    texts = texts if value else [f"not {texts[0]}", _all(sheet, fold)]
    following = after(sheet.block(loop), loop)
    for text in texts:
        if isinstance(fold.last, ast.Return) and following is not None and _truth(following) is (not value):
            patch = Patch(start, sheet.span(following)[1], f"return {text}")
            yield Rewrite("builtin", (patch,), sheet.span(fold.test), "any" if value else "all")
        found = assigned(fold.last)
        if found and test:
            statement, init = _from(sheet, loop, found[0])
            if statement is not None and isinstance(init, ast.Constant) and init.value is (not value):
                patch = Patch(sheet.span(statement)[0], end, f"{found[0]} = {text}")
                yield Rewrite("builtin", (patch,), sheet.span(fold.test), "any" if value else "all")


def _all(sheet: Sheet, fold: Fold) -> str:
    test = fold.test
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return f"all({_bracketed(sheet, test.operand)} {fold.plain})"
    assert test is not None
    return f"all(not ({sheet.code(test)}) {fold.plain})"


def _truth(node: ast.stmt) -> bool | None:
    value = node.value if isinstance(node, ast.Return) else (assigned(node) or (None, None))[1]
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, bool) else None


def _ended(sheet: Sheet, loop: ast.For | ast.While) -> Iterator[Rewrite]:
    """A loop left once a condition holds, whether or not all is known by then."""
    final = sheet.function.body[-1]
    for part in loop.body:
        for node in walk(part):
            if not isinstance(node, ast.If) or sheet.enclosing(node)[:1] != [loop]:
                continue
            last = node.body[-1]
            if isinstance(last, _JUMPS) or not sheet.alone(last):
                continue
            at = sheet.span(last)[1]
            added = Patch(at, at, f"\n{sheet.indent(last)}break")
            yield Rewrite("early_exit", (added,), sheet.span(last), "break")
            found = assigned(last)
            if found and isinstance(final, ast.Return) and final.value and sheet.code(final.value) == found[0]:
                patch = sheet.patch(last, f"return {sheet.code(found[1])}")
                yield Rewrite("early_exit", (patch,), sheet.span(last), "return")


def _iterated(sheet: Sheet, loop: ast.For | ast.While) -> Iterator[Rewrite]:
    """A ``for`` over what a ``while`` takes out of a list, item by item."""
    statement = before(sheet.block(loop), loop)
    found = assigned(statement) if statement is not None else None
    if not isinstance(loop, ast.While) or statement is None or found is None or loop.orelse or not sheet.alone(loop):
        return
    name, taken = found[0], _taken(sheet, loop, found[0])
    if sheet.code(loop.test) != name or taken is None:
        return
    target, last, form = taken
    value = found[1].args[0] if called(found[1], "list") else found[1]
    start, end = sheet.span(statement)[0], sheet.span(last)[1]
    text = f"for {target} in {form.format(_bracketed(sheet, value))}:"
    yield Rewrite("iterate", (Patch(start, end, text),), sheet.span(loop), "for")


def _taken(sheet: Sheet, loop: ast.While, name: str) -> tuple[str, ast.stmt, str] | None:
    """What the item is bound to, the statement that takes it, and what is gone through instead."""
    first = loop.body[0]
    if not isinstance(first, ast.Assign) or len(first.targets) != 1 or len(loop.body) < 2:
        return None
    forms = {f"{name}.pop(0)": "{}", f"{name}.pop()": "reversed({})", f"{name}.popleft()": "{}"}
    target, code = sheet.code(first.targets[0]), sheet.code(first.value)
    if code in forms:
        return target, first, forms[code]
    sliced = code == f"{name}[0]" and sheet.code(loop.body[1]) == f"{name} = {name}[1:]" and len(loop.body) > 2
    return (target, loop.body[1], "{}") if sliced else None


def _fed(sheet: Sheet, node: ast.Call) -> Iterator[Rewrite]:
    """A generator in place of a list that is only gone through."""
    if len(node.args) != 1 or not isinstance(node.args[0], ast.ListComp):
        return
    if called(node, *_FED) or method(node, "join", "extend", "update", "union"):
        inner = sheet.code(node.args[0])[1:-1]
        yield Rewrite("generator", (sheet.patch(node.args[0], inner),), sheet.span(node.args[0]), "for")


def _joined(sheet: Sheet, name: str) -> Iterator[Rewrite]:
    """A text that grows by ``+=`` becomes a list that is joined where it is used."""
    stores = [sheet.statement(node) for node in sheet.stores(name)]
    added = [(node, _added(node)) for node in stores if _added(node)]
    inits = [found[1] for found in (assigned(node) for node in stores if not _added(node)) if found]
    if (
        not added
        or len(inits) + len(added) != len(stores)
        or len(inits) != 1
        or sheet.code(inits[0]) not in ("''", '""')
    ):
        return
    if not any(isinstance(each, LOOPS) for node, _ in added for each in sheet.above(node)):
        return
    inside = {id(each) for node, _ in added for each in walk(node)}
    uses = [node for node in sheet.loads(name) if id(node) not in inside]
    if any(name in names_in(value) for _, value in ((n, found[1]) for n, found in added if found)):
        return
    patches = [sheet.patch(inits[0], "[]")]
    patches += [sheet.patch(node, f"{name}.append({sheet.code(found[1])})") for node, found in added if found]
    patches += [sheet.patch(node, f"''.join({name})") for node in uses]
    yield Rewrite("join", tuple(patches), sheet.span(inits[0]), "join")
