"""What a function's code says that its docstring should say too, and where the code says it."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from envs.edits.candidate import Span
from envs.edits.program import Function
from envs.tasks.documentation.errors import caught, condition, message, raised_names
from envs.tasks.documentation.text import offset, read
from envs.tasks.ruff_rules import line_starts

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_METHODS = {
    "str": frozenset(
        [
            "split",
            "strip",
            "lower",
            "upper",
            "startswith",
            "endswith",
            "replace",
            "rstrip",
            "lstrip",
            "encode",
            "format",
            "isdigit",
        ]
    ),
    "dict": frozenset(["items", "keys", "values", "get", "setdefault", "popitem"]),
    "list": frozenset(["append", "extend", "sort", "insert", "reverse"]),
    "bytes": frozenset(("decode", "hex")),
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """``label`` has the stars of ``*args``. ``kind``: the type that annotation, default or use tell, or ""."""

    name: str
    label: str
    annotation: str
    default: str
    kind: str
    span: Span


@dataclass(frozen=True, slots=True)
class Raised:
    """An exception that gets out. ``when``: the condition that it stands under, as code; ``message``: its words."""

    name: str
    when: str
    message: str
    span: Span


@dataclass(frozen=True, slots=True)
class Mention:
    """A name that the body uses, and where first."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Facts:
    """
    Of one function. ``returned``: its return values as code; ``result``: the type that the annotation or they tell, or
    "". ``asserts``: it has assert statements. ``others``: names that are no parameters; ``calls``: what it calls.
    """

    name: str
    owner: str
    parameters: tuple[Parameter, ...]
    raised: tuple[Raised, ...]
    returned: tuple[Mention, ...]
    result: str
    yields: bool
    asserts: bool
    others: tuple[Mention, ...]
    calls: tuple[Mention, ...]
    span: Span

    @property
    def gives(self) -> bool:
        """Whether it returns or yields something."""
        return bool(self.returned) or self.yields

    @property
    def errors(self) -> tuple[str, ...]:
        """The names of the exceptions that are raised, each once."""
        return tuple(dict.fromkeys(each.name for each in self.raised))


@lru_cache(maxsize=256)
def facts_of(source: str) -> Facts:
    """
    Reads the function of a program text; spans are places in it.

    Raises:
        SyntaxError, EditError: as ``read``.
    """
    parsed = read(source)
    return _Reader(source, parsed.node).facts(_owner(ast.parse(source)))


def _owner(tree: ast.Module) -> str:
    inner: list[ast.stmt] = tree.body
    name = ""
    while inner and isinstance(inner[0], ast.ClassDef | ast.If):
        name = inner[0].name if isinstance(inner[0], ast.ClassDef) else name
        inner = inner[0].body
    return name


