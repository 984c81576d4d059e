"""A name, an attribute, a function or an exception exchanged for another one in scope (variable misuse and its kin)."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from envs.edits.candidate import Family, Proposal
from envs.edits.scope import Scope, name_role, scope_of
from envs.edits.view import View

MAX_POOL = 8
MAX_WIDER = 4
_FUNCTIONS = (
    ("min", "max"),
    ("any", "all"),
    ("list", "tuple", "set", "sorted", "frozenset", "dict"),
    ("int", "float", "str", "bool", "repr", "bytes"),
    ("enumerate", "zip", "reversed", "iter"),
    ("isinstance", "issubclass"),
    ("hasattr", "getattr"),
    ("ord", "chr"),
    ("sum", "len", "abs", "round"),
)
_METHODS = (
    ("append", "extend", "add", "update", "insert"),
    ("startswith", "endswith"),
    ("find", "rfind", "index", "rindex"),
    ("split", "rsplit", "partition", "rpartition", "splitlines"),
    ("lower", "upper", "title", "capitalize"),
    ("strip", "lstrip", "rstrip"),
    ("ljust", "rjust", "center"),
    ("keys", "values", "items"),
    ("pop", "popleft", "get", "setdefault", "remove", "discard"),
    ("appendleft", "append"),
    ("isdigit", "isalpha", "isalnum", "isspace"),
    ("islower", "isupper"),
    ("match", "search", "fullmatch"),
    ("start", "end", "span", "group", "groups"),
    ("union", "intersection", "difference"),
    ("read", "readline", "readlines"),
    ("write", "writelines"),
)
_EXCEPTIONS = (
    ("ValueError", "TypeError", "KeyError", "IndexError", "AttributeError", "RuntimeError", "LookupError"),
    ("Exception", "BaseException", "ValueError"),
    ("OSError", "FileNotFoundError", "PermissionError"),
    ("StopIteration", "StopAsyncIteration"),
    ("OverflowError", "ZeroDivisionError", "ArithmeticError", "ValueError"),
    ("NotImplementedError", "TypeError"),
)
USUAL = frozenset(name for group in (*_FUNCTIONS, *_METHODS, *_EXCEPTIONS) for name in group)


def _others(groups: Iterable[tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for group in groups:
        for name in group:
            found.setdefault(name, {}).update(dict.fromkeys(other for other in group if other != name))
    return {name: tuple(others) for name, others in found.items()}


_LIKE_FUNCTION = _others(_FUNCTIONS)
_LIKE_METHOD = _others(_METHODS)
_LIKE_EXCEPTION = _others(_EXCEPTIONS)


def _propose(view: View) -> Iterator[Proposal]:
    scope = scope_of(view)
    for name in view.all(ast.Name):
        if isinstance(name.ctx, ast.Load):
            yield from _load(view, scope, name)
        elif isinstance(name.ctx, ast.Store):
            yield from _store(view, scope, name)
    yield from _attributes(view)
    for handler in view.all(ast.ExceptHandler):
        yield from _handler(view, handler)


def _load(view: View, scope: Scope, name: ast.Name) -> Iterator[Proposal]:
    at, role = view.start(name), name_role(view, name)
    if name.id in ("self", "cls") and role == "base":
        return
    near = scope.visible(name.id, at)
    pool = dict.fromkeys(scope.at(at))
    if role != "base":
        pool.update(dict.fromkeys(each for each in ("self", "cls") if each in scope.locals))
    kinds = dict.fromkeys(pool, "name_local" if near else "name_global_to_local")
    if role != "plain" and not near:
        kinds = {}
    for other in list(scope.free[role])[:MAX_POOL]:
        kinds.setdefault(other, "name_global" if not near else "name_local_to_global")
    if not near:
        kinds.update(dict.fromkeys(_LIKE_FUNCTION.get(name.id, ()) if role == "call" else (), "function"))
        kinds.update(dict.fromkeys(_LIKE_EXCEPTION.get(name.id, ()), "exception"))
    for other, kind in kinds.items():
        if other != name.id:
            yield _renamed(view, scope, name, other, kind)


def _renamed(view: View, scope: Scope, name: ast.Name, other: str, kind: str) -> Proposal:
    span = view.span(name)
    return Proposal(kind, *span, other, span, other, scope.nearest(other, span[0]))


def _store(view: View, scope: Scope, name: ast.Name) -> Iterator[Proposal]:
    at = view.start(name)
    if any(isinstance(each, ast.comprehension) for each in view.ancestors(name)):
        return
    pool = dict.fromkeys(each for each in scope.locals if each not in ("self", "cls"))
    pool.update(
        dict.fromkeys(
            each for each in (*scope.free["plain"], *scope.free["base"]) if each.islower() and each[:2] != "__"
        )
    )
    for other in scope.by_distance(pool, at)[:MAX_POOL]:
        if other != name.id:
            yield _renamed(view, scope, name, other, "name_stored")


def _attributes(view: View) -> Iterator[Proposal]:
    nodes = view.all(ast.Attribute)
    by_base: dict[str, dict[str, int]] = {}
    by_role: dict[bool, dict[str, int]] = {True: {}, False: {}}
    for node in nodes:
        by_base.setdefault(view.source(node.value), {}).setdefault(node.attr, view.start(node))
        by_role[_called(view, node)].setdefault(node.attr, view.start(node))
    for node in nodes:
        pool = dict(list(by_base[view.source(node.value)].items())[:MAX_POOL])
        if not isinstance(node.ctx, ast.Store):
            for other, ref in list(by_role[_called(view, node)].items())[:MAX_POOL]:
                pool.setdefault(other, ref)
        yield from _attribute(view, node, pool)


def _attribute(view: View, node: ast.Attribute, pool: dict[str, int]) -> Iterator[Proposal]:
    end = view.end(node)
    start = end - len(node.attr)
    if view.text[start:end] != node.attr:
        return
    for other, ref in pool.items():
        if other != node.attr:
            yield Proposal("attribute", start, end, other, (start, end), other, ref)
    for other in _LIKE_METHOD.get(node.attr, ()):
        if other not in pool:
            yield Proposal("method", start, end, other, (start, end), other)


def _called(view: View, node: ast.Attribute) -> bool:
    return view.slot(node).field == "func"


def _handler(view: View, node: ast.ExceptHandler) -> Iterator[Proposal]:
    """A handler's exceptions narrowed by one, or widened by one that is like them."""
    if isinstance(node.type, ast.Tuple) and len(node.type.elts) > 1:
        for each in node.type.elts:
            rest = [view.source(other) for other in node.type.elts if other is not each]
            text = f"({', '.join(rest)})" if len(rest) > 1 else rest[0]
            yield Proposal("exception_removed", *view.span(node.type), text, view.span(each), view.source(each))
    if node.type is None:
        return
    now = list(node.type.elts) if isinstance(node.type, ast.Tuple) else [node.type]
    texts = [view.source(each) for each in now]
    more = dict.fromkeys(other for each in texts for other in _LIKE_EXCEPTION.get(each, ()) if other not in texts)
    for other in list(more)[:MAX_WIDER]:
        span = view.span(node.type)
        yield Proposal("exception_added", *span, f"({', '.join([*texts, other])})", span, other)


FAMILY = Family(
    (
        "name_local",
        "name_global_to_local",
        "name_global",
        "name_local_to_global",
        "name_stored",
        "function",
        "exception",
        "attribute",
        "method",
        "exception_added",
        "exception_removed",
    ),
    _propose,
)
