"""Values wrapped into a call, a method, an item or an offset by one, and taken out again."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from envs.edits.candidate import Family, Proposal
from envs.edits.precedence import ARITH, ATOM, FACTOR, LEVEL_OF, OPERATORS, level, operand_level, place, wrap
from envs.edits.roles import role, values
from envs.edits.view import View

MAX_POOL = 2
_CALLS: dict[str, tuple[str, ...]] = {
    "iter": ("sorted", "list", "reversed", "set", "enumerate"),
    "return": ("list", "tuple", "str", "int", "bool", "len", "sorted"),
    "assign": ("list", "tuple", "str", "int", "len"),
    "argument": ("len", "str", "list", "int"),
    "compare": ("len", "int", "str"),
    "arithmetic": ("len", "int", "str"),
    "test": ("any", "all"),
    "operand": ("any", "all"),
    "element": ("str", "int"),
    "item": ("str", "int"),
    "bound": ("len", "int"),
    "index": ("int", "str"),
}
_METHODS: dict[str, tuple[str, ...]] = {
    "iter": ("items", "values", "keys"),
    "return": ("strip", "lower", "copy"),
    "assign": ("strip", "lower", "copy"),
    "argument": ("strip",),
    "compare": ("strip", "lower"),
    "arithmetic": (),
}
_ITEMS: dict[str, tuple[str, ...]] = {
    "return": ("0", "-1", "1:", ":-1", "::-1"),
    "assign": ("0", "-1", "1:", ":-1"),
    "iter": ("1:", ":-1", "::-1"),
    "argument": ("0", "1:"),
    "compare": ("0", "-1"),
    "item": ("0", "1"),
}
USUAL = frozenset(name for table in (_CALLS, _METHODS) for names in table.values() for name in names)
_WRAPPABLE = ast.Name | ast.Attribute | ast.Call | ast.Subscript | ast.BinOp
_OFFSET_ROLES = frozenset({"argument", "return", "assign", "index", "bound", "compare", "arithmetic", "element"})
_SIGN_ROLES = frozenset({"argument", "return", "assign", "bound", "index", "arithmetic"})


def _propose(view: View) -> Iterator[Proposal]:
    calls, methods, items = _seen_calls(view), _seen_methods(view), _seen_items(view)
    operations = _seen_operations(view)
    for node, found in values(view):
        text = wrap(view.source(node), level(node), ATOM)
        if isinstance(node, _WRAPPABLE):
            yield from _into_call(view, node, found, calls)
        if isinstance(node, ast.Name | ast.Attribute | ast.Call | ast.Subscript):
            yield from _into_method(view, node, found, text, methods)
            yield from _into_item(view, node, found, text, items)
        yield from _offsets(view, node, found)
        yield from _into_operation(view, node, found, operations)
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
    if (
        len(plain) == 1
        and plain == node.args
        and not node.keywords
        and not isinstance(view.slot(node).parent, ast.Await)
    ):
        first = plain[0]
        yield Proposal(
            "call_unwrapped", *span, place(view, node, view.source(first), level(first)), span, view.source(node.func)
        )
    if isinstance(node.func, ast.Attribute) and not node.args and not node.keywords and role(view, node) != "statement":
        base = node.func.value
        yield Proposal(
            "method_unwrapped", *span, place(view, node, view.source(base), level(base)), span, node.func.attr
        )


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
    if found not in _ITEMS:
        return
    span = view.span(node)
    pool: dict[str, int | None] = dict.fromkeys(_ITEMS[found])
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


def _seen_operations(view: View) -> dict[tuple[str, str], tuple[ast.expr, int]]:
    """The right operands of the function with their signs, but for ``+ 1`` and ``- 1``."""
    found: dict[tuple[str, str], tuple[ast.expr, int]] = {}
    for node in view.all(ast.BinOp):
        sign, text = OPERATORS[type(node.op)][0], view.source(node.right)
        if "\n" not in text and not _is_offset(node) and not _textual(node):
            found.setdefault((sign, text), (node.right, view.start(node.right)))
    return dict(list(found.items())[:MAX_POOL])


def _into_operation(
    view: View, node: ast.expr, found: str, seen: dict[tuple[str, str], tuple[ast.expr, int]]
) -> Iterator[Proposal]:
    if found not in _OFFSET_ROLES or isinstance(view.slot(node).parent, ast.BinOp):
        return
    span, source = view.span(node), view.source(node)
    for (sign, text), (operand, ref) in seen.items():
        if ref == span[0]:
            continue
        left = wrap(source, level(node), operand_level(sign, True))
        right = wrap(text, level(operand), operand_level(sign, False))
        whole = place(view, node, f"{left} {sign} {right}", LEVEL_OF[sign])
        yield Proposal("operand_added", *span, whole, span, f"{sign} {text}", ref)


def _is_offset(node: ast.BinOp) -> bool:
    right = node.right
    return isinstance(node.op, ast.Add | ast.Sub) and isinstance(right, ast.Constant) and right.value == 1


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
    one = _is_offset(node)
    for kept, dropped in ((node.left, right), (right, node.left)):
        kind = "offset_removed" if one and kept is node.left else "operand_removed"
        text = place(view, node, view.source(kept), level(kept))
        yield Proposal(kind, *span, text, view.span(dropped), view.source(dropped), view.start(kept))


FAMILY = Family(
    (
        "call_wrapped",
        "call_unwrapped",
        "method_wrapped",
        "method_unwrapped",
        "item_wrapped",
        "item_unwrapped",
        "offset_added",
        "offset_removed",
        "minus_added",
        "minus_removed",
        "operand_added",
        "operand_removed",
    ),
    _propose,
)
