"""Conditions negated, extended by another condition, cut down, and turned from truth to ``None`` tests."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from envs.edits.candidate import Family, Proposal
from envs.edits.precedence import AND, COMPARE, NOT, OR, enclosed, level, place, wrap
from envs.edits.roles import role, tests
from envs.edits.scope import Scope, scope_of
from envs.edits.view import View

MAX_CONDITIONS = 6
_NEGATED = frozenset({"test", "operand", "return", "assign", "argument"})
_NEGATABLE = ast.Name | ast.Attribute | ast.Call | ast.Subscript | ast.BoolOp | ast.Compare | ast.BinOp
_SIMPLE = ast.Name | ast.Attribute | ast.Call | ast.Subscript


def _propose(view: View) -> Iterator[Proposal]:
    yield from _negations(view)
    yield from _none_tests(view)
    pool = _pool(view)
    scope = scope_of(view)
    for test in tests(view):
        yield from _extended(view, scope, test, pool)
    for node in view.all(ast.BoolOp):
        yield from _cut_down(view, node)
    yield from _comprehensions(view, pool)


def _negations(view: View) -> Iterator[Proposal]:
    for negation in view.all(ast.UnaryOp):
        if isinstance(negation.op, ast.Not):
            text = place(view, negation, view.source(negation.operand), level(negation.operand))
            yield Proposal("not_removed", *view.span(negation), text, view.span(negation))
    for node in view.order:
        if isinstance(node, _NEGATABLE):
            found = role(view, node)
            if found in _NEGATED and _negatable(node, found):
                text = place(view, node, "not " + wrap(view.source(node), level(node), NOT), NOT)
                yield Proposal("not_inserted", *view.span(node), text, view.span(node), "not")


def _negatable(node: ast.expr, found: str) -> bool:
    if isinstance(node, ast.Compare):
        # A single comparison is negated by its operator: the same program in another form.
        return len(node.ops) > 1
    if found in ("test", "operand"):
        return True
    return isinstance(node, ast.BoolOp) or (found != "argument" and isinstance(node, ast.Call))


def _none_tests(view: View) -> Iterator[Proposal]:
    for node in view.order:
        if isinstance(node, _SIMPLE) and (role(view, node) in ("test", "operand") or _is_not(view.slot(node).parent)):
            for form in ("is None", "is not None"):
                text = place(view, node, f"{view.source(node)} {form}", COMPARE)
                yield Proposal("none_test_added", *view.span(node), text, view.span(node), form)
        elif isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Is | ast.IsNot) and _none(node):
            text = place(view, node, view.source(node.left), level(node.left))
            yield Proposal("none_test_removed", *view.span(node), text, view.span(node))


def _is_not(node: ast.AST) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)


def _none(node: ast.Compare) -> bool:
    right = node.comparators[0]
    return len(node.ops) == 1 and isinstance(right, ast.Constant) and right.value is None


def _pool(view: View) -> dict[str, tuple[ast.expr, int]]:
    """The conditions of the function and their operands, by text, each with the place where it is first used."""
    found: dict[str, tuple[ast.expr, int]] = {}
    for test in tests(view):
        parts = test.values if isinstance(test, ast.BoolOp) else [test]
        for part in (*parts, test):
            if not isinstance(part, ast.NamedExpr) and not isinstance(part, ast.Constant):
                found.setdefault(view.source(part), (part, view.start(part)))
    return found


def _extended(view: View, scope: Scope, test: ast.expr, pool: dict[str, tuple[ast.expr, int]]) -> Iterator[Proposal]:
    """``test and other``, ``test or other`` and the other order, as one more operand where the test is of that sort."""
    if isinstance(test, ast.NamedExpr):
        return
    at, own = view.start(test), view.source(test)
    near = sorted(pool.items(), key=lambda item: abs(item[1][1] - at))
    others = [(text, level(node), ref) for text, (node, ref) in near if text not in own and own not in text]
    others = [each for each in others if _readable(view, scope, each[2], at)][:MAX_CONDITIONS]
    for text, bound, ref in others:
        for sign, operator in (("and", AND), ("or", OR)):
            yield _joined(view, test, text, bound, sign, operator, ref)
            yield _joined(view, test, text, bound, sign, operator, ref, first=True)


def _readable(view: View, scope: Scope, ref: int, at: int) -> bool:
    """Whether the names at ``ref`` mean something at ``at``: those of a comprehension do not outside it."""
    for name, uses in scope.uses.items():
        if ref in uses and name in scope.locals:
            return scope.visible(name, at)
    return True


def _joined(
    view: View, test: ast.expr, text: str, bound: int, sign: str, operator: int, ref: int, first: bool = False
) -> Proposal:
    same = isinstance(test, ast.BoolOp) and level(test) == operator
    mine = view.source(test) if same else wrap(view.source(test), level(test), operator + 1)
    other = wrap(text, bound, operator + 1)
    joined = f"{other} {sign} {mine}" if first else f"{mine} {sign} {other}"
    return Proposal(
        "condition_added", *view.span(test), place(view, test, joined, operator), view.span(test), f"{sign} {text}", ref
    )


def _cut_down(view: View, node: ast.BoolOp) -> Iterator[Proposal]:
    sign, own = ("and", AND) if isinstance(node.op, ast.And) else ("or", OR)
    texts = [_part(view, each, own) for each in node.values]
    for index, dropped in enumerate(node.values):
        rest = texts[:index] + texts[index + 1 :]
        if len(rest) > 1:
            text = place(view, node, f" {sign} ".join(rest), own)
        else:
            other = node.values[1 - index]
            text = place(view, node, view.source(other), level(other))
        yield Proposal("condition_removed", *view.span(node), text, view.span(dropped), view.source(dropped))


def _part(view: View, node: ast.expr, own: int) -> str:
    return f"({view.source(node)})" if enclosed(view, node) else wrap(view.source(node), level(node), own + 1)


def _comprehensions(view: View, pool: dict[str, tuple[ast.expr, int]]) -> Iterator[Proposal]:
    for node in view.all(ast.comprehension):
        for test in node.ifs:
            before = view.text.rfind("if", view.end(node.iter), view.start(test))
            end = view.end(test)
            if view.text[before + 2 : view.start(test)].strip() == "" and before > 0:
                yield Proposal("filter_removed", before, end, "", view.span(test), view.source(test))
        if not node.ifs and isinstance(node.target, ast.Name):
            yield from _filters(view, node, node.target.id, pool)


def _filters(
    view: View, node: ast.comprehension, name: str, pool: dict[str, tuple[ast.expr, int]]
) -> Iterator[Proposal]:
    end = view.end(node.iter)
    if enclosed(view, node.iter):
        end = view.text.index(")", end) + 1
    anchor = view.span(node.iter)
    for text in (name, f"not {name}", f"{name} is not None"):
        yield Proposal("filter_added", end, end, f" if {text}", anchor, text, view.start(node.target))
    for text, (test, ref) in list(pool.items())[:MAX_CONDITIONS]:
        if name in {each.id for each in view.names_below(test)} and text != name:
            yield Proposal("filter_added", end, end, f" if {wrap(text, level(test), OR)}", anchor, text, ref)


FAMILY = Family(
    (
        "not_removed",
        "not_inserted",
        "none_test_added",
        "none_test_removed",
        "condition_added",
        "condition_removed",
        "filter_removed",
        "filter_added",
    ),
    _propose,
)
