"""Two parts of an expression or an assignment change places (BugLab's argument swap and SWE-smith's operand swap)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import combinations, pairwise

from envs.edits.candidate import Family, Proposal
from envs.edits.precedence import TEST, enclosed, fit, level, place
from envs.edits.roles import role
from envs.edits.view import View

_COMMUTATIVE = ast.Mult | ast.BitAnd | ast.BitOr | ast.BitXor
_SMALL = ast.Name | ast.Attribute | ast.Constant
_ALL_PAIRS = 4


def _propose(view: View) -> Iterator[Proposal]:
    for node in view.order:
        match node:
            case ast.Call():
                yield from _call(view, node)
            case ast.BinOp() if not isinstance(node.op, _COMMUTATIVE):
                yield _swap(view, "swap_operands", node, node.left, node.right)
            case ast.Compare() if isinstance(node.ops[0], ast.In | ast.NotIn) and len(node.ops) == 1:
                yield _swap(view, "swap_operands", node, node.left, node.comparators[0])
            case ast.BoolOp():
                for one, other in pairwise(node.values):
                    yield _swap(view, "swap_conditions", node, one, other)
            case ast.Tuple() | ast.List():
                for one, other in _pairs(node.elts):
                    yield _swap(view, "swap_items", node, one, other)
            case ast.Dict():
                for one, other in pairwise(node.values):
                    yield _swap(view, "swap_items", node, one, other)
            case ast.Slice():
                yield from _bounds(view, node)
            case ast.IfExp():
                yield _swap(view, "swap_arms", node, node.body, node.orelse)
                yield from _collapsed(view, node)
            case ast.Name() | ast.Attribute() if role(view, node) in ("return", "assign"):
                yield from _chosen(view, node)
            case ast.Assign():
                yield from _assign(view, node)
            case _:
                pass


def _pairs(nodes: list[ast.expr]) -> Iterator[tuple[ast.expr, ast.expr]]:
    plain = [node for node in nodes if not isinstance(node, ast.Starred)]
    yield from combinations(plain, 2) if len(plain) <= _ALL_PAIRS else pairwise(plain)


def _swap(view: View, kind: str, node: ast.AST, one: ast.expr, other: ast.expr) -> Proposal:
    start, end = view.start(one), view.end(other)
    first = _into(view, other, one)
    second = _into(view, one, other)
    text = first + view.text[view.end(one) : view.start(other)] + second
    return Proposal(kind, start, end, text, view.span(one), "", view.start(other))


def _into(view: View, node: ast.expr, there: ast.expr) -> str:
    """The text of ``node`` in the place of ``there``; the parentheses that stand there stay."""
    return view.source(node) if enclosed(view, there) else fit(view, node, view.slot(there))


def _call(view: View, node: ast.Call) -> Iterator[Proposal]:
    for one, other in _pairs(node.args):
        yield _swap(view, "swap_arguments", node, one, other)
    named = [each for each in node.keywords if each.arg]
    for first, second in pairwise(named):
        if view.source(first.value) != view.source(second.value):
            yield _swap(view, "swap_keywords", node, first.value, second.value)
    if isinstance(node.func, ast.Attribute) and len(node.args) == 1 and not node.keywords:
        receiver, argument = node.func.value, node.args[0]
        if isinstance(receiver, _SMALL) and isinstance(argument, _SMALL):
            yield _swap(view, "swap_receiver", node, receiver, argument)


def _bounds(view: View, node: ast.Slice) -> Iterator[Proposal]:
    if node.lower and node.upper:
        yield _swap(view, "swap_bounds", node, node.lower, node.upper)
        return
    only = node.lower or node.upper
    if only is None or node.step is not None or isinstance(view.slot(node).parent, ast.Tuple):
        return
    span = view.span(node)
    inner = view.text[span[0] : span[1]].strip()
    if "#" in inner:
        return
    bare = inner[:-1].strip() if node.lower else inner[1:].strip()
    yield Proposal("swap_bounds", *span, f":{bare}" if node.lower else f"{bare}:", span)


def _collapsed(view: View, node: ast.IfExp) -> Iterator[Proposal]:
    """A conditional expression cut down to one of its arms."""
    span = view.span(node)
    for arm in (node.body, node.orelse):
        text = place(view, node, view.source(arm), level(arm))
        yield Proposal("ternary_removed", *span, text, span, view.source(arm), view.start(arm))


def _chosen(view: View, node: ast.expr) -> Iterator[Proposal]:
    """``x if x else None`` and its opposite in place of ``x``."""
    span, text = view.span(node), view.source(node)
    for test in (text, f"not {text}"):
        whole = place(view, node, f"{text} if {test} else None", TEST)
        yield Proposal("ternary_added", *span, whole, span, f"if {test} else None")


def _assign(view: View, node: ast.Assign) -> Iterator[Proposal]:
    places = ast.Name | ast.Attribute | ast.Subscript
    target, value = node.targets[0], node.value
    if len(node.targets) == 1 and isinstance(target, places) and isinstance(value, places):
        yield _swap(view, "swap_assignment", node, target, value)


FAMILY = Family(
    (
        "swap_arguments",
        "swap_operands",
        "swap_conditions",
        "swap_items",
        "swap_keywords",
        "swap_receiver",
        "swap_bounds",
        "swap_arms",
        "swap_assignment",
        "ternary_added",
        "ternary_removed",
    ),
    _propose,
)
