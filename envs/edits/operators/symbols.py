"""Comparison, arithmetic, assignment and boolean operators exchanged for one another (BugLab, arXiv 2105.12787)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from envs.edits.candidate import Family, Proposal
from envs.edits.precedence import AND, LEVEL_OF, OPERATORS, OR, enclosed, level, operand_level, place, wrap
from envs.edits.view import View

_GROUPS = (("<", "<=", ">", ">=", "==", "!="), ("in", "not in"), ("is", "is not"))
_COMPARISONS = tuple(sign for group in _GROUPS for sign in group)
_COMPARISON = re.compile(r"not\s+in\b|in\b|is\s+not\b|is\b|[<>]=?|[=!]=")
_BINARY = re.compile(r"\*\*|//|<<|>>|[-+*/%@&|^]")
_ASSIGN = re.compile(r"(?:\*\*|//|<<|>>|[-+*/%@&|^])?=")
_SIGNS = tuple(text for text, _ in OPERATORS.values())
# What a plain assignment may become; the other way round every operator is let go.
_FROM_PLAIN = ("+", "-", "*", "|", "&", "//")
# Where the value may be a number, also these.
_FROM_NUMBER = ("/", "%", "<<", ">>")


def _propose(view: View) -> Iterator[Proposal]:
    for compare in view.all(ast.Compare):
        yield from _comparisons(view, compare)
    for binary in view.all(ast.BinOp):
        yield from _binary(view, binary)
    for boolean in view.all(ast.BoolOp):
        yield from _boolean(view, boolean)
    for augmented in view.all(ast.AugAssign):
        yield from _augmented(view, augmented)
    stored = {name.id for name in view.all(ast.Name) if isinstance(name.ctx, ast.Store)}
    for assign in view.all(ast.Assign):
        yield from _plain(view, assign, stored)


def _sign(view: View, pattern: re.Pattern[str], start: int, end: int) -> tuple[int, int, str] | None:
    """The operator between two operands; None where a comment hides it."""
    gap = view.text[start:end]
    found = pattern.search(gap) if "#" not in gap else None
    return (start + found.start(), start + found.end(), found[0]) if found else None


def _comparisons(view: View, node: ast.Compare) -> Iterator[Proposal]:
    left: ast.expr = node.left
    anchor = view.span(node)
    for right in node.comparators:
        found = _sign(view, _COMPARISON, view.end(left), view.start(right))
        left = right
        if found is None:
            continue
        start, end, text = found
        old = " ".join(text.split())
        group = next(group for group in _GROUPS if old in group)
        for new in _COMPARISONS:
            if new != old:
                kind = "comparison" if new in group else "comparison_group"
                yield Proposal(kind, start, end, _spaced(view, start, end, new), anchor, new)


def _spaced(view: View, start: int, end: int, sign: str) -> str:
    if not sign[0].isalpha():
        return sign
    before = "" if view.text[start - 1].isspace() else " "
    return before + sign + ("" if view.text[end].isspace() else " ")


def _binary(view: View, node: ast.BinOp) -> Iterator[Proposal]:
    found = _sign(view, _BINARY, view.end(node.left), view.start(node.right))
    if found is None:
        return
    start, end, old = found
    signs = _SIGNS
    if isinstance(node.left, ast.JoinedStr) or _is_text(node.left):
        signs = ("+", "*") if old != "%" else ()
    left, right = level(node.left), level(node.right)
    for new in signs:
        if new == old:
            continue
        whole = place(view, node, "x", LEVEL_OF[new]) != "x"
        tight = left >= operand_level(new, True) and right >= operand_level(new, False)
        if tight and not whole:
            yield Proposal("binary_operator", start, end, new, view.span(node), new)
        else:
            yield Proposal(
                "binary_operator", *view.span(node), _rebuilt(view, node, new, start, end), view.span(node), new
            )


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)


def _rebuilt(view: View, node: ast.BinOp, sign: str, start: int, end: int) -> str:
    """The operation with another sign, its operands kept together by parentheses."""
    text = view.text
    left, right = text[view.start(node) : start].rstrip(), text[end : view.end(node)].lstrip()
    if left == view.source(node.left):
        left = wrap(left, level(node.left), operand_level(sign, True))
    if right == view.source(node.right):
        right = wrap(right, level(node.right), operand_level(sign, False))
    return place(view, node, f"{left} {sign} {right}", LEVEL_OF[sign])


def _boolean(view: View, node: ast.BoolOp) -> Iterator[Proposal]:
    old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
    own = AND if new == "and" else OR
    text, at, parts = view.text, view.start(node), []
    for left, right in zip(node.values, node.values[1:], strict=False):
        gap = text[view.end(left) : view.start(right)]
        if "#" in gap:
            return
        parts += [text[at : view.start(left)], _operand(view, left, own), gap.replace(old, new)]
        at = view.start(right)
    last = node.values[-1]
    parts += [_operand(view, last, own), text[view.end(last) : view.end(node)]]
    span = view.span(node)
    yield Proposal("boolean_operator", *span, place(view, node, "".join(parts), own), span, new)


def _operand(view: View, node: ast.expr, own: int) -> str:
    source = view.source(node)
    return source if enclosed(view, node) else wrap(source, level(node), own + 1)


def _augmented(view: View, node: ast.AugAssign) -> Iterator[Proposal]:
    found = _sign(view, _ASSIGN, view.end(node.target), view.start(node.value))
    if found is None:
        return
    start, end, old = found
    anchor = view.span(node)
    for sign in _SIGNS:
        if sign + "=" != old:
            yield Proposal("augmented_operator", start, end, sign + "=", anchor, sign + "=")
    yield Proposal("augmented_to_plain", start, end, "=", anchor, "=")


def _plain(view: View, node: ast.Assign, stored: set[str]) -> Iterator[Proposal]:
    target = node.targets[0]
    if len(node.targets) > 1 or not isinstance(target, ast.Name | ast.Attribute | ast.Subscript):
        return
    known = not isinstance(target, ast.Name) or _bound_before(view, target, stored)
    found = _sign(view, _ASSIGN, view.end(target), view.start(node.value))
    starred = isinstance(node.value, ast.Tuple) and any(isinstance(each, ast.Starred) for each in node.value.elts)
    if found is None or not known or starred:
        return
    number = isinstance(node.value, ast.Name | ast.Attribute | ast.Subscript | ast.BinOp) or _is_number(node.value)
    for sign in (*_FROM_PLAIN, *_FROM_NUMBER) if number else _FROM_PLAIN:
        yield Proposal("plain_to_augmented", found[0], found[1], sign + "=", view.span(node), sign + "=")


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


def _bound_before(view: View, target: ast.Name, stored: set[str]) -> bool:
    """Whether the name has a value before this assignment (an augmented one would fail otherwise)."""
    arguments = view.function.args
    if any(each.arg == target.id for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)):
        return True
    if target.id not in stored:
        return False
    at = view.start(target)
    return any(n.id == target.id and view.start(n) < at for n in view.all(ast.Name) if isinstance(n.ctx, ast.Store))


FAMILY = Family(
    (
        "comparison",
        "comparison_group",
        "binary_operator",
        "boolean_operator",
        "augmented_operator",
        "augmented_to_plain",
        "plain_to_augmented",
    ),
    _propose,
)
