"""Which names a place in the function can use, and where else each is used."""

from __future__ import annotations

import ast
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator

from envs.edits.candidate import Span
from envs.edits.program import Function
from envs.edits.view import View

# More names than this at one place are cut to the most used ones.
MAX_NAMES = 16
_LOOPS = ast.For | ast.AsyncFor | ast.While
_SCOPES = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


class Scope:
    """
    The names of a function.

    ``locals``: what it or a scope in it binds, with the stretches of text where each may be read. ``free``: names that
    it reads and doesn't bind, by the role they play (``call``, ``base`` of an attribute, ``plain``).
    """

    def __init__(self, view: View) -> None:
        self.parameters = tuple(_parameters(view.function.args))
        self.locals: dict[str, list[Span]] = {}
        self.uses: dict[str, list[int]] = {}
        for argument in _arguments(view.function.args):
            self._bind(argument.arg, view.body_span)
            self._use(argument.arg, view.start(argument))
        self._bind_all(view)
        self.free: dict[str, dict[str, None]] = {"call": {}, "base": {}, "plain": {}}
        for name in view.all(ast.Name):
            self._use(name.id, view.start(name))
            if name.id not in self.locals:
                self.free[name_role(view, name)][name.id] = None
        self._frequent = self._most_used()
        self._at: dict[int, tuple[str, ...]] = {}

    def at(self, position: int) -> tuple[str, ...]:
        """The local names that may be read at a position, in the order of their first binding."""
        found = self._at.get(position)
        if found is None:
            found = self._at[position] = tuple(name for name in self._frequent if self.visible(name, position))
        return found

    def visible(self, name: str, position: int) -> bool:
        """Whether a local name may be read at a position."""
        for start, end in self.locals.get(name, ()):  # noqa: SIM110  twice as fast as any(), and asked very often
            if start <= position < end:
                return True
        return False

    def nearest(self, name: str, position: int) -> int | None:
        """Offset of the use of ``name`` that is nearest to a position, the position itself left out."""
        uses = self.uses.get(name)
        if not uses:
            return None
        index = bisect_left(uses, position)
        before = uses[index - 1] if index else None
        if index < len(uses) and uses[index] == position:
            index += 1
        if index == len(uses) or uses[index] == position:
            return before
        after = uses[index]
        return after if before is None or after - position < position - before else before

    def by_distance(self, names: Iterable[str], position: int) -> list[str]:
        """The names, those whose nearest use is nearest to a position first; one without a use stands at 0."""
        distances = {name: abs((self.nearest(name, position) or 0) - position) for name in names}
        return sorted(distances, key=distances.__getitem__)

    def _most_used(self) -> list[str]:
        names = [name for name in self.locals if name not in ("self", "cls")]
        kept = set(sorted(names, key=lambda name: -len(self.uses.get(name, ())))[:MAX_NAMES])
        return [name for name in names if name in kept]

    def _bind(self, name: str, region: Span) -> None:
        self.locals.setdefault(name, []).append(region)

    def _use(self, name: str, position: int) -> None:
        insort(self.uses.setdefault(name, []), position)

    def _bind_all(self, view: View) -> None:
        for name in view.all(ast.Name):
            if isinstance(name.ctx, ast.Store):
                self._bind(name.id, _region(view, name))
        definitions: list[Function] = [*view.all(ast.FunctionDef), *view.all(ast.AsyncFunctionDef)]
        scopes: list[Function | ast.Lambda] = [*definitions, *view.all(ast.Lambda)]
        for inner in scopes:
            for argument in _arguments(inner.args):
                self._bind(argument.arg, view.span(inner))
        for each in (*definitions, *view.all(ast.ClassDef)):
            self._bind(each.name, _region(view, each))
        for handler in view.all(ast.ExceptHandler):
            if handler.name:
                self._bind(handler.name, view.span(handler))
        self._bind_statements(view)

    def _bind_statements(self, view: View) -> None:
        imports: list[ast.Import | ast.ImportFrom] = [*view.all(ast.Import), *view.all(ast.ImportFrom)]
        for statement in imports:
            for alias in statement.names:
                self._bind((alias.asname or alias.name).partition(".")[0], _region(view, statement))
        for match in view.all(ast.Match):
            for case in match.cases:
                for node in ast.walk(case.pattern):
                    for name in (getattr(node, "name", None), getattr(node, "rest", None)):
                        if isinstance(name, str):
                            self._bind(name, view.span(match))
        declarations: list[ast.Global | ast.Nonlocal] = [*view.all(ast.Global), *view.all(ast.Nonlocal)]
        for declared in declarations:
            for name in declared.names:
                self._bind(name, view.body_span)


def scope_of(view: View) -> Scope:
    """The scope of a view, worked out once."""
    if "scope" not in view.memo:
        view.memo["scope"] = Scope(view)
    scope: Scope = view.memo["scope"]
    return scope


def name_role(view: View, name: ast.Name) -> str:
    """What a name is read for: ``call``, ``base`` of an attribute, ``plain``."""
    parent, field, _ = view.slot(name)
    if field == "func" and isinstance(parent, ast.Call):
        return "call"
    return "base" if isinstance(parent, ast.Attribute) else "plain"


def _region(view: View, node: ast.AST) -> Span:
    """Where a name bound at ``node`` may be read: from there on, or anywhere in the loops around it."""
    start, target = view.start(node), True
    child: ast.AST = node
    for parent in view.ancestors(node):
        if isinstance(parent, ast.comprehension):
            if target and view.slot(child).field == "target":
                return view.span(view.slot(parent).parent)
            target = False
        elif isinstance(parent, _LOOPS) and view.known(parent):
            start = view.start(parent)
        elif isinstance(parent, _SCOPES) and view.known(parent):
            return start, view.end(parent)
        elif not isinstance(parent, ast.Tuple | ast.List | ast.Starred):
            target = False
        child = parent
    return start, view.body_span[1]


def _arguments(arguments: ast.arguments) -> Iterator[ast.arg]:
    yield from (*arguments.posonlyargs, *arguments.args)
    if arguments.vararg:
        yield arguments.vararg
    yield from arguments.kwonlyargs
    if arguments.kwarg:
        yield arguments.kwarg


def _parameters(arguments: ast.arguments) -> Iterator[str]:
    for argument in _arguments(arguments):
        if argument.arg not in ("self", "cls"):
            yield argument.arg
