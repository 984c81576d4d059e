"""Where something can be put into a function, and what its names tell of what is missing there."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

from envs.edits.lines import JUMPS, in_function, insertion
from envs.edits.scope import Scope, scope_of
from envs.edits.tree import walk
from envs.edits.view import Block, View
from envs.tasks.feature.library import BUILTINS, head

STUB = "NotImplementedError"
# With more of them, less is made for each.
_FEW_GAPS = 12
# Measured: what is kept of a kind costs fewer bits, in functions of few gaps too.
_LIMITS, _TIGHT = (15.0, 11.0), 3


class Gap(NamedTuple):
    """
    A place between two statements: before the one at ``at`` of its block, or the end. ``names``: what may be read
    there, what nothing has used yet first; ``weights``: what it costs to choose each of them; ``cost``: to choose the
    place. All costs are bits, the less the likelier. ``hollow``: nothing stands in the block yet but a stub, which
    gives way.
    """

    block: Block
    at: int
    position: int
    names: tuple[str, ...]
    weights: dict[str, float]
    cost: float
    before: str
    after: str
    returns: bool
    hollow: bool

    @property
    def key(self) -> tuple[int, str, int]:
        """Tells it from the function's other gaps."""
        return id(self.block.owner), self.block.field, self.at

    @property
    def last(self) -> bool:
        """Whether it is behind the last statement of its block."""
        return self.hollow or self.at == len(self.block.statements)

    @property
    def in_loop(self) -> bool:
        """Whether ``break`` may stand there."""
        return self.block.in_loop


class Site(NamedTuple):
    """
    A function to which something is added. ``unbound``: names that are read, but that nothing here or in a sibling
    binds, with the statement that reads each first; ``unused``: locals that nothing reads. ``width``: the share of
    what could be made at a gap that is made: where gaps are many, each gets less. ``limit``: ideas of more bits would
    be cut off anyway. ``memo``: what was worked out for a gap and is needed again.
    """

    view: View
    scope: Scope
    gaps: tuple[Gap, ...]
    unbound: dict[str, ast.stmt]
    unused: frozenset[str]
    owner: str
    width: float
    limit: float
    memo: dict[tuple[Any, ...], Any]

    def at_most(self, count: int) -> int:
        """``count``, or less where gaps are many."""
        return max(4, round(count * self.width))


def site_of(view: View, known: frozenset[str]) -> Site:
    """``known``: names that siblings read and don't bind."""
    scope = scope_of(view)
    unused = _unused(view, scope)
    owner = view.text.partition(":")[0].removeprefix("class ") if view.text.startswith("class ") else ""
    gaps = tuple(_gaps(view, scope, unused))
    width = min(1.0, _FEW_GAPS / max(1, len(gaps)))
    unbound = _unbound(view, scope, known)
    return Site(view, scope, gaps, unbound, unused, owner, width, _LIMITS[len(gaps) > _TIGHT], {})


def place(site: Site, gap: Gap, text: str) -> tuple[int, int, str]:
    """The edit that puts ``text`` (lines indented by four spaces a level) into the gap."""
    indented = text.replace("\n", "\n" + gap.block.indent)
    if gap.hollow:
        start, end = site.view.lines(gap.block.statements[0])
        return start, end, f"{gap.block.indent}{indented}\n"
    return insertion(site.view, gap.block, gap.at, indented)


def anchor(site: Site, gap: Gap) -> tuple[int, int]:
    """
    Where an edit of the gap is shown, another place for every gap of a block: from the statement before it to the first
    token of the one behind it, which alone stands for the first gap; the last statement for the last.
    """
    statements, start = gap.block.statements, site.view.start
    if gap.at == 0:
        return start(statements[0]), start(statements[0]) + 1
    before = statements[gap.at - 1]
    return start(before), site.view.end(before) if gap.at == len(statements) else start(statements[gap.at]) + 1


def touches(site: Site, gap: Gap, first: int, last: int) -> bool:
    """Whether the gap, or the statement behind it, lies within the lines ``first`` to ``last`` (from 1)."""
    statements = gap.block.statements
    behind = statements[min(gap.at, len(statements) - 1)]
    start, end = behind.lineno, behind.end_lineno or behind.lineno
    return (start if gap.at < len(statements) else end) <= last + 1 and end >= first - 1


def _gaps(view: View, scope: Scope, unused: frozenset[str]) -> Iterator[Gap]:
    for block in view.blocks:
        returns = in_function(view, block)
        for index in range(len(block.statements) + 1):
            if index and isinstance(block.statements[index - 1], JUMPS) and not is_stub(block):
                break
            if index and is_stub(block):
                break
            yield _gap(view, scope, block, index, unused, returns)


