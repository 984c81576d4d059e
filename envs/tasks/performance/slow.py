"""
Slower code with the same outcomes, put into real functions: what reviews of performance find again and again.

Whether a change keeps the outcomes and costs anything is not asked here: ``making`` runs it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from envs.edits.tree import walk
from envs.tasks.performance.rewrites.moving import in_loop
from envs.tasks.performance.sheet import (
    COMPREHENSIONS,
    Patch,
    Sheet,
    after,
    assigned,
    called,
    method,
    put_in,
    tight,
)
from envs.tasks.performance.slow_loops import by_hand, loops
from envs.tasks.performance.slow_parts import Change, local_containers

_PLACES = (ast.Name, ast.Attribute)
_GROWN = {"append": "{0} + [{1}]", "add": "{0} | {{{1}}}", "extend": "{0} + list({1})"}
# Injections that find a place in most functions, by how common they are.
COMMON = {"popped from the start": 1, "sliced": 1, "done by hand": 2, "scanned": 2, "copied": 3}


class Slow(NamedTuple):
    """``text``: the slower program; ``back``: kinds of edits that may undo it."""

    name: str
    text: str
    back: tuple[str, ...]


def injections(sheet: Sheet) -> Iterator[Slow]:
    """Every slower text that this module knows, in a fixed order."""
    seen = {sheet.text}
    for make in (
        _copied,
        _scanned,
        _got,
        _extreme,
        _fed,
        _inlined,
        _grown,
        _exits,
        _popped,
        _sorts,
        loops,
        by_hand,
        local_containers,
    ):
        for change in make(sheet):
            text = sheet.patched(change.patches)
            if text not in seen:
                seen.add(text)
                yield Slow(change.name, text, change.back)


def _copied(sheet: Sheet) -> Iterator[Change]:
    """A copy of what is only looked at: ``in list(x)``, ``len(list(x))``, ``dict(x)[k]``."""
    for node in sheet.nodes:
        wraps: list[tuple[ast.expr, str]] = []
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], ast.In | ast.NotIn):
            wraps = [(node.comparators[0], "list"), (node.comparators[0], "sorted")]
        elif called(node, "len", "any", "all", "sum", "max", "min"):
            wraps = [(node.args[0], "list")]
        elif isinstance(node, ast.For) and sheet.enclosing(node):
            wraps = [(node.iter, "list")]
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and in_loop(sheet, node):
            # Nobody copies a list for its first item.
            varies = not isinstance(node.slice, ast.Constant | ast.Slice | ast.UnaryOp)
            kinds = ("list",) if _counts(node.slice) else ("dict", "list")
            wraps = [(node.value, kind) for kind in kinds if varies]
        for value, kind in wraps:
            if isinstance(value, _PLACES):
                yield Change("copied", (sheet.patch(value, f"{kind}({sheet.code(value)})"),), ("unwrap",))


def _scanned(sheet: Sheet) -> Iterator[Change]:
    """A scan in place of a look-up."""
    for node in sheet.nodes:
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], ast.In):
            held, item = node.comparators[0], sheet.fresh("item")
            if isinstance(held, _PLACES) and isinstance(node.left, (*_PLACES, ast.Constant)):
                text = f"any({item} == {sheet.code(node.left)} for {item} in {sheet.code(held)})"
                yield Change("scanned", (sheet.patch(node, text),), ("lookup",))
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and isinstance(node.value, _PLACES):
            if _counts(node.slice):
                continue
            key, value = sheet.fresh("key"), sheet.fresh("held")
            pairs = f"for {key}, {value} in {sheet.code(node.value)}.items()"
            text = f"[{value} {pairs} if {key} == {sheet.code(node.slice)}][0]"
            yield Change("scanned", (sheet.patch(node, text),), ("lookup",))


def _counts(place: ast.expr) -> bool:
    """Whether what is in square brackets is a place in a sequence, and no key."""
    number = isinstance(place, ast.Constant) and isinstance(place.value, int)
    return number or isinstance(place, ast.Slice | ast.UnaryOp | ast.Tuple | ast.BinOp)


def _got(sheet: Sheet) -> Iterator[Change]:
    """A scan in place of ``get``."""
    for node in sheet.nodes:
        got = method(node, "get")
        if got and len(got.args) in (1, 2) and isinstance(got.receiver, _PLACES):
            key, value = sheet.fresh("key"), sheet.fresh("held")
            otherwise = sheet.code(got.args[1]) if len(got.args) == 2 else "None"
            items = f"{sheet.code(got.receiver)}.items()"
            scan = f"{value} for {key}, {value} in {items} if {key} == {sheet.code(got.args[0])}"
            yield Change("scanned", (sheet.patch(node, f"next(({scan}), {otherwise})"),), ("lookup",))


def _extreme(sheet: Sheet) -> Iterator[Change]:
    """A sort for the sake of one item."""
    for node in sheet.nodes:
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or len(node.args) != 1:
            continue
        if node.func.id in ("min", "max") and not isinstance(node.args[0], ast.Starred):
            place = "0" if node.func.id == "min" else "-1"
            end = sheet.span(node)[1]
            patches = sheet.patch(node.func, "sorted"), Patch(end, end, f"[{place}]")
            yield Change("sorted for one", patches, ("extreme",))


def _fed(sheet: Sheet) -> Iterator[Change]:
    """A whole list made where the first items decide."""
    for node in sheet.nodes:
        if called(node, "any", "all", "sum", "set", "max", "min", "tuple"):
            argument = node.args[0]
            if isinstance(argument, ast.GeneratorExp):
                start, end = sheet.span(argument)
                inner = sheet.text[start + 1 : end - 1]
                yield Change("list for generator", (sheet.patch(argument, f"([{inner}])"),), ("generator",))


def _inlined(sheet: Sheet) -> Iterator[Change]:
    """What was kept in a local worked out again at each use."""
    for node in sheet.nodes:
        found = assigned(node)
        if found is None or not isinstance(node, ast.stmt) or not sheet.alone(node):
            continue
        name, value = found
        loads = sheet.loads(name)
        loops = sheet.enclosing(node)
        again = any(len(sheet.enclosing(each)) > len(loops) or _comprehended(sheet, each) for each in loads)
        if len(sheet.stores(name)) != 1 or name in sheet.unclear or not (again or len(loads) > 1):
            continue
        empty = isinstance(value, ast.Call) and not value.args and isinstance(value.func, ast.Name)
        plain = empty or isinstance(value, ast.Constant | ast.Name | ast.List | ast.Dict | ast.Set | ast.GeneratorExp)
        if plain or "\n" in sheet.code(value) or any(isinstance(each, ast.Yield | ast.Await) for each in walk(value)):
            continue
        text = tight(value, sheet.code(value))
        gone = Patch(*sheet.lines(node), "")
        yield Change(
            "recomputed", (gone, *(sheet.patch(each, text) for each in loads)), ("hoist", "share", "reuse", "alias")
        )


def _comprehended(sheet: Sheet, node: ast.AST) -> bool:
    return any(isinstance(each, COMPREHENSIONS) for each in sheet.above(node))


def _grown(sheet: Sheet) -> Iterator[Change]:
    """A container copied for each item that is put in."""
    for node in sheet.nodes:
        text, put = "", put_in(node, *_GROWN)
        if put:
            if isinstance(put.receiver, ast.Attribute) or (
                isinstance(put.receiver, ast.Name) and sheet.stores(put.receiver.id)
            ):
                name = sheet.code(put.receiver)
                text = f"{name} = " + _GROWN[put.name].format(name, sheet.code(put.args[0]))
        elif isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Subscript):
            target = node.targets[0]
            if isinstance(target.value, ast.Name) and sheet.stores(target.value.id):
                held, key = target.value.id, sheet.code(target.slice)
                text = "" if ":" in key else f"{held} = {{**{held}, {key}: {sheet.code(node.value)}}}"
        if text and sheet.enclosing(node):
            yield Change("copied to grow", (sheet.patch(node, text),), ("append", "comprehension"))


def _exits(sheet: Sheet) -> Iterator[Change]:
    """A loop that goes on when all is known."""
    for node in sheet.nodes:
        if not isinstance(node, ast.If) or not sheet.enclosing(node):
            continue
        last, loop = node.body[-1], sheet.enclosing(node)[0]
        if isinstance(last, ast.Break) and len(node.body) > 1:
            start = sheet.span(node.body[-2])[1]
            yield Change("late exit", (Patch(start, sheet.span(last)[1], ""),), ("early_exit", "builtin"))
        following = after(sheet.block(loop), loop)
        given = following.value if isinstance(following, ast.Return) else None
        plain = isinstance(given, ast.Constant) and sheet.alone(loop)
        if isinstance(last, ast.Return) and last.value and given and plain:
            name = sheet.fresh("result")
            start, _ = sheet.lines(loop)
            line = f"{sheet.indent(loop)}{name} = {sheet.code(given)}\n"
            patches = (
                Patch(start, start, line),
                sheet.patch(last, f"{name} = {sheet.code(last.value)}"),
                sheet.patch(given, name),
            )
            yield Change("late exit", patches, ("early_exit", "builtin"))


def _popped(sheet: Sheet) -> Iterator[Change]:
    """Items taken out of a list from its start, each of which moves or copies all others."""
    for loop in sheet.loops:
        if isinstance(loop, ast.For) and sheet.alone(loop) and not loop.orelse and sheet.alone(loop.body[0]):
            name, indent, first = sheet.fresh("rest"), sheet.indent(loop), loop.body[0]
            head = f"{name} = list({sheet.code(loop.iter)})\n{indent}while {name}:\n"
            target, inner = sheet.code(loop.target), sheet.indent(first)
            sliced = f"{target} = {name}[0]\n{inner}{name} = {name}[1:]"
            for label, taken in (("popped from the start", f"{target} = {name}.pop(0)"), ("sliced", sliced)):
                patch = Patch(sheet.span(loop)[0], sheet.span(first)[0], f"{head}{inner}{taken}\n{inner}")
                yield Change(label, (patch,), ("iterate", "queue"))


def _sorts(sheet: Sheet) -> Iterator[Change]:
    """A list sorted after each item that is put in."""
    for loop in sheet.loops:
        following = after(sheet.block(loop), loop)
        if following is None or not is_sort(following) or not sheet.alone(following) or not sheet.alone(loop.body[-1]):
            continue
        code, end = sheet.code(following), sheet.span(loop.body[-1])[1]
        patches = Patch(end, end, f"\n{sheet.indent(loop.body[-1])}{code}"), Patch(*sheet.lines(following), "")
        yield Change("sorted each round", patches, ("sort_once",))


def is_sort(node: ast.stmt) -> bool:
    """Whether a statement is ``x.sort(...)``."""
    call = node.value if isinstance(node, ast.Expr) else None
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "sort"
