"""
The ways in which docstrings are written: Google's, numpy's, reST's field lists, and the plain text of PEP 257.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum


class Convention(StrEnum):
    """How a docstring names parameters and the rest."""

    GOOGLE = "google"
    NUMPY = "numpy"
    REST = "rest"
    PLAIN = "plain"


PARAMETER, RETURNS, YIELDS, RAISES, EXAMPLE = "parameter", "returns", "yields", "raises", "example"
# In which order the parts stand; field lists come last, since what follows one belongs to it.
ORDER = {
    Convention.GOOGLE: (PARAMETER, RETURNS, RAISES, EXAMPLE),
    Convention.NUMPY: (PARAMETER, RETURNS, RAISES, EXAMPLE),
    Convention.REST: (EXAMPLE, PARAMETER, RETURNS, RAISES),
    Convention.PLAIN: (PARAMETER, RETURNS, RAISES, EXAMPLE),
}
HEADERS: dict[Convention, dict[str, tuple[str, ...]]] = {
    Convention.GOOGLE: {
        PARAMETER: ("Args:", "Arguments:"),
        RETURNS: ("Returns:",),
        YIELDS: ("Yields:",),
        RAISES: ("Raises:",),
        EXAMPLE: ("Example:", "Examples:"),
    },
    Convention.NUMPY: {
        PARAMETER: ("Parameters",),
        RETURNS: ("Returns",),
        YIELDS: ("Yields",),
        RAISES: ("Raises",),
        EXAMPLE: ("Examples",),
    },
    Convention.REST: {},
    Convention.PLAIN: {PARAMETER: ("Arguments:", "Keyword arguments:")},
}
_MARKS = {
    Convention.GOOGLE: re.compile(r"^\s*(Args|Arguments|Returns|Yields|Raises):\s*$", re.MULTILINE),
    Convention.NUMPY: re.compile(r"^\s*(Parameters|Returns|Yields|Raises|Examples)\n\s*-{4,}\s*$", re.MULTILINE),
    Convention.REST: re.compile(r"^\s*:(param|parameter|arg|returns?|raises?|rtype)\b[^:\n]*:", re.MULTILINE),
}
_MANY = 3


def convention_of(docstrings: Iterable[str]) -> Convention:
    """
    That of most marks in the docstrings of a module; where several have none at all, plain text; by default Google's.
    """
    texts = [text for text in docstrings if text]
    counts = {each: sum(len(mark.findall(text)) for text in texts) for each, mark in _MARKS.items()}
    best = max(counts, key=lambda each: counts[each])
    if counts[best]:
        return best
    return Convention.PLAIN if len(texts) >= _MANY else Convention.GOOGLE


def entry(convention: Convention, kind: str, name: str, typed: str, says: str) -> list[str]:
    """
    The lines of one entry, without the header of its section. ``name``: of the parameter or exception; ``typed``: its
    type or "". ``says`` is a sentence; of an example it is call and outcome in lines.
    """
    if kind == EXAMPLE:
        return _indented(says.split("\n")) if convention is Convention.GOOGLE else says.split("\n")
    return _WRITERS[convention](kind, name, typed, says)


def header(convention: Convention, kind: str) -> list[str]:
    """The lines that open a section of ``kind``."""
    titles = HEADERS[convention].get(kind)
    if not titles:
        return []
    return [titles[0], "-" * len(titles[0])] if convention is Convention.NUMPY else [titles[0]]


def _google(kind: str, name: str, typed: str, says: str) -> list[str]:
    if kind == PARAMETER:
        return _indented([f"{name} ({typed}): {says}" if typed else f"{name}: {says}"])
    if kind == RAISES:
        return _indented([f"{name}: {says}"])
    return _indented([f"{typed}: {says}" if typed else says])


def _numpy(kind: str, name: str, typed: str, says: str) -> list[str]:
    first = f"{name} : {typed}" if kind == PARAMETER and typed else name if name else typed or "object"
    return [first, *_indented([says])]


def _rest(kind: str, name: str, typed: str, says: str) -> list[str]:
    if kind == PARAMETER:
        return [f":param {typed} {name}: {says}" if typed and " " not in typed else f":param {name}: {says}"]
    if kind == RAISES:
        return [f":raises {name}: {says}"]
    opening = ":yields" if kind == YIELDS else ":returns"
    return [f"{opening}: {says}", *([f":rtype: {typed}"] if typed and kind == RETURNS else [])]


def _plain(kind: str, name: str, typed: str, says: str) -> list[str]:
    """Parameters as in the example of PEP 257, and sentences."""
    if kind == PARAMETER:
        return [f"{name} -- {_lower(says)}"]
    if kind == RAISES:
        return [f"Raise {name} {_lower(says)}."]
    return [f"{'Yield' if kind == YIELDS else 'Return'} {_lower(says)}."]


def _lower(says: str) -> str:
    """``The width.`` as a part of a sentence."""
    says = says.rstrip(".")
    return says if says[:2].isupper() else says[:1].lower() + says[1:]


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"    {line}" if line else "" for line in lines]


_WRITERS = {Convention.GOOGLE: _google, Convention.NUMPY: _numpy, Convention.REST: _rest, Convention.PLAIN: _plain}
