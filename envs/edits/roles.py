"""What an expression is used for, where it stands: the operators choose their sites by it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from envs.edits.view import View

_ROLES: dict[tuple[type[ast.AST], str], str] = {
    (ast.If, "test"): "test",
    (ast.While, "test"): "test",
    (ast.IfExp, "test"): "test",
    (ast.Assert, "test"): "test",
    (ast.comprehension, "ifs"): "test",
    (ast.match_case, "guard"): "test",
    (ast.BoolOp, "values"): "operand",
    (ast.Call, "args"): "argument",
    (ast.Call, "func"): "function",
    (ast.keyword, "value"): "keyword",
    (ast.Return, "value"): "return",
    (ast.Assign, "value"): "assign",
    (ast.AugAssign, "value"): "assign",
    (ast.AnnAssign, "value"): "assign",
    (ast.For, "iter"): "iter",
    (ast.comprehension, "iter"): "iter",
    (ast.Subscript, "slice"): "index",
    (ast.Subscript, "value"): "container",
    (ast.Slice, "lower"): "bound",
    (ast.Slice, "upper"): "bound",
    (ast.BinOp, "left"): "arithmetic",
    (ast.BinOp, "right"): "arithmetic",
    (ast.Compare, "left"): "compare",
    (ast.Compare, "comparators"): "compare",
    (ast.Attribute, "value"): "base",
    (ast.Tuple, "elts"): "element",
    (ast.List, "elts"): "element",
    (ast.Set, "elts"): "element",
    (ast.Dict, "values"): "element",
    (ast.IfExp, "body"): "arm",
    (ast.IfExp, "orelse"): "arm",
    (ast.Yield, "value"): "yield",
    (ast.ListComp, "elt"): "item",
    (ast.SetComp, "elt"): "item",
    (ast.GeneratorExp, "elt"): "item",
    (ast.DictComp, "value"): "item",
    (ast.Expr, "value"): "statement",
    (ast.Starred, "value"): "starred",
}
CONDITIONS = frozenset({"test", "operand"})
_VALUES = ast.Name | ast.Attribute | ast.Call | ast.Subscript | ast.BinOp


def role(view: View, node: ast.AST) -> str:
    """The role of an expression; empty where no operator has a use for it."""
    slot = view.slot(node)
    return _ROLES.get((type(slot.parent), slot.field), "")


def values(view: View) -> Iterator[tuple[ast.expr, str]]:
    """Every computed value (a name, attribute, call, item or operation that is read) with its role."""
    for node in view.order:
        if isinstance(node, _VALUES):
            found = role(view, node)
            own = isinstance(node, ast.Name) and node.id in ("self", "cls")
            if (
                found
                and found != "function"
                and not own
                and not isinstance(getattr(node, "ctx", None), ast.Store | ast.Del)
            ):
                yield node, found


def tests(view: View) -> Iterator[ast.expr]:
    """Every whole condition: of ``if``, ``while``, ``assert``, a ternary or a comprehension."""
    for node in view.order:
        if isinstance(node, ast.If | ast.While | ast.IfExp | ast.Assert):
            yield node.test
        elif isinstance(node, ast.comprehension):
            yield from node.ifs
