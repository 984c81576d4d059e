"""Arguments, keywords, elements and slice bounds dropped and added; displays of one sort turned into another."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from envs.edits.candidate import Family, Proposal, Span
from envs.edits.precedence import ATOM, TEST, level, wrap
from envs.edits.roles import role
from envs.edits.scope import Scope, scope_of
from envs.edits.view import View

MAX_NAMES = 4
MAX_FIRST = 2
MAX_KEYWORDS = 4
_KEYWORDS: dict[str, tuple[str, ...]] = {
    "sorted": ("reverse=True",),
    "sort": ("reverse=True",),
    "max": ("default=None",),
    "min": ("default=None",),
    "splitlines": ("keepends=True",),
    "zip": ("strict=True",),
}
_COMMA = re.compile(r"\s*,")
USUAL = frozenset(text.partition("=")[0] for texts in _KEYWORDS.values() for text in texts) | {"get"}
_DISPLAYS: dict[type[ast.expr], str] = {ast.ListComp: "[]", ast.SetComp: "{}", ast.GeneratorExp: "()"}


def _propose(view: View) -> Iterator[Proposal]:
    scope = scope_of(view)
    keywords = _seen_keywords(view)
    for call in view.all(ast.Call):
        yield from _arguments(view, scope, call)
        yield from _keywords(view, call, keywords)
        yield from _item_access(view, call)
    displays: list[ast.List | ast.Tuple | ast.Set] = [*view.all(ast.List), *view.all(ast.Tuple), *view.all(ast.Set)]
    for display in displays:
        yield from _elements(view, scope, display)
    for part in view.all(ast.Slice):
        yield from _bounds(view, part)
    for item in view.all(ast.Subscript):
        yield from _item_to_get(view, item)
    for kind in _DISPLAYS:
        for node in view.all(kind):
            yield from _display(view, node)


def _without(view: View, parts: Sequence[ast.AST], index: int) -> Span:
    """The span of one part of a list separated by commas, with one of the commas beside it."""
    start, end = _outer(view, parts[index])
    if index:
        return _outer(view, parts[index - 1])[1], end
    if len(parts) > 1:
        return start, _outer(view, parts[1])[0]
    trailing = _COMMA.match(view.text, end)
    return start, trailing.end() if trailing else end


def _outer(view: View, node: ast.AST) -> Span:
    """The node's span with the parentheses around it, but not those of the call."""
    start, end = view.span(node)
    if isinstance(node, ast.expr) and not isinstance(node, ast.GeneratorExp):
        while True:
            left, right = view.text[:start].rstrip(), view.text[end:]
            gap = len(right) - len(right.lstrip())
            if left[-1:] != "(" or right.lstrip()[:1] != ")" or _opens_call(view, node, len(left) - 1):
                return start, end
            start, end = len(left) - 1, end + gap + 1
    return start, end


def _opens_call(view: View, node: ast.expr, at: int) -> bool:
    parent = view.slot(node).parent
    if isinstance(parent, ast.Call):
        return view.text[view.end(parent.func) : at].strip() in ("", ")", "))")
    return isinstance(parent, ast.Tuple) and at == view.start(parent)


def _arguments(view: View, scope: Scope, call: ast.Call) -> Iterator[Proposal]:
    parts: list[ast.AST] = sorted([*call.args, *call.keywords], key=view.start)
    if len(call.args) == 1 and isinstance(call.args[0], ast.GeneratorExp) and len(parts) == 1:
        return
    for index, part in enumerate(parts):
        kind = "keyword_removed" if isinstance(part, ast.keyword) else "argument_removed"
        yield Proposal(kind, *_without(view, parts, index), "", view.span(part), view.source(part))
    if any(isinstance(each, ast.Starred) for each in call.args):
        return
    at = _outer(view, call.args[-1])[1] if call.args else view.text.index("(", view.end(call.func)) + 1
    yield from _appended(view, scope, "argument_added", call, [*call.args], at, bool(parts))
    if isinstance(call.func, ast.Name) and call.func.id == "range":
        yield from _range(view, call)
    if call.args:
        at = _outer(view, call.args[0])[0]
        for name in _near(scope, call.args, view.start(call), at)[:MAX_FIRST]:
            yield Proposal("argument_added", at, at, f"{name}, ", view.span(call), name, scope.nearest(name, at))


def _range(view: View, call: ast.Call) -> Iterator[Proposal]:
    """A start of 1 for ``range(n)``, a step for ``range(a, b)``."""
    if len(call.args) == 1:
        at = _outer(view, call.args[0])[0]
        yield Proposal("argument_added", at, at, "1, ", view.span(call), "1")
    elif len(call.args) == 2:
        at = _outer(view, call.args[1])[1]
        for step in ("-1", "2"):
            yield Proposal("argument_added", at, at, f", {step}", view.span(call), step)


def _appended(
    view: View, scope: Scope, kind: str, node: ast.expr, present: list[ast.expr], at: int, others: bool
) -> Iterator[Proposal]:
    for name in _near(scope, present, view.start(node), at):
        text = f", {name}" if present else f"{name}, " if others else name
        yield Proposal(kind, at, at, text, view.span(node), name, scope.nearest(name, at))


