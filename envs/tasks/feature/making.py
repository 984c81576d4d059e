"""Makes feature tasks of a mined function: takes something out, and looks for the way back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from core.records import Category, Edit, Goal, Outcome, Program, SourceFile, Task, Verdict, task_id
from core.seeding import derive_seed
from envs.edits.candidate import Proposal
from envs.edits.grammar import edit_of
from envs.edits.reparse import parses
from envs.edits.view import View
from envs.tasks.category import Bench, Material, TaskCategory
from envs.tasks.feature.listing import of_grammar, own, own_towards
from envs.tasks.feature.reach import within_reach
from envs.tasks.feature.removals import Removal, removals
from envs.tasks.feature.search import way_back
from envs.tasks.feature.siblings import nearest
from envs.tasks.feature.telling import safe, statement, symptom, words_line
from envs.tasks.lazy import lazy_answers
from envs.tasks.mining.oracle import with_path
from envs.tasks.mining.record import MinedFunction
from envs.tasks.packages import split_of

SIGNATURE = Goal("signature", "signature")
_CUT = (Outcome.TIMEOUT, Outcome.DIED, Outcome.MISSING)
# Start states that are run, and start states from which a way back is looked for, which costs most.
MOST_RUN = 14
MOST_SEARCHED = 8
# Rare kinds first, so that they are not crowded out by those that every function has.
_ORDER = (
    "try",
    "handler",
    "elif",
    "else",
    "default",
    "guard",
    "branch",
    "body",
    "block",
    "group",
    "return",
    "statement",
    "hollow",
)


@dataclass(frozen=True, slots=True)
class Start:
    """A start state that its checks tell from the reference. ``removed``: what is missing, in the order of the text."""

    source: str
    removed: tuple[Removal, ...]
    siblings: tuple[SourceFile, ...]
    statement: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class _Maker:
    material: Material
    bench: Bench
    category: TaskCategory

    @property
    def function(self) -> MinedFunction:
        return self.material.function

    def start(self, removed: tuple[Removal, ...]) -> Start | None:
        """The state without what is removed; None where it can't be told from the reference, or not from any other."""
        source = without(self.function.source, removed)
        siblings = nearest(source, self.material.siblings)
        words = words_line(removed, source, [file.text for file in siblings]) if parses(source) else None
        if words is None:
            return None
        verdict = self._run(source)
        seen = [result.passed for result, c in zip(verdict.results, self.function.checks, strict=True) if c.visible]
        whole = removed[0].kind == "body"
        # Where a check was cut off, the next run may be cut off at another one.
        cut = verdict.limit is not None or any(result.outcome in _CUT for result in verdict.results)
        if verdict.error or cut or all(seen) or not (whole or any(seen)):
            return None
        name = f"{self.function.module}.{self.function.qualname}"
        said = statement(name, self.function.source, removed, symptom(self.function, verdict), words)
        return Start(source, removed, siblings, said, verdict)

    def task(self, start: Start) -> Task | None:
        """The task, where there is a way back that holds on other inputs, and no lazy answer does."""
        edits = way_back(start.source, self.function.source, self._middles(start), _Offers(self, start))
        if not edits:
            return None
        made = self._made(start, edits)
        fit = safe(made.statement, made) and self._steady(start) and self._solves(made) and not self._lazy_passes(made)
        return made if fit else None

    def _middles(self, start: Start) -> list[str]:
        """The reference without parts of what is missing from the start."""
        first, last = start.removed[0].start, start.removed[-1].end
        inside = [each for each in removals(View(self.function.source)) if first <= each.start and each.end <= last]
        kept = [each for each in inside if each not in start.removed or len(start.removed) > 1]
        texts = dict.fromkeys(without(self.function.source, (each,)) for each in kept)
        return [text for text in texts if text != start.source]

    def helps(self, text: str, than: str) -> bool:
        """See ``envs.tasks.feature.search.Offers``."""
        if not parses(text):
            return False
        return self._visible(self._run(text)) > self._visible(self._run(than))

    def _visible(self, verdict: Verdict) -> int:
        pairs = zip(verdict.results, self.function.checks, strict=True)
        return sum(result.passed for result, check in pairs if check.visible)

    def _run(self, source: str) -> Verdict:
        return self.bench.executor.run(_program(self.function, source), self.function.checks)

    def _steady(self, start: Start) -> bool:
        """Whether the same checks fail in the opposite order."""
        checks = tuple(reversed(self.function.checks))
        again = self.bench.executor.run(_program(self.function, start.source), checks)
        return [r.passed for r in reversed(again.results)] == [r.passed for r in start.verdict.results]

    def _solves(self, task: Task) -> bool:
        """What the edits give has the reference's tree; its checks are known to hold, but may have been flaky."""
        hidden = [replace(check, visible=False) for check in task.fresh]
        fresh = self.bench.executor.run(task.program(self.function.source), hidden).passed if hidden else True
        return fresh and self.category.verify(task, self.function.source, self.bench.executor).passed

    def _lazy_passes(self, task: Task) -> bool:
        answers = lazy_answers(task)
        return any(self.category.verify(task, text, self.bench.executor).passed for text in answers.values())

    def _made(self, start: Start, edits: Sequence[Edit]) -> Task:
        function, settings = self.function, self.bench.settings
        goals = (SIGNATURE,)
        identity = task_id(Category.FEATURE, function.module, function.qualname, start.source, function.checks, goals)
        return Task(
            id=identity,
            category=Category.FEATURE,
            difficulty=_difficulty(start, edits),
            language="python",
            statement=start.statement,
            files=(replace(function.file, text=start.source), *start.siblings),
            module=function.module,
            qualname=function.qualname,
            checks=function.checks,
            fresh=function.fresh,
            reference=with_path(edits, function.file.path),
            operators=tuple(each.kind for each in start.removed),
            provenance=function.provenance,
            split=split_of(function.provenance.package),
            seed=derive_seed(settings.seed, identity),
            solution_edits=len(edits),
            goals=goals,
        )


