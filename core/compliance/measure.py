"""The measures of one file: what its syntax tree shows, before anybody judges it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.compliance.complexity import Function, complexity

_ENUMS = frozenset(("Enum", "IntEnum", "StrEnum", "Flag", "IntFlag", "ReprEnum"))


@dataclass(frozen=True, slots=True)
class FunctionFacts:
    """
    A function, method or nested function by its qualified name. ``lines``: without docstring and decorators.
    ``parameters``: without ``self`` and ``cls``. ``top``: whether it stands at the top of its file.
    """

    qualname: str
    line: int
    lines: int
    parameters: int
    complexity: int
    top: bool


@dataclass(frozen=True, slots=True)
class ClassFacts:
    """A class. ``bases``: as they are written, ``object`` left out; of ``Base[T]`` the name alone."""

    qualname: str
    line: int
    lines: int
    bases: tuple[str, ...]
    enum: bool
    top: bool


@dataclass(frozen=True, slots=True)
class FileFacts:
    """``widths``: characters of each line. ``imports``: what a name stands for, by that name, as ``module.name``."""

    path: str
    widths: tuple[int, ...]
    functions: tuple[FunctionFacts, ...]
    classes: tuple[ClassFacts, ...]
    imports: dict[str, str]

    @property
    def lines(self) -> int:
        """Lines of the file."""
        return len(self.widths)


def measure(text: str, path: str = "<text>") -> FileFacts:
    """
    The facts of a file's ``text``.

    Raises:
        SyntaxError: it isn't Python, or not of this version.
        ValueError: it holds a null byte.
    """
    tree = ast.parse(text, path)
    found = list(_definitions(tree.body, (), top=True, method=False))
    return FileFacts(
        path,
        tuple(len(line) for line in text.splitlines()),
        tuple(_function(place) for place in found if isinstance(place.node, Function)),
        tuple(_class(place) for place in found if isinstance(place.node, ast.ClassDef)),
        _imports(tree),
    )


@dataclass(frozen=True, slots=True)
class _Place:
    node: Function | ast.ClassDef
    outer: tuple[str, ...]
    top: bool
    method: bool

    @property
    def qualname(self) -> str:
        return ".".join((*self.outer, self.node.name))

    @property
    def lines(self) -> int:
        """From the keyword to the last line, without the docstring's."""
        node = self.node
        first = node.body[0]
        docstring = 0
        if ast.get_docstring(node, clean=False) is not None:
            docstring = (first.end_lineno or first.lineno) - first.lineno + 1
        return max(1, (node.end_lineno or node.lineno) - node.lineno + 1 - docstring)


def _definitions(body: Sequence[ast.AST], outer: tuple[str, ...], *, top: bool, method: bool) -> Iterator[_Place]:
    """Every function and class below ``body``, each once, also those that stand in an ``if`` or ``try``."""
    for node in body:
        if isinstance(node, Function | ast.ClassDef):
            yield _Place(node, outer, top, method)
            inner = (*outer, node.name)
            yield from _definitions(node.body, inner, top=False, method=isinstance(node, ast.ClassDef))
        else:
            yield from _definitions(list(ast.iter_child_nodes(node)), outer, top=top, method=method)


def _function(place: _Place) -> FunctionFacts:
    node = place.node
    assert isinstance(node, Function)
    return FunctionFacts(
        place.qualname, node.lineno, place.lines, _parameters(node, place.method), complexity(node), place.top
    )


def _parameters(node: Function, method: bool) -> int:
    given = node.args
    count = len(given.posonlyargs) + len(given.args) + len(given.kwonlyargs)
    static = any(isinstance(each, ast.Name) and each.id == "staticmethod" for each in node.decorator_list)
    bound = method and not static and bool(given.posonlyargs or given.args)
    return count + (given.vararg is not None) + (given.kwarg is not None) - bound


def _class(place: _Place) -> ClassFacts:
    node = place.node
    assert isinstance(node, ast.ClassDef)
    bases = tuple(name for base in node.bases if (name := _name(base)) and name != "object")
    enum = any(name.rpartition(".")[2] in _ENUMS for name in bases)
    return ClassFacts(place.qualname, node.lineno, place.lines, bases, enum, place.top)


def _name(node: ast.expr) -> str:
    """``Base``, ``module.Base``; of what is called or subscripted, the name of that; empty where there is none."""
    match node:
        case ast.Name():
            return node.id
        case ast.Attribute():
            before = _name(node.value)
            return f"{before}.{node.attr}" if before else ""
        case ast.Subscript():
            return _name(node.value)
        case ast.Call():
            return _name(node.func)
        case _:
            return ""


def _imports(tree: ast.Module) -> dict[str, str]:
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            found.update({alias.asname or alias.name: f"{module}.{alias.name}" for alias in node.names})
        elif isinstance(node, ast.Import):
            found.update({alias.asname: alias.name for alias in node.names if alias.asname})
    return found
