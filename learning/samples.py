"""
Training samples with execution evidence, from mined functions, in the states that an episode passes through: the
start, after tries that did not help, after some of several bugs are repaired, after a wrong edit that helped in part.
One injected bug gives several samples, so that its executions pay.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from core.errors import EditError, SandboxError
from core.observation import CANDIDATE_EVIDENCE, FIRST_EDIT, UNDO
from core.protocols import Executor
from core.records import CheckResult, Edit, Outcome, Verdict
from envs.edits.grammar import apply, candidates, matching
from envs.encoding.encode import StateEncoder, StaticState
from envs.encoding.evidence import Effect, EvidenceView, Try, effect_of, shift
from envs.encoding.infection import Infection, infection
from learning.injection import draw_bugs
from learning.repairs import advance, single_repairs
from learning.sample import Bug, Rng, Sample, Subject, right_actions, whole_state
from learning.warm_start_config import SampleConfig

log = logging.getLogger(__name__)
View = tuple[EvidenceView, list[int]]  # what an episode knows, and the candidates that it used up
FAULTS = 5
_SUSPICIOUS = CANDIDATE_EVIDENCE.index("suspiciousness")
AFFORDABLE = 0.008  # CPU seconds of a run; the sandbox alone takes half of that


class ExecutedSource:
    """Bugs in functions that run, seen in the states of an episode."""

    def __init__(
        self, subjects: Sequence[Subject], executor: Executor, encoder: StateEncoder, config: SampleConfig, rng: Rng
    ) -> None:
        self._subjects, self._executor, self._encoder = subjects, executor, encoder
        self._config, self._rng = config, rng
        self._weights = np.array(config.bug_counts) / sum(config.bug_counts)
        self._effects = np.array([6.0, 3.0, 1.0])  # counts of what wrong tries did, by Effect; a weak prior
        self._costs = np.full(len(subjects), AFFORDABLE)  # running mean of CPU seconds a run
        self._now = 0

    def __iter__(self) -> Iterator[Sample]:
        """Samples without end. A fault of the sandbox costs one group; ``FAULTS`` of them in a row are raised."""
        in_a_row = 0
        while True:
            try:
                group = self.group()
            except SandboxError as error:
                in_a_row += 1
                log.warning("a group of samples is lost to the sandbox: %s", error)
                if in_a_row >= FAULTS:
                    raise
                continue
            in_a_row = 0
            yield from group

    def group(self) -> list[Sample]:
        """The samples of some bugs in one function."""
        while True:  # a function whose runs are dear gets fewer turns
            self._now = int(self._rng.integers(len(self._subjects)))
            if self._rng.random() < AFFORDABLE / self._costs[self._now]:
                break
        subject = self._subjects[self._now]
        return [sample for _ in range(self._config.bugs_per_function) for sample in self._of_bug(subject)]

    def _of_bug(self, subject: Subject) -> list[Sample]:
        """The states on the way from one start state to the repair; none where no visible check sees the bug."""
        bug = self._bug(subject)
        if bug is None:
            return []
        source, repairs, operator = bug
        start = self._run(subject, source)
        if start.passed or not start.results:
            return []
        return self._along_the_way(subject, source, repairs, operator, start)

    def _bug(self, subject: Subject) -> Bug | None:
        if subject.bugs and self._rng.random() < self._config.known_bugs:
            return _with_repair(subject, subject.bugs[int(self._rng.integers(len(subject.bugs)))])
        bugs = 1 + int(self._rng.choice(len(self._weights), p=self._weights))
        try:
            found = draw_bugs(subject.source, self._rng, bugs, self._config.hard_share)
        except EditError:
            return None
        return found.source, found.repairs, found.operators[0]

    def _along_the_way(
        self, subject: Subject, source: str, repairs: tuple[Edit, ...], operator: str, start: Verdict
    ) -> list[Sample]:
        """Samples of each stage: repairs are done one by one, in random order, as long as each of them shows."""
        samples: list[Sample] = []
        verdict, passing = start, start.fraction()
        view = EvidenceView(start.results, passing, budget_left=1.0)
        while True:
            singles = single_repairs(source, repairs)
            seen = self._of_state(subject, source, singles, operator, verdict, view)
            samples += seen
            if len(singles) < 2 or not seen:
                return samples
            chosen = int(self._rng.integers(len(singles)))
            source, repairs, edited = advance(source, singles, chosen, view.edited)
            after = self._run(subject, source)
            if after.passed or after.fraction() <= verdict.fraction():
                return samples
            verdict = after
            left = max(0.05, view.budget_left - 0.1 * self._rng.random())
            view = EvidenceView(after.results, passing, edited, (), left, view.kept + 1, True)

    def _of_state(
        self,
        subject: Subject,
        source: str,
        repairs: Sequence[Edit],
        operator: str,
        verdict: Verdict,
        view: EvidenceView,
    ) -> list[Sample]:
        """The state as it is first met, or after some tries; and perhaps one where a wrong edit has led from it."""
        state = whole_state(self._encoder, source)
        if state is None:
            return []
        positives = right_actions(state, repairs)
        if not len(positives):
            return []
        view = replace(view, results=self._described(view.results), infection=self._compared(subject, state))
        wrong = self._plausible(state, positives, verdict, view)
        tried = self._rng.random() < self._config.tried_share
        misled: list[Sample] = []
        if self._rng.random() < self._config.executed_tries:
            misled = self._execute_try(subject, state, wrong, verdict, view, operator)
        seen = self._with_tries(state, wrong, view) if tried else (view, [])
        return [self._sample(state, seen, positives, operator), *misled]

    def _sample(self, state: StaticState, seen: View, positives: NDArray[np.int64], operator: str) -> Sample:
        view, blocked = seen
        observation = self._encoder.observe(state, view, blocked=blocked, undo=view.kept > 0, pad=False)
        return Sample(observation, positives, operator, True)

    def _plausible(
        self, state: StaticState, positives: NDArray[np.int64], verdict: Verdict, view: EvidenceView
    ) -> list[int]:
        """Wrong candidates, about as many as an episode gets through."""
        count = min(1 + int(self._rng.geometric(1 / self._config.tries)), self._config.budgets[1] - 1)
        shown = self._encoder.observe(state, view, pad=False)["cand_evidence"][:, _SUSPICIOUS]
        return plausible_tries(state, positives, verdict, shown, count, self._rng)

    def _with_tries(self, state: StaticState, wrong: list[int], view: EvidenceView) -> View:
        """The view after wrong tries, and the candidates that they used up."""
        budget = int(self._rng.integers(*self._config.budgets, endpoint=True))
        wrong = wrong[: max(1, budget - 1)]
        odds = self._effects / self._effects.sum()
        found = tuple(Try(*state.candidates[index].anchor, Effect(int(self._rng.choice(3, p=odds)))) for index in wrong)
        return replace(view, tries=found, budget_left=view.budget_left * (1 - len(wrong) / budget)), wrong

    def _execute_try(
        self,
        subject: Subject,
        state: StaticState,
        wrong: list[int],
        verdict: Verdict,
        view: EvidenceView,
        operator: str,
    ) -> list[Sample]:
        """
        Really does the first of the tries, and takes it out of them where it helps: an episode would keep it.

        Then the sample is of the state that it leads to, from where taking it back is right.
        """
        if not wrong:
            return []
        edit = state.candidates[wrong[0]].edit
        after = self._run(subject, apply(state.source, edit))
        if after.fraction() <= verdict.fraction():
            self._effects[effect_of(verdict, after)] += 1
            return []
        wrong.pop(0)
        led = None if after.passed else whole_state(self._encoder, apply(state.source, edit))
        if led is None:
            return []
        left = view.budget_left * self._rng.uniform(0.7, 1.0)
        misled = EvidenceView(
            *(
                self._described(after.results),
                view.passing_at_start,
                shift(view.edited, edit),
                (),
                left,
                view.kept + 1,
                True,
            ),
            self._compared(subject, led),
        )
        return [self._sample(led, (misled, []), np.array([UNDO], np.int64), operator)]

    def _compared(self, subject: Subject, state: StaticState) -> Infection | None:
        """As an episode would, now and then not at all: where tests aren't functions (``fix``), nobody can."""
        if self._rng.random() >= self._config.compared:
            return None
        return infection(self._executor, subject.program(state.source), subject.checks, state.candidates)

    def _described(self, results: Sequence[CheckResult]) -> tuple[CheckResult, ...]:
        """As most episodes see them; else, by halves, as where only exceptions are told, and without a word."""
        if self._rng.random() < self._config.described:
            return tuple(results)
        told = {Outcome.RAISED} if self._rng.random() < 0.5 else set()
        return tuple(each if each.outcome in told else replace(each, detail="") for each in results)

    def _run(self, subject: Subject, source: str) -> Verdict:
        verdict = self._executor.run(subject.program(source), subject.checks)
        self._costs[self._now] = max(AFFORDABLE, 0.8 * self._costs[self._now] + 0.2 * verdict.cpu_s)
        return verdict


