"""A program text as the transformations read it: its blocks, its names, and lines moved to another indentation."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from envs.edits.candidate import Proposal, Span
from envs.edits.lines import JUMPS, is_elif, unit
from envs.edits.precedence import AND, ATOM, NAMED, level, wrap
from envs.edits.program import Function
from envs.edits.same import common_prefix
from envs.edits.view import Block, View, view_of

_FRAGILE = re.compile(r"\"\"\"|'''|\\\n")
_NO_COMMENT_TEXT = re.compile(r"#[^\n]*")


class Part(NamedTuple):
    """The statements from ``first`` up to ``end`` (left out) of a block, with the comments above them."""

    block: Block
    first: int = 0
    end: int | None = None


class Code:
    """
    One program text. ``loads`` and ``stores``: how often each name is read and bound anywhere in the function,
    parameters included. ``bound``: all names in it, so that a new one can be told from them.

    Raises:
        EditError: it is no program text.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.view: View = view_of(text)
        self._blocks = {(id(each.owner), each.field): each for each in self.view.blocks}
        self._under: dict[int, list[Block]] = {}
        for each in self.view.blocks:
            self._under.setdefault(id(each.owner), []).append(each)
        self.loads: Counter[str] = Counter()
        self.stores: Counter[str] = Counter()
        self._count()

    @property
    def blocks(self) -> list[Block]:
        """The blocks of the function, the docstring left out."""
        return self.view.blocks

    @property
    def function(self) -> Function:
        """The function."""
        return self.view.function

    def block(self, owner: ast.AST, field: str = "body") -> Block | None:
        """The block that stands there on lines of its own; None for one-liners, and for an ``elif``."""
        return self._blocks.get((id(owner), field))

    def blocks_at(self, owner: ast.AST) -> list[Block]:
        """The blocks right below a node."""
        return self._under.get(id(owner), [])

    def ifs(self) -> Iterator[tuple[ast.If, Block, Block | None]]:
        """Each ``if`` and ``elif`` with lines of its own, its body, and its plain ``else``."""
        for node in self.view.all(ast.If):
            body = self.block(node)
            if body is not None:
                yield node, body, self.block(node, "orelse")

    def followed(self) -> Iterator[tuple[Block, int, ast.If, Block]]:
        """Each ``if`` (no ``elif``) with its block, its place there, and its body."""
        for block in self.blocks:
            for index, node in enumerate(block.statements):
                body = self.block(node)
                if isinstance(node, ast.If) and body is not None:
                    yield block, index, node, body

    # Text ---------------------------------------------------------------------------------------------------

    def lead(self, block: Block, index: int) -> int:
        """Offset of the line where a statement begins, the comments above it included."""
        at = start = self.view.lines(block.statements[index])[0]
        while at > 0:
            at = self.text.rfind("\n", 0, at - 1) + 1
            line = self.text[at : self.text.index("\n", at)].strip()
            if line and not line.startswith("#"):
                break
            start = at if line else start
        return start

    def part(self, part: Part, indent: str) -> str | None:
        """The lines of ``part`` at another indentation; None where that would change a text in them."""
        block, first, end = part
        last = len(block.statements) if end is None else end
        if first >= last:
            return ""
        span = self.lead(block, first), self.view.lines(block.statements[last - 1])[1]
        return reindented(self.text[slice(*span)], block.indent, indent)

    def step(self, block: Block) -> str:
        """One step of indentation."""
        return unit(self.view, block)

    def header(self, node: ast.If, test: str, indent: str | None = None) -> str:
        """The line of an ``if`` with another test; its comment stays."""
        word = "elif" if indent is None and is_elif(self.view, node) else "if"
        body = self.block(node)
        end = self.lead(body, 0) if body else self.view.end(node.test)
        note = _NO_COMMENT_TEXT.search(self.text, self.view.end(node.test), end)
        before = self.view.indent(node) if indent is None else indent
        return f"{before}{word} {test}:{'  ' + note[0].rstrip() if note else ''}\n"

    def test(self, node: ast.expr, wanted: int = NAMED) -> str:
        """The text of an expression, with parentheses where it binds too loosely or spans lines."""
        return wrap(self.view.source(node), level(node), wanted)

    def both(self, *tests: ast.expr) -> str:
        """``a and b``."""
        return " and ".join(self.test(each, AND) for each in tests)

    def at(self, node: ast.AST) -> Span:
        """An anchor: the head of a compound statement, all of another node."""
        start, end = self.view.span(node)
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(node, ast.stmt):
            head = next((child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)), None)
            end = self.view.end(head) if head is not None else min(end, self.text.find("\n", start))
        return start, end

    def swap(
        self, kind: str, span: Span, new: str | None, anchor: Span, text: str = "", ref: int | None = None
    ) -> Iterator[Proposal]:
        """The replacement of ``span`` by ``new``, cut down to what changes; nothing where ``new`` is None."""
        if new is None:
            return
        start, end = span
        old = self.text[start:end]
        if old == new:
            return
        head = common_prefix(old, new)
        tail = common_prefix(old[head:][::-1], new[head:][::-1])
        replacement = new[head : len(new) - tail]
        yield Proposal(kind, start + head, end - tail, replacement, anchor, text, ref)

    # Names --------------------------------------------------------------------------------------------------

    def fresh(self, wanted: str) -> str:
        """``wanted``, or it with a number where that name is taken."""
        names = (wanted, *(f"{wanted}_{number}" for number in range(2, 99)))
        return next(name for name in names if name not in self.loads and name not in self.stores)

    def _count(self) -> None:
        for node in ast.walk(self.function):
            match node:
                case ast.Name(ctx=ast.Load()):
                    self.loads[node.id] += 1
                case ast.AugAssign(target=ast.Name(id=name)):
                    self.loads[name] += 1
                case ast.Name():
                    self.stores[node.id] += 1
                case ast.arg():
                    self.stores[node.arg] += 1
                case ast.Global() | ast.Nonlocal():
                    # Whoever else looks at them counts as a reader.
                    self.loads.update(dict.fromkeys(node.names, 2))
                    self.stores.update(dict.fromkeys(node.names, 2))
                case ast.ExceptHandler() if node.name:
                    self.stores[node.name] += 1


@lru_cache(maxsize=32)
def code_of(text: str) -> Code:
    """The code of a text, which whoever asks for it shares with others: not to be changed."""
    return Code(text)


def reindented(text: str, old: str, new: str) -> str | None:
    """Lines that are indented by ``old``, indented by ``new``; None where that would change a text in them."""
    if old == new:
        return text
    if "\n" in text[:-1] and _FRAGILE.search(text):
        return None
    lines = text.splitlines(keepends=True)
    return "".join(new + line[len(old) :] if line.startswith(old) else line for line in lines)


def joined(*parts: str | None) -> str | None:
    """The parts in a row; None where one of them can't be had."""
    return None if any(part is None for part in parts) else "".join(part or "" for part in parts)


def jumps(block: Block) -> bool:
    """Whether nothing behind the block runs after it."""
    return isinstance(block.statements[-1], JUMPS)


def atom(code: Code, node: ast.expr) -> str:
    """The text of an expression that may stand anywhere."""
    return code.test(node, ATOM)


def same(one: ast.AST | list[ast.stmt], other: ast.AST | list[ast.stmt]) -> bool:
    """Whether two trees are equal but for their places."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return isinstance(one, ast.AST) and isinstance(other, ast.AST) and ast.dump(one) == ast.dump(other)
