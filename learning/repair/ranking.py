"""
One order over the candidate edits of all suspicious functions, updated by what each try showed.

A candidate's probability is the function's times the policy's given the function. Both change with a failed try: the
function loses the share that the policy gave to the candidate (Bayes' rule, if the policy were right), and the policy
sees the try in its observation.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.errors import EditError
from core.observation import FIRST_EDIT
from core.protocols import Observation, Scorer
from envs.edits.candidate import Candidate
from envs.edits.grammar import apply
from envs.edits.program import restore
from envs.encoding.encode import StateEncoder, StaticState
from envs.encoding.evidence import Effect, EvidenceView, Try
from learning.repair.localise import Suspect

log = logging.getLogger(__name__)
# The fix need not be among the candidates, so that no function is given up altogether.
_TRUST = 0.9
_SHARPNESS = 2.0


@dataclass(frozen=True, slots=True)
class Situation:
    """What the observation says beside the tests: shares in [0, 1], and the number of edits kept so far."""

    passing_at_start: float
    budget_left: float
    kept: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """
    A candidate edit of one suspect, and the file's text with it. ``share`` is the policy's probability given the
    function, ``probability`` the joint one.
    """

    suspect: Suspect
    place: int
    index: int
    candidate: Candidate
    text: str
    share: float
    probability: float


@dataclass(slots=True)
class _Hypothesis:
    """One suspect while its candidates are tried. ``weight``: probability that the fault is here, up to a factor."""

    suspect: Suspect
    static: StaticState
    weight: float
    tries: list[Try] = field(default_factory=list)
    blocked: set[int] = field(default_factory=set)
    shares: NDArray[np.float64] | None = None

    def share(self, index: int) -> float:
        return 0.0 if self.shares is None else float(self.shares[index])

    def observe(self, encoder: StateEncoder, situation: Situation) -> Observation:
        view = EvidenceView(
            results=self.suspect.results,
            passing_at_start=situation.passing_at_start,
            tries=tuple(self.tries),
            budget_left=situation.budget_left,
            kept=situation.kept,
            improved=situation.kept > 0,
        )
        return encoder.observe(self.static, view, blocked=self.blocked, pad=False)


def _static(encoder: StateEncoder, suspect: Suspect) -> StaticState | None:
    """None, and a warning, for a function whose edits are too many to be listed (a table of constants)."""
    try:
        return encoder.static(suspect.program.text)
    except EditError as error:
        log.warning("%s: %s is left out: %s", suspect.path, suspect.qualname, error)
        return None


class Ranking:
    """The open candidates of ``suspects``. ``texts`` are the files' current texts by path."""

    def __init__(
        self, suspects: Sequence[Suspect], texts: Mapping[str, str], scorer: Scorer, encoder: StateEncoder
    ) -> None:
        self._scorer, self._encoder, self._texts = scorer, encoder, texts
        found = [(suspect, _static(encoder, suspect)) for suspect in suspects]
        total = sum(suspect.score**_SHARPNESS for suspect, static in found if static is not None)
        self._hypotheses = [
            _Hypothesis(suspect, static, suspect.score**_SHARPNESS / total)
            for suspect, static in found
            if static is not None
        ]
        self._seen: set[tuple[str, str]] = set()
        self.candidates = sum(len(h.static.candidates) for h in self._hypotheses)

    def best(self, count: int, situation: Situation) -> list[Proposal]:
        """The ``count`` most probable open candidates, no two of which give the same text; they are open no more."""
        self._score(situation)
        found: list[Proposal] = []
        for place, index in self._order():
            self._hypotheses[place].blocked.add(index)
            proposal = self._proposal(place, index)
            if (proposal.suspect.path, proposal.text) not in self._seen:
                self._seen.add((proposal.suspect.path, proposal.text))
                found.append(proposal)
            if len(found) == count:
                break
        return found

    def record(self, proposal: Proposal, effect: Effect) -> None:
        """``proposal`` was tried and undone; ``effect`` is what it did to the failing tests."""
        hypothesis = self._hypotheses[proposal.place]
        start, end = proposal.candidate.anchor
        hypothesis.tries.append(Try(start, end, effect))
        hypothesis.weight *= 1.0 - _TRUST * proposal.share
        hypothesis.shares = None

    def _score(self, situation: Situation) -> None:
        stale = [h for h in self._hypotheses if h.shares is None]
        logits = self._scorer.logits([h.observe(self._encoder, situation) for h in stale]) if stale else []
        for hypothesis, row in zip(stale, logits, strict=True):
            hypothesis.shares = _shares(row[FIRST_EDIT : FIRST_EDIT + len(hypothesis.static.candidates)])

    def _order(self) -> Iterator[tuple[int, int]]:
        """Open candidates as (place of the hypothesis, index), the most probable first; only possible ones."""
        joint = [_joint(hypothesis) for hypothesis in self._hypotheses]
        places = np.repeat(np.arange(len(joint)), [len(row) for row in joint])
        indices = np.concatenate([np.arange(len(row)) for row in joint])
        flat = np.concatenate(joint)
        for at in np.argsort(-flat, kind="stable"):
            if flat[at] <= 0.0:
                return
            yield int(places[at]), int(indices[at])

    def _proposal(self, place: int, index: int) -> Proposal:
        hypothesis = self._hypotheses[place]
        suspect, candidate = hypothesis.suspect, hypothesis.static.candidates[index]
        program = apply(suspect.program.text, candidate.edit)
        text = restore(self._texts[suspect.path], suspect.qualname, program, suspect.line)
        share = hypothesis.share(index)
        return Proposal(suspect, place, index, candidate, text, share, hypothesis.weight * share)


def _joint(hypothesis: _Hypothesis) -> NDArray[np.float64]:
    if hypothesis.shares is None:
        raise ValueError("candidates are ordered only once they are scored")
    joint = hypothesis.weight * hypothesis.shares
    joint[list(hypothesis.blocked)] = 0.0
    return joint


def _shares(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Softmax over the edits that are open; all zero where none is."""
    row = logits.astype(np.float64)
    open_ones = np.isfinite(row)
    if not open_ones.any():
        return np.zeros(len(row))
    weights = np.exp(np.where(open_ones, row, -math.inf) - row[open_ones].max())
    shares: NDArray[np.float64] = weights / weights.sum()
    return shares
