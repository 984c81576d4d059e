"""Branches swapped and dropped, blocks wrapped and unwrapped, guards put in front (SWE-smith's control operators)."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from envs.edits.candidate import Family, Proposal
from envs.edits.lines import is_elif, jumps_out, reindented, unit
from envs.edits.roles import tests
from envs.edits.scope import Scope, scope_of
from envs.edits.view import Block, View

MAX_CONDITIONS = 3
MAX_NAMES = 3
_WRAPPED = ast.Assign | ast.AugAssign | ast.Expr | ast.Return | ast.Raise | ast.Break | ast.Continue | ast.Delete


def _propose(view: View) -> Iterator[Proposal]:
    scope = scope_of(view)
    blocks = {(id(block.owner), block.field): block for block in view.blocks}
    conditions = _conditions(view)
    for node in view.all(ast.If):
        yield from _branches(view, node, blocks)
    for block in view.blocks:
        for index, statement in enumerate(block.statements):
            yield from _keywords(view, block, index)
            yield from _unwrapped(view, block, statement, blocks)
            if isinstance(statement, _WRAPPED):
                yield from _wrapped(view, scope, block, statement, conditions)
                yield from _tried(view, block, statement)


def _conditions(view: View) -> dict[str, int]:
    found: dict[str, int] = {}
    for test in tests(view):
        text = view.source(test)
        if "\n" not in text and ":=" not in text and not isinstance(test, ast.Constant):
            found.setdefault(text, view.start(test))
    return found


# Branches ----------------------------------------------------------------------------------------------------


def _branches(view: View, node: ast.If, blocks: dict[tuple[int, str], Block]) -> Iterator[Proposal]:
    body, other = blocks.get((id(node), "body")), blocks.get((id(node), "orelse"))
    if body is None or other is None or body.indent != other.indent:
        return
    start, middle = view.lines(body.statements[0], body.statements[-1])
    second, end = view.lines(other.statements[0], other.statements[-1])
    text = view.text[second:end] + view.text[middle:second] + view.text[start:middle]
    yield Proposal("branches_swapped", start, end, text, view.span(node.test), "", second)


def _keywords(view: View, block: Block, index: int) -> Iterator[Proposal]:
    node = block.statements[index]
    start = view.start(node)
    if isinstance(node, ast.While) and not node.orelse and not jumps_out(node):
        yield Proposal("loop", start, start + 5, "if", (start, view.end(node.test)), "if")
    if not isinstance(node, ast.If):
        return
    if not node.orelse and not jumps_out(node):
        yield Proposal("loop", start, start + 2, "while", (start, view.end(node.test)), "while")
    if index and _open_ended(view, block.statements[index - 1]):
        yield Proposal("elif", start, start + 2, "elif", (start, view.end(node.test)), "elif")
    while len(node.orelse) == 1 and is_elif(view, node.orelse[0]) and isinstance(node.orelse[0], ast.If):
        node = node.orelse[0]
        start = view.start(node)
        yield Proposal("elif", start, start + 4, "if", (start, view.end(node.test)), "if")


def _open_ended(view: View, node: ast.stmt) -> bool:
    """Whether the statement is an ``if`` without an ``else``, so that an ``elif`` may follow."""
    while isinstance(node, ast.If) and node.orelse:
        if len(node.orelse) > 1 or not is_elif(view, node.orelse[0]):
            return False
        node = node.orelse[0]
    return isinstance(node, ast.If) and view.alone(node) and view.alone(node.body[-1])


# Wrapping ----------------------------------------------------------------------------------------------------


def _unwrapped(view: View, block: Block, node: ast.stmt, blocks: dict[tuple[int, str], Block]) -> Iterator[Proposal]:
    inner = blocks.get((id(node), "body"))
    if inner is None or not isinstance(node, ast.If | ast.For | ast.While | ast.With | ast.Try):
        return
    loop = isinstance(node, ast.For | ast.While)
    if getattr(node, "orelse", []) or (loop and jumps_out(node)):
        return
    text = reindented(view, inner.statements[0], inner.statements[-1], block.indent)
    kind = "try_unwrapped" if isinstance(node, ast.Try) else "block_unwrapped"
    if text is not None and not getattr(node, "finalbody", []):
        yield Proposal(kind, *view.lines(node), text, view.span(node), "")


def _wrapped(view: View, scope: Scope, block: Block, node: ast.stmt, conditions: dict[str, int]) -> Iterator[Proposal]:
    """The statement under an ``if``: one of the nearest conditions, or the truth of a name that it uses."""
    text = reindented(view, node, node, block.indent + unit(view, block))
    if text is None:
        return
    at = view.start(node)
    near = sorted(conditions.items(), key=lambda item: abs(item[1] - at))[:MAX_CONDITIONS]
    forms: dict[str, int | None] = dict(near)
    for name in list(_read(view, scope, node))[:MAX_NAMES]:
        ref = scope.nearest(name, at)
        forms.update({each: ref for each in (name, f"not {name}", f"{name} is not None") if each not in forms})
    for condition, ref in forms.items():
        whole = f"{block.indent}if {condition}:\n{text}"
        yield Proposal("block_wrapped", *view.lines(node), whole, view.span(node), f"if {condition}", ref)


def _read(view: View, scope: Scope, node: ast.stmt) -> dict[str, None]:
    names = (each for each in view.names_below(node) if isinstance(each.ctx, ast.Load))
    return dict.fromkeys(n.id for n in names if scope.visible(n.id, view.start(node)) and n.id not in ("self", "cls"))


def _tried(view: View, block: Block, node: ast.stmt) -> Iterator[Proposal]:
    step = unit(view, block)
    text = reindented(view, node, node, block.indent + step)
    if text is not None:
        whole = f"{block.indent}try:\n{text}{block.indent}except Exception:\n{block.indent}{step}pass\n"
        yield Proposal("try_wrapped", *view.lines(node), whole, view.span(node), "try except")


FAMILY = Family(
    (
        "branches_swapped",
        "elif",
        "loop",
        "block_unwrapped",
        "block_wrapped",
        "try_wrapped",
        "try_unwrapped",
    ),
    _propose,
)
