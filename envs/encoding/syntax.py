"""
Where each lexical token stands in the syntax tree, and the pointers between tokens (``core.observation.RELATIONS``).

A node is represented by its *head*: its first token that no child of it holds (``+`` of a sum, ``(`` of a call, ``if``
of a statement), or else its first token. A token that isn't its node's head points to the head as its parent, a head to
the head of the node above. The names of a data flow are taken in the order of the text, an assignment's targets after
its value (edges after GREAT, Hellendoorn et al., ICLR 2020, without its type and control flow edges).
"""

from __future__ import annotations

import ast
from bisect import bisect_left
from dataclasses import dataclass, field

from core.observation import RELATIONS
from envs.encoding.lexer import Lexemes
from envs.encoding.nodes import DOCSTRING, node_id

_PARENT, _SIBLING, _LAST_USE, _LAST_WRITE, _NEXT_USE, _STATEMENT = range(len(RELATIONS))
_WITHOUT_CHILDREN = frozenset({"ctx", "op", "ops", "id", "attr", "type_comment", "kind", "simple", "conversion", "n"})
# Before 3.12 what stands inside of an f-string has wrong positions; it is one token everywhere.
_OPAQUE = frozenset({"JoinedStr", "TemplateStr"})
_TARGETED = frozenset({ast.Assign, ast.AugAssign, ast.AnnAssign, ast.NamedExpr})
_fields: dict[type[ast.AST], tuple[str, ...]] = {}


@dataclass(slots=True)
class Structure:
    """
    Per token: node type id, row of ``RELATIONS`` (flat, token after token), the line that it starts on, the first line
    of the statement around it.
    """

    node: list[int]
    relations: list[int]
    lines: list[int]
    statement_lines: list[int]


@dataclass(slots=True)
class _Names:
    """Occurrences of names: (order, token, key, whether it writes)."""

    seen: list[tuple[int, int, str, bool]] = field(default_factory=list)

    def add(self, order: int, token: int, key: str, writes: bool) -> None:
        self.seen.append((order, token, key, writes))


@dataclass(slots=True)
class _Tree:
    """Parallel lists over the syntax nodes, parents first: type id, parent, next sibling, first token, statement."""

    kinds: list[int] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    siblings: list[int] = field(default_factory=list)
    firsts: list[int] = field(default_factory=list)
    statements: list[int] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    names: _Names = field(default_factory=_Names)


def line_starts(source: str) -> list[int]:
    """Character offset of the start of every line."""
    starts = [0]
    position = source.find("\n")
    while position >= 0:
        starts.append(position + 1)
        position = source.find("\n", position + 1)
    return starts


class _Offsets:
    """Turns the syntax tree's positions (line, UTF-8 bytes) into character offsets."""

    def __init__(self, source: str, starts: list[int]) -> None:
        self._starts, self._source = starts, source
        self._plain = source.isascii()

    def at(self, line: int, column: int) -> int:
        start = self._starts[line - 1]
        if self._plain:
            return start + column
        end = self._starts[line] if line < len(self._starts) else len(self._source)
        return start + len(self._source[start:end].encode()[:column].decode(errors="ignore"))


def _child_fields(kind: type[ast.AST]) -> tuple[str, ...]:
    known = _fields.get(kind)
    if known is None:
        opaque = kind.__name__ in _OPAQUE or kind is ast.Constant
        known = () if opaque else tuple(name for name in kind._fields if name not in _WITHOUT_CHILDREN)
        _fields[kind] = known
    return known


def _children(node: ast.AST) -> list[ast.AST]:
    found: list[ast.AST] = []
    for name in _child_fields(type(node)):
        value = getattr(node, name, None)
        if isinstance(value, list):
            found.extend(item for item in value if isinstance(item, ast.AST))
        elif isinstance(value, ast.AST):
            found.append(value)
    return found


def analyse(function: ast.AST, source: str, starts: list[int], lexemes: Lexemes) -> Structure:
    """The structure of ``function``, whose tokens are ``lexemes``; ``starts`` are the text's line starts."""
    count = len(lexemes.starts)
    owner = [0] * count
    tree = _paint(function, owner, _Offsets(source, starts), lexemes)
    heads = _heads(tree, owner, count)
    relations = [-1] * (count * len(RELATIONS))
    _link_tree(relations, tree, owner, heads)
    _link_names(relations, tree, owner, heads)
    node = [tree.kinds[index] for index in owner]
    _mark_docstring(function, node, tree, owner)
    lines, line = [], 0
    for start in lexemes.starts:
        while line < len(starts) and starts[line] <= start:
            line += 1
        lines.append(line)
    return Structure(node, relations, lines, [tree.lines[tree.statements[index]] for index in owner])


