"""
Training samples of a category's drafts (``envs.tasks.drafts``): start states from any text, labelled by text alone.
Where the text is of a function that can be executed, with the evidence of its failing checks; others have none.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.errors import EditError, SandboxError, TaskError
from core.observation import CANDIDATE_EVIDENCE, FIRST_EDIT
from core.protocols import Executor
from core.records import SourceFile, Task, Verdict
from envs.edits.grammar import matching
from envs.encoding.encode import StateEncoder, StaticState
from envs.encoding.evidence import Effect, EvidenceView, Try
from envs.tasks.drafts import Draft, Drafting
from envs.tasks.registry import category_of
from envs.tasks.states import shown
from learning.corpus import Corpus
from learning.sample import Rng, Sample, Subject, subject_of
from learning.samples import FAULTS, plausible_tries
from learning.warm_start_config import SampleConfig

log = logging.getLogger(__name__)
_SUSPICIOUS = CANDIDATE_EVIDENCE.index("suspiciousness")
MOST_EMPTY = 500  # functions in a row
# Of a kind of state that was tried in vain: how often a try changed nothing, changed something, broke everything.
_EFFECTS = (0.6, 0.3, 0.1)


class Written(NamedTuple):
    """A function to make drafts of. ``subject``: what runs it, None where nothing does."""

    text: str
    siblings: tuple[SourceFile, ...]
    subject: Subject | None = None


def drafting(tasks: Sequence[Task]) -> dict[str, Drafting]:
    """The categories of ``tasks`` that offer drafts, by name."""
    found = {name: category_of(name) for name in sorted({task.category for task in tasks})}
    return {name: category for name, category in found.items() if isinstance(category, Drafting)}


def runnable(subjects: Sequence[Subject], tasks: Sequence[Task], names: Sequence[str]) -> list[Written]:
    """
    The functions of ``subjects``, and those of the tasks of the categories ``names``, each once, with what is known of
    their modules.
    """
    own = [task for task in tasks if task.category in names and task.checks]
    every = {(each.module, each.qualname): each for each in (*map(subject_of, own), *subjects)}
    modules: dict[str, dict[str, SourceFile]] = {}
    for task in own:
        modules.setdefault(task.module, {}).update((file.text, file) for file in task.files[1:])
    for subject in every.values():
        modules.setdefault(subject.module, {}).setdefault(subject.source, SourceFile("", subject.source))
    return [
        Written(each.source, tuple(f for text, f in modules[each.module].items() if text != each.source), each)
        for each in every.values()
    ]


def written(corpus: Corpus, rng: Rng) -> Iterator[Written]:
    """The functions of the corpus, each with others of its file, without end."""
    for text, others in corpus.neighbours(rng):
        yield Written(text, tuple(SourceFile("", other) for other in others))


def turns(found: Sequence[Written], rng: Rng) -> Iterator[Written]:
    """All of ``found`` in a new random order each round, without end."""
    while True:
        for place in rng.permutation(len(found)):
            yield found[place]


class DraftSource:
    """Samples of drafts; ends where ``functions`` does."""

    def __init__(
        self,
        categories: dict[str, Drafting],
        functions: Iterator[Written],
        executor: Executor | None,
        encoder: StateEncoder,
        config: SampleConfig,
        rng: Rng,
    ) -> None:
        self._categories, self._functions, self._executor = categories, functions, executor
        self._encoder, self._config, self._rng = encoder, config, rng

    def __iter__(self) -> Iterator[Sample]:
        """A function at a time, some drafts of each. ``FAULTS`` of the sandbox in a row are raised."""
        in_a_row = empty = 0
        for function in self._functions:
            try:
                samples = [each for name in self._categories for each in self._of_function(function, name)]
            except SandboxError as error:
                in_a_row += 1
                log.warning("the drafts of a function are lost to the sandbox: %s", error)
                if in_a_row >= FAULTS:
                    raise
                continue
            in_a_row, empty = 0, 0 if samples else empty + 1
            if empty >= MOST_EMPTY:
                raise TaskError(f"no draft in {empty} functions in a row", remedy="Set draft_share to 0")
            yield from samples

    def _of_function(self, function: Written, name: str) -> Iterator[Sample]:
        offered = self._categories[name].drafts(function.text, function.siblings, self._rng)
        try:
            drafts = list(islice(offered, self._config.drafts))
        except EditError:
            return  # nothing that can be edited
        for draft in drafts:
            yield from self.samples(draft, function.subject, name)

    def samples(self, draft: Draft, subject: Subject | None, name: str) -> Iterator[Sample]:
        """
        The state as it is first met, and after some tries that did not help; none where a reader would not see all of
        it, where nothing that is offered is right, or where no check tells it from the whole.
        """
        verdict = self._run(draft, subject)
        if verdict is not None and (verdict.passed or not verdict.results or verdict.error):
            return
        state = self._encoder.static(draft.task.source, shown(draft.task))
        right = {at for target in draft.targets for at in matching(state.source, target, state.candidates)}
        if state.cut or not right:
            return
        positives = np.array(sorted(right), np.int64) + FIRST_EDIT
        view = EvidenceView() if verdict is None else EvidenceView(verdict.results, verdict.fraction())
        yield self._sample(state, view, [], positives, name, verdict is not None)
        if verdict is not None and self._rng.random() < self._config.tried_share:
            tried, wrong = self._tried(state, positives, verdict, view)
            yield self._sample(state, tried, wrong, positives, name, True)

    def _run(self, draft: Draft, subject: Subject | None) -> Verdict | None:
        if subject is None or self._executor is None:
            return None
        return self._executor.run(subject.program(draft.task.source), subject.checks)

    def _sample(
        self,
        state: StaticState,
        view: EvidenceView,
        blocked: list[int],
        positives: NDArray[np.int64],
        name: str,
        executed: bool,
    ) -> Sample:
        found = self._encoder.observe(state, view, category=name, blocked=blocked, pad=False)
        return Sample(found, positives, name, executed)

    def _tried(
        self, state: StaticState, positives: NDArray[np.int64], verdict: Verdict, view: EvidenceView
    ) -> tuple[EvidenceView, list[int]]:
        """What is known after some tries, and the candidates that they used up."""
        budget = int(self._rng.integers(*self._config.budgets, endpoint=True))
        count = min(1 + int(self._rng.geometric(1 / self._config.tries)), budget - 1)
        seen = self._encoder.observe(state, view, pad=False)["cand_evidence"][:, _SUSPICIOUS]
        wrong = plausible_tries(state, positives, verdict, seen, count, self._rng)
        effects = self._rng.choice(len(_EFFECTS), size=len(wrong), p=_EFFECTS)
        tries = tuple(Try(*state.candidates[at].anchor, Effect(int(e))) for at, e in zip(wrong, effects, strict=True))
        return replace(view, tries=tries, budget_left=1 - len(wrong) / budget), wrong
