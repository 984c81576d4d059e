"""Edits that take work out of loops: hoisted, shared, remembered, sorted once. Whether they may is not asked."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from envs.edits.tree import walk
from envs.tasks.performance.sheet import (
    COMPREHENSIONS,
    LOOPS,
    Loop,
    Patch,
    Rewrite,
    Sheet,
    assigned,
    bound_in,
    names_in,
)

KINDS = ("hoist", "alias", "share", "reuse", "memoise", "sort_once")
_UNMOVABLE = (ast.Yield, ast.YieldFrom, ast.Await, ast.NamedExpr, ast.Starred)
_MOVABLE = (ast.Call, ast.Subscript, ast.BinOp, ast.Attribute, *COMPREHENSIONS)
_TRIVIAL = frozenset({"isinstance", "type", "super", "locals", "print", "id", "next", "iter", "globals", "vars"})
_MOST_PLACES = 24


def rewrites(sheet: Sheet) -> Iterator[Rewrite]:
    """Every edit of this module's kinds."""
    for loop in sheet.loops:
        yield from _hoisted(sheet, loop)
        yield from _sorted_once(sheet, loop)
        yield from _memoised(sheet, loop)
    yield from _out_of_comprehensions(sheet)
    yield from _shared(sheet)
    yield from _reused(sheet)
    yield from _extracted(sheet)


def _groups(nodes: Sequence[ast.AST], sheet: Sheet) -> dict[str, list[ast.expr]]:
    """The expressions worth moving, equal ones together, in the order of the text."""
    found: dict[str, list[ast.expr]] = {}
    for node in nodes:
        # What stands in an f-string has no place in the text that could be changed.
        if isinstance(node, _MOVABLE) and node in sheet.parents and _movable(node, sheet):
            found.setdefault(ast.dump(node), []).append(node)
    return found


def _movable(node: ast.expr, sheet: Sheet) -> bool:
    if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load) or not names_in(node):
        return False
    if isinstance(sheet.parents[node], ast.Expr) or any(isinstance(each, _UNMOVABLE) for each in walk(node)):
        return False
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _TRIVIAL:
        return False
    # A generator is used up by its first use.
    return not isinstance(node, ast.GeneratorExp)


def label(node: ast.expr) -> str:
    """What a developer might call a node's value."""
    called = node.func if isinstance(node, ast.Call) else node
    if isinstance(called, ast.Attribute):
        return called.attr.strip("_") if called is node else f"{called.attr.strip('_')}_value"
    if isinstance(called, ast.Name):
        return f"{called.id.strip('_').lower()}_value"
    return "item" if isinstance(node, ast.Subscript) else "values" if isinstance(node, COMPREHENSIONS) else "value"


def _named(
    sheet: Sheet, kind: str, where: ast.stmt, nodes: Sequence[ast.expr], label_of: ast.expr | None = None
) -> Rewrite:
    """A new local for the value of ``nodes``, which are equal, set right before ``where``."""
    name = sheet.fresh(label(label_of or nodes[0]))
    start, _ = sheet.lines(where)
    line = f"{sheet.indent(where)}{name} = {sheet.code(nodes[0])}\n"
    patches = [Patch(start, start, line), *(sheet.patch(node, name) for node in nodes)]
    return Rewrite(kind, tuple(patches), sheet.span(nodes[0]), name)


def _rounds(loop: Loop) -> list[ast.AST]:
    """What is run in each round."""
    parts: list[ast.AST] = [*loop.body]
    if isinstance(loop, ast.While):
        parts.append(loop.test)
    return parts


def _inside(sheet: Sheet, loop: Loop) -> list[ast.AST]:
    positioned = set(map(id, sheet.nodes))
    return [node for part in _rounds(loop) for node in walk(part) if id(node) in positioned]


def _hoisted(sheet: Sheet, loop: Loop) -> Iterator[Rewrite]:
    if not sheet.alone(loop):
        return
    targets = bound_in(loop.target) if isinstance(loop, ast.For) else set()
    changed = set().union(*(bound_in(part) for part in _rounds(loop)))
    for nodes in list(_groups(_inside(sheet, loop), sheet).values())[:_MOST_PLACES]:
        node = nodes[0]
        names = _free(node, sheet)
        late = {name for name in changed & names if not _bound_before(sheet, name, loop)}
        if names & targets or late or any(_in_comprehension(sheet, each, loop) for each in nodes):
            continue
        plain = isinstance(node, ast.Attribute)
        if not (names & changed and plain):
            yield _named(sheet, "alias" if plain else "hoist", loop, nodes)


def _free(node: ast.AST, sheet: Sheet) -> set[str]:
    bound = {name for each in walk(node) if isinstance(each, COMPREHENSIONS) for name in bound_in(each)}
    return names_in(node) - bound


def _bound_before(sheet: Sheet, name: str, statement: ast.stmt) -> bool:
    stores = sheet.stores(name)
    parameters = {each.arg for each in ast.walk(sheet.function.args) if isinstance(each, ast.arg)}
    return name in parameters or any(sheet.span(each) < sheet.span(statement) for each in stores)


