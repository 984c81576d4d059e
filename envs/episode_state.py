"""What an episode remembers of the program states that it kept."""

from __future__ import annotations

from dataclasses import dataclass, field

from core.records import Edit, Verdict
from envs.encoding.encode import StaticState
from envs.encoding.evidence import Try
from envs.encoding.infection import Infection


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """
    ``kept``: the edit stayed. ``terminated``: the episode is over; ``truncated``: it was cut off. ``runs``: of an edit,
    whether what it led to loads and keeps within its limits, so that ``Episode.hold`` has something to go on from.
    """

    reward: float
    kept: bool
    terminated: bool
    truncated: bool
    runs: bool = False


@dataclass(slots=True)
class State:
    """
    A kept state. ``blocked``: candidates not to be tried (again). ``edited``: spans that kept edits put in. ``edit``:
    the kept edit that led here. ``infection``: what the candidates would change. ``least``: where it is held
    although it did not help, the share of passing checks that is to be exceeded; None elsewhere.
    """

    static: StaticState
    verdict: Verdict
    visible: Verdict
    edited: tuple[tuple[int, int], ...] = ()
    improved: bool = False
    tries: list[Try] = field(default_factory=list)
    blocked: set[int] = field(default_factory=set)
    edit: Edit | None = None
    infection: Infection | None = None
    least: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Position:
    """A place in one episode: its start state and the states kept on the way. Only ``Episode.go`` looks inside."""

    stack: tuple[State, ...]
