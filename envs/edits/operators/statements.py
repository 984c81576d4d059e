"""Statements removed, copied from elsewhere in the function, and moved by one place, in or out of a block."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise

from envs.edits.candidate import Family, Proposal
from envs.edits.lines import JUMPS, beside, in_function, insertion, jumps_out, reindented, removal, tail
from envs.edits.scope import Scope, scope_of
from envs.edits.view import Block, View

MAX_NAMES = 3
MAX_RETURNS = 3
_TEMPLATES = ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Expr | ast.Raise | ast.Assert | ast.Delete
_KEPT = ast.Pass | ast.Global | ast.Nonlocal | ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef
_DECLARATIONS = ast.Global | ast.Nonlocal
_LOOPS = ast.For | ast.AsyncFor | ast.While


def _propose(view: View) -> Iterator[Proposal]:
    scope = scope_of(view)
    blocks = {(id(block.owner), block.field): block for block in view.blocks}
    for block in view.blocks:
        yield from _removals(view, block)
        yield from _swapped(view, block)
        yield from _moved(view, block, blocks)
        yield from _copies(view, scope, block)
        yield from _stored(view, scope, block)
        if in_function(view, block):
            yield from _jumps(view, scope, block)
    for old, new in ((ast.Break, "continue"), (ast.Continue, "break")):
        for node in view.all(old):
            yield Proposal("jump_changed", *view.span(node), new, view.span(node), new)


def _is_guard(node: ast.stmt) -> bool:
    """Whether the statement is an ``if`` that only leaves: its removal is a kind of its own."""
    return isinstance(node, ast.If) and not node.orelse and len(node.body) == 1 and isinstance(node.body[0], JUMPS)


def _removals(view: View, block: Block) -> Iterator[Proposal]:
    for index, node in enumerate(block.statements):
        if isinstance(node, _KEPT):
            continue
        kind = (
            "guard_removed" if _is_guard(node) else "jump_removed" if isinstance(node, JUMPS) else "statement_removed"
        )
        text = "" if node.lineno != node.end_lineno else view.source(node)
        yield Proposal(kind, *removal(view, block, index), view.span(node), text)


def _swapped(view: View, block: Block) -> Iterator[Proposal]:
    for one, other in pairwise(block.statements):
        declared = isinstance(one, _DECLARATIONS) or isinstance(other, _DECLARATIONS)
        if declared or (isinstance(one, JUMPS | _KEPT) and isinstance(other, JUMPS | _KEPT)):
            continue
        (start, middle), (second, end) = view.lines(one), view.lines(other)
        text = view.text[second:end] + view.text[middle:second] + view.text[start:middle]
        yield Proposal("statements_swapped", start, end, text, view.span(one), "", view.start(other))


# Moves in and out of blocks ----------------------------------------------------------------------------------


def _moved(view: View, block: Block, blocks: dict[tuple[int, str], Block]) -> Iterator[Proposal]:
    for index, node in enumerate(block.statements):
        found = tail(view, node)
        last = blocks.get((id(found[0]), found[1])) if found else None
        if last is not None:
            yield from _out_of_end(view, node, block, last)
            if index + 1 < len(block.statements):
                yield from _into_end(view, block.statements[index + 1], node, last)
        head = blocks.get((id(node), "body"))
        if head is not None and found:
            yield from _out_of_start(view, node, block, head)
            if index:
                yield from _into_start(view, block.statements[index - 1], node, head)


def _movable(node: ast.stmt, owner: ast.stmt) -> bool:
    return not isinstance(node, _KEPT) and not (isinstance(owner, _LOOPS) and jumps_out(node))


def _out_of_end(view: View, node: ast.stmt, block: Block, inner: Block) -> Iterator[Proposal]:
    moved = inner.statements[-1]
    text = reindented(view, moved, moved, block.indent)
    if len(inner.statements) > 1 and text is not None and _movable(moved, node):
        yield Proposal("moved_out", *view.lines(moved), text, view.span(moved), "", view.start(node))


def _into_end(view: View, moved: ast.stmt, node: ast.stmt, inner: Block) -> Iterator[Proposal]:
    text = reindented(view, moved, moved, inner.indent)
    if text is None or isinstance(moved, _KEPT):
        return
    start, end = view.lines(inner.statements[-1])[1], view.lines(moved)[1]
    text += view.text[start : view.lines(moved)[0]]
    yield Proposal("moved_in", start, end, text, view.span(moved), "", view.start(node))


def _out_of_start(view: View, node: ast.stmt, block: Block, inner: Block) -> Iterator[Proposal]:
    moved = inner.statements[0]
    text = reindented(view, moved, moved, block.indent)
    if len(inner.statements) > 1 and text is not None and _movable(moved, node):
        start, (middle, end) = view.lines(node)[0], view.lines(moved)
        yield Proposal("moved_out", start, end, text + view.text[start:middle], view.span(moved), "", view.start(node))


def _into_start(view: View, moved: ast.stmt, node: ast.stmt, inner: Block) -> Iterator[Proposal]:
    text = reindented(view, moved, moved, inner.indent)
    if text is None or isinstance(moved, _KEPT):
        return
    (start, middle), end = view.lines(moved), view.lines(inner.statements[0])[0]
    yield Proposal("moved_in", start, end, view.text[middle:end] + text, view.span(moved), "", view.start(node))


# Copies ------------------------------------------------------------------------------------------------------


def _copies(view: View, scope: Scope, block: Block) -> Iterator[Proposal]:
    for index, node in enumerate(block.statements):
        if not isinstance(node, _TEMPLATES) or node.lineno != node.end_lineno:
            continue
        text, ref = view.source(node), view.start(node)
        for at in range(len(block.statements) + 1):
            yield _copied(view, block, at, text, ref)
        for other in view.blocks:
            if other is not block:
                yield _copied(view, other, len(other.statements), text, ref)
        for changed in _substituted(view, scope, node, text):
            for at in (index, index + 1):
                yield _copied(view, block, at, changed, ref)


def _stored(view: View, scope: Scope, block: Block) -> Iterator[Proposal]:
    """``self.name = name`` for parameters that nothing uses, as an initialiser would have it."""
    if block.owner is not view.function or "self" not in scope.locals:
        return
    used = {each.id for each in view.all(ast.Name)}
    for name in [each for each in scope.parameters if each not in used][:MAX_NAMES]:
        for at in range(len(block.statements) + 1):
            for text in (f"self.{name} = {name}", f"self._{name} = {name}"):
                yield _copied(view, block, at, text, scope.uses[name][0])


def _copied(view: View, block: Block, at: int, text: str, ref: int) -> Proposal:
    return Proposal("statement_inserted", *insertion(view, block, at, text), beside(view, block, at), text, ref)


def _substituted(view: View, scope: Scope, node: ast.stmt, text: str) -> Iterator[str]:
    """The statement's text with one of its local names replaced by another."""
    start = view.start(node)
    near = scope.by_distance(scope.at(start), start)
    for name in view.names_below(node):
        if view.known(name) and name.id in scope.locals:
            at = view.start(name) - start
            for other in [each for each in near if each != name.id][:MAX_NAMES]:
                yield text[:at] + other + text[at + len(name.id) :]