def is_stub(block: Block) -> bool:
    """Whether the block holds nothing but ``pass`` or ``raise NotImplementedError``."""
    only = block.statements[0]
    if len(block.statements) > 1:
        return False
    raised = only.exc if isinstance(only, ast.Raise) else None
    return isinstance(only, ast.Pass) or (isinstance(raised, ast.Name) and raised.id == STUB)


def _gap(view: View, scope: Scope, block: Block, index: int, unused: frozenset[str], returns: bool) -> Gap:
    statements = block.statements
    end = index == len(statements)
    # The function's names are to be had up to the last character of its last statement.
    position = view.end(statements[-1]) - 1 if end else view.lines(statements[index])[0]
    if not end:
        position = max(position, view.body_span[0])
    before = statements[index - 1] if index else None
    names, weights = _ranked(view, scope, position, unused, block, index, before)
    return Gap(
        block,
        index,
        position,
        names,
        weights,
        _cost(view, block, index),
        head(before) if before is not None else "",
        "" if end else head(statements[index]),
        returns,
        is_stub(block),
    )


def _cost(view: View, block: Block, index: int) -> float:
    """Bits, by how often a piece of real code stands at such a place."""
    count = sum(len(each.statements) for each in view.blocks)
    base = math.log2(1 + count) - 1.0
    if is_stub(block):
        return max(0.0, base - 3.0)
    if index == 0 and block.depth == 0:
        return max(0.0, base - 1.5)
    if index == 0 and isinstance(block.owner, ast.For | ast.While):
        return max(0.0, base - 0.5)
    return base + 0.3 * block.depth


def _ranked(
    view: View,
    scope: Scope,
    position: int,
    unused: frozenset[str],
    block: Block,
    index: int,
    before: ast.stmt | None,
) -> tuple[tuple[str, ...], dict[str, float]]:
    """The names that are to be had, those that were bound right here or that nothing uses first."""
    near = scope.by_distance(scope.at(position), position)
    fresh = _bound_by(before) if before is not None else []
    if index == 0 and isinstance(block.owner, ast.For):
        fresh = _bound_by(block.owner)
    order = list(dict.fromkeys((*(n for n in near if n in unused), *(n for n in fresh if n in near), *near)))
    weights = {name: math.log2(1 + rank) + (0.5 if rank else 0.0) for rank, name in enumerate(order)}
    weights |= {name: weights[name] * 0.5 for name in order if name in unused}
    return tuple(order), weights


def _bound_by(statement: ast.stmt) -> list[str]:
    targets: list[ast.expr] = []
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.For | ast.AugAssign | ast.AnnAssign):
        targets = [statement.target]
    return [each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)]


def _unused(view: View, scope: Scope) -> frozenset[str]:
    read = {name.id for name in view.all(ast.Name) if not isinstance(name.ctx, ast.Store)}
    # What stands inside an f-string is not among the view's nodes.
    for joined in view.all(ast.JoinedStr):
        read |= {each.id for each in walk(joined) if isinstance(each, ast.Name)}
    for inner in (*view.all(ast.FunctionDef), *view.all(ast.Lambda)):
        read |= {each.id for each in walk(inner) if isinstance(each, ast.Name)}
    return frozenset(name for name in scope.locals if name not in read and name not in ("self", "cls", "_"))


def _unbound(view: View, scope: Scope, known: frozenset[str]) -> dict[str, ast.stmt]:
    """Names that are read where nothing binds them: in all likelihood what is missing gives them their values."""
    based = {id(each.value) for each in view.all(ast.Attribute)}
    called = {id(each.func) for each in view.all(ast.Call)}
    early: dict[str, ast.stmt] = {}
    plain: dict[str, ast.stmt] = {}
    modules: dict[str, ast.stmt] = {}
    for name in sorted(view.all(ast.Name), key=view.start):
        if name.id in scope.locals:
            if isinstance(name.ctx, ast.Load) and not scope.visible(name.id, view.start(name)):
                early.setdefault(name.id, _statement(view, name))
        elif name.id not in BUILTINS and name.id not in known and name.id == name.id.lower() and id(name) not in called:
            # A name of which only attributes are used is a module more often than a local.
            (modules if id(name) in based else plain).setdefault(name.id, _statement(view, name))
    return plain | early | {name: at for name, at in modules.items() if name not in plain}


def _statement(view: View, node: ast.AST) -> ast.stmt:
    for each in view.ancestors(node):
        if isinstance(each, ast.stmt):
            return each
    return view.function