def _in_comprehension(sheet: Sheet, node: ast.expr, until: ast.AST) -> bool:
    """Whether a node uses what a comprehension or function between it and ``until`` binds."""
    names = _free(node, sheet)
    for each in sheet.above(node):
        if each is until:
            return False
        if isinstance(each, (*COMPREHENSIONS, ast.Lambda, ast.FunctionDef)) and names & bound_in(each):
            return True
    return False


def _out_of_comprehensions(sheet: Sheet) -> Iterator[Rewrite]:
    for node in sheet.nodes:
        if not isinstance(node, COMPREHENSIONS):
            continue
        statement = sheet.statement(node)
        if not sheet.alone(statement) or isinstance(statement, ast.FunctionDef | ast.ClassDef):
            continue
        first = {id(each) for each in walk(node.generators[0].iter)}
        inside = [each for each in walk(node)[1:] if id(each) not in first]
        for nodes in list(_groups(inside, sheet).values())[:_MOST_PLACES]:
            if not any(_in_comprehension(sheet, each, statement) for each in nodes):
                yield _named(sheet, "alias" if isinstance(nodes[0], ast.Attribute) else "hoist", statement, nodes)


def _shared(sheet: Sheet) -> Iterator[Rewrite]:
    every = [nodes for nodes in _groups(sheet.nodes, sheet).values() if len(nodes) > 1]
    for nodes in every[:_MOST_PLACES]:
        nodes.sort(key=sheet.span)
        if isinstance(nodes[0], ast.Attribute) or any(_in_comprehension(sheet, n, sheet.function) for n in nodes):
            continue
        where = _common(sheet, nodes)
        if where is not None and sheet.alone(where) and not isinstance(where, ast.FunctionDef):
            yield _named(sheet, "share", where, nodes)


def _extracted(sheet: Sheet) -> Iterator[Rewrite]:
    """A local for what is used once: no gain, but it looks like the others."""
    for nodes in list(_groups(sheet.nodes, sheet).values())[:_MOST_PLACES]:
        node, where = nodes[0], sheet.statement(nodes[0])
        plain = isinstance(node, ast.Attribute) or _in_comprehension(sheet, node, sheet.function)
        if not plain and sheet.alone(where) and not isinstance(where, ast.FunctionDef | ast.ClassDef):
            yield _named(sheet, "share", where, [node])


def _common(sheet: Sheet, nodes: Sequence[ast.expr]) -> ast.stmt | None:
    """The innermost statement that holds the first node and behind which, in its block, all others stand."""
    end = max(sheet.span(node)[1] for node in nodes)
    at: ast.AST = nodes[0]
    for each in (at, *sheet.above(at)):
        if isinstance(each, ast.stmt) and sheet.span(sheet.block(each)[-1])[1] >= end:
            return each
    return None


def _reused(sheet: Sheet) -> Iterator[Rewrite]:
    groups = _groups(sheet.nodes, sheet)
    for node in sheet.nodes:
        found = assigned(node)
        if found is None or found[0] in sheet.unclear:
            continue
        name, value = found
        later = [n for n in groups.get(ast.dump(value), ()) if n is not value and sheet.span(n) > sheet.span(node)]
        if later:
            patches = tuple(sheet.patch(each, name) for each in later)
            yield Rewrite("reuse", patches, sheet.span(later[0]), name)


def _memoised(sheet: Sheet, loop: Loop) -> Iterator[Rewrite]:
    """Results of a call kept by its argument, which changes from round to round."""
    if not sheet.alone(loop):
        return
    bound = bound_in(loop)
    calls = [n for n in _inside(sheet, loop) if isinstance(n, ast.Call) and _movable(n, sheet)]
    for node in [n for n in calls if len(n.args) == 1 and not n.keywords][: _MOST_PLACES // 4]:
        key = node.args[0]
        if not isinstance(key, ast.Name) or key.id not in bound or _in_comprehension(sheet, node, loop):
            continue
        known, call = sheet.fresh("known"), sheet.code(node)
        start, _ = sheet.lines(loop)
        text = f"({known}[{key.id}] if {key.id} in {known} else {known}.setdefault({key.id}, {call}))"
        patches = Patch(start, start, f"{sheet.indent(loop)}{known} = {{}}\n"), sheet.patch(node, text)
        yield Rewrite("memoise", patches, sheet.span(node), known)


def _sorted_once(sheet: Sheet, loop: Loop) -> Iterator[Rewrite]:
    """A sort in a loop put behind it, or before it."""
    for node in loop.body:
        for each in walk(node):
            if not isinstance(each, ast.stmt) or not _sorts(each):
                continue
            if not (sheet.alone(each) and sheet.alone(loop)) or len(sheet.block(each)) == 1:
                continue
            line = f"{sheet.indent(loop)}{sheet.code(each)}\n"
            gone = Patch(*sheet.lines(each), "")
            for at in sheet.lines(loop):
                inserted = Patch(at, at, line)
                yield Rewrite("sort_once", (gone, inserted), sheet.span(each), "sort")


def _sorts(node: ast.stmt) -> bool:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        return isinstance(node.value.func, ast.Attribute) and node.value.func.attr == "sort"
    found = assigned(node)
    value = found[1] if found else None
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "sorted"


def in_loop(sheet: Sheet, node: ast.AST) -> bool:
    """Whether a node is run again and again."""
    return any(isinstance(each, (*LOOPS, *COMPREHENSIONS)) for each in sheet.above(node))
