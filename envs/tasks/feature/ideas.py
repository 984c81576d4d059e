"""Something to put into a gap, or to put beside what stands there."""

from __future__ import annotations

from typing import NamedTuple

from envs.edits.candidate import Span
from envs.tasks.feature.places import Gap


class Idea(NamedTuple):
    """
    ``text``: its lines, indented by four spaces a level; ``bits``: how unlikely it is; ``name``: the local name that it
    is about, or "".
    """

    kind: str
    gap: Gap
    text: str
    bits: float
    name: str


class Arm(NamedTuple):
    """An edit of ``[start, end)``; ``text``: what is new of ``replacement``; the rest as in ``Idea``."""

    kind: str
    gap: Gap
    bits: float
    start: int
    end: int
    replacement: str
    anchor: Span
    text: str
