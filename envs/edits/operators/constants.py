"""Numbers, truth values, None and strings replaced by their neighbours, by usual ones, or by others of the function."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import cast

from envs.edits.candidate import Family, Proposal
from envs.edits.precedence import ATOM, FACTOR, place
from envs.edits.view import View

MAX_STRINGS = 10
_SMALL = (0, 1, 2, -1)
_TOO_LONG = 10**12


def _propose(view: View) -> Iterator[Proposal]:
    yield from _integers(view)
    yield from _floats(view)
    yield from _strings(view)
    for node in view.all(ast.Constant):
        if node.value is None or isinstance(node.value, bool):
            yield from _singletons(view, node)


def _numbers(view: View, kind: type) -> list[tuple[ast.expr, int | float, str]]:
    """The literals of one type as (node, value, text); a minus sign belongs to the literal."""
    found: list[tuple[ast.expr, int | float, str]] = []
    for node in view.all(ast.Constant):
        if type(node.value) is not kind:
            continue
        parent = view.slot(node).parent
        text = view.source(node)
        if isinstance(parent, ast.UnaryOp) and isinstance(parent.op, ast.USub):
            found.append((parent, -cast("float", node.value), "-" + text))
        else:
            found.append((node, cast("float", node.value), text))
    return found


def _integers(view: View) -> Iterator[Proposal]:
    literals = _numbers(view, int)
    texts: dict[int, tuple[str, int]] = {}
    for node, value, text in literals:
        texts.setdefault(int(value), (text, view.start(node)))
    for node, value, text in literals:
        number = int(value)
        near = [new for new in (number + 1, number - 1) if abs(new) < _TOO_LONG]
        for new in near:
            yield _number(view, "integer_step", node, _alike(text, new), None)
        small = [new for new in _SMALL if new != number and new not in near]
        for new in small:
            yield _number(view, "integer_small", node, str(new), None)
        for new, (other, ref) in texts.items():
            if new != number and new not in near and new not in small:
                yield _number(view, "integer_other", node, other, ref)
        if number:
            yield _number(view, "integer_sign", node, text[1:] if text[0] == "-" else "-" + text, None)


def _alike(text: str, value: int) -> str:
    """``value`` written in the base of the literal ``text``."""
    found = re.match(r"-?0([xob])", text.lower())
    if not found:
        return str(value)
    sign = "-" if value < 0 else ""
    return f"{sign}0{found[1]}" + format(abs(value), found[1])


def _number(view: View, kind: str, node: ast.expr, text: str, ref: int | None) -> Proposal:
    own = FACTOR if text[0] == "-" else ATOM
    return Proposal(kind, *view.span(node), place(view, node, text, own), view.span(node), text, ref)


def _floats(view: View) -> Iterator[Proposal]:
    literals = _numbers(view, float)
    texts: dict[float, tuple[str, int | None]] = {0.0: ("0.0", None), 1.0: ("1.0", None)}
    for node, value, text in literals:
        texts.setdefault(value, (text, view.start(node)))
    for node, value, text in literals:
        for new, (other, ref) in texts.items():
            if new != value:
                yield _number(view, "float", node, other, ref)
        if value != 0 and -value not in texts:
            yield _number(view, "float", node, text[1:] if text[0] == "-" else "-" + text, None)


def _strings(view: View) -> Iterator[Proposal]:
    for kind, empty in ((str, '""'), (bytes, 'b""')):
        literals = [node for node in view.all(ast.Constant) if type(node.value) is kind]
        pool: dict[object, ast.Constant] = {}
        for node in literals:
            if node.value:
                pool.setdefault(node.value, node)
        kept = list(pool.items())[:MAX_STRINGS]
        for node in literals:
            yield from _string(view, node, kept, empty)


def _string(view: View, node: ast.Constant, pool: list[tuple[object, ast.Constant]], empty: str) -> Iterator[Proposal]:
    span = view.span(node)
    if isinstance(view.slot(node).parent, ast.Expr):
        return
    if node.value:
        yield Proposal("string_empty", *span, empty, span, empty)
    for value, other in pool:
        if value != node.value:
            text = view.source(other)
            yield Proposal("string_other", *span, f"({text})" if "\n" in text else text, span, text, view.start(other))


def _singletons(view: View, node: ast.Constant) -> Iterator[Proposal]:
    span = view.span(node)
    if isinstance(view.slot(node).parent, ast.Expr):
        return
    for new in ("True", "False", "None"):
        if new != str(node.value):
            kind = "none" if "None" in (new, str(node.value)) else "boolean"
            yield Proposal(kind, *span, new, span, new)


FAMILY = Family(
    (
        "integer_step",
        "integer_small",
        "integer_other",
        "integer_sign",
        "float",
        "string_empty",
        "string_other",
        "boolean",
        "none",
    ),
    _propose,
)
