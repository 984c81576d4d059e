"""What a function is made of, so that another one can be made of it: statements, tests, values, jumps and words."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from core.errors import EditError
from envs.edits.program import function_node
from envs.edits.tree import walk

BUILTINS = frozenset(dir(builtins))
MAX_LINES = 8
_LONGEST = 320
_LONGEST_VALUE = 90
_WORD = re.compile(r"\.?\b[A-Za-z_]\w*")
_QUOTED = re.compile(r"``?'?\"?([\w.\- ]{1,24})\"?'?``?|'([\w.\- ]{1,24})'|\"([\w.\- ]{1,24})\"")
_COMPOUND = ast.If | ast.For | ast.While | ast.With | ast.Try


class Template(NamedTuple):
    """
    Code with its local names left open. ``parts``: text and names in turn, text first. ``needs``: names that it reads
    before it binds them; ``binds``: the others. ``before``, ``after``: the statements around it, "" where there are
    none.
    """

    parts: tuple[str, ...]
    needs: tuple[str, ...]
    binds: tuple[str, ...]
    before: str = ""
    after: str = ""

    @property
    def text(self) -> str:
        """As it stands where it comes from."""
        return "".join(self.parts)

    def filled(self, names: dict[str, str]) -> str:
        """With other names; those that are not in ``names`` stay."""
        if not names:
            return "".join(self.parts)
        return "".join(names.get(part, part) if index % 2 else part for index, part in enumerate(self.parts))


class Fragments(NamedTuple):
    """
    A function in pieces, each piece once, in the order of the text. ``methods``: names of methods that are called
    without arguments; ``functions``: what is called with one argument; ``attributes``: (base, attribute) as read;
    ``stored``: attributes of ``self`` that are set.
    """

    parameters: tuple[str, ...]
    simple: tuple[Template, ...]
    compound: tuple[Template, ...]
    bodies: tuple[Template, ...]
    tests: tuple[Template, ...]
    values: tuple[Template, ...]
    returns: tuple[Template, ...]
    raises: tuple[Template, ...]
    constants: tuple[str, ...]
    types: tuple[str, ...]
    exceptions: tuple[str, ...]
    methods: tuple[str, ...]
    functions: tuple[str, ...]
    attributes: tuple[tuple[str, str], ...]
    stored: tuple[str, ...]
    free: frozenset[str]


@lru_cache(maxsize=1024)
def fragments(text: str) -> Fragments | None:
    """The pieces of a program text; None where it is none."""
    try:
        return _Reader(function_node(ast.parse(text))).read()
    except (SyntaxError, EditError, ValueError, RecursionError):
        return None


class _Reader:
    def __init__(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.node = node
        documented = ast.get_docstring(node, clean=False)
        self.doc = documented or ""
        self.body = node.body[1:] if documented is not None else node.body
        self.nodes = [each for statement in self.body for each in walk(statement)]
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        self.parameters = tuple(each.arg for each in arguments)
        extra = [each.arg for each in (node.args.vararg, node.args.kwarg) if each is not None]
        stored = [each.id for each in self.nodes if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)]
        caught = [each.name for each in self.nodes if isinstance(each, ast.ExceptHandler) and each.name]
        self.locals = {*self.parameters, *extra, *stored, *caught}

    def read(self) -> Fragments:
        simple: dict[str, Template] = {}
        compound: dict[str, Template] = {}
        for statements in self._blocks():
            for at, each in enumerate(statements):
                self._statement(statements, at, compound if isinstance(each, _COMPOUND) else simple)
        names = [each for each in self.nodes if isinstance(each, ast.Name)]
        return Fragments(
            parameters=self.parameters,
            simple=tuple(simple.values()),
            compound=tuple(compound.values()),
            bodies=self._bodies(),
            tests=self._expressions(self._tests()),
            values=self._expressions(self._values()),
            returns=self._expressions(e.value for e in self.nodes if isinstance(e, ast.Return) and e.value is not None),
            raises=self._raises(),
            constants=self._constants(),
            types=self._types(),
            exceptions=self._exceptions(),
            methods=tuple(dict.fromkeys(c.func.attr for c in self._calls(0) if isinstance(c.func, ast.Attribute))),
            functions=tuple(dict.fromkeys(filter(None, (self._global(c.func) for c in self._calls(1))))),
            attributes=self._attributes(),
            stored=self._stored(),
            free=frozenset(each.id for each in names if each.id not in self.locals),
        )

    def _all(self, kind: type[ast.AST]) -> list[ast.AST]:
        return [each for each in self.nodes if isinstance(each, kind)]

    def _blocks(self) -> Iterator[list[ast.stmt]]:
        yield self.body
        for node in self.nodes:
            for field in ("body", "orelse", "finalbody"):
                statements = getattr(node, field, None)
                if isinstance(statements, list) and statements and isinstance(statements[0], ast.stmt):
                    yield statements

    def _statement(self, statements: list[ast.stmt], at: int, into: dict[str, Template]) -> None:
        node = statements[at]
        if isinstance(
            node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Pass | ast.Break | ast.Continue
        ):
            return
        text = ast.unparse(node)
        if len(text) <= _LONGEST and text.count("\n") < MAX_LINES and text not in into:
            before = head(statements[at - 1]) if at else ""
            after = head(statements[at + 1]) if at + 1 < len(statements) else ""
            into[text] = self._template(text, before, after)

    def _bodies(self) -> tuple[Template, ...]:
        """The whole body, where it is short and plain."""
        if len(self.body) > MAX_LINES or not self.body:
            return ()
        text = "\n".join(map(ast.unparse, self.body))
        return (self._template(text, "", ""),) if len(text) <= _LONGEST and text.count("\n") < MAX_LINES else ()

    def _template(self, text: str, before: str = "", after: str = "") -> Template:
        parts: list[str] = []
        last = 0
        needs: dict[str, None] = {}
        binds: dict[str, None] = {}
        for start, end, stored in _name_spans(text, self.locals):
            name = text[start:end]
            parts += [text[last:start], name]
            last = end
            if stored:
                binds[name] = None
            elif name not in binds or _read_first(text, name):
                needs[name] = None
        parts.append(text[last:])
        return Template(tuple(parts), tuple(needs), tuple(each for each in binds if each not in needs), before, after)

    def _tests(self) -> Iterator[ast.expr]:
        for node in self.nodes:
            if isinstance(node, ast.If | ast.While | ast.IfExp | ast.Assert):
                yield node.test
                if isinstance(node.test, ast.BoolOp):
                    yield from node.test.values
            elif isinstance(node, ast.comprehension):
                yield from node.ifs

    def _values(self) -> Iterator[ast.expr]:
        for node in self.nodes:
            if isinstance(node, ast.Assign | ast.AugAssign | ast.Return | ast.AnnAssign) and node.value is not None:
                yield node.value
            elif isinstance(node, ast.Call):
                yield node
            elif isinstance(node, ast.For):
                yield node.iter

    def _expressions(self, nodes: Iterator[ast.expr]) -> tuple[Template, ...]:
        found: dict[str, Template] = {}
        for node in nodes:
            text = ast.unparse(node)
            if len(text) <= _LONGEST_VALUE and "\n" not in text and text not in found:
                found[text] = self._template(text)
        return tuple(found.values())

    def _raises(self) -> tuple[Template, ...]:
        texts = dict.fromkeys(ast.unparse(each) for each in self._all(ast.Raise))
        return tuple(self._template(text) for text in texts if len(text) <= 2 * _LONGEST_VALUE and "\n" not in text)

    def _constants(self) -> tuple[str, ...]:
        """Literals of the body as often as they stand there, then quoted words of the docstring."""
        counts: dict[str, int] = {}
        inside = {id(part) for each in self._all(ast.JoinedStr) for part in ast.walk(each)}
        for node in self.nodes:
            if isinstance(node, ast.Constant) and id(node) not in inside and node.value is not None:
                text = ast.unparse(node)
                if len(text) <= _LONGEST_VALUE and text not in ("True", "False", "Ellipsis"):
                    counts[text] = counts.get(text, 0) + 1
        ranked = sorted(counts, key=lambda text: -counts[text])
        words = ["".join(groups) for groups in _QUOTED.findall(self.doc)]
        return tuple(dict.fromkeys((*ranked, *(repr(each.strip("'\"")) for each in words[:8]))))

    def _types(self) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for node in self._calls(2):
            if isinstance(node.func, ast.Name) and node.func.id in ("isinstance", "issubclass"):
                found[ast.unparse(node.args[1])] = None
        return tuple(found)

    def _exceptions(self) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for node in self.nodes:
            if isinstance(node, ast.ExceptHandler) and node.type is not None:
                found[ast.unparse(node.type)] = None
            elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                found[ast.unparse(node.exc.func)] = None
        return tuple(found)

    def _calls(self, count: int) -> list[ast.Call]:
        every = (each for each in self.nodes if isinstance(each, ast.Call))
        return [each for each in every if len(each.args) == count and not each.keywords]

    def _global(self, node: ast.expr) -> str:
        """A function that another function could call by the same text."""
        first = node
        while isinstance(first, ast.Attribute):
            first = first.value
        fits = isinstance(first, ast.Name) and (first.id not in self.locals or first.id in ("self", "cls"))
        return ast.unparse(node) if fits else ""

    def _attributes(self) -> tuple[tuple[str, str], ...]:
        found: dict[tuple[str, str], None] = {}
        for node in self.nodes:
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in self.locals:
                found[node.value.id, node.attr] = None
        return tuple(found)

    def _stored(self) -> tuple[str, ...]:
        every = (each for each in self.nodes if isinstance(each, ast.Attribute) and isinstance(each.ctx, ast.Store))
        return tuple(dict.fromkeys(ast.unparse(each) for each in every if isinstance(each.value, ast.Name)))


def head(statement: ast.stmt) -> str:
    """A statement as its neighbours know it: the first line of its text."""
    return ast.unparse(statement).partition("\n")[0]


def _name_spans(text: str, local: set[str]) -> list[tuple[int, int, bool]]:
    """Start, end and whether it is stored, of each local name in ``text``."""
    nodes = walk(ast.parse(text))
    if text.isascii() and not any(isinstance(each, ast.JoinedStr) for each in nodes):
        return _exact_spans(text, nodes, local)
    # Inside an f-string, nodes have no usable positions before Python 3.12.
    found = [(match.start(), match.end(), False) for match in _WORD.finditer(text) if match[0] in local]
    return [each for each in found if not re.match(r"=[^=]", text[each[1] :])]


def _exact_spans(text: str, nodes: list[ast.AST], local: set[str]) -> list[tuple[int, int, bool]]:
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    found = []
    read = {id(node.target) for node in nodes if isinstance(node, ast.AugAssign)}
    for node in nodes:
        if isinstance(node, ast.Name) and node.id in local:
            at = starts[node.lineno - 1] + node.col_offset
            found.append((at, at + len(node.id), isinstance(node.ctx, ast.Store) and id(node) not in read))
    return sorted(found)


def _read_first(text: str, name: str) -> bool:
    """Whether ``name = … name …`` reads what it binds."""
    left, sign, right = text.partition("\n")[0].partition(" = ")
    return bool(sign) and re.search(rf"\b{name}\b", left) is not None and re.search(rf"\b{name}\b", right) is not None