# Jumps -------------------------------------------------------------------------------------------------------


def _jumps(view: View, scope: Scope, block: Block) -> Iterator[Proposal]:
    at = len(block.statements)
    if isinstance(block.statements[-1], JUMPS):
        return
    body_of_loop = isinstance(block.owner, _LOOPS) and block.field == "body"
    forms: dict[str, int | None] = {}
    if block.in_loop:
        forms.update(dict.fromkeys(("break",) if body_of_loop else ("break", "continue")))
    forms.update(_returns(view, scope, view.end(block.statements[-1]) - 1))
    if block.owner is view.function:
        forms.pop("return", None)
    for text, ref in forms.items():
        yield Proposal("jump_inserted", *insertion(view, block, at, text), beside(view, block, at), text, ref)


def _returns(view: View, scope: Scope, position: int) -> dict[str, int | None]:
    forms: dict[str, int | None] = {"return": None}
    if view.all(ast.Yield):
        return forms
    for node in view.all(ast.Return)[:MAX_RETURNS]:
        if node.lineno == node.end_lineno:
            forms.setdefault(view.source(node), view.start(node))
    for name in scope.by_distance(scope.at(position), position)[:MAX_NAMES]:
        forms.setdefault(f"return {name}", scope.nearest(name, position))
    forms.update(dict.fromkeys(("return True", "return False", "return None")))
    return forms


FAMILY = Family(
    (
        "statement_removed",
        "jump_removed",
        "guard_removed",
        "statement_inserted",
        "jump_inserted",
        "jump_changed",
        "statements_swapped",
        "moved_in",
        "moved_out",
    ),
    _propose,
)
