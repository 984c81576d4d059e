"""Whether a suite of checks tells a function from its mutants, and which of its checks to show."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.errors import EditError
from core.protocols import Executor
from core.records import Check, Edit, Program, Verdict
from envs.edits.grammar import apply, candidates, matching
from envs.edits.inject import Injection, inject
from envs.tasks.mining.record import Mutant

_PLACES = 4
# Kinds that often leave an equal program (a guard that always holds, two statements that don't touch): their killed
# mutants make tasks, but their survivors say little about the suite and are not counted against it.
_UNDECIDED = frozenset(
    (
        *("guard_inserted", "block_wrapped", "moved_in", "moved_out", "statements_swapped", "jump_inserted"),
        *("condition_added", "condition_removed", "none_test_added", "bound_added", "step_inserted"),
        *("filter_removed", "keyword_added", "keyword_removed", "swap_keywords", "try_unwrapped"),
    )
)


@dataclass(frozen=True, slots=True)
class Kills:
    """The killed mutants; how many of the kinds that count were tried, and how many of these were killed."""

    mutants: tuple[Mutant, ...]
    tried: int
    killed: int

    @property
    def rate(self) -> float:
        """Share of the counted mutants that at least one check killed. Equivalent mutants count as survivors."""
        return self.killed / self.tried if self.tried else 0.0


def kill_mutants(
    program: Program, checks: Sequence[Check], executor: Executor, rng: np.random.Generator, *, count: int, floor: float
) -> Kills:
    """
    Runs mutants of ``program`` on ``checks``, kinds in turn at even odds, until ``count`` of the kinds that count
    were tried. Gives up early where ``floor`` (a share) is out of reach. The way back is left open (see ``repaired``).
    """
    mutants: list[Mutant] = []
    tried = killed = 0
    allowed = count * (1 - floor)
    for edit in _drawn(program.source, rng):
        mutant = run_mutant(program, apply(program.source, edit), (), (edit.operator,), checks, executor)
        mutants += [mutant] if mutant else []
        counts = edit.operator not in _UNDECIDED
        tried, killed = tried + counts, killed + (counts and mutant is not None)
        if tried >= count or tried - killed > allowed:
            break
    return Kills(tuple(mutants), tried, killed)


def _drawn(source: str, rng: np.random.Generator) -> Iterator[Edit]:
    """Edits of ``source`` that compile: a random order of the kinds, again and again, a random place of each."""
    by_kind: dict[str, list[Edit]] = {}
    for candidate in candidates(source):
        by_kind.setdefault(candidate.edit.operator, []).append(candidate.edit)
    places = {kind: [edits[at] for at in rng.permutation(len(edits))[:_PLACES]] for kind, edits in by_kind.items()}
    names = sorted(places)
    for turn in range(_PLACES):
        for at in rng.permutation(len(names)):
            edits = places[names[at]]
            if turn < len(edits) and _loads(apply(source, edits[turn])):
                yield edits[turn]


def _loads(source: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            compile(source, "<program>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


def repaired(mutant: Mutant, source: str) -> Mutant | None:
    """The single-bug mutant with its way back to ``source``, or None where the grammar knows none."""
    found = matching(mutant.source, source)
    if not found:
        return None
    return replace(mutant, repairs=(candidates(mutant.source)[found[0]].edit,))


def try_inject(source: str, rng: np.random.Generator, bugs: int) -> Injection | None:
    """An injection, or None where none fits this time."""
    try:
        return inject(source, rng, bugs=bugs)
    except EditError:
        return None


def run_mutant(
    program: Program,
    source: str,
    repairs: Sequence[Edit],
    operators: Sequence[str],
    checks: Sequence[Check],
    executor: Executor,
) -> Mutant | None:
    """The mutant ``source`` as a record, or None where it survives or does not load. Nothing is traced."""
    verdict = executor.run(replace(program, source=source), [replace(check, visible=False) for check in checks])
    if verdict.error:
        return None
    failing = tuple(index for index, result in enumerate(verdict.results) if not result.passed)
    if not failing:
        return None
    return Mutant(source, tuple(repairs), tuple(operators), failing, _symptoms(verdict, failing))


def _symptoms(verdict: Verdict, failing: Sequence[int]) -> tuple[str, ...]:
    """What the child said of each failing check: an exception's name, or how the run ended."""
    results = [verdict.results[index] for index in failing]
    return tuple(r.detail.partition(":")[0] if r.outcome == "raised" else r.outcome.value for r in results)


def choose_visible(
    count: int, mutants: Sequence[Mutant], rng: np.random.Generator, share: float, first: Sequence[int] = ()
) -> frozenset[int]:
    """
    Which of ``count`` checks to show: those of ``first``, a smallest set (greedily) that kills every killed mutant,
    and random others up to ``share``.
    """
    chosen = set(_greedy_cover(mutants))
    others = [index for index in (*first, *map(int, rng.permutation(count))) if index not in chosen]
    for index in dict.fromkeys(others):
        if len(chosen) >= round(share * count):
            break
        chosen.add(index)
    return frozenset(chosen)


def _greedy_cover(mutants: Sequence[Mutant]) -> list[int]:
    left = [set(mutant.failing) for mutant in mutants]
    chosen: list[int] = []
    while left:
        counts: dict[int, int] = {}
        for failing in left:
            for index in failing:
                counts[index] = counts.get(index, 0) + 1
        best = max(counts, key=lambda index: (counts[index], -index))
        chosen.append(best)
        left = [failing for failing in left if best not in failing]
    return chosen


def with_path(edits: Sequence[Edit], path: str) -> tuple[Edit, ...]:
    """The edits, said to be of the file ``path``."""
    return tuple(replace(edit, path=path) for edit in edits)