def _with_repair(subject: Subject, bug: Bug) -> Bug | None:
    """Mining notes no repairs of the mutants that it kills; None where the grammar has no way back in one edit."""
    source, repairs, operator = bug
    if repairs:
        return bug
    ways = matching(source, subject.source)
    return (source, (candidates(source)[ways[0]].edit,), operator) if ways else None


def plausible_tries(
    state: StaticState,
    positives: NDArray[np.int64],
    verdict: Verdict,
    shown: NDArray[np.float32],
    count: int,
    rng: Rng,
) -> list[int]:
    """
    Wrong candidates that a half-trained policy could have tried: on lines that failing checks ran, likely to change
    those checks (``shown``), and in clusters, for each token has a random appeal of its own.
    """
    failing_lines = {line for result in verdict.results if not result.passed for line in result.lines}
    suspicious = np.isin(state.lines, list(failing_lines)).astype(np.float64)
    appeal = (0.1 + suspicious) * rng.lognormal(0, 1.5, len(suspicious))
    weights = appeal[state.arrays["cand_start"].astype(np.int64)]
    weights *= rng.lognormal(0, 1.0, len(weights))
    weights *= 0.1 + shown
    weights[positives - FIRST_EDIT] = 0
    count = min(count, int(np.count_nonzero(weights)))
    return [int(index) for index in np.argsort(-weights)[:count]]
