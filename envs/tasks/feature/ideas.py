"""Something to put into a gap."""

from __future__ import annotations

from typing import NamedTuple

from envs.tasks.feature.places import Gap


class Idea(NamedTuple):
    """
    ``text``: its lines, indented by four spaces a level; ``bits``: how unlikely it is; ``say``: the tokens that tell it
    from others; ``name``: the local name that it is about, or "".
    """

    kind: str
    gap: Gap
    text: str
    bits: float
    say: str
    name: str
