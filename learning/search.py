"""
The order in which an attempt tries edits: best first over the tree of the program states that it kept.

    search = Search(rules, temperature=0.0, draw=rng(seed))
    while (pick := search.pick()) is not None:
        if pick.action is None:
            search.scored(pick.node, logits_of(pick.node))
        elif keeps(pick.node, pick.action):
            search.kept(pick)  # opens the next node
        else:
            search.failed(pick)

An edit that helps in part may be a step or a dead end. Probability is shared out over the tree: the start has all of
it; each edit has its share of what its state has left; an edit that fails takes its share out of that; one that is
kept splits it between the new state and going back. So every agent goes back, in the measure of its doubt.

Of several bugs each may hide that another was repaired. So an edit that doesn't help is *held*: what it led to is a
state too, with a small part of the edit's share. What helps there helps together with the edit that is held, and is
shared out with the kept state that both came from.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.observation import FIRST_EDIT, UNDO

Floats = NDArray[np.float64]
# An agent that gives undoing no probability at all (the baselines) has no opinion on whether to go back.
EVEN = 0.5
# What is left of a state whose surest edit failed: an agent may be sure and wrong, so that no state is given up.
LEAST = 1e-6


@dataclass(frozen=True, slots=True)
class SearchRules:
    """
    ``doubt``: the least probability, up to a half, of a new state being a dead end, and of its being none.
    ``rescore_first``: tries of a state after each of which it is scored again; ``rescore_every``: tries from one
    scoring to the next after those. ``masked``: how probable it is that a right edit doesn't help by itself; 0: none is
    held.
    """

    doubt: float
    rescore_first: int
    rescore_every: int
    masked: float = 0.0

    def due(self, tries: int) -> bool:
        """Whether a state is scored again after so many tries."""
        return tries <= self.rescore_first or (tries - self.rescore_first) % self.rescore_every == 0


@dataclass(frozen=True, slots=True)
class Pick:
    """What comes next: trying ``action`` in the state ``node``, or scoring that state where ``action`` is None."""

    node: int
    action: int | None


@dataclass(slots=True)
class _Node:
    """
    ``mass``: log of W * R. ``shares``: log p of each edit, -inf where tried or not allowed; None before scoring.
    ``base``: of a state that an edit led to that is held, the kept state that it came from.
    """

    parent: int | None
    base: int | None = None
    mass: float = 0.0
    shares: Floats | None = None
    tries: int = 0
    stale: bool = True
    tried: set[int] = field(default_factory=set)

    def priorities(self) -> Floats:
        if self.shares is not None:
            return self.mass + self.shares
        return np.empty(0) if self.base is None else np.array([self.mass])


class Search:
    """
    Nodes are numbered from 0, the start, in the order in which they were opened. ``temperature`` 0 takes the edit of
    the highest priority, the first of equals; above, ``draw`` takes one in proportion to priority ** (1 / temperature).
    """

    def __init__(self, rules: SearchRules, temperature: float, draw: np.random.Generator) -> None:
        self._rules, self._temperature, self._draw = rules, temperature, draw
        self._nodes = [_Node(None)]

    def priorities(self) -> list[Floats]:
        """
        By node, the log priority of each edit, -inf where it is not to be tried; of a state behind an edit that is
        held, before it is scored, one figure for all of them. Without those they share a probability of 1.
        """
        return [node.priorities() for node in self._nodes]

    def pick(self) -> Pick | None:
        """What to do next, None when every edit of every node was tried."""
        last = self._nodes[-1]
        if last.shares is None and last.base is None:
            return Pick(len(self._nodes) - 1, None)
        rows = self.priorities()
        joined = np.concatenate(rows)
        if not np.isfinite(joined).any():
            return None
        ends = np.cumsum([len(row) for row in rows])
        at = choose(joined, self._temperature, self._draw)
        node = int(np.searchsorted(ends, at, side="right"))
        if self._nodes[node].stale:
            return Pick(node, None)
        return Pick(node, FIRST_EDIT + at - int(ends[node]) + len(rows[node]))

    def scored(self, node: int, logits: NDArray[np.float32]) -> None:
        """The agent's logits [actions] of a state; what isn't allowed has -inf."""
        state = self._nodes[node]
        if state.shares is None and state.parent is not None and state.base is None:
            self._share_out(state.parent, state, doubt(logits, self._rules.doubt))
        state.shares = _log_softmax(logits[FIRST_EDIT:], state.tried)
        state.stale = False

    def failed(self, pick: Pick) -> None:
        """The edit was tried and not kept."""
        self.excluded(pick)
        self._count(pick.node)

    def held(self, pick: Pick) -> int | None:
        """The edit was tried and not kept, but can be gone on from: the number of the state behind it, if one opens."""
        node = self._nodes[pick.node]
        number = None
        if self._rules.masked > 0.0 and node.shares is not None:
            mass = node.mass + float(node.shares[_index(pick)]) + math.log(self._rules.masked)
            number = len(self._nodes)
            self._nodes.append(_Node(pick.node, self._base(pick.node), mass))
        self.failed(pick)
        return number

    def closed(self, node: int) -> None:
        """A state behind an edit that is held can't be gone on from."""
        self._nodes[node].mass = -math.inf

    def excluded(self, pick: Pick) -> None:
        """The edit can't be tried: what it leads to was run elsewhere, and did not help."""
        node = self._nodes[pick.node]
        share = 0.0 if node.shares is None else math.exp(node.shares[_index(pick)])
        node.mass += math.log(max(1.0 - share, LEAST))
        self._block(pick)

    def kept(self, pick: Pick) -> int:
        """The edit was tried and kept: the number of the new state, which is to be scored next."""
        self._block(pick)
        self._count(pick.node)
        self._nodes.append(_Node(pick.node))
        return len(self._nodes) - 1

    def _base(self, number: int) -> int:
        """The nearest state, from a state upwards, that is kept and not held."""
        base = self._nodes[number].base
        return number if base is None else base

    def _share_out(self, parent: int, child: _Node, back: float) -> None:
        base = self._base(parent)
        child.mass = self._nodes[base].mass + math.log1p(-back)
        for number, node in enumerate(self._nodes):
            if number == base or node.base == base:
                node.mass += math.log(back)

    def _block(self, pick: Pick) -> None:
        node = self._nodes[pick.node]
        node.tried.add(_index(pick))
        if node.shares is not None:
            node.shares = _log_softmax(node.shares, node.tried)

    def _count(self, number: int) -> None:
        node = self._nodes[number]
        node.tries += 1
        node.stale = node.stale or self._rules.due(node.tries)