def _near(scope: Scope, present: list[ast.expr], position: int, at: int) -> list[str]:
    here = {each.id for each in present if isinstance(each, ast.Name)}
    names = [name for name in scope.at(position) if name not in here]
    return scope.by_distance(names, at)[:MAX_NAMES]


def _seen_keywords(view: View) -> dict[str, int]:
    found: dict[str, int] = {}
    for node in view.all(ast.keyword):
        if node.arg and "\n" not in view.source(node):
            found.setdefault(view.source(node), view.start(node))
    return dict(list(found.items())[:MAX_KEYWORDS])


def _keywords(view: View, call: ast.Call, seen: dict[str, int]) -> Iterator[Proposal]:
    parts: list[ast.AST] = sorted([*call.args, *call.keywords], key=view.start)
    if any(each.arg is None for each in call.keywords) or any(isinstance(each, ast.GeneratorExp) for each in call.args):
        return
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    pool: dict[str, int | None] = dict.fromkeys(_KEYWORDS.get(name, ()))
    pool.update(seen)
    have = {each.arg for each in call.keywords}
    at = _outer(view, parts[-1])[1] if parts else view.text.index("(", view.end(call.func)) + 1
    for text, ref in pool.items():
        if text.partition("=")[0].strip() not in have:
            yield Proposal("keyword_added", at, at, f", {text}" if parts else text, view.span(call), text, ref)


def _elements(view: View, scope: Scope, display: ast.List | ast.Tuple | ast.Set) -> Iterator[Proposal]:
    parts = display.elts
    if not isinstance(getattr(display, "ctx", None), ast.Load | None) or role(view, display) == "function":
        return
    least = 1 if isinstance(display, ast.List) else 3 if isinstance(display, ast.Tuple) else 2
    if len(parts) >= least:
        for index, part in enumerate(parts):
            yield Proposal("element_removed", *_without(view, parts, index), "", view.span(part), view.source(part))
    if len(parts) > 1 or isinstance(display, ast.List):
        at = _outer(view, parts[-1])[1] if parts else view.start(display) + 1
        yield from _appended(view, scope, "element_added", display, parts, at, bool(parts))


def _bounds(view: View, part: ast.Slice) -> Iterator[Proposal]:
    span = view.span(part)
    lower, upper, step = (view.source(each) if each else "" for each in (part.lower, part.upper, part.step))
    tail = f":{step}" if step else ""
    if "\n" in lower + upper + step:
        return
    if lower:
        yield Proposal("bound_removed", *span, f":{upper}{tail}", span, lower)
    else:
        yield from (Proposal("bound_added", *span, f"{n}:{upper}{tail}", span, n) for n in ("1", "-1", "2"))
    if upper:
        yield Proposal("bound_removed", *span, f"{lower}:{tail}", span, upper)
    else:
        yield from (Proposal("bound_added", *span, f"{lower}:{n}{tail}", span, n) for n in ("1", "-1", "2"))
    if step:
        yield Proposal("bound_removed", *span, f"{lower}:{upper}", span, step)
    else:
        yield from (Proposal("bound_added", *span, f"{lower}:{upper}:{n}", span, n) for n in ("2", "-1"))


def _item_to_get(view: View, item: ast.Subscript) -> Iterator[Proposal]:
    if isinstance(item.ctx, ast.Load) and not isinstance(item.slice, ast.Slice | ast.Tuple | ast.UnaryOp):
        base = wrap(view.source(item.value), level(item.value), ATOM)
        key = wrap(view.source(item.slice), level(item.slice), TEST)
        yield Proposal("item_or_get", *view.span(item), f"{base}.get({key})", view.span(item), "get")


def _item_access(view: View, call: ast.Call) -> Iterator[Proposal]:
    func = call.func
    if isinstance(func, ast.Attribute) and func.attr == "get" and len(call.args) == 1 and not call.keywords:
        base = wrap(view.source(func.value), level(func.value), ATOM)
        text = f"{base}[{view.source(call.args[0])}]"
        if not isinstance(call.args[0], ast.Starred | ast.GeneratorExp):
            yield Proposal("item_or_get", *view.span(call), text, view.span(call), "[")


def _display(view: View, node: ast.expr) -> Iterator[Proposal]:
    span = view.span(node)
    inner = view.source(node)[1:-1]
    parent = view.slot(node).parent
    sole = isinstance(node, ast.GeneratorExp) and isinstance(parent, ast.Call) and span[1] == view.end(parent)
    for kind, signs in _DISPLAYS.items():
        if not isinstance(node, kind):
            text = f"{signs[0]}{inner}{signs[1]}"
            yield Proposal("display", *span, f"({text})" if sole else text, span, signs)


FAMILY = Family(
    (
        "argument_removed",
        "argument_added",
        "keyword_removed",
        "keyword_added",
        "element_removed",
        "element_added",
        "bound_removed",
        "bound_added",
        "item_or_get",
        "display",
    ),
    _propose,
)