def _paint(function: ast.AST, owner: list[int], offsets: _Offsets, lexemes: Lexemes) -> _Tree:
    """Walks the tree in the text's order; every node writes its number over its tokens, so that the innermost stays."""
    tree, starts, count = _Tree(), lexemes.starts, len(owner)
    youngest: dict[int, int] = {}
    # The last number: where what is assigned here takes effect, or -1 for at once.
    stack: list[tuple[ast.AST, int, int]] = [(function, -1, -1)]
    while stack:
        node, parent, effect = stack.pop()
        if not node._attributes:  # a comprehension, a with item: no position of its own
            stack.extend((child, parent, effect) for child in reversed(_children(node)))
            continue
        first = bisect_left(starts, offsets.at(node.lineno, node.col_offset))  # type: ignore[attr-defined]
        if first >= count:
            continue
        last = bisect_left(starts, offsets.at(node.end_lineno, node.end_col_offset))  # type: ignore[attr-defined]
        number = _grow(tree, node, parent, first, youngest)
        owner[first:last] = [number] * (last - first)
        _note_name(tree.names, node, first, last, effect)
        value = node.value if type(node) in _TARGETED else None  # type: ignore[attr-defined]
        for child in reversed(_children(node)):
            stack.append((child, number, -1 if child is value else last if value is not None else effect))
    return tree


def _grow(tree: _Tree, node: ast.AST, parent: int, first: int, youngest: dict[int, int]) -> int:
    number = len(tree.kinds)
    tree.kinds.append(node_id(node))
    tree.parents.append(parent)
    tree.siblings.append(-1)
    tree.firsts.append(first)
    tree.lines.append(node.lineno)  # type: ignore[attr-defined]
    tree.statements.append(number if isinstance(node, ast.stmt) or parent < 0 else tree.statements[parent])
    if parent in youngest:
        tree.siblings[youngest[parent]] = number
    youngest[parent] = number
    return number


def _note_name(names: _Names, node: ast.AST, first: int, last: int, effect: int) -> None:
    kind = type(node)
    if kind is ast.Name:
        writes = type(node.ctx) is not ast.Load  # type: ignore[attr-defined]
        names.add(max(effect, first) if writes else first, first, node.id, writes)  # type: ignore[attr-defined]
    elif kind is ast.Attribute:
        writes = type(node.ctx) is not ast.Load  # type: ignore[attr-defined]
        order = max(effect, last - 1) if writes else last - 1
        names.add(order, last - 1, "." + node.attr, writes)  # type: ignore[attr-defined]
    elif kind is ast.arg:
        names.add(first, first, node.arg, True)  # type: ignore[attr-defined]
    elif kind is ast.alias:
        bound = node.asname or node.name.partition(".")[0]  # type: ignore[attr-defined]
        names.add(last - 1, last - 1, bound, True)


def _heads(tree: _Tree, owner: list[int], count: int) -> list[int]:
    heads = [-1] * len(tree.kinds)
    for token in range(count - 1, -1, -1):
        heads[owner[token]] = token
    return [first if head < 0 else head for head, first in zip(heads, tree.firsts, strict=True)]


def _link_tree(relations: list[int], tree: _Tree, owner: list[int], heads: list[int]) -> None:
    width = len(RELATIONS)
    for token, number in enumerate(owner):
        row = token * width
        relations[row + _STATEMENT] = heads[tree.statements[number]]
        if heads[number] != token:
            relations[row + _PARENT] = heads[number]
            continue
        parent = tree.parents[number]
        while parent >= 0 and heads[parent] == token:
            parent = tree.parents[parent]
        relations[row + _PARENT] = heads[parent] if parent >= 0 else -1
        sibling = tree.siblings[number]
        relations[row + _SIBLING] = heads[sibling] if sibling >= 0 else -1


def _link_names(relations: list[int], tree: _Tree, owner: list[int], heads: list[int]) -> None:
    """Pointers to the last use, last write and next use; a name that is read points to the statement that wrote it."""
    width = len(RELATIONS)
    last: dict[str, int] = {}
    written: dict[str, int] = {}
    for _, token, key, writes in sorted(tree.names.seen):
        row = token * width
        before, write = last.get(key, -1), written.get(key, -1)
        relations[row + _LAST_USE], relations[row + _LAST_WRITE] = before, write
        if before >= 0:
            relations[before * width + _NEXT_USE] = token
        last[key] = token
        if writes:
            written[key] = token
        elif write >= 0:
            relations[row + _STATEMENT] = heads[tree.statements[owner[write]]]


def _mark_docstring(function: ast.AST, node: list[int], tree: _Tree, owner: list[int]) -> None:
    first = function.body[0]  # type: ignore[attr-defined]
    value = first.value if isinstance(first, ast.Expr) else None
    if not isinstance(value, ast.Constant) or not isinstance(value.value, str):
        return
    for token, number in enumerate(owner):
        if tree.lines[tree.statements[number]] == first.lineno and tree.statements[number] > 0:
            node[token] = DOCSTRING
            return