def doubt(logits: NDArray[np.float32], floor: float) -> float:
    """The probability that an agent gives to going back from a state, among its edits, in [floor, 1 - floor]."""
    if not np.isfinite(logits[UNDO]):
        return EVEN
    back = math.exp(_log_softmax(logits[UNDO:], set())[0])
    return min(max(back, floor), 1.0 - floor) if back > 0.0 else EVEN


def choose(logits: NDArray[np.floating], temperature: float, draw: np.random.Generator) -> int:
    """The best action, or one drawn from softmax(logits / temperature); what is not allowed has -inf."""
    if temperature == 0.0:
        return int(np.argmax(logits))
    scaled = logits.astype(np.float64) / temperature
    weights = np.exp(scaled - scaled.max())
    return int(draw.choice(len(weights), p=weights / weights.sum()))


def _index(pick: Pick) -> int:
    if pick.action is None:
        raise ValueError("a state that is to be scored is no try")
    return pick.action - FIRST_EDIT


def _log_softmax(logits: NDArray[np.floating], without: set[int]) -> Floats:
    """Log probabilities; -inf for ``without`` and for what has -inf, all of it where nothing is left."""
    row = logits.astype(np.float64)
    row[list(without)] = -np.inf
    if not np.isfinite(row).any():
        return np.full(len(row), -np.inf)
    top = row.max()
    found: Floats = row - (top + np.log(np.exp(row - top).sum()))
    return found
