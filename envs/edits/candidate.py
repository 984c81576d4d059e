"""What an edit operator proposes and what the grammar hands out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from core.records import Edit

if TYPE_CHECKING:
    from envs.edits.view import View

Span = tuple[int, int]


class Candidate(NamedTuple):
    """
    One edit of a program text and what a policy may know of it before it is tried.

    ``kind`` is the operator's id (``KINDS`` index + 1), ``anchor`` the character span of the node that the edit sits
    at, ``text`` the salient token or tokens that it puts in, and ``ref`` the character offset of the token that it
    refers to: the nearest use of the name, the other part of a swap, the statement that is copied.
    """

    edit: Edit
    kind: int
    anchor: Span
    text: str
    ref: int | None


class Proposal(NamedTuple):
    """A candidate in the making: ``[start, end)`` of the text becomes ``replacement``."""

    kind: str
    start: int
    end: int
    replacement: str
    anchor: Span
    text: str = ""
    ref: int | None = None


class Family(NamedTuple):
    """Edit operators of one sort: the names of their kinds, and what finds their sites in a function."""

    kinds: tuple[str, ...]
    propose: Callable[[View], Iterator[Proposal]]
