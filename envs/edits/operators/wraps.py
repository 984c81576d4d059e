"""Values wrapped into a call, a method, an item or an offset by one, and taken out again."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from envs.edits.candidate import Family, Proposal
from envs.edits.precedence import ARITH, ATOM, FACTOR, level, place, wrap
from envs.edits.roles import role, values
from envs.edits.view import View

MAX_POOL = 3
_ANY = ("str", "int", "len", "list", "abs")
_CALLS: dict[str, tuple[str, ...]] = {
    "iter": ("sorted", "list", "reversed", "set", "enumerate", "range", "iter", "tuple"),
    "return": ("list", "tuple", "sorted", "set", "str", "int", "bool", "len", "abs", "dict", "iter", "float", "sum"),
    "assign": ("list", "tuple", "sorted", "set", "str", "int", "len", "iter", "dict", "float", "abs", "bool"),
    "argument": ("len", "str", "list", "int", "set", "tuple", "sorted", "iter", "abs", "type", "repr"),
    "compare": ("len", "int", "str", "abs", "set", "type", "sorted"),
    "arithmetic": ("len", "int", "str", "list", "tuple", "abs", "float", "repr"),
    "test": ("len", "any", "all", "callable"),
    "operand": ("len", "any", "all", "callable"),
    "element": ("str", "int", "len", "list", "tuple", "repr"),
    "item": ("str", "int", "len", "list", "tuple", "repr"),
    "bound": ("len", "int"),
    "index": ("int", "str", "len"),
}
_METHODS: dict[str, tuple[str, ...]] = {
    "iter": ("items", "values", "keys", "copy"),
    "return": ("strip", "lower", "copy"),
    "assign": ("strip", "lower", "copy", "items"),
    "argument": ("strip", "lower", "copy", "items"),
    "compare": ("strip", "lower", "keys"),
    "arithmetic": ("strip", "lower"),
}
_WRAPPABLE = ast.Name | ast.Attribute | ast.Call | ast.Subscript | ast.BinOp
_OFFSET_ROLES = frozenset({"argument", "return", "assign", "index", "bound", "compare", "arithmetic", "element"})
_ITEM_ROLES = frozenset({"return", "assign", "argument", "iter", "arithmetic", "compare", "item"})
_SIGN_ROLES = frozenset({"argument", "return", "assign", "bound", "index", "arithmetic"})


def _propose(view: View) -> Iterator[Proposal]:
    calls, methods, items = _seen_calls(view), _seen_methods(view), _seen_items(view)
    for node, found in values(view):
        text = wrap(view.source(node), level(node), ATOM)
        if isinstance(node, _WRAPPABLE):
            yield from _into_call(view, node, found, calls)
        if isinstance(node, ast.Name | ast.Attribute | ast.Call | ast.Subscript):
            yield from _into_method(view, node, found, text, methods)
            yield from _into_item(view, node, found, text, items)
        yield from _offsets(view, node, found)
    for call in view.all(ast.Call):
        yield from _unwrapped_call(view, call)
    yield from _unwrapped_others(view)


# Functions and methods ---------------------------------------------------------------------------------------


def _seen_calls(view: View) -> dict[str, int]:
    """The functions that the program calls with one argument, with the place of the first call."""
    found: dict[str, int] = {}
    for node in view.all(ast.Call):
        if len(node.args) == 1 and not node.keywords and isinstance(node.func, ast.Name | ast.Attribute):
            found.setdefault(view.source(node.func), view.start(node))
    return {name: at for name, at in list(found.items())[:MAX_POOL] if "\n" not in name and "(" not in name}


def _into_call(view: View, node: ast.expr, found: str, seen: dict[str, int]) -> Iterator[Proposal]:
    span = view.span(node)
    pool = dict.fromkeys(_CALLS.get(found, ()), -1)
    if found in _CALLS:
        pool.update(seen)
    own = view.source(node.func) if isinstance(node, ast.Call) else ""
    parent = view.slot(node).parent
    around = view.source(parent.func) if isinstance(parent, ast.Call) and found == "argument" else ""
    for name, ref in pool.items():
        if name not in (own, around):
            yield Proposal("call_wrapped", *span, f"{name}({view.source(node)})", span, name, ref if ref >= 0 else None)


def _unwrapped_call(view: View, node: ast.Call) -> Iterator[Proposal]:
    span = view.span(node)
    plain = [each for each in node.args if not isinstance(each, ast.Starred)]
    if plain and plain == node.args and not isinstance(view.slot(node).parent, ast.Await):
        first = plain[0]
        kind = "call_unwrapped" if len(plain) == 1 and not node.keywords else "call_to_argument"
        yield Proposal(kind, *span, place(view, node, view.source(first), level(first)), span, view.source(node.func))
    if isinstance(node.func, ast.Attribute) and role(view, node) != "statement":
        base = node.func.value
        kind = "method_unwrapped" if not node.args and not node.keywords else "call_to_receiver"
        yield Proposal(kind, *span, place(view, node, view.source(base), level(base)), span, node.func.attr)


def _seen_methods(view: View) -> dict[str, int]:
    found: dict[str, int] = {}
    for node in view.all(ast.Call):
        if not node.args and not node.keywords and isinstance(node.func, ast.Attribute):
            found.setdefault(node.func.attr, view.start(node))
    return dict(list(found.items())[:MAX_POOL])


def _into_method(view: View, node: ast.expr, found: str, text: str, seen: dict[str, int]) -> Iterator[Proposal]:
    if found not in _METHODS:
        return
    span = view.span(node)
    pool: dict[str, int | None] = dict.fromkeys(_METHODS[found])
    pool.update(seen)
    own = node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""
    for name, ref in pool.items():
        if name != own:
            yield Proposal("method_wrapped", *span, f"{text}.{name}()", span, name, ref)


# Items, attributes and offsets -------------------------------------------------------------------------------


def _seen_items(view: View) -> dict[str, int]:
    found: dict[str, int] = {}
    for node in view.all(ast.Subscript):
        text = view.source(node.slice)
        if "\n" not in text and ":=" not in text and len(text) < 40:
            found.setdefault(text, view.start(node.slice))
    return dict(list(found.items())[:MAX_POOL])


def _into_item(view: View, node: ast.expr, found: str, text: str, seen: dict[str, int]) -> Iterator[Proposal]:
    if found not in _ITEM_ROLES:
        return
    span = view.span(node)
    pool: dict[str, int | None] = dict.fromkeys(("0", "-1", "1:", ":-1", "::-1"))
    pool.update(seen)
    for index, ref in pool.items():
        yield Proposal("item_wrapped", *span, f"{text}[{index}]", span, f"[{index}]", ref)


def _offsets(view: View, node: ast.expr, found: str) -> Iterator[Proposal]:
    span = view.span(node)
    if found in _OFFSET_ROLES and not _textual(node):
        for sign in ("+", "-"):
            text = wrap(view.source(node), level(node), ARITH)
            yield Proposal("offset_added", *span, place(view, node, f"{text} {sign} 1", ARITH), span, f"{sign} 1")
    if found in _SIGN_ROLES and not isinstance(node, ast.BinOp):
        text = "-" + wrap(view.source(node), level(node), FACTOR)
        yield Proposal("minus_added", *span, place(view, node, text, FACTOR), span, "-")


def _textual(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.BinOp)
        and isinstance(node.left, ast.Constant | ast.JoinedStr)
        and (isinstance(node.left, ast.JoinedStr) or isinstance(node.left.value, str | bytes))
    )


def _unwrapped_others(view: View) -> Iterator[Proposal]:
    for node in view.all(ast.Subscript):
        if isinstance(node.ctx, ast.Load):
            span = view.span(node)
            text = place(view, node, view.source(node.value), level(node.value))
            yield Proposal("item_unwrapped", *span, text, span, view.source(node.slice))
    for binary in view.all(ast.BinOp):
        yield from _operands(view, binary)
    for unary in view.all(ast.UnaryOp):
        if not isinstance(unary.op, ast.Not | ast.UAdd) and not isinstance(unary.operand, ast.Constant):
            span = view.span(unary)
            text = place(view, unary, view.source(unary.operand), level(unary.operand))
            yield Proposal("minus_removed", *span, text, span, "-")


def _operands(view: View, node: ast.BinOp) -> Iterator[Proposal]:
    """An operation cut down to one operand; apart from the rest where the other operand is one."""
    span = view.span(node)
    right = node.right
    one = isinstance(node.op, ast.Add | ast.Sub) and isinstance(right, ast.Constant) and right.value == 1
    for kept, dropped in ((node.left, right), (right, node.left)):
        kind = "offset_removed" if one and kept is node.left else "operand_removed"
        text = place(view, node, view.source(kept), level(kept))
        yield Proposal(kind, *span, text, view.span(dropped), view.source(dropped), view.start(kept))


FAMILY = Family(
    (
        "call_wrapped",
        "call_unwrapped",
        "call_to_argument",
        "method_wrapped",
        "method_unwrapped",
        "call_to_receiver",
        "item_wrapped",
        "item_unwrapped",
        "offset_added",
        "offset_removed",
        "minus_added",
        "minus_removed",
        "operand_removed",
    ),
    _propose,
)