class _Reader:
    def __init__(self, source: str, node: Function) -> None:
        self.source, self.node = source, node
        self.starts = line_starts(source)
        self.own = list(own_nodes(node))

    def facts(self, owner: str) -> Facts:
        name_at = self.source.index(self.node.name, self.starts[self.node.lineno - 1])
        parameters = tuple(self._parameters(bool(owner)))
        yields = any(isinstance(each, ast.Yield | ast.YieldFrom) for each in self.own)
        returned = () if yields else tuple(self._returned())
        names = {each.name for each in parameters} | {"self", "cls"}
        return Facts(
            self.node.name,
            owner,
            parameters,
            tuple(self._raised()),
            returned,
            self._result(returned),
            yields,
            any(isinstance(each, ast.Assert) for each in self.own),
            tuple(self._mentions(ast.Name, names | set(dir(builtins)))),
            tuple(self._mentions(ast.Call, set())),
            (name_at, name_at + len(self.node.name)),
        )

    def span(self, node: ast.expr | ast.stmt | ast.arg) -> Span:
        start = offset(self.source, self.starts, node.lineno, node.col_offset)
        return start, offset(self.source, self.starts, node.end_lineno or node.lineno, node.end_col_offset or 0)

    def _parameters(self, method: bool) -> Iterator[Parameter]:
        args = self.node.args
        plain = [*args.posonlyargs, *args.args]
        defaults: dict[str, ast.expr] = {}
        if args.defaults:
            defaults |= {a.arg: d for a, d in zip(plain[-len(args.defaults) :], args.defaults, strict=True)}
        defaults |= {a.arg: d for a, d in zip(args.kwonlyargs, args.kw_defaults, strict=True) if d is not None}
        if method and plain and plain[0].arg in ("self", "cls", "mcs", "klass", "_cls", "metacls"):
            plain = plain[1:]
        listed = [(each, "") for each in plain]
        listed += [(args.vararg, "*")] if args.vararg else []
        listed += [(each, "") for each in args.kwonlyargs]
        listed += [(args.kwarg, "**")] if args.kwarg else []
        for each, stars in listed:
            yield self._parameter(each, stars, defaults.get(each.arg))

    def _parameter(self, node: ast.arg, stars: str, default: ast.expr | None) -> Parameter:
        annotation = ast.unparse(node.annotation) if node.annotation else ""
        shown = ast.unparse(default) if default is not None else ""
        kind = annotation or _type_of(default) or ("" if stars else self._by_use(node.arg))
        start, _ = self.span(node)
        span = (start, start + len(node.arg))
        return Parameter(node.arg, stars + node.arg, annotation, shown if len(shown) <= 30 else "", kind, span)

    def _by_use(self, name: str) -> str:
        for node in ast.walk(self.node):
            if isinstance(node, ast.Call) and _is(node.func, name):
                return "callable"
            if isinstance(node, ast.Attribute) and _is(node.value, name):
                for kind, methods in _METHODS.items():
                    if node.attr in methods:
                        return kind
            if isinstance(node, ast.For | ast.comprehension) and _is(node.iter, name):
                return "iterable"
        return ""

    def _raised(self) -> Iterator[Raised]:
        for node, path in _with_path(self.node, ()):
            if isinstance(node, ast.Raise):
                for name in raised_names(node, path):
                    if not caught(name, node, path):
                        yield Raised(name, condition(node, path), message(node), self.span(node))

    def _returned(self) -> Iterator[Mention]:
        for node in self.own:
            if isinstance(node, ast.Return) and node.value is not None and not _is_none(node.value):
                yield Mention(ast.unparse(node.value), self.span(node))

    def _result(self, returned: tuple[Mention, ...]) -> str:
        if self.node.returns is not None:
            return ast.unparse(self.node.returns)
        kinds = {_type_of(ast.parse(each.name, mode="eval").body) for each in returned}
        return kinds.pop() if len(kinds) == 1 else ""

    def _mentions(self, kind: type[ast.expr], known: set[str]) -> Iterator[Mention]:
        seen = set(known)
        for node in self.own:
            named = node.func if isinstance(node, ast.Call) and kind is ast.Call else node
            name = named.attr if isinstance(named, ast.Attribute) else getattr(named, "id", "")
            if isinstance(node, kind) and name and name not in seen:
                seen.add(name)
                yield Mention(name, self.span(node))


def own_nodes(function: Function) -> Iterator[ast.AST]:
    """The nodes of a function's body that run when it is called, without those of functions defined in it."""
    for statement in function.body:
        yield from (node for node, _ in _with_path(statement, ()))


def _with_path(node: ast.AST, path: tuple[ast.AST, ...]) -> Iterator[tuple[ast.AST, tuple[ast.AST, ...]]]:
    yield node, path
    if path and isinstance(node, _SCOPES):
        return
    for child in ast.iter_child_nodes(node):
        yield from _with_path(child, (*path, node))


def _is(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _type_of(node: ast.expr | None) -> str:
    if isinstance(node, ast.Constant):
        return "" if node.value is None or node.value is ... else type(node.value).__name__
    if isinstance(node, ast.Compare) or (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)):
        return "bool"
    kinds = {ast.List: "list", ast.ListComp: "list", ast.Tuple: "tuple", ast.Dict: "dict", ast.DictComp: "dict"}
    kinds |= {ast.Set: "set", ast.SetComp: "set", ast.JoinedStr: "str"}
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        made = {"sorted": "list", "len": "int", "isinstance": "bool", "any": "bool", "all": "bool", "repr": "str"}
        known = {"int", "str", "list", "dict", "tuple", "set", "bool", "float", "bytes"}
        return node.func.id if node.func.id in known else made.get(node.func.id, "")
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return {"join": "str", "format": "str", "encode": "bytes", "split": "list"}.get(node.func.attr, "")
    return kinds.get(type(node), "")
