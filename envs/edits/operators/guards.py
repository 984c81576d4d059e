"""Early ways out: ``if not x: return`` and its like, after what gives the name its value."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from envs.edits.candidate import Family, Proposal
from envs.edits.lines import JUMPS, beside, in_function, insertion, unit
from envs.edits.scope import Scope, scope_of
from envs.edits.view import Block, View

MAX_NAMES = 4
MAX_RESULTS = 2


def _propose(view: View) -> Iterator[Proposal]:
    scope = scope_of(view)
    results = _results(view)
    for block in view.blocks:
        if not in_function(view, block) or isinstance(block.statements[0], ast.Pass):
            continue
        for index, names in _places(view, scope, block):
            yield from _guards(view, scope, block, index, names, results)


def _results(view: View) -> dict[str, int | None]:
    """What a guard may return here: nothing, or one of the simple values that the function returns."""
    if view.all(ast.Yield):
        return {"return": None}
    found: dict[str, int | None] = {}
    for node in view.all(ast.Return):
        simple = isinstance(node.value, ast.Constant | ast.Name | ast.List | ast.Tuple | ast.Dict)
        if simple and node.lineno == node.end_lineno and len(view.source(node)) < 24:
            found.setdefault(view.source(node), view.start(node))
    return {"return": None, **dict(list(found.items())[:MAX_RESULTS])}


def _places(view: View, scope: Scope, block: Block) -> Iterator[tuple[int, list[str]]]:
    """Where guards may stand in a block, and for which names: those that have just got a value."""
    owner = block.owner
    if owner is view.function:
        yield 0, list(scope.parameters)[:MAX_NAMES]
    elif isinstance(owner, ast.For | ast.AsyncFor) and block.field == "body":
        yield 0, [each.id for each in ast.walk(owner.target) if isinstance(each, ast.Name)][:MAX_NAMES]
    for index, node in enumerate(block.statements[:-1]):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield index + 1, [node.targets[0].id]


def _guards(
    view: View, scope: Scope, block: Block, index: int, names: list[str], results: dict[str, int | None]
) -> Iterator[Proposal]:
    if index < len(block.statements) and isinstance(block.statements[index], JUMPS):
        return
    ways = [*(("continue", "break") if block.in_loop else ()), *results]
    anchor, step = beside(view, block, index), unit(view, block)
    at = view.end(block.statements[index])
    for name in names:
        ref = scope.nearest(name, at)
        for test in (f"not {name}", f"{name} is None", name):
            for way in ways:
                text = f"if {test}:\n{block.indent}{step}{way}"
                edit = insertion(view, block, index, text)
                yield Proposal("guard_inserted", *edit, anchor, f"if {test} {way}", ref)


FAMILY = Family(("guard_inserted",), _propose)
