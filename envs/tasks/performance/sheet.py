"""A program text read for rewriting: where its nodes stand, what its names are bound to, what its loops hold."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple, TypeGuard

from envs.edits.candidate import Span
from envs.edits.program import Function, function_node
from envs.edits.tree import children, parsed, walk

Loop = ast.For | ast.While
LOOPS = (ast.For, ast.While)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_TIGHT = (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.List, ast.Dict, ast.Set, *COMPREHENSIONS)


class Patch(NamedTuple):
    """``[start, end)`` of the text becomes ``text``."""

    start: int
    end: int
    text: str


class Rewrite(NamedTuple):
    """A change of a text, of one or several places, by the rule ``kind``; ``anchor`` and ``salient`` as in Proposal."""

    kind: str
    patches: tuple[Patch, ...]
    anchor: Span
    salient: str


class Method(NamedTuple):
    """``receiver.name(*args)``."""

    receiver: ast.expr
    name: str
    args: list[ast.expr]


class Sheet:
    """
    A parsed program text.

    Raises:
        EditError, SyntaxError: it doesn't parse, or isn't one function under its headers.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.function: Function = function_node(parsed(text))
        self._lines = text.split("\n")
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line) + 1)
        self.formatted: set[str] = set()
        self.nodes = self._positioned()
        self.parents: dict[ast.AST, ast.AST] = {}
        for node in (self.function, *self.nodes):
            for child in ast.iter_child_nodes(node):
                self.parents[child] = node
        self.names = [node for node in self.nodes if isinstance(node, ast.Name)]
        arguments = {each.arg for each in ast.walk(self.function) if isinstance(each, ast.arg)}
        self.taken = {node.id for node in self.names} | arguments | self.formatted
        self.loops = [node for node in self.nodes if isinstance(node, LOOPS)]
        # Bindings that are no names, and names that are bound or read out of sight.
        self.unclear = self.formatted | {
            name for node in self.nodes if isinstance(node, ast.Global | ast.Nonlocal) for name in node.names
        }

    def _positioned(self) -> list[ast.AST]:
        """All nodes of the body but those in f-strings, which have no usable position; names there are noted."""
        found: list[ast.AST] = list(self.function.body)
        for node in found:  # which grows meanwhile
            if isinstance(node, ast.JoinedStr):
                self.formatted |= {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
            else:
                found += children(node)
        return found

    def span(self, node: ast.AST) -> Span:
        """Where a node stands in the text."""
        at = node.lineno, node.col_offset, node.end_lineno, node.end_col_offset  # type: ignore[attr-defined]
        return self._offset(at[0], at[1]), self._offset(at[2], at[3])

    def _offset(self, line: int, column: int) -> int:
        text = self._lines[line - 1]
        return self._starts[line - 1] + (column if text.isascii() else len(text.encode()[:column].decode()))

    def code(self, node: ast.AST) -> str:
        """A node's text."""
        start, end = self.span(node)
        return self.text[start:end]

    def lines(self, first: ast.stmt, last: ast.stmt | None = None) -> Span:
        """The whole lines of statements, from their indentation to behind the line's end."""
        end = (last or first).end_lineno or first.lineno
        return self._starts[first.lineno - 1], min(self._starts[end], len(self.text))

    def indent(self, statement: ast.stmt) -> str:
        """What stands before a statement on its line."""
        start = self._starts[statement.lineno - 1]
        return self.text[start : self.span(statement)[0]]

    def alone(self, statement: ast.stmt) -> bool:
        """Whether a statement stands on lines of its own."""
        end = self.span(statement)[1]
        rest = self.text[end : self._starts[statement.end_lineno or statement.lineno]]
        return not self.indent(statement).strip() and not rest.partition("#")[0].strip()

    def statement(self, node: ast.AST) -> ast.stmt:
        """The innermost statement that holds a node."""
        while not isinstance(node, ast.stmt):
            node = self.parents[node]
        return node

    def above(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes that hold ``node``, from the inside out, below the function."""
        while node in self.parents and self.parents[node] is not self.function:
            node = self.parents[node]
            yield node

    def enclosing(self, node: ast.AST) -> list[Loop]:
        """The loops in whose rounds a node is run, from the inside out, in the node's own function."""
        found: list[Loop] = []
        below = node
        for each in self.above(node):
            if isinstance(each, ast.FunctionDef | ast.Lambda | ast.ClassDef | ast.AsyncFunctionDef):
                break
            if isinstance(each, LOOPS) and not (isinstance(each, ast.For) and below in (each.iter, each.target)):
                found.append(each)
            below = each
        return found

    def block(self, statement: ast.stmt) -> list[ast.stmt]:
        """The list of statements that holds a statement."""
        parent = self.parents[statement]
        for field in ("body", "orelse", "finalbody"):
            held = getattr(parent, field, None)
            if isinstance(held, list) and statement in held:
                return held
        return [statement]

    def loads(self, name: str) -> list[ast.Name]:
        """Where a name is read."""
        return [node for node in self.names if node.id == name and isinstance(node.ctx, ast.Load)]

    def stores(self, name: str) -> list[ast.Name]:
        """Where a name is bound or deleted."""
        return [node for node in self.names if node.id == name and not isinstance(node.ctx, ast.Load)]

    def fresh(self, name: str) -> str:
        """``name``, with a number where it is in use or a built-in's."""
        found, number = name, 1
        while found in self.taken or hasattr(builtins, found):
            number += 1
            found = f"{name}{number}"
        return found

    def patched(self, patches: Iterable[Patch]) -> str:
        """The text after the changes; the text as it is where they overlap."""
        parts, at = [], 0
        for start, end, text in sorted(patches):
            if start < at:
                return self.text
            parts += [self.text[at:start], text]
            at = end
        return "".join([*parts, self.text[at:]])

    def patch(self, node: ast.AST, text: str) -> Patch:
        """The node's text replaced."""
        return Patch(*self.span(node), text)


@lru_cache(maxsize=32)
def sheet_of(text: str) -> Sheet:
    """A ``Sheet``, shared."""
    return Sheet(text)


def tight(node: ast.expr, code: str) -> str:
    """``code`` of ``node``, in brackets where it would fall apart in another place."""
    whole = isinstance(node, _TIGHT) or (isinstance(node, ast.Constant) and not isinstance(node.value, int | float))
    return code if whole or (code.startswith("(") and isinstance(node, ast.Tuple)) else f"({code})"


def names_in(node: ast.AST) -> set[str]:
    """The names that are read in a node."""
    return {each.id for each in walk(node) if isinstance(each, ast.Name)}


def bound_in(node: ast.AST) -> set[str]:
    """The names that are bound in a node."""
    found = {each.id for each in walk(node) if isinstance(each, ast.Name) and not isinstance(each.ctx, ast.Load)}
    return found | {each.arg for each in ast.walk(node) if isinstance(each, ast.arg)}


def called(node: ast.AST, *names: str) -> TypeGuard[ast.Call]:
    """Whether a node is a call of one of these names with one plain argument."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in names
        and len(node.args) == 1
        and not node.keywords
        and not isinstance(node.args[0], ast.Starred)
    )


def method(node: ast.AST | None, *names: str, arguments: int | None = None) -> Method | None:
    """The call of a method with one of these names, without keywords, that a node is."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.keywords:
        return None
    fits = node.func.attr in names and arguments in (None, len(node.args))
    return Method(node.func.value, node.func.attr, node.args) if fits else None


def put_in(node: ast.AST, *names: str) -> Method | None:
    """The call that a statement is: ``x.append(y)``, or another method with one argument."""
    return method(node.value, *(names or ("append",)), arguments=1) if isinstance(node, ast.Expr) else None


def same(one: ast.AST, other: ast.AST) -> bool:
    """Whether two nodes are equal as trees."""
    return ast.dump(one) == ast.dump(other)


def assigned(node: ast.AST) -> tuple[str, ast.expr] | None:
    """The name and the value of ``name = value``."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id, node.value
    return None


def before(block: Sequence[ast.stmt], statement: ast.stmt) -> ast.stmt | None:
    """The statement right before another one of its block."""
    at = block.index(statement)
    return block[at - 1] if at else None


def after(block: Sequence[ast.stmt], statement: ast.stmt) -> ast.stmt | None:
    """The statement right behind another one of its block."""
    at = block.index(statement) + 1
    return block[at] if at < len(block) else None
