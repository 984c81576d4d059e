"""What a function gives back and keeps: returns, yields, results dropped or stored, values that names start with."""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterator

from envs.edits.candidate import Family, Proposal
from envs.edits.lines import beside, insertion
from envs.edits.precedence import TEST, level, wrap
from envs.edits.scope import Scope, scope_of
from envs.edits.view import Block, View

MAX_NAMES = 3
_STARTS = ("None", "0", "1", "[]", '""', "{}", "set()", "False", "True")
_KNOWN = frozenset(dir(builtins)) | sys.stdlib_module_names


def _propose(view: View) -> Iterator[Proposal]:
    scope = scope_of(view)
    asynchronous = isinstance(view.function, ast.AsyncFunctionDef)
    yields = bool(view.all(ast.Yield))
    for node in view.all(ast.Return):
        yield from _returned(view, scope, node, bare=yields)
    for expression in view.all(ast.Expr):
        if isinstance(expression.value, ast.Call | ast.Await):
            yield from _kept(view, scope, expression, expression.value, bare=yields)
        elif isinstance(expression.value, ast.Yield) and not asynchronous:
            yield from _yield_to_return(view, expression, expression.value)
    for assign in view.all(ast.Assign):
        yield from _dropped(view, assign)
    if not asynchronous:
        yield from _delegations(view)
        if yields or view.all(ast.YieldFrom):
            yield from _return_to_yield(view)
    yield from _starts(view, scope)
    yield from _steps(view, scope)


def _near(scope: Scope, position: int) -> list[str]:
    return scope.by_distance(scope.at(position), position)[:MAX_NAMES]


def _returned(view: View, scope: Scope, node: ast.Return, *, bare: bool) -> Iterator[Proposal]:
    span, at = view.span(node), view.start(node)
    old = view.source(node.value) if node.value else ""
    if node.value:
        yield Proposal("return_changed", *span, "return", span, "None")
        if isinstance(node.value, ast.Call | ast.Await):
            text = wrap(old, level(node.value), TEST)
            yield Proposal("return_dropped", *span, text, span, "")
    if bare or isinstance(node.value, ast.Name):
        return
    for name in _near(scope, at):
        if name != old:
            yield Proposal("return_changed", *span, f"return {name}", span, name, scope.nearest(name, at))
    for text in ("True", "False"):
        if text != old and not isinstance(node.value, ast.Constant):
            yield Proposal("return_changed", *span, f"return {text}", span, text)


def _kept(view: View, scope: Scope, node: ast.Expr, call: ast.Call | ast.Await, *, bare: bool) -> Iterator[Proposal]:
    """A call whose result is dropped: returned, or stored under a name that it uses or that is near."""
    span, text = view.span(node), view.source(node)
    wrapped = wrap(text, level(call), TEST)
    if not bare:
        yield Proposal("return_added", *span, f"return {wrapped}", span, "return")
    used = (each for each in view.names_below(call) if each.id in scope.locals)
    names = dict.fromkeys(each.id for each in used if each.id not in ("self", "cls"))
    names.update(dict.fromkeys(_near(scope, span[0])))
    for name in list(names)[: MAX_NAMES + 2]:
        yield Proposal("assignment_added", *span, f"{name} = {wrapped}", span, name, scope.nearest(name, span[0]))


def _dropped(view: View, node: ast.Assign) -> Iterator[Proposal]:
    if len(node.targets) == 1 and isinstance(node.value, ast.Call):
        text = wrap(view.source(node.value), level(node.value), TEST)
        yield Proposal("assignment_dropped", *view.span(node), text, view.span(node), view.source(node.targets[0]))


# Generators --------------------------------------------------------------------------------------------------


def _delegations(view: View) -> Iterator[Proposal]:
    for node in view.all(ast.Yield):
        if node.value is not None:
            span = view.span(node)
            text = "yield from " + wrap(view.source(node.value), level(node.value), TEST)
            yield Proposal("yield_changed", *span, text, span, "from")
    for whole in view.all(ast.YieldFrom):
        span = view.span(whole)
        yield Proposal("yield_changed", *span, f"yield {view.source(whole.value)}", span, "yield")


def _yield_to_return(view: View, node: ast.Expr, value: ast.Yield) -> Iterator[Proposal]:
    text = "return " + view.source(value.value) if value.value else "return"
    if view.start(value) == view.start(node):
        yield Proposal("yield_changed", *view.span(node), text, view.span(node), "return")


def _return_to_yield(view: View) -> Iterator[Proposal]:
    for node in view.all(ast.Return):
        text = "yield " + view.source(node.value) if node.value else "yield"
        yield Proposal("yield_changed", *view.span(node), text, view.span(node), "yield")


# First values and steps --------------------------------------------------------------------------------------


def _starts(view: View, scope: Scope) -> Iterator[Proposal]:
    """``name = []`` and its like, for a name that the function reads and nothing that is known gives a value."""
    main = next((block for block in view.blocks if block.owner is view.function), None)
    if main is None:
        return
    for name in _unset(view, scope):
        first = scope.uses[name][0]
        place = next((i for i, each in enumerate(main.statements) if view.end(each) > first), len(main.statements) - 1)
        for at in dict.fromkeys((place, 0)):
            for value in _STARTS:
                text = f"{name} = {value}"
                edit = insertion(view, main, at, text)
                yield Proposal("start_inserted", *edit, beside(view, main, at), text, first)


def _unset(view: View, scope: Scope) -> list[str]:
    free = (*scope.free["plain"], *scope.free["base"])
    names = dict.fromkeys(each for each in free if each.islower() and each not in _KNOWN)
    stepped = {n.target.id for n in view.all(ast.AugAssign) if isinstance(n.target, ast.Name)}
    for name in sorted(stepped - set(scope.parameters)):
        stores = [n for n in view.all(ast.Name) if n.id == name and isinstance(n.ctx, ast.Store)]
        if all(isinstance(view.slot(each).parent, ast.AugAssign) for each in stores):
            names[name] = None
    return list(names)[:MAX_NAMES]


def _steps(view: View, scope: Scope) -> Iterator[Proposal]:
    """``n += 1`` and ``n -= 1`` at the end of a block inside a loop, for names that count."""
    counted = list(_counters(view, scope))[:MAX_NAMES]
    for block in view.blocks:
        if block.in_loop and counted and not isinstance(block.statements[-1], ast.Break | ast.Continue | ast.Return):
            yield from _step(view, scope, block, counted)


def _step(view: View, scope: Scope, block: Block, counted: list[str]) -> Iterator[Proposal]:
    at = len(block.statements)
    for name in counted:
        for sign in ("+=", "-="):
            text = f"{name} {sign} 1"
            ref = scope.nearest(name, view.end(block.statements[-1]))
            yield Proposal("step_inserted", *insertion(view, block, at, text), beside(view, block, at), text, ref)


def _counters(view: View, scope: Scope) -> dict[str, None]:
    found: dict[str, None] = {}
    for assign in view.all(ast.Assign):
        target = assign.targets[0]
        whole = isinstance(assign.value, ast.Constant) and type(assign.value.value) is int
        if whole and isinstance(target, ast.Name):
            found[target.id] = None
    for step in view.all(ast.AugAssign):
        if isinstance(step.target, ast.Name):
            found[step.target.id] = None
    return {name: None for name in found if name in scope.locals}


FAMILY = Family(
    (
        "return_changed",
        "return_dropped",
        "return_added",
        "assignment_dropped",
        "assignment_added",
        "yield_changed",
        "start_inserted",
        "step_inserted",
    ),
    _propose,
)