@dataclass(frozen=True, slots=True)
class _Offers:
    """Implements ``envs.tasks.feature.search.Offers`` by what ``Feature.propose`` gives."""

    maker: _Maker
    start: Start

    @property
    def _shown(self) -> tuple[tuple[str, ...], str]:
        return tuple(file.text for file in self.start.siblings), self.start.statement

    def towards(self, source: str, target: str) -> Sequence[Proposal]:
        return own_towards(source, target, *self._shown)

    def has(self, source: str, edit: Edit) -> bool:
        return any(edit_of(each) == edit for each in own(source, *self._shown))

    def grammar(self, source: str) -> Sequence[Proposal]:
        return of_grammar(source, self.start.source)

    def helps(self, text: str, than: str) -> bool:
        return self.maker.helps(text, than)


def tasks_of(material: Material, bench: Bench, category: TaskCategory) -> list[Task]:
    """At most ``per_function`` tasks with different missing parts; the last of them may lack two of the parts."""
    maker = _Maker(material, bench, category)
    found: list[tuple[Removal, Task]] = []
    most, run, searched = bench.settings.per_function, 0, 0
    for removal in drawn(material.function.source, bench.rng):
        if len(found) == most or run == MOST_RUN or searched == MOST_SEARCHED:
            break
        if any(overlap(removal, other) for other, _ in found):
            continue
        start = maker.start((removal,))
        run += 1
        if start is None or not within_reach(removal, material.function.source, [f.text for f in start.siblings]):
            continue
        searched += 1
        task = maker.task(start)
        found += [(removal, task)] if task is not None else []
    made = [task for _, task in found]
    both = _both(maker, [removal for removal, _ in found]) if len(found) >= 2 else None
    return [*made[: most - 1], both] if both is not None else made


def drawn(source: str, rng: np.random.Generator) -> list[Removal]:
    """Every removal, the kinds in turn, a random one of each; those that leave a lone ``pass`` come last."""
    by_kind: dict[str, list[Removal]] = {}
    every = removals(View(source))
    for index in rng.permutation(len(every)):
        hollow = every[index].left.strip() == "pass"
        by_kind.setdefault("hollow" if hollow else every[index].kind, []).append(every[index])
    rounds = max(map(len, by_kind.values()), default=0)
    kinds = [by_kind[kind] for kind in _ORDER if kind in by_kind]
    return [found[turn] for turn in range(rounds) for found in kinds if turn < len(found)]


def _both(maker: _Maker, found: Sequence[Removal]) -> Task | None:
    """The task that lacks two parts, where each edit helps by itself."""
    for one, other in pairwise(found):
        if "body" in (one.kind, other.kind):
            continue
        start = maker.start(tuple(sorted((one, other), key=lambda each: each.start)))
        task = maker.task(start) if start is not None else None
        if task is not None:
            return task
    return None


def without(source: str, removed: Sequence[Removal]) -> str:
    """The text without the parts; they don't overlap."""
    for removal in sorted(removed, key=lambda each: -each.start):
        source = removal.applied(source)
    return source


def overlap(one: Removal, other: Removal) -> bool:
    """Whether both take some of the same text out."""
    return one.start < other.end and other.start < one.end


def _program(function: MinedFunction, source: str) -> Program:
    return Program(function.module, function.qualname, source)


def _difficulty(start: Start, edits: Sequence[Edit]) -> str:
    if len(edits) > 1:
        return "hard"
    return "easy" if start.removed[0].kind in ("return", "statement", "guard", "default") else "medium"
