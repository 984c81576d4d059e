"""Where a part of a docstring belongs, so that putting it in is one contiguous replacement."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from envs.tasks.documentation.conventions import (
    EXAMPLE,
    HEADERS,
    ORDER,
    PARAMETER,
    RAISES,
    RETURNS,
    YIELDS,
    Convention,
    header,
)
from envs.tasks.documentation.text import Docstring, Line

_PROSE = "prose"
_FIELD = re.compile(r"^:(param|returns?|yields?|raises?|rtype)\b")
_FIELDS = {"param": PARAMETER, "return": RETURNS, "yield": RETURNS, "raise": RAISES, "rtype": RETURNS}
_ENTRIES = {
    Convention.GOOGLE: re.compile(r"^\*{0,2}(\w+)(?: \([^)]*\))?:"),
    Convention.NUMPY: re.compile(r"^\*{0,2}(\w+)(?: : .*)?$"),
    Convention.REST: re.compile(r"^:param (?:\S+ )?\*{0,2}(\w+):"),
    Convention.PLAIN: re.compile(r"^\*{0,2}(\w+) -- "),
}


@dataclass(frozen=True, slots=True)
class Block:
    """Lines ``[first, last]`` of a docstring that are of one kind; ``last`` isn't empty."""

    kind: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Place:
    """What to put in at a character of the program text, and the line of the docstring that it comes behind."""

    at: int
    text: str
    line: int


def blocks(doc: Docstring, convention: Convention) -> list[Block]:
    """The blocks of a docstring in the order of its lines; the first is prose."""
    found = [Block(_PROSE, 0, 0)]
    for at, line in enumerate(doc.lines):
        kind = _opened(doc.lines, at, convention) if at else ""
        last = found[-1]
        if kind and not (kind == last.kind and convention in (Convention.REST, Convention.PLAIN)):
            found.append(Block(kind, at, at))
        elif line.text:
            found[-1] = Block(last.kind, last.first, at)
    return found


def entries(doc: Docstring, convention: Convention) -> list[tuple[str, int, int]]:
    """The parameters that have an entry: name, first and last line."""
    deep = len(doc.indent) + (4 if convention is Convention.GOOGLE else 0)
    found: list[tuple[str, int, int]] = []
    for block in blocks(doc, convention):
        if block.kind != PARAMETER:
            continue
        opening = len(header(convention, PARAMETER))
        for at in range(block.first + opening, block.last + 1):
            line = doc.lines[at]
            match = _ENTRIES[convention].match(line.text) if line.indent == deep else None
            if match:
                found.append((match[1], at, at))
            elif found and line.text:
                found[-1] = (*found[-1][:2], at)
    return found


def place(doc: Docstring, convention: Convention, kind: str, lines: Sequence[str], before: Sequence[str] = ()) -> Place:
    """
    Where ``lines`` (of an entry of ``kind``, not indented) go, and the header that they may need. ``before``: the
    parameters that stand before this one in the signature.
    """
    slot = RETURNS if kind == YIELDS else kind
    found = blocks(doc, convention)
    same = [block for block in found if block.kind == slot]
    if same and kind != YIELDS:
        behind = same[-1].last if kind != PARAMETER else _behind(doc, convention, same[0], before)
        return _placed(doc, behind, ["", *lines])
    rank = ORDER[convention].index(slot)
    previous = found[0]
    for block in found[1:]:
        if ORDER[convention].index(block.kind) > rank:
            break
        previous = block
    fields = convention is Convention.REST and kind != EXAMPLE and previous.kind in (PARAMETER, RETURNS, RAISES)
    gap = [""] if fields else ["", ""]
    return _placed(doc, previous.last, [*gap, *header(convention, kind), *lines])


def _behind(doc: Docstring, convention: Convention, block: Block, before: Sequence[str]) -> int:
    behind = block.first + max(len(header(convention, PARAMETER)) - 1, 0)
    if convention is Convention.REST:
        behind = block.first - 1
        while behind > 0 and not doc.lines[behind].text:
            behind -= 1
    listed = [last for name, _, last in entries(doc, convention) if name in before]
    if listed:
        return max(listed)
    # A field can't be put in front of the first one without the blank line above: it goes behind all.
    return block.last if convention is Convention.REST else behind


def _placed(doc: Docstring, behind: int, rows: Sequence[str]) -> Place:
    text = "\n".join(f"{doc.indent}{row}".rstrip() if at else row for at, row in enumerate(rows))
    closing = f"\n{doc.indent}" if doc.inline and behind == doc.last else ""
    return Place(doc.lines[behind].end, text + closing, behind)


def _opened(lines: Sequence[Line], at: int, convention: Convention) -> str:
    """The kind of block that a line opens, or ""."""
    text = lines[at].text
    if convention in (Convention.REST, Convention.PLAIN) and text.startswith(">>>"):
        return EXAMPLE
    if convention is Convention.REST:
        field = _FIELD.match(text)
        return _FIELDS[field[1].rstrip("s") if field[1] != "rtype" else "rtype"] if field else ""
    if convention is Convention.PLAIN and not lines[at - 1].text:
        if re.match(r"(Return|Yield)s? ", text):
            return RETURNS
        if re.match(r"Raises? ", text):
            return RAISES
    ruled = convention is not Convention.NUMPY or (at + 1 < len(lines) and lines[at + 1].text.startswith("---"))
    for kind, titles in HEADERS[convention].items():
        if text in titles and ruled:
            return RETURNS if kind == YIELDS else kind
    return ""
